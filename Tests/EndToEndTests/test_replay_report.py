"""The output of a replay: JSON with the promised fields, text for people, colour and progress only on terminals."""

import json
import os
import pty
import re
import subprocess
import unicodedata

import pytest

from harness.command import faultline
from harness.project import BINARY, EXAMPLE

ESCAPE = "\x1b"


@pytest.fixture(scope="module")
def report():
    done = faultline("replay", "--format", "json", EXAMPLE)
    assert (done.code, done.errors) == (0, "")
    return done.json


def check(value, shape):
    """Checks the shape of a value: keys ("?" marks those that may be absent), items of one shape, or a type."""
    if isinstance(shape, dict):
        wanted = {key for key in shape if not key.endswith("?")}
        assert wanted <= value.keys() <= {key.rstrip("?") for key in shape}
        for key, inner in shape.items():
            if key.rstrip("?") in value:
                check(value[key.rstrip("?")], inner)
    elif isinstance(shape, list):
        assert value
        for item in value:
            check(item, shape[0])
    else:
        assert isinstance(value, shape) and not isinstance(value, bool), (value, shape)


NUMBER = (int, float)
PERCENTILES = {f"{name}_seconds": NUMBER for name in ("p50", "p90", "p99", "max")}

SHAPE = {
    "spans": {"received": int, "accepted": int, "duplicates": int, "late": int, "rejected": dict},
    "first": str,
    "first_end": str,
    "last": str,
    "operations": [
        {
            **{"service": str, "operation": str, "kind": str, "count": int, "errors": int},
            **{"error_ratio": NUMBER, "rate": NUMBER, "mean_seconds": NUMBER, "sampling_source": str},
            **PERCENTILES,
            # Only spans whose self time means something: no watches.
            **{f"self_{name}_seconds?": NUMBER for name in ("mean", "p50", "p90", "p99", "max")},
        }
    ],
    "requests": [
        {
            **{"verb": str, "group": str, "resource": str, "subresource": str, "scope": str},
            **{"count": int, "errors": int, "rate": NUMBER, "estimated_count": NUMBER, "sampling_source": str},
            **PERCENTILES,
            "components": [{"component": str, "seconds": NUMBER, "share": NUMBER, "p99_seconds": NUMBER}],
        }
    ],
    "sources": [
        {
            **{"cluster": str, "service": str, "instance": str},
            "role": (str, type(None)),
            "version": (str, type(None)),
            **{"spans": int, "first": str, "last": str},
            **{"sampling_ratio": NUMBER, "sampling_source": str, "clock_offset_seconds": NUMBER, "late": int, "dialect": str},
            "lateness_seconds": (int, float, type(None)),
        }
    ],
    "incidents": [
        {
            **{"id": str, "kind": str, "state": str, "severity": str, "opened_at": str, "started_at": str},
            "closed_at": (str, type(None)),
            "culprit": {"side": str, "component": str, "instance": (str, type(None)), "certainty": str, "why": str},
            "requests": {
                **{"count": int, "slow": int, "failed": int},
                "verbs": [{"verb": str, "count": int, "slow": int, "failed": int}],
            },
            "components": [{"component": str, "seconds": NUMBER, "baseline_seconds": NUMBER}],
            "alerts": [
                {"alert": str, "labels": dict, "active_at": str, "fired_at": str, "resolved_at": (str, type(None))}
            ],
            "traces": [str],
            "next": str,
        }
    ],
    "alerts": [
        {
            **{"alert": str, "labels": dict, "annotations": dict, "state": str},
            **{"active_at": str, "fired_at": str, "resolved_at": (str, type(None)), "value": NUMBER},
            "reason": (str, type(None)),
            "unit?": str,
            "evidence": {
                "culprit": {"side": str, "component": str, "certainty": str, "why": str},
                "components": [{"component": str, "seconds": NUMBER, "baseline_seconds": NUMBER}],
                "traces": [str],
            },
        }
    ],
}


def test_json_has_the_shape_of_the_contract(report):
    check(report, SHAPE)


def test_the_numbers_of_json_agree_with_each_other(report):
    counted = report["spans"]
    assert counted["received"] == counted["accepted"] == sum(row["count"] for row in report["operations"]) == 44_186
    for row in report["operations"]:
        assert row["p50_seconds"] <= row["p90_seconds"] <= row["p99_seconds"] <= row["max_seconds"]
        assert row["error_ratio"] == row["errors"] / row["count"]
    keys = [(row["service"], row["operation"], row["kind"]) for row in report["operations"]]
    assert len(set(keys)) == len(keys)
    labels = ("verb", "group", "resource", "subresource", "scope")
    keys = [tuple(row[label] for label in labels) for row in report["requests"]]
    assert len(set(keys)) == len(keys)


def test_the_fault_of_the_example_is_found(report):
    alert = next(alert for alert in report["alerts"] if alert["alert"] == "EtcdSlowNow")
    assert alert["state"] == "firing"
    # The disk was slow from 04:33:03.3.
    assert "2026-11-23T04:33:03Z" < alert["active_at"] <= alert["fired_at"] < "2026-11-23T04:33:45Z"
    assert alert["labels"]["operation"].startswith("etcdserverpb.KV/")


def test_text_shows_the_same(report):
    done = faultline("replay", EXAMPLE)
    assert (done.code, done.errors) == (0, "")
    assert ESCAPE not in done.output
    assert "44,186 spans" in done.output
    for heading in ("Incidents", "Operations", "Requests to the API server"):
        assert heading in done.output
    for alert in report["alerts"]:
        assert alert["alert"] in done.output and alert["annotations"]["summary"] in done.output
    # What it comes to is said first, and once.
    (incident,) = report["incidents"]
    headings = ["Incidents", "Requests to the API server", "Operations", "Streams"]
    assert sorted(headings, key=done.output.index) == headings
    assert done.output.count(incident["culprit"]["why"].removeprefix("etcd: ")) == 1
    assert incident["next"] in done.output
    assert all(line == line.rstrip() for line in done.output.splitlines())


def rows_of(text, heading):
    """The rows of a table, each as its cells."""
    lines = text.split(f"\n{heading}", 1)[1].split("\n\n", 1)[0].splitlines()
    start = next(number for number, line in enumerate(lines) if "p50" in line)
    return [re.split(r"\s{2,}", line.strip()) for line in lines[start + 1 :] if not line.startswith("…")]


def seconds(text):
    """Of `12 ms`, or of `2 min 26 s`."""
    words = text.split()
    units = {"h": 3600, "min": 60, "s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
    return sum(float(number) * units[unit] for number, unit in zip(words[::2], words[1::2], strict=True))


def test_watches_and_what_lasts_as_long_are_apart(report):
    text = faultline("replay", "--top", "1000", EXAMPLE).output
    operations = {cells[-1]: cells for cells in rows_of(text, "Operations")}
    streams = {cells[-1]: cells for cells in rows_of(text, "Streams")}
    # The p99 of all is that of watches; they take minutes, and requests less than ten seconds.
    filter = next(row for row in report["operations"] if row["operation"] == "audit")
    assert filter["p99_seconds"] > 60
    ordinary, long = operations["apiserver audit (internal)"], streams["apiserver audit (internal)"]
    counts = [int(cells[0].replace(",", "")) for cells in (ordinary, long)]
    assert sum(counts) == filter["count"] and counts[1] > 0
    assert all(seconds(cells[6]) < 10 for cells in operations.values())
    assert seconds(long[3]) == pytest.approx(filter["max_seconds"], rel=0.01)
    both = [*operations.values(), *streams.values()]
    assert sum(int(cells[0].replace(",", "")) for cells in both) == report["spans"]["accepted"]


def test_rows_are_sorted_and_limited_as_asked(report):
    text = faultline("replay", "--sort", "p99", "--top", "3", EXAMPLE).output
    found = rows_of(text, "Requests to the API server")
    expected = sorted((row["p99_seconds"] for row in report["requests"]), reverse=True)[:3]
    assert [seconds(cells[4]) for cells in found] == pytest.approx(expected, rel=0.01)
    assert f"… and {len(report['requests']) - 3} more" in text
    default = rows_of(faultline("replay", EXAMPLE).output, "Requests to the API server")
    counts = [int(cells[0]) for cells in default]
    assert len(counts) == 20 and counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("columns", ["40", "80", "120"])
def test_no_line_is_wider_than_the_terminal(columns):
    lines = faultline("replay", EXAMPLE, COLUMNS=columns).output.splitlines()
    assert max(map(len, lines)) <= int(columns)
    # What matters most is there at any width.
    text = "\n".join(lines)
    assert "EtcdSlowNow" in text and "etcd (clear)" in text
    assert all(any(heading in line for line in lines) for heading in ("requests  errors", "spans  errors"))


def test_neither_does_what_an_archive_holds(tmp_path):
    path = tmp_path / ("long-name-" * 12 + ".otlp.lz4")
    path.symlink_to(EXAMPLE)
    text = faultline("archive", "info", path, COLUMNS="80").output
    assert max(map(len, text.splitlines())) <= 80
    assert path.name in text.replace("\n", "") and "apiserver: 39,936 spans" in text


def test_without_a_terminal_lines_have_80_columns():
    process = subprocess.run(
        [BINARY, "replay", EXAMPLE], capture_output=True, timeout=60,
        env={name: value for name, value in os.environ.items() if name != "COLUMNS"},
    )
    assert 70 < max(len(line) for line in process.stdout.decode().splitlines()) <= 80


def test_wide_characters_count_as_two_columns(tmp_path):
    name = "名前" * 40
    span = {"traceId": "1" * 32, "spanId": "1" * 16, "name": name, "startTimeUnixNano": "1000000000",
            "endTimeUnixNano": "2000000000"}
    (tmp_path / "wide.json").write_text(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}))
    text = faultline("replay", tmp_path / "wide.json", COLUMNS="80").output
    (line,) = [line for line in text.splitlines() if "名" in line]
    assert 70 < sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in line) <= 80


def test_a_replay_is_the_same_each_time(report):
    assert faultline("replay", "--format", "json", EXAMPLE).json == report


def on_a_terminal(stream, *arguments, **environment):
    """What is written to one stream that is a terminal, while the other is a pipe."""
    ours, theirs = pty.openpty()
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: theirs}
    given = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        [BINARY, *arguments], stdin=subprocess.DEVNULL, env={**given, "TERM": "xterm", **environment}, **streams
    )
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 1 << 16):
            written += part
    except OSError:
        # How Linux signals that the other end of a terminal is closed.
        pass
    os.close(ours)
    other = process.communicate(timeout=60)
    assert process.returncode == 0
    return written.decode(), b"".join(text for text in other if text).decode()


def test_colour_is_for_terminals():
    written, _ = on_a_terminal("stdout", "replay", "--quiet", EXAMPLE)
    assert ESCAPE in written


def test_no_color_is_respected():
    written, _ = on_a_terminal("stdout", "replay", "--quiet", EXAMPLE, NO_COLOR="1")
    assert ESCAPE not in written and "44,186 spans" in written


def test_a_dumb_terminal_gets_no_escape_sequences():
    written, _ = on_a_terminal("stdout", "replay", "--quiet", EXAMPLE, TERM="dumb")
    assert ESCAPE not in written and "44,186 spans" in written
    drawn, output = on_a_terminal("stderr", "replay", EXAMPLE, TERM="dumb")
    assert drawn == "" and "44,186 spans" in output


def test_json_is_never_coloured():
    written, _ = on_a_terminal("stdout", "replay", "--quiet", "--format", "json", EXAMPLE)
    assert ESCAPE not in written
    json.loads(written)


def test_progress_is_drawn_on_a_terminal_and_taken_away():
    drawn, output = on_a_terminal("stderr", "replay", EXAMPLE)
    assert "%" in drawn
    # The line is left empty.
    assert drawn.replace("\r", "").endswith(ESCAPE + "[K")
    assert "44,186 spans" in output


def test_quiet_draws_no_progress():
    drawn, output = on_a_terminal("stderr", "replay", "--quiet", EXAMPLE)
    assert drawn == "" and "44,186 spans" in output


def test_spans_whose_time_could_not_be_attributed_are_reported(tmp_path):
    assert "unattributed" not in faultline("replay", "--format", "json", EXAMPLE).json["spans"]
    (tmp_path / "small.yaml").write_text("window: {max_bytes: 256KiB}\n")
    done = faultline("replay", "--config", tmp_path / "small.yaml", "--format", "json", EXAMPLE)
    assert done.code == 0
    evicted = done.json["spans"]["unattributed"]["evicted"]
    assert evicted > 0
    text = faultline("replay", "--config", tmp_path / "small.yaml", EXAMPLE).output
    assert f"; {evicted:,} not attributed to any request" in text.splitlines()[0]
