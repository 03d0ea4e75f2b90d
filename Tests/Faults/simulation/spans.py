"""Recorded spans as trees of work: what a span did itself, and what it waited for, in order."""

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness.spans import MILLISECOND

# What a stretch of a span's own time was spent on.
ETCD, TO_ETCD, FROM_ETCD, ETCD_CALL, MUTATING, VALIDATING, PROXY, AUTHENTICATION, AUTHORIZATION, QUEUE, TRANSFORM, SERIALIZE, API = (
    "etcd", "to etcd", "from etcd", "call to etcd", "mutating webhook", "validating webhook", "proxy", "authentication",
    "authorization", "queue", "transform", "serialize", "API server",
)
# The API server's own work, for which it needs its CPU.
OF_API_SERVER = {AUTHENTICATION, AUTHORIZATION, QUEUE, TRANSFORM, SERIALIZE, API}
# What the API server waits for until an answer arrives.
ANSWERS = {FROM_ETCD, ETCD_CALL, PROXY, MUTATING, VALIDATING}

_FILTERS = {"authentication": AUTHENTICATION, "authorization": AUTHORIZATION, "priorityandfairness": QUEUE}


class Node:
    """A span with the steps it is made of: some work of its own, then children, which may run beside each other."""

    __slots__ = ("span", "source", "start", "end", "children", "parent", "steps", "is_request", "is_etcd_call")

    def __init__(self, span, source):
        self.span = span
        self.source = source
        self.start = span.start_time_unix_nano
        self.end = span.end_time_unix_nano
        self.children = []
        self.parent = None
        self.steps = []
        is_api_server = source.service == "apiserver"
        self.is_request = is_api_server and span.kind == Span.SPAN_KIND_SERVER
        self.is_etcd_call = (is_api_server and span.kind == Span.SPAN_KIND_CLIENT
                             and span.name.startswith(("etcdserverpb.KV/", "etcdserverpb.Lease/")))

    @property
    def name(self):
        return self.span.name

    @property
    def duration(self):
        return self.end - self.start

    def attribute(self, key):
        for attribute in self.span.attributes:
            if attribute.key == key:
                return attribute.value.string_value
        return ""

    def below(self):
        """The span and all below it."""
        yield self
        for child in self.children:
            yield from child.below()

    def within(self, prefix):
        """The nearest span around this one whose name begins so."""
        node = self.parent
        while node is not None and not node.name.startswith(prefix):
            node = node.parent
        return node

    def divide(self):
        """Finds the steps of this span and of those below: pairs of own work and the children that follow, each with its delay
        from the first of them and whether the span waits for it."""
        self.children.sort(key=lambda child: (child.start, -child.end))
        self.steps = []
        time, index, children = self.start, 0, self.children
        while index < len(children):
            first = children[index]
            group, end = [], first.start
            while index < len(children) and (not group or children[index].start < end):
                child = children[index]
                is_awaited = child.end <= self.end
                group.append((child.start - first.start, child, is_awaited))
                end = max(end, child.end if is_awaited else child.start)
                index += 1
            self.steps.append((max(0, first.start - time), self._kind(len(self.steps), False), group))
            time = max(time, end)
        self.steps.append((max(0, self.end - time), self._kind(len(self.steps), True), ()))
        for child in children:
            child.divide()

    def _kind(self, index, is_last):
        name, kind = self.name, self.span.kind
        if self.source.service == "etcd":
            return ETCD
        if kind == Span.SPAN_KIND_CLIENT and name.startswith("etcdserverpb."):
            if not any(child.source.service == "etcd" for child in self.children):
                return ETCD_CALL
            return FROM_ETCD if is_last else TO_ETCD
        if kind == Span.SPAN_KIND_CLIENT and name.startswith("HTTP "):
            if self.within("Call mutating webhook"):
                return MUTATING
            if self.within("Call validating webhook"):
                return VALIDATING
            return PROXY if self.within("authorization") and not self.children else API
        if index == 0 and name in _FILTERS:
            return _FILTERS[name]
        if name.startswith("Transform"):
            return TRANSFORM
        return SERIALIZE if name == "SerializeObject" else API


class Unit:
    """Spans that belong together: a request with its authentication, or background work, from its first span down."""

    def __init__(self, top):
        self.top = top
        self.nodes = list(top.below())
        self.start = top.start
        self.request = next((node for node in self.nodes if node.is_request), None)
        self.path = self.request.attribute("http.target") if self.request else ""
        self.is_long = top.duration > 10_000 * MILLISECOND or "watch=" in self.path
        top.divide()
