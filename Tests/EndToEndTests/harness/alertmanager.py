"""A real Alertmanager."""

import json
import os
import urllib.request
from pathlib import Path

from harness import project
from harness.server import Server, free_address
from harness.waiting import DEADLINE, eventually

CONFIGURATION = """\
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: hook
    webhook_configs:
      - url: "{url}"
        send_resolved: true
"""


def command():
    """How to run it: from where it was unpacked, it sees its templates where Debian's build looks for them."""
    program = Path(project.tool("prometheus-alertmanager", "prometheus-alertmanager"))
    share = program.parents[1] / "share"
    if share == Path("/usr/share"):
        return [program]
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *as_root, "sh", "-c", 'mount --bind "$0" /usr/share && exec "$@"', share, program]


class Alertmanager(Server):
    """Runs on a free port of the loopback interface, with its storage in `directory`; sends all to a webhook."""

    def __init__(self, directory, hook, address=None):
        configuration = directory / "alertmanager.yml"
        configuration.write_text(CONFIGURATION.format(url=hook))
        self.address = address or free_address()
        self.url = f"http://{self.address}"
        super().__init__(
            [
                *command(),
                f"--config.file={configuration}",
                f"--storage.path={directory / 'alertmanager'}",
                f"--web.listen-address={self.address}",
                "--cluster.listen-address=",
            ],
            ready="Listening on",
        )

    def alerts(self):
        """The alerts that are active."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=DEADLINE) as answer:
            return json.load(answer)

    def wait_for_alerts(self, count):
        def have():
            alerts = self.alerts()
            return [alerts] if len(alerts) == count else None

        (alerts,) = eventually(have, f"{count} alerts in Alertmanager")
        return alerts
