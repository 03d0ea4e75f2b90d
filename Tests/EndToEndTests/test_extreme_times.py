"""Times at the limits of their types, in every file that has times: refused with a message or accepted, never a crash."""

import json

import pytest

from harness import archives, spans
from harness.command import faultline
from harness.daemon import Faultline
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.spans import SECOND
from harness.waiting import eventually

EXTREMES = {
    "the latest signed time": 2**63 - 1,
    "a second before it": 2**63 - SECOND,
    "beyond it": 2**63,
    "the latest unsigned time": 2**64 - 1,
    "the latest time that is taken": 2**62,
}


def archive(path, end):
    content = archives.framed([spans.body(spans.span(start_time_unix_nano=end - 1000, end_time_unix_nano=end))])
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("time", EXTREMES)
def test_an_archive_with_such_a_span_is_replayed_and_the_span_accounted_for(tmp_path, time):
    replay = faultline("replay", "--format", "json", "--quiet", archive(tmp_path / "a.otlp", EXTREMES[time]))
    assert replay.code == 0, replay.errors
    counts = replay.json["spans"]
    assert counts["received"] == 1
    assert counts["accepted"] + sum(counts["rejected"].values()) == 1


@pytest.mark.parametrize("form", ["archive", "json", "otlp", "jaeger"])
@pytest.mark.parametrize("time", EXTREMES)
def test_an_archive_with_such_a_span_is_converted(tmp_path, time, form):
    copy = tmp_path / "copy"
    convert = faultline(
        "archive", "convert", "--to", form, "-o", copy, archive(tmp_path / "a.otlp", EXTREMES[time]))
    assert convert.code == 0, convert.errors
    assert copy.stat().st_size > 0


def test_a_state_file_with_a_time_of_1677_is_set_aside_with_a_reason(tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    alert = {"alert": "A", "rule": "e49200fd7c1539d2", "state": "firing", "value": 1, "values": ["etcd"]}
    times = {"activeAt": "1677-09-21T00:12:44Z", "firedAt": "2026-11-27T23:46:29Z"}
    alerts = {"version": 1, "evaluatedAt": "2026-11-27T23:46:29Z", "alerts": [{**alert, **times}]}
    (state / "alerts.json").write_text(json.dumps(alerts))
    with Faultline("--state", state) as daemon:
        daemon.log.wait_for("alerts of the last run can't be read", "1677-09-21T00:12:44Z")
        assert daemon.get("/-/healthy")[0] == 200
    assert list(state.glob("alerts.json.corrupt-*"))


def test_a_recorded_file_of_the_latest_time_does_not_prevent_the_next_one(tmp_path):
    (tmp_path / "spans-22620411T234716.854775807Z.otlp.lz4").write_bytes(b"")
    with Faultline("--archive", tmp_path) as daemon:
        eventually(lambda: len(list(tmp_path.iterdir())) == 2, "a file that is recorded to")
        assert daemon.metrics().value("faultline_archive_failed") == 0


@pytest.mark.parametrize("field", ["window: {duration: 15249w}", "evaluation_delay: 15249w", "window: {history: 3651d}"])
def test_a_duration_of_centuries_is_refused_with_a_message(tmp_path, field):
    configuration = tmp_path / "faultline.yaml"
    configuration.write_text(field + "\n")
    check = faultline("check", configuration)
    assert check.code == 1
    assert "at most 3650d" in check.output + check.errors


def test_the_longest_windows_work(serve):
    longest = "window: {duration: 3650d, history: 3650d}\nattribution: {settle: 3650d}\n"
    daemon = serve(SLOW_PAYMENTS, CONFIGURATION + longest)
    assert daemon.get("/-/healthy")[0] == 200
