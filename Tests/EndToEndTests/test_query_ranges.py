"""Questions about a range of time, compared with what the spans that were sent give."""

import json
import math
import time
from datetime import datetime, timezone

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness import http_client, spans
from harness.waiting import eventually

SECOND = spans.SECOND
HTTP = [spans.text("http.request.method", "GET"), spans.text("http.target", "/api/v1/namespaces/a/pods?limit=5")]


def rows(daemon, path):
    status, type, body = daemon.get(path)
    assert (status, type) == (200, "application/json"), body
    return json.loads(body)


def rfc3339(nanoseconds):
    seconds, rest = divmod(nanoseconds, SECOND)
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def nanoseconds(text):
    """Of a time that the daemon wrote."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return int(datetime.fromisoformat(whole + "+00:00").timestamp()) * SECOND + int(fraction.ljust(9, "0"))


class Request:
    """A list of pods that waits for etcd."""

    def __init__(self, number, end, duration, etcd, is_error=False):
        self.end, self.duration, self.etcd, self.is_error = end, duration, etcd, is_error
        self.trace = (number + 1).to_bytes(16, "big")
        self.ids = [(number * 3 + own + 1).to_bytes(8, "big") for own in range(3)]

    def span(self, own, name, start, duration, kind, **fields):
        parent = {"parent_span_id": self.ids[own - 1]} if own else {}
        return spans.span(
            name, kind=kind, trace_id=self.trace, span_id=self.ids[own], start_time_unix_nano=start,
            end_time_unix_nano=start + duration, **parent, **fields,
        )

    def api_server(self):
        start = self.end - self.duration
        return [
            self.span(0, "GET /api/v1/namespaces/{namespace}/pods", start, self.duration, Span.SPAN_KIND_SERVER,
                      attributes=HTTP, is_error=self.is_error),
            self.span(1, "etcdserverpb.KV/Range", start + 1000, self.etcd + 2000, Span.SPAN_KIND_CLIENT),
        ]

    def etcd_server(self):
        start = self.end - self.duration + 2000
        return [self.span(2, "etcdserverpb.KV/Range", start, self.etcd, Span.SPAN_KIND_SERVER)]


def traffic():
    """Four requests a second for four minutes; etcd takes 100 ms instead of 2 ms in the last one."""
    last = (time.time_ns() // SECOND - 3) * SECOND
    requests = []
    for number in range(4 * 240):
        end = last - (4 * 240 - number) * SECOND // 4 + number % 7 * spans.MILLISECOND + number
        etcd = (100 if number >= 4 * 180 else 2) * spans.MILLISECOND + number % 11 * 10_000
        requests.append(Request(number, end, etcd + 3 * spans.MILLISECOND, etcd, is_error=number % 50 == 0))
    return requests


@pytest.fixture(scope="module")
def loaded():
    """A daemon with traffic, and the requests."""
    from harness.daemon import Faultline

    requests = traffic()
    with Faultline() as daemon:
        for service, made in (
            ("apiserver", [span for request in requests for span in request.api_server()]),
            ("etcd", [span for request in requests for span in request.etcd_server()]),
        ):
            assert http_client.send(daemon.http, spans.body(*made, service=service)).status == 200
        yield daemon, requests


def rank(values, q):
    return sorted(values)[math.ceil(q * len(values)) - 1] / 1e9


RANGES = [(0, 960), (0, 1), (100, 900), (333, 334), (719, 721), (959, 960), (5, 6)]


@pytest.mark.parametrize("first, last", RANGES)
@pytest.mark.parametrize("form", ["rfc3339", "unix"])
def test_rows_over_a_range_are_exact_to_the_nanosecond(loaded, first, last, form):
    daemon, requests = loaded
    chosen = requests[first:last]
    start, end = chosen[0].end, chosen[-1].end + 1
    if form == "unix":
        given = [f"{time // SECOND}.{time % SECOND:09}" for time in (start, end)]
    else:
        given = [rfc3339(time) for time in (start, end)]
    query = f"from={given[0]}&to={given[1]}"
    (request,) = rows(daemon, f"/api/v1/requests?{query}")
    durations = [request.duration for request in chosen]
    assert (request["count"], request["errors"]) == (len(chosen), sum(request.is_error for request in chosen))
    assert [request[f"{name}_seconds"] for name in ("p50", "p90", "p99", "max")] == [
        rank(durations, q) for q in (0.5, 0.9, 0.99, 1)
    ]
    parts = {part["component"]: part["seconds"] for part in request["components"]}
    assert parts["etcd"] == pytest.approx(sum(request.etcd for request in chosen) / 1e9)
    assert "exact" not in request
    (operation,) = [
        row for row in rows(daemon, f"/api/v1/operations?{query}") if row["operation"].startswith("GET")
    ]
    assert (operation["count"], operation["p99_seconds"]) == (len(chosen), rank(durations, 0.99))


def test_kinds_of_request_are_chosen_by_their_labels(loaded):
    daemon, _ = loaded
    assert len(rows(daemon, "/api/v1/requests?verb=list&resource=pods&scope=namespace")) == 1
    assert rows(daemon, "/api/v1/requests?verb=get") == []


@pytest.mark.parametrize("step", [1, 7, 15, 60])
def test_steps_add_up_to_the_requests(loaded, step):
    daemon, requests = loaded
    answer = rows(daemon, f"/api/v1/components?step={step}s&from={rfc3339(requests[10].end)}")
    start = nanoseconds(answer["from"])
    assert (answer["step_seconds"], start % (step * SECOND)) == (step, 0)
    assert start <= requests[10].end < start + step * SECOND
    assert nanoseconds(answer["to"]) == start + len(answer["steps"]) * step * SECOND
    seen = 0
    for number, found in enumerate(answer["steps"]):
        begin = start + number * step * SECOND
        chosen = [request for request in requests if begin <= request.end < begin + step * SECOND]
        seen += len(chosen)
        assert nanoseconds(found["time"]) == begin
        assert (found["count"], found["errors"]) == (len(chosen), sum(request.is_error for request in chosen))
        if not chosen:
            assert (found["mean_seconds"], found["components"]) == (None, [])
            continue
        parts = {part["component"]: part["seconds"] for part in found["components"]}
        assert found["mean_seconds"] == pytest.approx(sum(r.duration for r in chosen) / len(chosen) / 1e9)
        assert parts["etcd"] == pytest.approx(sum(r.etcd for r in chosen) / len(chosen) / 1e9)
        assert sum(parts.values()) == pytest.approx(found["mean_seconds"])
    assert seen >= len(requests) - 10


@pytest.mark.parametrize("subject", ["verb=list", "service=apiserver&kind=SERVER"])
def test_the_heat_map_holds_every_duration(loaded, subject):
    daemon, requests = loaded
    answer = rows(daemon, f"/api/v1/latency?step=30s&{subject}")
    start = nanoseconds(answer["from"])
    assert sum(step["count"] for step in answer["steps"]) == len(requests)
    for number, step in enumerate(answer["steps"]):
        begin = start + number * 30 * SECOND
        durations = [r.duration for r in requests if begin <= r.end < begin + 30 * SECOND]
        assert step["count"] == len(durations) == sum(bucket["count"] for bucket in step["buckets"])
        if durations:
            assert (step["p50_seconds"], step["p99_seconds"]) == (rank(durations, 0.5), rank(durations, 0.99))
        for bucket in step["buckets"]:
            lower, upper = bucket["lower_seconds"] * 1e9, bucket["upper_seconds"] * 1e9
            assert upper <= 1.2 * lower
            assert bucket["count"] == sum(round(lower) < duration <= round(upper) for duration in durations)


def test_the_verdict_over_an_interval_is_that_of_an_alert(loaded):
    daemon, requests = loaded
    slow = requests[4 * 180 :]
    answer = rows(daemon, f"/api/v1/culprit?from={rfc3339(slow[0].end)}&to={rfc3339(slow[-1].end + 1)}")
    assert (answer["culprit"]["side"], answer["culprit"]["certainty"]) == ("etcd", "clear"), answer["culprit"]
    assert answer["components"][0]["component"] == "etcd"
    assert answer["components"][0]["seconds"] > 20 * answer["components"][0]["baseline_seconds"]
    outcomes = {"count": len(slow), "slow": len(slow), "failed": sum(request.is_error for request in slow)}
    verbs = answer["requests"].pop("verbs")
    assert answer["requests"] == outcomes
    assert {name: sum(verb[name] for verb in verbs) for name in outcomes} == outcomes
    assert all(verb["slow"] == verb["count"] for verb in verbs)
    longest = max(request.duration for request in slow)
    worst = {request.trace.hex() for request in slow if request.duration == longest}
    assert len(answer["traces"]) == 5 and set(answer["traces"]) <= worst


def test_the_verdict_compares_with_the_baseline_that_is_given(loaded):
    daemon, requests = loaded
    times = [rfc3339(requests[number].end) for number in (4 * 182, 4 * 205, 4 * 230)]
    answer = rows(
        daemon,
        f"/api/v1/culprit?baseline_from={times[0]}&baseline_to={times[1]}&from={times[1]}&to={times[2]}&verb=list")
    assert answer["culprit"]["side"] is None, "etcd is as slow as in the baseline"
    assert answer["requests"]["count"] == 4 * 25
    assert nanoseconds(answer["baseline_from"]) == requests[4 * 182].end
    nobody = rows(daemon, f"/api/v1/culprit?from={times[1]}&to={times[2]}&verb=create")
    assert (nobody["requests"]["count"], nobody["components"], nobody["traces"]) == (0, [], [])


def test_sources_are_those_with_spans_in_the_range_and_count_these(loaded):
    daemon, requests = loaded
    assert len(rows(daemon, "/api/v1/sources")) == 2
    assert len(rows(daemon, "/api/v1/sources?from=-5m&limit=1")) == 1
    assert rows(daemon, f"/api/v1/sources?to={rfc3339(requests[0].end - SECOND)}") == []
    begin, end = requests[3].end, requests[9].end
    found = rows(daemon, f"/api/v1/sources?from={rfc3339(begin)}&to={rfc3339(end)}")
    operations = rows(daemon, f"/api/v1/operations?from={rfc3339(begin)}&to={rfc3339(end)}")
    assert {row["service"]: row["spans"] for row in found} == {
        service: sum(row["count"] for row in operations if row["service"] == service)
        for service in {row["service"] for row in operations}}
    assert all(begin <= nanoseconds(row["first"]) <= nanoseconds(row["last"]) < end for row in found)


def test_the_status_says_how_many_spans_come(loaded):
    daemon, requests = loaded
    status = rows(daemon, "/api/v1/status")
    assert nanoseconds(status["last_span"]) == requests[-1].end
    assert status["accepted"] == 3 * len(requests)
    begin, end = requests[0].end, requests[-1].end
    over = rows(daemon, f"/api/v1/status?from={rfc3339(begin)}&to={rfc3339(end)}")
    assert over["spans_per_second"] == pytest.approx(12, rel=0.1)
    operations = rows(daemon, f"/api/v1/operations?from={rfc3339(begin)}&to={rfc3339(end)}")
    assert 0 < over["accepted"] == sum(row["count"] for row in operations) < status["accepted"]
    assert begin <= nanoseconds(over["last_span"]) < end


def test_spans_that_end_in_the_future_are_in_no_range_that_ends_now(serve):
    daemon = serve("groups: []\n")
    ahead = time.time_ns() + 300 * SECOND
    made = [spans.span("a", end_time_unix_nano=end, start_time_unix_nano=end - SECOND) for end in (ahead - 310 * SECOND, ahead)]
    assert http_client.send(daemon.http, spans.body(*made, service="shop")).status == 200

    def count(query):
        return sum(row["count"] for row in rows(daemon, f"/api/v1/operations?{query}"))

    assert [count(query) for query in ("", "from=-1h", "to=now", "from=-1h&to=now")] == [1, 1, 1, 1]
    assert count(f"from=-1h&to={rfc3339(ahead + 1)}") == 2


RULES = """
groups:
  - name: quick
    interval: 1s
    rules:
      - alert: Brief
        select: {service: apiserver}
        when: max > 500ms
        over: 3s
"""


def test_alerts_that_resolved_are_found_over_the_time_in_which_they_were_active(serve):
    daemon = serve(RULES, "evaluation_delay: 1s\n")

    def send(duration):
        made = spans.span("GET /healthz", duration=duration)
        assert http_client.send(daemon.http, spans.body(made, service="apiserver")).status == 200

    def resolved():
        send(spans.MILLISECOND)
        return [row for row in rows(daemon, "/api/v1/alerts?from=-10m") if row["state"] == "resolved"]

    eventually(lambda: rows(daemon, "/api/v1/rules")[0]["evaluated_at"], "rules are evaluated")
    send(SECOND)
    eventually(lambda: rows(daemon, "/api/v1/alerts?from=-10m&limit=1"), "the alert is active")
    (alert,) = eventually(resolved, "it has resolved")
    assert rows(daemon, "/api/v1/alerts") == []
    active, ended = nanoseconds(alert["active_at"]), nanoseconds(alert["resolved_at"])
    assert rows(daemon, f"/api/v1/alerts?from={rfc3339(active)}&to={rfc3339(active + 1)}") == [alert]
    assert rows(daemon, f"/api/v1/alerts?from={rfc3339(ended)}") == [alert]
    assert rows(daemon, f"/api/v1/alerts?to={rfc3339(active)}") == []
    assert rows(daemon, f"/api/v1/alerts?from={rfc3339(ended + 1)}") == []


def refusal(daemon, question):
    """What the API says against a question: in JSON, like its answers."""
    status, type, body = daemon.get(f"/api/v1/{question}")
    assert (status, type) == (400, "application/json"), body
    return json.loads(body)["error"]


RESOURCES = [
    "alerts", "components", "culprit", "incidents", "latency", "operations", "requests", "rules", "sources", "status",
]
WRONG = {
    "from=-3650d": "a range is at most 92d long",
    "from=2016-01-01T00:00:00Z": "a range is at most 92d long",
    "from=-1m&to=-5m": "from must be before to",
    "from=-5m&to=-5m": "from must be before to",
    "from=2100-01-01T00:00:00Z": "from must be before to",
    "from=yesterday": 'from must be a time in RFC 3339, Unix seconds, a duration ago such as -5m, or now, but found "yesterday"',
    "from=-5": "from must be a time in RFC 3339",
    "to=1764288000000": "to must be a time in RFC 3339",
    "to=": "to must be a time in RFC 3339",
    "from=1e9": "from must be a time in RFC 3339",
    "cluster=": "cluster must be the name of a cluster",
    "frm=-5m": 'unknown parameter "frm"; valid: from, to, cluster',
}


@pytest.mark.parametrize("resource", RESOURCES)
def test_wrong_parameters_are_refused_with_what_would_be_right(survivor, resource):
    for query, reason in WRONG.items():
        assert reason in refusal(survivor, f"{resource}?{query}"), query
    assert survivor.get(f"/api/v1/{resource}?from=-5m&to=now&cluster=a")[0] == 200


WITHOUT_ROWS = ["components", "culprit", "latency", "status"]


@pytest.mark.parametrize("resource", WITHOUT_ROWS)
def test_a_limit_is_refused_where_there_are_no_rows_to_limit(survivor, resource):
    assert 'unknown parameter "limit"; valid: from, to, cluster' in refusal(survivor, f"{resource}?limit=5")


@pytest.mark.parametrize("resource", [resource for resource in RESOURCES if resource not in WITHOUT_ROWS])
def test_a_limit_is_a_number_of_rows(survivor, resource):
    assert survivor.get(f"/api/v1/{resource}?limit=5")[0] == 200
    for limit in ("1000000000000", "-1"):
        assert "limit must be a number from 1 to 100000" in refusal(survivor, f"{resource}?limit={limit}")


@pytest.mark.parametrize(
    "question, reason", [
        ("components?step=0s", "step must be a duration from 1s to 1d"),
        ("components?step=-1s", "step must be a duration from 1s to 1d"),
        ("components?step=15", "step must be a duration from 1s to 1d"),
        ("latency?step=1s&from=-1d", "step=1s makes 86400 steps of this range, but there may be 1500 at most; take a step of 1m"),
        ("latency?verb=list&service=a", "verb selects requests, and service, operation and kind select spans"),
        ("latency?kind=server", "kind must be "),
        ("culprit?baseline_from=-5m", "baseline_from and baseline_to go together"),
        ("culprit?baseline_from=-5m&baseline_to=-6m", "baseline_from must be before baseline_to"),
        ("culprit?baseline_from=-5m&baseline_to=-1m&from=-2m", "the baseline must end before the interval begins"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(survivor, question, reason):
    assert reason in refusal(survivor, question)
