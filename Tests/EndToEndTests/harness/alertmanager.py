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


# Where Debian's build looks for its templates, and a name of the same length for the directory it is started in
SHARE = "/usr/share/prometheus/alertmanager"
HERE = "/proc/self/cwd".ljust(len(SHARE), "/")


def command():
    """The program to run. An unpacked package needs a copy that looks for its templates there, since only root could mount them."""
    program = Path(project.tool("prometheus-alertmanager", "prometheus-alertmanager"))
    if program.parents[1] == Path("/usr"):
        return [program]
    templates = program.parents[2] / SHARE.removeprefix("/")
    assert (templates / "default.tmpl").is_file(), f"no default.tmpl in {templates}"
    movable = program.with_name("alertmanager-movable")
    if not movable.exists():
        content = program.read_bytes()
        assert SHARE.encode() in content, f"{program} doesn't look for {SHARE}"
        # Concurrent tests may make it too; each of them makes all of it.
        made = program.with_name(f"{movable.name}-{os.getpid()}")
        made.write_bytes(content.replace(SHARE.encode(), HERE.encode()))
        made.chmod(0o755)
        made.replace(movable)
    return ["env", f"--chdir={templates}", movable]


class Alertmanager(Server):
    """Runs on a free port of the loopback interface, with its storage in `directory`; sends all alerts to a webhook."""

    def __init__(self, directory, hook, address=None, web=None, context=None):
        """`web` is a file with its side of TLS, `context` the client's."""
        configuration = directory / "alertmanager.yml"
        configuration.write_text(CONFIGURATION.format(url=hook))
        self.address = address or free_address()
        self.url = f"{'https' if web else 'http'}://{self.address}"
        self._context = context
        super().__init__(
            [
                *command(),
                f"--config.file={configuration}",
                f"--storage.path={directory / 'alertmanager'}",
                f"--web.listen-address={self.address}",
                "--cluster.listen-address=",
                *([f"--web.config.file={web}"] if web else []),
            ],
            ready="Listening on",
        )

    def alerts(self):
        """The active alerts."""
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=DEADLINE, context=self._context) as answer:
            return json.load(answer)

    def wait_for_alerts(self, count):
        def have():
            alerts = self.alerts()
            return [alerts] if len(alerts) == count else None

        (alerts,) = eventually(have, f"{count} alerts in Alertmanager")
        return alerts
