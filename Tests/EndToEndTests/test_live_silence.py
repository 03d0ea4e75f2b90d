"""A cluster that sends to a running daemon falls silent while another goes on: told once, by name, until it is back."""

import json
import time

from harness import http_client, spans
from harness.spans import SECOND
from harness.waiting import eventually
from harness.webhook import WebhookReceiver

RULES = """\
groups:
  - name: unrelated
    interval: 1s
    rules:
      - {{alert: Checkout, select: {{service: checkout}}, when: count >= 1, over: 5s}}
sinks: [{{webhook: {{url: "{url}", send: incidents}}}}]
"""
CONFIGURATION = "evaluation_delay: 5s\n"


def say(daemon, cluster, ends):
    """Spans of a cluster's API server and etcd that ended at these times, Unix nanoseconds."""
    for service in ("apiserver", "etcd"):
        own = [spans.span(start_time_unix_nano=end - spans.MILLISECOND, end_time_unix_nano=end) for end in ends]
        message = spans.request(*own, service=service)
        message.resource_spans[0].resource.attributes.append(spans.text("k8s.cluster.name", cluster))
        assert http_client.send(daemon.http, message.SerializeToString()).status == 200


def test_a_cluster_that_falls_silent_is_told_once_and_when_it_is_back(serve):
    with WebhookReceiver() as receiver:
        daemon = serve(RULES.format(url=receiver.url), CONFIGURATION)
        now = time.time_ns()
        for cluster in ("west", "east"):
            say(daemon, cluster, range(now - 4 * SECOND, now, SECOND // 10))

        def incidents(*clusters):
            for cluster in clusters:
                say(daemon, cluster, [time.time_ns()])
            return json.loads(daemon.get("/api/v1/incidents")[2])

        (found,) = eventually(lambda: incidents("west"), "the silence of a cluster")
        opened = receiver.next()
        (alert,) = opened["alerts"]
        assert (found["kind"], found["cluster"], found["state"]) == ("silence", "east", "open")
        assert opened["status"] == "firing" and alert["incident"]["id"] == found["id"]
        assert (alert["labels"]["cluster"], alert["labels"]["severity"]) == ("east", "critical")
        assert "nothing from the control plane since" in alert["annotations"]["verdict"]

        closed = eventually(
            lambda: [row for row in incidents("west", "east") if row["state"] == "closed"], "the end of the silence")
        end = receiver.next()
        assert [row["id"] for row in incidents("west", "east")] == [closed[0]["id"]] == [found["id"]]
        assert (end["status"], end["alerts"][0]["fingerprint"]) == ("resolved", alert["fingerprint"])
        assert end["alerts"][0]["labels"]["cluster"] == "east"
    assert receiver.is_done
