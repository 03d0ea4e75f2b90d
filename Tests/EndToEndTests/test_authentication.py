"""Where requests begin: with their authentication, unless the spans of a recording are sampled."""

import json
import time

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness import archives, http_client, project, thinning
from harness import spans as made_spans
from harness.command import faultline


def spans_of(name):
    for message in thinning.messages(name):
        for resource in message.resource_spans:
            instance = [a.value.string_value for a in resource.resource.attributes if a.key == "service.instance.id"]
            service = [a.value.string_value for a in resource.resource.attributes if a.key == "service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    yield (service, instance), span


def leads(name):
    """The sum of the times before SERVER spans that are their authentication's, nanoseconds, by the definition."""
    spans, traces = {}, {}
    for source, span in spans_of(name):
        spans.setdefault((span.trace_id, span.span_id), (source, span))
    for source, span in spans.values():
        traces.setdefault(span.trace_id, []).append((source, span))

    def parent(span):
        return spans.get((span.trace_id, span.parent_span_id), (None, None))[1]

    def is_within(span):
        above = parent(span)
        return above is not None and (above.kind == Span.SPAN_KIND_SERVER or is_within(above))

    lone, free, total = [], {}, 0
    for source, span in spans.values():
        if source[0] != ["apiserver"]:
            continue
        if span.name == "authentication" and len(traces[span.trace_id]) == 1:
            lone.append((span.end_time_unix_nano, span.start_time_unix_nano, span.span_id, source))
        if span.kind != Span.SPAN_KIND_SERVER:
            continue
        above = parent(span)
        if above is not None and above.name == "authentication":
            if not is_long_running(span):
                total += span.start_time_unix_nano - above.start_time_unix_nano
        elif not is_within(span):
            free.setdefault((source[1][0], span.end_time_unix_nano // 1_000_000), []).append(span)
    for end, start, _, source in sorted(lone, key=lambda one: one[:3]):
        near = [
            (key, span)
            for key in ((source[1][0], end // 1_000_000 + step) for step in (-1, 0))
            for span in free.get(key, ())
            if span.start_time_unix_nano >= start and 0 <= end - span.end_time_unix_nano <= 1_000_000
        ]
        if near:
            key, span = max(near, key=_preference)
            free[key].remove(span)
            if not is_long_running(span):
                total += span.start_time_unix_nano - start
    return total


def _preference(candidate):
    _, span = candidate
    return span.end_time_unix_nano, span.start_time_unix_nano, -int.from_bytes(span.span_id)


def is_long_running(span):
    """As far as the recordings have any: their requests carry `http.target`."""
    (target,) = [a.value.string_value for a in span.attributes if a.key == "http.target"]
    return "watch=true" in target or "watch=1" in target


def authentication(report):
    return sum(
        component["seconds"] for row in report["requests"] for component in row["components"]
        if component["component"] == "authentication"
    )


@pytest.mark.parametrize("name", project.CAPTURES)
def test_a_report_shows_the_time_that_authentication_took(name):
    report = faultline("replay", "--format", "json", project.capture(name)).json
    assert authentication(report) == pytest.approx(leads(name) / 1e9, rel=1e-9)
    assert not [row for row in report["requests"] if "without_authentication" in row]


def test_a_report_says_that_sampled_requests_begin_without_it(tmp_path):
    archive = thinning.archive(tmp_path / "sampled.otlp", thinning.thinned("steady", 100_000))
    report = faultline("replay", "--format", "json", archive).json
    without = [row for row in report["requests"] if "without_authentication" in row]
    assert without and all(
        0 < row["without_authentication"]["sampled"] <= row["count"] and row["without_authentication"]["too_many"] == 0
        for row in without
    )
    text = faultline("replay", archive).output
    count = sum(row["without_authentication"]["sampled"] for row in without)
    assert f"{count} requests are shown without their authentication: the spans are sampled\n" in text


def test_a_report_does_not_call_spans_sampled_where_only_halves_are_missing(tmp_path):
    """Every other authentication is lost; all requests came."""
    messages = list(thinning.messages("steady"))
    for message in messages:
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                kept = [span for span in scope.spans if span.name != "authentication" or span.span_id[-1] % 2]
                del scope.spans[:]
                scope.spans.extend(kept)
    archive = tmp_path / "halves.otlp"
    archive.write_bytes(archives.framed([message.SerializeToString() for message in messages]))
    text = faultline("replay", archive).output
    assert "requests are shown without their authentication: too many requests came without one" in text
    assert "sampled\n" not in text and "rates are estimates" not in text


@pytest.mark.parametrize("is_watch", [False, True])
def test_an_authentication_above_its_request_has_a_self_time_unless_it_is_a_watchs(daemon, is_watch):
    trace, end = bytes(range(1, 17)), time.time_ns() - 20 * made_spans.SECOND
    target = "/api/v1/pods" + ("?watch=true" if is_watch else "")
    made = [
        made_spans.span("authentication", trace_id=trace, span_id=b"\1" * 8, start_time_unix_nano=end - 10 * made_spans.MILLISECOND,
                   end_time_unix_nano=end),
        made_spans.span("GET", kind=Span.SPAN_KIND_SERVER, trace_id=trace, span_id=b"\2" * 8, parent_span_id=b"\1" * 8,
                   start_time_unix_nano=end - 7 * made_spans.MILLISECOND, end_time_unix_nano=end - made_spans.MILLISECOND,
                   attributes=[made_spans.text("http.request.method", "GET"), made_spans.text("http.target", target)]),
    ]
    assert http_client.send(daemon.http, made_spans.body(*made, service="apiserver")).status == 200
    rows = json.loads(daemon.get("/api/v1/operations?streams=apart")[2])
    (row,) = [row for row in rows if row["operation"] == "authentication"]
    if is_watch:
        assert (row["stream"], row.get("self_p99_seconds")) == (True, None)
    else:
        assert (row.get("stream"), row["self_p99_seconds"]) == (None, 0.004)
