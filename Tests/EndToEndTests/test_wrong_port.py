"""`--address` names something else than the port of a daemon's API: the command says so, and which port is right."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness.certificates import Authority
from harness.command import faultline
from harness.daemon import LOOPBACK

RIGHT = "--address must be where the daemon listens for scrape and API, port 9464 by default; 4317 and 4318 take spans"
COMMANDS = [["doctor"], ["top", "--once"], ["trace", "1" * 32]]


def said(command, address):
    done = faultline(*command, "--address", address)
    assert (done.code, done.output) == (1, ""), done
    return done.errors


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("port", ["grpc", "http", "jaeger"])
def test_another_port_of_the_daemon(serve, command, port):
    daemon = serve("groups: []\n", f"jaeger: {LOOPBACK}\n")
    address = daemon.address_of("Jaeger's API") if port == "jaeger" else getattr(daemon, port)
    assert RIGHT in said(command, address)


class Other(BaseHTTPRequestHandler):
    """Some other server: the path is its answer."""

    def do_GET(self):
        status, body = {"/api/v1/status": (405, b""), "/metrics": (200, b"# nothing\n")}.get(self.path, (404, b"<html>\n<p>nothing\n"))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_server_of_something_else():
    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"127.0.0.1:{server.server_port}"
        found = [said(command, address) for command in COMMANDS]
        server.shutdown()
    assert all(RIGHT in errors and "<" not in errors for errors in found)
    assert f"405: what listens at http://{address} doesn't answer a daemon's queries" in found[0]


def test_a_port_that_closes_connections():
    with socket.create_server(("127.0.0.1", 0)) as server:
        def close():
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=close, daemon=True).start()
        assert RIGHT in said(["doctor"], f"127.0.0.1:{server.getsockname()[1]}")
        server.shutdown(socket.SHUT_RDWR)


def test_a_port_with_tls_asked_without(serve, tmp_path):
    authority = Authority(tmp_path)
    authority.issue("server")
    daemon = serve("groups: []\n", "listen: {tls: {cert_file: server.crt, key_file: server.key}}\n")
    assert "without TLS (https:// asks with it)" in said(["doctor"], daemon.query)


def test_a_trace_that_the_daemon_lacks_is_no_wrong_port(daemon):
    errors = said(["trace", "1" * 32], daemon.query)
    assert "404: " in errors and RIGHT not in errors
