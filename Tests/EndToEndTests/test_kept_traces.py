"""Traces that somebody is pointed to stay whole after the export requests that brought them have gone."""

import json
import time

from harness import http_client, spans
from harness.waiting import eventually
from test_culprit import QUICK, RULES, create

LIMIT = 1 << 20
SMALL = QUICK + f"traces: {{max_bytes: {LIMIT}}}\n"
NO_RULES = "groups: [{name: none, rules: [{alert: Never, select: {service: nobody}, when: count > 1, over: 1m}]}]\n"


def send(daemon, *made, service):
    assert http_client.send(daemon.http, spans.body(*made, service=service)).status == 200


def trace(daemon, id):
    status, _, body = daemon.get(f"/api/v1/traces/{id}")
    assert status == 200
    return json.loads(body)


def fill(daemon):
    """More than everything that is kept of export requests."""
    for _ in range(24):
        send(daemon, spans.span(attributes=[spans.text("body", "x" * 64_000)]), service="checkout")


def kept(daemon, reason="named"):
    return daemon.metrics().value("faultline_traces_kept", reason=reason)


FIVE_MINUTES = 300_000_000_000


def slow(daemon):
    """Makes an alert fire; returns the traces that it names."""
    requests, calls = zip(*(create(number, end=time.time_ns()) for number in range(10)))
    send(daemon, *requests, service="apiserver")
    send(daemon, *calls, service="etcd")

    def named():
        alerts = [alert for alert in json.loads(daemon.get("/api/v1/alerts")[2]) if alert["state"] == "firing"]
        return alerts and alerts[0]["evidence"]["traces"]

    return eventually(named, "an alert with traces")


def test_traces_of_an_active_alert_stay_whole_until_it_is_over(serve, tmp_path):
    daemon = serve(RULES, SMALL)
    other = spans.span("unnamed")
    send(daemon, other, service="checkout")
    named = slow(daemon)
    eventually(lambda: kept(daemon) >= len(named), "the traces of the alert")

    fill(daemon)
    assert not trace(daemon, other.trace_id.hex())["whole"]
    for id in named:
        found = trace(daemon, id)
        assert found["whole"] and {span["service"] for span in found["spans"]} == {"apiserver", "etcd"}
        assert [span["attributes"]["http.request.method"] for span in found["spans"] if not span.get("parent_span_id")] == ["POST"]
    otlp = json.loads(daemon.get(f"/api/traces/{named[0]}")[2])
    assert len(otlp["data"][0]["spans"]) == 2
    assert 0 < daemon.metrics().value("faultline_memory_bytes", part="traces") <= LIMIT

    # Its rule goes, and with it the alert.
    (tmp_path / "rules.yaml").write_text(NO_RULES)
    daemon.reload()
    eventually(lambda: kept(daemon) == 0, "the release of the traces")
    # All were of one kind and took as long: one of them is kept as the slowest, of five minutes or the next five.
    assert sum(trace(daemon, id)["whole"] for id in named) <= 2


def request(verb, duration, end, is_error=False):
    """A request of a kind of its own for each verb."""
    return spans.span(
        f"{verb} /api/v1/namespaces/{{:namespace}}/pods/{{:name}}", duration=duration, is_error=is_error,
        start_time_unix_nano=end - duration, end_time_unix_nano=end,
        attributes=[spans.text("http.request.method", verb), spans.text("http.target", "/api/v1/namespaces/default/pods/a")])


def test_the_slowest_and_the_last_failed_trace_of_each_kind_of_request_stay_whole(serve):
    daemon = serve(NO_RULES, SMALL)
    # All within the same five minutes.
    begin = time.time_ns() // FIVE_MINUTES * FIVE_MINUTES
    ends = iter(range(begin + 1_000, begin + 100_000, 1_000))
    made = {verb: [request(verb, 100 + number, next(ends)) for number in (3, 9, 1)] for verb in ("GET", "PUT")}
    failed = [request("PUT", 50, next(ends), is_error=True) for _ in range(2)]
    send(daemon, *made["GET"], *made["PUT"], *failed, service="apiserver")
    eventually(lambda: kept(daemon, "notable") == 3, "the traces that stand out")
    # A slower one takes the place of the slowest.
    slower = request("GET", 200, next(ends))
    send(daemon, slower, request("DELETE", 1, next(ends)), service="apiserver")
    staying = [slower, made["PUT"][1], failed[1]]
    eventually(lambda: kept(daemon, "notable") == 4, "the traces that stand out, once more")

    fill(daemon)
    for span in [*made["GET"], *made["PUT"], *failed, slower]:
        assert is_whole(daemon, span) == (span in staying), span.name
    assert kept(daemon) == 0


def is_whole(daemon, span):
    return trace(daemon, span.trace_id.hex())["whole"]


def test_without_room_for_traces_none_are_kept(serve):
    daemon = serve(RULES, QUICK + "traces: {max_bytes: 0}\n")
    named = slow(daemon)
    assert kept(daemon) == 0 and not trace(daemon, named[0])["whole"]
