"""`faultline check`: every problem as file:line:column: message."""

import os
import re
import threading

import pytest

from harness.certificates import Authority
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
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_good_files_pass_silently(file):
    done = faultline("check", file(SLOW_PAYMENTS), file("evaluation_delay: 1s\n", "faultline.yaml"))
    assert (done.code, done.output, done.errors) == (0, "", "")


def test_every_problem_is_reported_at_its_position(file):
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


def test_problems_of_all_files_are_reported(file):
    first, second = file(BAD_RULES, "first.yaml"), file("evaluation_delay: soon\n", "second.yaml")
    done = faultline("check", first, file(SLOW_PAYMENTS), second)
    assert done.code == 1
    assert f"{first}:7:" in done.output
    assert f"{second}:1:19: " in done.output


@pytest.mark.parametrize(
    "content",
    [
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
    ids=["cut", "alias", "bomb", "duplicate key", "tabs", "UTF-16", "escapes", "nested", "2 MiB"],
)
def test_what_is_not_a_rule_file_is_reported_on_one_line(file, content):
    path = file(content)
    done = faultline("check", path)
    assert (done.code, done.errors) == (1, "")
    for line in done.output.splitlines():
        assert re.fullmatch(rf"{re.escape(str(path))}:\d+:\d+: [^\x00-\x1f]+", line), line
    assert done.output


@pytest.mark.parametrize("option", ["--rules", "--config"])
def test_other_commands_report_the_same_problems(file, option, tmp_path):
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


def test_the_settings_of_archives_are_checked(file):
    path = file(ARCHIVE, "faultline.yaml")
    done = faultline("check", path)
    assert done.code == 1
    lines = done.output.splitlines()
    assert [line.split(":")[1] for line in lines] == ["3", "4", "7"]
    assert "memory or durable" in lines[0] and "retain_age" in lines[2]


def rule(alert="Slow", when="p99 > 1s", interval="15s", rest=""):
    return (
        f"groups:\n  - name: g\n    interval: {interval}\n    rules:\n"
        f"      - {{alert: {alert}, select: {{verb: list}}, when: {when}, over: 1m{rest}}}\n"
    )


def test_the_built_in_rules_pass_by_their_name():
    done = faultline("check", "builtin")
    assert (done.code, done.output, done.errors) == (0, "", "")


@pytest.mark.parametrize(
    ("rules", "place"),
    [
        (rule(interval="15s", rest=", for: 5s"), "5:76: warning: for 5s: "),
        (rule(interval="15s", rest=", keep_firing_for: 1s"), "5:88: warning: keep_firing_for 1s: "),
        (rule(interval="2m"), "5:67: warning: over 1m: "),
        (rule(when="count >= 0"), "5:60: warning: count >= 0 always holds"),
    ],
)
def test_what_hardly_works_as_intended_is_a_warning_and_not_an_error(file, rules, place):
    path = file(rules)
    done = faultline("check", path)
    assert done.code == 0
    assert done.output.startswith(f"{path}:{place}")


def test_a_problem_is_reported_once_however_its_file_is_named(file, tmp_path):
    rules = file(BAD_RULES)
    configuration = file("rules: [rules.yaml]\n", "faultline.yaml")
    (tmp_path / "link.yaml").symlink_to(rules)
    expected = faultline("check", rules).output.splitlines()
    for names in (
        [rules.name, configuration], [configuration.name, rules], ["./rules.yaml", configuration.name, "link.yaml", rules],
    ):
        done = faultline("check", *names, directory=tmp_path)
        assert done.code == 1 and [line.partition(":")[2] for line in done.output.splitlines()] == [
            line.partition(":")[2] for line in expected
        ]


def test_files_named_in_a_configuration_are_checked_with_it(file, tmp_path):
    file(BAD_RULES, "bad.yaml")
    file("X-Token secret\n", "headers")
    file(
        "sinks:\n  - webhook: {url: 'http://127.0.0.1:1/', headers_file: headers}\n"
        "  - webhook: {url: 'http://127.0.0.1:2/', headers_file: absent}\n", "sinks.yaml",
    )
    file("", "file")
    path = file(
        "archive: {directory: file}\nstate: {directory: not/there/yet}\nrules: [bad.yaml, sinks.yaml, missing.yaml]\n",
        "faultline.yaml",
    )
    done = faultline("check", path.name, directory=tmp_path)
    assert done.code == 1
    assert 'faultline.yaml:1:22: directory: "file" is not a directory' in done.output
    assert 'faultline.yaml:3:31: the rule file "missing.yaml" can\'t be read: no such file' in done.output
    assert "bad.yaml:7:21: " in done.output
    assert re.search(r"^sinks\.yaml:2:57: headers_file: .*headers: line 1 is not of the form Name: value$", done.output, re.M)
    assert re.search(r"^sinks\.yaml:3:57: headers_file: .*absent:1:1: the file can't be read: no such file$", done.output, re.M)
    assert "secret" not in done.output


@pytest.mark.parametrize("directory, reason", [
    ("file/below", '"file/below" can\'t be created: "{here}/file" is not a directory'),
    ("link", '"link" can\'t be created: "{here}/link" is a broken symbolic link'),
    ("/proc/self", '"/proc/self" belongs to the kernel'),
    ("x" * 300, '"' + "x" * 200 + '…" can\'t be created: a name has at most 255 bytes'),
    ('"a\\0b"', '"a\\u{{0}}b" contains a zero byte'),
    ("/proc/faultline", '"/proc/faultline" can\'t be created: "/proc" belongs to the kernel'),
])
def test_a_directory_that_can_never_be_created_is_an_error(directory, reason, file, tmp_path):
    file("", "file")
    (tmp_path / "link").symlink_to("absent")
    path = file(f"archive: {{directory: {directory}}}\n", "faultline.yaml")
    done = faultline("check", path.name, directory=tmp_path)
    assert (done.code, done.output) == (
        1, f"faultline.yaml:1:22: directory: {reason.format(here=tmp_path.resolve())}\n")


@pytest.mark.parametrize("second", ["./x/../D", "D/", "link/D", "../{name}/D"])
@pytest.mark.parametrize("exists", [True, False])
def test_one_directory_in_two_spellings_is_one(second, exists, file, tmp_path):
    (tmp_path / "link").symlink_to(".")
    if exists:
        (tmp_path / "D").mkdir()
    second = second.format(name=tmp_path.name)
    path = file(f"archive: {{directory: D}}\nstate: {{directory: {second}}}\n", "faultline.yaml")
    done = faultline("check", path.name, directory=tmp_path)
    assert done.code == 1
    assert done.output.startswith("faultline.yaml:2:20: archive and state have the same directory"), done.output


@pytest.mark.parametrize("dates, why", [
    ({"days": -1}, "the certificate has expired"), ({"days": 9, "begins": 5}, "the certificate isn't valid yet"), ({}, None),
])
def test_a_certificate_that_clients_refuse_is_a_warning(file, tmp_path, dates, why):
    Authority(tmp_path).issue("server", **dates)
    done = faultline("check", file("listen: {tls: {cert_file: server.crt, key_file: server.key}}\n"))
    assert done.code == 0 and (f"1:27: warning: cert_file: {why} (" in done.output) == bool(why)
    assert bool(done.output) == bool(why)


@pytest.mark.parametrize("url", ["https://a.example/?x=1", "https://a.example/#x"])
def test_an_external_url_that_links_cant_append_to_is_an_error(file, url):
    done = faultline("check", file(f"external_url: {url}\n"))
    assert done.code == 1 and "1:15: external_url must be without a query and a fragment" in done.output


def test_sinks_in_a_configuration_are_named_as_the_mistake(file):
    done = faultline("check", file("listen: 127.0.0.1:9464\nsinks:\n  - stdout: {}\n"))
    assert done.code == 1 and '2:1: unknown field "sinks" in a configuration' in done.output


def test_check_and_serve_say_the_same_of_a_configuration(file, tmp_path):
    file(BAD_RULES, "bad.yaml")
    path = file("rules: [bad.yaml, none-*.yaml]\n", "faultline.yaml")
    checked = faultline("check", path.name, directory=tmp_path)
    assert checked.code == 1
    for command in (["serve"], ["replay", "absent.otlp"]):
        done = faultline(*command, "--config", path.name, directory=tmp_path)
        assert (done.code, done.output, done.errors) == (2, "", checked.output)


def test_patterns_match_rule_files_in_the_order_of_their_names(file, tmp_path):
    for name in ("10-a.yaml", "9-b.yaml", "B.yaml", "a.yaml"):
        file(rule(alert="99"[: len(name) % 3] + name[:1], when="p99 > 5%"), f"rules/{name}")
    path = file("rules: ['rules/*.yaml']\n", "faultline.yaml")
    done = faultline("check", path.name, directory=tmp_path)
    assert [line.split(":")[0] for line in done.output.splitlines()] == [
        "rules/10-a.yaml", "rules/9-b.yaml", "rules/B.yaml", "rules/a.yaml",
    ]  # fmt: skip


def test_a_pattern_that_nothing_matches_is_an_error_at_its_position(file, tmp_path):
    path = file("listen: 127.0.0.1:0\nrules: ['rules/*.yaml']\n", "faultline.yaml")
    done = faultline("check", path.name, directory=tmp_path)
    assert (done.code, done.output) == (1, 'faultline.yaml:2:9: no file matches "rules/*.yaml"\n')


def test_alerts_of_two_files_must_differ(file, tmp_path):
    file(rule(), "first.yaml")
    file(rule(), "second.yaml")
    path = file("rules: [first.yaml, second.yaml]\n", "faultline.yaml")
    done = faultline("check", path.name, directory=tmp_path)
    assert done.code == 1
    assert done.output.startswith('second.yaml:5:17: the alerts "Slow" of this rule')
    assert "first.yaml:5" in done.output


@pytest.mark.parametrize(
    ("configuration", "place", "names"),
    [
        ("otlp: {grpc: 127.0.0.1:4318}\n", "1:14", ("otlp.grpc", "otlp.http")),
        ("otlp: {grpc: 127.0.0.1:5000, http: ':5000'}\n", "1:36", ("otlp.grpc", "otlp.http")),
        ("listen: 127.0.0.1:4317\n", "1:9", ("otlp.grpc", "listen")),
        ("otlp:\n  http: 0.0.0.0:9464\n", "2:9", ("otlp.http", "listen")),
        *[
            (f"listen: '{address}'\n", "1:9", ("otlp.grpc", "listen"))
            for address in (
                "localhost:4317", "LOCALHOST.:4317", "[::ffff:127.0.0.1]:4317", "[::ffff:7f00:1]:4317", "[::]:4317",
                ":4317", "[0::0]:4317",
            )
        ],
        ("otlp: {grpc: '[::1]:5', http: '[0::1]:5'}\n", "1:31", ("otlp.grpc", "otlp.http")),
        ("otlp: {grpc: 'localhost:5', http: '[::1]:5'}\n", "1:35", ("otlp.grpc", "otlp.http")),
        ("otlp: {grpc: 'node-1:5', http: 'NODE-1.:5'}\n", "1:32", ("otlp.grpc", "otlp.http")),
        ("otlp: {grpc: 'node-1:5', http: ':5'}\n", "1:32", ("otlp.grpc", "otlp.http")),
    ],
)
def test_two_receivers_on_one_port_are_an_error(file, configuration, place, names):
    path = file(configuration + "insecure_listen: true\n", "faultline.yaml")
    done = faultline("check", path)
    assert done.code == 1
    (line,) = done.output.splitlines()
    assert line.startswith(f"{path}:{place}: ")
    assert all(name in line for name in names)


@pytest.mark.parametrize(
    "configuration",
    [
        "otlp: {grpc: '127.0.0.1:0', http: '127.0.0.1:0'}\nlisten: 127.0.0.2:4317\n",
        "listen: '[::1]:4317'\n",
        "otlp: {grpc: '0.0.0.0:5', http: '[::1]:5'}\ninsecure_listen: true\n",
        "otlp: {grpc: 'node-1:5', http: 'node-2:5'}\nlisten: 'node-1:6'\n",
    ],
)
def test_addresses_that_can_be_bound_together_are_fine(file, configuration):
    done = faultline("check", file(configuration, "faultline.yaml"))
    assert (done.code, done.output) == (0, "")


@pytest.mark.parametrize(
    "address",
    [
        "300.0.0.1:4317", "127.0.0.1.5:4317", "[localhost]:4317", "[127.0.0.1]:4317", "::1:4317", "[::1:4317",
        "a b:4317", "-node:4317", "no..de:4317", "http://node:4317", "127.0.0.1:+1", "127.0.0.1:65536", "127.0.0.1",
        "127.0.0.1:", "[::g]:1", "127.1:4317", "2130706433:4317", "1.2.3:80", "0x7F.0.0.1:80", "0177.0.0.1:80",
    ],
)
def test_what_is_not_an_address_is_an_error(file, address):
    path = file(f"listen: '{address}'\n", "faultline.yaml")
    done = faultline("check", path)
    assert done.code == 1
    assert done.output.startswith(f"{path}:1:9: listen: an address is HOST:PORT, such as ")
    assert faultline("serve", "--listen", address).code == 2


def test_an_unknown_host_is_an_error_at_its_position_only_when_the_daemon_starts(file):
    path = file("otlp: {http: '127.0.0.1:0'}\nlisten: nowhere.invalid:0\n", "faultline.yaml")
    assert faultline("check", path).code == 0
    done = faultline("serve", "--config", path)
    assert (done.code, done.output) == (2, "")
    assert done.errors.startswith(f'{path}:2:9: listen: can\'t listen on the host "nowhere.invalid": ')
    done = faultline("serve", "--config", path, "--listen", "elsewhere.invalid:0")
    assert done.code == 2
    assert done.errors.startswith('faultline: listen: can\'t listen on the host "elsewhere.invalid": ')


def test_options_that_name_one_port_in_two_ways_are_refused(file):
    path = file("otlp: {grpc: '127.0.0.1:5000', http: '127.0.0.1:0'}\n", "faultline.yaml")
    done = faultline("serve", "--config", path, "--listen", "localhost:5000")
    assert done.code == 2
    assert "otlp.grpc (127.0.0.1:5000) and listen (localhost:5000) can't listen on the same port" in done.errors


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "---\n", "~\n", "{}\n"])
def test_an_empty_file_is_a_configuration_of_defaults_but_not_a_rule_file(file, content):
    path = file(content)
    done = faultline("check", path)
    assert done.code == 0
    assert re.fullmatch(rf"{re.escape(str(path))}:1:1: warning: the file is empty: .*\n", done.output)
    replay = ("replay", "--quiet", "-")
    assert faultline(*replay, "--config", path, input=b'{"resourceSpans": []}').code == 0
    assert faultline(*replay, "--rules", path).code == 2
    naming = file("rules: [rules.yaml]\n", "faultline.yaml")
    assert faultline("check", naming.name, directory=path.parent).code == 1


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("archive: {mode: durable}", "1:10: warning: nothing is recorded, because archive has no directory"),
        ("archive: {rotate_after: 1h}", "1:10: warning: nothing is recorded"),
        ("window: {history: 0s, history_bytes: 1MiB}", "1:38: warning: history_bytes has no effect"),
        (
            "archive: {directory: a, rotate_bytes: 1GiB, retain_bytes: 1GiB}",
            "1:39: warning: rotate_bytes 1 GiB: a file is finished at 256 MiB",
        ),
    ],
)
def test_a_setting_without_effect_is_a_warning(file, text, warning):
    path = file(text + "\n", "faultline.yaml")
    done = faultline("check", path)
    assert done.code == 0
    assert done.output.startswith(f"{path}:{warning}")
    assert len(done.output.splitlines()) == 1


def test_the_rules_of_rule_tests_are_checked_with_them(file, tmp_path):
    file(BAD_RULES, "bad.yaml")
    path = file(
        "rule_files: [bad.yaml, absent.yaml]\ntests:\n  - {name: a, archive: none.otlp, expect: []}\n", "tests.yaml"
    )
    checked = faultline("check", path)
    tested = faultline("test", path)
    assert (checked.code, tested.code) == (1, 2)
    assert tested.errors == checked.output
    assert f"{tmp_path}/bad.yaml:7:21: " in checked.output
    assert f"{path}:1:24: the rule file " in checked.output
    assert f"{path}:3:24: the archive " in checked.output


def test_a_replay_needs_no_headers_and_says_that_they_are_missing(file):
    path = file("sinks:\n  - webhook: {url: 'http://127.0.0.1:1/', headers_file: absent}\n")
    done = faultline("replay", "--quiet", "--rules", path, "-", input=b'{"resourceSpans": []}')
    assert done.code == 0
    assert f"{path}:2:57: warning: headers_file: " in done.errors
    assert faultline("serve", "--rules", path).code == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("limits: {max_bytes_in_flight: 9223372036854775807}", "1:31: max_bytes_in_flight must be a size such as"),
        ("window: {max_bytes: 9223372036854775807}", "1:21: max_bytes must be a size such as"),
        ("window: {history_bytes: 2000000GiB}", "1:25: history_bytes must be a size such as"),
        ("window: {duration: 0s}", "1:20: duration must be a duration such as 30s, 5m or 1h30m, at least 1s"),
        ("archive: {directory: a, rotate_after: 1ns}", "1:39: rotate_after must be a duration"),
        ('archive: {directory: ""}', "1:22: directory must be a path, but found an empty one"),
        ('state: {directory: ""}', "1:20: directory must be a path, but found an empty one"),
        ("archive: {directory: a, retain_age: 0s}", "1:37: retain_age must be a duration"),
        ("archive: {directory: a, retain_bytes: 1}", '1:39: retain_bytes must be at least 16 KiB, but found "1"'),
        ("archive: {directory: a, rotate_bytes: 4095}", '1:39: rotate_bytes must be at least 4 KiB, but found "4095"'),
    ],
)
def test_meaningless_numbers_are_problems_for_check_and_serve_alike(tmp_path, text, problem):
    path = tmp_path / "faultline.yaml"
    path.write_text(text + "\n")
    for code, command in ((1, ["check", path]), (2, ["serve", "--config", path])):
        done = faultline(*command)
        assert done.code == code
        assert f"{path}:{problem}" in done.output + done.errors


@pytest.mark.parametrize(
    ("select", "doubt"),
    [
        ('{service: " etcd"}', "it begins or ends with white space"),
        ('{operation: "List\\t"}', "it begins or ends with white space"),
        ('{operation: "Li\\x07st"}', "it contains a control character"),
        ('{service: "==etcd"}', "write an exact value without"),
        ("{service: kube-*}", "a pattern begins with =~"),
    ],
)
def test_a_selector_that_hardly_selects_anything_is_a_warning(file, select, doubt):
    path = file(f"groups:\n  - name: g\n    rules:\n      - {{alert: A, select: {select}, when: p99 > 1s, over: 5m}}\n")
    done = faultline("check", path)
    assert done.code == 0
    assert re.match(rf"{re.escape(str(path))}:4:\d+: warning: ", done.output) and doubt in done.output


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/urandom"])
def test_an_endless_device_is_refused_at_once(device):
    for command in (["check"], ["serve", "--config"], ["serve", "--rules"], ["replay"], ["archive", "info"]):
        done = faultline(*command, device)
        assert done.code == 2
        assert "is a device, which never ends" in done.errors


def test_a_pipe_is_read_to_its_end_however_it_is_written(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write():
        with open(pipe, "wb", buffering=0) as end:
            for line in SLOW_PAYMENTS.splitlines(keepends=True):
                end.write(line.encode())

    writer = threading.Thread(target=write)
    writer.start()
    done = faultline("replay", "--quiet", "--rules", pipe, "-", input=b'{"resourceSpans": []}')
    writer.join()
    assert done.code == 0, done.errors


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"])
def test_a_file_of_wide_characters_is_named_as_such(file, encoding):
    name = encoding[:6].upper()
    done = faultline("check", file(("\ufeff" + SLOW_PAYMENTS).encode(encoding)))
    assert f"the file is in {name}; save it as UTF-8" in done.output
    for mark in ("\ufeff", ""):
        done = faultline("archive", "info", "-", input=(mark + '{"resourceSpans": []}').encode(encoding))
        assert f'is text in {name}: "iconv -f {name} -t UTF-8 FILE | faultline archive info -" reads it' in done.errors


def test_an_output_file_without_its_option_is_refused_with_the_option(file, tmp_path):
    path = file('{"resourceSpans": []}', "in.json")
    done = faultline("archive", "convert", path, tmp_path / "out.json")
    assert done.code == 2
    assert f"name the file to write with -o, as in -o {tmp_path / 'out.json'}" in done.errors


def test_help_of_help_is_the_help():
    assert faultline("help", "help").output == faultline("--help").output
