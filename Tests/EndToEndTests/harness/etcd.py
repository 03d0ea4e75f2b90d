"""A real etcd of one member."""

import grpc

from harness import project
from harness.server import Server, free_address
from harness.waiting import DEADLINE

# etcdserverpb.RangeRequest with the key "a"
RANGE_REQUEST = b"\n\x01a"


class Etcd(Server):
    """Runs on free ports of the loopback interface, with its data in `directory`."""

    def __init__(self, directory, flags=(), environment=None):
        self.address = free_address()
        client, peer = f"http://{self.address}", f"http://{free_address()}"
        super().__init__(
            [
                project.tool("etcd", package="etcd-server"),
                f"--data-dir={directory / 'etcd'}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
                *flags,
            ],
            ready="ready to serve client requests",
            environment=environment,
        )

    def range(self, trace_id, parent_span_id):
        """Reads a key, as a caller whose trace is sampled."""
        with grpc.insecure_channel(self.address) as channel:
            call = channel.unary_unary("/etcdserverpb.KV/Range")
            call(RANGE_REQUEST, metadata=[("traceparent", f"00-{trace_id}-{parent_span_id}-01")], timeout=DEADLINE)
