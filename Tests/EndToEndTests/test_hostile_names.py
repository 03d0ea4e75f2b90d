"""Whatever an attacker puts into the names of spans and services is harmless wherever it is shown."""

import json
import unicodedata

import pytest

from harness import archives, http_client, spans
from harness.command import faultline
from harness.hostile_names import NAMES, named
from harness.rules import CONFIGURATION
from harness.spans import MILLISECOND

RULES = """\
groups:
  - name: hostile
    interval: 1s
    rules:
      - alert: Slow
        select: {operation: "=~ (.|\\n)*", service: "=~ (.|\\n)*"}
        when: p50 > 150ms
        over: 1m
        annotations: {summary: "{{ $labels.operation }} of {{ $labels.service }}"}
sinks:
  - stdout: {format: %s}
"""


def send_all(daemon):
    """Sends one span for each name, which is also the name of its service."""
    for name in NAMES.values():
        body = named(lambda stand_in: spans.body(spans.span(stand_in, duration=400 * MILLISECOND)), name)
        body += named(lambda stand_in: spans.body(spans.span(duration=400 * MILLISECOND), service=stand_in), name)
        assert http_client.send(daemon.http, body).status == 200


def test_the_scrape_stays_parseable(daemon):
    send_all(daemon)
    metrics = daemon.metrics()
    assert metrics.accepted == 2 * len(NAMES)
    assert metrics.sum("faultline_operation_duration_seconds_count") == 2 * len(NAMES)
    assert not metrics.all("fake")
    names = {sample.labels["operation"] for sample in metrics.all("faultline_operation_duration_seconds_count")}
    # Harmless names can be read back unchanged; U+FFFD replaces what isn't UTF-8.
    assert NAMES["a label's end"].decode() in names
    assert r"safe\u{202E}txt.exe\u{2066}" in names
    # Text that looks like an escape can be told from a real one.
    assert r'\\n\"\u{5C}u{1B}' in names
    assert_harmless(metrics.text)
    # The truncated ones differ only in what was cut off.
    assert max(len(name.encode()) for name in names) <= 211
    assert any("\ufffd" in name for name in names)


def assert_harmless(text):
    harmful = {
        character for character in text
        if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and character != "\n"
    }
    assert not harmful


@pytest.mark.parametrize("format", ["text", "json"])
def test_standard_output_has_one_harmless_line_for_each_alert(serve, format):
    daemon = serve(RULES % format, CONFIGURATION)
    send_all(daemon)
    daemon.output.wait_for("iring" if format == "json" else "FIRING", count=2 * len(NAMES))
    assert daemon.stop() == 0
    daemon.output.finish()

    lines = daemon.output.raw.decode().split("\n")
    assert lines.pop() == ""
    assert len(lines) == 2 * len(NAMES)
    for line in lines:
        harmful = {character for character in line if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")}
        assert not harmful, line
        if format == "json":
            assert json.loads(line)["alert"] == "Slow"
        else:
            assert "FIRING Slow {" in line


def test_the_query_api_stays_json(daemon):
    send_all(daemon)
    _, type, body = daemon.get("/api/v1/operations")
    assert type == "application/json"
    assert sum(row["count"] for row in json.loads(body)) == 2 * len(NAMES)


def harmful(text):
    """Characters that control a terminal or disguise the text, except for line feeds."""
    return {character for character in text if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp")} - {"\n"}


@pytest.mark.parametrize("format", ["text", "json"])
def test_the_report_of_a_replay_is_harmless_on_a_terminal(tmp_path, format):
    messages = []
    for name in NAMES.values():
        messages.append(named(lambda stand_in: spans.body(spans.span(stand_in)), name))
        messages.append(named(lambda stand_in: spans.body(spans.span(), service=stand_in), name))
    archive = tmp_path / "hostile.otlp"
    archive.write_bytes(archives.framed(messages))
    done = faultline("replay", "--format", format, archive)
    assert done.code == 0
    assert not harmful(done.output) and not harmful(done.errors)
    if format == "json":
        assert sum(row["count"] for row in done.json["operations"]) == 2 * len(NAMES)


def test_the_log_is_harmless_where_it_names_them(serve):
    daemon = serve(configuration="window: {max_operations: 1}\n")
    send_all(daemon)
    daemon.log.wait_for("operations beyond the limit of names")
    assert daemon.stop() == 0
    daemon.log.finish()
    assert not harmful("\n".join(daemon.log.all))
