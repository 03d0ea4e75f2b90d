"""faultline-load: against servers that are busy, slow or silent, and what the daemon makes of its spans."""

import json
import signal
import subprocess
import time

import pytest

from harness import project
from harness.command import LIMIT
from harness.daemon import Faultline
from harness.grpc_server import GRPCServer
from harness.waiting import eventually

# SETTINGS_MAX_CONCURRENT_STREAMS
STREAMS = 3


def load(server, *options):
    """Sends small requests over one connection. Returns the exit code and the report."""
    done = subprocess.run(
        [project.LOAD_GENERATOR, project.EXAMPLE, "--json", "--to", server.address]
        + ["--connections", "1", "--request-bytes", "1000", *options],
        capture_output=True,
        timeout=LIMIT,
    )
    assert done.stdout, done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def test_a_server_that_measures_bandwidth_by_pings_keeps_its_connection():
    with GRPCServer(pings=2) as server:
        code, report = load(server, "--requests", "300")
    assert (code, report["accepted"]["requests"], report["reconnections"]) == (0, 300, 0)
    # The last answers may be the end of the run.
    assert server.acknowledged >= 500


def test_a_server_that_takes_leave_is_connected_to_again_at_once():
    with GRPCServer(leaves_after=1) as server:
        code, report = load(server, "--requests", "40", "--window", "1")
    assert (code, report["accepted"]["requests"], report["lost"]["requests"]) == (0, 40, 0)
    assert server.connections >= 40
    assert report["seconds"] < 20, "a second for each would be 40"


def test_a_server_that_takes_leave_without_an_answer_is_left_alone_for_a_second():
    with GRPCServer(leaves_after=0) as server:
        load(server, "--duration", "2.5")
    assert 2 <= server.connections <= 4


def test_connections_share_the_rate_from_the_start(serve):
    daemon = serve()
    done = subprocess.run(
        [project.LOAD_GENERATOR, project.EXAMPLE, "--json", "--to", daemon.grpc]
        + ["--connections", "4", "--rate", "1", "--duration", "1", "--open-loop"],
        capture_output=True,
        timeout=LIMIT,
    )
    report = json.loads(done.stdout)
    assert (report["sent"]["requests"], report["missed"]["requests"]) == (1, 0)


def test_an_open_loop_sends_although_nothing_is_answered():
    with GRPCServer(held=50) as server:
        code, report = load(server, "--requests", "50", "--rate", "10000", "--open-loop")
    assert (code, report["accepted"]["requests"], server.open_most) == (0, 50, 50)


def test_no_more_calls_are_open_than_the_server_allows():
    with GRPCServer(settings={STREAMS: 3}, held=3) as server:
        _, report = load(server, "--requests", "50", "--rate", "10000", "--open-loop")
    assert server.open_most == 3
    # A server on a busy machine may take longer than a second for all of them.
    accepted, missed = report["accepted"]["requests"], report["missed"]["requests"]
    assert accepted >= 3 and accepted + missed == 50


def test_latency_in_an_open_loop_counts_from_the_scheduled_time():
    def greet_late():
        begun = time.monotonic()
        while time.monotonic() < begun + 0.2:
            pass
        return True

    # All are due within the first milliseconds.
    with GRPCServer(greeting=greet_late) as server:
        _, report = load(server, "--requests", "5", "--rate", "100000", "--open-loop")
    assert report["accepted"]["requests"] + report["missed"]["requests"] == 5
    assert report["missed"]["requests"] == 5 or report["latencyMilliseconds"]["p50"] > 150


def test_requests_that_can_not_be_sent_in_time_are_missed():
    with GRPCServer(greeting=lambda: False) as server:
        code, report = load(server, "--requests", "5", "--rate", "100000", "--open-loop")
    assert (code, report["sent"]["requests"], report["missed"]["requests"]) == (1, 0, 5)


def test_an_open_loop_needs_a_rate():
    with GRPCServer() as server:
        done = subprocess.run(
            [project.LOAD_GENERATOR, project.EXAMPLE, "--open-loop"]
            + ["--to", server.address],
            capture_output=True,
            timeout=LIMIT,
        )
    assert done.returncode == 64
    assert b"--open-loop needs a --rate" in done.stderr


@pytest.mark.parametrize("rate", ["1e9", "0.001"])
@pytest.mark.parametrize("loop", [["--open-loop"], []], ids=["open", "closed"])
def test_a_run_at_the_fastest_and_the_slowest_rate_ends(rate, loop):
    with GRPCServer() as server:
        _, report = load(server, "--rate", rate, "--duration", "1.5", *loop)
    assert report["sent"]["requests"] >= 1
    # Nothing can send that many: requests that are later than a second are counted, not made.
    assert (report["missed"]["spans"] > 100_000_000) == (rate == "1e9" and bool(loop))


@pytest.mark.parametrize(
    "option, value",
    [
        ("rate", "inf"), ("rate", "nan"), ("rate", "1e-300"), ("rate", "1e300"), ("rate", "0"), ("duration", "1e300"),
        ("duration", "inf"), ("every", "1e300"), ("every", "nan"), ("settled", "inf"), ("connections", "9223372036854775807"),
        ("threads", "1000000000"), ("window", "0"), ("requests", "9223372036854775807"),
        ("request-bytes", "9223372036854775807"),
    ],
)
def test_a_number_that_is_out_of_range_is_refused_by_name(option, value):
    done = subprocess.run(
        [project.LOAD_GENERATOR, project.EXAMPLE, f"--{option}", value], capture_output=True, timeout=LIMIT)
    assert done.returncode == 64
    assert f"--{option} is a number from ".encode() in done.stderr


# Fires once spans have been evaluated; from then on those that end earlier are late.
ANY_SPANS = """\
groups:
  - name: any
    interval: 1s
    rules:
      - alert: SpansCame
        select: {service: apiserver}
        when: count >= 1
        over: 1m
        by: [service]
sinks:
  - stdout:
"""


def test_a_capture_of_two_minutes_sent_in_seconds_has_no_late_span(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(ANY_SPANS)
    with Faultline("--rules", rules) as daemon:
        sender = subprocess.Popen(
            [project.LOAD_GENERATOR, project.EXAMPLE, "--json", "--to", daemon.grpc, "--duration", str(LIMIT)]
            + ["--rate", "10000", "--connections", "1", "--window", "1"],
            stdout=subprocess.PIPE,
        )
        try:
            daemon.output.wait_for("FIRING", "SpansCame")
            evaluated = daemon.metrics().value("faultline_spans_accepted_total")
            round_of_spans = 44_186
            eventually(
                lambda: daemon.metrics().value("faultline_spans_accepted_total") > evaluated + round_of_spans,
                "another round is sent",
            )
            sender.send_signal(signal.SIGINT)
            report = json.loads(sender.communicate(timeout=LIMIT)[0])
        finally:
            sender.kill()
        metrics = daemon.metrics()
    assert sender.returncode == 0
    assert metrics.value("faultline_spans_accepted_total") == report["accepted"]["spans"] > evaluated + round_of_spans
    assert metrics.sum("faultline_spans_late_total") == 0
    assert metrics.sum("faultline_spans_rejected_total") == 0
