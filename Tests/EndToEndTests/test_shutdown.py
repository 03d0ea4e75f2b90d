"""SIGTERM: open requests are finished, acknowledged spans are counted, and the process exits with 0."""

import http.client
import re
import signal
import threading

import grpc
import pytest

from harness import grpc_client, grpc_frames, http_client, spans
from harness.daemon import STOP_SECONDS
from harness.http2_client import HTTP2Client
from harness.waiting import DEADLINE, eventually

BATCH = 50


class Client(threading.Thread):
    """Sends batches one after the other until the daemon accepts no more."""

    def __init__(self, address, under_way):
        super().__init__(daemon=True)
        self.address = address
        self.under_way = under_way
        self.sent = 0
        self.acknowledged = 0

    def run(self):
        try:
            self.send_until_refused()
        finally:
            self.under_way.release()

    def batch(self):
        self.sent += BATCH
        return spans.body(*[spans.span() for _ in range(BATCH)])

    def acknowledge(self):
        self.acknowledged += BATCH
        self.under_way.release()


class GRPCClient(Client):
    def send_until_refused(self):
        with grpc_client.channel(self.address) as channel:
            while grpc_client.call(channel, self.batch()).code == grpc.StatusCode.OK:
                self.acknowledge()


class HTTPClient(Client):
    def send_until_refused(self):
        connection = http.client.HTTPConnection(self.address, timeout=DEADLINE)
        headers = {"Content-Type": http_client.PROTOBUF}
        try:
            while True:
                connection.request("POST", http_client.PATH, self.batch(), headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    return
                self.acknowledge()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()


def test_every_acknowledged_span_is_counted_when_stopped_under_load(daemon):
    under_way = threading.Semaphore(0)
    clients = [GRPCClient(daemon.grpc, under_way) for _ in range(3)]
    clients += [HTTPClient(daemon.http, under_way) for _ in range(3)]
    for client in clients:
        client.start()
    for _ in range(60):
        assert under_way.acquire(timeout=DEADLINE)

    assert daemon.stop() == 0
    for client in clients:
        client.join(DEADLINE)
        assert not client.is_alive()

    (line,) = daemon.log.wait_for("stopped")
    accepted = int(re.search(r"\baccepted=(\d+)", line).group(1))
    # A batch may have been accepted although its acknowledgement was lost, never the other way round.
    assert sum(client.acknowledged for client in clients) <= accepted <= sum(client.sent for client in clients)


def test_a_request_that_is_half_sent_is_finished_first(daemon):
    body = spans.body(*[spans.span() for _ in range(BATCH)])
    connection = http.client.HTTPConnection(daemon.http, timeout=DEADLINE)
    connection.putrequest("POST", http_client.PATH)
    connection.putheader("Content-Type", http_client.PROTOBUF)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body[:1000])
    eventually(lambda: daemon.metrics().value("faultline_ingest_inflight_bytes") == 1000, "the first half has arrived")
    assert daemon.get("/-/ready")[0] == 200

    daemon.terminate()
    eventually(lambda: daemon.get("/-/ready")[0] == 503, "not ready")
    assert daemon.get("/-/healthy")[0] == 200
    connection.send(body[1000:])

    assert connection.getresponse().status == 200
    connection.close()
    assert daemon.stop() == 0


def test_open_calls_are_finished_and_one_that_starts_before_its_client_knows(daemon):
    message = grpc_frames.message(spans.body(*[spans.span() for _ in range(BATCH)]))
    client = HTTP2Client(daemon.grpc)
    client.begin(1)
    client.send(1, message[:1000], is_last=False)
    eventually(lambda: daemon.metrics().value("faultline_ingest_inflight_bytes") == 1000, "the first half has arrived")

    daemon.terminate()
    # First a request to start no more calls, at the end which was the last (RFC 9113, section 6.8).
    assert client.receive_until(lambda: len(client.goaways) == 1)
    assert client.goaways[0].last_stream_id == 2**31 - 1
    client.begin(3)
    client.send(3, message, is_last=True)
    client.send(1, message[1000:], is_last=True)

    assert client.receive_until(lambda: len(client.goaways) == 2)
    assert [client.answers[stream]["grpc-status"] for stream in (1, 3)] == ["0", "0"]
    assert [goaway.error_code for goaway in client.goaways] == [0, 0]
    assert client.goaways[1].last_stream_id == 3
    client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_daemon_ends_with_0(daemon, number):
    daemon.process.send_signal(number)
    assert daemon.process.wait(STOP_SECONDS) == 0
    daemon.log.wait_for("stopped")


def test_idle_connections_do_not_hold_it_up(daemon):
    with grpc_client.channel(daemon.grpc) as channel:
        assert grpc_client.call(channel, b"").code == grpc.StatusCode.OK
        connection = http.client.HTTPConnection(daemon.http, timeout=DEADLINE)
        connection.connect()
        assert daemon.stop() == 0
        connection.close()


def test_health_and_readiness(daemon):
    for path in ("/-/healthy", "/-/ready"):
        assert daemon.get(path)[0] == 200
    assert daemon.get("/no/such/path")[0] == 404
