"""`faultline view` as a separate process."""

import json
import signal
import subprocess
import urllib.request

from harness import openapi, project
from harness.lines import Lines
from harness.waiting import DEADLINE


class Viewer:
    """Shows archives on a free port of the loopback interface. Ctrl-C ends it, with 0."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [project.BINARY, "view", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.output, self.errors = Lines(self.process.stdout), Lines(self.process.stderr)

    def __enter__(self):
        try:
            (line,) = self.output.wait_for("http://")
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        self.url = line.strip().rstrip("/")
        self.query = self.url.removeprefix("http://")
        return self

    def __exit__(self, kind, error, trace):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(DEADLINE)
        self.output.finish()
        self.errors.finish()
        if kind is None:
            assert code == 0, "\n".join(self.errors.all)

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=DEADLINE) as answer:
            body = answer.read()
            openapi.check(path, answer.headers["Content-Type"], body)
            return body

    def ask(self, path):
        return json.loads(self.get(path))
