"""Recorded spans as trees of work: what a span did itself, and what it waited for, in order."""

from collections import defaultdict

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness.spans import MILLISECOND

# What a stretch of a span's own time was spent on.
ETCD, TO_ETCD, FROM_ETCD, ETCD_CALL, MUTATING, VALIDATING, PROXY, AUTHENTICATION, AUTHORIZATION, QUEUE, TRANSFORM, SERIALIZE, API = (
    "etcd", "to etcd", "from etcd", "call to etcd", "mutating webhook", "validating webhook", "proxy", "authentication",
    "authorization", "queue", "transform", "serialize", "API server",
)
# The API server's own work, for which it needs its CPU.
OF_API_SERVER = {AUTHENTICATION, AUTHORIZATION, QUEUE, TRANSFORM, SERIALIZE, API}

_FILTERS = {"authentication": AUTHENTICATION, "authorization": AUTHORIZATION, "priorityandfairness": QUEUE}


class Node:
    """A span with the steps it is made of: some work of its own, then children, which may run beside each other."""

    __slots__ = ("span", "source", "start", "end", "children", "parent", "steps", "is_root_of_request")

    def __init__(self, span, source):
        self.span = span
        self.source = source
        self.start = span.start_time_unix_nano
        self.end = span.end_time_unix_nano
        self.children = []
        self.parent = None
        self.steps = []
        self.is_root_of_request = source.service == "apiserver" and span.kind == Span.SPAN_KIND_SERVER

    @property
    def name(self):
        return self.span.name

    @property
    def duration(self):
        return self.end - self.start

    @property
    def is_etcd_call(self):
        return (self.source.service == "apiserver" and self.span.kind == Span.SPAN_KIND_CLIENT
                and self.name.startswith(("etcdserverpb.KV/", "etcdserverpb.Lease/")))

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
        self.request = next((node for node in self.nodes if node.is_root_of_request), None)
        path = self.request.attribute("http.target") or self.request.attribute("url.path") if self.request else ""
        self.path = path
        self.is_long = top.end - top.start > 10_000 * MILLISECOND or "watch=" in path
        top.divide()


def units(found):
    """The units among recorded spans, given as pairs of source and span."""
    nodes = [Node(span, source) for source, span in found]
    by_id = {node.span.span_id: node for node in nodes}
    for node in nodes:
        node.parent = by_id.get(node.span.parent_span_id)
    _tie_authentications(nodes)
    tops = []
    for node in nodes:
        (tops if node.parent is None else node.parent.children).append(node)
    for node in nodes:
        _put_webhooks_within_updates(node)
    return sorted((Unit(top) for top in tops), key=lambda unit: unit.start)


def _tie_authentications(nodes):
    """Puts a request whose `authentication` is a trace of its own below it: both end at the same time."""
    parents = {node.parent for node in nodes}
    lone = [node for node in nodes if node.name == "authentication" and node not in parents]
    candidates = defaultdict(list)
    for node in nodes:
        if node.is_root_of_request and node.parent is None:
            candidates[node.end // MILLISECOND].append(node)
    for authentication in sorted(lone, key=lambda node: node.end):
        slot = authentication.end // MILLISECOND
        near = [node for node in candidates[slot] + candidates[slot - 1]
                if node.parent is None and authentication.start <= node.start
                and authentication.end - MILLISECOND <= node.end <= authentication.end]
        if near:
            max(near, key=lambda node: node.end).parent = authentication


def _put_webhooks_within_updates(node):
    """Webhooks of updates run within their sibling `GuaranteedUpdate etcd3`: what it does next waits for them."""
    updates = [child for child in node.children if child.name.endswith(" etcd3")]
    for child in list(node.children):
        if child.name.startswith("Call "):
            for update in updates:
                if update.start <= child.start and child.end <= update.end:
                    node.children.remove(child)
                    update.children.append(child)
                    break
