"""Exit codes, and where output goes: results to standard output, everything else to standard error."""

import json
import re
import socket
import subprocess

import pytest

from harness.command import faultline
from harness.waiting import DEADLINE
from harness.project import BINARY, EXAMPLE, ROOT

ADDRESS = "an address is HOST:PORT"
TIME = "a time is RFC 3339 (2026-11-23T04:33:30Z), Unix seconds (1795408410), a duration before the end of the recording (-5m), or now"

SETUP = "setup --on kubeadm --kubernetes 1.31 --etcd 3.5"

# Wrong commands, and the part of the message that says what would be right.
WRONG_COMMANDS = [
    ("nonsense", "no command 'nonsense' of faultline; commands are serve, replay, view, check"),
    ("replya EXAMPLE", "did you mean 'replay'? commands are serve, replay"),
    ("--nonsense", "--nonsense"),
    ("--quiet", "--quiet"),
    ("help nonsense", "commands are serve, replay, view, check"),
    ("help archive nonsense", "commands are verify, info, cat, convert"),
    ("help serve nonsense", "no commands"),
    ("serve --nonsense", "--nonsense"),
    ("serve rules.yaml", "rules.yaml"),
    ("serve --otlp-grpc nowhere", ADDRESS),
    ("serve --otlp-grpc 4317", ADDRESS),
    ("serve --otlp-http address:99999", ADDRESS),
    ("serve --otlp-http ::1:4318", ADDRESS),
    ("serve --listen 127.0.0.1:65536", ADDRESS),
    ("serve --listen 127.0.0.1:-1", ADDRESS),
    ("serve --listen", "--listen"),
    ("serve --otlp-grpc 127.0.0.1:5317 --otlp-http 127.0.0.1:5317", "can't listen on the same port"),
    ("serve --rules missing.yaml", "missing.yaml"),
    ("serve --rules hello", "hello:1:1: "),
    ("serve --config missing.yaml", "missing.yaml"),
    ("serve --config hello", "hello:1:1: "),
    ("serve --archive hello", "archive.directory"),
    ("serve --state hello", "state.directory"),
    ("replay", "<archive>"),
    ("replay --format xml EXAMPLE", "'text' and 'json'"),
    ("replay --from yesterday EXAMPLE", TIME),
    ("replay --to 2026-11-24 EXAMPLE", TIME),
    ("replay --to 2026-13-24T00:00:00Z EXAMPLE", TIME),
    ("replay --from 2026-11-24T00:00:00Z --to 2026-11-23T00:00:00Z EXAMPLE", 
     "--from 2026-11-24T00:00:00Z is later than --to 2026-11-23T00:00:00Z Usage: faultline replay "),
    ("replay --from -5x EXAMPLE", TIME),
    ("replay --sort name EXAMPLE", "- count - errors - p50 - p90 - p99 - max"),
    ("replay --top 0 EXAMPLE", "--top is a number of rows from 1"),
    ("replay --top -1 EXAMPLE", "--top is a number of rows from 1"),
    ("replay --top many EXAMPLE", "--top is a number of rows from 1"),
    ("replay --format json --top 3 EXAMPLE", "--sort and --top are for text"),
    ("replay --rules missing.yaml EXAMPLE", "missing.yaml"),
    ("replay --rules hello EXAMPLE", "hello:1:1: "),
    ("replay --compare missing.yaml EXAMPLE", "missing.yaml"),
    ("replay --config missing.yaml EXAMPLE", "missing.yaml"),
    ("replay missing.otlp.lz4", "missing.otlp.lz4: no such file"),
    ("replay hello", "hello: is not a span archive"),
    ("replay none*", "none*: no file matches"),
    ("replay .", "directory without archives"),
    ("replay - -", "one standard input"),
    ("check", "<file>"),
    ("check --format json hello", "--format"),
    ("check missing.yaml", "missing.yaml"),
    ("check .", "regular file"),
    ("test", "<file>"),
    ("test missing.yaml", "missing.yaml"),
    ("test hello", "hello:1:1: "),
    ("test .", "regular file"),
    ("archive nonsense", "commands are verify, info, cat, convert"),
    ("archive verfy EXAMPLE", "did you mean 'verify'?"),
    *[
        (f"archive {command}", said)
        for command in ("info", "verify", "cat", "convert")
        for command, said in (
            (command, "<archive>"),
            (f"{command} --nonsense EXAMPLE", "--nonsense"),
            (f"{command} missing.otlp", "missing.otlp: no such file"),
            (f"{command} hello", "hello: is not a span archive"),
            (f"{command} .", "directory without archives"),
        )
    ],
    ("archive info --format xml EXAMPLE", "'text' and 'json'"),
    ("archive cat --format xml EXAMPLE", "'json' and 'otlp'"),
    ("archive convert --to xml EXAMPLE", "'archive', 'json', 'otlp' or 'jaeger'"),
    ("archive convert --output . EXAMPLE", ".: exists already, and nothing is overwritten: name a file that doesn't exist"),
    ("archive convert -o hello EXAMPLE", "hello: exists already, and nothing is overwritten"),
    ("archive convert -o missing/out EXAMPLE", "create missing/out: No such file"),
    ("view", "<archive>"),
    ("view --nonsense EXAMPLE", "--nonsense"),
    ("view --from -5x EXAMPLE", TIME),
    ("view --to tomorrow EXAMPLE", TIME),
    ("view --rules hello EXAMPLE", "hello:1:1: "),
    ("view --config missing.yaml EXAMPLE", "missing.yaml"),
    ("view --listen nowhere EXAMPLE", ADDRESS),
    ("view --listen 0.0.0.0:0 EXAMPLE", "listen on 127.0.0.1, or confirm that this is intended with --insecure-listen"),
    ("view -", "standard input can't be viewed: name a file"),
    ("view hello", "hello: is not a span archive"),
    ("top --nonsense", "--nonsense"),
    ("top --address nowhere", ADDRESS),
    ("top --address http://localhost:99999", "a URL is http or https with a host and a port up to 65535"),
    ("top --cluster", "Missing value for '--cluster"),
    ("top --interval 1", "an interval is a duration of 500ms or more"),
    ("top --cluster", "Missing value for '--cluster <name>'"),
    ("top --sort name", "- count - errors - p50 - p90 - p99 - max"),
    ("top --token-file missing", "the file missing can't be read"),
    ("top --ca-file missing", "missing: no such file or directory"),
    ("doctor --nonsense", "--nonsense"),
    ("doctor --address ftp://localhost", "a URL is http or https"),
    ("doctor --token-file empty", "the file empty can't be read"),
    ("doctor --ca-file missing", "missing: no such file or directory"),
    ("doctor --format xml", "'text' and 'json'"),
    ("trace", "<id>"),
    ("trace xyz", "32 hexadecimal digits"),
    ("trace --address nowhere " + "f" * 32, ADDRESS),
    ("trace missing", "32 hexadecimal digits"),
    ("trace --token-file missing " + "f" * 32, "the file missing can't be read"),
    ("trace --ca-file missing " + "f" * 32, "missing: no such file or directory"),
    ("trace --address 127.0.0.1:9464 " + "f" * 32 + " EXAMPLE", "give one or the other"),
    ("trace " + "f" * 32 + " missing.otlp", "missing.otlp: no such file"),
    ("mcp --address nowhere", ADDRESS),
    ("mcp --token-file missing", "the file missing can't be read"),
    ("mcp --ca-file missing", "missing: no such file or directory"),
    ("setup", "--on PLATFORM or --from DIRECTORY"),
    ("setup --on nowhere", "- kubeadm - manifests"),
    ("setup --on kubeadm", "such as --kubernetes 1.31"),
    ("setup --on kubeadm --kubernetes 1.x --etcd 3.5", "must be a release such as 1.31"),
    ("setup --on kubeadm --kubernetes 1.21 --etcd 3.5", "that came with 1.22"),
    ("setup --on kubeadm --kubernetes 1.31 --etcd 3.x", "must be a release such as 3.5"),
    ("setup --on kubeadm --kubernetes 1.31 --etcd 3.4", "that came with 3.5"),
    (f"{SETUP} --endpoint localhost", "it must be HOST:PORT"),
    (f"{SETUP} --sampling half", "a rate is a number of requests per million, from 0 to 1000000"),
    (f"{SETUP} --sampling 1000001", "a rate is a number of requests per million, from 0 to 1000000"),
    (f"{SETUP} --tls certificates", "must be an absolute path on the nodes"),
    (f"{SETUP} --cluster a\u202eb", "must be printable text, and not empty, such as prod-1"),
    (f"{SETUP} --write", "--write needs --from DIRECTORY"),
    (f"{SETUP} --backup old", "--backup needs --write"),
    ("setup --from missing", "--from must name one, such as /etc/kubernetes/manifests"),
    ("setup --from .", "no kube-apiserver.yaml"),
    ("completion", "<shell>"),
    ("completion ksh", "'bash', 'zsh' or 'fish'"),
    ("serve --log-level loud", "- trace - debug - info"),
    ("serve --log-format xml", "'text' and 'json'"),
    ("serve --jaeger nowhere", ADDRESS),
    ("serve --otlp-grpc 0.0.0.0:0", "listen on 127.0.0.1, or set insecure_listen: true (serve --insecure-listen)"),
    ("builtin-rules nonsense", "nonsense"),
    ("rules nonsense", "commands are export"),
    ("rules export --config missing.yaml", "missing.yaml"),
    ("metrics-reference nonsense", "nonsense"),
    ("openapi nonsense", "nonsense"),
    ("rules export --format yaml", "prometheus"),
    ("rules export --histograms both", "'classic' and 'native'"),
    ("rules export hello", "hello:1:1"),
    ("version nonsense", "nonsense"),
]


@pytest.mark.parametrize("command, said", WRONG_COMMANDS, ids=lambda value: value[:60])
def test_a_wrong_command_line_or_file_exits_with_2_and_says_what_would_be_right(tmp_path, command, said):
    # A file that is neither a YAML mapping nor an archive.
    (tmp_path / "hello").write_text("hello\n")
    arguments = [EXAMPLE if word == "EXAMPLE" else word for word in command.split()]
    done = faultline(*arguments, directory=tmp_path)
    assert (done.code, done.output) == (2, "")
    # Argument Parser breaks its lines at eighty columns.
    assert said in " ".join(done.errors.split()), done.errors
    assert [path.name for path in tmp_path.iterdir()] == ["hello"]


def commands(described, path=()):
    """Every command that does something, with its options that take a value."""
    for command in described.get("subcommands", []):
        name = (*path, command["commandName"])
        if not command.get("subcommands"):
            options = [argument for argument in command.get("arguments", []) if argument["kind"] == "option"]
            yield name, [f"--{option['preferredName']['name']}" for option in options]
        elif name != ("help",):
            yield from commands(command, name)


def test_wrong_values_are_tried_of_every_option_of_every_command():
    described = json.loads(faultline("--experimental-dump-help").output)["command"]
    tried = [command.split() for command, _ in WRONG_COMMANDS]
    for name, options in commands(described):
        mine = [words for words in tried if tuple(words[:len(name)]) == name]
        if name != ("help",):
            assert mine, name
        for option in options:
            assert any(option in words for words in mine), (name, option)


@pytest.mark.parametrize("arguments", [["--help"], ["help"], ["serve", "--help"], ["replay", "-h"], ["check", "-h"]])
def test_help_is_a_result(arguments):
    done = faultline(*arguments)
    assert (done.code, done.errors) == (0, "")
    assert "USAGE: faultline" in done.output


def test_the_problem_names_the_file(tmp_path):
    done = faultline("replay", "missing.otlp.lz4", directory=tmp_path)
    assert done.errors == "faultline: missing.otlp.lz4: no such file\n"


@pytest.mark.parametrize("option", ["--otlp-grpc", "--otlp-http", "--listen"])
def test_an_address_in_use_is_named_in_the_error(option):
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
    # Like any program whose reader has left: by SIGPIPE, or with 0.
    assert process.returncode in (0, -13)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_name_every_command(shell):
    done = faultline("completion", shell)
    assert faultline("completions", shell).output == done.output
    assert (done.code, done.errors) == (0, "")
    for command in ("serve", "replay", "check", "archive", "builtin-rules"):
        assert command in done.output
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=done.output, text=True, check=True)


def test_the_man_page_names_every_command():
    page = (ROOT / "docs" / "man" / "faultline.1").read_text()
    for line in faultline("--help").output.partition("SUBCOMMANDS:")[2].splitlines():
        if name := re.match(r"  ([a-z][\w-]*)  ", line):
            assert name.group(1) in page


def test_escape_sequences_in_arguments_never_reach_the_terminal():
    for arguments in (["help", "\x1b[31mb"], ["serve", "--listen", "\x1b[31mb"], ["\x1b[31mb"]):
        done = faultline(*arguments)
        assert done.code == 2
        assert "\x1b" not in done.output + done.errors and "[31mb" in done.errors
