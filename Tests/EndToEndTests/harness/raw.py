"""Connections over which a test sends bytes of its choice."""

import http.client
import socket

from harness.waiting import DEADLINE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def connect(address, receive_buffer=None):
    """A socket. With a small receive buffer, a client that reads nothing soon blocks the server."""
    host, port = address.rsplit(":", 1)
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(DEADLINE)
    connection.connect((host, int(port)))
    return connection


def send(connection, sent):
    """Sends until everything is sent or the other end closes. Returns whether everything was sent."""
    try:
        connection.sendall(sent)
        return True
    except (ConnectionError, TimeoutError):
        return False


def read_to_end(connection):
    """Everything received until the other end closes."""
    received = b""
    try:
        while part := connection.recv(1 << 16):
            received += part
    except ConnectionError:
        pass
    return received


def answer(address, request):
    """The status line of the reply to a request, "" for none; the connection must be closed after it."""
    with connect(address) as connection:
        send(connection, request)
        try:
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return read_to_end(connection).split(b"\r\n")[0].decode()


def get(address, path="/-/healthy", method="GET", **headers):
    """A reply with its body, over a new connection."""
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
