"""etcd's clock is off: reports are those of clocks that agree, and say so."""

import copy
import json
import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness import archives, http_client, project, spans, thinning
from harness.command import faultline
from harness.spans import MILLISECOND, SECOND

MINUTE = 60 * SECOND
# How far etcd is ahead, at the start and per second, nanoseconds
CLOCKS = {
    "1ms": (MILLISECOND, 0),
    "-1ms": (-MILLISECOND, 0),
    "3s": (3 * SECOND, 0),
    "-3s": (-3 * SECOND, 0),
    "10min": (10 * MINUTE, 0),
    "-10min": (-10 * MINUTE, 0),
    # A drift of 100 millionths is more than any quartz has.
    "drifting": (20 * MILLISECOND, 100_000),
    # A clock that is being set right, as fast as the kernel does it.
    "slewed": (0, -500_000),
    "slewed-on": (20 * MILLISECOND, 500_000),
}


def is_etcd(resource_spans):
    return any(a.key == "service.name" and a.value.string_value == "etcd" for a in resource_spans.resource.attributes)


def shifted(messages, offset, drift=0):
    """Export requests whose spans of etcd have its clock's times."""
    begin = None
    for message in messages:
        for resource in message.resource_spans:
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                begin = begin or span.end_time_unix_nano
                if is_etcd(resource):
                    ahead = offset + (span.end_time_unix_nano - begin) * drift // SECOND
                    span.start_time_unix_nano += ahead
                    span.end_time_unix_nano += ahead
        yield message


def replayed(*arguments, **options):
    return faultline("replay", "--format", "json", *arguments, **options).json


@pytest.fixture(scope="module")
def whole():
    return {name: replayed(project.capture(name)) for name in ("steady", "slow-etcd")}


def seconds(report):
    total = {}
    for row in report["requests"]:
        for part in row["components"]:
            total[part["component"]] = total.get(part["component"], 0) + part["seconds"]
    return total


def offsets(report):
    return {row["service"]: row["clock_offset_seconds"] for row in report["sources"]}


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_report_is_that_of_clocks_that_agree(tmp_path, whole, clock):
    offset, drift = CLOCKS[clock]
    archive = thinning.archive(tmp_path / "shifted.otlp", shifted(thinning.messages("slow-etcd"), offset, drift))
    report, expected = replayed(archive), whole["slow-etcd"]
    assert report["spans"] == expected["spans"]
    for component, time in seconds(expected).items():
        # A call's gap is divided in another way, by less than a call takes.
        assert seconds(report)[component] == pytest.approx(time, rel=0.02, abs=0.5), component
    assert [
        (row["verb"], row["resource"], row["subresource"], row["scope"], row["count"]) for row in report["requests"]
    ] == [(row["verb"], row["resource"], row["subresource"], row["scope"], row["count"]) for row in expected["requests"]]
    (found,), (incident,) = report["incidents"], expected["incidents"]
    assert [found["culprit"][key] for key in ("side", "component", "certainty")] == [
        incident["culprit"][key] for key in ("side", "component", "certainty")
    ]
    assert found["opened_at"] == incident["opened_at"]
    ahead = offset + 190 * drift
    assert offsets(report) == {"apiserver": 0, "etcd": pytest.approx(ahead / SECOND, abs=0.0015 + 5 * abs(drift) / SECOND)}


@pytest.mark.parametrize("drift", [-500_000, -200_000, 200_000, 500_000])
def test_short_calls_keep_their_time_while_a_clock_is_set_right(tmp_path, drift):
    archive = thinning.archive(tmp_path / "shifted.otlp", shifted(thinning.messages("errors"), 0, drift))
    report, expected = replayed(archive), replayed(project.capture("errors"))
    assert seconds(report)["etcd"] == pytest.approx(seconds(expected)["etcd"], rel=0.03)
    assert [row["culprit"]["side"] for row in report["incidents"]] == [row["culprit"]["side"] for row in expected["incidents"]]


@pytest.mark.parametrize(
    "drift, interval",
    [
        (-500_000, SECOND), (-500_000, 10 * SECOND), (60_000, SECOND), (500_000, SECOND), (500_000, 10 * SECOND),
        # What a quartz has.
        (10_000, 2 * SECOND), (2_000, 15 * SECOND), (-5_000, 15 * SECOND), (20_000, MINUTE), (-33_000, MINUTE),
    ],
)
def test_a_drift_is_followed_where_calls_are_rare(tmp_path, drift, interval):
    base = 1_767_225_600 * SECOND
    exports = [
        export for number in range(100)
        for export in shifted(call(base + number * interval, MILLISECOND // 2), number * interval * drift // SECOND)
    ]
    report = replayed(thinning.archive(tmp_path / "calls.otlp", exports))
    assert offsets(report)["etcd"] == pytest.approx(99 * interval * drift / SECOND / SECOND, abs=0.001)
    (row,) = [row for row in report["operations"] if row["service"] == "apiserver"]
    (part,) = [row for row in report["operations"] if row["service"] == "etcd"]
    assert (row["count"], part["count"]) == (100, 100)


def of_cluster(name, exports):
    for export in exports:
        for resource_spans in export.resource_spans:
            resource_spans.resource.attributes.append(spans.text("k8s.cluster.name", name))
        yield export


def test_clocks_of_clusters_with_the_same_ids_dont_mix(tmp_path, serve):
    """The second cluster's spans have the ids and the times of the first, but for its etcd's clock."""
    clocks = {"west": 5 * SECOND, "east": -3 * SECOND}

    def both(exports):
        pairs = [list(of_cluster(name, shifted(copy.deepcopy(exports), ahead))) for name, ahead in clocks.items()]
        # Each cluster's API server beside the other's etcd.
        return [export for four in zip(pairs[0][::2], pairs[1][1::2], pairs[1][::2], pairs[0][1::2]) for export in four]

    def found(rows):
        return {row["cluster"]: row["clock_offset_seconds"] for row in rows if row["service"] == "etcd"}

    expected = {name: pytest.approx(ahead / SECOND, abs=0.001) for name, ahead in clocks.items()}
    now = time.time_ns() - 20 * SECOND
    exports = [export for number in range(40) for export in call(now + number * 100 * MILLISECOND)]
    assert found(replayed(thinning.archive(tmp_path / "both.otlp", both(exports)))["sources"]) == expected
    daemon = serve()
    send(daemon, *both(exports))
    assert found(json.loads(daemon.get("/api/v1/sources")[2])) == expected


@pytest.mark.parametrize("name", project.CAPTURES)
def test_clocks_of_one_machine_agree(name):
    assert offsets(replayed(project.capture(name))) == {"apiserver": 0, "etcd": 0}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_spans_and_records_does_not_matter(tmp_path, seed):
    messages = list(shifted(thinning.messages("steady"), -10 * MINUTE))
    expected = replayed(thinning.archive(tmp_path / "in-order.otlp", messages))
    generator, cut = random.Random(seed), []
    for message in messages:
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                for part in range(0, len(scope.spans), 100):
                    piece = ExportTraceServiceRequest()
                    added = piece.resource_spans.add(resource=resource.resource)
                    added.scope_spans.add(scope=scope.scope, spans=scope.spans[part : part + 100])
                    cut.append(piece)
    generator.shuffle(cut)
    assert replayed(thinning.archive(tmp_path / "shuffled.otlp", cut)) == expected
    content = archives.framed([message.SerializeToString() for message in cut])
    assert replayed("-", input=content) == expected


def call(start, delay=0):
    """A call of etcd by the API server, of 3 ms; etcd's span of 2 ms begins so long after it."""
    name = "etcdserverpb.KV/Range"
    caller = spans.span(name, kind=3, start_time_unix_nano=start, end_time_unix_nano=start + 3 * MILLISECOND)
    begin = start + delay
    callee = spans.span(
        name, trace_id=caller.trace_id, parent_span_id=caller.span_id, start_time_unix_nano=begin,
        end_time_unix_nano=begin + 2 * MILLISECOND)
    return spans.request(caller, service="apiserver"), spans.request(callee, service="etcd")


@pytest.mark.parametrize(
    "count, delay, offset",
    [
        (19, lambda number: 5 * SECOND, None),
        (20, lambda number: 5 * SECOND, 5),
        # One call in twenty is late.
        (40, lambda number: 0 if number % 20 else 7 * SECOND, 0),
        (40, lambda number: 5 * SECOND if number % 20 else 7 * SECOND, 5),
        # Calls that are late by any time fit no clock.
        (40, lambda number: number * SECOND, None),
    ],
)
def test_a_clock_is_off_if_nearly_all_calls_fit_one_offset(tmp_path, count, delay, offset):
    base = 1_767_225_600 * SECOND
    exports = [export for number in range(count) for export in call(base + number * 100 * MILLISECOND, delay(number))]
    report = replayed(thinning.archive(tmp_path / "calls.otlp", exports))
    assert offsets(report)["etcd"] == (offset if offset is None else pytest.approx(offset, abs=0.001))


def send(daemon, *exports):
    for export in exports:
        assert http_client.send(daemon.http, export.SerializeToString()).status == 200


def recent_calls(count, ahead):
    """Calls of etcd by the API server that have just ended, by a clock that is ahead."""
    now = time.time_ns()
    return [
        *shifted(
            [
                request
                for number in range(count)
                for request in call(now - (count - number) * 10 * MILLISECOND)
            ],
            ahead,
        )
    ]


def test_the_spans_that_arrive_are_corrected(serve):
    daemon = serve()
    ahead = 5 * MINUTE
    send(daemon, *recent_calls(20, ahead), *recent_calls(30, ahead))
    rows = {row["service"]: row for row in json.loads(daemon.get("/api/v1/sources")[2])}
    assert rows["apiserver"]["clock_offset_seconds"] == 0
    assert rows["etcd"]["clock_offset_seconds"] == pytest.approx(300, abs=0.001)
    metrics = daemon.metrics()
    assert metrics.value("faultline_clock_offset_seconds", service="etcd", instance="") == pytest.approx(300, abs=0.001)
    now = datetime.now(UTC)
    (from_, to) = [(now + timedelta(minutes=by)).isoformat().replace("+00:00", "Z") for by in (-1, 1)]
    answer = daemon.get(f"/api/v1/operations?service=etcd&from={from_}&to={to}")[2]
    (row,) = json.loads(answer)
    # Until 20 calls were there, nothing was known.
    assert row["count"] == 31
    assert row["p50_seconds"] == pytest.approx(0.002)


@pytest.mark.parametrize("ahead", [45 * SECOND, -45 * SECOND])
def test_a_sources_first_and_last_span_are_those_of_the_corrected_clock(serve, ahead):
    """Also of the spans that came before the clock was known to be off."""
    daemon = serve()
    send(daemon, *recent_calls(30, ahead))
    rows = {row["service"]: row for row in json.loads(daemon.get("/api/v1/sources")[2])}
    for key in ("first", "last"):
        server, member = (datetime.fromisoformat(rows[name][key]).timestamp() for name in ("apiserver", "etcd"))
        assert member == pytest.approx(server, abs=0.005), key


MEMBERS = [0, 3 * SECOND, -SECOND]


def test_of_members_without_instance_ids_whose_clocks_differ_none_is_corrected(tmp_path):
    """At the ends of the recording, all calls are those of one of them."""
    base = 1_767_225_600 * SECOND
    exports = [
        export for number in range(600) for export in call(base + number * 20 * MILLISECOND, delay=MEMBERS[number % 3])
    ]
    report = replayed(thinning.archive(tmp_path / "members.otlp", exports))
    assert offsets(report)["etcd"] is None


def test_of_members_that_send_in_turns_none_is_said_to_be_corrected(serve):
    daemon = serve()
    for number in range(9):
        # An exporter sends the spans of some seconds at once.
        batch = ExportTraceServiceRequest()
        for export in recent_calls(200, MEMBERS[number % 3]):
            batch.MergeFrom(export)
        send(daemon, batch)
    rows = {row["service"]: row for row in json.loads(daemon.get("/api/v1/sources")[2])}
    assert rows["etcd"]["clock_offset_seconds"] == 0
    assert "Its spans are corrected for it" not in faultline("doctor", "--address", daemon.query).output
