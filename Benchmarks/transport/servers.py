"""The servers that are compared, as processes."""

import contextlib
import pathlib
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass


@dataclass
class Server:
    pid: int
    ports: dict[str, int]


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
def faultline(binary, has_rules):
    """A daemon, with the built-in rules or with none. Their cost comes in bursts."""
    ports = {"grpc": free_port(), "http": free_port(), "scrape": free_port()}
    with tempfile.TemporaryDirectory() as folder:
        rules, configuration = pathlib.Path(folder, "rules.yaml"), pathlib.Path(folder, "faultline.yaml")
        rules.write_text("groups: []\n")
        configuration.write_text("window: {max_bytes: 256MiB}\n")
        command = [binary, "serve", "--config", configuration]
        if not has_rules:
            command += ["--rules", rules]
        for option, name in [("--otlp-grpc", "grpc"), ("--otlp-http", "http"), ("--listen", "scrape")]:
            command += [option, f"127.0.0.1:{ports[name]}"]
        with running(command, ports) as server:
            yield server
