"""`serve --archive`: accepted requests are recorded, however they arrived, and recording never gets in the way."""

import gzip
import os
import time

import pytest

from harness import archives, grpc_client, http_client, recordings, small_disks, spans, sync_faults
from harness.command import faultline
from harness.daemon import Faultline
from harness.waiting import eventually

MODES = ["memory", "durable"]


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def record(serve, directory):
    """Starts a daemon that records, with a configuration of its archive."""

    def start(**fields):
        fields = {"directory": directory, **fields}
        lines = "".join(f"  {name}: {value}\n" for name, value in fields.items())
        return serve(configuration=f"archive:\n{lines}")

    return start


def batch(count=10):
    return [spans.span() for _ in range(count)]


def ids(batches):
    return [span.span_id for spans in batches for span in spans]


@pytest.mark.parametrize("mode", MODES)
def test_spans_of_every_way_in_are_recorded_in_order(record, directory, mode):
    daemon = record(mode=mode)
    batches = [batch() for _ in range(5)]
    bodies = [spans.body(*batch) for batch in batches]
    assert grpc_client.send(daemon.grpc, bodies[0]).code.name == "OK"
    assert grpc_client.send(daemon.grpc, bodies[1], compression=grpc_client.grpc.Compression.Gzip).code.name == "OK"
    assert http_client.send(daemon.http, bodies[2]).status == 200
    assert http_client.send(daemon.http, gzip.compress(bodies[3]), encoding="gzip").status == 200
    assert http_client.send(daemon.http, archives.json_line(bodies[4]), http_client.JSON).status == 200
    # What isn't a request isn't recorded.
    assert http_client.send(daemon.http, b"\xff\xff").status == 400
    assert daemon.stop() == 0
    (path,) = recordings.files(directory)
    assert recordings.span_ids(path) == ids(batches)
    done = recordings.replay(path)
    assert (done.code, done.errors) == (0, "")
    assert done.json["spans"]["accepted"] == 50


def test_arrival_order_and_clock_are_recorded_with_the_batches(record, directory):
    daemon = record()
    before = time.time_ns()
    for _ in range(3):
        http_client.send(daemon.http, spans.body(*batch()))
        count = daemon.metrics().received
        assert count
        # The clock is recorded at least once a second.
        time_of_batch = time.monotonic()
        eventually(lambda: time.monotonic() - time_of_batch > 1.1, "a second")
    assert daemon.stop() == 0
    after = time.time_ns()
    events = recordings.events(*recordings.files(directory))
    assert [event.sequence for event in events] == list(range(len(events)))
    kinds = [event.kind for event in events]
    assert kinds.count("record") == 3
    # The clock was read before the first batch, and between any two.
    places = [place for place, kind in enumerate(kinds) if kind == "record"]
    assert places[0] > 0 and all(b - a > 1 for a, b in zip(places, places[1:]))
    # Rules are evaluated for times in the past, so that readings may be a little behind.
    assert all(before - 60 * spans.SECOND < event.time < after for event in events)
    arrivals = [event.time for event in events if event.kind == "record"]
    assert arrivals == sorted(arrivals) and before < arrivals[0] < arrivals[-1] < after


def test_what_is_acknowledged_in_durable_mode_survives_kill_at_once(directory, tmp_path):
    (tmp_path / "faultline.yaml").write_text(f"archive: {{directory: {directory}, mode: durable}}\n")
    daemon = Faultline("--config", tmp_path / "faultline.yaml").__enter__()
    try:
        batches = [batch() for _ in range(4)]
        for number, sent in enumerate(batches):
            body = spans.body(*sent)
            if number % 2:
                assert grpc_client.send(daemon.grpc, body).code.name == "OK"
            else:
                assert http_client.send(daemon.http, body).status == 200
    finally:
        daemon.process.kill()
        daemon.process.wait()
    done = recordings.replay(*recordings.files(directory))
    assert done.json["spans"]["accepted"] == 40


def test_in_memory_mode_spans_are_on_disk_soon(record, directory):
    daemon = record()
    http_client.send(daemon.http, spans.body(*batch()))
    (path,) = recordings.files(directory)
    eventually(lambda: recordings.replay(path).json["spans"]["accepted"] == 10, "the spans in the file")


def test_files_are_rotated_by_size_and_the_oldest_go(record, directory):
    daemon = record(rotate_bytes="20kB", retain_bytes="100kB", mode="durable")
    sent = []
    for _ in range(200):
        sent.append([spans.span() for _ in range(40)])
        assert http_client.send(daemon.http, spans.body(*sent[-1])).status == 200
    assert daemon.stop() == 0
    files = recordings.files(directory)
    assert 3 <= len(files) <= 7
    assert sum(path.stat().st_size for path in files) < 110_000
    # The latest batches are left, without a gap.
    kept = recordings.span_ids(*files)
    assert kept == ids(sent)[-len(kept) :]
    assert len(kept) >= 400
    sequences = [event.sequence for path in files for event in recordings.events(path)]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    assert "archive removed" in "\n".join(daemon.log.all)


def test_files_are_rotated_by_time(record, directory):
    daemon = record(rotate_after="1s")
    http_client.send(daemon.http, spans.body(*batch()))
    eventually(lambda: len(recordings.files(directory)) > 2, "three files")
    assert daemon.stop() == 0
    assert sum(map(len, map(recordings.span_ids, recordings.files(directory)))) == 10


def test_old_recordings_are_removed_and_other_files_stay(record, directory):
    directory.mkdir()
    old, other = directory / "spans-20200101T000000.000000000Z.otlp.lz4", directory / "notes.txt"
    for path in (old, other):
        path.write_text("x")
        os.utime(path, (1_577_836_800, 1_577_836_800))
    record(retain_age="1h")
    eventually(lambda: not old.exists(), "the old file gone")
    assert other.exists()


def test_names_sort_in_the_order_of_files_even_if_the_clock_was_set_back(record, directory):
    directory.mkdir()
    later = directory / "spans-21001231T235959.999999999Z.otlp.lz4"
    later.write_bytes(b"")
    record()
    eventually(lambda: len(recordings.files(directory)) == 2, "the daemon's file")
    first, second = recordings.files(directory)
    assert (first, second.name) == (later, "spans-21010101T000000.000000000Z.otlp.lz4")


def test_a_removed_file_is_reported(record, directory):
    daemon = record()
    http_client.send(daemon.http, spans.body(*batch()))
    (path,) = eventually(lambda: recordings.files(directory), "the file")
    path.unlink()
    daemon.log.wait_for("recording has stopped", str(path))
    assert daemon.metrics().value("faultline_archive_failed") == 1
    assert http_client.send(daemon.http, spans.body(*batch())).status == 200


def test_a_restart_continues_in_another_file(record, directory):
    for _ in range(2):
        daemon = record()
        http_client.send(daemon.http, spans.body(*batch()))
        assert daemon.stop() == 0
    assert len(recordings.files(directory)) == 2
    assert recordings.replay(*recordings.files(directory)).json["spans"]["accepted"] == 20


UNUSABLE = {
    "a file is in the way": lambda path: path / "file",
    "a file is above it": lambda path: path / "file" / "below",
    "it can't be created": lambda _: "/proc/faultline",
}


@pytest.mark.parametrize("option", ["--archive", "--state"])
@pytest.mark.parametrize("fault", UNUSABLE)
def test_a_directory_that_cant_be_used_is_refused_at_the_start(tmp_path, option, fault):
    (tmp_path / "file").write_text("mine")
    path = UNUSABLE[fault](tmp_path)
    free = sum(([name, "127.0.0.1:0"] for name in ("--otlp-grpc", "--otlp-http", "--listen")), [])
    done = faultline("serve", *free, option, path)
    assert (done.code, done.output) == (2, "")
    (line,) = done.errors.splitlines()
    assert str(path) in line and f"{option[2:]}.directory" in line and "created and written" in line


@pytest.mark.parametrize("name", ["one", "other/../one", "link"])
def test_archive_and_state_in_one_directory_are_refused_at_the_start(tmp_path, name):
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "one")
    done = faultline("serve", "--archive", tmp_path / "one", "--state", tmp_path / name)
    assert (done.code, done.output) == (2, "")
    assert "archive.directory and state.directory are the same" in done.errors
    assert list((tmp_path / "one").iterdir()) == []


@pytest.mark.parametrize("name", ["one", "other/../one", "link", "new"])
def test_a_check_finds_archive_and_state_in_one_directory(tmp_path, name):
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "link").symlink_to("one")
    archive = "new" if name == "new" else "one"
    (tmp_path / "f.yaml").write_text(f"archive: {{directory: {archive}}}\nstate: {{directory: {name}}}\n")
    checked = faultline("check", "f.yaml", directory=tmp_path)
    served = faultline("serve", "--config", "f.yaml", directory=tmp_path)
    assert (checked.code, served.code) == (1, 2)
    assert checked.output == f'f.yaml:2:20: archive and state have the same directory "{name}": each needs one of its own\n'
    assert "each needs one of its own" in served.errors


@pytest.mark.parametrize("mode", MODES)
def test_a_full_disk_stops_recording_and_nothing_else(record, small_disk, mode):
    daemon = record(directory=small_disk, mode=mode)
    acknowledged, total = [], 0

    def is_failed():
        nonlocal total
        # Random text can't be compressed.
        sent = [spans.span(attributes=[spans.text("noise", os.urandom(500).hex())]) for _ in range(200)]
        answer = http_client.send(daemon.http, spans.body(*sent))
        # A client whose request can't be written is asked to retry.
        assert answer.status in ((200, 503) if mode == "durable" else (200,))
        total += 200
        failed = daemon.metrics().value("faultline_archive_failed") == 1
        if answer.status == 200 and not failed:
            acknowledged.extend(ids([sent]))
        return failed

    eventually(is_failed, "a full disk")
    assert http_client.send(daemon.http, spans.body(*batch())).status == 200
    assert daemon.metrics().accepted == total + 10
    # The file ends after a complete group.
    (path,) = recordings.files(small_disk)
    done = recordings.replay(path)
    assert (done.code, done.errors) == (0, "")
    if mode == "durable":
        assert set(acknowledged) <= set(recordings.span_ids(path))


def test_a_disk_that_is_full_collects_no_empty_files(record, small_disk):
    (small_disk / "full").write_bytes(bytes(small_disks.SIZE))
    daemon = record(directory=small_disk, mode="memory")
    eventually(lambda: daemon.metrics().value("faultline_archive_failed") == 1, "a fault")
    assert recordings.files(small_disk) == []


def test_a_file_whose_sync_failed_is_never_synced_again(record, directory, tmp_path, monkeypatch):
    library = sync_faults.library(tmp_path)
    log = tmp_path / "syncs"
    with monkeypatch.context() as environment:
        environment.setenv("LD_PRELOAD", str(library))
        environment.setenv("SYNC_LOG", str(log))
        environment.setenv("SYNC_FAILS_AT", "3")
        daemon = record(mode="durable")
    sent = [spans.body(*batch()) for _ in range(4)]
    statuses = [http_client.send(daemon.http, body).status for body in sent]
    # The third can't be synced; from then on spans are accepted without being recorded.
    assert statuses == [200, 200, 503, 200]
    (first,) = recordings.files(directory)
    assert log.read_text().splitlines() == [str(first)] * 3
    daemon.log.wait_for("recording has stopped", "fdatasync", "Input/output error")
    # The client retries; its spans are duplicates.
    assert http_client.send(daemon.http, sent[2]).status == 200
    assert daemon.metrics().duplicates == 10
    # After ten seconds recording is tried again in another file.
    eventually(lambda: daemon.metrics().value("faultline_archive_failed") == 0, "recording again")
    assert http_client.send(daemon.http, spans.body(*batch())).status == 200
    second = recordings.files(directory)[1]
    assert log.read_text().splitlines() == [str(first)] * 3 + [str(second)]
    assert set(recordings.span_ids(first)) >= set(recordings.ids_of(sent[:2]))


def test_two_daemons_do_not_share_a_directory(record, directory):
    record()
    other = Faultline("--archive", directory)
    with other:
        eventually(lambda: other.metrics().value("faultline_archive_failed") == 1, "the gauge")
        assert other.log.matching("another daemon records to", "")


def test_recording_to_the_state_directory_of_another_daemon_is_refused_by_what_it_is(tmp_path):
    state = tmp_path / "state"
    with Faultline("--state", state), Faultline("--archive", state) as other:
        eventually(lambda: other.metrics().value("faultline_archive_failed") == 1, "the gauge")
        assert other.log.matching("another daemon keeps its state in", "")


def test_keeping_state_in_the_archive_of_another_daemon_is_refused_by_what_it_is(record, directory):
    record()
    done = faultline(
        "serve", "--state", directory, "--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--listen",
        "127.0.0.1:0",
    )
    assert done.code == 1
    assert f"another daemon records to {directory}" in done.errors


def test_a_mode_in_the_file_goes_with_a_directory_of_the_option(tmp_path):
    configuration = tmp_path / "faultline.yaml"
    configuration.write_text("archive: {mode: durable}\n")
    with Faultline("--config", configuration) as daemon:
        assert daemon.log.matching("nothing is recorded", "")
    with Faultline("--config", configuration, "--archive", tmp_path / "archive") as daemon:
        assert not daemon.log.matching("nothing is recorded", "")


def test_the_option_wins_over_the_configuration(serve, tmp_path):
    with Faultline("--archive", tmp_path / "named") as daemon:
        http_client.send(daemon.http, spans.body(*batch()))
    assert len(recordings.files(tmp_path / "named")) == 1


def test_without_either_archives_are_not_mentioned(daemon):
    assert "faultline_archive" not in daemon.metrics().text
