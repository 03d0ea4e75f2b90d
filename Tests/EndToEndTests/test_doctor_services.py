"""`faultline doctor` where components send under other names than usual."""

import json

import pytest

from harness import now
from harness.command import faultline
from test_doctor import doctor, renamed, send, service


@pytest.fixture
def capture():
    return now.messages()


def by_other_names(capture, names):
    return [renamed(one, **{"service.name": names.get(service(one), service(one))}) for one in capture]


def test_unknown_names_are_told_with_the_setting(serve, capture):
    daemon = serve("groups: []\n")
    send(daemon, by_other_names(capture, {"apiserver": "front door", "etcd": "store"}))
    code, output = doctor(daemon)
    assert code == 1 and "neither kube-apiserver nor etcd sends spans, only front door, store." in output
    assert 'as in `services: {apiserver: [apiserver, kube-apiserver*, "front door"]}`, and restart the daemon' in output


@pytest.mark.parametrize("role, name, setting", [
    ("etcd", "store", "services: {etcd: [etcd*, store]}"),
    ("apiserver", "front", "services: {apiserver: [apiserver, kube-apiserver*, front]}"),
])
def test_one_unknown_name_is_told_and_its_setting_works(serve, capture, role, name, setting):
    daemon = serve("groups: []\n")
    send(daemon, by_other_names(capture, {role: name}))
    code, output = doctor(daemon)
    assert code == 1 and f"If the service {name} is" in output and f"`{setting}`" in output
    told = serve("groups: []\n", setting + "\n")
    send(told, by_other_names(capture, {role: name}))
    code, output = doctor(told, columns=140)
    assert code == 0 and "nothing is missing" in output
    roles = {row["service"]: row["role"] for row in json.loads(told.get("/api/v1/sources")[2])}
    assert roles == {service(one): service(one) for one in capture if service(one) != role} | {name: role}


def test_a_usual_name_that_the_configuration_has_not_is_no_component(serve, capture):
    daemon = serve("groups: []\n", "services: {etcd: [store]}\n")
    send(daemon, capture)
    code, output = doctor(daemon)
    assert code == 1 and "If the service etcd is etcd by another name" in output
    rows = faultline("doctor", "--address", daemon.query, "--format", "json").json["sources"]
    assert {row["service"]: row["role"] for row in rows} == {"apiserver": "apiserver", "etcd": None}
