"""The end of a recording daemon under load: `kill -9` at random moments, and SIGTERM.

FAULTLINE_KILLS sets how often it is killed; a full run is 200 times.
"""

import http.client
import os
import random
import subprocess
import threading

import grpc
import pytest

from harness import archives, grpc_client, http_client, recordings, spans
from harness.command import faultline
from harness.daemon import Faultline
from harness.project import BINARY
from harness.waiting import DEADLINE

KILLS = int(os.environ.get("FAULTLINE_KILLS", 10))
SEED = int(os.environ.get("FAULTLINE_SEED", 20261123))
BATCH = 20
CLIENTS = 4
# Seconds under load before the kill, at most; in `memory` mode a frame is written every second.
LOAD_MAX = {"durable": 0.4, "memory": 2}


class Client(threading.Thread):
    """Sends batches one after the other until the daemon is gone; remembers all ids, and which were acknowledged."""

    def __init__(self, address, started):
        super().__init__(daemon=True)
        self.address = address
        self.started = started
        self.sent = set()
        self.acknowledged = set()

    def run(self):
        try:
            self.send_until_gone()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            self.started.release()

    def batch(self):
        made = [spans.span() for _ in range(BATCH)]
        ids = {span.span_id for span in made}
        self.sent |= ids
        return ids, spans.body(*made)

    def acknowledge(self, ids):
        self.acknowledged |= ids
        self.started.release()


class HTTPClient(Client):
    def send_until_gone(self):
        connection = http.client.HTTPConnection(self.address, timeout=DEADLINE)
        while True:
            ids, body = self.batch()
            connection.request("POST", http_client.PATH, body, {"Content-Type": http_client.PROTOBUF})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                return
            self.acknowledge(ids)


class GRPCClient(Client):
    def send_until_gone(self):
        with grpc_client.channel(self.address) as channel:
            while True:
                ids, body = self.batch()
                if grpc_client.call(channel, body).code != grpc.StatusCode.OK:
                    return
                self.acknowledge(ids)


def ended(directory, mode, moments, is_killed=True):
    """Ends a daemon under load by SIGKILL or SIGTERM. Returns the clients."""
    configuration = directory / "faultline.yaml"
    # Small files, so that it may happen between two of them.
    configuration.write_text(f"archive: {{directory: {directory}/archive, mode: {mode}, rotate_bytes: 30kB}}\n")
    daemon = Faultline("--config", configuration).__enter__()
    try:
        started = threading.Semaphore(0)
        clients = [
            GRPCClient(daemon.grpc, started) if number % 2 else HTTPClient(daemon.http, started)
            for number in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        assert started.acquire(timeout=DEADLINE)
        threading.Event().wait(moments.uniform(0, LOAD_MAX[mode]))
        if not is_killed:
            assert daemon.stop() == 0
    finally:
        daemon.process.kill()
        daemon.process.wait()
        daemon.output.finish()
        daemon.log.finish()
    for client in clients:
        client.join(DEADLINE)
    return clients


def read(directory):
    """The ids of all spans in the files of a directory, in order."""
    cat = [BINARY, "archive", "cat", "--format", "otlp", directory]
    done = subprocess.run(cat, capture_output=True, timeout=DEADLINE)
    # Exit code 1 may only mean a truncated end.
    assert done.returncode in (0, 1), done.stderr.decode()
    assert len(done.stderr.splitlines()) == done.returncode, done.stderr.decode()
    return recordings.ids_of(archives.records(done.stdout))


@pytest.mark.parametrize("mode", ["durable", "memory"])
def test_kill_at_random_moments(tmp_path, mode):
    moments = random.Random(SEED)
    total = lost = torn = 0
    for number in range(KILLS):
        directory = tmp_path / f"{number}"
        directory.mkdir()
        clients = ended(directory, mode, moments)
        acknowledged = set().union(*(client.acknowledged for client in clients))
        sent = set().union(*(client.sent for client in clients))
        found = read(directory / "archive")
        # Nothing that wasn't sent, and nothing twice.
        assert len(found) == len(set(found)) and set(found) <= sent
        assert len(found) % BATCH == 0
        if mode == "durable":
            missing = acknowledged - set(found)
            assert not missing, f"kill {number}, seed {SEED}: {len(missing)} acknowledged spans are missing"
        replay = faultline("replay", "--quiet", "--format", "json", directory / "archive")
        assert replay.code in (0, 1) and replay.json["spans"]["accepted"] == len(found)
        total += len(acknowledged)
        lost += len(acknowledged - set(found))
        torn += replay.code
    print(f"\n{mode}: {KILLS} kills, {total} spans acknowledged, {lost} of them lost, {torn} files torn")
    assert total > 0


@pytest.mark.parametrize("mode", ["durable", "memory"])
def test_after_a_stop_under_load_everything_acknowledged_is_there(tmp_path, mode):
    clients = ended(tmp_path, mode, random.Random(SEED), is_killed=False)
    acknowledged = set().union(*(client.acknowledged for client in clients))
    assert acknowledged <= set(read(tmp_path / "archive"))
    done = faultline("archive", "verify", tmp_path / "archive")
    assert (done.code, done.errors) == (0, "")
    # Every file was finished.
    assert "not finished" not in done.output
