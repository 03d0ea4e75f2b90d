"""gRPC calls frame by frame, as no gRPC library would send them."""

import socket
import struct
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events

from harness.grpc_client import METHOD
from harness.waiting import DEADLINE


@dataclass
class Answer:
    headers: dict = field(default_factory=dict)
    body: bytes = b""

    @property
    def status(self):
        """The gRPC status code as a number; None if the reply isn't gRPC."""
        code = self.headers.get("grpc-status")
        return None if code is None else int(code)


def message(body, is_compressed=False, length=None):
    """A message with its prefix, which may give a false length."""
    return struct.pack(">BI", is_compressed, len(body) if length is None else length) + body


def send(address, payload, encoding=None, **pseudo):
    """Sends the payload of one call unchanged. Returns headers and trailers together."""
    headers = {
        ":method": "POST",
        ":scheme": "http",
        ":path": METHOD,
        ":authority": address,
        "content-type": "application/grpc",
        "te": "trailers",
    }
    if encoding:
        headers["grpc-encoding"] = encoding
    headers.update({name.replace("_", "-"): value for name, value in pseudo.items() if not name.startswith("_")})
    headers.update({":" + name[1:]: value for name, value in pseudo.items() if name.startswith("_")})
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=DEADLINE) as connection:
        return _Call(connection).run(list(headers.items()), payload)


class _Call:
    def __init__(self, connection):
        self.connection = connection
        self.http2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.answer = Answer()
        self.is_over = False

    def run(self, headers, payload):
        self.http2.initiate_connection()
        stream = self.http2.get_next_available_stream_id()
        self.http2.send_headers(stream, headers, end_stream=not payload)
        self._flush()
        sent = 0
        while not self.is_over:
            window = min(self.http2.local_flow_control_window(stream), self.http2.max_outbound_frame_size)
            if sent < len(payload) and window > 0:
                part = payload[sent : sent + window]
                sent += len(part)
                self.http2.send_data(stream, part, end_stream=sent == len(payload))
                self._flush()
            else:
                self._receive()
        return self.answer

    def _flush(self):
        self.connection.sendall(self.http2.data_to_send())

    def _receive(self):
        received = self.connection.recv(1 << 16)
        if not received:
            self.is_over = True
            return
        for event in self.http2.receive_data(received):
            if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                self.answer.headers.update(dict(event.headers))
            elif isinstance(event, h2.events.DataReceived):
                self.answer.body += event.data
                self.http2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset, h2.events.ConnectionTerminated)):
                self.is_over = True
        self._flush()
