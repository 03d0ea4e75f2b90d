"""The same spans in any order, cut in any way, in any number of files, give the same report to the byte."""

import itertools
import json
import os
import random
import resource
import signal
import subprocess
from collections import defaultdict

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness import archives, project
from harness.command import LIMIT, faultline
from harness.project import BINARY, EXAMPLE
from harness.spans import MILLISECOND, SECOND, body, span


def replay(*arguments, **options):
    done = faultline("replay", "--quiet", "--format", "json", *arguments, **options)
    assert (done.code, done.errors) == (0, "")
    return done.output


def messages(path):
    return archives.records(archives.decompress(path))


def resource_spans(records):
    """Each span by itself, with its resource and scope."""
    for record in records:
        for resource in ExportTraceServiceRequest.FromString(record).resource_spans:
            for scope in resource.scope_spans:
                for one in scope.spans:
                    yield resource.resource, scope.scope, one


def message(found):
    """One export request of spans as `resource_spans` gives them, in their order."""
    request = ExportTraceServiceRequest()
    for resource, group in itertools.groupby(found, key=lambda one: one[0]):
        rows = list(group)
        out = request.resource_spans.add(resource=resource).scope_spans.add(scope=rows[0][1])
        out.spans.extend(one for _, _, one in rows)
    return request.SerializeToString()


def cut(found, size):
    found = list(found)
    return [message(found[first : first + size]) for first in range(0, len(found), size)]


def service(resource):
    return next(a.value.string_value for a in resource.attributes if a.key == "service.name")


def shuffled(found):
    found = list(found)
    random.Random(7).shuffle(found)
    return found


def newest_first_by_trace(records):
    """As Jaeger returns a search: trace by trace, newest first, the spans of a trace in no order."""
    traces = defaultdict(list)
    for one in shuffled(resource_spans(records)):
        traces[one[2].trace_id].append(one)
    order = sorted(traces.values(), key=lambda trace: -min(one.start_time_unix_nano for _, _, one in trace))
    return cut(itertools.chain.from_iterable(order), 2000)


def by_service(records):
    return cut(sorted(resource_spans(records), key=lambda one: service(one[0])), 1500)


ORDERS = {
    "its records reversed": lambda records: records[::-1],
    "its records shuffled": lambda records: random.Random(1).sample(records, len(records)),
    "its spans reversed": lambda records: cut(list(resource_spans(records))[::-1], 700),
    "its spans shuffled": lambda records: cut(shuffled(resource_spans(records)), 5000),
    "one record": lambda records: [message(list(resource_spans(records)))],
    "one service after the other": by_service,
    "traces newest first": newest_first_by_trace,
}


@pytest.fixture(scope="module", params=project.CAPTURES)
def capture(request):
    path = project.capture(request.param)
    return messages(path), replay(path)


@pytest.mark.parametrize("order", ORDERS)
def test_a_report_does_not_depend_on_the_order_and_the_cut_of_records(capture, tmp_path, order):
    records, report = capture
    path = tmp_path / "archive"
    path.write_bytes(archives.framed(ORDERS[order](records)))
    assert replay(path) == report


def test_a_report_does_not_depend_on_the_number_and_order_of_files(capture, tmp_path):
    records, report = capture
    order = random.Random(3).sample(range(len(records)), len(records))
    names = []
    for number in range(5):
        names.append(tmp_path / f"{number}")
        names[-1].write_bytes(archives.framed(records[place] for place in order[number::5]))
    assert replay(*names) == report
    assert replay(*names[::-1]) == report


def test_a_report_does_not_depend_on_the_number_of_processors(capture, tmp_path):
    records, report = capture
    path = tmp_path / "archive"
    path.write_bytes(archives.framed(records))
    for processor in os.sched_getaffinity(0):
        done = subprocess.run(
            [BINARY, "replay", "--quiet", "--format", "json", path], capture_output=True, timeout=LIMIT,
            preexec_fn=lambda: os.sched_setaffinity(0, [processor]),
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode() == report


def test_a_window_that_overflows_gives_the_same_report_every_time(tmp_path):
    (tmp_path / "small.yaml").write_text("window: {max_bytes: 1500KiB}\n")
    (tmp_path / "rules.yaml").write_text(
        "groups:\n  - name: g\n    interval: 15s\n    rules:\n"
        '      - {alert: Busy, select: {service: apiserver}, by: [], when: "self_p90 > 1ms", over: 1m}\n'
    )
    options = ["--config", tmp_path / "small.yaml", "--rules", tmp_path / "rules.yaml"]
    runs = [faultline("replay", "--quiet", "--format", "json", *options, project.capture("errors")) for _ in range(8)]
    assert {run.code for run in runs} == {0} and json.loads(runs[0].output)["alerts"]
    assert len({run.output for run in runs}) == 1


def test_standard_input_in_any_order_gives_the_same_report(capture):
    records, report = capture
    assert replay("-", input=archives.framed(records[::-1])) == report


@pytest.fixture(scope="module")
def part():
    """A few thousand spans of the example, and their report."""
    records = messages(EXAMPLE)[:8]
    return records, replay("-", input=archives.framed(records))


def test_each_span_in_a_record_of_its_own_gives_the_same_report(part):
    records, report = part
    for found in (list(resource_spans(records)), shuffled(resource_spans(records))):
        assert replay("-", input=archives.framed(cut(found, 1))) == report


def test_json_in_any_order_gives_the_same_report(part):
    records, report = part
    lines = map(archives.json_line, cut(shuffled(resource_spans(records)), 100))
    assert replay("-", input=b"".join(lines)) == report


def test_spans_that_do_not_fit_into_memory_are_sorted_on_disk_and_no_file_is_left(capture, tmp_path, monkeypatch):
    records, _ = capture
    # A quarter of it, 64 bytes a span: 16,000 spans at a time.
    small = tmp_path / "small.yaml"
    small.write_text("window: {max_bytes: 4MiB}\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    report = replay("--config", small, "-", input=archives.framed(records))
    shuffled_records = archives.framed(ORDERS["its spans shuffled"](records))
    assert replay("--config", small, "-", input=shuffled_records) == report
    assert list(scratch.iterdir()) == []


def test_many_files_of_the_same_time_need_few_open_ones(part, tmp_path):
    records, report = part
    found = shuffled(resource_spans(records))
    for number in range(1500):
        (tmp_path / f"{number:04}.otlp").write_bytes(archives.framed([message(found[number::1500])]))
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    done = subprocess.run(
        [BINARY, "replay", "--quiet", "--format", "json", tmp_path], capture_output=True, timeout=LIMIT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, limit)),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == report


def without_room():
    """Limits the size of files so that exceeding it is an error, like a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))


def test_a_full_temporary_directory_is_reported(part):
    records, _ = part
    done = subprocess.run(
        [BINARY, "replay", "--quiet", "-"], input=archives.framed(records), capture_output=True, timeout=LIMIT,
        preexec_fn=without_room,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"temporary file can't be written: File too large" in done.stderr
    assert b"TMPDIR" in done.stderr


def test_a_temporary_directory_that_is_not_a_directory_is_reported(part, monkeypatch):
    monkeypatch.setenv("TMPDIR", "/dev/null")
    done = faultline("replay", "--quiet", "-", input=archives.framed(part[0]))
    assert (done.code, done.output) == (1, "")
    assert done.errors.startswith("faultline: /dev/null: a temporary file can't be created here")


def test_of_spans_with_the_same_ids_the_same_one_counts_in_any_order():
    end = 1_767_225_600 * SECOND
    same = {"trace_id": bytes(15) + b"\1", "span_id": bytes(7) + b"\1"}
    variants = [
        span(name, end_time_unix_nano=end, start_time_unix_nano=end - duration, **same)
        for name, duration in (("a", MILLISECOND), ("b", MILLISECOND), ("a", 2 * MILLISECOND))
    ]
    reports = {
        replay("-", input=archives.framed([body(one) for one in order])) for order in itertools.permutations(variants)
    }
    assert len(reports) == 1
    (report,) = map(json.loads, reports)
    assert report["spans"]["accepted"] == 1 and report["spans"]["duplicates"] == 2
    (row,) = report["operations"]
    assert (row["operation"], row["mean_seconds"]) == ("a", 0.002)
