"""Silences of a control plane, in replays: one incident each, over soon after spans are heard again, and on record as a restart if it
was one."""

from datetime import datetime

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness import archives, spans
from harness.command import faultline
from harness.spans import MILLISECOND, SECOND

START = 1_795_407_300 * SECOND
END = 900
PER_SECOND = 10
SERVERS = ("a", "b", "c")
# Of an API server, each in this many seconds, when it starts.
FAILING_CHECKS, FAILING_SECONDS = 3, 3


def request(cluster, instance, second, part, path="/api/v1/namespaces/a/pods/b", is_error=False):
    """A request that ended in a part of a second, as its API server would export it."""
    end = START + second * SECOND + part * SECOND // 20
    span = spans.span(
        "GET", kind=Span.SPAN_KIND_SERVER, is_error=is_error, start_time_unix_nano=end - 2 * MILLISECOND, end_time_unix_nano=end)
    span.attributes.extend([spans.text("http.method", "GET"), spans.text("http.target", path)])
    message = spans.request(span, service="apiserver")
    message.resource_spans[0].resource.attributes.extend(
        [spans.text("k8s.cluster.name", cluster), spans.text("service.instance.id", instance)])
    return message


def handler(cluster, second, part):
    """A call to etcd that ended in a part of a second, as etcd would export it."""
    end = START + second * SECOND + part * SECOND // 20
    span = spans.span("etcdserverpb.KV/Range", start_time_unix_nano=end - MILLISECOND, end_time_unix_nano=end)
    message = spans.request(span, service="etcd")
    message.resource_spans[0].resource.attributes.append(spans.text("k8s.cluster.name", cluster))
    return message


def replay(away, instances=SERVERS[:1], is_restart=False, has_etcd=False):
    """The incidents of a cluster whose processes are silent for some stretches, while another cluster is heard.

    :param away: by instance, the seconds from and to which it is silent; etcd's are those of "etcd".
    :param is_restart: whether the health checks of an API server fail when it is back.
    :param has_etcd: whether etcd sends spans too.
    """
    messages = []
    for second in range(END):
        messages += [request("west", "w", second, part) for part in range(PER_SECOND)]
        if has_etcd and not any(since <= second < until for since, until in away.get("etcd", [])):
            messages += [handler("east", second, part) for part in range(PER_SECOND)]
        for instance in instances:
            stretches = away.get(instance, [])
            if any(since <= second < until for since, until in stretches):
                continue
            messages += [request("east", instance, second, part) for part in range(PER_SECOND)]
            if is_restart and any(until <= second < until + FAILING_SECONDS for _, until in stretches):
                messages += [
                    request("east", instance, second, 10 + part, "/readyz", is_error=True) for part in range(FAILING_CHECKS)]
    body = archives.framed([message.SerializeToString() for message in messages])
    done = faultline("replay", "--quiet", "--format", "json", "-", input=body)
    assert (done.code, done.errors) == (0, "")
    return done.json["incidents"]


def seconds(text):
    return datetime.fromisoformat(text).timestamp() - START / SECOND


@pytest.mark.parametrize("length", [75, 300])
def test_a_silence_is_over_within_two_minutes_and_a_half_of_its_end(length):
    (incident,) = replay({"a": [(300, 300 + length)]})
    assert (incident["kind"], incident["severity"], incident["state"]) == ("silence", "critical", "closed")
    assert seconds(incident["started_at"]) == 300
    assert seconds(incident["opened_at"]) <= 375
    assert 0 <= seconds(incident["closed_at"]) - (300 + length) <= 150


@pytest.mark.parametrize("length", [10, 75, 300])
def test_a_restart_is_never_more_than_information_in_the_end(length):
    (incident,) = replay({"a": [(300, 300 + length)]}, is_restart=True)
    assert (incident["kind"], incident["severity"], incident["culprit"]["why"]) == ("restart", "info", "restarted")
    assert incident["culprit"]["certainty"] == "clear" and incident["culprit"]["side"] == "apiserver"
    assert incident["next"].startswith("Nothing, if it was intended")
    assert 0 <= seconds(incident["closed_at"]) - (300 + length) <= 60


def test_a_silence_with_a_sign_of_life_is_one_incident_that_says_since_when():
    (incident,) = replay({"a": [(300, 380), (381, 460)]})
    assert seconds(incident["started_at"]) == 300
    assert 460 <= seconds(incident["closed_at"]) <= 500
    assert "since 2026-11-23T04:21:21Z" in incident["culprit"]["why"]


def test_one_of_three_that_falls_silent_is_named_until_it_is_back():
    (incident,) = replay({"b": [(300, 500)]}, SERVERS)
    assert (incident["severity"], incident["culprit"]["instance"]) == ("warning", "b")
    assert 500 <= seconds(incident["closed_at"]) <= 540


def test_what_remains_of_a_silence_is_the_same_incident():
    (incident,) = replay({"a": [(300, 400)], "b": [(300, 600)], "c": [(301, 400)]}, SERVERS)
    assert (incident["severity"], incident["culprit"]["instance"]) == ("critical", "b")
    assert 600 <= seconds(incident["closed_at"]) <= 640


def test_the_silence_of_all_is_told_while_one_is_known_to_be_silent():
    found = replay({"a": [(500, 600)], "b": [(300, 700)], "c": [(500, 600)]}, SERVERS)
    assert [incident["severity"] for incident in sorted(found, key=lambda one: one["opened_at"])] == ["warning", "critical"]
    assert all(700 <= seconds(incident["closed_at"]) <= 740 for incident in found)


@pytest.mark.parametrize("is_restart", [False, True])
@pytest.mark.parametrize("length", [40, 400])
def test_while_etcd_is_heard_it_is_one_incident_too_that_alerts_notice_first(length, is_restart):
    (incident,) = replay({"a": [(300, 300 + length)]}, is_restart=is_restart, has_etcd=True)
    assert incident["alerts"][0]["alert"] == "ComponentSilentNow"
    assert seconds(incident["opened_at"]) <= 330
    assert (incident["kind"], incident["severity"]) == (("restart", "info") if is_restart else ("fault", "critical"))
    assert 0 <= seconds(incident["closed_at"]) - (300 + length) <= 150


def test_an_incident_about_etcd_alone_is_over_when_it_is_heard_again():
    (incident,) = replay({"etcd": [(300, 800)]}, has_etcd=True)
    assert (incident["kind"], incident["culprit"]["side"]) == ("fault", "etcd")
    assert 800 <= seconds(incident["closed_at"]) <= 840


@pytest.mark.parametrize(("server", "etcd"), [((300, 500), (320, 520)), ((320, 520), (300, 500))])
def test_a_silence_that_becomes_that_of_all_is_the_same_incident(server, etcd):
    (incident,) = replay({"a": [server], "etcd": [etcd]}, has_etcd=True)
    assert incident["severity"] == "critical"
    assert 500 <= seconds(incident["closed_at"]) <= 560
