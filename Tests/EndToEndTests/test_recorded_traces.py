"""A trace that memory no longer has is read back from the recording."""

import json
import time

import pytest

from playwright.sync_api import expect

from harness import http_client, recordings, spans
from harness.chromium import chromium
from harness.waiting import eventually
from test_culprit import create
from test_kept_traces import NO_RULES, fill

TEXT = "what only the span itself says"


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def record(serve, directory):
    """Starts a daemon that records everything before it acknowledges it, and keeps little in memory."""
    return lambda: serve(
        NO_RULES, f"traces: {{max_bytes: 1MiB}}\narchive: {{directory: {directory}, mode: durable}}\n")


def send(daemon, *made):
    assert http_client.send(daemon.http, spans.body(*made)).status == 200


def span(**fields):
    return spans.span(attributes=[spans.text("text", TEXT)], **fields)


def test_a_trace_of_the_window_is_whole_again_from_the_file_being_written(record):
    daemon = record()
    first = span()
    child = span(trace_id=first.trace_id, parent_span_id=first.span_id)
    send(daemon, first)
    fill(daemon)
    # One is in memory, the other only recorded.
    send(daemon, child)
    status, _, body = daemon.get(f"/api/v1/traces/{first.trace_id.hex()}")
    found = json.loads(body)
    assert status == 200 and found["whole"]
    assert [(span["span_id"], span["attributes"]["text"]) for span in found["spans"]] == [
        (span.span_id.hex(), TEXT) for span in (first, child)]


@pytest.fixture
def later(record, directory):
    """A daemon that begins with nothing but the files of another, and a span in them."""
    earlier = record()
    made = span()
    send(earlier, made)
    assert earlier.stop() == 0
    assert len(recordings.files(directory)) == 1
    return record(), made


@pytest.mark.parametrize("path", ["/api/v1/traces/{}", "/api/v1/traces/{}?format=otlp", "/api/v1/traces/{}?format=jaeger",
                                  "/api/traces/{}", "/api/v3/traces/{}"])
def test_a_trace_of_an_earlier_run_is_read_back_in_every_form(later, path):
    daemon, made = later
    status, _, body = daemon.get(path.format(made.trace_id.hex()))
    assert status == 200
    assert TEXT.encode() in body and made.span_id.hex().encode() in body
    assert daemon.get(path.format("ab" * 16))[0] == 404


def test_a_range_of_time_says_which_parts_to_read(later):
    daemon, made = later
    path = f"/api/v1/traces/{made.trace_id.hex()}"
    assert daemon.get(f"{path}?from=-1h")[0] == 200
    assert daemon.get(f"{path}?from=-2h&to=-1h")[0] == 404
    seconds = made.end_time_unix_nano // 1_000_000_000
    jaeger = f"/api/traces/{made.trace_id.hex()}?start={{}}&end={{}}"
    assert daemon.get(jaeger.format(seconds * 1_000_000, (seconds + 1) * 1_000_000))[0] == 200
    assert daemon.get(jaeger.format(1_000_000, 2_000_000))[0] == 404
    jaeger = f"/api/v3/traces/{made.trace_id.hex()}?startTime=2020-01-01T00:00:00Z&endTime={{}}-01-01T00:00:00Z"
    assert daemon.get(jaeger.format(2040))[0] == 200
    assert daemon.get(jaeger.format(2021))[0] == 404
    status, _, body = daemon.get(jaeger.format(2019))
    assert status == 400 and b"startTime must not be after endTime" in body


def searches(made):
    """Searches that find a span, in the forms of all three APIs, with the trace ids that each answers."""
    start = made.start_time_unix_nano // 1_000_000_000
    times = {"start": start * 1_000_000, "end": (start + 2) * 1_000_000}
    stamps = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second)) for second in (start, start + 2)]
    v3 = f"query.serviceName=checkout&query.startTimeMin={stamps[0]}&query.startTimeMax={stamps[1]}"
    return {
        "ours": (f"/api/v1/traces?service=checkout&from={start}&to={start + 2}",
                 lambda found: [trace["trace_id"] for trace in found["traces"]]),
        "v1": (f"/api/traces?service=checkout&start={times['start']}&end={times['end']}",
               lambda found: [trace["traceID"].zfill(32) for trace in found["data"]]),
        "v1 without times": ("/api/traces?service=checkout&limit=5", lambda found: [trace["traceID"].zfill(32) for trace in found["data"]]),
        "v1 by attribute": (f"/api/traces?service=checkout&tag=text:{TEXT.replace(' ', '%20')}",
                            lambda found: [trace["traceID"].zfill(32) for trace in found["data"]]),
        "v1 by id": (f"/api/traces?traceID={made.trace_id.hex()}", lambda found: [trace["traceID"].zfill(32) for trace in found["data"]]),
        "v3": (f"/api/v3/traces?{v3}", lambda found: sorted({
            span["traceId"] for resource in found["result"]["resourceSpans"]
            for scope in resource["scopeSpans"] for span in scope["spans"]})),
        "v3 summaries": (f"/api/v3/trace-summaries?{v3}", lambda found: [one["traceId"] for one in found["summaries"]]),
    }


FORMS = list(searches(spans.span()))


@pytest.mark.parametrize("form", FORMS)
def test_searches_find_what_an_earlier_run_recorded(later, form):
    daemon, made = later
    path, ids = searches(made)[form]
    status, _, body = daemon.get(path)
    assert status == 200, body
    assert ids(json.loads(body)) == [made.trace_id.hex()]
    if form not in ("ours", "v3 summaries"):
        assert TEXT.encode() in body, "the spans are whole"


def test_a_search_joins_what_is_recorded_and_what_is_in_the_window(later):
    daemon, made = later
    # Longer, and of now.
    newer = span(duration=5 * spans.MILLISECOND)
    send(daemon, newer)
    def found(query):
        status, _, body = daemon.get(f"/api/v1/traces?service=checkout&{query}")
        answer = json.loads(body)
        assert status == 200 and answer["warnings"] == []
        return [trace["trace_id"] for trace in answer["traces"]]
    both = [newer.trace_id.hex(), made.trace_id.hex()]
    assert found("from=-1h") == both
    assert found("from=-1h&order=recent") == both
    assert found("from=-1h&limit=1") == both[:1]
    assert found("from=-1h&max_duration=2ms") == both[1:]
    assert found("from=-1h&status=error") == []
    assert found("from=-1h&recording=no") == both[:1]
    assert found("from=-2h&to=-1h") == []


def test_requests_of_an_earlier_run_are_found_by_whose_time_it_was(record):
    earlier = record()
    made = [create(number, end=time.time_ns()) for number in range(3)]
    for service, sent in (("apiserver", [request for request, _ in made]), ("etcd", [call for _, call in made])):
        assert http_client.send(earlier.http, spans.body(*sent, service=service)).status == 200
    assert earlier.stop() == 0
    status, _, body = record().get("/api/v1/traces?from=-1h&verb=create&component=etcd&order=part")
    found = json.loads(body)["traces"]
    assert status == 200 and {trace["trace_id"] for trace in found} == {request.trace_id.hex() for request, _ in made}
    for trace in found:
        assert trace["span_count"] == 2
        parts = sum(part["seconds"] for part in trace["components"])
        assert parts == pytest.approx(trace["duration_seconds"], abs=1e-9)


def test_jaegers_lists_have_what_an_earlier_run_recorded(record):
    # Before the process began: its window and the recording both have it, and it is counted once.
    request, call = create(0, end=time.time_ns())
    earlier = record()
    for service, sent in (("apiserver", request), ("etcd", call)):
        assert http_client.send(earlier.http, spans.body(sent, service=service)).status == 200
    lists = ["/api/services", "/api/services/etcd/operations", "/api/operations?service=apiserver",
             "/api/v3/services", "/api/v3/operations?service=apiserver&spanKind=server", "/api/dependencies"]
    answers = [json.loads(earlier.get(path)[2]) for path in lists]
    assert answers[-1]["data"] == [{"parent": "apiserver", "child": "etcd", "callCount": 1}]
    assert earlier.stop() == 0
    daemon = record()
    assert [json.loads(daemon.get(path)[2]) for path in lists] == answers
    # Calls are of the range that is asked for, the lists of whatever there is.
    before = request.start_time_unix_nano // 1_000_000 - 1
    assert json.loads(daemon.get(f"/api/dependencies?endTs={before}")[2])["data"] == []
    send(daemon, span())
    # An answer is shared for as long as five seconds.
    joined = ["apiserver", "checkout", "etcd"]
    eventually(lambda: json.loads(daemon.get("/api/services")[2])["data"] == joined, "the services of both runs")
    assert json.loads(daemon.get("/api/dependencies")[2]) == answers[-1]


def test_traces_that_a_search_finds_in_the_window_are_whole_again(record):
    daemon = record()
    first = span()
    send(daemon, first)
    fill(daemon)
    path, ids = searches(first)["v1 by attribute"]
    status, _, body = daemon.get(path)
    assert status == 200 and ids(json.loads(body)) == [first.trace_id.hex()]


@pytest.fixture
def damaged(record, directory):
    """A daemon that begins with a file in which one of three traces is damaged; and the traces' spans."""
    earlier = record()
    # Ids that lz4 leaves as they are.
    made = [span(trace_id=bytes(range(16 * number, 16 * number + 16))) for number in (1, 2, 3)]
    for one in made:
        # Each is acknowledged once it is on disk, so each has a frame of its own.
        send(earlier, one)
    assert earlier.stop() == 0
    (path,) = recordings.files(directory)
    content = bytearray(path.read_bytes())
    content[content.index(made[1].trace_id)] ^= 0xFF
    path.write_bytes(content)
    return record(), made, path


def test_damage_hides_no_trace_behind_it(damaged):
    daemon, made, _ = damaged
    statuses = [daemon.get(f"/api/v1/traces/{one.trace_id.hex()}")[0] for one in made]
    assert statuses == [200, 404, 200]


def test_damage_is_said_counted_and_logged(damaged):
    daemon, made, path = damaged
    said = f"a damaged part of {path.name} was passed over"
    assert daemon.metrics().value("faultline_archive_damaged_parts_total") == 0
    whole = json.loads(daemon.get(f"/api/v1/traces/{made[0].trace_id.hex()}")[2])
    assert [warning[:len(said)] for warning in whole["warnings"]] == [said]
    (problem,) = json.loads(daemon.get(f"/api/traces/{made[0].trace_id.hex()}")[2])["errors"]
    assert problem["code"] == 206 and problem["msg"].startswith(said)
    for missing in ("/api/v1/traces/", "/api/traces/", "/api/v3/traces/"):
        status, _, body = daemon.get(missing + made[1].trace_id.hex())
        assert status == 404 and said in body.decode()
    for form in FORMS:
        if form != "v1 by id":
            path_, ids = searches(made[0])[form]
            body = daemon.get(path_)[2]
            assert said in body.decode(), form
            assert set(ids(json.loads(body))) == {made[0].trace_id.hex(), made[2].trace_id.hex()}
    assert daemon.metrics().value("faultline_archive_damaged_parts_total") >= 5
    daemon.log.wait_for("passed over a damaged part of the recording", path.name)


@pytest.mark.parametrize("path", ["/api/services", "/api/services/checkout/operations", "/api/operations?service=checkout",
                                  "/api/v3/services", "/api/v3/operations?service=checkout"])
def test_lists_say_which_damage_they_may_lack_names_for(damaged, path):
    daemon, _, file = damaged
    said = f"a damaged part of {file.name} was passed over"
    # What was read once is said each time.
    for _ in range(2):
        answer = json.loads(daemon.get(path)[2])
        if "v3" in path:
            (warning,) = answer["warnings"]
        else:
            (problem,) = answer["errors"]
            assert problem["code"] == 206 and answer["data"]
            warning = problem["msg"]
        assert warning.startswith(said)


def test_the_page_says_which_damage_a_trace_may_lack_spans_for(damaged):
    daemon, made, path = damaged
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"http://{daemon.query}/?trace={made[0].trace_id.hex()}")
        expect(page.get_by_text(f"a damaged part of {path.name} was passed over")).to_be_visible(timeout=30_000)
