"""`faultline trace`: a trace as a waterfall, from archives or from a daemon."""

import json
import os
import subprocess

import pytest
from playwright.sync_api import expect

from harness import archives, http_client, now, project, spans
from harness.chromium import PATIENCE
from harness.command import faultline
from harness.daemon import Faultline

ABSENT = "f" * 32


@pytest.fixture(scope="module")
def id():
    done = faultline("replay", "--quiet", "--format", "json", project.EXAMPLE)
    return done.json["incidents"][0]["traces"][0]


def shown(*arguments, columns="80"):
    done = subprocess.run(
        [project.BINARY, "trace", *map(str, arguments)], capture_output=True, timeout=60,
        env=os.environ | {"COLUMNS": columns},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().splitlines()


def spans_of(id, path):
    found = {}
    for record in archives.records(archives.decompress(path)):
        for span in now.spans(now.TracesData.FromString(record)):
            if span.trace_id.hex() == id:
                found[span.span_id] = span
    return found


@pytest.mark.parametrize("columns", ["40", "80", "132"])
def test_a_trace_of_an_archive_has_a_line_for_each_span_and_no_line_wraps(id, columns):
    lines = shown(id, project.EXAMPLE, columns=columns)
    known = spans_of(id, project.EXAMPLE)
    assert f"{len(known)} spans" in lines[0] or columns == "40"
    # And its authentication, which is in a trace of its own.
    assert sum("=" in line for line in lines) == len(known) + 1
    assert all(len(line) <= int(columns) for line in lines)


def test_it_says_whose_time_the_request_took(id):
    text = "\n".join(shown(id, project.EXAMPLE, columns="200"))
    assert "etcd 279 ms (95 %)" in text
    assert text.index("etcd 279 ms") < text.index("etcd-client")


def test_several_archives_are_read_together(id, tmp_path):
    records = archives.records(archives.decompress(project.EXAMPLE))
    for number in range(2):
        (tmp_path / f"{number}.otlp").write_bytes(archives.framed(records[number::2]))
    assert shown(id, tmp_path / "0.otlp", tmp_path / "1.otlp") == shown(id, project.EXAMPLE)


def test_a_daemon_is_asked(serve):
    daemon = serve()
    messages = now.messages()
    now.send(daemon, messages)
    found = json.loads(daemon.get("/api/v1/traces?limit=1")[2])["traces"][0]
    lines = shown(found["trace_id"], "--address", daemon.query)
    assert sum("=" in line or "xx" in line for line in lines) >= found["span_count"]
    assert any("slower than" in line for line in lines)
    done = faultline("trace", ABSENT, "--address", daemon.query)
    assert (done.code, done.output) == (1, "") and "trace not found" in done.errors


def test_hostile_names_are_escaped(tmp_path):
    span = {
        "traceId": "1" * 32, "spanId": "1" * 16, "name": "\x1b]0;title\x07\n", "startTimeUnixNano": "1000000000",
        "endTimeUnixNano": "2000000000", "status": {"code": 2, "message": "\x1b[2J"},
    }
    path = tmp_path / "spans.json"
    path.write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    text = "\n".join(shown("1" * 32, path, columns="120"))
    assert "\x1b" not in text and "\\u{1B}" in text and "error: " in text


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (["xyz"], 2, '"xyz" is not a trace id: it must be 32 hexadecimal digits'),
        ([ABSENT, "nowhere.lz4"], 2, "nowhere.lz4"),
        ([ABSENT, project.EXAMPLE], 1, f"no span of the trace {ABSENT} in"),
        ([ABSENT, "--address", "127.0.0.1:1"], 1, "is faultline serve running there?"),
        ([ABSENT, project.EXAMPLE, "--address", "127.0.0.1:1"], 2, "give one or the other"),
    ],
)
def test_a_trace_that_cant_be_shown_says_why(arguments, code, message):
    done = faultline("trace", *arguments)
    assert (done.code, done.output) == (code, "")
    assert message in done.errors


LARGE = b"L" * 16


@pytest.fixture(scope="module")
def large():
    """A daemon with a trace of some MiB."""
    with Faultline() as daemon:
        root = spans.span("root", trace_id=LARGE)
        children = [spans.span(f"child {number}", trace_id=LARGE, parent_span_id=root.span_id) for number in range(2_000)]
        assert http_client.send(daemon.http, spans.body(root, *children)).status == 200
        yield daemon


def test_a_large_trace_is_shown_whole(large):
    lines = shown(LARGE.hex(), "--address", large.query)
    assert "2,001 spans" in lines[0] and sum("child " in line for line in lines) == 2_000


def test_attributes_that_were_not_kept_are_said_to_be_missing(serve, page):
    notes = {}
    for name, configuration in ("with", None), ("without", "{traces: {max_bytes: 0}}"):
        daemon = serve(configuration=configuration)
        made = spans.span("GET /api/v1/pods", attributes=[spans.text("http.request.method", "GET")])
        assert http_client.send(daemon.http, spans.body(made, service="apiserver")).status == 200
        text = " ".join(" ".join(shown(made.trace_id.hex(), "--address", daemon.query)).split())
        page.goto(f"http://{daemon.query}/?trace={made.trace_id.hex()}")
        expect(page.locator(".span-row")).to_have_count(1, timeout=PATIENCE)
        notes[name] = "(traces.max_bytes)" in text, "(traces.max_bytes)" in page.locator(".trace").text_content()
    assert notes == {"with": (False, False), "without": (True, True)}
