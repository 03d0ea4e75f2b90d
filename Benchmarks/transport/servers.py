"""The servers that are compared, as processes."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass


TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    pid: int
    ports: dict[str, int]

    def cpu_seconds(self):
        """User and system time of all threads."""
        # The name of the program, in parentheses, may hold spaces.
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def run_seconds(self):
        """The same without rounding to ticks, for short work; the time of threads that have ended is missing."""
        threads = pathlib.Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def peak_bytes(self):
        """The most memory that was ever resident."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) << 10


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, ports):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for port in ports.values():
            wait_for(port, process)
        yield Server(process.pid, ports)
    finally:
        process.kill()
        process.wait()


def wait_for(port, process):
    for _ in range(100):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.1)
    raise SystemExit(f"{process.args[0]} doesn't listen on {port}")


@contextlib.contextmanager
def faultline(binary, has_rules, settings="window: {max_bytes: 256MiB}\n"):
    """A daemon, with the built-in rules or with none. Their cost comes in bursts."""
    ports = {"grpc": free_port(), "http": free_port(), "scrape": free_port()}
    with tempfile.TemporaryDirectory() as folder:
        rules, configuration = pathlib.Path(folder, "rules.yaml"), pathlib.Path(folder, "faultline.yaml")
        rules.write_text("groups: []\n")
        configuration.write_text(settings)
        command = [binary, "serve", "--config", configuration]
        if not has_rules:
            command += ["--rules", rules]
        for option, name in [("--otlp-grpc", "grpc"), ("--otlp-http", "http"), ("--listen", "scrape")]:
            command += [option, f"127.0.0.1:{ports[name]}"]
        with running(command, ports) as server:
            yield server
