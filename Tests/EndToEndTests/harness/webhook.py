"""A receiver of webhook calls."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.waiting import DEADLINE

# Instead of a status: accepts the call and doesn't answer until the caller has hung up.
HANG = "hang"
# Instead of a status: 200 with an endless body.
FLOOD = "flood"


class WebhookReceiver:
    """Accepts calls on a loopback port and returns them in order."""

    def __init__(self, answers=(), port=0, headers=None, tls=None):
        """`answers` are for the first calls, with `headers` unless they are 200; every later call gets 200. `tls` is a server's
        context."""
        self._calls = queue.Queue()
        self._answers = list(answers)
        self._headers = headers or {}
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.port = self._server.server_port
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/hook"
        if tls:
            # Each connection's thread makes its handshake.
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def next(self, deadline=DEADLINE):
        """The payload of the next call."""
        return self.next_call(deadline)[0]

    def next_call(self, deadline=DEADLINE):
        """The payload and the headers of the next call."""
        path, headers, body = self._calls.get(timeout=deadline)
        assert (path, headers["Content-Type"]) == ("/hook", "application/json")
        return json.loads(body), headers

    @property
    def is_done(self):
        """Whether all calls have been returned."""
        return self._calls.empty()

    def _handler(receiver):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = receiver._answers.pop(0) if receiver._answers else 200
                receiver._calls.put((self.path, self.headers, body))
                try:
                    self.answer(answer)
                except OSError:
                    pass

            def answer(self, answer):
                if answer == HANG:
                    self.rfile.read(1)
                    return
                self.send_response(200 if answer == FLOOD else answer)
                for name, value in receiver._headers.items() if answer != 200 else ():
                    self.send_header(name, value)
                if answer == FLOOD:
                    self.end_headers()
                    while True:
                        self.wfile.write(b"x" * 65536)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler
