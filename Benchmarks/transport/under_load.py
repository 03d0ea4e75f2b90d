"""Compares the CPU time of a whole daemon, which receives, evaluates and attributes, with that of a Go gRPC server that drops
the bytes.

The servers take turns, A B A B …, under the same load in an open loop. Once a server has settled, its CPU time is read from /proc
at the start and the end of an interval.
"""

import argparse
import contextlib
import statistics
import subprocess
import time

from servers import faultline, free_port, running

class Turn:
    def __init__(self, arguments, size):
        self.arguments, self.size = arguments, size

    @contextlib.contextmanager
    def load(self, server):
        settled = self.arguments.settle + self.arguments.seconds
        process = subprocess.Popen([
            self.arguments.load, self.arguments.capture, "--to", f"127.0.0.1:{server.ports['grpc']}",
            "--rate", str(self.arguments.rate), "--open-loop", "--connections", str(self.arguments.connections),
            "--request-bytes", str(self.size), "--duration", str(settled + 2),
        ], stdout=subprocess.PIPE, text=True)
        try:
            yield
            report, _ = process.communicate()
            if process.returncode != 0:
                raise SystemExit(f"the load was not sent as scheduled, or not accepted:\n{report}")
        finally:
            process.kill()
            process.wait()

    def nanoseconds(self, server):
        """The server's CPU time per span."""
        with self.load(server):
            time.sleep(self.arguments.settle)
            begun, before = time.monotonic(), server.cpu_seconds()
            time.sleep(self.arguments.seconds)
            spent, elapsed = server.cpu_seconds() - before, time.monotonic() - begun
        return spent / elapsed / self.arguments.rate * 1e9


def compare(arguments, size, servers):
    turn = Turn(arguments, size)
    found = {name: [] for name in servers}
    for _ in range(arguments.rounds):
        for name, server in servers.items():
            found[name].append(turn.nanoseconds(server))
    print(f"\nExports of {size:,} bytes, {arguments.rate:,} spans a second, {arguments.rounds} rounds")
    for name, values in found.items():
        ratios = [value / first for value, first in zip(values, found["go"])]
        print(
            f"  {name:24} {statistics.median(values):7.0f} ns CPU a span ({min(values):.0f} to {max(values):.0f})"
            f"  {statistics.median(ratios):5.2f} × Go ({min(ratios):.2f} to {max(ratios):.2f})",
            flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ["capture", "load", "go"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--faultline", required=True, action="append", help="a binary; several are compared with each other")
    parser.add_argument("--rate", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--sizes", type=int, nargs="+", default=[142_000, 4_000])
    parser.add_argument("--settle", type=float, default=45, help="seconds until slots settle and spans leave the window")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-rules", action="store_true", help="without the built-in rules")
    arguments = parser.parse_args()
    port = free_port()
    with contextlib.ExitStack() as stack:
        servers = {"go": stack.enter_context(running([arguments.go, str(port)], {"grpc": port}))}
        for binary in arguments.faultline:
            name = "faultline" if len(arguments.faultline) == 1 else binary
            servers[name] = stack.enter_context(faultline(binary, has_rules=not arguments.no_rules))
        for size in arguments.sizes:
            compare(arguments, size, servers)


if __name__ == "__main__":
    main()
