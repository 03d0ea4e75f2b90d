"""The Helm chart's listeners: their certificates are in the container, and other pods reach their ports."""

import kubernetes_validate
import pytest
from helm_python.errors import HelmError

from test_deployment import KUSTOMIZATIONS, RELEASES, kind, of_chart

CERTIFICATE = {"cert_file": "/etc/faultline/tls/tls.crt", "key_file": "/etc/faultline/tls/tls.key"}


@pytest.mark.parametrize(
    "config", [{"otlp": {"grpc": {"tls": CERTIFICATE}}}, {"otlp": {"http": {"tls": CERTIFICATE}}}, {"jaeger": {"address": "0.0.0.0:16686", "tls": CERTIFICATE}}]
)
@pytest.mark.parametrize("mode", KUSTOMIZATIONS)
def test_any_listener_has_its_certificates_in_the_container(mode, config):
    spec = kind(of_chart(mode=mode, config=config), "DaemonSet", "Deployment")["spec"]["template"]["spec"]
    assert "/etc/faultline/tls" in {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    assert "tls" in {volume["name"] for volume in spec["volumes"]}


def test_listeners_for_other_pods_have_a_port_of_the_service():
    config = {"otlp": {"http": "0.0.0.0:5318"}, "jaeger": {"address": "0.0.0.0:9999"}}
    documents = of_chart(mode="central", config=config)
    (container,) = kind(documents, "Deployment")["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": 9464, "otlp-grpc": 4317, "otlp-http": 5318, "jaeger": 9999}
    served = {port["targetPort"]: port["port"] for port in kind(documents, "Service")["spec"]["ports"]}
    assert served == {"http": 9464, "otlp-grpc": 4317, "otlp-http": 4318, "jaeger": 16686}
    for document in documents:
        kubernetes_validate.validate(document, RELEASES[-1], strict=True)
    local = kind(of_chart(mode="central", config={"otlp": {"http": "127.0.0.1:4318"}}), "Service")
    assert [port["name"] for port in local["spec"]["ports"]] == ["otlp-grpc", "http"]


@pytest.mark.parametrize(
    "config, problem",
    [
        ({"otlp": {"grpc": {"tls": {**CERTIFICATE, "key_file": "/certs/tls.key"}}}}, 'key_file is "/certs/tls.key", which isn\'t in the container'),
        ({"listen": {"tls": {**CERTIFICATE, "client_ca_file": "ca.crt"}}}, 'client_ca_file is "ca.crt"'),
        ({"listen": "0.0.0.0"}, 'the address "0.0.0.0" has no port; it must be HOST:PORT'),
        ({"otlp": {"http": "0.0.0.0"}}, 'the address "0.0.0.0" has no port'),
    ],
)
def test_what_cant_work_in_the_container_is_refused(config, problem):
    with pytest.raises(HelmError) as refusal:
        of_chart(mode="central", config=config)
    assert problem in str(refusal.value).replace('\\"', '"')
