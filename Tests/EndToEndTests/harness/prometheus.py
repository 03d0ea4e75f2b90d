"""A real Prometheus that scrapes one target."""

import json
import socket
import subprocess
import urllib.parse
import urllib.request

from harness import project
from harness.lines import Lines
from harness.waiting import DEADLINE, eventually

CONFIGURATION = """\
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: faultline
    static_configs:
      - targets: ["{target}"]
"""


class Prometheus:
    """Runs on a free port of the loopback interface, with its storage in `directory`."""

    def __init__(self, target, directory):
        configuration = directory / "prometheus.yml"
        configuration.write_text(CONFIGURATION.format(target=target))
        # Prometheus doesn't say which port it got for 0.
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.process = subprocess.Popen(
            [
                project.tool("prometheus"),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={directory / 'storage'}",
                f"--web.listen-address={self.address}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.log = Lines(self.process.stderr)

    def __enter__(self):
        try:
            self.log.wait_for("Server is ready to receive web requests")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.log.finish()

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"http://{self.address}{path}?{query}", timeout=DEADLINE) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """Labels and value of each series of an instant query."""
        result = self.get("/api/v1/query", query=expression)["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

    def wait_for(self, expression):
        """What `query` says once it says anything."""
        return eventually(lambda: self.query(expression), f"{expression} in Prometheus; {self.targets()}")

    def targets(self):
        return [target["lastError"] or target["health"] for target in self.get("/api/v1/targets")["activeTargets"]]
