"""Recorded spans put together: requests with their authentication, and work in the background."""

from collections import defaultdict

from harness.spans import MILLISECOND
from simulation.additions import add_missing
from simulation.spans import Node, Unit


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
    add_missing(tops)
    return sorted((Unit(top) for top in tops), key=lambda unit: unit.start)


def _tie_authentications(nodes):
    """Puts a request whose `authentication` is a trace of its own below it: both end at the same time."""
    parents = {node.parent for node in nodes}
    lone = [node for node in nodes if node.name == "authentication" and node not in parents]
    candidates = defaultdict(list)
    for node in nodes:
        if node.is_request and node.parent is None:
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
