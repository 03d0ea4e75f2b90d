"""A recording over restarts of the daemon replays run by run: each begins with what the daemon began with."""

import json

import pytest

from harness import http_client, spans
from harness.command import faultline
from harness.daemon import Faultline
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.waiting import eventually
from test_alert_delivery import fire, resolve
from test_live_equals_replay import JSON_LINES, lives
from test_restart import kill

RULES = SLOW_PAYMENTS.replace("over: 1m", "over: 5s") + JSON_LINES
# The spans of the first run are still in its range after the restart.
LONG_RULES = SLOW_PAYMENTS.replace("over: 1m", "over: 10m") + JSON_LINES


class Recording:
    """Daemons that record to the same directory, one after the other."""

    def __init__(self, path, rules, has_state):
        self.path, self.lines = path, []
        (path / "rules.yaml").write_text(rules)
        state = f"state: {{directory: {path / 'state'}}}\n" if has_state else ""
        (path / "replay.yaml").write_text(CONFIGURATION + state)
        (path / "serve.yaml").write_text(CONFIGURATION + state + f"archive: {{directory: {path / 'archive'}}}\n")

    def start(self):
        return Faultline("--rules", self.path / "rules.yaml", "--config", self.path / "serve.yaml").__enter__()

    def end(self, daemon, by_kill):
        if by_kill:
            # What isn't on disk yet is lost: the last seconds, with their readings of the clock.
            def groups():
                return daemon.metrics().value("faultline_archive_groups_total")

            before = groups()
            eventually(lambda: (fire(daemon), groups())[1] >= before + 2, "what came so far is on disk")
            kill(daemon)
        else:
            assert daemon.stop() == 0
            daemon.output.finish()
        self.lines += [json.loads(line) for line in daemon.output.all]

    def replay(self, *options):
        return faultline(
            "replay", "--quiet", "--config", self.path / "replay.yaml", "--rules", self.path / "rules.yaml", *options,
            self.path / "archive",
        )


@pytest.mark.parametrize("by_kill", [False, True], ids=["stopped", "killed"])
def test_without_a_state_directory_rules_and_alerts_begin_anew(tmp_path, by_kill):
    recording = Recording(tmp_path, LONG_RULES, has_state=False)
    for _ in range(2):
        daemon = recording.start()
        fire(daemon)
        daemon.output.wait_for("firing")
        recording.end(daemon, by_kill)
    replay = recording.replay("--format", "json")
    assert (replay.code, replay.errors) == (0, "")
    assert len(recording.lines) == 2
    assert lives(replay.json["alerts"]) == lives(recording.lines)
    assert [run["state"] for run in replay.json["runs"]] == ["fresh", "fresh"]
    text = recording.replay().output
    assert f"was restarted at {replay.json['runs'][1]['start']}" in " ".join(text.split())
    assert text.count("still firing when the daemon stopped") == text.count("still firing at the end") == 1


def test_spans_of_an_earlier_run_are_in_no_range_of_a_rule(tmp_path):
    recording = Recording(tmp_path, LONG_RULES, has_state=False)
    daemon = recording.start()
    fire(daemon)
    daemon.output.wait_for("firing")
    recording.end(daemon, by_kill=False)
    daemon = recording.start()
    # Too few for the rule, but not together with those before.
    few = [spans.span("pay", duration=400 * spans.MILLISECOND) for _ in range(3)]
    assert http_client.send(daemon.http, spans.body(*few, service="checkout")).status == 200
    eventually(
        lambda: json.loads(daemon.get("/api/v1/rules")[2])[0]["evaluated_at"], "the rules are evaluated")
    recording.end(daemon, by_kill=False)
    replay = recording.replay("--format", "json").json
    assert lives(replay["alerts"]) == lives(recording.lines)
    assert len(recording.lines) == 1
    # The report is about all of them.
    assert replay["operations"][0]["count"] == replay["spans"]["accepted"] > 3


@pytest.mark.parametrize("by_kill", [False, True], ids=["stopped", "killed"])
def test_with_a_state_directory_alerts_continue(tmp_path, by_kill):
    recording = Recording(tmp_path, RULES, has_state=True)
    daemon = recording.start()
    fire(daemon)
    daemon.output.wait_for("firing")
    recording.end(daemon, by_kill)
    daemon = recording.start()
    eventually(lambda: (resolve(daemon), daemon.output.matching("resolved"))[1], "it resolves")
    recording.end(daemon, by_kill=False)
    replay = recording.replay("--format", "json").json
    (alert,) = replay["alerts"]
    assert alert["resolved_at"] > replay["runs"][1]["start"] > alert["fired_at"]
    assert lives([alert]) == lives(recording.lines)
    assert [run["state"] for run in replay["runs"]] == ["fresh", "continued"]


def test_a_rule_that_fires_in_each_run_is_counted_up_to_each_end(tmp_path):
    recording = Recording(tmp_path, LONG_RULES, has_state=False)
    for _ in range(2):
        daemon = recording.start()
        fire(daemon)
        daemon.output.wait_for("firing")
        recording.end(daemon, by_kill=False)
    replay = recording.replay("--format", "json", "--compare", recording.path / "rules.yaml").json
    (row,) = replay["comparison"]
    assert row["new"] == row["old"]
    assert row["new"]["fired"] == 2
