"""`faultline top`: the last minute of a daemon, in a terminal."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading

import pytest

from harness import clusters, project
from harness.command import faultline
from harness.daemon import Faultline
from harness.viewer import Viewer
from harness.waiting import DEADLINE, eventually

HOME, ESCAPE = "\x1b[H", "\x1b"


@pytest.fixture(scope="module")
def daemon():
    """Recorded spans: the last minute is the same however long the tests take."""
    with Viewer(project.EXAMPLE) as running:
        yield running


@pytest.fixture(scope="module")
def two_clusters(tmp_path_factory):
    with Viewer(*clusters.with_incidents(tmp_path_factory.mktemp("clusters"))) as running:
        yield running


class Terminal:
    """`faultline top` on a terminal, with everything that was drawn."""

    def __init__(self, *arguments, columns=80, lines=24, term="xterm"):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [project.BINARY, "top", *arguments], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.PIPE,
            env=environment | {"TERM": term},
        )
        os.close(theirs)
        self.drawn = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        os.close(self.ours)
        self.process.stderr.close()

    def _read(self):
        try:
            while part := os.read(self.ours, 1 << 16):
                self.drawn += part
        except OSError:
            # How Linux signals that the other end of a terminal is closed.
            pass

    @property
    def text(self):
        return self.drawn.decode(errors="ignore")

    @property
    def frames(self):
        """What was drawn each time, as lines without escape sequences."""
        plain = [re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", frame) for frame in self.text.split(HOME)[1:]]
        # The terminal's driver adds a carriage return of its own.
        return [re.split("\r+\n", frame) for frame in plain]

    def end(self, number=None):
        """Waits for its end, after a signal if one is given. Returns its exit code."""
        if number:
            self.process.send_signal(number)
        code = self.process.wait(DEADLINE)
        self._reader.join()
        return code


def test_once_prints_the_verdict_whose_time_it_was_and_the_requests(daemon):
    done = faultline("top", "--once", "--address", daemon.query, COLUMNS="80")
    assert (done.code, done.errors) == (0, "")
    lines = done.output.splitlines()
    assert max(map(len, lines)) <= 80 and ESCAPE not in done.output
    assert daemon.query in lines[0] and "last span" in lines[1]
    assert "etcd (clear): its own handlers took" in done.output
    assert re.search(r"whose time in the last minute: etcd \d+ %", done.output)
    assert "update leases" in done.output and "(resource)" in done.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_is_redrawn_in_place_and_gives_the_terminal_back(daemon, number):
    with Terminal("--address", daemon.query, "--interval", "500ms") as terminal:
        eventually(lambda: len(terminal.frames) >= 4, "four frames")
        assert terminal.end(number) == 0
    frames = terminal.frames
    assert any("etcd (clear)" in line for line in frames[-1])
    assert all(len(frame) <= 24 and all(len(line) <= 80 for line in frame) for frame in frames)
    # The screen before it, and the cursor, are there again.
    assert terminal.text.startswith("\x1b[?1049h\x1b[?25l") and terminal.text.endswith("\x1b[?25h\x1b[?1049l")
    # What one frame left is overwritten to the end of each line and of the screen.
    assert all(part.count("\x1b[K") == len(frame) and "\x1b[J" in part
               for part, frame in zip(terminal.text.split(HOME)[1:], frames, strict=True))


def test_a_small_terminal_shows_what_matters_most(daemon):
    with Terminal("--address", daemon.query, "--interval", "500ms", columns=50, lines=8) as terminal:
        eventually(lambda: any("etcd (clear)" in "".join(frame) for frame in terminal.frames), "the verdict")
        assert terminal.end(signal.SIGINT) == 0
    assert all(len(frame) <= 8 and all(len(line) <= 50 for line in frame) for frame in terminal.frames)


@pytest.mark.parametrize("columns, headings", [(39, "rate errors p99 request"), (30, "errors p99 request"), (20, "p99 request")])
def test_a_narrow_terminal_has_fewer_columns(daemon, columns, headings):
    lines = faultline("top", "--once", "--address", daemon.query, COLUMNS=str(columns)).output.splitlines()
    assert max(map(len, lines)) <= columns
    heading = next(number for number, line in enumerate(lines) if "p99" in line.split())
    assert " ".join(lines[heading].split()) == headings
    assert all(re.search(r"\d (µs|ms|s)  \S", line) for line in lines[heading + 1 :])
    assert "etcd (clear)" in " ".join(lines)


def test_a_dumb_terminal_is_printed_to_once(daemon):
    with Terminal("--address", daemon.query, term="dumb") as terminal:
        assert terminal.end() == 0
    assert ESCAPE not in terminal.text and "etcd (clear)" in terminal.text


def test_a_daemon_that_goes_is_waited_for():
    with Faultline() as daemon, Terminal("--address", daemon.query, "--interval", "500ms") as terminal:
        eventually(lambda: any("no open incident; no alert is firing" in " ".join(frame) for frame in terminal.frames), "a quiet frame")
        assert any("no spans yet" in line for line in terminal.frames[-1])
        daemon.stop()
        eventually(lambda: "is faultline serve running there?" in " ".join(terminal.frames[-1]), "what is wrong")
        assert terminal.process.poll() is None
        assert terminal.end(signal.SIGINT) == 0


def test_requests_are_sorted_as_asked(daemon):
    lines = faultline("top", "--once", "--sort", "p99", "--address", daemon.query, COLUMNS="200").output.splitlines()
    heading = next(number for number, line in enumerate(lines) if "p50" in line)
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines[heading + 1 :]]
    column = re.split(r"\s{2,}", lines[heading].strip()).index("p99")
    values = [float(value) * {"s": 1, "ms": 1e-3, "µs": 1e-6}[unit] for value, unit in (row[column].split() for row in rows)]
    assert len(values) > 5 and values == sorted(values, reverse=True)


def test_clusters_are_told_apart(two_clusters):
    done = faultline("top", "--once", "--address", two_clusters.query, COLUMNS="200")
    assert (done.code, done.errors) == (0, "")
    assert _verdict(done).startswith("cluster west: ") and "; 2 alerts are firing" in done.output
    assert {row[-2] for row in _rows(done)} == {"east", "west"}


@pytest.mark.parametrize("cluster", ["east", "west"])
def test_one_cluster_has_nothing_of_another(two_clusters, cluster):
    done = faultline("top", "--once", "--cluster", cluster, "--address", two_clusters.query, COLUMNS="200")
    assert (done.code, done.errors) == (0, "")
    assert _verdict(done).startswith(f"cluster {cluster}: ") and "; 1 alert is firing" in done.output
    # A column would say the same in all rows.
    (other,) = {"east", "west"} - {cluster}
    assert _rows(done) and other not in done.output and " cluster  " not in done.output


def test_of_a_cluster_without_spans_it_says_which_clusters_have_some(two_clusters):
    done = faultline("top", "--once", "--cluster", "north", "--address", two_clusters.query)
    assert (done.code, done.output) == (1, "")
    assert 'no spans of the cluster "north"; clusters with spans: "east", "west"' in done.errors


def test_all_open_incidents_are_named_the_most_urgent_first(two_clusters):
    lines = faultline("top", "--once", "--address", two_clusters.query, COLUMNS="200").output.splitlines()
    assert lines[3].startswith("cluster west: ")
    at = lines.index("and 1 more incident:")
    assert at > 3 and lines[at + 1].startswith("    cluster east: ")
    alone = faultline("top", "--once", "--cluster", "east", "--address", two_clusters.query).output
    assert "more incident" not in alone


def _verdict(done):
    return done.output.splitlines()[3]


def _rows(done):
    """The cells of the table, without its heading."""
    lines = done.output.splitlines()
    heading = next(number for number, line in enumerate(lines) if "p50" in line)
    return [re.split(r"\s{2,}", line.strip()) for line in lines[heading + 1 :]]


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        (["--address", "127.0.0.1:1"], 1, "is faultline serve running there?"),
        (["--address", "nonsense"], 2, "an address is HOST:PORT"),
        (["--address", "ftp://nowhere"], 2, "a URL is http or https with a host"),
        (["--interval", "1"], 2, "an interval is a duration of 500ms or more, such as 2s"),
        (["--sort", "name"], 2, "- count - errors - p50 - p90 - p99 - max"),
        (["archive.lz4"], 2, "archive.lz4"),
    ],
)
def test_what_is_wrong_is_said(arguments, code, said):
    done = faultline("top", *arguments)
    assert (done.code, done.output) == (code, "")
    assert said in " ".join(done.errors.split())


def test_something_else_that_answers_is_said(tmp_path):
    server = subprocess.Popen(
        ["python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = re.search(rb"port (\d+)", server.stdout.readline()).group(1).decode()
        done = faultline("top", "--once", "--address", f"127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
    assert (done.code, done.output) == (1, "") and "404" in done.errors
