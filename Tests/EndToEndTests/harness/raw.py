"""Connections whose bytes are the test's own, and what comes back."""

import http.client
import socket

from harness.waiting import DEADLINE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def connect(address, receive_buffer=None):
    """A socket; with a small receive buffer a client that reads nothing soon stands in the way."""
    host, port = address.rsplit(":", 1)
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(DEADLINE)
    connection.connect((host, int(port)))
    return connection


def send(connection, sent):
    """Sends until everything is sent or the other end doesn't want it; whether everything was."""
    try:
        connection.sendall(sent)
        return True
    except (ConnectionError, TimeoutError):
        return False


def read_to_end(connection):
    """What comes until the other end closes."""
    received = b""
    try:
        while part := connection.recv(1 << 16):
            received += part
    except ConnectionError:
        pass
    return received


def answer(address, request):
    """Status line of the answer to a request, the connection closed behind it; "" for none."""
    with connect(address) as connection:
        send(connection, request)
        try:
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return read_to_end(connection).split(b"\r\n")[0].decode()


def get(address, path="/-/healthy", method="GET", **headers):
    """An answer with its body, on a connection of its own."""
    connection = http.client.HTTPConnection(address, timeout=DEADLINE)
    try:
        connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
