"""Archives in all forms, intact and damaged, by name and on standard input."""

import struct

import pytest

from harness import archives, spans
from harness.command import faultline
from harness.project import EXAMPLE

SPANS = 44_186


@pytest.fixture(scope="module")
def content():
    return archives.example()


@pytest.fixture(scope="module")
def report():
    """The contents of the example."""
    return replay(EXAMPLE).json


def replay(*arguments, **options):
    return faultline("replay", "--quiet", "--format", "json", *arguments, **options)


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "archive"
        path.write_bytes(content)
        return path

    return write


def small():
    """Three records of ten spans each."""
    return [spans.body(*[spans.span() for _ in range(10)]) for _ in range(3)]


def accepted(done):
    return done.json["spans"]["accepted"]


FORMS = {
    "uncompressed": lambda content: content,
    "compressed fast": lambda content: archives.compress(content, "-1"),
    "in small blocks with checksums": lambda content: archives.compress(content, "-B4", "-BX"),
    "with its size": lambda content: archives.compress(content, "--content-size"),
    "without a checksum": lambda content: archives.compress(content, "--no-frame-crc"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_archive_gives_the_same_report(file, content, report, form):
    done = replay(file(FORMS[form](content)))
    assert (done.code, done.errors) == (0, "")
    assert done.json == report


def test_json_lines_give_the_same_report(file, content):
    # Enough for a few thousand spans of both services.
    records = archives.records(content)[:12]
    lines = b"".join(map(archives.json_line, records))
    expected = replay(file(archives.framed(records))).json
    assert expected["spans"]["accepted"] > 4_000
    for form in (lines, archives.compress(lines), b"\r\n\n" + lines.replace(b"\n", b"\r\n")):
        done = replay(file(form))
        assert (done.code, done.errors) == (0, "")
        assert done.json == expected


def test_standard_input_is_an_archive_too(content, report):
    for form in (EXAMPLE.read_bytes(), content):
        done = replay("-", input=form)
        assert (done.code, done.errors) == (0, "")
        assert done.json == report


def test_archives_of_one_recording_are_merged_by_time(tmp_path, content, report):
    parts = {"first": [], "second": []}
    for number, record in enumerate(archives.records(content)):
        parts["first" if number % 3 else "second"].append(record)
    for name, records in parts.items():
        (tmp_path / name).write_bytes(archives.compress(archives.framed(records)))
    done = replay(tmp_path / "second", tmp_path / "first")
    assert (done.code, done.json["operations"]) == (0, report["operations"])
    assert done.json["alerts"] == report["alerts"]


def test_consecutive_frames_are_one_archive(file):
    first, second, third = small()
    frames = [archives.compress(archives.framed([record])) for record in (first, second)]
    # A record may begin in one frame and end in the next.
    rest = archives.framed([third])
    frames += [archives.compress(rest[:100]), archives.skippable(b"a note"), archives.compress(rest[100:])]
    done = replay(file(b"".join(frames)))
    assert (done.code, accepted(done)) == (0, 30)


NOT_ARCHIVES = {
    "a request that is none": b'{"kind": "Pod", "resourceSpans": 7}\n',
    "random": bytes(range(256)) * 16,
    "a PNG": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "text in lz4": archives.compress(b"apiVersion: v1\nkind: Pod\n"),
}


@pytest.mark.parametrize("kind", NOT_ARCHIVES)
def test_a_file_that_is_not_an_archive_exits_with_2(file, kind):
    path = file(NOT_ARCHIVES[kind])
    done = replay(path)
    assert (done.code, done.output) == (2, "")
    assert done.errors.startswith(f"faultline: {path}: ")
    assert len(done.errors.splitlines()) == 1


@pytest.mark.parametrize("content", [b'{"resourceSpans":[]}', archives.framed([b"\x0a\x00"])], ids=["JSON", "protobuf"])
def test_an_archive_without_spans_is_one(file, content):
    done = replay(file(content))
    assert (done.code, done.errors) == (0, "faultline: no spans in the input\n")
    assert done.json == {
        "spans": {"received": 0, "accepted": 0, "duplicates": 0, "late": 0, "rejected": {}},
        "first": None,
        "last": None,
        "operations": [],
        "requests": [],
        "incidents": [],
        "sources": [],
        "alerts": [],
    }


def damaged():
    """Archives of thirty spans, with a fault, and how many spans are before it."""
    whole = archives.framed(small())
    third = len(archives.framed(small()[:2]))
    frames = [archives.compress(archives.framed([record])) for record in small()]
    lines = b"".join(map(archives.json_line, small()))
    return {
        "cut within a record": (whole[: third + 50], 20),
        "cut within a length": (whole[: third + 2], 20),
        "a length that lies": (whole[:third] + struct.pack(">I", 0xFFFFFFF0) + whole[third + 4 :], 20),
        "a record that is none": (whole + archives.framed([b"\xff\xff"]), 30),
        "a JSON line cut": (lines + b'{"resourceSpans":[{', 30),
        "lz4 cut at its end": (b"".join(frames)[:-6], 30),
        "the last frame cut": (b"".join(frames)[:-100], 20),
        "the first frame cut": (frames[0][:-100], 0),
        "the first header cut": (frames[0][:5], 0),
        "rubbish behind it": (b"".join(frames) + b"rubbish", 30),
    }


@pytest.mark.parametrize("fault", damaged())
def test_what_was_read_of_a_damaged_archive_is_reported_with_exit_code_1(file, fault):
    content, before = damaged()[fault]
    path = file(content)
    done = replay(path)
    assert (done.code, accepted(done)) == (1, before)
    (line,) = done.errors.splitlines()
    assert line.startswith(f"faultline: {path}: ")


def test_a_wrong_checksum_is_an_error(file):
    compressed = archives.compress(archives.framed(small()))
    done = replay(file(compressed[:-4] + bytes(4)))
    assert done.code == 1
    assert "checksum" in done.errors
    assert accepted(done) in (0, 30)


def test_a_replay_continues_after_an_invalid_record(file):
    first, second, third = small()
    done = replay(file(archives.framed([first, b"\xff\xff", second, b"\x0b", third])))
    assert (done.code, accepted(done)) == (1, 30)
    assert len(done.errors.splitlines()) == 2


def test_the_same_archive_twice_counts_once(report):
    done = replay(EXAMPLE, EXAMPLE)
    assert done.code == 0
    assert (done.json["spans"]["accepted"], done.json["spans"]["duplicates"]) == (SPANS, SPANS)
    assert done.json["operations"] == report["operations"]


def test_a_time_range_takes_spans_by_their_end(report):
    middle = "2026-11-23T04:33:30Z"
    before, behind = replay("--to", middle, EXAMPLE).json, replay("--from", middle, EXAMPLE).json
    assert before["spans"]["accepted"] + behind["spans"]["accepted"] == SPANS
    assert before["spans"]["accepted"] > 10_000 < behind["spans"]["accepted"]
    assert before["last"] < middle
    assert behind["last"] == report["last"]
    within = replay("--from", "2026-11-23T04:33:00Z", "--to", middle, EXAMPLE).json
    assert within["last"] == before["last"]
    nothing = replay("--from", "2027-01-01T00:00:00Z", EXAMPLE)
    assert (nothing.code, nothing.json["spans"]["accepted"], nothing.json["first"]) == (1, 0, None)


def test_relative_times_count_from_the_end_of_the_recording():
    """Its last span ended at 04:34:22.2, and the second at 04:34:23."""
    relative = replay("--from", "-30s", "--to", "-10s", EXAMPLE)
    absolute = replay("--from", "2026-11-23T04:33:53Z", "--to", "2026-11-23T04:34:13Z", EXAMPLE)
    assert (relative.code, relative.errors) == (0, "") and 0 < relative.json["spans"]["accepted"] < SPANS
    assert relative.output == absolute.output
    assert replay("--from", "-30d", "--to", "now", EXAMPLE).json["spans"]["accepted"] == SPANS


def test_an_interval_without_spans_says_when_the_recording_is_from():
    done = replay("--from", "2026-11-24T00:00:00Z", EXAMPLE)
    assert done.code == 1 and done.json["spans"]["accepted"] == 0
    assert "no spans that end between --from and --to; the recording is from 2026-11-23T04:" in done.errors
    assert done.errors.endswith(" to 2026-11-23T04:34:22.188955886Z\n")


@pytest.mark.parametrize(
    "arguments, said", [
        (["--from", "-5m", "-"], "relative times count from the end of the recording, and standard input is"),
        (["--from", "-5s", "--to", "-1m", EXAMPLE], "--from -5s is later than --to -1m\nUsage: faultline replay "),
        (["--from", "now", "--to", "2026-11-23T04:33:00Z", EXAMPLE],
         "--from now is later than --to 2026-11-23T04:33:00Z; the recording ends at 2026-11-23T04:34:23Z\n"),
    ],
)
def test_relative_times_that_make_no_sense_are_refused(arguments, said):
    done = replay(*arguments)
    assert (done.code, done.output) == (2, "") and said in done.errors
