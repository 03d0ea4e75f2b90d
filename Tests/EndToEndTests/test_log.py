"""The daemon's log: logfmt or JSON, as much of it as asked for."""

import json
import re

import pytest

from harness.command import faultline
from harness.daemon import Faultline

FIELD = re.compile(r'(?:^| )([\w-]+)=("(?:[^"\\]|\\.)*"|[^\s"=]+)')


def fields(line):
    """Those of a line of logfmt, which must consist of nothing else."""
    found = FIELD.findall(line)
    assert " ".join(f"{key}={value}" for key, value in found) == line, line
    return {key: json.loads(value) if value.startswith('"') else value for key, value in found}


def test_a_line_has_time_level_and_message_first_and_every_field_by_name():
    with Faultline() as daemon:
        query = daemon.query
    lines = [line.rstrip("\n") for line in daemon.log.all]
    assert all(re.match(r'time=\d{4}-\d\d-\d\dT[\d:.]+Z level=\w+ msg="', line) for line in lines)
    (listening,) = [fields(line) for line in lines if "scrape and API" in line]
    assert listening.items() >= {"level": "notice", "msg": "listening", "for": "scrape and API", "address": query}.items()
    assert [fields(line)["msg"] for line in lines][-1] == "stopped"


def test_json_has_an_object_per_line_with_the_same_fields():
    class Json(Faultline):
        def address_of(self, what):
            (line,) = self.log.wait_for("listening", f'"for":"{what}"')
            return json.loads(line)["address"]

    with Json("--log-format", "json") as daemon:
        query = daemon.query
    events = [json.loads(line) for line in daemon.log.all]
    assert {"time", "level", "msg"} <= set.intersection(*(set(event) for event in events))
    (listening,) = [event for event in events if event.get("for") == "scrape and API"]
    assert (listening["msg"], listening["level"], listening["address"]) == ("listening", "notice", query)


def test_the_level_says_what_is_left_out(tmp_path):
    # Why a command fails is no event of the log.
    with Faultline() as daemon:
        taken = faultline("serve", "--log-level", "critical", "--listen", daemon.query, "--otlp-grpc", "127.0.0.1:0",
                          "--otlp-http", "127.0.0.1:0")
    assert taken.code == 1
    assert all("level=" not in line for line in taken.errors.splitlines()) and daemon.query in taken.errors
    with Faultline("--log-level", "debug") as daemon:
        pass
    assert {fields(line.rstrip("\n"))["level"] for line in daemon.log.all} > {"notice"}


@pytest.mark.parametrize(
    "option, value, valid",
    [("--log-level", "loud", "- trace - debug - info - notice - warning - error - critical"),
     ("--log-format", "xml", "'text' and 'json'")],
)
def test_what_is_wrong_says_what_would_be_right(option, value, valid):
    done = faultline("serve", option, value)
    assert (done.code, done.output) == (2, "")
    assert valid in " ".join(done.errors.split()), done.errors
