"""`faultline archive`: info, verify, cat, convert."""

import gzip
import json
import os
import random
import re
import struct
import subprocess

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status, TracesData

from harness import archives, http_client, recordings, spans
from harness.command import faultline
from harness.daemon import Faultline
from harness.project import BINARY, EXAMPLE

SPANS = 44_186


def archive(*arguments, **options):
    return faultline("archive", *arguments, **options)


def replayed(path):
    return faultline("replay", "--quiet", "--format", "json", path).json


@pytest.fixture
def recorded(tmp_path):
    """A recording of twenty groups of ten spans of two services."""
    directory = tmp_path / "archive"
    (tmp_path / "faultline.yaml").write_text(f"archive: {{directory: {directory}, mode: durable}}\n")
    with Faultline("--config", tmp_path / "faultline.yaml") as daemon:
        for number in range(20):
            body = spans.body(*[spans.span() for _ in range(10)], service=["checkout", "payment"][number % 2])
            assert http_client.send(daemon.http, body).status == 200
    (path,) = recordings.files(directory)
    return path


def test_info_shows_what_a_recording_contains(recorded):
    done = archive("info", "--format", "json", recorded)
    assert (done.code, done.errors) == (0, "")
    info = done.json
    assert (info["spans"], info["records"], info["index"], info["recording"]) == (200, 20, True, True)
    assert info["services"] == [{"service": "checkout", "spans": 100}, {"service": "payment", "spans": 100}]
    assert info["bytes"] == recorded.stat().st_size
    assert info["uncompressed_bytes"] == len(archives.decompress(recorded))
    assert info["first"] < info["first_arrival"] < info["last_arrival"] and info["last"] < info["last_arrival"]
    assert (info["missing"], info["problems"]) == (0, [])
    text = archive("info", recorded).output
    assert "200 in 20 records" in text and "payment: 100 spans" in text


def test_info_shows_what_a_capture_contains():
    info = archive("info", "--format", "json", EXAMPLE).json
    assert (info["spans"], info["index"], info["recording"]) == (SPANS, False, False)
    assert info.get("first_arrival") is None
    assert {row["service"] for row in info["services"]} == {"apiserver", "etcd"}


def test_verify_passes_an_intact_recording(recorded):
    done = archive("verify", recorded, EXAMPLE)
    assert (done.code, done.errors) == (0, "")
    assert done.output.splitlines() == [
        f"{recorded}: sound, 20 records, 200 spans",
        f"{EXAMPLE}: sound, {done.output.split()[-4]} records, {SPANS:,} spans",
    ]


def test_verify_finds_damage_anywhere(recorded, tmp_path):
    content = recorded.read_bytes()
    damaged = tmp_path / "damaged"
    for offset in (30, len(content) // 3, len(content) // 2):
        changed = bytearray(content)
        changed[offset] ^= 0x40
        damaged.write_bytes(changed)
        done = archive("verify", damaged)
        assert (done.code, done.output) == (1, ""), offset
        assert f"{damaged}: " in done.errors
    damaged.write_bytes(content[:-100])
    assert archive("verify", damaged).code == 1
    assert archive("verify", tmp_path / "none").code == 2


def test_verify_finds_damage_outside_the_records(recorded, tmp_path):
    content = recorded.read_bytes()
    # Each magic number is followed by the length, then tag, version and kind.
    notes = [at.start() for at in re.finditer(re.escape(struct.pack("<I", 0x184D2A5F)), content)]
    assert [content[note + 13] for note in (notes[0], notes[1], notes[-2], notes[-1])] == [1, 2, 3, 4]
    damaged = tmp_path / "damaged"
    for note in (notes[0], notes[1], notes[-2], notes[-1]):
        end = note + 8 + struct.unpack_from("<I", content, note + 4)[0]
        for offset in (note + 8, note + 12, note + 13, note + 20, end - 1):
            changed = bytearray(content)
            changed[offset] ^= 0x10
            damaged.write_bytes(changed)
            done = archive("verify", damaged)
            assert (done.code, done.output) == (1, ""), (note, offset)
            assert f"{damaged}: " in done.errors
    two = tmp_path / "two"
    two.write_bytes(content + content)
    assert archive("verify", two).code == 0


def complete():
    """A request with everything that a span can have."""
    list_value = AnyValue(array_value=ArrayValue(values=[AnyValue(int_value=1), AnyValue(string_value="x")]))
    span = spans.span(
        name='a "name"',
        trace_state="a=b",
        parent_span_id=bytes(range(8)),
        kind=Span.SPAN_KIND_CLIENT,
        attributes=[
            spans.text("text", "é"),
            KeyValue(key="bytes", value=AnyValue(bytes_value=b"\x00\xff")),
            KeyValue(key="double", value=AnyValue(double_value=0.1)),
            KeyValue(key="list", value=list_value),
        ],
        events=[Span.Event(name="event", time_unix_nano=5, attributes=[spans.text("k", "v")])],
        links=[Span.Link(trace_id=bytes(range(16)), span_id=bytes(range(8)), flags=257)],
        flags=257,
        dropped_events_count=3,
    )
    span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="bad"))
    return spans.request(span)


def test_json_is_recorded_with_all_its_fields(tmp_path):
    body = complete().SerializeToString()
    with Faultline("--archive", tmp_path / "archive") as daemon:
        assert http_client.send(daemon.http, archives.json_line(body), http_client.JSON).status == 200
    (path,) = recordings.files(tmp_path / "archive")
    (record,) = archives.records(archives.decompress(path))
    assert TracesData.FromString(record) == TracesData.FromString(body)


def test_cat_prints_what_other_tools_can_read(tmp_path):
    body = complete().SerializeToString()
    path = tmp_path / "one"
    path.write_bytes(archives.compress(archives.framed([body, body])))
    lines = archive("cat", path).output.splitlines()
    assert [json.loads(line) for line in lines] == [json.loads(archives.json_line(body))] * 2
    done = subprocess.run([BINARY, "archive", "cat", "--format", "otlp", path], capture_output=True, check=True)
    assert archives.records(done.stdout) == [body, body]
    plain = tmp_path / "plain"
    assert archive("convert", "--to", "otlp", "-o", plain, path).code == 0
    assert archives.records(plain.read_bytes()) == [body, body]


@pytest.mark.parametrize("form", ["archive", "json", "otlp"])
def test_a_capture_in_another_form_gives_the_same_report(tmp_path, form):
    source, path = tmp_path / "source", tmp_path / "converted"
    # JSON is slow in a debug build.
    content = archives.framed(archives.records(archives.example())[: 15 if form == "json" else None])
    source.write_bytes(archives.compress(content))
    done = archive("convert", "--to", form, "-o", path, source)
    assert (done.code, done.output, done.errors) == (0, "", "")
    assert replayed(path) == replayed(source)
    assert archive("verify", path).code == 0
    if form == "archive":
        # Decompressed, it is unchanged.
        assert archives.decompress(path) == content


def test_the_copy_of_a_shuffled_archive_without_arrivals_gives_the_same_report(tmp_path):
    source, path = tmp_path / "source", tmp_path / "converted"
    records = archives.records(archives.example())
    random.Random(1).shuffle(records)
    source.write_bytes(archives.compress(archives.framed(records)))
    assert archive("convert", "-o", path, source).code == 0
    assert replayed(path) == replayed(source) == replayed(EXAMPLE)


def test_an_archive_without_arrivals_is_not_appended_to_a_recording(recorded, tmp_path):
    path = tmp_path / "copy"
    done = archive("convert", "-o", path, recorded, EXAMPLE)
    assert done.code == 2
    assert f"{EXAMPLE} has no arrival times, unlike the archives before it; name it first" in done.errors
    assert not path.exists()
    # Like a replay of both, which goes by event time.
    assert archive("convert", "-o", path, EXAMPLE, recorded).code == 0
    rules = tmp_path / "rules.yaml"
    rules.write_text("groups: [{name: g, rules: [{alert: A, select: {service: etcd}, when: count > 0, over: 1m}]}]\n")
    both = [
        faultline("replay", "--quiet", "--rules", rules, "--format", "json", *paths).json
        for paths in ((path,), (EXAMPLE, recorded))
    ]
    assert both[0] == both[1] and both[0]["alerts"]


def test_a_recording_is_converted_with_its_arrivals(recorded, tmp_path):
    path = tmp_path / "copy"
    assert archive("convert", "-o", path, recorded).code == 0
    assert [(event.kind, event.time) for event in recordings.events(path)] == [
        (event.kind, event.time) for event in recordings.events(recorded)
    ]


def test_collector_files_through_lz4_are_replayed(tmp_path):
    """What the OpenTelemetry Collector's file exporter writes, JSON lines and proto."""
    records = archives.records(archives.example())[:10]
    expected = sum(len(recordings_ids) for recordings_ids in map(_ids, records))
    for name, content in (("json", b"".join(map(archives.json_line, records))), ("proto", archives.framed(records))):
        path = tmp_path / f"{name}.lz4"
        path.write_bytes(archives.compress(content))
        assert replayed(path)["spans"]["accepted"] == expected


def _ids(record):
    return [
        span.span_id
        for resource_spans in TracesData.FromString(record).resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]


JAEGER = {
    "data": [
        {
            "traceID": "1a2b",
            "spans": [
                {
                    "traceID": "1a2b",
                    "spanID": "a",
                    "flags": 1,
                    "operationName": "GET /cart",
                    "references": [],
                    "startTime": 1767225600000000,
                    "duration": 2500,
                    "tags": [
                        {"key": "span.kind", "type": "string", "value": "server"},
                        {"key": "http.status_code", "type": "int64", "value": 500},
                        {"key": "error", "type": "bool", "value": True},
                        {"key": "load", "type": "float64", "value": 0.5},
                    ],
                    "logs": [
                        {
                            "timestamp": 1767225600001000,
                            "fields": [
                                {"key": "event", "type": "string", "value": "retry"},
                                {"key": "attempt", "type": "int64", "value": 2},
                            ],
                        }
                    ],
                    "processID": "p1",
                    "warnings": None,
                },
                {
                    "traceID": "1a2b",
                    "spanID": "b",
                    "operationName": "select",
                    "references": [{"refType": "CHILD_OF", "traceID": "1a2b", "spanID": "a"}],
                    "startTime": 1767225600001000,
                    "duration": 1000,
                    "tags": [{"key": "span.kind", "type": "string", "value": "client"}],
                    "logs": [],
                    "processID": "p2",
                },
            ],
            "processes": {
                "p1": {"serviceName": "cart", "tags": [{"key": "host", "type": "string", "value": "h"}]},
                "p2": {"serviceName": "db", "tags": []},
            },
        }
    ],
    "total": 0,
    "limit": 0,
    "errors": None,
}


def test_jaegers_json_becomes_an_archive_and_comes_back(tmp_path):
    source, path, back = tmp_path / "traces.json", tmp_path / "archive", tmp_path / "back.json"
    source.write_text(json.dumps(JAEGER))
    assert archive("convert", "-o", path, source).code == 0
    (record,) = archives.records(archives.decompress(path))
    found = {}
    for resource_spans in TracesData.FromString(record).resource_spans:
        for span in resource_spans.scope_spans[0].spans:
            found[span.name] = (resource_spans.resource.attributes[0].value.string_value, span)
    service, span = found["GET /cart"]
    assert service == "cart"
    assert (span.trace_id.hex(), span.span_id.hex()) == ("1a2b".zfill(32), "a".zfill(16))
    assert (span.kind, span.status.code) == (Span.SPAN_KIND_SERVER, Status.STATUS_CODE_ERROR)
    assert span.end_time_unix_nano - span.start_time_unix_nano == 2_500_000
    assert span.events[0].name == "retry"
    service, span = found["select"]
    assert (service, span.parent_span_id.hex()) == ("db", "a".zfill(16))
    assert replayed(path)["spans"]["accepted"] == 2

    assert archive("convert", "--to", "jaeger", "-o", back, path).code == 0
    (trace,) = json.loads(back.read_text())["data"]
    first, second = sorted(trace["spans"], key=lambda span: span["startTime"])
    given = JAEGER["data"][0]["spans"][0]
    assert (first["operationName"], first["duration"]) == ("GET /cart", 2500)
    tags = {tag["key"]: (tag["type"], tag["value"]) for tag in first["tags"]}
    assert all(tags[tag["key"]] == (tag["type"], tag["value"]) for tag in given["tags"])
    assert first["logs"] == given["logs"]
    assert second["references"][0]["spanID"] == first["spanID"]
    assert trace["processes"][second["processID"]]["serviceName"] == "db"


@pytest.mark.parametrize("content", ['{"data": 5}', '{"data": [{"traceID": 1}]}', '{"data": ['])
def test_malformed_jaeger_json_exits_with_2(tmp_path, content):
    path = tmp_path / "traces.json"
    path.write_text(content)
    done = archive("convert", "-o", tmp_path / "out", path)
    assert done.code == 2
    assert f"{path}: is not a span archive" in done.errors
    assert list(tmp_path.iterdir()) == [path]


def test_what_jaegers_ui_saves_is_replayed_like_the_archive(tmp_path):
    page, compressed = tmp_path / "page.json", tmp_path / "page.json.lz4"
    assert archive("convert", "--to", "jaeger", "-o", page, EXAMPLE).code == 0
    compressed.write_bytes(archives.compress(page.read_bytes()))
    for done in (
        faultline("replay", "--quiet", "--format", "json", "-", input=page.read_bytes()),
        faultline("replay", "--quiet", "--format", "json", compressed),
    ):
        assert (done.code, done.errors) == (0, "")
        assert done.json["spans"]["accepted"] == SPANS


@pytest.mark.parametrize("form", ["archive", "json", "otlp", "jaeger"])
def test_a_conversion_that_fails_leaves_nothing(tmp_path, form):
    wrong = tmp_path / "wrong"
    wrong.write_text("hello")
    for source in (tmp_path / "missing", wrong, tmp_path):
        done = archive("convert", "--to", form, "-o", tmp_path / "out", EXAMPLE, source)
        assert (done.code, done.output) == (2, "")
        assert list(tmp_path.iterdir()) == [wrong]
    missing = tmp_path / "missing" / "out"
    done = archive("convert", "--to", form, "-o", missing, EXAMPLE)
    assert done.code == 2 and str(missing) in done.errors


def test_a_conversion_that_a_full_disk_stops_leaves_nothing(small_disk):
    done = archive("convert", "--to", "otlp", "-o", small_disk / "out", EXAMPLE)
    assert done.code == 2 and "No space left" in done.errors
    assert list(small_disk.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    path = tmp_path / "there"
    path.write_text("mine")
    assert archive("convert", "-o", path, EXAMPLE).code == 2
    assert path.read_text() == "mine"


def test_cat_ends_quietly_when_its_reader_leaves():
    assert os.system(f"'{BINARY}' archive cat '{EXAMPLE}' 2>&1 | head -c 100 > /dev/null") == 0


def test_a_conversion_of_nothing_but_damage_leaves_no_file(tmp_path):
    source, path = tmp_path / "cut.gz", tmp_path / "out"
    source.write_bytes(gzip.compress(archives.framed(archives.records(archives.example())[:1]))[:40])
    done = archive("convert", "-o", path, source)
    assert done.code == 2 and "nothing could be converted" in done.errors
    assert not path.exists()
