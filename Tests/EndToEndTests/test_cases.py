"""How the small inputs in Tests/Cases are handled, each of which once broke something."""

import gzip
import zlib

import pytest

from harness import exports, grpc_frames, http_client, project, spans
from harness.command import faultline
from harness.counting import Counting

# Accepted spans, rejected spans by reason, and the seconds of each component of the only request
ARCHIVES = {
    "a-span-that-ends-at-the-last-nanosecond.otlp": (0, {"invalid_time": 1}, None),
    "a-span-that-ends-a-second-before-the-last.otlp": (0, {"invalid_time": 1}, None),
    "a-request-longer-than-its-slot.jsonl": (3, {}, {"apiserver": 8, "mutating-webhook": 3, "etcd-client": 2}),
    "a-request-and-its-call-to-etcd.otlp": (2, {}, {"apiserver": 9, "etcd": 3}),
}
REQUESTS = {"64-mebibytes-of-empty-resource-spans.gz", "a-mebibyte-of-empty-blocks.gz.gz"}


def case(name):
    return project.fixture("Tests", "Cases", name)


def check_replay(path, expected):
    accepted, rejected, components = expected
    done = faultline("replay", "--quiet", "--format", "json", path)
    assert (done.code, done.errors) == (0, "")
    report = done.json
    assert (report["spans"]["accepted"], report["spans"]["rejected"]) == (accepted, rejected)
    assert report["spans"]["received"] == accepted + sum(rejected.values())
    found = [{part["component"]: part["seconds"] for part in request["components"]} for request in report["requests"]]
    assert found == ([components] if components else [])


def test_every_case_has_an_expectation():
    names = {path.name for path in project.files("Tests", "Cases")} - {"README.md"}
    assert names == set(ARCHIVES) | REQUESTS
    listed = case("README.md").read_text()
    assert all(f"| `{name}` |" in listed for name in names)


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_is_replayed(name):
    check_replay(case(name), ARCHIVES[name])


@pytest.mark.parametrize("form", ["archive", "json", "otlp", "jaeger"])
@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_is_the_same_once_converted(name, form, tmp_path):
    copy = tmp_path / "copy"
    done = faultline("archive", "convert", "--to", form, "-o", copy, case(name))
    assert (done.code, done.errors) == (0, "")
    check_replay(copy, ARCHIVES[name])


def send(daemon, transport, body):
    """HTTP status, or gRPC's, of a compressed body."""
    if transport == "http":
        return http_client.send(daemon.http, body, encoding="gzip").status
    return grpc_frames.send(daemon.grpc, grpc_frames.message(body, is_compressed=True), "gzip").status


@pytest.mark.parametrize("transport", exports.TRANSPORTS)
def test_endless_empty_messages_are_refused_before_they_are_decompressed(survivor, transport):
    body = case("64-mebibytes-of-empty-resource-spans.gz").read_bytes()
    # So that the memory that the first compressed request needs is already allocated.
    assert send(survivor, transport, gzip.compress(spans.body(spans.span()))) in (0, 200)
    survivor.forget_peak_memory()
    before = survivor.peak_memory()
    with Counting(survivor) as change:
        assert send(survivor, transport, body) == {"http": 413, "grpc": 8}[transport]
    assert (change.received, change.refused[transport]) == (0, {"compression_ratio": 1})
    # Half of its contents: decompression stops at a ratio that spans never reach.
    assert survivor.peak_memory() - before < 32 << 20


@pytest.mark.parametrize("transport", exports.TRANSPORTS)
def test_empty_blocks_are_an_empty_request(survivor, transport):
    body = gzip.decompress(case("a-mebibyte-of-empty-blocks.gz.gz").read_bytes())
    assert len(body) > 1 << 20 and zlib.decompress(body, zlib.MAX_WBITS | 16) == b""
    with Counting(survivor) as change:
        assert send(survivor, transport, body) == {"http": 200, "grpc": 0}[transport]
    assert change.received == 0
