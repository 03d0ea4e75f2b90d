"""Health checks and memory while spans arrive and eight clients ask for everything."""

import subprocess

import clients
from servers import faultline

# How much longer the load lasts than the questions.
MORE_SECONDS = 2


def sending(arguments, server, seconds, *options):
    return subprocess.Popen([
        arguments.load, arguments.capture, "--to", f"127.0.0.1:{server.ports['grpc']}", "--duration", str(seconds),
        "--request-bytes", "142000", *options,
    ], stdout=subprocess.PIPE, text=True)


def fill(arguments, server):
    process = sending(arguments, server, arguments.fill)
    process.communicate()
    _, text = clients.get(server.ports["scrape"], "/metrics")
    spans = next(line.split()[1] for line in text.decode().splitlines() if line.startswith("faultline_window_spans "))
    print(f"  {float(spans) / 1e6:.1f} million spans in the window", flush=True)


def phase(arguments, server, *options):
    process = sending(arguments, server, arguments.seconds + MORE_SECONDS, *options)
    answers, times, others = clients.Polling(server.ports["scrape"], arguments.seconds, arguments.client_nice).finish()
    report, _ = process.communicate()
    clients.describe(answers, times, others)
    return process.returncode == 0, report, times


def measure(arguments):
    with faultline(arguments.faultline, has_rules=True, settings=f"limits: {{memory: {arguments.memory}MiB}}\n") as server:
        fill(arguments, server)
        before = server.cpu_seconds()
        is_clean, report, times = phase(arguments, server, "--rate", str(arguments.rate), "--open-loop")
        cores = (server.cpu_seconds() - before) / arguments.seconds
        print(f"  {cores:.2f} cores; the load was {'sent as scheduled' if is_clean else 'not taken as scheduled:'}")
        if not is_clean:
            print(report)
        yield f"/-/healthy p99, 8 clients, {arguments.rate:,} spans/s", 20, 5, clients.quantile(times, 0.99) * 1e3, "ms"
        _, report, _ = phase(arguments, server)
        print("  flat out: " + report.strip().replace("\n", "\n  "))
        yield "peak memory of limits.memory, flat out with questions", 1.15, 1.0, (server.peak_bytes() >> 20) / arguments.memory, "×"
