"""`faultline check`: every problem as file:line:column: message."""

import re

import pytest

from harness.command import faultline
from harness.rules import SLOW_PAYMENTS

BAD_RULES = """\
groups:
  - name: shop
    interval: 1s
    rules:
      - alert: Slow
        select: {service: checkout}
        when: p99 > 5%
        over: 1m
        whenever: now
      - alert: Slower
        select: {colour: red}
        when: p99 >
        over: 5
"""


@pytest.fixture
def file(tmp_path):
    def write(content, name="rules.yaml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_good_files_are_passed_in_silence(file):
    done = faultline("check", file(SLOW_PAYMENTS), file("evaluation_delay: 1s\n", "faultline.yaml"))
    assert (done.code, done.output, done.errors) == (0, "", "")


def test_every_problem_is_told_with_its_place(file):
    path = file(BAD_RULES)
    done = faultline("check", path)
    assert (done.code, done.errors) == (1, "")
    places = []
    for line in done.output.splitlines():
        place = re.fullmatch(rf"{re.escape(str(path))}:(\d+):(\d+): \S.*", line)
        assert place, line
        places.append((int(place[1]), int(place[2])))
    assert places == sorted(places)
    assert [line for line, _ in places] == [7, 9, 11, 12, 13]
    assert (7, BAD_RULES.splitlines()[6].index("5%") + 1) in places


def test_problems_of_all_files_are_told(file):
    first, second = file(BAD_RULES, "first.yaml"), file("evaluation_delay: soon\n", "second.yaml")
    done = faultline("check", first, file(SLOW_PAYMENTS), second)
    assert done.code == 1
    assert f"{first}:7:" in done.output
    assert f"{second}:1:19: " in done.output


@pytest.mark.parametrize(
    "content",
    [
        "",
        "groups: [",
        "groups: &a [*a]",
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b]",
        "groups: []\ngroups: []\n",
        b"\xef\xbb\xbfgroups:\n\t- name: a\n",
        b"\xff\xfe\x00",
        b"groups:\n  - name: \x1b]0;owned\x07\n",
        "[" * 100_000,
        "# " + "x" * (2 << 20),
    ],
    ids=["empty", "cut", "alias", "bomb", "duplicate key", "tabs", "UTF-16", "escapes", "nested", "2 MiB"],
)
def test_what_is_no_rule_file_is_told_so_on_a_line(file, content):
    path = file(content)
    done = faultline("check", path)
    assert (done.code, done.errors) == (1, "")
    for line in done.output.splitlines():
        assert re.fullmatch(rf"{re.escape(str(path))}:\d+:\d+: [^\x00-\x1f]+", line), line
    assert done.output


@pytest.mark.parametrize("option", ["--rules", "--config"])
def test_other_commands_tell_the_same_problems(file, option, tmp_path):
    path = file(BAD_RULES)
    told = faultline("check", path).output if option == "--rules" else None
    for command in (["serve"], ["replay", "missing.otlp.lz4"]):
        done = faultline(*command, option, path, directory=tmp_path)
        assert (done.code, done.output) == (2, "")
        assert f"{path}:" in done.errors
        if told:
            assert done.errors == told


ARCHIVE = """\
archive:
  directory: /var/lib/faultline
  mode: sometimes
  rotate_bytes: many
  rotate_after: 1h
  retain_bytes: 10GiB
  retain_days: 7
"""


def test_what_is_said_of_archives_is_checked(file):
    path = file(ARCHIVE, "faultline.yaml")
    done = faultline("check", path)
    assert done.code == 1
    lines = done.output.splitlines()
    assert [line.split(":")[1] for line in lines] == ["3", "4", "7"]
    assert "memory or durable" in lines[0] and "retain_age" in lines[2]
