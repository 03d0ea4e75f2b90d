"""Values of the Helm chart with which the pods must start, stay, and leave other programs alone."""

import kubernetes_validate
import pytest
from helm_python.errors import HelmError

from test_chart_listeners import CERTIFICATE
from test_deployment import KUSTOMIZATIONS, RELEASES, kind, of_chart

PROBES = "livenessProbe", "readinessProbe"


def pod(mode="nodes", release="faultline", **values):
    documents = of_chart(release=release, mode=mode, **values)
    for document in documents:
        kubernetes_validate.validate(document, RELEASES[-1], strict=True)
    return kind(documents, "DaemonSet", "Deployment")["spec"]["template"]["spec"]


@pytest.mark.parametrize("mode", KUSTOMIZATIONS)
def test_probes_of_a_listener_that_asks_for_certificates_show_none(mode):
    listen = {"tls": {**CERTIFICATE, "client_ca_file": "/etc/faultline/tls/ca.crt"}}
    (container,) = pod(mode, config={"listen": listen})["containers"]
    assert [container[probe] for probe in PROBES] == [{"tcpSocket": {"port": "http"}}] * 2


@pytest.mark.parametrize("address, host", [("127.0.0.1:9464", "127.0.0.1"), ("[::1]:9464", "::1"), ("localhost:9464", "localhost")])
@pytest.mark.parametrize("form", ["text", "mapping", "client_ca_file"])
def test_a_listener_on_the_nodes_loopback_is_probed_there(address, host, form):
    tls = {**CERTIFICATE, "client_ca_file": "/etc/faultline/tls/ca.crt"}
    listen = {"text": address, "mapping": {"address": address}, "client_ca_file": {"address": address, "tls": tls}}[form]
    (container,) = pod(config={"listen": listen})["containers"]
    kind_of_probe = "tcpSocket" if form == "client_ca_file" else "httpGet"
    assert {container[probe][kind_of_probe]["host"] for probe in PROBES} == {host}
    (usual,) = pod()["containers"]
    assert not [probe for probe in PROBES if "host" in usual[probe]["httpGet"]]


@pytest.mark.parametrize("values, problem", [
    ({"mode": "central"}, "the kubelet's probes can't reach 127.0.0.1 in the pod"),
    ({"podMonitor": {"enabled": True}}, "Prometheus can't reach 127.0.0.1 on the node"),
])
def test_a_listener_that_nobody_reaches_is_refused(values, problem):
    with pytest.raises(HelmError) as refusal:
        of_chart(config={"listen": {"address": "127.0.0.1:9464"}}, **values)
    assert problem in str(refusal.value)


@pytest.mark.parametrize("resources, memory, cpu", [
    ({"limits": {"memory": "256Mi"}}, ("256Mi", "256Mi"), ("100m", None)),
    ({"requests": {"memory": "1Gi"}}, ("1Gi", "1Gi"), ("100m", None)),
    ({"requests": {"memory": "1Gi"}, "limits": {"memory": "8Gi"}}, ("1Gi", "8Gi"), ("100m", None)),
    ({"limits": {"cpu": "50m"}}, ("512Mi", "512Mi"), (None, "50m")),
    ({"requests": {"cpu": "2"}}, ("512Mi", "512Mi"), ("2", None)),
])
def test_no_request_is_above_its_limit(resources, memory, cpu):
    (container,) = pod(resources=resources)["containers"]
    requests, limits = container["resources"]["requests"], container["resources"]["limits"]
    assert (requests.get("memory"), limits.get("memory")) == memory
    assert (requests.get("cpu"), limits.get("cpu")) == cpu


@pytest.mark.parametrize("release, folder", [
    ("faultline", "faultline"), ("faultline-b", "faultline-b"), ("etcd", "faultline-etcd"), ("kubelet", "faultline-kubelet"),
])
def test_state_is_in_no_other_programs_folder(release, folder):
    paths = [volume["hostPath"]["path"] for volume in pod(release=release)["volumes"] if "hostPath" in volume]
    assert paths == [f"/var/lib/{folder}"]


def test_the_services_address_can_be_chosen():
    values = {"mode": "central", "service": {"clusterIP": "10.96.0.50"}}
    assert kind(of_chart(**values), "Service")["spec"]["clusterIP"] == "10.96.0.50"
    assert "clusterIP" not in kind(of_chart(mode="central"), "Service")["spec"]
