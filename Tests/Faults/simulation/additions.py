"""What not every recording has: an aggregated API server, and spans of a KMS plugin around secrets."""

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from simulation.spans import Node, Unit

_EVERY = 3


def add_missing(tops):
    """Adds both to recorded trees of spans that have neither, as if they had been there from the beginning."""
    nodes = [node for top in tops for node in top.below()]
    if not any(node.name.startswith("Transform") for node in nodes):
        for node in nodes:
            _transform(node)
    if not any(node.name == "HTTP GET" and node.parent and node.parent.name == "authorization" for node in nodes):
        reads = [node for node in nodes if node.name == "Get" and _request(node).name.endswith("/configmaps/{:name}")]
        for node in reads[::_EVERY]:
            _pass_on(node)


def watch_on_etcd(call):
    """A watch of the API server on etcd, beside one of its calls."""
    watch = _made(call, "etcdserverpb.Watch/Watch", Span.SPAN_KIND_CLIENT, call.start, call.end)
    watch.parent = None
    watch.span.parent_span_id = b""
    return Unit(watch)


def another_kind(unit):
    """The same work for a kind of request that nobody has asked for yet."""

    def copied(node):
        span = Span()
        span.CopyFrom(node.span)
        copy = Node(span, node.source)
        copy.children = [copied(child) for child in node.children]
        for child in copy.children:
            child.parent = copy
        if node.is_request:
            span.name = "GET /apis/reports.example.com/v1/runs"
            for attribute in span.attributes:
                if attribute.key in ("http.target", "url.path"):
                    attribute.value.string_value = "/apis/reports.example.com/v1/runs"
        return copy

    return Unit(copied(unit.top))


def _transform(node):
    """Secrets are encrypted before the last call that writes them, and decrypted after the call that reads them."""
    if not node.children or "/secrets" not in node.attribute("key"):
        return
    last = max(node.children, key=lambda child: child.start)
    if node.name in ("Create etcd3", "GuaranteedUpdate etcd3"):
        before = max([child.end for child in node.children if child is not last] + [node.start])
        _add(node, "TransformToStorage with envelopeTransformer", before, last.start)
    elif node.name == "cacher.Get":
        _add(node, "TransformFromStorage with envelopeTransformer", last.end, node.end)


def _add(node, name, begin, end):
    """A span in the middle of this time."""
    margin = max(0, end - begin) // 4
    node.children.append(_made(node, name, Span.SPAN_KIND_INTERNAL, begin + margin, end - margin))


def _pass_on(node):
    """A read becomes one that an aggregated API server answers, in the same time."""
    request = _request(node)
    request.span.name = "GET /apis/metrics.example.com/v1beta1/namespaces/{:namespace}/pods/{:name}"
    for attribute in request.span.attributes:
        if attribute.key in ("http.target", "url.path"):
            attribute.value.string_value = "/apis/metrics.example.com/v1beta1/namespaces/team-a/pods/web-1"
    call = _made(node.parent, "HTTP GET", Span.SPAN_KIND_CLIENT, node.start, node.end)
    call.span.attributes.add(key="http.request.method").value.string_value = "GET"
    call.span.attributes.add(key="http.response.status_code").value.int_value = 200
    node.parent.children[:] = [call]


def _made(parent, name, kind, begin, end):
    span = Span(
        trace_id=parent.span.trace_id, span_id=bytes(byte ^ 0xA5 for byte in parent.span.span_id),
        parent_span_id=parent.span.span_id, name=name, kind=kind, start_time_unix_nano=begin, end_time_unix_nano=max(begin, end),
        flags=parent.span.flags,
    )
    node = Node(span, parent.source)
    node.parent = parent
    return node


def _request(node):
    while node.parent is not None and not node.is_request:
        node = node.parent
    return node
