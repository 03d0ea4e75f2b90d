"""No file descriptors left: recording stops, says so, and resumes once some are free; ingest never stops."""

import http.client
import os
import resource

from harness import http_client, recordings, spans
from harness.metrics import Metrics
from harness.waiting import DEADLINE, eventually

CONFIGURATION = "archive: {directory: %s, rotate_bytes: 4KiB, retain_bytes: 1MiB, mode: durable}\n"


class Connection:
    """A connection that stays open, since a new one could not be accepted."""

    def __init__(self, address):
        self._connection = http.client.HTTPConnection(address, timeout=DEADLINE)

    def get(self, path):
        self._connection.request("GET", path)
        return self._connection.getresponse().read()

    def send(self, *batch):
        self._connection.request("POST", http_client.PATH, spans.body(*batch), {"Content-Type": http_client.PROTOBUF})
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


def open_descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def test_without_file_descriptors_recording_stops_and_ingest_continues(serve, tmp_path):
    directory = tmp_path / "archive"
    daemon = serve(configuration=CONFIGURATION % directory)
    ingest, query = Connection(daemon.http), Connection(daemon.query)

    def metrics():
        return Metrics(query.get("/metrics").decode())

    assert ingest.send(*[spans.span() for _ in range(10)]) == 200
    assert metrics().value("faultline_archive_failed") == 0
    soft, hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE)
    # The lowest free number is used first, so there is no gap below the highest.
    highest = max(int(number) for number in os.listdir(f"/proc/{daemon.process.pid}/fd"))
    held = highest + 1 - open_descriptors(daemon)
    sent = 10

    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (max(open_descriptors(daemon) - held, 3), hard))
    try:
        def is_failed():
            nonlocal sent
            assert ingest.send(*[spans.span() for _ in range(40)]) == 200
            sent += 40
            return metrics().value("faultline_archive_failed") == 1

        eventually(is_failed, "recording stops with no descriptor for the next file")
        assert ingest.send(*[spans.span() for _ in range(10)]) == 200
        sent += 10
        assert metrics().accepted == sent
    finally:
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (soft, hard))

    eventually(lambda: metrics().value("faultline_archive_failed") == 0, "recording goes on")
    assert ingest.send(*[spans.span() for _ in range(10)]) == 200
    assert daemon.stop() == 0
    assert recordings.files(directory)
