"""`faultline doctor`: clocks of a whole control plane, restarts, and halves of one cluster."""

import json
import re
import time

import pytest

from harness import now, spans
from harness.daemon import Faultline
from harness.spans import SECOND
from harness.waiting import eventually
from test_doctor import doctor, renamed, send, service


@pytest.fixture
def daemon(serve):
    return serve("groups: []\n")


def test_a_control_plane_that_is_ahead_is_said(daemon):
    send(daemon, now.messages(ago=-200))
    code, output = doctor(daemon)
    assert code == 1 and re.search(r"spans of apiserver \S+ end up to 3 min (1\d|20) s in the future: the clock of the control plane is ahead", output), output


def test_a_control_plane_too_far_ahead_is_said_with_the_rejections(daemon):
    send(daemon, now.messages(ago=-900))
    code, output = doctor(daemon)
    assert code == 1 and re.search(r"\(in_future \d+\)", output), output
    assert "in_future: they ended more than ten minutes after their arrival, so the clock of the control plane is ahead" in output


def test_a_control_plane_that_is_behind_isnt_called_down():
    with Faultline() as daemon:
        eventually(lambda: any(group["evaluated_at"] for group in json.loads(daemon.get("/api/v1/rules")[2])), "an evaluation")
        send(daemon, now.messages(ago=300))
        code, output = doctor(daemon)
    assert code == 1 and "control plane is down" not in output
    assert re.search(r"the last span ended 5 min( \d+ s)? ago, and spans arrive up to [678] min( \d+ s)? after their end: the clocks of the control plane are behind", output), output


def instance(name, begin, end):
    """Spans of an API server that sends from so many seconds ago until so many seconds ago, one a second."""
    at = time.time_ns()
    found = []
    for ago in range(end, begin + 1):
        finish = at - ago * SECOND
        found.append(spans.span("GET /healthz", kind=2, start_time_unix_nano=finish - 1_000_000, end_time_unix_nano=finish))
    request = spans.request(*found, service="apiserver")
    request.resource_spans[0].resource.attributes.append(spans.text("service.instance.id", name))
    return request


def silent(daemon, *instances):
    """Whom doctor says to be silent."""
    send(daemon, instances)
    return re.findall(r"((?:\d of )?apiserver \S+(?:(?:,| or) apiserver \S+)*) (?:has|have) sent nothing for", doctor(daemon)[1])


def test_who_began_after_a_restart_replaces_whoever_stopped_last(daemon):
    assert silent(
        daemon, instance("a", 300, 45), instance("a2", 40, 0), instance("b", 300, 100), instance("c", 300, 0)
    ) == ["apiserver b"]


def test_one_that_was_restarted_twice_is_not_missed(daemon):
    assert silent(
        daemon, instance("a", 300, 200), instance("a2", 195, 100), instance("a3", 95, 0), instance("c", 300, 0)
    ) == []


def test_which_of_two_was_restarted_isnt_guessed(daemon):
    assert silent(
        daemon, instance("a", 300, 100), instance("a2", 95, 0), instance("b", 300, 100), instance("c", 300, 0)
    ) == ["apiserver a or apiserver b"]


def test_two_of_three_that_stopped_together_are_counted(daemon):
    names = [instance(name, 300, 100) for name in ("a", "b", "d")]
    assert silent(daemon, *names, instance("n", 95, 0), instance("c", 300, 0)) == ["2 of apiserver a, apiserver b, apiserver d"]


def in_cluster(message, name):
    made = renamed(message)
    if name:
        made.resource_spans[0].resource.attributes.append(spans.text("k8s.cluster.name", name))
    return made


@pytest.mark.parametrize(
    "server, etcd, expected",
    [
        ("prod", "", "the spans of etcd name no cluster, those of the API servers name prod, so they count as different clusters and are never joined. Start etcd with OTEL_RESOURCE_ATTRIBUTES=k8s.cluster.name=prod in the environment; `faultline setup --cluster prod` prints where."),
        ("", "prod", "the spans of the API servers name no cluster, those of etcd name prod, so they count as different clusters and are never joined. Start the API servers with OTEL_RESOURCE_ATTRIBUTES=k8s.cluster.name=prod in the environment"),
        ("prod-1", "prod", "the spans of the API servers name cluster prod-1, those of etcd prod, so they count as different clusters and are never joined. If they are one, name it alike for both"),
    ],
)
def test_halves_of_a_cluster_are_told_as_one(daemon, server, etcd, expected):
    names = {"apiserver": server, "etcd": etcd}
    send(daemon, [in_cluster(one, names[service(one)]) for one in now.messages()])
    code, output = doctor(daemon)
    assert code == 1 and expected in output
    assert "etcd doesn't" not in output and "kube-apiserver doesn't" not in output


def test_a_cluster_that_lacks_etcd_beside_a_whole_one_is_no_half(daemon):
    found = now.messages()
    send(daemon, [in_cluster(one, "prod") for one in found])
    send(daemon, [in_cluster(one, "dev") for one in found if service(one) == "apiserver"])
    code, output = doctor(daemon)
    assert code == 1 and "cluster dev: kube-apiserver sends spans, etcd doesn't" in output and "never joined" not in output
