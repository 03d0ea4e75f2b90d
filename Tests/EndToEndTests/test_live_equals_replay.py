"""A replay of what a daemon recorded gives the alerts that the daemon gave, with the same times and values."""

import json
import random
import time

import pytest

from harness import http_client, recordings, spans
from harness.command import faultline
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.spans import MILLISECOND, SECOND
from harness.waiting import eventually

JSON_LINES = "sinks:\n  - stdout: {format: json}\n"
RULES = SLOW_PAYMENTS + """\
      - alert: AnyErrors
        select: {service: checkout}
        when: errors > 3
        over: 3s
        for: 1s
"""


def lives(alerts):
    """The last that was told of each time that an alert was active."""
    last = {}
    for alert in alerts:
        last[(alert["alert"], json.dumps(alert["labels"], sort_keys=True), alert["active_at"])] = alert
    return sorted(last.values(), key=lambda alert: (alert["active_at"], alert["alert"]))


@pytest.mark.parametrize("rotate", ["1h", "1s"])
def test_a_recording_repeats_the_alerts(serve, tmp_path, rotate):
    directory = tmp_path / "archive"
    configuration = CONFIGURATION + f"archive: {{directory: {directory}, rotate_after: {rotate}}}\n"
    daemon = serve(RULES + JSON_LINES, configuration)
    chance = random.Random(5)
    end = time.monotonic() + 6
    while time.monotonic() < end:
        # Some come after their time was evaluated, others just before.
        made = [
            spans.span(
                "pay",
                duration=chance.choice([2, 400]) * MILLISECOND,
                is_error=chance.random() < 0.3,
                end_time_unix_nano=time.time_ns() - chance.choice([0, 0, 1, 2]) * SECOND,
                start_time_unix_nano=time.time_ns() - 5 * SECOND,
            )
            for _ in range(chance.randrange(1, 5))
        ]
        assert http_client.send(daemon.http, spans.body(*made)).status == 200
    eventually(lambda: len(daemon.output.all) >= 2, "alerts")
    late = daemon.metrics().value("faultline_spans_late_total")
    assert daemon.stop() == 0
    daemon.output.finish()
    live = lives(map(json.loads, daemon.output.all))
    assert live
    (tmp_path / "faultline.yaml").write_text(CONFIGURATION)
    replay = faultline(
        "replay", "--format", "json", "--quiet", "--config", tmp_path / "faultline.yaml",
        "--rules", tmp_path / "rules.yaml", directory,
    )
    assert (replay.code, replay.errors) == (0, "")
    assert lives(replay.json["alerts"]) == live
    assert replay.json["spans"]["late"] == late > 0
    assert replay.json["spans"]["accepted"] == len(recordings.span_ids(*recordings.files(directory)))
