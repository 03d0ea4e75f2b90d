"""OTLP/gRPC without an exporter: arbitrary bodies, and every detail of the reply."""

from dataclasses import dataclass

import grpc
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from harness.waiting import DEADLINE

METHOD = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@dataclass
class Answer:
    code: grpc.StatusCode
    message: str
    body: bytes = b""
    details: bytes = b""

    @property
    def rejected(self):
        partial = ExportTraceServiceResponse.FromString(self.body).partial_success
        return partial.rejected_spans, partial.error_message

    @property
    def has_retry_info(self):
        return any(detail.type_url.endswith("RetryInfo") for detail in Status.FromString(self.details).details)


def channel(address):
    # Without options of its own, a channel would share its connection with others to the same address.
    return grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])


def call(open_channel, body, method=METHOD, compression=None):
    export = open_channel.unary_unary(method)
    try:
        return Answer(grpc.StatusCode.OK, "", export(body, timeout=DEADLINE, compression=compression))
    except grpc.RpcError as error:
        details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
        return Answer(error.code(), error.details(), details=details)


def send(address, body, **options):
    with channel(address) as open_channel:
        return call(open_channel, body, **options)
