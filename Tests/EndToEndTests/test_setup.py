"""`faultline setup`: what it prints is what kube-apiserver, etcd and those who run them take."""

import os
import re
import shutil

import pytest
import yaml

from harness import project
from harness.certificates import Authority
from harness.command import faultline
from harness.daemon import LOOPBACK, Faultline
from harness.etcd import Etcd, etcds_ranges
from harness.manifests import API_SERVER, ETCD, documents, patched, setup
from harness.waiting import eventually

# The fields of apiserver.config.k8s.io's TracingConfiguration and of kubelet.config.k8s.io's TracingConfiguration
TRACING_FIELDS = {"endpoint", "samplingRatePerMillion"}


def of_kind(found, kind):
    (document,) = [document for document in found if document.get("kind") == kind]
    return document


def pod(found, container):
    (document,) = [one for one in found if one.get("spec", {}).get("containers", [{}])[0].get("name") == container]
    return document["spec"]


@pytest.mark.parametrize("release", ["1.26", "1.27", "1.31", "1.34", "1.36"])
@pytest.mark.parametrize("place", ["kubeadm", "manifests"])
def test_the_tracing_configuration_of_each_release(release, place):
    found = documents("--kubernetes", release, "--etcd", "3.5", "--on", place, "--endpoint", "10.0.0.5:4317")
    golden = project.fixture("Tests", "EndToEndTests", "golden", f"tracing-configuration-{release}.yaml")
    configuration = of_kind(found, "TracingConfiguration")
    assert configuration == yaml.safe_load(golden.read_text())
    assert set(configuration) - {"apiVersion", "kind"} == TRACING_FIELDS


@pytest.mark.parametrize("release, expected", [("1.22", True), ("1.26", True), ("1.27", False), ("1.36", False)])
def test_the_feature_gate_only_where_tracing_is_off_by_default(release, expected):
    spec = pod(documents("--kubernetes", release, "--on", "manifests"), "kube-apiserver")
    assert ("--feature-gates=APIServerTracing=true" in spec["containers"][0]["command"]) == expected


@pytest.mark.parametrize("release, prefix", [("3.5", "experimental-"), ("3.5.21", "experimental-"), ("3.6", ""), ("3.7", "")])
def test_the_spelling_of_etcds_flags(release, prefix):
    spec = pod(documents("--kubernetes", "1.31", "--etcd", release, "--on", "manifests"), "etcd")
    assert spec["containers"][0]["command"] == [
        f"--{prefix}enable-distributed-tracing=true",
        f"--{prefix}distributed-tracing-address=127.0.0.1:4317",
    ]


def test_kubeadms_arguments_are_a_map_and_from_v1beta4_on_a_list():
    old = of_kind(documents("--kubernetes", "1.30", "--on", "kubeadm"), "ClusterConfiguration")
    new = of_kind(documents("--kubernetes", "1.31", "--on", "kubeadm"), "ClusterConfiguration")
    file = "/etc/kubernetes/tracing/apiserver.yaml"
    assert old["apiVersion"] == "kubeadm.k8s.io/v1beta3"
    assert old["apiServer"]["extraArgs"] == {"tracing-config-file": file}
    assert new["apiVersion"] == "kubeadm.k8s.io/v1beta4"
    assert new["apiServer"]["extraArgs"] == [{"name": "tracing-config-file", "value": file}]
    assert all(isinstance(flag["value"], str) for flag in new["etcd"]["local"]["extraArgs"])


@pytest.mark.parametrize("release, gates", [("1.26", {"KubeletTracing": True}), ("1.27", None)])
def test_the_kubelets_block(release, gates):
    block = of_kind(documents("--kubernetes", release, "--on", "kubeadm"), "KubeletConfiguration")
    assert block.get("featureGates") == gates
    assert set(block["tracing"]) == TRACING_FIELDS


@pytest.mark.parametrize("release, gates", [("1.26", {"KubeletTracing": True}), ("1.27", None)])
@pytest.mark.parametrize("place", ["kubeadm", "manifests", "kind", "minikube", "rke2", "k3s", "talos"])
def test_every_place_has_the_kubelets_block(place, release, gates):
    found = documents("--kubernetes", release, "--on", place, "--endpoint", "10.0.0.5:4317")
    if place == "kind":
        (patches,) = [document["kubeadmConfigPatches"] for document in found if "kubeadmConfigPatches" in document]
        found = [yaml.safe_load(patch) for patch in patches]
    if place == "talos":
        (block,) = [one["machine"]["kubelet"]["extraConfig"] for one in found if "kubelet" in one.get("machine", {})]
    else:
        block = of_kind(found, "KubeletConfiguration")
        assert block["apiVersion"] == "kubelet.config.k8s.io/v1beta1"
    assert block.get("featureGates") == gates
    assert block["tracing"] == {"endpoint": "10.0.0.5:4317", "samplingRatePerMillion": 100000}


@pytest.mark.parametrize("place", ["rke2", "k3s"])
def test_ranchers_kubelet_reads_the_file_that_is_named(place):
    text = setup("--kubernetes", "1.31", "--on", place, "--cluster", "prod")
    assert f"/etc/rancher/{place}/kubelet-tracing.yaml on every node:" in text
    assert f"add to kubelet-arg: config=/etc/rancher/{place}/kubelet-tracing.yaml" in text
    assert "The kubelet too takes the cluster's name from its environment." in text


def test_kubelets_without_certificates_never_speak_plain_text_to_a_tls_port():
    arguments = "--kubernetes", "1.31", "--endpoint", "10.0.0.5:4317", "--tls", "/var/etc/otel"
    assert "The kubelets of kind's nodes get no certificates" in setup(*arguments, "--on", "kind")
    assert not [one for one in documents(*arguments, "--on", "kind") if "kubeadmConfigPatches" in one]
    (block,) = [one["machine"]["kubelet"] for one in documents(*arguments, "--on", "talos") if "kubelet" in one.get("machine", {})]
    assert block["extraConfig"]["tracing"]["endpoint"] == "127.0.0.1:4317"


@pytest.mark.parametrize("tls", [[], ["--tls", "/etc/otel"]])
@pytest.mark.parametrize("endpoint, everywhere", [("10.96.0.20:4317", "0.0.0.0:4317"), ("[fd00::20]:4317", "[::]:4317")])
def test_the_address_of_a_service_isnt_where_faultline_listens(endpoint, everywhere, tls):
    text = setup("--kubernetes", "1.31", "--on", "manifests", "--endpoint", endpoint, *tls)
    host = endpoint.removesuffix(":4317").strip("[]")
    assert f"If {host} is a Service's address, which no machine has, Faultline listens at {everywhere} instead." in text
    for own in ("127.0.0.1:4317", "0.0.0.0:4317", "faultline.example:4317"):
        assert "Service's address" not in setup("--kubernetes", "1.31", "--on", "manifests", "--endpoint", own, *tls)


@pytest.mark.parametrize("place", ["kubeadm", "manifests", "kind", "minikube", "rke2", "k3s", "talos"])
def test_every_place_is_told_of_the_file_and_of_etcds_flags(place):
    text = setup("--kubernetes", "1.31", "--on", place, "--sampling", "250000")
    list(yaml.safe_load_all(text))
    assert re.search(r"tracing-config-file", text) and "samplingRatePerMillion: 250000" in text
    assert "experimental-enable-distributed-tracing" in text and "25 % of the requests" in text


def test_rke2s_configuration():
    found = documents("--kubernetes", "1.31", "--on", "rke2", "--tls", "/etc/otel")
    (configuration,) = [document for document in found if "etcd-arg" in document]
    assert "experimental-enable-distributed-tracing=true" in configuration["etcd-arg"]
    assert configuration["etcd-extra-mount"] == ["/etc/otel:/etc/otel:ro"]
    assert "OTEL_EXPORTER_OTLP_CERTIFICATE=/etc/otel/ca.crt" in configuration["etcd-extra-env"]


def test_kubeadms_etcd_has_its_certificates_where_its_pod_sees_them():
    text = setup("--kubernetes", "1.31", "--on", "kubeadm", "--tls", "/etc/kubernetes/pki/faultline")
    found = of_kind(yaml.safe_load_all(text), "ClusterConfiguration")
    files = {variable["value"] for variable in found["etcd"]["local"]["extraEnvs"]}
    assert files == {f"/etc/kubernetes/pki/etcd/faultline/{name}" for name in ("ca.crt", "tls.crt", "tls.key")}
    (copy,) = re.findall(r"install -D .* -t /etc/kubernetes/pki/etcd/faultline (.*)\n", text)
    assert copy.split() == [f"/etc/kubernetes/pki/faultline/{name}" for name in ("ca.crt", "tls.crt", "tls.key")]
    own = setup("--kubernetes", "1.31", "--on", "kubeadm", "--tls", "/etc/kubernetes/pki/etcd/otel")
    assert "install -D" not in own
    assert of_kind(yaml.safe_load_all(own), "ClusterConfiguration")["etcd"]["local"]["extraEnvs"][0] == {
        "name": "OTEL_EXPORTER_OTLP_CERTIFICATE", "value": "/etc/kubernetes/pki/etcd/otel/ca.crt",
    }


def test_the_kubelet_is_told_of_its_environment_with_tls():
    arguments = "--kubernetes", "1.31", "--on", "manifests"
    assert "# Environment=" not in setup(*arguments)
    assert "Environment=OTEL_EXPORTER_OTLP_CERTIFICATE=/etc/otel/ca.crt\n" in setup(*arguments, "--tls", "/etc/otel")


@pytest.mark.parametrize("endpoint", ["0.0.0.0:4317", "faultline.example:4317"])
def test_the_command_that_is_printed_for_other_machines_starts(endpoint):
    text = setup("--kubernetes", "1.31", "--on", "manifests", "--endpoint", endpoint)
    assert "every machine that reaches it can send spans" in text
    assert "token_file" in text and "OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20TOKEN" in text
    (words,) = re.findall(r"faultline serve --otlp-grpc 0\.0\.0\.0:4317( .*)?", text)
    # A free port instead of 4317.
    refused = faultline("serve", "--otlp-grpc", "0.0.0.0:0", "--otlp-http", LOOPBACK, "--listen", LOOPBACK)
    assert refused.code == 2 and "open to every machine" in refused.errors
    with Faultline("--otlp-grpc", "0.0.0.0:0", *words.split()):
        pass


@pytest.mark.parametrize("place", ["kind", "minikube"])
def test_loopback_is_that_of_the_node_where_clusters_are_in_containers(place):
    text = setup("--kubernetes", "1.31", "--on", place)
    assert "Faultline must listen at 127.0.0.1:4317 in the node" in text and "give --endpoint" in text


def test_taloss_etcd_never_speaks_plain_text_to_a_tls_port():
    found = documents("--kubernetes", "1.31", "--on", "talos", "--endpoint", "10.0.0.5:4317", "--tls", "/var/etc/otel")
    patch, collector = [document["cluster"] for document in found if "cluster" in document]
    assert "etcd" not in patch and "env" in patch["apiServer"]
    flag = "experimental-distributed-tracing-address"
    assert collector["etcd"]["extraArgs"][flag] == "127.0.0.1:4317"
    (plain,) = [one["cluster"] for one in documents("--kubernetes", "1.31", "--on", "talos", "--endpoint", "10.0.0.5:4317") if "cluster" in one]
    assert plain["etcd"]["extraArgs"][flag] == "10.0.0.5:4317"


@pytest.mark.parametrize("place", ["rke2", "k3s", "talos"])
def test_members_are_named_on_each_server(place):
    assert "#    experimental-distributed-tracing-instance-id=NODE\n" in setup("--kubernetes", "1.31", "--on", place)


def test_no_sampling_is_said_to_be_none():
    text = setup("--kubernetes", "1.31", "--on", "manifests", "--sampling", "0")
    assert "No request is traced unless its client asks for it" in text


@pytest.mark.parametrize("place, name", [("eks", "Amazon EKS"), ("gke", "Google GKE"), ("aks", "Azure AKS"), ("openshift", "OpenShift")])
def test_managed_control_planes_get_an_honest_sentence(place, name):
    assert setup("--on", place).startswith(f"{name} has no switch of its own")


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ([], "--on PLATFORM or --from DIRECTORY must be given"),
        (["--on", "kubeadm"], "--kubernetes RELEASE must be given, such as --kubernetes 1.31"),
        (["--on", "heroku", "--kubernetes", "1.31"], "'heroku' is invalid for '--on <platform>'"),
        (["--on", "kubeadm", "--kubernetes", "latest"], '"latest" must be a release such as 1.31'),
        (["--on", "kubeadm", "--kubernetes", "1.21"], "that came with 1.22"),
        (["--on", "kubeadm", "--kubernetes", "1.31", "--etcd", "3.4"], "etcd 3.4 has no tracing"),
        (["--on", "kubeadm", "--kubernetes", "1.31", "--endpoint", "http://a:4317"], "has a scheme"),
        (["--on", "kubeadm", "--kubernetes", "1.31", "--endpoint", "a"], "has no port"),
        (["--on", "kubeadm", "--kubernetes", "1.31", "--endpoint", "::1:4317"], "needs brackets"),
        (["--on", "kubeadm", "--kubernetes", "1.31", "--endpoint", "a:0"], "between 1 and 65535"),
        (["--on", "kubeadm", "--kubernetes", "1.31", "--sampling", "1000001"], "from 0 to 1000000"),
        (["--on", "kubeadm", "--kubernetes", "1.31", "--tls", "pki"], "must be an absolute path"),
        (["--on", "kubeadm", "--kubernetes", "1.31", "--tls", "/etc/kubernetes/pki/etcd/"], "such as /etc/kubernetes/pki/etcd/faultline"),
        (["--on", "kubeadm", "--kubernetes", "2.0"], "Kubernetes 2.0 isn't known; releases are 1.N"),
        (["--on", "kubeadm", "--kubernetes", "1.31", "--etcd", "4.0"], "etcd 4.0 isn't known"),
        (["--on", "kubeadm", "--kubernetes", "1.31", "--write"], "--write needs --from DIRECTORY"),
        (["--from", "/nowhere"], "/nowhere: not a folder"),
    ],
)
def test_a_wrong_command_line_says_what_would_be_right(arguments, expected):
    done = faultline("setup", *arguments)
    assert (done.code, done.output) == (2, "")
    assert expected in done.errors


@pytest.fixture
def manifests(tmp_path):
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "kube-apiserver.yaml").write_text(API_SERVER)
    (folder / "etcd.yaml").write_text(ETCD)
    return folder


def test_the_patch_adds_flags_volumes_and_environment_and_leaves_the_rest(manifests, tmp_path):
    tls = str(Authority(tmp_path).for_exporters(tmp_path / "otel"))
    server, etcd = patched(manifests, "--tls", tls)
    container = server["spec"]["containers"][0]
    assert container["command"][-1] == "--tracing-config-file=/etc/kubernetes/tracing/apiserver.yaml"
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == [
        "/etc/kubernetes/tracing", tls, "/etc/kubernetes/pki",
    ]
    assert container["env"][0] == {"name": "OTEL_EXPORTER_OTLP_CERTIFICATE", "value": f"{tls}/ca.crt"}
    volumes = {volume["name"]: volume["hostPath"] for volume in server["spec"]["volumes"]}
    assert volumes["tracing"] == {"path": "/etc/kubernetes/tracing", "type": "Directory"}
    assert "# this node's" in (manifests / "kube-apiserver.yaml").read_text()
    before = yaml.safe_load(API_SERVER)
    assert server["metadata"] == before["metadata"] and container["command"][:4] == before["spec"]["containers"][0]["command"]
    assert etcd["spec"]["containers"][0]["command"] == [
        "etcd", "--data-dir=/var/lib/etcd", "--name=node-1", "--experimental-enable-distributed-tracing=true",
        "--experimental-distributed-tracing-address=127.0.0.1:4317",
        "--experimental-distributed-tracing-instance-id=node-1",
    ]


def test_what_is_there_already_is_kept(manifests, tmp_path):
    file = tmp_path / "tracing" / "apiserver.yaml"
    file.parent.mkdir()
    text = API_SERVER.replace(
        "    - --secure-port=6443\n",
        f"    - --secure-port=6443\n    - --tracing-config-file={file}\n    - --feature-gates=A=true,APIServerTracing=false\n",
    ).replace("v1.31.4", "v1.26.1")
    (manifests / "kube-apiserver.yaml").write_text(text)
    done = faultline("setup", "--from", manifests, "--diff")
    assert done.code == 0, done
    assert "+    - --feature-gates=A=true,APIServerTracing=true" in done.output
    assert f"+++ {file}" in done.output and "tracing-config-file=/etc" not in done.output


def test_writing_keeps_a_backup_and_a_second_time_changes_nothing(manifests, tmp_path):
    file = tmp_path / "tracing" / "apiserver.yaml"
    (manifests / "kube-apiserver.yaml").write_text(
        API_SERVER.replace("    - --secure-port=6443\n", f"    - --tracing-config-file={file}\n    - --secure-port=6443\n")
    )
    os.chmod(manifests / "etcd.yaml", 0o640)
    done = faultline("setup", "--from", manifests, "--write", "--backup", tmp_path / "backup")
    assert (done.code, done.output) == (0, ""), done
    assert of_kind([yaml.safe_load(file.read_text())], "TracingConfiguration")["apiVersion"].endswith("/v1beta1")
    assert (tmp_path / "backup" / "etcd.yaml").read_text() == ETCD
    assert os.stat(manifests / "etcd.yaml").st_mode & 0o777 == 0o640
    assert sorted(os.listdir(manifests)) == ["etcd.yaml", "kube-apiserver.yaml"]
    again = faultline("setup", "--from", manifests, "--write", "--backup", tmp_path / "second")
    assert (again.code, again.errors) == (0, f"{manifests}: nothing to change; tracing is set up\n")
    assert not (tmp_path / "second").exists()


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{", "kube-apiserver.yaml:2:1:"),
        ("a: 1\n", "this must be the manifest of kube-apiserver's static pod"),
        ("spec: {containers: [{name: kube-apiserver, command: [kube-apiserver, '--a'], env: 1}]}\n", "kube-apiserver.yaml:1:83: env can't be put there"),
        (API_SERVER.replace("v1.31.4", "latest"), "give it with --kubernetes"),
    ],
)
def test_a_manifest_that_cant_be_changed_is_left_and_said(manifests, text, expected):
    (manifests / "kube-apiserver.yaml").write_text(text)
    kubernetes = [] if "latest" in text else ["--kubernetes", "1.31", "--cluster", "a"]
    done = faultline("setup", "--from", manifests, "--write", *kubernetes)
    assert (done.code, done.output) == (2, "")
    assert expected in done.errors
    assert (manifests / "kube-apiserver.yaml").read_text() == text


def test_a_real_etcd_set_up_so_sends_its_spans(tmp_path):
    with Faultline() as daemon:
        found = documents("--kubernetes", "1.31", "--etcd", "3.5", "--on", "manifests", "--endpoint", daemon.grpc)
        flags = pod(found, "etcd")["containers"][0]["command"]
        with Etcd(tmp_path, flags) as etcd:
            for number in range(1, 6):
                etcd.range(f"{number:032x}", f"{number:016x}")
            eventually(lambda: etcds_ranges(daemon) == 5, "etcd's five spans")


def test_a_real_etcd_set_up_so_sends_its_spans_over_mutual_tls(serve, tmp_path):
    authority = Authority(tmp_path)
    authority.issue("server")
    (tmp_path / "pki").mkdir()
    for path, name in zip((authority.file, *authority.issue("etcd")), ("ca.crt", "tls.crt", "tls.key")):
        path.rename(tmp_path / "pki" / name)
    shutil.copy(tmp_path / "pki" / "ca.crt", tmp_path)
    arguments = "--kubernetes", "1.31", "--etcd", "3.5", "--on", "manifests", "--tls", tmp_path / "pki"
    (configuration,) = [document for document in documents(*arguments) if "otlp" in document]
    assert configuration["otlp"]["grpc"].pop("address") == "127.0.0.1:4317"
    daemon = serve(configuration=yaml.safe_dump(configuration))
    found = documents(*arguments, "--endpoint", daemon.grpc)
    (container,) = pod(found, "etcd")["containers"]
    environment = {variable["name"]: variable["value"] for variable in container["env"]}
    with Etcd(tmp_path, container["command"], environment) as etcd:
        for number in range(1, 6):
            etcd.range(f"{number:032x}", f"{number:016x}")
        eventually(lambda: etcds_ranges(daemon) == 5, "etcd's five spans")
    assert daemon.metrics().refused("grpc") == {}
