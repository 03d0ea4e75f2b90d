"""Archives of several clusters, made from those of one."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness import archives, spans

# West's incident opens first, and is more urgent than east's.
_RULES = """
groups:
  - name: two
    interval: 5s
    rules:
      - {alert: West, select: {cluster: west, verb: =~ .+}, when: count >= 1, over: 1m, by: [], labels: {severity: critical}}
      - {alert: East, select: {cluster: east, verb: =~ .+}, when: count >= 1, over: 1m, by: [], for: 30s, labels: {severity: warning}}
"""


def named(archive, name):
    """The messages of an archive as a cluster would have sent them."""
    found = []
    for message in archives.records(archive):
        request = ExportTraceServiceRequest.FromString(message)
        for resource_spans in request.resource_spans:
            resource_spans.resource.attributes.append(spans.text("k8s.cluster.name", name))
        found.append(request.SerializeToString())
    return found


def with_incidents(directory):
    """What a viewer takes to show two clusters with an open incident each: west's is the more urgent, east's the later."""
    archive, rules = directory / "clusters.otlp", directory / "clusters.yaml"
    archive.write_bytes(archives.framed(named(archives.example(), "west") + named(archives.example(), "east")))
    rules.write_text(_RULES)
    return ["--quiet", "--rules", rules, archive]


def silent_from(messages, time, services):
    """Without what these services recorded from a time on."""
    heard = []
    for message in messages:
        request = ExportTraceServiceRequest.FromString(message)
        for resource_spans in request.resource_spans:
            name = next(one.value.string_value for one in resource_spans.resource.attributes if one.key == "service.name")
            for scope in resource_spans.scope_spans if name in services else []:
                kept = [span for span in scope.spans if span.end_time_unix_nano < time]
                del scope.spans[:]
                scope.spans.extend(kept)
        heard.append(request.SerializeToString())
    return heard
