"""Runs the variants of each comparison alternately, A B C A B C …, and prints the medians of the server's CPU time.

The client prepares all requests before it sends the first, and its own time doesn't count. The first round is a warm-up.
"""

import argparse
import json
import statistics
import subprocess
import time
from dataclasses import dataclass

from servers import Server, faultline, free_port, running


@dataclass
class Variant:
    name: str
    server: Server
    options: list[str]
    protocol: str = "grpc"


class Comparison:
    def __init__(self, arguments):
        self.arguments = arguments

    def microseconds(self, variant, size, requests):
        """The server's CPU time per request in one run over one connection."""
        command = [
            self.arguments.load, self.arguments.capture, "--json", "--connections", "1",
            "--to", f"127.0.0.1:{variant.server.ports[variant.protocol]}", "--protocol", variant.protocol,
            "--request-bytes", str(size), "--requests", str(requests), "--server-pid", str(variant.server.pid),
            *variant.options,
        ]
        result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, check=True)
        return json.loads(result.stdout)["serverMicrosecondsPerRequest"]

    def fill(self, server):
        """Fills the window first: a fresh daemon pays for memory that later spans find in place. Waits until it has
        nothing left to do: these spans are attributed once they have settled, half a minute later."""
        command = [
            self.arguments.load, self.arguments.capture, "--json", "--duration", "8",
            "--to", f"127.0.0.1:{server.ports['grpc']}",
        ]
        subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, check=True)
        time.sleep(45)
        for _ in range(60):
            before = server.cpu_seconds()
            time.sleep(1)
            if server.cpu_seconds() - before < 0.02:
                return
        raise SystemExit("the daemon did not become idle")

    def run(self, title, size, requests, variants):
        times = [[] for _ in variants]
        for round_number in range(self.arguments.rounds + 1):
            for variant, found in zip(variants, times):
                spent = self.microseconds(variant, size, requests)
                if round_number > 0:
                    found.append(spent)
        print(f"\n{title}, {self.arguments.rounds} rounds of {requests} requests")
        first = statistics.median(times[0])
        for variant, found in zip(variants, times):
            middle = statistics.median(found)
            print(
                f"  {variant.name:42} {middle:8.1f} µs CPU a request ({min(found):.1f} to {max(found):.1f})"
                f"  {middle / first:6.2f} × {variants[0].name}",
                flush=True)


def main():
    parser = argparse.ArgumentParser()
    for name in ["capture", "load", "faultline", "plain", "grpc-swift"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    comparison = Comparison(arguments)
    plain_port, swift_port = free_port(), free_port()
    one, many, gzip = ["--window", "1"], ["--window", "16"], ["--gzip", "--gzip-level", "6"]
    large_frames = ["--frame-bytes", "65536"]
    with (
        faultline(arguments.faultline, has_rules=False) as ours,
        running([arguments.plain, str(plain_port)], {"plain": plain_port}) as plain,
        running([getattr(arguments, "grpc_swift"), str(swift_port)], {"grpc": swift_port}) as theirs,
    ):
        comparison.fill(ours)
        comparison.run("Export of 200 KB, one at a time", 200_000, 100, [
            Variant("plain recv", plain, one, "plain"),
            Variant("faultline, gRPC, frames of 16 KiB", ours, one),
            Variant("faultline, gRPC, frames of 64 KiB", ours, one + large_frames),
            Variant("faultline, HTTP", ours, one, "http"),
            Variant("grpc-swift-2, frames of 64 KiB, no decoding", theirs, one + large_frames),
        ])
        for title, window in [("one at a time", one), ("16 at a time", many)]:
            comparison.run(f"Export of 4 KB, {title}", 4_000, 2_000, [
                Variant("grpc-swift-2, no decoding", theirs, window),
                Variant("faultline, gRPC", ours, window),
                Variant("plain recv", plain, window, "plain"),
            ])
        for protocol in ["grpc", "http"]:
            comparison.run(f"Export of 200 KB over {protocol}, one at a time", 200_000, 100, [
                Variant("plain", ours, one, protocol),
                Variant("gzip", ours, one + gzip, protocol),
            ])


if __name__ == "__main__":
    main()
