"""No line of any command is wider than a terminal of 80 columns."""

import json
import unicodedata

import pytest

from harness import now
from harness.command import faultline, in_terminal
from harness.daemon import Faultline
from harness.project import EXAMPLE
from harness.waiting import eventually

COLUMNS = 80


def columns(line):
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in line)


def at_80(*arguments, codes=(0,)):
    """What a command prints, none of it wider than the terminal."""
    done = in_terminal(*arguments, columns=COLUMNS)
    assert done.code in codes, done.errors
    text = done.output + done.errors
    assert [line for line in text.splitlines() if columns(line) > COLUMNS] == []
    return text


def commands(described, *path):
    """The words of each command and subcommand."""
    yield path
    for one in described.get("subcommands", []):
        if one["commandName"] != "help":
            yield from commands(one, *path, one["commandName"])


def all_commands():
    return list(commands(faultline("--experimental-dump-help").json["command"]))


@pytest.fixture(scope="module")
def daemon():
    with Faultline() as running:
        now.send(running, [now.joined(now.messages())])
        eventually(lambda: json.loads(running.get("/api/v1/incidents")[2]), "an incident")
        yield running


def test_the_help_of_every_command():
    found = all_commands()
    assert len(found) > 20 and ("archive", "convert") in found
    for words in found:
        text = at_80(*words, "--help")
        assert f"USAGE: faultline {' '.join(words)}".strip() in " ".join(text.split())


def test_wrong_command_lines():
    for words in all_commands():
        text = at_80(*words, "--" + "nonsense-" * 12, codes=[2])
        assert "Usage: faultline" in text


def test_an_option_and_its_value_are_on_one_line():
    lines = faultline("view", "--help", COLUMNS="80").output.partition("ARGUMENTS:")[0].splitlines()
    usage = [line for line in lines if "[" in line]
    assert len(usage) > 1 and all(line.count("[") == line.count("]") for line in usage)


@pytest.mark.parametrize("columns", [80, 60, 30])
@pytest.mark.parametrize(
    "arguments",
    [
        ["replay", "no-such-directory/no-such-archive-of-spans.otlp.lz4"], ["trace", "ab" * 16, EXAMPLE], ["top", "--once", "--address", "127.0.0.1:1"],
        ["doctor", "--address", "127.0.0.1:1"], ["replay", "--from", "2030-01-01T00:00:00Z", EXAMPLE], ["archive", "verify", "/dev/null"],
    ],
)
def test_what_is_wrong_breaks_between_words(arguments, columns):
    done = in_terminal(*arguments, columns=columns)
    # In files and pipes it is one line.
    (sentence,) = faultline(*arguments, COLUMNS=str(columns)).errors.splitlines()
    assert done.code != 0 and sentence.startswith("faultline: ")
    lines = done.errors.splitlines()
    assert (len(lines) > 1) == (len(sentence) > columns)
    assert all(len(line) <= columns for line in lines)
    if all(len(word) <= columns - 2 for word in sentence.split()):
        assert " ".join(done.errors.split()) == " ".join(sentence.split())


@pytest.mark.parametrize("key", ["p90", "max"])
def test_the_column_that_rows_are_sorted_by_is_there(key):
    lines = at_80("replay", "--quiet", "--sort", key, EXAMPLE).splitlines()
    headings = [line.split() for line in lines if " errors " in line and line.endswith((" request", " self p99  operation"))]
    assert len(headings) == 2 and all(key in heading for heading in headings), headings


def test_what_is_found_in_recorded_spans():
    assert "etcd (clear)" in at_80("replay", EXAMPLE)
    assert "apiserver: " in at_80("archive", "info", EXAMPLE)
    at_80("archive", "verify", EXAMPLE)
    id = faultline("replay", "--format", "json", EXAMPLE).json["incidents"][0]["traces"][0]
    assert id in at_80("trace", id, EXAMPLE)


def test_what_a_daemon_says(daemon):
    assert "etcd" in at_80("top", "--once", "--address", daemon.query)
    # On a busy machine the spans may have come late, which it says.
    assert "etcd" in at_80("doctor", "--address", daemon.query, codes=[0, 1])
    (incident, *_) = json.loads(daemon.get("/api/v1/incidents")[2])
    at_80("trace", "--address", daemon.query, incident["traces"][0])
