"""`faultline view`: the page, the query API and Jaeger's over recorded spans, without a daemon."""

import math
from collections import defaultdict

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from playwright.sync_api import expect

from harness import archives, project, spans
from harness.chromium import chromium
from harness.command import faultline
from harness.metrics import Metrics
from harness.viewer import Viewer

PATIENCE = 60_000


@pytest.fixture(scope="module")
def viewer():
    with Viewer(project.EXAMPLE) as running:
        assert running.url.startswith("http://127.0.0.1:")
        yield running


@pytest.fixture(scope="module")
def report():
    return faultline("replay", "--format", "json", project.EXAMPLE).json


def test_the_api_says_what_a_replay_says(viewer, report):
    for name in ("operations", "requests", "incidents"):
        assert viewer.ask(f"/api/v1/{name}") == report[name]
    status = viewer.ask("/api/v1/status")
    assert status["accepted"] == report["spans"]["accepted"] and status["last_span"] == report["last"]
    assert status["recorded_from"] == report["first_end"]
    assert status["incident"]["id"] == report["incidents"][0]["id"]
    for path in ("alerts", "rules", "sources", "culprit?from=-1m", "components?step=5s", "latency?step=5s&operation=audit"):
        assert viewer.get(f"/api/v1/{path}")


@pytest.mark.parametrize("range", ["", "&from=2026-11-23T04:33:00Z&to=2026-11-23T04:34:00Z"])
def test_the_streams_of_an_operation_have_a_row_of_their_own_if_asked_for(viewer, range):
    def rows(query):
        found = defaultdict(list)
        for row in viewer.ask(f"/api/v1/operations?limit=10000{query}{range}"):
            found[row["service"], row["operation"], row["kind"]].append(row)
        return found

    together, apart = rows(""), rows("&streams=apart")
    assert together.keys() == apart.keys()
    divided = 0
    for key, (whole,) in together.items():
        parts = apart[key]
        assert whole.get("stream") is None and [part.get("stream") for part in parts] in ([None], [True], [None, True])
        assert sum(part["count"] for part in parts) == whole["count"]
        assert sum(part["errors"] for part in parts) == whole["errors"]
        assert max(part["max_seconds"] for part in parts) == whole["max_seconds"]
        divided += len(parts) - 1
        if len(parts) == 1 and not parts[0].get("stream"):
            assert parts == [whole]
    assert divided > 5


def test_streams_are_divided_from_the_rest_span_by_span(tmp_path):
    # Filters of gets, and of watches that take as many seconds as the others take milliseconds
    made, quick, long = [], range(1, 42), range(1, 8)
    for unit, numbers, path in (spans.MILLISECOND, quick, "/api/v1/pods/p"), (spans.SECOND, long, "/api/v1/pods?watch=true"):
        for number in numbers:
            server = spans.span(
                "GET", duration=number * unit,
                attributes=[spans.text("http.request.method", "GET"), spans.text("http.target", path)])
            made += [server, spans.span(
                "audit", duration=number * unit, trace_id=server.trace_id, parent_span_id=server.span_id,
                kind=Span.SPAN_KIND_INTERNAL, start_time_unix_nano=server.start_time_unix_nano,
                end_time_unix_nano=server.end_time_unix_nano)]
    archive = tmp_path / "watches.otlp"
    archive.write_bytes(archives.framed([spans.body(*made, service="apiserver")]))
    with Viewer("--quiet", archive) as viewer:
        found = {
            bool(row.get("stream")): row for row in viewer.ask("/api/v1/operations?streams=apart") if row["operation"] == "audit"}
    for is_stream, numbers, unit in (False, quick, 1e-3), (True, long, 1):
        for share in 50, 90, 99:
            rank = math.ceil(share / 100 * len(numbers))
            assert found[is_stream][f"p{share}_seconds"] == pytest.approx(numbers[rank - 1] * unit)
        assert found[is_stream]["mean_seconds"] == pytest.approx(sum(numbers) / len(numbers) * unit)
        assert found[is_stream]["count"] == len(numbers)
    assert "self_p99_seconds" in found[False] and "self_p99_seconds" not in found[True]


def test_now_is_when_the_last_span_ended(viewer, report):
    found = viewer.ask("/api/v1/requests?from=-10s")
    assert 0 < sum(row["count"] for row in found) < sum(row["count"] for row in report["requests"])
    assert viewer.ask("/api/v1/requests?from=-1h") == report["requests"]


def test_traces_have_all_that_their_spans_carry(viewer, report):
    id = report["incidents"][0]["traces"][0]
    trace = viewer.ask(f"/api/v1/traces/{id}")
    assert trace["whole"] and any(span["attributes"] for span in trace["spans"])
    found = viewer.ask("/api/v1/traces?limit=5&order=duration")["traces"]
    assert len(found) == 5 and all(trace["span_count"] > 0 for trace in found)
    otlp = viewer.ask(f"/api/v1/traces/{id}?format=otlp")
    spans = [span for resource in otlp["resourceSpans"] for scope in resource["scopeSpans"] for span in scope["spans"]]
    assert {span["spanId"] for span in spans} == {span["span_id"] for span in trace["spans"] if "trace_id" not in span}


def test_jaegers_clients_find_them_too(viewer, report):
    assert viewer.ask("/api/services")["data"] == ["apiserver", "etcd"]
    id = report["incidents"][0]["traces"][0]
    (trace,) = viewer.ask(f"/api/traces/{id}")["data"]
    assert trace["traceID"] == id and trace["spans"]
    found = viewer.ask(f"/api/v3/traces/{id}")
    assert found["result"]["resourceSpans"]


def test_the_scrape_counts_the_spans(viewer, report):
    metrics = Metrics(viewer.get("/metrics").decode())
    assert metrics.sum("faultline_spans_accepted_total") == report["spans"]["accepted"]


def spoken(report):
    """The range of its spans, as the page says it."""
    (day, first), (same_day, last) = (report[key][:19].split("T") for key in ("first_end", "last"))
    assert day == same_day
    return f"{day} {first} – {last} UTC"


def test_the_page_says_what_it_shows_names_the_culprit_and_opens_a_trace(viewer, report):
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(viewer.url)
        expect(page.locator(".verdict h1")).to_contain_text("etcd", timeout=PATIENCE)
        expect(page.locator("#live")).to_have_text(f"{report['spans']['accepted']:,} recorded spans · {spoken(report)}")
        expect(page.locator(".chart .legend").first).to_contain_text("etcd", timeout=PATIENCE)
        id = viewer.ask("/api/v1/traces?limit=1")["traces"][0]["trace_id"]
        page.goto(f"{viewer.url}/?trace={id}")
        expect(page.locator("main")).to_contain_text("etcd", timeout=PATIENCE)
    assert said == []


def test_a_part_of_an_archive_is_viewed_with_the_rules_and_the_address_given(tmp_path, report):
    rules = tmp_path / "rules.yaml"
    rules.write_text("groups: [{name: g, rules: [{alert: Many, select: {service: etcd}, when: count > 1, over: 1m}]}]\n")
    with Viewer("--rules", rules, "--from", "2026-11-23T04:33:30Z", "--listen", "127.0.0.1:0", project.EXAMPLE) as part:
        assert [alert["alert"] for alert in part.ask("/api/v1/alerts")] == ["Many"]
        assert 0 < part.ask("/api/v1/status")["accepted"] < report["spans"]["accepted"]
        found = part.ask("/api/v1/traces?limit=1000")["traces"]
        assert found and part.ask(f"/api/v1/traces/{found[0]['trace_id']}")["whole"]


def test_what_a_damaged_archive_has_is_shown(tmp_path):
    damaged = tmp_path / "damaged.otlp.lz4"
    content = project.EXAMPLE.read_bytes()
    damaged.write_bytes(content[: len(content) * 3 // 4])
    with Viewer(damaged) as viewer:
        assert viewer.ask("/api/v1/status")["accepted"] > 0
    assert any("damaged.otlp.lz4" in line for line in viewer.errors.all)


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        (["view"], 2, "<archive>"),
        (["view", "-"], 2, "standard input can't be viewed: name a file"),
        (["view", "missing.otlp"], 2, "missing.otlp: no such file"),
        (["view", "--listen", "9464", project.EXAMPLE], 2, "an address is HOST:PORT"),
        (["view", "--listen", "0.0.0.0:0", project.EXAMPLE], 2, "--listen (0.0.0.0:0) is open to every machine"),
        (["view", "--listen", ":0", project.EXAMPLE], 2, "confirm that this is intended with --insecure-listen"),
        (["view", "--listen", "[::]:0", project.EXAMPLE], 2, "--listen ([::]:0) is open to every machine"),
        (["view", "--listen", "nowhere.invalid:0", project.EXAMPLE], 2, '--listen: can\'t listen on the host "nowhere.invalid"'),
        (["view", "--from", "2026-11-24T00:00:00Z", project.EXAMPLE], 1, "no spans that end between --from and --to"),
    ],
)
def test_what_cant_be_viewed_is_said(arguments, code, said):
    done = faultline(*arguments)
    assert (done.code, done.output) == (code, "")
    assert said in " ".join(done.errors.split())


@pytest.mark.parametrize("says", ["option", "configuration"])
def test_others_may_look_if_that_is_meant(says, tmp_path):
    file = tmp_path / "faultline.yaml"
    file.write_text("insecure_listen: true\n")
    meant = ["--insecure-listen"] if says == "option" else ["--config", file]
    with Viewer("--listen", "0.0.0.0:0", *meant, project.EXAMPLE) as viewer:
        assert viewer.ask("/api/v1/status")["accepted"] > 0


def test_an_address_in_use_is_named(viewer):
    done = faultline("view", "--listen", viewer.query, project.EXAMPLE)
    assert (done.code, done.output) == (1, "")
    assert viewer.query in done.errors


def test_traces_that_exceed_memory_are_read_from_the_archives(tmp_path, report):
    configuration = tmp_path / "small.yaml"
    configuration.write_text("traces: {max_bytes: 1MiB}\n")
    with Viewer("--config", configuration, project.EXAMPLE) as viewer:
        found = viewer.ask("/api/v1/traces?limit=1000&order=duration")["traces"][::100]
        for trace in found:
            whole = viewer.ask(f"/api/v1/traces/{trace['trace_id']}")
            assert whole["whole"] and sum("trace_id" not in span for span in whole["spans"]) == trace["span_count"]
            assert any(span["attributes"] for span in whole["spans"])
        query = "&".join(f"traceID={trace['trace_id']}" for trace in found)
        assert len(viewer.ask(f"/api/traces?{query}")["data"]) == len(found) == 10


def test_archives_larger_than_the_window_are_searched_and_counted_whole(tmp_path, viewer):
    configuration = tmp_path / "small.yaml"
    configuration.write_text("window: {max_bytes: 2MiB}\ntraces: {max_bytes: 1MiB}\n")
    paths = ["/api/services", "/api/operations?service=apiserver", "/api/dependencies",
             "/api/v1/traces?limit=20&order=duration&status=error"]
    with Viewer("--config", configuration, project.EXAMPLE) as small:
        charts = [len(asked.ask("/api/v1/components?step=5s")["steps"]) for asked in (small, viewer)]
        assert charts[0] < charts[1]
        for path in paths:
            answer = small.ask(path)
            assert answer == viewer.ask(path), path


def test_a_range_that_begins_before_the_window_has_no_less_than_a_shorter_one(tmp_path):
    """With two megabytes the window holds the last minute, of which a range may begin anywhere."""
    (tmp_path / "small.yaml").write_text("window: {max_bytes: 2MiB}\n")
    requests = map(ExportTraceServiceRequest.FromString, archives.records(archives.decompress(project.EXAMPLE)))
    ends = sorted(
        one.end_time_unix_nano
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for one in scope.spans
    )
    with Viewer("--config", tmp_path / "small.yaml", project.EXAMPLE) as viewer:
        before, inexact = 0, 0
        for seconds in range(5, 150, 5):
            begin = ends[-1] - seconds * spans.SECOND
            rows = viewer.ask(f"/api/v1/operations?from={begin / 1e9:.9f}")
            count, true = sum(row["count"] for row in rows), sum(end >= begin for end in ends)
            is_exact = all(row.get("exact") is None for row in rows)
            if is_exact:
                assert count == pytest.approx(true, abs=5)
            else:
                inexact += 1
                near = sum(abs(end - begin) <= 31 * spans.SECOND for end in ends)
                assert count == pytest.approx(true, abs=near)
            assert count >= before
            before = count
            assert sum(row["rate"] for row in rows) == pytest.approx(true / seconds, rel=0.35)
    assert inexact > 5
