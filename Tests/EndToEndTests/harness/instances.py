"""A recording as several control-plane nodes would have sent it, each with an API server that calls the etcd beside it."""

import bisect
import copy

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness import faults
from harness.spans import MILLISECOND

NODES = ["node-a", "node-b", "node-c"]


class Sender(str):
    """The service that sent a span, and the node that it runs on."""

    def __new__(cls, service, node, cluster=None):
        self = super().__new__(cls, service)
        self.node, self.cluster = node, cluster
        instance = ("service.instance.id", f"{service}-{node}")
        self.resource = (instance, ("k8s.cluster.name", cluster)) if cluster else (instance,)
        return self

    def __deepcopy__(self, _):
        return self


class Nodes(faults.Recording):
    """The spans of a capture, each trace as if it were of one of the nodes."""

    def __init__(self, name):
        super().__init__(name)
        traces = {span.trace_id: NODES[int.from_bytes(span.trace_id[:8]) % len(NODES)] for _, span in self.spans}
        self._tie_authentications(traces)
        senders = {(service, node): Sender(service, node) for service in ("apiserver", "etcd") for node in NODES}
        self.spans = [(senders[service, traces[span.trace_id]], span) for service, span in self.spans]

    def _tie_authentications(self, traces):
        """An authentication in a trace of its own ends just after the request that it belongs to, on the same node."""
        ends = sorted(
            (span.end_time_unix_nano, span.trace_id) for service, span in self.spans
            if service == "apiserver" and span.kind == Span.SPAN_KIND_SERVER
        )
        for _, span in self.spans:
            if span.name == "authentication" and not span.parent_span_id:
                last = bisect.bisect(ends, (span.end_time_unix_nano, b"\xff" * 17)) - 1
                if last >= 0 and span.end_time_unix_nano - ends[last][0] <= MILLISECOND:
                    traces[span.trace_id] = traces[ends[last][1]]

    def of_cluster(self, cluster, fault=None):
        """The spans of a cluster, with a fault or without."""
        found = self.faulty(fault) if fault else copy.deepcopy(self.spans)
        return [(Sender(sender, sender.node, cluster), span) for sender, span in found]


def renamed(spans, node, time):
    """The spans as if an API server had another instance id from a time on, as after a restart."""
    new = Sender("apiserver", node)
    new.resource = (("service.instance.id", f"apiserver-{node}-again"),)
    return [
        (new if sender == "apiserver" and sender.node == node and span.start_time_unix_nano >= time else sender, span)
        for sender, span in spans
    ]


def of(nodes, is_victim):
    """Whether a span is a victim, on some nodes only."""
    return lambda sender, span: sender.node in nodes and is_victim(sender, span)


def on(nodes, fault):
    """A fault that happens on some nodes only."""

    def happens(trace, period, chance):
        if all(sender.node in nodes for sender, _ in trace):
            fault(trace, period, chance)

    return happens
