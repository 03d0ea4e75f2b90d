"""Faults injected into recorded spans as they would have looked: a delay at some point of a trace shifts everything that comes
later in it."""

import copy
import json
import random
import struct
from collections import defaultdict

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from harness import archives, project
from harness.spans import SECOND

# Seconds from the recording's start
START = 100
END = 170


class Recording:
    """The spans of a capture, each with its service."""

    def __init__(self, name):
        self.begin = json.loads(project.capture(name, "facts.json").read_text())["capture_start_ns"]
        self.spans = spans(project.capture(name))

    def with_fault(self, fault):
        """The bytes of an archive in which the fault lasts from START to END."""
        return exported(self.faulty(fault))

    def faulty(self, fault):
        """The spans as they would have been with the fault."""
        faulty = copy.deepcopy(self.spans)
        traces = defaultdict(list)
        for service, span in faulty:
            traces[span.trace_id].append((service, span))
        chance = random.Random(1)
        for trace in traces.values():
            fault(trace, (self.begin + START * SECOND, self.begin + END * SECOND), chance)
        return faulty


def with_one_slow_kind(name, kind):
    """The bytes of an archive of three minutes in which requests for nodes take a millisecond, and those for one kind of object
    spend 5 ms in a span, from the third minute on 1.7 s."""
    begin = 1_767_225_600 * SECOND
    found = []

    def add(trace, parent, name, kind, start, duration, **attributes):
        span = Span(
            trace_id=trace.to_bytes(16, "big"), span_id=len(found).to_bytes(7, "big") + b"\1", parent_span_id=parent,
            name=name, kind=kind, start_time_unix_nano=start, end_time_unix_nano=start + duration,
        )
        for key, value in attributes.items():
            span.attributes.add(key=key.replace("__", ".")).value.string_value = value
        found.append(("apiserver", span))
        return span.span_id

    for number in range(180 * 10):
        start = begin + number * SECOND // 10
        is_slow_kind = number % 5 == 0
        inner = (17 * SECOND // 10 if number >= 1200 else SECOND // 200) if is_slow_kind else SECOND // 1000
        path = "/apis/metrics.k8s.io/v1/pods" if is_slow_kind else f"/api/v1/nodes/n{number % 7}"
        top = add(
            number + 1, b"", "GET", Span.SPAN_KIND_SERVER, start, inner + SECOND // 1000,
            url__path=path, http__request__method="GET",
        )
        if is_slow_kind:
            add(number + 1, top, name, kind, start + SECOND // 2000, inner)
    return exported(found)


def with_clock_off(archive, victim, offset, wander=0):
    """The bytes of an archive in which the clock of one service is ahead by `offset` nanoseconds, and for each span by up to
    `wander` more."""
    generator = random.Random(1)

    def ahead(service, span):
        if service == victim:
            own = offset + generator.randint(0, wander)
            span.start_time_unix_nano += own
            span.end_time_unix_nano += own

    return exported(spans(archive), ahead)


def without(archive, is_lost):
    """The bytes of an archive from which some spans are missing."""
    return exported([(service, span) for service, span in spans(archive) if not is_lost(service, span)])


def spans(archive):
    """The spans of an archive, each with its service."""
    found = []
    for message in archives.records(archives.decompress(archive)):
        for resource_spans in ExportTraceServiceRequest.FromString(message).resource_spans:
            attributes = {attribute.key: attribute.value for attribute in resource_spans.resource.attributes}
            service = attributes["service.name"].string_value
            found += [(service, span) for scope in resource_spans.scope_spans for span in scope.spans]
    return found


def exported(spans, change=lambda service, span: None):
    """The spans as exporters would have sent them: after holding them for up to five seconds, by their own clock."""
    batches = defaultdict(list)
    for service, span in spans:
        resource = (service, *getattr(service, "resource", ()))
        batches[(span.end_time_unix_nano // (5 * SECOND), resource)].append(span)
        change(service, span)
    framed = b""
    for (_, (service, *resource)), batch in sorted(batches.items(), key=lambda batch: batch[0]):
        request = ExportTraceServiceRequest()
        resource_spans = request.resource_spans.add()
        for key, value in [("service.name", service), *resource]:
            resource_spans.resource.attributes.add(key=key).value.string_value = value
        resource_spans.scope_spans.add().spans.extend(batch)
        message = request.SerializeToString()
        framed += struct.pack(">I", len(message)) + message
    return framed


def _delay(trace, time, duration):
    for _, span in trace:
        if span.start_time_unix_nano >= time:
            span.start_time_unix_nano += duration
        if span.end_time_unix_nano >= time:
            span.end_time_unix_nano += duration


def slow(is_victim, mean, at_start=True):
    """Spans take `mean` nanoseconds longer on average, either before everything inside them or after it."""

    def fault(trace, period, chance):
        victims = [span for service, span in trace if is_victim(service, span)]
        for span in sorted(victims, key=lambda span: span.start_time_unix_nano):
            if period[0] <= span.start_time_unix_nano < period[1]:
                time = span.start_time_unix_nano + 1 if at_start else span.end_time_unix_nano
                _delay(trace, time, int(chance.expovariate(1 / mean)))

    return fault


def none(trace, period, chance):
    """Nothing happens."""


def both(first, second):
    """Two faults at the same time."""

    def fault(trace, period, chance):
        first(trace, period, chance)
        second(trace, period, chance)

    return fault


def within(is_request, other):
    """A fault of some requests only: those of traces that have such a span."""

    def fault(trace, period, chance):
        if any(is_request(service, span) for service, span in trace):
            other(trace, period, chance)

    return fault


def of_verb(verb):
    """Whether a span is the API server's own of a request: GET of one object or of a list, PATCH, …"""
    method = {"get": "GET", "list": "GET", "create": "POST", "update": "PUT"}.get(verb, verb.upper())

    def is_request(service, span):
        is_server = service == "apiserver" and span.kind == Span.SPAN_KIND_SERVER and span.name.startswith(method + " ")
        return is_server and (method != "GET" or span.name.endswith("{:name}") == (verb == "get"))

    return is_request


def failing_requests(is_request, share):
    """A share of the requests fails in the API server itself, as fast as ever."""

    def fault(trace, period, chance):
        for service, span in trace:
            if is_request(service, span) and period[0] <= span.start_time_unix_nano < period[1]:
                if chance.random() < share:
                    _fail(span)

    return fault


def stopped(victim, stop, run):
    """A process is paused for `stop` nanoseconds and runs for `run`, over and over. What would have happened during a pause
    happens after it."""

    def fault(trace, period, _):
        events = sorted(
            ((time, is_end, service, span) for service, span in trace
             for is_end, time in enumerate((span.start_time_unix_nano, span.end_time_unix_nano))),
            key=lambda event: event[:2],
        )
        late = 0
        for time, is_end, service, span in events:
            phase = (time + late - period[0]) % (stop + run)
            if service == victim and period[0] <= time + late < period[1] and phase < stop:
                late += stop - phase
            if is_end:
                span.end_time_unix_nano = time + late
            else:
                span.start_time_unix_nano = time + late

    return fault


def failing_webhook(name, share, says="", is_ignored=False):
    """A share of the calls of a kind of webhook fails with a message, as fast as ever, and the request with it, unless that is
    the policy."""

    def fault(trace, period, chance):
        webhooks = {span.span_id for service, span in trace if service == "apiserver" and span.name == name}
        for service, span in trace:
            if span.parent_span_id in webhooks and period[0] <= span.start_time_unix_nano < period[1]:
                if chance.random() < share:
                    _fail(span)
                    span.status.message = says
                    for other_service, other in () if is_ignored else trace:
                        if other_service == "apiserver" and other.kind == Span.SPAN_KIND_SERVER:
                            _fail(other)

    return fault


def failing_etcd(share):
    """A share of the transactions is answered with an error, as fast as ever, and the request fails with it: etcd without space."""

    def fault(trace, period, chance):
        for service, span in trace:
            if service == "apiserver" and span.kind == Span.SPAN_KIND_CLIENT and span.name == "etcdserverpb.KV/Txn":
                if period[0] <= span.start_time_unix_nano < period[1] and chance.random() < share:
                    span.status.code = Status.STATUS_CODE_ERROR
                    for other_service, other in trace:
                        if other_service == "apiserver" and other.kind == Span.SPAN_KIND_SERVER:
                            _fail(other)

    return fault


def refused_requests(name, share, says):
    """A share of the requests of a name fails with a message, as fast as ever, and none of the calls below them does."""

    def fault(trace, period, chance):
        for service, span in trace:
            if service == "apiserver" and span.kind == Span.SPAN_KIND_SERVER and span.name == name:
                if period[0] <= span.start_time_unix_nano < period[1] and chance.random() < share:
                    _fail(span)
                    span.status.message = says

    return fault


def copies(spans, period, name, count):
    """So many more of the requests of a name within a period, each a little later than the one before."""
    wanted = {
        span.trace_id for service, span in spans
        if service == "apiserver" and span.name == name and period[0] <= span.start_time_unix_nano < period[1]
    }
    made = []
    for service, span in spans:
        for number in range(1, count + 1) if span.trace_id in wanted else ():
            one = copy.deepcopy(span)
            one.trace_id = number.to_bytes(2, "big") + span.trace_id[2:]
            one.start_time_unix_nano += number * 20_000_000
            one.end_time_unix_nano += number * 20_000_000
            made.append((service, one))
    return made


def _fail(span):
    span.status.code = Status.STATUS_CODE_ERROR
    for attribute in span.attributes:
        if attribute.key == "http.response.status_code":
            attribute.value.int_value = 500
            return
    span.attributes.add(key="http.response.status_code").value.int_value = 500


def is_etcd(service, span):
    return service == "etcd" and span.kind == Span.SPAN_KIND_SERVER and "Watch" not in span.name


def is_etcd_call(service, span):
    return service == "apiserver" and span.kind == Span.SPAN_KIND_CLIENT and span.name.startswith("etcdserverpb.KV")


def is_webhook_call(service, span):
    return service == "apiserver" and span.name.startswith("Call ")


def is_mutating_webhook_call(service, span):
    return service == "apiserver" and span.name == "Call mutating webhook"


def is_filter(name):
    return lambda service, span: service == "apiserver" and span.name == name
