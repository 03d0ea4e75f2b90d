"""The forms that a file of spans may have. An unknown form is an error, never an empty success."""

import base64
import copy
import gzip
import io
import json
import lzma
import re
import tarfile
import zipfile

import pytest

from harness import archives, http_client, spans
from harness.command import faultline
from harness.http_client import JSON

SPAN = {
    "traceId": "0AF7651916cd43dd8448eb211c80319c",
    "spanId": "B7AD6b7169203331",
    "name": "pay",
    "kind": 2,
    "startTimeUnixNano": "1767225600000000000",
    "endTimeUnixNano": "1767225600250000000",
    "attributes": [{"key": "http.response.status_code", "value": {"intValue": "503"}}],
    "status": {"code": 2},
}
RESOURCE = {"attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}]}
RESOURCE_SPANS = {"resource": RESOURCE, "scopeSpans": [{"scope": {"name": "by hand"}, "spans": [SPAN]}]}
REQUEST = {"resourceSpans": [RESOURCE_SPANS]}
JAEGER = {
    "traceID": SPAN["traceId"],
    "spans": [
        {
            "traceID": SPAN["traceId"],
            "spanID": SPAN["spanId"],
            "operationName": "pay",
            "startTime": 1767225600000000,
            "duration": 250000,
            "tags": [
                {"key": "span.kind", "type": "string", "value": "server"},
                {"key": "error", "type": "bool", "value": True},
            ],
            "processID": "p1",
        }
    ],
    "processes": {"p1": {"serviceName": "checkout"}},
}


def changed(change):
    """The request with one of its spans or lists changed."""
    request = copy.deepcopy(REQUEST)
    (resource_spans,) = request["resourceSpans"]
    change(resource_spans, resource_spans["scopeSpans"][0]["spans"][0])
    return request


def renamed(value):
    """All keys in snake_case."""
    if isinstance(value, dict):
        return {re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), key): renamed(of) for key, of in value.items()}
    return [renamed(element) for element in value] if isinstance(value, list) else value


def of_old(resource_spans, _):
    (scope_spans,) = resource_spans.pop("scopeSpans")
    scope_spans["instrumentationLibrary"] = scope_spans.pop("scope")
    resource_spans["instrumentationLibrarySpans"] = [scope_spans]


def as_protobuf_writes(_, span):
    span["kind"] = "SPAN_KIND_SERVER"
    span["status"]["code"] = "STATUS_CODE_ERROR"
    for key in ("traceId", "spanId"):
        span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()


def with_names(_, span):
    as_protobuf_writes(_, span)
    span.update(traceId=SPAN["traceId"], spanId=SPAN["spanId"])


def text(value, **options):
    return json.dumps(value, **options).encode()


FORMS = {
    "a request on one line": text(REQUEST),
    "a request over many lines": text(REQUEST, indent=2),
    "lines that end as on Windows": text(REQUEST, indent="\t").replace(b"\n", b"\r\n"),
    "behind a byte order mark": b"\xef\xbb\xbf" + text(REQUEST),
    "an array of requests": text([REQUEST], indent=1),
    "a request beside empty ones": text([{}, REQUEST, {"resourceSpans": []}]),
    "snake_case": text(renamed(REQUEST)),
    "names of enums": text(changed(with_names)),
    "instrumentationLibrarySpans": text(changed(of_old)),
    "one ResourceSpans": text(RESOURCE_SPANS),
    "one ResourceSpans of old": text(changed(of_old)["resourceSpans"][0]),
    "Tempo's batches": text({"batches": changed(as_protobuf_writes)["resourceSpans"]}),
    "Tempo's trace": text({"trace": changed(as_protobuf_writes), "metrics": {}}),
    "Jaeger's answer": text({"data": [JAEGER], "total": 0, "limit": 0, "offset": 0, "errors": None}, indent=4),
    "a trace of Jaeger's": text(JAEGER),
    "Jaeger's answer of its third version": text({"result": REQUEST}),
    "protobuf": archives.framed([spans.body(spans.span(name="pay", is_error=True, duration=250 * spans.MILLISECOND))]),
}


def replay(*arguments, **options):
    return faultline("replay", "--quiet", "--format", "json", *arguments, **options)


@pytest.fixture
def file(tmp_path):
    def write(content, name="file"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("packed", [None, gzip.compress, archives.compress], ids=["plain", "gzip", "lz4"])
@pytest.mark.parametrize("form", FORMS)
def test_spans_in_any_known_form_are_read(file, form, packed):
    content = FORMS[form]
    done = replay(file(packed(content) if packed else content))
    assert (done.code, done.errors) == (0, "")
    assert done.json["spans"]["accepted"] == 1
    (row,) = done.json["operations"]
    assert (row["service"], row["operation"], row["kind"]) == ("checkout", "pay", "SERVER")
    assert (row["errors"], row["max_seconds"]) == (1, 0.25)


@pytest.mark.parametrize("form", FORMS)
def test_every_command_reads_every_form(file, form):
    path = file(FORMS[form])
    verified = faultline("archive", "verify", path)
    assert (verified.code, verified.errors) == (0, "") and verified.output.endswith(", 1 span\n")
    lines = faultline("archive", "cat", path).output
    assert replay("-", input=lines.encode()).json["spans"]["accepted"] == 1


def test_values_are_separated_whatever_is_between_them(file):
    def request(number):
        return changed(lambda _, span: span.update(spanId=f"{number:016x}"))

    pieces = [text(request(1)), text(request(2), indent=3), text([request(3), request(4)]), text(request(5))]
    for between in (b"", b"\n", b"\r\n \t"):
        done = replay(file(between.join(pieces)))
        assert (done.code, done.errors, done.json["spans"]["accepted"]) == (0, "", 5)


def test_a_truncated_line_affects_no_other(file):
    def request(number):
        return text(changed(lambda _, span: span.update(spanId=f"{number:016x}"))) + b"\n"

    whole = [request(number) for number in range(1, 5)]
    for end in (20, 150, 333):
        # As rotated files begin, as a full disk leaves them, and as they end.
        content = whole[0][end:] + whole[1] + whole[0][:end] + b"\n" + whole[2] + whole[3] + whole[0][:end]
        done = replay(file(content))
        assert (done.code, done.json["spans"]["accepted"]) == (1, 3), end
        assert "record" in done.errors


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("spans.json", text(REQUEST))
    return buffer.getvalue()


def in_tar():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("spans.json")
        member.size = len(text(REQUEST))
        archive.addfile(member, io.BytesIO(text(REQUEST)))
    return buffer.getvalue()


# The file, and what the message must say about it.
UNKNOWN = {
    "another document": (text({"kind": "Pod", "apiVersion": "v1"}), ['"kind", "apiVersion"', "resourceSpans"]),
    "metrics": (text({"resourceMetrics": []}), ['"resourceMetrics"']),
    "an empty object": (b"{}", ["none of its 1 records holds spans"]),
    "an empty array": (b"[]", ["nothing in it"]),
    "a result of something else": (text({"result": {"matrix": []}}), ['"result"']),
    "an answer of Prometheus": (text({"status": "success", "data": {"result": []}}), ['"status", "data"']),
    "Jaeger's services": (text({"data": ["checkout"], "total": 1}), ["no trace in Jaeger's data"]),
    "Jaeger's error": (text({"data": None, "errors": [{"code": 404, "msg": "not found"}]}), ['"data", "errors"']),
    "an array of numbers": (b"[1, 2]", ["expected '{'"]),
    "a word": (b"null\n", ['begins with the text "null"']),
    "text": (b"apiVersion: v1\nkind: Pod\n", ['begins with the text "apiVersion: v1"', "JSON"]),
    "a host's name": (b"vm\n", ['begins with the text "vm"']),
    "nothing": (b"", ["is empty"]),
    "only a byte order mark": (b"\xef\xbb\xbf", ["nothing in it"]),
    "zeros": (bytes(4096), ["none of its 1024 records holds spans"]),
    "zeros and a rest": (bytes(10), ["cut off", "4-byte big-endian length"]),
    "one zero": (bytes(1), ["4-byte big-endian length"]),
    "empty messages": (archives.framed([b"", b""]), ["none of its 2 records holds spans"]),
    "messages of another kind": (archives.framed([b"\x12\x03abc"]), ["none of its 1 records holds spans"]),
    "nothing in lz4": (archives.compress(b""), ["nothing in it"]),
    "nothing in gzip": (gzip.compress(b""), ["nothing in it"]),
    "one message without its length": (spans.body(spans.span()), ["without its length"]),
    "a message of empty parts without its length": (b"\x0a\x00" * 100, ["without its length"]),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(50), ["zstd -dc FILE"]),
    "xz": (lzma.compress(text(REQUEST)), ["xz -dc FILE"]),
    "bzip2": (b"BZh91AY&SY" + bytes(50), ["bzip2 -dc FILE"]),
    "zip": (zipped(), ["unzip -p FILE"]),
    "tar": (in_tar(), ["tar -xOf FILE"]),
    "tar in gzip": (gzip.compress(in_tar()), ["tar -xOf FILE"]),
    "gzip in gzip": (gzip.compress(gzip.compress(text(REQUEST))), ["gzip -dc FILE"]),
    "UTF-16": (text(REQUEST).decode().encode("utf-16"), ["iconv -f UTF-16"]),
    "UTF-16 without a mark": (text(REQUEST).decode().encode("utf-16-le"), ["iconv -f UTF-16"]),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_file_without_spans_is_refused_by_its_form_and_gives_no_report(file, tmp_path, kind):
    content, said = UNKNOWN[kind]
    path = file(content)
    for command in (
        ["replay"],
        ["archive", "info"],
        ["archive", "verify"],
        ["archive", "convert", "-o", tmp_path / "converted"],
    ):
        done = faultline(*command, path)
        assert (done.code, done.output) == (2, ""), command
        (line,) = done.errors.splitlines()
        assert line.startswith(f"faultline: {path}: ")
        assert all(words in line for words in said), line
    assert not (tmp_path / "converted").exists()


def test_truncated_or_damaged_gzip_is_an_error(file):
    content = b"".join(text(changed(lambda _, span: span.update(spanId=f"{n:016x}"))) + b"\n" for n in range(1, 2001))
    packed = gzip.compress(content)
    for damaged in (packed[:-4], packed[: len(packed) // 2], packed[:-8] + bytes(8), packed + b"rubbish"):
        done = replay(file(damaged))
        assert done.code == 1 and "gzip" in done.errors
    two = replay(file(packed + gzip.compress(text(REQUEST))))
    assert (two.code, two.errors, two.json["spans"]["accepted"]) == (0, "", 2001)


def test_other_files_in_a_directory_are_skipped_with_a_message(tmp_path, file):
    for name, content in (("a.json", text(REQUEST)), ("alerts.json", b'{"alerts": []}'), ("notes.json", b"hello\n")):
        file(content, name)
    for command in (["replay", "--format", "json"], ["archive", "verify"]):
        done = faultline(*command, tmp_path)
        assert done.code == 0
        lines = done.errors.splitlines()
        assert len(lines) == 2
        assert all(name in line and "skipped" in line for name, line in zip(("alerts", "notes"), lines))
    # Named directly, it is an error.
    assert replay(tmp_path / "a.json", tmp_path / "alerts.json").code == 2
    (tmp_path / "a.json").unlink()
    done = replay(tmp_path)
    assert done.code == 2 and "without archives" in done.errors


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "Pod"},
        {"batches": [RESOURCE_SPANS]},
        {"trace": REQUEST},
        {"result": REQUEST},
        {"data": [JAEGER]},
        RESOURCE_SPANS,
        {"resourceMetrics": []},
    ],
    ids=lambda body: next(iter(body)),
)
def test_a_receiver_accepts_only_requests(daemon, body):
    answer = http_client.send(daemon.http, text(body), JSON)
    assert answer.status == 400
    _, message = answer.error
    assert "resourceSpans" in message and f'"{next(iter(body))}"' in message
    assert daemon.metrics().received == 0


@pytest.mark.parametrize("form", ["snake_case", "names of enums", "instrumentationLibrarySpans"])
def test_a_receiver_accepts_every_spelling_of_a_request(daemon, form):
    assert http_client.send(daemon.http, FORMS[form], JSON).status == 200
    labels = {"service": "checkout", "operation": "pay", "kind": "SERVER"}
    assert daemon.metrics().value("faultline_operation_errors_total", **labels) == 1
