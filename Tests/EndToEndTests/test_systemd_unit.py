"""The systemd unit's command, started from the unpacked Debian package under the unit's restrictions.

No systemd runs here, so the harness applies what needs none: the root read-only but for the state, a /tmp and a /dev of
its own, an unprivileged user without capabilities or new privileges, the filter of system calls and address families."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from harness import http_client, project, spans
from harness.daemon import Faultline
from harness.namespaces import IS_ROOT, as_root
from harness.packages import packages
from harness.roots import copy, libraries, link_folders
from harness.system_calls import program

UNIT = (project.ROOT / "deploy" / "systemd" / "faultline.service").read_text()
# Of those that systemd gives to services with DynamicUser=
USER = 61184 if IS_ROOT else 0


def settings(name):
    return re.findall(rf"^{name}=(.*)$", UNIT, re.M)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder, root = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("root")
    root.chmod(0o755)
    (package,) = packages(folder).glob("*.deb")
    subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
    for file in libraries(project.BINARY):
        copy(file, root)
    link_folders(root)
    return root


def confining(root, tmp_path):
    """A command that runs another under the restrictions."""
    filters = tmp_path / "filter"
    filters.write_bytes(program(settings("SystemCallFilter"), settings("RestrictAddressFamilies")[0].split()))
    (state,) = settings("StateDirectory")
    launcher = project.ROOT / "Tests" / "EndToEndTests" / "harness" / "confined.py"
    return [
        *["unshare", *as_root(), "--mount", "--ipc", sys.executable, launcher],
        *[root, f"/var/lib/{state}", str(USER), filters],
    ]


def assert_confined(process):
    status = dict(re.findall(r"^(\w+):\t(.*)$", Path(f"/proc/{process}/status").read_text(), re.M))
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert all(int(status[name], 16) == 0 for name in ("CapEff", "CapBnd", "CapAmb") if USER)
    assert set(status["Uid"].split()) == {str(USER or os.geteuid())}
    mounts = {line.split()[4]: line.split()[5] for line in Path(f"/proc/{process}/mountinfo").read_text().splitlines()}
    assert "ro" in mounts["/"].split(",") and "rw" in mounts["/var/lib/faultline"].split(",")
    assert not list(Path(f"/proc/{process}/root/tmp").iterdir())


def test_the_service_works_under_its_restrictions(root, tmp_path):
    start, serve, *options = shlex.split(settings("ExecStart")[0])
    assert serve == "serve"
    with Faultline(*options, within=confining(root, tmp_path), program=start) as daemon:
        assert http_client.send(daemon.http, spans.body(spans.span())).status == 200
        assert_confined(daemon.process.pid)
        assert daemon.get("/metrics")[0] == 200
    assert not [line for line in daemon.log.all if "level=error" in line or "level=warning" in line]
    assert any((root / "var/lib/faultline/state").iterdir())
