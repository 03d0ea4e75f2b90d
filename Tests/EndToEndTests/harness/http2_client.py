"""An HTTP/2 client that continues after GOAWAY, like one that hasn't read it yet. Libraries obey it at once."""

import socket
from contextlib import contextmanager

import hpack
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, RstStreamFrame, SettingsFrame

from harness.grpc_client import METHOD
from harness.waiting import DEADLINE

_HEAD = 9


class HTTP2Client:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=DEADLINE)
        self._encoder, self._decoder = hpack.Encoder(), hpack.Decoder()
        self._address = address
        self._received = b""
        self._held = None
        # Until then the windows are 65,535 bytes (RFC 9113, section 6.9.2).
        self.has_settings = False
        self.goaways = []
        # Headers and trailers of each stream together
        self.answers = {}
        # Error codes by stream
        self.resets = {}
        self._socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self._send(SettingsFrame(0))

    @contextmanager
    def together(self):
        """Holds what is sent meanwhile, to send it in one piece."""
        self._held = b""
        yield
        held, self._held = self._held, None
        self._socket.sendall(held)

    def close(self):
        self._socket.close()

    def begin(self, stream):
        """Sends the headers of an Export call."""
        headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", METHOD),
            (":authority", self._address),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ]
        self._send(HeadersFrame(stream, self._encoder.encode(headers), flags=["END_HEADERS"]))

    def send(self, stream, payload, is_last):
        self._send(DataFrame(stream, payload, flags=["END_STREAM"] if is_last else []))

    def send_in_parts(self, stream, payload, size=16_384):
        """Sends a payload that isn't the last, in frames small enough for every server."""
        for start in range(0, len(payload), size):
            self.send(stream, payload[start : start + size], is_last=False)

    def send_frame(self, frame):
        self._send(frame)

    def receive_until(self, condition):
        """Receives frames until the condition holds; False if the server closes the connection first."""
        while not condition():
            frame = self._next()
            if frame is None:
                return False
            if isinstance(frame, GoAwayFrame):
                self.goaways.append(frame)
            elif isinstance(frame, RstStreamFrame):
                self.resets[frame.stream_id] = frame.error_code
            elif isinstance(frame, HeadersFrame):
                self.answers.setdefault(frame.stream_id, {}).update(self._decoder.decode(frame.data))
            elif isinstance(frame, (PingFrame, SettingsFrame)) and "ACK" not in frame.flags:
                data = {"opaque_data": frame.opaque_data} if isinstance(frame, PingFrame) else {}
                self._send(type(frame)(0, flags=["ACK"], **data))
                self.has_settings = self.has_settings or isinstance(frame, SettingsFrame)
        return True

    def _send(self, frame):
        if self._held is None:
            self._socket.sendall(frame.serialize())
        else:
            self._held += frame.serialize()

    def _next(self):
        head = self._take(_HEAD)
        if head is None:
            return None
        frame, length = Frame.parse_frame_header(memoryview(head))
        frame.parse_body(memoryview(self._take(length)))
        return frame

    def _take(self, count):
        while len(self._received) < count:
            part = self._socket.recv(1 << 16)
            if not part:
                return None
            self._received += part
        taken, self._received = self._received[:count], self._received[count:]
        return taken
