"""What is usual survives a restart: the next process compares with it."""

import json
import re

import pytest

from harness import now, project
from harness.command import faultline
from harness.daemon import Faultline
from harness.waiting import eventually
from test_restart import kill

FAULT = json.loads(project.capture("slow-etcd", "facts.json").read_text())["faults"][0]
# Before the fault etcd's handlers take less than a millisecond.
HEALTHY = re.compile("etcd: its own handlers took .* ms instead of [0-9]+ µs at p50")
# Long enough that the spans before the fault have settled when these come.
FAULT_SECONDS = 60


@pytest.fixture
def parts():
    """The messages before the fault, and those of it."""
    found = now.messages(project.capture("slow-etcd"), before=FAULT["start_ns"] + FAULT_SECONDS * now.SECOND)
    last = max(span.end_time_unix_nano for message in found for span in now.spans(message))
    begins = last - FAULT_SECONDS * now.SECOND

    def is_healthy(message):
        return max(span.end_time_unix_nano for span in now.spans(message)) < begins

    return [message for message in found if is_healthy(message)], [message for message in found if not is_healthy(message)]


@pytest.fixture
def start(tmp_path):
    (tmp_path / "rules.yaml").write_text(faultline("builtin-rules").output)
    (tmp_path / "faultline.yaml").write_text(f"state: {{directory: {tmp_path / 'state'}}}\n")
    return lambda: Faultline("--rules", tmp_path / "rules.yaml", "--config", tmp_path / "faultline.yaml")


def incident(daemon, fault):
    now.send(daemon, [now.joined(fault)])
    (found,) = eventually(lambda: incidents(daemon), "an incident")
    return found


def incidents(daemon):
    return json.loads(daemon.get("/api/v1/incidents")[2])


def verdict(daemon, fault):
    """Of the fault's incident, once it names a side: an evaluation before the fault arrives may find that nothing is heard."""
    incident(daemon, fault)
    return eventually(lambda: next((one["culprit"] for one in incidents(daemon) if one["culprit"]["side"]), None), "a culprit")


def baseline(tmp_path):
    return sorted((tmp_path / "state" / "baseline").glob("*.slot"))


def learn(daemon, healthy, tmp_path):
    now.send(daemon, healthy)
    eventually(lambda: len(baseline(tmp_path)) >= 12, "the counts of a minute are on disk")


def test_a_fault_after_a_kill_is_compared_with_what_was_usual_before_it(start, parts, tmp_path):
    healthy, fault = parts
    first = start().__enter__()
    learn(first, healthy, tmp_path)
    kill(first)
    with start() as second:
        second.log.wait_for("restored what is usual from the last run", "slots=")
        found = verdict(second, fault)
        assert (found["side"], found["component"], found["certainty"]) == ("etcd", "etcd", "clear"), found
        assert HEALTHY.search(found["why"]), found["why"]
        # Nothing but comparisons sees what the first process saw.
        rows = json.loads(second.get("/api/v1/operations")[2])
        assert sum(row["count"] for row in rows) == len(list(now.spans(now.joined(fault))))


def test_without_it_the_fault_is_compared_with_its_own_beginning(start, parts):
    _, fault = parts
    with start() as only:
        assert not HEALTHY.search(incident(only, fault)["culprit"]["why"])


def test_a_damaged_file_is_set_aside_and_the_others_count(start, parts, tmp_path):
    healthy, fault = parts
    with start() as first:
        learn(first, healthy, tmp_path)
    files = baseline(tmp_path)
    contents = files[0].read_bytes()
    files[0].write_bytes(contents[: len(contents) // 2])
    files[1].write_bytes(contents[:4] + b"\x07" + contents[5:])
    with start() as second:
        second.log.wait_for("was set aside", "damaged")
        second.log.wait_for("was set aside", "its version is 7; this process reads version 2")
        assert verdict(second, fault)["side"] == "etcd"
    assert len(list((tmp_path / "state" / "baseline").glob("*.corrupt-*"))) == 2


def test_a_single_wrong_bit_is_found_wherever_it_is(start, parts, tmp_path):
    healthy, _ = parts
    with start() as first:
        learn(first, healthy, tmp_path)
    files = baseline(tmp_path)
    for number, file in enumerate(files):
        contents = bytearray(file.read_bytes())
        contents[number * (len(contents) - 1) // (len(files) - 1)] ^= 1 << number % 8
        file.write_bytes(contents)
    with start() as second:
        second.log.wait_for("listening", "scrape and API")
    assert baseline(tmp_path) == []


def test_a_directory_in_the_place_of_a_file_is_set_aside(start, tmp_path):
    for name in ("baseline/5000000000.slot", "alerts.json"):
        (tmp_path / "state" / name / "inside").mkdir(parents=True)
    with start() as daemon:
        line = daemon.log.wait_for("was set aside", ".slot")[0]
        assert "5000000000.slot: Is a directory" in line, line
        line = daemon.log.wait_for("was set aside", "alerts.json")[0]
        assert "alerts.json: Is a directory" in line, line


def test_a_file_that_is_too_large_is_set_aside(start, tmp_path):
    """It isn't read into memory as a whole."""
    for name in ("baseline/5000000000.slot", "alerts.json"):
        path = tmp_path / "state" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(8 << 30)
    with start() as daemon:
        for name in (".slot", "alerts.json"):
            line = daemon.log.wait_for("was set aside", name)[0]
            assert "File too large" in line, line
        assert daemon.peak_memory() < 1 << 30
