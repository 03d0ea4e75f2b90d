"""Exit codes, and what is said to whom: results on standard output, all else on standard error."""

import socket
import subprocess

import pytest

from harness.command import faultline
from harness.waiting import DEADLINE
from harness.project import BINARY, EXAMPLE

WRONG_COMMANDS = [
    ["nonsense"],
    ["--nonsense"],
    ["serve", "--nonsense"],
    ["serve", "--otlp-grpc", "nowhere"],
    ["serve", "--listen", "127.0.0.1:65536"],
    ["serve", "--rules", "missing.yaml"],
    ["serve", "--config", "missing.yaml"],
    ["replay"],
    ["replay", "--format", "xml", EXAMPLE],
    ["replay", "--from", "yesterday", EXAMPLE],
    ["replay", "--from", "2026-11-24T00:00:00Z", "--to", "2026-11-23T00:00:00Z", EXAMPLE],
    ["replay", "--rules", "missing.yaml", EXAMPLE],
    ["replay", "--config", "missing.yaml", EXAMPLE],
    ["replay", "missing.otlp.lz4"],
    ["replay", "."],
    ["replay", "-", "-"],
    ["check"],
    ["check", "missing.yaml"],
    ["check", "."],
]


@pytest.mark.parametrize("arguments", WRONG_COMMANDS, ids=lambda arguments: " ".join(map(str, arguments))[:60])
def test_a_wrong_command_line_or_file_ends_with_2(tmp_path, arguments):
    done = faultline(*arguments, directory=tmp_path)
    assert (done.code, done.output) == (2, "")
    assert done.errors


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_the_version(arguments):
    done = faultline(*arguments)
    assert (done.code, done.errors) == (0, "")
    name, number = done.output.split()
    assert name == "faultline"
    assert all(part.isdigit() for part in number.split("-")[0].split("."))


@pytest.mark.parametrize("arguments", [["--help"], ["help"], ["serve", "--help"], ["replay", "-h"], ["check", "-h"]])
def test_help_is_a_result(arguments):
    done = faultline(*arguments)
    assert (done.code, done.errors) == (0, "")
    assert "USAGE: faultline" in done.output


def test_the_problem_names_the_file(tmp_path):
    done = faultline("replay", "missing.otlp.lz4", directory=tmp_path)
    assert done.errors == "faultline: missing.otlp.lz4: no such file\n"


@pytest.mark.parametrize("option", ["--otlp-grpc", "--otlp-http", "--listen"])
def test_an_address_in_use_is_a_fault_that_is_named(option):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        free = {name: "127.0.0.1:0" for name in ("--otlp-grpc", "--otlp-http", "--listen")}
        addresses = {**free, option: address}
        done = faultline("serve", *sum(addresses.items(), ()), limit=DEADLINE)
    assert (done.code, done.output) == (1, "")
    assert address in done.errors.splitlines()[-1]


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_reader_that_leaves_ends_a_replay_quietly(format):
    process = subprocess.Popen(
        [BINARY, "replay", "--format", format, EXAMPLE],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    _, errors = process.communicate(timeout=60)
    assert errors == b""
    # As any program whose reader has left: by SIGPIPE, or as if nothing had happened.
    assert process.returncode in (0, -13)
