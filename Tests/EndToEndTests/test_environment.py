"""Every option may come from the environment: FAULTLINE_OPTION, or FAULTLINE_COMMAND_OPTION for one command."""

import json
import os

import pytest

from harness.command import faultline
from harness.daemon import Faultline
from harness.project import EXAMPLE

RULES = "groups: [{name: g, rules: [{alert: %s, select: {service: etcd}, when: count > 1, over: 1m}]}]\n"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in [name for name in os.environ if name.startswith("FAULTLINE_")]:
        if name != "FAULTLINE_BINARY":
            monkeypatch.delenv(name)


def test_an_option_is_set_for_every_command_that_has_it():
    done = faultline("replay", EXAMPLE, FAULTLINE_FORMAT="json", FAULTLINE_TO="2026-11-23T04:33:00Z")
    assert done.json["last"] < "2026-11-23T04:33:00Z"
    assert json.loads(faultline("archive", "info", EXAMPLE, FAULTLINE_FORMAT="json").output)["spans"] == 44_186


def test_that_of_one_command_comes_before_that_of_all_and_the_command_line_before_both():
    given = {"FAULTLINE_TOP": "7", "FAULTLINE_REPLAY_TOP": "3"}
    assert "… and 61 more" in faultline("replay", EXAMPLE, **given).output
    assert "… and 59 more" in faultline("replay", "--top", "5", EXAMPLE, **given).output
    assert "… and 57 more" in faultline("replay", EXAMPLE, FAULTLINE_TOP="7").output


def test_what_a_command_cant_use_is_no_obstacle(tmp_path):
    assert faultline("replay", "--format", "json", EXAMPLE, FAULTLINE_TOP="7", FAULTLINE_SORT="p99").json["operations"]
    id = faultline("replay", "--format", "json", EXAMPLE).json["incidents"][0]["traces"][0]
    assert id in faultline("trace", id, EXAMPLE, FAULTLINE_ADDRESS="127.0.0.1:1").output
    # Typed, it is a mistake, and so it is said which half comes from where.
    done = faultline("replay", "--top", "7", EXAMPLE, FAULTLINE_FORMAT="json")
    assert (done.code, done.output) == (2, "")
    assert "--format is from the environment: FAULTLINE_FORMAT" in done.errors


def test_a_list_is_separated_by_colons(tmp_path):
    for name in ("One", "Two"):
        (tmp_path / f"{name}.yaml").write_text(RULES % name)
    done = faultline("replay", "--format", "json", EXAMPLE, FAULTLINE_RULES=f"{tmp_path}/One.yaml:{tmp_path}/Two.yaml")
    assert {alert["alert"] for alert in done.json["alerts"]} == {"One", "Two"}


def test_a_daemon_is_set_up_by_it(tmp_path, monkeypatch):
    monkeypatch.setenv("FAULTLINE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("FAULTLINE_LOG_LEVEL", "info")
    with Faultline():
        assert (tmp_path / "state").is_dir()


def test_flags_are_true_or_false():
    assert faultline("archive", "cat", EXAMPLE, FAULTLINE_SALVAGE="true").code == 0
    assert faultline("archive", "cat", EXAMPLE, FAULTLINE_SALVAGE="0").code == 0
    done = faultline("archive", "cat", EXAMPLE, FAULTLINE_SALVAGE="maybe")
    assert (done.code, done.output) == (2, "")
    assert 'FAULTLINE_SALVAGE is true or false, but found "maybe"' in done.errors


def test_a_wrong_value_says_where_it_is_from():
    done = faultline("serve", FAULTLINE_LISTEN="nowhere")
    assert (done.code, done.output) == (2, "")
    assert "an address is HOST:PORT" in done.errors
    assert "--listen is from the environment: FAULTLINE_LISTEN" in done.errors


def test_variables_that_kubernetes_sets_for_a_service_and_empty_ones_are_ignored():
    others = {"FAULTLINE_PORT": "tcp://10.0.0.1:9464", "FAULTLINE_SERVICE_HOST": "10.0.0.1", "FAULTLINE_TOP": ""}
    assert faultline("replay", EXAMPLE, **others).output == faultline("replay", EXAMPLE).output
    assert faultline("version", **others).code == 0


@pytest.mark.parametrize(
    "command, variable, value, said",
    [
        ("serve", "OTLP_GRPC", "4317", "an address is HOST:PORT"),
        ("serve", "CONFIG", "missing.yaml", "missing.yaml"),
        ("serve", "LOG_LEVEL", "loud", "- trace - debug - info"),
        ("replay EXAMPLE", "FROM", "yesterday", "a time is RFC 3339"),
        ("replay EXAMPLE", "COMPARE", "missing.yaml", "missing.yaml"),
        ("replay EXAMPLE", "TOP", "0", "--top is a number of rows from 1"),
        ("view EXAMPLE", "LISTEN", "nowhere", "an address is HOST:PORT"),
        ("top", "INTERVAL", "1", "an interval is a duration of 500ms or more"),
        ("trace " + "f" * 32, "ADDRESS", "nowhere", "an address is HOST:PORT"),
        ("mcp", "ADDRESS", "nowhere", "an address is HOST:PORT"),
        ("setup", "ON", "nowhere", "--on"),
        ("archive info EXAMPLE", "FORMAT", "xml", "'text' and 'json'"),
        ("archive convert EXAMPLE", "TO", "xml", "'archive', 'json', 'otlp' or 'jaeger'"),
        ("archive convert EXAMPLE", "OUTPUT", "missing/out", "create missing/out: No such file"),
    ],
)
def test_every_command_reads_its_options(tmp_path, command, variable, value, said):
    arguments = [EXAMPLE if word == "EXAMPLE" else word for word in command.split()]
    words = [word.upper() for word in command.split() if word in ("archive", "info", "convert", "serve", "replay", "view", "top",
                                                             "trace", "mcp", "setup")]
    for name in (f"FAULTLINE_{variable}", "_".join(["FAULTLINE", *words, variable])):
        done = faultline(*arguments, directory=tmp_path, **{name: value})
        assert (done.code, done.output) == (2, "")
        assert said in " ".join(done.errors.split()), done.errors
