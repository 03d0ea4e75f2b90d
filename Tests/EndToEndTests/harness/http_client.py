"""OTLP/HTTP without an exporter: requests that none would send, and every detail of the reply."""

import http.client
import json
from dataclasses import dataclass

from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from harness.waiting import DEADLINE

PATH = "/v1/traces"
PROTOBUF = "application/x-protobuf"
JSON = "application/json"


@dataclass
class Answer:
    status: int
    headers: object
    body: bytes

    @property
    def type(self):
        return self.headers["Content-Type"]

    @property
    def rejected(self):
        """How many spans `partial_success` reports as rejected, and why; 0 if it is unset."""
        if self.type == JSON:
            partial = json.loads(self.body).get("partialSuccess", {})
            return int(partial.get("rejectedSpans", 0)), partial.get("errorMessage", "")
        response = ExportTraceServiceResponse.FromString(self.body)
        partial = response.partial_success
        return partial.rejected_spans, partial.error_message

    @property
    def error(self):
        """Code and message of the `google.rpc.Status` in the body."""
        if self.type == JSON:
            status = json.loads(self.body)
            return status["code"], status["message"]
        status = Status.FromString(self.body)
        return status.code, status.message


def send(address, body=b"", type=PROTOBUF, encoding=None, method="POST", path=PATH, headers={}):
    headers = {"Content-Type": type, "Content-Encoding": encoding, **headers}
    connection = http.client.HTTPConnection(address, timeout=DEADLINE)
    try:
        given = {name: value for name, value in headers.items() if value is not None}
        connection.request(method, path, body, given)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
