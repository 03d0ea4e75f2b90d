"""Commands that end by themselves, with everything they wrote."""

import json
import os
import subprocess
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


def version():
    """The version that the program says it has."""
    return faultline("version").output.splitlines()[0].removeprefix("faultline ")
