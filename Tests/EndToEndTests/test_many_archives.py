"""Replays of many archives, parts of them and damaged ones, and interrupted replays."""

import json
import os
import re
import signal
import subprocess

import pytest

from harness import archives, http_client, recordings, spans
from harness.command import faultline
from harness.daemon import Faultline
from harness.project import BINARY, EXAMPLE
from harness.waiting import DEADLINE


def replay(*arguments, **options):
    return faultline("replay", "--quiet", "--format", "json", *arguments, **options)


def accepted(done):
    return done.json["spans"]["accepted"]


@pytest.fixture(scope="module")
def content():
    return archives.example()


@pytest.fixture(scope="module")
def report():
    return replay(EXAMPLE).json


@pytest.fixture(scope="module")
def parts(content, tmp_path_factory):
    """The example in twenty files; pairs of them overlap in time, and their names are in no order."""
    directory = tmp_path_factory.mktemp("parts")
    messages = archives.records(content)
    for number in range(20):
        part = messages[number // 2 * len(messages) // 10 : (number // 2 + 1) * len(messages) // 10][number % 2 :: 2]
        (directory / f"{number * 7 % 20:02}.otlp.lz4").write_bytes(archives.compress(archives.framed(part)))
    (directory / "README.md").write_text("no archive")
    (directory / "begun.otlp.lz4").write_bytes(b"")
    return directory


@pytest.mark.parametrize("named", ["{}", "{}/*.lz4", "{}/[0-9]*.otlp.lz4"])
def test_many_archives_are_merged_by_time(parts, report, named):
    if named == "{}/*.lz4":
        (parts / "begun.otlp.lz4").unlink(missing_ok=True)
    done = replay(named.format(parts))
    assert done.code == 0
    skipped = [line for line in done.errors.splitlines() if line.endswith("; skipped")]
    assert len(skipped) == (named == "{}") and done.errors.count("\n") == len(skipped)
    assert done.json["operations"] == report["operations"]
    assert done.json["alerts"] == report["alerts"]
    assert done.json["spans"] == report["spans"]


@pytest.mark.parametrize("named", ["empty", "empty/*.lz4", "nothing/*"])
def test_names_that_match_no_archive_exit_with_2(tmp_path, named):
    (tmp_path / "empty").mkdir()
    done = replay(tmp_path / named)
    assert (done.code, done.output) == (2, "")
    assert str(tmp_path / named) in done.errors


def test_one_file_of_many_that_is_not_an_archive_exits_with_2(parts):
    assert replay(parts, parts / "README.md").code == 2


@pytest.fixture
def recorded(tmp_path):
    """A recording of a hundred groups of ten spans."""
    directory = tmp_path / "archive"
    (tmp_path / "faultline.yaml").write_text(f"archive: {{directory: {directory}, mode: durable}}\n")
    with Faultline("--config", tmp_path / "faultline.yaml") as daemon:
        for _ in range(100):
            body = spans.body(*[spans.span() for _ in range(10)])
            assert http_client.send(daemon.http, body).status == 200
    (path,) = recordings.files(directory)
    return path


def test_a_recording_is_replayed_with_its_arrivals(recorded):
    done = replay(recorded)
    assert (done.code, accepted(done), done.json["spans"]["late"]) == (0, 1000, 0)


def test_a_truncated_recording_gives_everything_before_and_says_what_is_lost(recorded, tmp_path):
    content = recorded.read_bytes()
    torn = tmp_path / "torn"
    torn.write_bytes(content[: len(content) // 2])
    done = replay(torn)
    assert done.code == 1 and 400 < accepted(done) < 600
    (line,) = done.errors.splitlines()
    assert "bytes from byte" in line and "not read, recorded after 20" in line


def test_damage_in_the_middle_is_skipped_on_request(recorded, tmp_path):
    content = bytearray(recorded.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 50] = os.urandom(50)
    damaged = tmp_path / "damaged"
    damaged.write_bytes(content)
    stopped, salvaged = replay(damaged), replay("--salvage", damaged)
    assert stopped.code == 1 and 400 < accepted(stopped) < 600
    assert salvaged.code == 1 and 970 <= accepted(salvaged) < 1000
    (line,) = salvaged.errors.splitlines()
    lost = re.search(r"skipped (\d+) bytes, from byte (\d+) to (\d+), recorded between (20\S+) and (20\S+)$", line)
    assert int(lost[1]) == int(lost[3]) - int(lost[2]) < 2000 and int(lost[2]) <= middle < int(lost[3])
    assert lost[4] < lost[5]
    # Nothing was changed or deleted.
    assert damaged.read_bytes() == content


def test_a_time_range_of_a_recording_takes_the_same_spans_with_and_without_its_index(recorded, tmp_path):
    whole = replay(recorded).json
    cut = tmp_path / "cut"
    cut.write_bytes(recorded.read_bytes()[:-28])
    middle = recordings.events(recorded)[50].time
    seconds, fraction = divmod(middle, 10**9)
    at = subprocess.run(["date", "-u", "-d", f"@{seconds}", "+%FT%T"], capture_output=True, check=True, text=True)
    at = f"{at.stdout.strip()}.{fraction:09}Z"
    before, behind = replay("--to", at, recorded), replay("--from", at, recorded)
    assert accepted(before) + accepted(behind) == 1000 and 0 < accepted(before) < 1000
    assert behind.json["last"] == whole["last"] and before.json["first"] == whole["first"]
    assert accepted(replay("--from", at, cut)) == accepted(behind)


def test_a_replay_that_waits_for_standard_input_prints_what_it_has(content, tmp_path):
    command = [BINARY, "replay", "--quiet", "--format", "json", "-"]
    with open(tmp_path / "report", "wb") as report:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=report, stderr=subprocess.PIPE)
    process.stdin.write(content)
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    # Its standard input stays open.
    assert process.wait(DEADLINE) == 130
    assert json.loads((tmp_path / "report").read_text())["spans"]["received"] > 0
    assert b"interrupted" in process.communicate()[1]


def test_a_report_that_cannot_be_written_is_an_error():
    with open("/dev/full", "w") as full:
        command = [BINARY, "archive", "info", EXAMPLE]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=DEADLINE)
    assert (done.returncode, done.stderr) == (2, b"faultline: write standard output: No space left on device\n")


def test_an_interrupted_replay_prints_what_it_has(content):
    process = subprocess.Popen(
        [BINARY, "replay", "--format", "json", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    # More than is read ahead, so that some is appended while the rest is awaited.
    process.stdin.write(content)
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130
    assert b"interrupted" in errors
    assert b'"operations"' in output
