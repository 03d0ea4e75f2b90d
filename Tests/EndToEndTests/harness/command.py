"""Commands that end by themselves, with everything they wrote."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import termios
import threading
from dataclasses import dataclass

from harness.project import BINARY

# Seconds. Replaying the largest capture takes a few in a debug build, many more on a busy machine.
LIMIT = 300


@dataclass
class Result:
    code: int
    output: str
    errors: str

    @property
    def json(self):
        return json.loads(self.output)


def faultline(*arguments, input=b"", directory=None, limit=LIMIT, **environment):
    """Runs `faultline` with these arguments; `input` is its standard input. Output is so wide that no sentence is broken."""
    done = subprocess.run(
        [BINARY, *map(str, arguments)],
        input=input,
        capture_output=True,
        timeout=limit,
        cwd=directory,
        env=os.environ | {"COLUMNS": "10000"} | environment,
    )
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def in_terminal(*arguments, columns):
    """Runs `faultline` with its errors on a terminal as wide as its output is to be; no progress is shown."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    drawn = []
    reader = threading.Thread(target=_read, args=(ours, drawn))
    with subprocess.Popen(
        [BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
        env=os.environ | {"COLUMNS": str(columns), "TERM": "dumb"},
    ) as process:
        os.close(theirs)
        reader.start()
        output, _ = process.communicate(timeout=LIMIT)
        reader.join()
    os.close(ours)
    return Result(process.returncode, output.decode(), b"".join(drawn).decode().replace("\r\n", "\n"))


def _read(terminal, drawn):
    try:
        while part := os.read(terminal, 1 << 16):
            drawn.append(part)
    except OSError:
        # How Linux signals that the other end of a terminal is closed.
        pass


def version():
    """The version that the program says it has."""
    return faultline("version").output.splitlines()[0].removeprefix("faultline ")
