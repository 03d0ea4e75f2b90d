"""`faultline test`: rules tested on synthetic spans and on archives."""

import pytest

from harness.command import faultline
from harness.project import EXAMPLE, ROOT

RULES = """\
groups:
  - name: g
    interval: 15s
    rules:
      - alert: ListSlow
        select: {verb: list}
        when: p99 > 500ms and count >= 50
        over: 1m
        by: [verb, resource, scope]
        for: 1m
        labels: {severity: page}
        annotations: {summary: "{{ $labels.verb }} {{ $labels.resource }} takes {{ $value | humanizeDuration }}"}
      - alert: VerySlow
        match: {service: etcd}
        when: duration > 10s
      - alert: Failing
        select: {service: shop}
        when: error_ratio >= 2% and burn_rate(99%, 1s, 1m) >= 2
        over: 1m
"""

TESTS = """\
rule_files: [rules.yaml]
tests:
  - name: lists get slow for ten minutes
    operations:
      - apiserver list pods p50=20ms rate=50/s for 5m
      - apiserver list pods p50=20ms p99=900ms rate=50/s errors=1% from 5m for 10m
      - apiserver list pods p50=20ms rate=50/s from 15m for 5m
      - etcd etcdserverpb.KV/Range p50=2ms rate=20/s for 20m
      - etcd etcdserverpb.KV/Txn p50=11s rate=0.1/s from 90s for 10s
    expect:
      - {at: 5m, alerts: []}
      - at: 105s
        alerts: [{alert: VerySlow, labels: {service: etcd}}]
      - at: 2m
        alerts: []
      - at: 6m
        alerts: [{alert: ListSlow, state: pending}]
      - at: 7m
        alerts:
          - alert: ListSlow
            labels: {verb: list, resource: pods, scope: namespace, severity: page}
            annotations: {summary: "list pods takes 900ms"}
      - {at: 17m, alerts: []}
  - name: errors as told
    operations:
      - shop "pay the bill" p50=1ms kind=CLIENT rate=100/s errors=2% for 2m
    rules: [Failing]
    expect:
      - {at: 1m30s, alerts: [{alert: Failing, labels: {service: shop}}]}
"""


@pytest.fixture
def run(tmp_path):
    def run(tests=TESTS, rules=RULES):
        (tmp_path / "rules.yaml").write_text(rules)
        (tmp_path / "tests.yaml").write_text(tests)
        # From another directory: paths in a file are relative to its own.
        return faultline("test", f"{tmp_path.name}/tests.yaml", directory=tmp_path.parent)

    return run


def test_tests_that_hold_pass(run):
    done = run()
    assert (done.code, done.output, done.errors) == (0, "2 passed, 0 failed\n", "")


def test_the_example_passes():
    done = faultline("test", ROOT / "Examples" / "rule-tests.yaml")
    assert (done.code, done.output) == (0, "4 passed, 0 failed\n")


def test_every_run_says_the_same(run):
    wrong = TESTS.replace("takes 900ms", "takes 1s")
    assert run(wrong) == run(wrong)


def test_a_difference_is_shown_line_by_line(run, tmp_path):
    done = run(TESTS.replace("takes 900ms", "takes 1s").replace("{at: 17m, alerts: []}", "{at: 10m, alerts: []}"))
    assert done.code == 1
    labels = '{resource="pods", scope="namespace", severity="page", verb="list"}'
    assert done.output.splitlines() == [
        f"{tmp_path.name}/tests.yaml:18:9: lists get slow for ten minutes: at 7m",
        f"    - ListSlow{labels} firing",
        '    -     summary: "list pods takes 1s"',
        f"    + ListSlow{labels} firing",
        '    +     summary: "list pods takes 900ms"',
        f"{tmp_path.name}/tests.yaml:23:9: lists get slow for ten minutes: at 10m",
        f"    + ListSlow{labels} firing",
        "1 passed, 1 failed",
    ]


def test_an_alert_that_is_missing_is_a_failure(run):
    done = run(TESTS.replace("rate=100/s errors=2%", "rate=100/s errors=1%"))
    assert done.code == 1
    assert '    - Failing{service="shop"} firing' in done.output


def test_percentiles_and_errors_are_exactly_those_of_the_line(tmp_path):
    # The rules hold if any hundred consecutive spans match their line exactly.
    conditions = {
        "p50=20ms p99=900ms": ["p50 == 20ms", "p99 == 900ms", "max == 900ms", "p90 > 700ms", "p90 < 800ms"],
        "p50=5ms p99.9=1s max=2s": ["p50 == 5ms", "p99.9 == 1s", "max == 2s"],
        "p50=7ms errors=3%": ["p1 == 7ms", "max == 7ms", "errors / count == 3%", "count == 6000"],
    }
    for line, checks in conditions.items():
        rules = "groups:\n  - name: g\n    rules:\n"
        for number, check in enumerate(checks):
            rules += f"      - {{alert: A{number}, select: {{service: s}}, when: {check}, over: 1m}}\n"
        expected = ", ".join(f"{{alert: A{number}}}" for number in range(len(checks)))
        (tmp_path / "rules.yaml").write_text(rules)
        (tmp_path / "tests.yaml").write_text(
            "rule_files: [rules.yaml]\ntests:\n  - name: exact\n    operations:\n"
            f"      - s o {line} rate=100/s for 5m\n    expect:\n      - {{at: 2m, alerts: [{expected}]}}\n"
        )
        done = faultline("test", tmp_path / "tests.yaml")
        assert done.code == 0, done.output


def test_an_archive_is_tested_at_its_own_times(tmp_path):
    (tmp_path / "tests.yaml").write_text(
        f"""\
tests:
  - name: a slow disk
    archive: {EXAMPLE}
    rules: [EtcdSlowNow]
    expect:
      - at: 2026-11-23T04:33:25Z
        alerts: []
      - at: 2026-11-23T04:34:00Z
        alerts:
          - {{alert: EtcdSlowNow, labels: {{operation: etcdserverpb.KV/Txn, severity: warning}}, culprit: etcd}}
          - {{alert: EtcdSlowNow, culprit: {{side: etcd, component: etcd, certainty: clear}}}}
  - name: the requests that it slows
    archive: {EXAMPLE}
    rules: [APIServerSlowerNow]
    expect:
      - at: 2026-11-23T04:33:30Z
        alerts:
          - {{alert: APIServerSlowerNow, labels: {{verb: delete, severity: warning}}, culprit: {{component: etcd, certainty: clear}}}}
      - at: 2026-11-23T04:33:35Z
        alerts:
          - {{alert: APIServerSlowerNow, labels: {{verb: create, severity: warning}}, culprit: {{component: etcd, certainty: clear}}}}
          - {{alert: APIServerSlowerNow, labels: {{verb: delete, severity: warning}}}}
          - {{alert: APIServerSlowerNow, labels: {{verb: patch, severity: warning}}}}
          - {{alert: APIServerSlowerNow, labels: {{verb: update, severity: warning}}, culprit: etcd}}
"""
    )
    done = faultline("test", tmp_path / "tests.yaml")
    assert (done.code, done.output) == (0, "2 passed, 0 failed\n")


ACCUSING = """\
groups:
  - name: g
    interval: 15s
    rules:
      - {alert: EtcdSlow, select: {service: etcd, kind: SERVER}, when: max > 100ms, over: 1m}
      - {alert: EtcdSilent, select: {service: etcd}, when: seen == 0 and count offset 1m >= 60, over: 1m}
      - {alert: ListSlow, select: {verb: list}, when: max > 500ms, over: 1m}
      - {alert: CallsSlow, select: {service: apiserver, kind: CLIENT}, when: p50 > 100ms, over: 1m}
      - {alert: ListFails, select: {verb: list}, when: error_ratio > 20%, over: 1m}
"""


def accusing(operations, *expectations):
    """A test in which lists of pods and etcd are healthy for five minutes; what a test adds starts then."""
    lines = "".join(f"      - {line}\n" for line in operations)
    expect = "".join(f"      - {{{expectation}}}\n" for expectation in expectations)
    return f"rule_files: [rules.yaml]\ntests:\n  - name: t\n    operations:\n{lines}    expect:\n{expect}"


LISTS = "apiserver list pods p50=20ms rate=10/s for"
ETCD = "etcd etcdserverpb.KV/Range p50=2ms rate=20/s for"
CALLS = "apiserver etcdserverpb.KV/Range kind=CLIENT p50=3ms rate=20/s for"


@pytest.mark.parametrize(
    ("operations", "expectation"),
    [
        (
            [f"{LISTS} 7m", f"{ETCD} 5m", "etcd etcdserverpb.KV/Range p50=200ms rate=20/s from 5m for 2m"],
            "at: 6m, alerts: [{alert: EtcdSlow, culprit: {side: etcd, component: etcd, certainty: clear}}]",
        ),
        (
            [f"{LISTS} 7m", f"{ETCD} 5m", "etcd etcdserverpb.KV/Range p94=8ms p97=200ms rate=20/s from 5m for 2m"],
            "at: 6m, alerts: [{alert: EtcdSlow, culprit: {side: etcd, certainty: clear}}]",
        ),
        (
            [f"{LISTS} 7m", f"{ETCD} 5m"],
            "at: 6m, alerts: [{alert: EtcdSilent, culprit: {side: etcd, certainty: likely}}]",
        ),
        (
            [f"{LISTS} 5m", "apiserver list pods p50=900ms rate=10/s from 5m for 2m", f"{ETCD} 7m"],
            "at: 6m, alerts: [{alert: ListSlow, culprit: {side: apiserver, component: apiserver}}]",
        ),
        (
            [f"{LISTS} 7m", f"{ETCD} 7m", f"{CALLS} 5m", f"{CALLS.replace('3ms', '300ms')} 2m from 5m"],
            "at: 6m, alerts: [{alert: CallsSlow, culprit: {side: connection, component: etcd-client}}]",
        ),
        (
            [f"{LISTS} 7m", f"{CALLS} 5m", f"{CALLS.replace('3ms', '300ms')} 2m from 5m"],
            "at: 6m, alerts: [{alert: CallsSlow, culprit: not clear}]",
        ),
        (
            [f"{LISTS} 5m", f"{LISTS} 2m from 5m errors=50%", f"{ETCD} 7m"],
            "at: 6m, alerts: [{alert: ListFails, culprit: {side: apiserver, certainty: likely}}]",
        ),
        (
            ["apiserver list pods p50=900ms rate=10/s for 7m"],
            "at: 6m, alerts: [{alert: ListSlow, culprit: {side: not clear}}]",
        ),
    ],
)
def test_lines_give_the_verdicts_that_the_documentation_says(run, operations, expectation):
    done = run(accusing(operations, expectation), ACCUSING)
    assert (done.code, done.output) == (0, "1 passed, 0 failed\n")


def test_a_culprit_is_that_of_the_given_time_not_of_when_the_alert_fired(run):
    # At first most of the half minute is unchanged.
    tests = accusing(
        [f"{LISTS} 5m", "apiserver list pods p90=20ms p99=1s rate=10/s from 5m for 2m", f"{ETCD} 7m"],
        "at: 5m15s, alerts: [{alert: ListSlow, culprit: {side: apiserver, certainty: likely}}]",
        "at: 5m30s, alerts: [{alert: ListSlow, culprit: {side: apiserver, certainty: clear}}]",
    )
    done = run(tests, ACCUSING)
    assert (done.code, done.output) == (0, "1 passed, 0 failed\n")


def test_another_culprit_is_shown_with_what_was_found(run, tmp_path):
    operations = [f"{LISTS} 7m", f"{ETCD} 5m", "etcd etcdserverpb.KV/Range p50=200ms rate=20/s from 5m for 2m"]
    expected = {
        "connection": "{side: connection}",
        "not clear": "not clear",
        "{component: storage, certainty: likely}": "{component: storage, certainty: likely}",
    }
    tests = accusing(operations, *(f"at: 6m, alerts: [{{alert: EtcdSlow, culprit: {text}}}]" for text in expected))
    done = run(tests, ACCUSING)
    assert done.code == 1
    lines = []
    for number, text in enumerate(expected.values()):
        lines += [
            f"{tmp_path.name}/tests.yaml:{9 + number}:9: t: at 6m",
            "    - EtcdSlow{…} firing",
            f"    -     culprit: {text}",
            '    + EtcdSlow{kind="SERVER", service="etcd"} firing',
            "    +     culprit: {side: etcd, component: etcd, certainty: clear}",
            "    +         why: etcd: its own handlers took 200 ms instead of 2 ms at p80; "
            "the API server's own work on requests that never reach etcd is unaffected",
        ]
    assert done.output.splitlines() == [*lines, "0 passed, 1 failed"]


def test_vague_expectations_leave_alerts_to_specific_ones(run):
    rules = RULES.replace("by: [verb, resource, scope]", "by: [verb, resource]")
    slow = "p50=900ms rate=50/s for 5m"
    alerts = (
        "[{alert: ListSlow}, {alert: ListSlow, culprit: not clear},"
        " {alert: ListSlow, labels: {verb: list, resource: nodes, severity: page}}]"
    )
    operations = [f"apiserver list {resource} {slow}" for resource in ("nodes", "pods", "secrets")]
    assert run(accusing(operations, f"at: 4m, alerts: {alerts}"), rules).output == "1 passed, 0 failed\n"


@pytest.mark.parametrize(
    ("fields", "at", "message"),
    [
        ("culprit: etdc", "etdc", 'unknown side "etdc"; did you mean "etcd"?'),
        ("culprit: us", "us", 'unknown side "us"; expected one of: etcd, apiserver, webhook, connection, not clear'),
        ("culprit: storage", "storage", 'unknown side "storage"; it is a component: {component: storage}'),
        ("culprit: [etcd]", "[etcd]", "culprit is etcd, apiserver, webhook, connection, not clear, or a mapping"),
        ("culprit: ~", "~", "the side of a culprit must be text, but found nothing"),
        ("culprit: {}", "{}", "a culprit has at least one of side, component and certainty"),
        ("culprit: {sied: etcd}", "sied", 'unknown field "sied" in a culprit; did you mean "side"?'),
        ("culprit: {side: Etcd}", "Etcd", 'unknown side "Etcd"; did you mean "etcd"?'),
        ("culprit: {component: etdc}", "etdc", 'unknown component "etdc"; did you mean "etcd"?'),
        ("culprit: {certainty: sure}", "sure", 'unknown certainty "sure"; expected one of: clear, likely, not clear'),
        ("culprit: {certainty: clera}", "clera", 'unknown certainty "clera"; did you mean "clear"?'),
        (
            "culprit: {side: etcd, component: storage}",
            "component",
            "storage is a component of the side apiserver, not of etcd",
        ),
        (
            "culprit: {side: etcd, certainty: not clear}",
            "certainty",
            "a verdict that is not clear names neither a side nor a component",
        ),
        ("culprit: {side: not clear, certainty: likely}", "certainty", "a culprit that is not clear can't be likely"),
        ("state: pending, culprit: etcd", "culprit", "a pending alert has no culprit yet"),
    ],
)
def test_a_faulty_culprit_is_reported_at_its_position(tmp_path, fields, at, message):
    path = tmp_path / "tests.yaml"
    line = f"    expect: [{{at: 1m, alerts: [{{alert: A, {fields}}}]}}]"
    path.write_text(f"tests:\n  - name: t\n    operations: []\n{line}\n")
    for command, code in (("test", 2), ("check", 1)):
        done = faultline(command, path)
        assert done.code == code
        told = done.errors if command == "test" else done.output
        assert told.startswith(f"{path}:4:{line.index(at) + 1}: {message}"), told
        assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        ("etcd Range rate=5/s for 1m", "4:13", "the line doesn't say how long spans take"),
        ("etcd Range p50=1ms rate=5/s", "4:13", "the line doesn't say for how long: end it"),
        ("etcd Range p50=1ms rate=5 for 1m", "4:37", "rate= takes spans per second such as 50/s"),
        ("etcd Range p50=1 for 1m", "4:28", "p50= takes a duration such as 20ms"),
        ("etcd Range p50=1ms errors=2 for 1m", "4:39", "errors= takes a percentage such as 1%"),
        ("etcd Range p50=1ms colour=red for 1m", "4:32", 'unexpected "colour=red"'),
        ("etcd Range p50=2ms p99=1ms for 1m", "4:13", "a higher percentile takes at least as long"),
        ("apiserver lists pods p50=1ms for 1m", "4:23", '"lists" is not a verb'),
        ("etcd p50=1ms for 1m", "4:13", "a line begins with a service and an operation"),
        ("etcd Range p50=1ms kind=server for 1m", "4:37", "kind= takes one of"),
        ("etcd Range p50=1ms scope=cluster for 1m", "4:13", "scope=cluster is for requests"),
        ("etcd Range p50=1ms rate=100000/s for 1h", "4:13", "this makes more than 5000000 spans"),
        ("etcd Range p50=1ms for", "4:32", '"for" is followed by a duration'),
    ],
)
def test_a_faulty_line_is_reported_at_its_position(tmp_path, line, place, message):
    path = tmp_path / "tests.yaml"
    path.write_text(
        f"tests:\n  - name: t\n    operations:\n          - {line}\n    expect: [{{at: 1m, alerts: []}}]\n"
    )
    for command, code in (("test", 2), ("check", 1)):
        done = faultline(command, path)
        assert done.code == code
        told = done.errors if command == "test" else done.output
        assert told.startswith(f"{path}:{place}: {message}"), told


@pytest.mark.parametrize(
    "content",
    [
        "",
        "tests:\n",
        "tests: [{name: a}]\n",
        "tests: [{name: a, expect: []}]\n",
        "tests: [{name: a, operations: [], archive: b, expect: []}]\n",
        "tests: [{name: a, operations: [], expect: [{at: soon, alerts: []}]}]\n",
        "tests: [{name: a, archive: b, expect: [{at: 5m, alerts: []}]}]\n",
        "tests: [{name: a, operations: [], expect: [{at: 5m, alerts: [{alert: A, state: resolved}]}]}]\n",
        "rule_files: [none.yaml]\ntests: []\n",
        "tests: [{name: a, archive: none.otlp, expect: []}]\n",
    ],
)
def test_a_wrong_file_is_reported_and_runs_no_test(tmp_path, content):
    (tmp_path / "tests.yaml").write_text(content)
    done = faultline("test", "tests.yaml", directory=tmp_path)
    assert (done.code, done.output) == (2, "")
    assert done.errors


DAMAGED = {
    "cut off": lambda content: content[: len(content) // 2],
    "of no span": lambda content: b'{"resourceSpans":[]}',
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_test_over_an_archive_that_is_damaged_or_empty_fails(tmp_path, what):
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "spans.otlp.lz4").write_bytes(DAMAGED[what](EXAMPLE.read_bytes()))
    (tmp_path / "tests.yaml").write_text(
        "rule_files: [rules.yaml]\n"
        "tests: [{name: t, archive: spans.otlp.lz4, expect: [{at: 2026-11-23T04:32:20Z, alerts: []}]}]\n")
    done = faultline("test", tmp_path / "tests.yaml")
    assert (done.code, done.output) == (1, "0 passed, 1 failed\n")
    assert "tests.yaml: t: " in done.errors and "spans.otlp.lz4" in done.errors
