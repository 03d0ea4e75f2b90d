"""What a control plane that samples its traces leaves out is counted in rates, and every output says so."""

import json
import math
from collections import Counter, defaultdict

import pytest

from harness import faults, http_client, instances, project, spans, thinning
from harness.command import faultline

CAPTURES = ["steady", "slow-etcd"]
# Per million; how far rates may be from those of all spans
TOLERANCES = {100_000: 0.05, 10_000: 0.3}
# Of other trace ids
SEEDS = range(1, 7)
# Operations with fewer spans left say too little
KEPT_MIN = 10


def replayed(path, *options):
    return faultline("replay", "--format", "json", *options, path).json


@pytest.fixture(scope="module")
def whole():
    return {name: replayed(project.capture(name)) for name in CAPTURES}


@pytest.fixture(scope="module")
def thinned(tmp_path_factory):
    """The reports of each capture, by name and by spans kept per million."""
    folder = tmp_path_factory.mktemp("thinned")
    return {
        (name, per_million): replayed(
            thinning.archive(folder / f"{name}-{per_million}.otlp", thinning.thinned(name, per_million)))
        for name in CAPTURES for per_million in TOLERANCES
    }


def spans_by_trace(name):
    """How many spans of each operation each trace has, without duplicates."""
    counts, seen = defaultdict(Counter), set()
    for message in thinning.messages(name):
        for resource in message.resource_spans:
            service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                if (span.trace_id, span.span_id) not in seen:
                    seen.add((span.trace_id, span.span_id))
                    counts[service, span.name, span.kind][span.trace_id] += 1
    return counts


KINDS = {"UNSPECIFIED": 0, "INTERNAL": 1, "SERVER": 2, "CLIENT": 3}


def operations(report):
    return {(row["service"], row["operation"], KINDS[row["kind"]]): row for row in report["operations"]}


def total(rows, key):
    return sum(row[key] for row in rows)


@pytest.mark.parametrize("per_million", TOLERANCES)
@pytest.mark.parametrize("name", CAPTURES)
def test_rates_are_those_of_all_spans(name, per_million, whole, thinned):
    report, tolerance = thinned[name, per_million], TOLERANCES[per_million]
    for table in "operations", "requests":
        assert total(report[table], "rate") == pytest.approx(total(whole[name][table], "rate"), rel=tolerance)
    assert total(report["requests"], "estimated_count") == pytest.approx(
        total(whole[name]["requests"], "count"), rel=tolerance)
    assert total(report["requests"], "count") < total(whole[name]["requests"], "count") / 5


@pytest.mark.parametrize("per_million", TOLERANCES)
@pytest.mark.parametrize("name", CAPTURES)
def test_each_operation_is_within_three_standard_errors(name, per_million, thinned):
    ratio, rows = per_million / 1_000_000, operations(thinned[name, per_million])
    clients = thinning.traces_of_clients(name)
    checked = 0
    for operation, traces in spans_by_trace(name).items():
        row = rows.get(operation)
        if row is None or row["count"] < KEPT_MIN:
            continue
        checked += 1
        squares = sum(count * count for trace, count in traces.items() if trace not in clients)
        error = math.sqrt(squares * (1 - ratio) / ratio)
        assert abs(row["estimated_count"] - traces.total()) <= 3 * error, operation
    assert checked >= 10


@pytest.mark.parametrize("name", CAPTURES)
def test_the_ratio_is_estimated_from_the_trace_ids_of_roots(name, whole, thinned):
    for per_million, tolerance in {100_000: 0.1, 10_000: 0.3}.items():
        for source in thinned[name, per_million]["sources"]:
            # etcd samples what its callers sampled.
            assert source["sampling_ratio"] == pytest.approx(per_million / 1_000_000, rel=tolerance)
            assert source["sampling_source"] == "estimated"
        assert {row["sampling_source"] for row in thinned[name, per_million]["requests"]} == {"estimated"}
        assert {row["sampling_source"] for row in thinned[name, per_million]["operations"]} == {"estimated"}
    assert {source["sampling_ratio"] for source in whole[name]["sources"]} == {1}
    assert all(row["estimated_count"] == row["count"] for row in whole[name]["requests"])
    assert not [row for row in whole[name]["operations"] if "estimated_count" in row]


def test_the_verdict_is_that_of_all_spans(whole, thinned):
    (incident,) = whole["slow-etcd"]["incidents"]
    sampled = thinned["slow-etcd", 100_000]["incidents"]
    assert sampled
    assert {found["culprit"]["side"] for found in sampled} == {incident["culprit"]["side"]} == {"etcd"}
    assert thinned["steady", 100_000]["incidents"] == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("per_million", "tolerance"), [(100_000, 0.1), (10_000, 0.4)])
def test_other_trace_ids_have_the_same_verdict(tmp_path, per_million, tolerance, seed):
    # In `steady` a busy machine makes calls slower for a while, and by chance a sample shows more of that.
    found = {}
    for name in CAPTURES:
        report = replayed(thinning.archive(tmp_path / f"{name}.otlp", thinning.thinned(name, per_million, seed)))
        found[name] = {incident["culprit"]["side"] for incident in report["incidents"]}
        for source in report["sources"]:
            assert source["sampling_ratio"] == pytest.approx(per_million / 1_000_000, rel=tolerance)
    assert found == {"steady": set(), "slow-etcd": {"etcd"}}


def test_a_configured_ratio_comes_first(tmp_path, whole):
    config = tmp_path / "faultline.yaml"
    config.write_text("sampling: {apiserver: 100000}\n")
    archive = thinning.archive(tmp_path / "steady.otlp", thinning.thinned("steady", 100_000))
    report = replayed(archive, "--config", config)
    assert {(row["sampling_ratio"], row["sampling_source"]) for row in report["sources"]} == {(0.1, "configured")}
    assert total(report["operations"], "rate") == pytest.approx(total(whole["steady"]["operations"], "rate"), rel=0.05)


def test_it_counts_even_where_ids_tell_nothing_yet(tmp_path):
    config = tmp_path / "faultline.yaml"
    config.write_text('sampling: {"kube-*": 250000, apiserver: 100000}\n')
    requests = [spans.span(**{"name": "GET /api/v1/nodes/{:name}"}) for _ in range(5)]
    archive = thinning.archive(tmp_path / "few.otlp", [spans.request(*requests, service="apiserver")])
    (row,) = replayed(archive, "--config", config)["requests"]
    assert (row["count"], row["estimated_count"], row["sampling_source"]) == (5, 50, "configured")
    (row,) = replayed(archive)["requests"]
    assert (row["count"], row["estimated_count"]) == (5, 5) and "sampling_source" not in row


def test_the_tracestate_of_roots_tells_the_ratio(tmp_path):
    # A quarter: 2^56 * 3/4 is c0000000000000
    roots = [spans.span(name="GET /api/v1/nodes/{:name}", trace_state=f"vendor=1,ot=rv:0;th:{th}") for th in ["c", "c0"]]
    others = [spans.span(name="GET /api/v1/nodes/{:name}", trace_state=state) for state in ["ot=th:xyz", "th:8"]]
    archive = thinning.archive(tmp_path / "few.otlp", [spans.request(*roots, *others, service="apiserver")])
    report = replayed(archive)
    (source,) = report["sources"]
    assert (source["sampling_ratio"], source["sampling_source"]) == (0.25, "tracestate")
    assert report["requests"][0]["estimated_count"] == 16


def with_tracestates(messages, state):
    """The messages with a tracestate of each root, by its number."""
    number = 0
    for message in messages:
        for span in (one for resource in message.resource_spans for scope in resource.scope_spans for one in scope.spans):
            if not span.parent_span_id:
                number += 1
                span.trace_state = state(number)
        yield message


FORGED = "ot=th:ffffffffffffff"


@pytest.mark.parametrize("name", ["steady", "slow-etcd"])
@pytest.mark.parametrize("every", [20_000, 100, 3])
def test_roots_that_claim_a_ratio_change_nothing_while_most_dont(tmp_path, whole, name, every):
    messages = with_tracestates(thinning.messages(name), lambda number: FORGED if number % every == 1 else "")
    report = replayed(thinning.archive(tmp_path / "forged.otlp", messages))
    assert [row["sampling_ratio"] for row in report["sources"]] == [row["sampling_ratio"] for row in whole[name]["sources"]]
    assert [row["rate"] for row in report["requests"]] == [row["rate"] for row in whole[name]["requests"]]


@pytest.mark.parametrize("every", [20_000, 100, 25])
def test_single_roots_of_another_ratio_count_for_themselves(tmp_path, every):
    # A tenth: 2^56 * 9/10 is e6666666666666
    messages = with_tracestates(
        thinning.thinned("steady", 100_000), lambda number: FORGED if number % every == 1 else "ot=th:e6666666666666")
    report = replayed(thinning.archive(tmp_path / "forged.otlp", messages))
    for source in report["sources"]:
        assert (source["sampling_ratio"], source["sampling_source"]) == (pytest.approx(0.1, rel=1 / every + 1e-3), "tracestate")


def test_ratios_that_many_roots_have_are_all_counted(tmp_path):
    """A quarter of the roots stands for two, the others for one each."""
    messages = with_tracestates(thinning.messages("steady"), lambda number: "ot=th:8" if number % 4 == 0 else "ot=th:0")
    (source,) = [row for row in replayed(thinning.archive(tmp_path / "two.otlp", messages))["sources"] if row["service"] == "apiserver"]
    assert source["sampling_ratio"] == pytest.approx(4 / 5, rel=0.01)


@pytest.mark.parametrize("threshold", ["f" * 14, "F" * 14, "f" * 13 + "e", "f" * 12, "f" * 8])
def test_fewer_than_one_in_a_million_are_taken_for_that(serve, threshold):
    root = spans.span(name="GET /api/v1/nodes/{:name}", trace_state=f"ot=th:{threshold}")
    daemon = serve()
    assert http_client.send(daemon.http, spans.request(root, service="apiserver").SerializeToString()).status == 200
    (source,) = json.loads(daemon.get("/api/v1/sources")[2])
    assert source["sampling_ratio"] == pytest.approx(1e-6, rel=1e-3)
    assert daemon.is_running


def test_members_of_etcd_have_the_ratio_of_whom_they_answered():
    """Three API servers sample differently, and each calls the member on its own node."""
    ratios = dict(zip(instances.NODES, (1, 0.1, 0.02)))
    nodes = instances.Nodes("steady")
    kept = [
        (sender, span) for sender, span in nodes.spans
        if thinning.is_sampled(span.trace_id, int(ratios[sender.node] * 1_000_000))
    ]
    report = faultline("replay", "--quiet", "--format", "json", "-", input=faults.exported(kept)).json
    found = {(row["service"], row["instance"]): row["sampling_ratio"] for row in report["sources"]}
    for service in ("apiserver", "etcd"):
        for node, ratio in ratios.items():
            assert found[service, f"{service}-{node}"] == pytest.approx(ratio, rel=0.05), (service, node)
    whole = Counter(str(sender) for sender, _ in nodes.spans)
    for service, count in whole.items():
        told = sum(row["estimated_count"] for row in report["operations"] if row["service"] == service)
        assert told == pytest.approx(count, rel=0.1), service


def test_a_report_for_people_says_so(tmp_path, thinned):
    archive = thinning.archive(tmp_path / "steady.otlp", thinning.thinned("steady", 100_000))
    text = faultline("replay", archive).output
    assert "rates are estimates: apiserver keeps 10.0 % of its traces (estimated)\n" in text
    assert "rates are estimates" not in faultline("replay", project.capture("steady")).output


RATES = """
groups:
  - name: rates
    interval: 1s
    rules:
      - {alert: Many, select: {service: apiserver, kind: SERVER}, when: rate > 20/s, over: 1m}
      - {alert: Counted, select: {service: apiserver, kind: SERVER}, when: count > 1200, over: 1m}
"""


def alerts(path, rules, *options):
    return {alert["alert"] for alert in replayed(path, "--rules", rules, *options)["alerts"]}


def test_rules_compare_rates_of_all_spans(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(RATES)
    archive = thinning.archive(tmp_path / "steady.otlp", thinning.thinned("steady", 100_000))
    assert alerts(project.capture("steady"), rules) == {"Many", "Counted"}
    # Conditions on counts are about the spans that came.
    assert alerts(archive, rules) == {"Many"}


BURN_RATES = """
groups:
  - name: burn
    interval: 1s
    rules:
      - {alert: AboveTwenty, select: {verb: get}, when: "burn_rate(99%, 1s, 1m) > 20", by: []}
      - {alert: AboveEight, select: {verb: get}, when: "burn_rate(99%, 1s, 1m) > 8", by: []}
"""


def test_burn_rates_count_what_was_left_out(tmp_path):
    # Of 550 requests a client kept the 50 that failed, the API server one in ten of the others.
    base = 1_767_225_600 * spans.SECOND
    requests = []
    for number in range(100):
        is_client = number % 2 == 1
        fields = {"parent_span_id": b"\x01" * 8} if is_client else {}
        end = base + number * 500 * spans.MILLISECOND
        requests.append(
            spans.span(
                name="GET /api/v1/nodes/{:name}", is_error=is_client, start_time_unix_nano=end - spans.MILLISECOND,
                end_time_unix_nano=end, **fields))
    archive = thinning.archive(tmp_path / "clients.otlp", [spans.request(*requests, service="apiserver")])
    (rules, config) = (tmp_path / "rules.yaml", tmp_path / "faultline.yaml")
    rules.write_text(BURN_RATES)
    config.write_text("sampling: {apiserver: 100000}\n")
    assert alerts(archive, rules, "--config", config) == {"AboveEight"}
    assert alerts(archive, rules) == {"AboveEight", "AboveTwenty"}
    (row,) = replayed(archive, "--config", config)["requests"]
    assert (row["count"], row["estimated_count"]) == (100, 550)


@pytest.mark.parametrize(
    ("sampling", "fault"),
    [
        ("[10]", "1:11: sampling must be a mapping, but found a list"),
        ("{apiserver: ten}", "1:23: the sampling of a service is a number of traces per million, from 1 to 1000000, but found \"ten\""),
        ("{apiserver: 0}", "1:23: the sampling of a service is a number of traces per million, from 1 to 1000000, but found \"0\""),
        ("{apiserver: 1000001}", "1:23: the sampling of a service is a number of traces per million, from 1 to 1000000, but found \"1000001\""),
    ],
)
def test_what_is_wrong_with_a_ratio_is_said(tmp_path, sampling, fault):
    config = tmp_path / "faultline.yaml"
    config.write_text(f"sampling: {sampling}\n")
    done = faultline("check", config)
    assert done.code == 1 and f"faultline.yaml:{fault}" in done.output + done.errors
