"""`faultline doctor`: who sends spans to a daemon, and what is missing."""

import json
import re
import time

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness import http_client, now, project, spans
from harness.command import faultline
from harness.daemon import Faultline
from harness.spans import SECOND
from harness.viewer import Viewer
from harness.waiting import DEADLINE, eventually

SERVICES = ("apiserver", "etcd")


@pytest.fixture
def daemon(serve):
    """Without rules, so that nothing comes after an evaluation, and thus too late, however slow the machine."""
    return serve("groups: []\n")


@pytest.fixture
def capture():
    """Anew for each test: what ended a while ago is silent."""
    return now.messages()


@pytest.fixture
def settled():
    """All of it has ended long enough ago for both sides to have told of it."""
    return now.messages(ago=35)


def service(message):
    attributes = message.resource_spans[0].resource.attributes
    (name,) = (one.value.string_value for one in attributes if one.key == "service.name")
    return name


def send(daemon, found):
    """What was recorded two minutes ago, moved to the present as a whole."""
    assert http_client.send(daemon.http, now.joined(found).SerializeToString()).status == 200


def doctor(daemon, columns=80):
    done = faultline("doctor", "--address", daemon.query, COLUMNS=str(columns))
    assert done.errors == ""
    assert all(len(line) <= columns for line in done.output.splitlines())
    return done.code, " ".join(done.output.split())


def at(message, end):
    """The same with all spans ending at a time, Unix nanoseconds."""
    moved = type(message)()
    moved.CopyFrom(message)
    for span in now.spans(moved):
        span.start_time_unix_nano += end - span.end_time_unix_nano
        span.end_time_unix_nano = end
    return moved


def is_error(span):
    return span.status.code == 2


def renamed(message, **names):
    made = type(message)()
    made.CopyFrom(message)
    for one in made.resource_spans:
        for attribute in one.resource.attributes:
            if attribute.key in names:
                attribute.value.string_value = names[attribute.key]
    return made


def test_nobody_sends(daemon):
    code, output = doctor(daemon)
    assert code == 1 and "no spans have arrived" in output and "faultline setup" in output


def test_nothing_is_missing(daemon, capture):
    send(daemon, capture)
    code, output = doctor(daemon, columns=140)
    assert code == 0 and "nothing is missing" in output
    assert all(re.search(rf"0 (older|newer|mixed) {name}", output) for name in SERVICES)


@pytest.mark.parametrize("sender, silent", [SERVICES, SERVICES[::-1]])
def test_one_of_the_two_is_missing(daemon, capture, sender, silent):
    send(daemon, [one for one in capture if service(one) == sender])
    code, output = doctor(daemon)
    names = {"apiserver": "kube-apiserver", "etcd": "etcd"}
    assert code == 1 and f"{names[sender]} sends spans, {names[silent]} doesn't" in output


def test_neither_of_the_two(daemon):
    message = at(spans.request(spans.span(), service="checkout"), time.time_ns() - 40 * SECOND)
    assert http_client.send(daemon.http, message.SerializeToString()).status == 200
    code, output = doctor(daemon)
    assert code == 1 and "neither kube-apiserver nor etcd sends spans, only checkout" in output


def test_one_of_three_instances_is_silent(daemon, capture):
    silent, other = ([renamed(one, **{"service.instance.id": f"node-{number}"}) for one in capture[-2:]] for number in range(2))
    for one in silent:
        for span in now.spans(one):
            span.start_time_unix_nano -= 150 * SECOND
            span.end_time_unix_nano -= 150 * SECOND
    # The others send before and after, so that none has replaced it. Spans with the same ids need slots of their own.
    earlier = [at(one, time.time_ns() - (220 + 10 * number) * SECOND) for number, one in enumerate((*other, *capture[-2:]))]
    send(daemon, [*silent, *other, *earlier, *capture])
    code, output = doctor(daemon)
    assert code == 1
    assert re.findall(r"(\S+) has sent nothing for 2 min(?: \d+ s)?,", output) in (["node-0"], ["node-0", "node-0"]), output


def test_an_instance_that_has_just_fallen_silent_explains_missing_calls(daemon, capture):
    """Of two API servers that shared the calls one sent nothing in the last eighty seconds."""
    halves = [renamed(one) for one in capture]
    for number, one in enumerate(halves):
        if service(one) != "apiserver":
            continue
        for attribute in one.resource_spans[0].resource.attributes:
            if attribute.key == "service.instance.id":
                attribute.value.string_value = f"node-{number % 2}"
    latest = max(span.end_time_unix_nano for one in halves for span in now.spans(one))
    for number, one in enumerate(halves):
        if service(one) == "apiserver" and number % 2:
            for scope in one.resource_spans[0].scope_spans:
                kept = [span for span in scope.spans if span.end_time_unix_nano < latest - 80 * SECOND]
                del scope.spans[:]
                scope.spans.extend(kept)
    send(daemon, halves)
    code, output = doctor(daemon)
    assert code == 1 and "exporter drops some" not in output
    assert re.findall(r"(\S+) has sent nothing for 1 min \d+ s, while others have", output) == ["node-1"], output


def test_all_are_silent(daemon, capture):
    for one in (early := [renamed(one) for one in capture]):
        for span in now.spans(one):
            span.start_time_unix_nano -= 300 * SECOND
            span.end_time_unix_nano -= 300 * SECOND
    send(daemon, early)
    code, output = doctor(daemon)
    assert code == 1 and "the control plane is down, or no longer reaches this daemon" in output


def test_etcd_is_not_part_of_the_traces(daemon, capture):
    cut = [renamed(one) for one in capture]
    for one in cut:
        for span in now.spans(one) if service(one) == "etcd" else ():
            span.trace_id = bytes(byte ^ 0x5A for byte in span.trace_id)
            span.parent_span_id = b""
    send(daemon, cut)
    code, output = doctor(daemon)
    assert code == 1 and "etcd's spans belong to none of the last five minutes' requests" in output


@pytest.mark.parametrize(("sender", "cause"), [
    ("etcd", "a member doesn't send spans, or etcd's exporter drops some"),
    ("apiserver", "an API server's exporter drops some"),
])
def test_an_exporter_drops_a_third_of_its_spans(daemon, settled, sender, cause):
    kind = {"apiserver": Span.SPAN_KIND_CLIENT, "etcd": Span.SPAN_KIND_SERVER}
    for one in settled:
        for scope in one.resource_spans[0].scope_spans:
            if service(one) == sender:
                kept = [span for span in scope.spans if span.span_id[-1] % 3]
                del scope.spans[:]
                scope.spans.extend(kept)
    ends = {name: [span.end_time_unix_nano for one in settled if service(one) == name for span in now.spans(one)] for name in SERVICES}
    # Of what was before, only one of the two tells.
    begin = max(min(own) for own in ends.values())
    calls = {
        name: sum(
            span.kind == kind[name] and span.name.startswith("etcdserverpb.KV/") and not is_error(span)
            and span.end_time_unix_nano >= begin
            for one in settled if service(one) == name for span in now.spans(one)
        )
        for name in SERVICES
    }
    send(daemon, settled)
    code, output = doctor(daemon)
    assert code == 1
    assert f"the API servers' spans show {calls['apiserver']} and etcd's {calls['etcd']}: {cause}" in output


def test_the_newest_spans_may_be_on_their_way(daemon, capture):
    """Of the last 25 seconds only the API server has told."""
    until = time.time_ns() - 25 * SECOND
    for one in capture:
        for scope in one.resource_spans[0].scope_spans if service(one) == "etcd" else ():
            kept = [span for span in scope.spans if span.end_time_unix_nano < until]
            del scope.spans[:]
            scope.spans.extend(kept)
    send(daemon, capture)
    code, output = doctor(daemon, columns=140)
    assert code == 0 and "nothing is missing" in output


def test_it_is_too_early_to_tell(daemon, capture):
    """In the first seconds the exporters' batches haven't all come."""
    since = time.time_ns() - 20 * SECOND
    early = [one for one in capture if service(one) == "apiserver" and all(span.end_time_unix_nano > since for span in now.spans(one))]
    assert early
    send(daemon, early)
    code, output = doctor(daemon)
    assert code == 0 and "too early to tell what is missing" in output and "nothing is missing" not in output
    found = faultline("doctor", "--address", daemon.query, "--format", "json").json
    assert found["findings"] == [] and found["too_early"].startswith("too early to tell")


def test_a_restarted_api_server_is_not_missed(daemon, capture):
    """It has another instance id since a minute ago."""
    since = time.time_ns() - 60 * SECOND
    parts = []
    for one in capture:
        if service(one) != "apiserver":
            parts.append(one)
            continue
        for name, is_new in (("before", False), ("after", True)):
            part = renamed(one, **{"service.instance.id": name})
            for scope in part.resource_spans[0].scope_spans:
                kept = [span for span in scope.spans if (span.end_time_unix_nano >= since) == is_new]
                del scope.spans[:]
                scope.spans.extend(kept)
            parts.append(part)
    send(daemon, parts)
    code, output = doctor(daemon, columns=140)
    assert code == 0 and "nothing is missing" in output
    assert "apiserver before" in output and "apiserver after" in output


def test_spans_are_rejected(daemon, capture):
    send(daemon, capture)
    bad = spans.request(spans.span(trace_id=bytes(16)))
    http_client.send(daemon.http, bad.SerializeToString())
    code, output = doctor(daemon)
    assert code == 1 and "spans were rejected since the start (invalid_trace_id 1)" in output


def test_exports_are_refused(daemon, capture):
    send(daemon, capture)
    assert http_client.send(daemon.http, b"\xff").status == 400
    assert http_client.send(daemon.http, b"", path="/v2/traces").status == 404
    code, output = doctor(daemon)
    assert code == 1 and "refused since the start: http malformed 1, http unknown_path 1 (OTLP over HTTP goes to /v1/traces)." in output


def test_no_spans_because_the_exports_are_refused(tmp_path, capture):
    (tmp_path / "token").write_text("secret\n")
    (tmp_path / "faultline.yaml").write_text("otlp:\n  http: {token_file: token}\n")
    with Faultline("--config", str(tmp_path / "faultline.yaml")) as guarded:
        body = now.joined(capture).SerializeToString()
        assert http_client.send(guarded.http, body).status == 401
        code, output = doctor(guarded)
    assert code == 1 and "no spans have arrived" in output
    assert "http missing_token 1 (the request has no Authorization: Bearer, but token_file asks for one)" in output


def test_late_spans_are_told_by_source(capture):
    """Those of one member come half an hour after their end."""
    own = next(one for one in capture if service(one) == "etcd")
    with Faultline() as daemon:
        # Spans are late once the time of their end has been evaluated.
        eventually(lambda: any(group["evaluated_at"] for group in json.loads(daemon.get("/api/v1/rules")[2])), "an evaluation")
        ended = time.time_ns()
        send(daemon, [at(one, ended) for one in capture[:40] if one is not own])
        late = renamed(at(own, ended - 1800 * SECOND), **{"service.instance.id": "member-2"})
        for number, span in enumerate(now.spans(late), start=1):
            # In traces of their own: calls half an hour later would tell of a clock that is behind.
            span.trace_id = number.to_bytes(16, "big")
        send(daemon, [late])
        count = sum(1 for _ in now.spans(own))
        code, output = doctor(daemon)
        assert code == 1 and f"{count} of {count} spans of etcd member-2 arrived too late to be evaluated" in output
        assert len(re.findall("arrived too late", output)) == 1 and re.search(r"evaluated, up to 30 min( \d+ s)? after their end", output)
        rows = {(row["service"], row["instance"]): row for row in json.loads(daemon.get("/api/v1/sources")[2])}
        assert rows[("etcd", "member-2")]["late"] == sum(row["late"] for row in rows.values()) == count
        assert 1800 <= rows.pop(("etcd", "member-2"))["lateness_seconds"] < 1800 + DEADLINE
        assert {row["lateness_seconds"] for row in rows.values()} == {None}


def test_all_that_are_late_are_told_in_one_sentence(capture):
    own = next(one for one in capture if service(one) == "etcd")
    with Faultline() as daemon:
        eventually(lambda: any(group["evaluated_at"] for group in json.loads(daemon.get("/api/v1/rules")[2])), "an evaluation")
        ended = time.time_ns()
        send(daemon, [at(one, ended) for one in capture[:40]])
        for member in range(3):
            late = renamed(at(own, ended - (member + 1) * 600 * SECOND), **{"service.instance.id": f"member-{member}"})
            for number, span in enumerate(now.spans(late), start=1):
                span.trace_id = (1000 * member + number).to_bytes(16, "big")
                span.span_id = (1000 * member + number).to_bytes(8, "big")
            send(daemon, [late])
        output = doctor(daemon)[1]
    (sentence,) = re.findall(r"[^.]* arrived too late to be evaluated[^.]*\.", output)
    assert re.findall(r"of (\d+) spans of etcd (\S+?)[, ]", sentence) == [
        (str(sum(1 for _ in now.spans(own))), f"member-{member}") for member in range(3)
    ]


LONG = "kube-apiserver-" + "node" * 20 + "-tail"


@pytest.mark.parametrize("columns", ["", "80", "60", "200"])
def test_the_table_leaves_nothing_out(daemon, capture, columns):
    """No width, as in a pipe, has no limit; on a terminal long names have lines of their own."""
    named = [renamed(one, **{"service.instance.id": LONG}) if service(one) == "apiserver" else one for one in capture]
    send(daemon, named)
    output = faultline("doctor", "--address", daemon.query, COLUMNS=columns).output
    table = output.partition("nothing is missing")[0]
    if columns:
        assert all(len(line) <= int(columns) for line in table.splitlines())
    if columns != "60":
        for heading in ("spans", "heard for", "silent for", "late by", "sampled", "clock", "dialect"):
            assert heading in table.splitlines()[0]
        assert re.search(r" [\d,]+ +\S+ +\S+ +- +(unknown|\S+ % (estimated|tracestate|configured)) ", table)
    if columns in {"", "200"}:
        assert f"apiserver {LONG}\n" in table
    assert LONG in table.replace("\n", "")


def test_members_of_etcd_without_an_instance_cannot_be_told_apart(daemon, capture):
    latest = [one for one in capture if service(one) == "apiserver"][-3:]
    servers = [renamed(one, **{"service.instance.id": f"node-{number}"}) for number, one in enumerate(latest)]
    members = [renamed(one, **{"service.instance.id": ""}) for one in capture if service(one) == "etcd"]
    send(daemon, [*servers, *members])
    code, output = doctor(daemon)
    assert code == 1 and "3 API servers send spans, but etcd's name no instance" in output


def test_programs_get_the_same_as_json(daemon, capture):
    send(daemon, [one for one in capture if service(one) == "etcd"])
    done = faultline("doctor", "--address", daemon.query, "--format", "json")
    sources = json.loads(daemon.get("/api/v1/sources")[2])
    assert (done.code, done.json["sources"], done.json["recorded_until"]) == (1, sources, None)
    (finding,) = done.json["findings"]
    assert finding in doctor(daemon, columns=140)[1]


def test_recorded_spans_are_judged_as_of_their_end():
    with Viewer(project.EXAMPLE) as viewer:
        code, output = doctor(viewer, columns=140)
        assert code == 0 and "nothing is missing" in output
        assert "recorded spans, judged as of their end, 2026-11-23T04:34:2" in output


def test_no_daemon():
    done = faultline("doctor", "--address", "127.0.0.1:1")
    assert done.code == 1 and done.output == "" and "nothing listens there" in done.errors
