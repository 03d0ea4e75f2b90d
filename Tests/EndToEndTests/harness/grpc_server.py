"""A gRPC server of one connection, frame by frame, that treats its client as the test says."""

import contextlib
import socket
import threading

import hpack
from hyperframe.frame import DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, SettingsFrame, WindowUpdateFrame

from harness.waiting import DEADLINE

_PREFACE = 24
_HEAD = 9


class GRPCServer:
    """
    - settings: by their number, as the server announces them
    - greeting: waits before the server sends its settings; never sends them if it returns False
    - pings: PING frames before each answer
    - held: how many calls have to be open before the first is answered
    - leaves_after: how many answers a connection gets before the server takes leave, as for its age; with 0 it
      closes at once
    """

    def __init__(self, settings=None, greeting=lambda: True, pings=0, held=1, leaves_after=None):
        self._leaves_after = leaves_after
        self._settings, self._greeting, self._pings, self._held = settings or {}, greeting, pings, held
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.acknowledged = 0
        self.connections = 0
        self.open_most = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(DEADLINE)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                with connection, contextlib.suppress(OSError, EOFError):
                    connection.settimeout(DEADLINE)
                    self._serve(connection)

    def _serve(self, connection):
        source = connection.makefile("rb")
        self._encoder = hpack.Encoder()
        _read(source, _PREFACE)
        if self._greeting():
            connection.sendall(SettingsFrame(0, settings=self._settings).serialize())
        answers = 0
        if self._leaves_after == answers:
            return self._leave(connection, answers)
        complete, left = [], self._held
        streams = set()
        while True:
            frame = _frame(source)
            if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
                connection.sendall(SettingsFrame(0, flags=["ACK"]).serialize())
            elif isinstance(frame, PingFrame) and "ACK" in frame.flags:
                self.acknowledged += 1
            elif isinstance(frame, HeadersFrame):
                streams.add(frame.stream_id)
                self.open_most = max(self.open_most, len(streams))
            elif isinstance(frame, DataFrame):
                if frame.body_len:
                    connection.sendall(WindowUpdateFrame(0, window_increment=frame.body_len).serialize())
                if "END_STREAM" in frame.flags:
                    complete.append(frame.stream_id)
                if len(complete) >= left:
                    left = 0
                    for stream in complete:
                        streams.discard(stream)
                        connection.sendall(self._answer(stream))
                        answers += 1
                        self._leave(connection, answers)
                    complete.clear()

    def _leave(self, connection, answers):
        if answers == self._leaves_after:
            connection.sendall(GoAwayFrame(0, last_stream_id=2**31 - 1).serialize())

    def _answer(self, stream):
        ping = PingFrame(0, opaque_data=b"measured").serialize()
        head = self._encoder.encode([(":status", "200"), ("content-type", "application/grpc")])
        trailers = self._encoder.encode([("grpc-status", "0")])
        return (
            ping * self._pings
            + HeadersFrame(stream, head, flags=["END_HEADERS"]).serialize()
            + DataFrame(stream, bytes(5)).serialize()
            + HeadersFrame(stream, trailers, flags=["END_HEADERS", "END_STREAM"]).serialize()
        )


def _frame(source):
    frame, length = Frame.parse_frame_header(memoryview(_read(source, _HEAD)))
    frame.parse_body(memoryview(_read(source, length)))
    return frame


def _read(source, count):
    found = source.read(count)
    if len(found) < count:
        raise EOFError
    return found
