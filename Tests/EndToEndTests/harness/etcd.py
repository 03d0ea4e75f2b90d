"""A real etcd of one member."""

import json

import grpc
import yaml

from harness import project
from harness.server import Server, free_address
from harness.waiting import DEADLINE

# etcdserverpb.RangeRequest with the key "a"
RANGE_REQUEST = b"\n\x01a"


class Etcd(Server):
    """Runs on free ports of the loopback interface, with its data in `directory`."""

    def __init__(self, directory, flags=(), environment=None, configuration=None):
        """`configuration` is a file that gets these settings too, because with it etcd ignores flags."""
        self.address = free_address()
        client, peer = f"http://{self.address}", f"http://{free_address()}"
        settings = {
            "data-dir": str(directory / "etcd"), "listen-client-urls": client, "advertise-client-urls": client,
            "listen-peer-urls": peer, "initial-advertise-peer-urls": peer, "initial-cluster": f"default={peer}",
        }
        if configuration:
            configuration.write_text(configuration.read_text() + yaml.safe_dump(settings))
            arguments = [f"--config-file={configuration}"]
        else:
            arguments = [f"--{name}={value}" for name, value in settings.items()]
        super().__init__(
            [
                project.tool("etcd", package="etcd-server"),
                *arguments,
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


def etcds_ranges(daemon):
    operations = json.loads(daemon.get("/api/v1/operations")[2])
    return sum(row["count"] for row in operations if (row["service"], row["operation"]) == ("etcd", "etcdserverpb.KV/Range"))
