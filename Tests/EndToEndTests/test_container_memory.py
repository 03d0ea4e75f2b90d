"""The memory limit of a container: the daemon keeps to it without configuration, whatever is sent."""

import json
import subprocess

import pytest

from harness import project
from harness.command import LIMIT
from harness.daemon import Faultline
from harness.namespaces import mounting

CONTAINER = 512 << 20
# So small that what is sent here exceeds the window
SMALL_CONTAINER = 256 << 20
# What the parts share; the rest is for pages of the program and what the allocator holds back.
SHARE = 0.7
REQUESTS = "1800"

# The process's control groups, and the file that has the limit
VERSIONS = {
    "cgroup v2": ("0::/pod/container\n", "pod/container/memory.max"),
    "cgroup v2, seen from within": ("0::/\n", "memory.max"),
    "cgroup v2, limited by the pod": ("0::/pod/container\n", "pod/memory.max"),
    "cgroup v1": ("9:cpu:/other\n8:memory:/pod/container\n", "memory/pod/container/memory.limit_in_bytes"),
}


def container(tmp_path, version, size=CONTAINER):
    """A command that runs another in a mount namespace whose control groups are those of a container."""
    groups, limit = VERSIONS[version]
    file = tmp_path / "fs" / limit
    file.parent.mkdir(parents=True)
    file.write_text(f"{size}\n")
    (tmp_path / "cgroup").write_text(groups)
    mounts = f"mount --bind {tmp_path}/fs /sys/fs/cgroup && mount --bind {tmp_path}/cgroup /proc/$$/cgroup"
    return mounting(f'{mounts} && exec "$@"', "sh")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_limit_follows_the_container(tmp_path, version):
    with Faultline(within=container(tmp_path, version)) as daemon:
        metrics = daemon.metrics()
        assert metrics.value("faultline_memory_limit_bytes") == pytest.approx(SHARE * CONTAINER, abs=2)
        assert metrics.sum("faultline_memory_part_limit_bytes") <= SHARE * CONTAINER


def test_flat_out_it_stays_within_the_container_and_loses_nothing_that_it_took(tmp_path):
    with Faultline(within=container(tmp_path, "cgroup v2", SMALL_CONTAINER)) as daemon:
        done = subprocess.run(
            [project.LOAD_GENERATOR, project.capture("steady"), "--json", "--to", daemon.grpc, "--requests", REQUESTS],
            capture_output=True, timeout=LIMIT,
        )
        report = json.loads(done.stdout)
        metrics = daemon.metrics()
        assert report["lost"]["requests"] == 0
        assert metrics.received == metrics.accepted == report["accepted"]["spans"] > 0
        # More than the window has room for, or the test would prove nothing.
        assert metrics.value("faultline_window_spans") < metrics.accepted
        assert daemon.peak_memory() < SMALL_CONTAINER
