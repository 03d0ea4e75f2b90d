"""A receiver of webhook calls."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.waiting import DEADLINE


class WebhookReceiver:
    """Takes calls on a free port of the loopback interface, and hands them out in order."""

    def __init__(self, answers=()):
        """`answers` are the statuses of the first calls; all after them are 200."""
        self._calls = queue.Queue()
        self._answers = list(answers)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def next(self):
        """The payload of the next call."""
        path, type, body = self._calls.get(timeout=DEADLINE)
        assert (path, type) == ("/hook", "application/json")
        return json.loads(body)

    def _handler(receiver):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver._answers.pop(0) if receiver._answers else 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                receiver._calls.put((self.path, self.headers["Content-Type"], body))

            def log_message(self, *_):
                pass

        return Handler
