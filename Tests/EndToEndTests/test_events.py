"""Server-sent events: a status every two seconds; alerts and incidents as they change."""

import json
import time
import urllib.error
import urllib.request
from contextlib import ExitStack

import pytest

from harness import http_client, raw, spans
from harness.waiting import DEADLINE, eventually

RULES = """
groups:
  - name: quick
    interval: 1s
    rules:
      - alert: Slow
        select: {service: apiserver}
        when: max > 500ms
        over: 10s
"""


class Listener:
    def __init__(self, daemon, cluster=None):
        query = f"?cluster={cluster}" if cluster else ""
        self.answer = urllib.request.urlopen(f"http://{daemon.query}/api/v1/events{query}", timeout=DEADLINE)
        assert (self.answer.status, self.answer.headers["Content-Type"]) == (200, "text/event-stream")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answer.close()

    def next(self):
        """Name and object of the next event; None at the end."""
        lines = []
        while line := self.answer.readline():
            if line == b"\n":
                name, data = (text.decode().removesuffix("\n").split(": ", 1)[1] for text in lines)
                return name, json.loads(data)
            lines.append(line)
        return None

    def until(self, name):
        end = time.monotonic() + DEADLINE
        while (event := self.next()) and time.monotonic() < end:
            if event[0] == name:
                return event[1]
        raise AssertionError(f"no {name} within {DEADLINE} s, or before the end")


def test_listeners_hear_the_status_and_what_changes(serve):
    daemon = serve(RULES, "evaluation_delay: 1s\n")
    with Listener(daemon) as one, Listener(daemon) as other:
        name, status = one.next()
        assert (name, status["received"], status["incident"]) == ("status", 0, None)
        eventually(lambda: json.loads(daemon.get("/api/v1/rules")[2])[0]["evaluated_at"], "rules are evaluated")
        # What changed before a listener's first look is no event.
        one.until("status")
        made = spans.span("GET /healthz", duration=spans.SECOND)
        assert http_client.send(daemon.http, spans.body(made, service="apiserver")).status == 200
        for listener in (one, other):
            incident = listener.until("incident")
            assert (incident["state"], [alert["alert"] for alert in incident["alerts"]]) == ("open", ["Slow"])
            alert = listener.until("alert")
            assert (alert["alert"], alert["state"]) == ("Slow", "firing")
            assert listener.until("status")["incident"]["id"] == incident["id"]


def test_listeners_are_limited_and_leave_their_place(daemon):
    with ExitStack() as listeners:
        for _ in range(32):
            listeners.enter_context(Listener(daemon))
        request = f"GET /api/v1/events HTTP/1.1\r\nHost: {daemon.query}\r\n\r\n".encode()
        with raw.connect(daemon.query) as connection:
            connection.sendall(request)
            head = connection.recv(4096).decode()
        assert head.startswith("HTTP/1.1 429 ") and "retry-after: 1" in head.lower()
        refused = daemon.metrics().value("faultline_requests_refused_total", transport="query", reason="queries")
        assert refused == 1

    def is_free():
        # Who has left is noticed with the next status.
        try:
            with Listener(daemon) as listener:
                return listener.next()
        except urllib.error.HTTPError as error:
            with error:
                assert error.code == 429
                return None

    eventually(is_free, "a place is free again")


def test_events_end_when_the_daemon_stops(serve):
    daemon = serve(RULES)
    with Listener(daemon) as listener:
        listener.until("status")
        daemon.terminate()
        while listener.next():
            pass
        assert daemon.stop() == 0


@pytest.mark.parametrize("query", ["limit=1", "from=-5m", "cluster="])
def test_events_take_no_other_parameter_than_a_cluster(daemon, query):
    assert daemon.get(f"/api/v1/events?{query}")[0] == 400


def test_a_listener_to_a_cluster_hears_of_that_one_only(serve):
    daemon = serve(RULES, "evaluation_delay: 1s\n")

    def send(cluster, count):
        made = [spans.span("GET /healthz", duration=spans.SECOND) for _ in range(count)]
        message = spans.request(*made, service="apiserver")
        if cluster:
            message.resource_spans[0].resource.attributes.append(spans.text("k8s.cluster.name", cluster))
        assert http_client.send(daemon.http, message.SerializeToString()).status == 200

    with Listener(daemon, "east") as east, Listener(daemon, "north") as north, Listener(daemon) as all_of_them:
        for listener in (east, north, all_of_them):
            assert listener.next()[1]["accepted"] == 0
        eventually(lambda: json.loads(daemon.get("/api/v1/rules")[2])[0]["evaluated_at"], "rules are evaluated")
        all_of_them.until("status")
        for cluster, count in (("west", 3), ("east", 2), (None, 1)):
            send(cluster, count)
        found = set()
        while len(found) < 6:
            name, event = all_of_them.next()
            if name != "status":
                found.add((name, event.get("cluster") if name == "incident" else event["labels"].get("cluster")))
        assert found == {(name, cluster) for name in ("incident", "alert") for cluster in ("west", "east", None)}
        assert east.until("incident")["cluster"] == "east" and east.until("alert")["labels"]["cluster"] == "east"
        status = east.until("status")
        assert (status["accepted"], status["incident"]["cluster"]) == (2, "east")
        assert all_of_them.until("status")["accepted"] == 6
        name, status = north.next()
        while status["received"] < 6:
            assert (name, status["accepted"], status["incident"]) == ("status", 0, None)
            name, status = north.next()
        assert (name, status["accepted"], status["incident"], status["last_span"]) == ("status", 0, None, None)
