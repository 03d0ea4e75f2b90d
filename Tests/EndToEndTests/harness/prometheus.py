"""A real Prometheus that scrapes one target."""

import json
import urllib.parse
import urllib.request

from harness import project
from harness.server import Server, free_address
from harness.waiting import DEADLINE, eventually

CONFIGURATION = """\
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: faultline
    static_configs:
      - targets: ["{target}"]
{extra}"""


class Prometheus(Server):
    """Runs on a free port of the loopback interface, with its storage in `directory`."""

    def __init__(self, target, directory, options=(), extra="", program=None):
        """`extra` are lines of the scrape's configuration, `program` is another Prometheus than Debian's."""
        configuration = directory / "prometheus.yml"
        configuration.write_text(CONFIGURATION.format(target=target, extra=extra))
        self.address = free_address()
        super().__init__(
            [
                program or project.tool("prometheus"),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={directory / 'storage'}",
                f"--web.listen-address={self.address}",
                *options,
            ],
            ready="Server is ready to receive web requests",
        )

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"http://{self.address}{path}?{query}", timeout=DEADLINE) as answer:
            return json.load(answer)["data"]

    def query(self, expression):
        """Labels and value of each series that an instant query returns."""
        result = self.get("/api/v1/query", query=expression)["result"]
        return [(series["metric"], float(series["value"][1])) for series in result]

    def wait_for(self, expression):
        """The first result of `query` that isn't empty."""
        return eventually(lambda: self.query(expression), f"{expression} in Prometheus; {self.targets()}")

    def targets(self):
        return [target["lastError"] or target["health"] for target in self.get("/api/v1/targets")["activeTargets"]]
