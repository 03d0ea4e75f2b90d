"""The files under deploy/: what Kubernetes, Helm and systemd say of them, and whether the daemon takes their configuration."""

import json
import os
import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml
from helm_python import Chart
from helm_python.errors import HelmError

from harness import http_client, project, spans
from harness.certificates import Authority
from harness.command import faultline, version
from harness.daemon import Faultline
from harness.packages import packages
from harness.prometheus import Prometheus
from harness.rules import SLOW_PAYMENTS

DEPLOY = project.ROOT / "deploy"
KUSTOMIZATIONS = ["nodes", "central"]
# The first that has all of it, and the latest that the validator knows
RELEASES = ["1.25", "1.37"]


def kustomization(name):
    return yaml.safe_load((DEPLOY / "kustomize" / name / "kustomization.yaml").read_text())


def of_kustomization(name):
    """The documents of its resources."""
    return [
        document
        for resource in kustomization(name)["resources"]
        for document in yaml.safe_load_all((DEPLOY / "kustomize" / name / resource).read_text())
    ]


def of_chart(release="faultline", **values):
    rendered = Chart.load(DEPLOY / "helm" / "faultline").render(values, name=release, namespace="faultline")
    return [document for text in rendered.values() for document in yaml.safe_load_all(text) if document]


def kind(documents, *kinds):
    (document,) = [document for document in documents if document["kind"] in kinds]
    return document


SOURCES = {
    **{f"kustomize {name}": (lambda name=name: of_kustomization(name)) for name in KUSTOMIZATIONS},
    **{f"helm {mode}": (lambda mode=mode: of_chart(mode=mode)) for mode in KUSTOMIZATIONS},
}


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("source", SOURCES)
def test_kubernetes_takes_the_manifests(source, release):
    documents = SOURCES[source]()
    assert {"DaemonSet", "Deployment"} & {document["kind"] for document in documents}
    for document in documents:
        kubernetes_validate.validate(document, release, strict=True)


def pod(source):
    return kind(SOURCES[source](), "DaemonSet", "Deployment")["spec"]["template"]["spec"]


@pytest.mark.parametrize("source", SOURCES)
def test_containers_may_do_nothing_that_they_neednt(source):
    spec = pod(source)
    assert spec["automountServiceAccountToken"] is False and spec["securityContext"]["seccompProfile"]
    (container,) = spec["containers"]
    context = container["securityContext"]
    assert (context["runAsNonRoot"], context["readOnlyRootFilesystem"], context["allowPrivilegeEscalation"]) == (True, True, False)
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"]
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in spec["volumes"]}


@pytest.mark.parametrize("source", SOURCES)
def test_probes_and_services_name_ports_that_the_container_has(source):
    documents, spec = SOURCES[source](), pod(source)
    (container,) = spec["containers"]
    ports = {port["name"] for port in container["ports"]}
    named = {container[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")}
    for document in documents:
        if document["kind"] == "Service":
            named |= {port["targetPort"] for port in document["spec"]["ports"]}
            labels = kind(documents, "DaemonSet", "Deployment")["spec"]["template"]["metadata"]["labels"]
            assert document["spec"]["selector"].items() <= labels.items()
    assert named <= ports


def configuration(source):
    if source.startswith("kustomize"):
        return (DEPLOY / "kustomize" / source.split()[1] / "faultline.yaml").read_text()
    return kind(SOURCES[source](), "ConfigMap")["data"]["faultline.yaml"]


@pytest.mark.parametrize("source", SOURCES)
def test_the_daemon_takes_their_configuration(serve, tmp_path, source):
    text = configuration(source).replace("/etc/faultline", str(tmp_path)).replace("/var/lib/faultline", str(tmp_path / "state"))
    (tmp_path / "tls").mkdir()
    (tmp_path / "tokens").mkdir()
    (tmp_path / "tokens" / "token").write_text("secret\n")
    authority = Authority(tmp_path / "tls")
    authority.issue("tls")
    authority.file.rename(tmp_path / "tls" / "ca.crt")
    file = tmp_path / "faultline.yaml"
    file.write_text(text)
    done = faultline("check", file)
    assert done.code == 0, done.output
    daemon = serve(configuration=text)
    assert daemon.get("/-/healthy")[0] == 200 and daemon.get("/metrics")[0] == 401
    assert daemon.get("/metrics", Authorization="Bearer secret")[0] == 200


def test_the_chart_takes_rules_and_more_configuration(tmp_path):
    found = of_chart(rules={"shop": SLOW_PAYMENTS}, config={"external_labels": {"cluster": "prod"}, "state": None})
    data = kind(found, "ConfigMap")["data"]
    assert data["rules-shop.yaml"] == SLOW_PAYMENTS
    settings = yaml.safe_load(data["faultline.yaml"])
    assert settings["external_labels"] == {"cluster": "prod"}
    assert settings["rules"] == ["/etc/faultline/config/rules-*.yaml"]


def test_a_new_configuration_starts_new_pods():
    first, second = (kind(of_chart(config=config), "DaemonSet") for config in ({}, {"evaluation_delay": "5s"}))
    assert first["spec"]["template"]["metadata"] != second["spec"]["template"]["metadata"]


@pytest.mark.parametrize("listen", ["0.0.0.0:9999", {"address": "0.0.0.0:9999"}])
@pytest.mark.parametrize("mode", KUSTOMIZATIONS)
def test_the_ports_of_the_chart_are_those_of_the_configuration(mode, listen):
    config = {"listen": listen, "otlp": {"grpc": {"address": "0.0.0.0:5317"}}}
    documents = of_chart(mode=mode, config=config)
    (container,) = kind(documents, "DaemonSet", "Deployment")["spec"]["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": 9999} | ({"otlp-grpc": 5317} if mode == "central" else {})
    for probe in ("livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == "http" and "scheme" not in container[probe]["httpGet"]
    for document in documents:
        kubernetes_validate.validate(document, RELEASES[-1], strict=True)


def test_probes_speak_tls_if_the_listener_does():
    tls = {"cert_file": "/etc/faultline/tls/tls.crt", "key_file": "/etc/faultline/tls/tls.key"}
    workload = kind(of_chart(mode="central", config={"listen": {"tls": tls}}), "Deployment")
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    assert {container[probe]["httpGet"]["scheme"] for probe in ("livenessProbe", "readinessProbe")} == {"HTTPS"}


@pytest.mark.parametrize("source", ["kustomize nodes", "helm nodes"])
def test_the_daemon_set_runs_on_control_plane_nodes_of_any_distribution(source):
    spec = pod(source)
    # kubeadm's label is empty, that of RKE2 and k3s is "true".
    (term,) = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term == {"matchExpressions": [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]}
    assert "nodeSelector" not in spec
    tolerated = {(one["key"], one["operator"], one.get("effect")) for one in spec["tolerations"]}
    assert tolerated == {
        ("node-role.kubernetes.io/control-plane", "Exists", "NoSchedule"),
        ("node-role.kubernetes.io/master", "Exists", "NoSchedule"),
        ("node-role.kubernetes.io/etcd", "Exists", "NoExecute"),
        ("CriticalAddonsOnly", "Exists", None),
    }
    assert (spec["hostNetwork"], spec["dnsPolicy"]) == (True, "ClusterFirstWithHostNet")


@pytest.mark.parametrize("mode", KUSTOMIZATIONS)
def test_the_chart_takes_where_pods_run_and_what_pulls_their_image(mode):
    values = {
        "nodeSelector": {"disk": "ssd"},
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}},
        "tolerations": [{"key": "dedicated", "operator": "Exists"}],
        "imagePullSecrets": [{"name": "registry"}],
    }
    document = kind(of_chart(mode=mode, **values), "DaemonSet", "Deployment")
    for release in RELEASES:
        kubernetes_validate.validate(document, release, strict=True)
    spec = document["spec"]["template"]["spec"]
    for key in ("nodeSelector", "affinity", "imagePullSecrets"):
        assert spec[key] == values[key]
    own = [one for one in spec["tolerations"] if one not in values["tolerations"]]
    assert values["tolerations"][0] in spec["tolerations"] and bool(own) == (mode == "nodes")


@pytest.mark.parametrize("mode", KUSTOMIZATIONS)
def test_a_certificate_of_the_listener_is_mounted_and_known_to_the_pod_monitor(mode):
    listen = {"tls": {"cert_file": "/etc/faultline/tls/tls.crt", "key_file": "/etc/faultline/tls/tls.key"}}
    monitored = {"enabled": True}
    documents = of_chart(mode=mode, config={"listen": listen}, podMonitor=monitored, tlsSecret="own")
    spec = kind(documents, "DaemonSet", "Deployment")["spec"]["template"]["spec"]
    (volume,) = [volume for volume in spec["volumes"] if volume["name"] == "tls"]
    assert volume["secret"]["secretName"] == "own"
    assert "/etc/faultline/tls" in {mount["mountPath"] for mount in spec["containers"][0]["volumeMounts"]}
    (endpoint,) = kind(documents, "PodMonitor")["spec"]["podMetricsEndpoints"]
    authority = {"secret": {"name": "own", "key": "ca.crt"}}
    assert endpoint["scheme"] == "https"
    assert endpoint["tlsConfig"] == {"ca": authority, "serverName": "faultline.faultline.svc"}
    monitored["tlsConfig"] = {"serverName": "node.example.com"}
    (endpoint,) = kind(of_chart(mode=mode, config={"listen": listen}, podMonitor=monitored), "PodMonitor")["spec"]["podMetricsEndpoints"]
    assert endpoint["tlsConfig"]["serverName"] == "node.example.com" and endpoint["tlsConfig"]["ca"]
    (endpoint,) = kind(of_chart(mode=mode, podMonitor=monitored), "PodMonitor")["spec"]["podMetricsEndpoints"]
    assert not {"scheme", "tlsConfig"} & endpoint.keys()


@pytest.mark.parametrize("mode", KUSTOMIZATIONS)
def test_chart_and_kustomization_ask_for_the_same_resources(mode):
    (chart, kustomized) = (pod(f"{source} {mode}")["containers"][0]["resources"] for source in ("helm", "kustomize"))
    assert chart == kustomized
    own = kind(of_chart(mode=mode, resources={"limits": {"memory": "4Gi"}}), "DaemonSet", "Deployment")
    (container,) = own["spec"]["template"]["spec"]["containers"]
    assert container["resources"] == {"requests": {**chart["requests"], "memory": "4Gi"}, "limits": {"memory": "4Gi"}}


def test_wrong_values_are_refused():
    for values in ({"mode": "everywhere"}, {"imagePullPolicy": "Always"}, {"rules": {"a": 1}}):
        with pytest.raises(HelmError):
            of_chart(**values)


@pytest.mark.parametrize("source", ["kustomize", "helm"])
def test_the_pod_monitor_scrapes_the_port_with_the_token(source):
    if source == "helm":
        monitor = kind(of_chart(podMonitor={"enabled": True, "labels": {"release": "prometheus"}}), "PodMonitor")
        assert monitor["metadata"]["labels"]["release"] == "prometheus"
    else:
        monitor = yaml.safe_load((DEPLOY / "kustomize" / "podmonitor" / "podmonitor.yaml").read_text())
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["authorization"]["credentials"]) == ("http", {"name": "faultline-token", "key": "token"})


def test_versions_are_those_of_the_program():
    chart = yaml.safe_load((DEPLOY / "helm" / "faultline" / "Chart.yaml").read_text())
    tags = [image["newTag"] for name in KUSTOMIZATIONS for image in kustomization(name)["images"]]
    built = re.findall(r"/faultline:([\w.-]+)", (project.ROOT / "docs" / "deployment.md").read_text())
    assert built and {chart["version"], chart["appVersion"], *tags, *built} == {version()}


DASHBOARD = json.loads((DEPLOY / "grafana" / "faultline.json").read_text())
# As Grafana fills them in while every job and every cluster is chosen.
EXPRESSIONS = [
    target["expr"].replace("$job", ".*").replace("$cluster", ".*") for panel in DASHBOARD["panels"] for target in panel["targets"]
]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    """A real Prometheus that has scraped a daemon with etcd's spans of a cluster and of one without a name."""
    with Faultline() as daemon:
        for cluster, duration in (("west", 10 * spans.MILLISECOND), ("", 30 * spans.MILLISECOND)):
            request = spans.request(spans.span("etcdserverpb.KV/Range", duration=duration), service="etcd")
            request.resource_spans[0].resource.attributes.append(spans.text("k8s.cluster.name", cluster))
            assert http_client.send(daemon.http, request.SerializeToString()).status == 200
        with Prometheus(daemon.query, tmp_path_factory.mktemp("dashboard")) as prometheus:
            prometheus.wait_for("up == 1")
            yield prometheus


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_prometheus_takes_the_expressions_of_the_dashboard(prometheus, expression):
    prometheus.query(expression)


@pytest.mark.parametrize("chosen, seconds", [(".*", [0.03]), ("west", [0.01]), ("west|east", [0.01]), ("east", [])])
def test_the_dashboard_shows_the_clusters_that_are_chosen(prometheus, chosen, seconds):
    """All includes the series without a cluster."""
    (variable,) = [one for one in DASHBOARD["templating"]["list"] if one["name"] == "cluster"]
    assert (variable["multi"], variable["includeAll"], variable["allValue"]) == (True, True, ".*")
    (expression,) = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"] if "window" in target["expr"]]
    found = prometheus.query(expression.replace("$job", ".*").replace("$cluster", chosen))
    assert [value for _, value in found] == pytest.approx(seconds)


def test_the_dashboard_asks_only_for_metrics_that_there_are():
    reference = (project.ROOT / "docs" / "metrics.md").read_text()
    known = set(re.findall(r"^\| `(\w+)`", reference, re.M))
    asked = {name for expression in EXPRESSIONS for name in re.findall(r"\b(?:faultline|process)_\w+", expression)}
    assert asked and {re.sub("_(bucket|count|sum)$", "", name) for name in asked} <= known


UNIT = DEPLOY / "systemd" / "faultline.service"


def test_systemd_takes_the_unit(tmp_path):
    assert shutil.which("systemd-analyze"), "no systemd-analyze: run Scripts/install-packages.sh test"
    # The program, the page of the manual and the configuration are where the package puts them.
    unit = tmp_path / UNIT.name
    text = UNIT.read_text().replace("/usr/bin/faultline", str(project.BINARY))
    unit.write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.M))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_is_hardened():
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", UNIT], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-200:] + done.stderr


def test_the_daemon_takes_the_configuration_of_the_package(tmp_path):
    file = tmp_path / "faultline.yaml"
    file.write_text((DEPLOY / "systemd" / "faultline.yaml").read_text().replace("/var/lib", str(tmp_path)))
    assert faultline("check", file).code == 0


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    return packages(tmp_path_factory.mktemp("dist"))


def test_the_tarball_has_a_program_that_runs(dist, tmp_path):
    (tarball,) = dist.glob(f"faultline-{version()}-linux-*.tar.gz")
    subprocess.run(["tar", "-xzf", tarball, "-C", tmp_path], check=True)
    (folder,) = tmp_path.iterdir()
    assert runs(folder / "bin" / "faultline")
    with Faultline(program=folder / "bin" / "faultline") as daemon:
        assert http_client.send(daemon.http, spans.body(spans.span())).status == 200
        assert daemon.metrics().accepted == 1
        (operation,) = json.loads(daemon.get("/api/v1/operations")[2])
        assert operation["count"] == 1
        assert daemon.get("/")[0] == 200
    assert (folder / "lib").is_dir() and (folder / "share" / "man" / "man1" / "faultline.1").is_file()


def broken(folder):
    """The links of the documents of a package that lead nowhere in it, except into the sources."""
    documents = [folder / "README.md", *folder.glob("docs/**/*.md")]
    return {
        f"{document.relative_to(folder)}: {link}"
        for document in documents
        for link in re.findall(r"\]\(([^)#\s]+)", document.read_text())
        if "://" not in link
        and not (document.parent / link).exists()
        and not re.match(r"(\.\./)+(Sources|Tests|Examples/captures)\b", link)
    }


def test_the_tarball_has_what_its_documents_lead_to(dist, tmp_path):
    (tarball,) = dist.glob("*.tar.gz")
    subprocess.run(["tar", "-xzf", tarball, "-C", tmp_path], check=True)
    (folder,) = tmp_path.iterdir()
    assert len(re.findall(r"\]\(docs/", (folder / "README.md").read_text())) > 10 and broken(folder) == set()
    assert {"LICENSE", "CHANGELOG.md"} <= {file.name for file in folder.iterdir()}
    assert (folder / "deploy" / "systemd" / UNIT.name).read_bytes() == UNIT.read_bytes()
    assert {path.name for path in (folder / "deploy").iterdir()} == {"grafana", "helm", "kustomize", "systemd"}


def test_purging_the_debian_package_removes_the_state(dist, tmp_path):
    (package,) = dist.glob("*.deb")
    subprocess.run(["dpkg-deb", "--control", package, tmp_path / "control"], check=True)
    root = tmp_path / "root"
    state, own = root / "var" / "lib" / "private" / "faultline", root / "etc" / "faultline" / "own.yaml"
    for file in (state / "alerts", own):
        file.parent.mkdir(parents=True)
        file.write_text("")
    (root / "var" / "lib" / "faultline").symlink_to("private/faultline")
    for action, remains in (("remove", True), ("upgrade", True), ("purge", False)):
        done = subprocess.run([tmp_path / "control" / "postrm", action], env={"DPKG_ROOT": str(root), "PATH": os.environ["PATH"]})
        assert done.returncode == 0
        assert (state.exists(), (root / "var" / "lib" / "faultline").is_symlink(), own.exists()) == (remains, remains, True)


def runs(program):
    done = subprocess.run([program, "version"], capture_output=True, text=True, check=True)
    return done.stdout == faultline("version").output


def test_the_debian_package_has_program_service_and_configuration(dist, tmp_path):
    (package,) = dist.glob("*.deb")
    control = subprocess.run(["dpkg-deb", "--field", package], capture_output=True, text=True, check=True).stdout
    fields = yaml.safe_load(control)
    # Older than the release to dpkg, which a hyphen would not be.
    assert fields["Version"] == version().replace("-", "~")
    assert {"libdeflate0", "liblz4-1", "libnghttp2-14", "libprotobuf-c1", "zlib1g"} <= {name.split()[0] for name in fields["Depends"].split(", ")}
    subprocess.run(["dpkg-deb", "--extract", package, tmp_path / "root"], check=True)
    subprocess.run(["dpkg-deb", "--control", package, tmp_path / "control"], check=True)
    assert runs(tmp_path / "root" / "usr" / "bin" / "faultline")
    assert (tmp_path / "root" / "usr" / "lib" / "systemd" / "system" / UNIT.name).read_bytes() == UNIT.read_bytes()
    for name in (tmp_path / "control" / "conffiles").read_text().split():
        assert (tmp_path / "root" / name.lstrip("/")).is_file()
    documents = tmp_path / "root" / "usr" / "share" / "doc" / "faultline"
    runbooks = {file.name for file in (project.ROOT / "docs" / "runbooks").iterdir()}
    assert broken(documents) == set() and {file.name for file in (documents / "docs" / "runbooks").iterdir()} == runbooks
    for script in ("postinst", "prerm", "postrm"):
        subprocess.run(["sh", "-n", tmp_path / "control" / script], check=True)
