"""`faultline setup --cluster`: spans name the cluster that they are of."""

import json

import pytest
import yaml

from harness.command import faultline
from harness.daemon import Faultline
from harness.etcd import Etcd, etcds_ranges
from harness.manifests import Node, documents, setup
from harness.waiting import eventually

VARIABLE = "OTEL_RESOURCE_ATTRIBUTES"
RELEASES = "--kubernetes", "1.31", "--etcd", "3.5"


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path)


def variables(container):
    return {variable["name"]: variable["value"] for variable in container.get("env", [])}


def containers(found):
    """The containers of pods and of patches of pods, by name."""
    pods = [document["spec"] for document in found if "spec" in document]
    return {container["name"]: container for pod in pods for container in pod["containers"]}


@pytest.mark.parametrize("place", ["kubeadm", "manifests", "kind", "rke2", "k3s", "talos"])
def test_every_place_has_the_variable_only_with_a_name(place):
    assert f"{VARIABLE}" not in setup(*RELEASES, "--on", place)
    text = setup(*RELEASES, "--on", place, "--cluster", "prod-1")
    assert "k8s.cluster.name=prod-1" in text
    list(yaml.safe_load_all(text))


@pytest.mark.parametrize("place", ["manifests", "kind"])
def test_both_pods_have_it(place):
    found = containers(documents(*RELEASES, "--on", place, "--cluster", "prod-1"))
    assert {name: variables(container) for name, container in found.items()} == {
        name: {VARIABLE: "k8s.cluster.name=prod-1"} for name in ("kube-apiserver", "etcd")
    }


def test_kubeadm_has_it_in_its_configuration_or_says_how_to_get_it():
    new = next(one for one in documents(*RELEASES, "--on", "kubeadm", "--cluster", "a") if one.get("kind") == "ClusterConfiguration")
    named = [{"name": VARIABLE, "value": "k8s.cluster.name=a"}]
    assert (new["apiServer"]["extraEnvs"], new["etcd"]["local"]["extraEnvs"]) == (named, named)
    old = setup("--kubernetes", "1.30", "--on", "kubeadm", "--cluster", "a")
    assert "v1beta3 has no extraEnvs: for the cluster's name, use --from on each node." in old


def test_rke2_and_talos_have_it_where_they_take_it():
    rke2 = next(one for one in documents(*RELEASES, "--on", "rke2", "--cluster", "a") if "etcd-arg" in one)
    pair = [f"{VARIABLE}=k8s.cluster.name=a"]
    assert (rke2["kube-apiserver-extra-env"], rke2["etcd-extra-env"], "etcd-extra-mount" in rke2) == (pair, pair, False)
    text = setup(*RELEASES, "--on", "talos", "--endpoint", "10.0.0.5:4317", "--cluster", "a")
    patch, collector = [one["cluster"] for one in yaml.safe_load_all(text) if one and "cluster" in one]
    assert patch["apiServer"]["env"] == {VARIABLE: "k8s.cluster.name=a"} and "etcd" not in patch
    assert collector["etcd"]["extraArgs"]["experimental-distributed-tracing-address"] == "127.0.0.1:4317"
    assert "can't name their cluster" in text and "adds k8s.cluster.name=a to their resource" in text


def test_the_kubelets_unit_has_it_as_systemd_reads_it():
    text = setup(*RELEASES, "--on", "manifests", "--cluster", "prod 1")
    assert f"Environment={VARIABLE}=k8s.cluster.name=prod%%201\n" in text


@pytest.mark.parametrize("arguments", [["--cluster", "a"], ["--tls", "/etc/otel"], ["--cluster", "a", "--tls", "/etc/otel"]])
def test_kind_mounts_the_patches_that_it_names(arguments):
    text = setup(*RELEASES, "--on", "kind", *arguments)
    found = [document for document in yaml.safe_load_all(text) if document]
    (configuration,) = [document for document in found if document.get("kind") == "Cluster"]
    (machine,) = configuration["nodes"]
    mounts = {mount["containerPath"]: mount["hostPath"] for mount in machine["extraMounts"]}
    patches = [yaml.safe_load(patch) for patch in machine["kubeadmConfigPatches"]]
    assert {patch["kind"] for patch in patches} == {"ClusterConfiguration", "InitConfiguration", "JoinConfiguration"}
    for patch in patches[1:]:
        assert mounts[patch["patches"]["directory"]] == "./patches"
    for name in ("kube-apiserver", "etcd"):
        assert f"patches/{name}+strategic.yaml, beside" in text
        # A command here would take the place of kubeadm's.
        assert "command" not in containers(found)[name]
    if "--tls" in arguments:
        assert mounts["/etc/otel"] == "./certificates"
        pods = [document["spec"] for document in found if "spec" in document]
        assert [[volume["hostPath"]["path"] for volume in pod["volumes"]] for pod in pods] == [["/etc/otel"]] * 2
        assert all(variables(one)["OTEL_EXPORTER_OTLP_CERTIFICATE"] == "/etc/otel/ca.crt" for one in containers(found).values())


@pytest.mark.parametrize("place, release, why", [
    ("minikube", "1.31", "minikube writes static pods' manifests again at every start"),
    ("kind", "1.22", "kubeadm before 1.23 takes no patches"),
])
def test_a_place_that_cant_set_variables_says_what_can(place, release, why):
    text = setup("--kubernetes", release, "--on", place, "--cluster", "a", "--tls", "/etc/otel")
    assert why in text and "--from /etc/kubernetes/manifests --write --tls /etc/otel --cluster NAME" in text
    assert "plain text, which a TLS port refuses" in text
    plain = setup("--kubernetes", release, "--on", place)
    assert why not in plain and "--write" not in plain


def test_spans_of_a_real_etcd_are_of_that_cluster(tmp_path):
    with Faultline() as daemon:
        found = containers(documents(*RELEASES, "--on", "manifests", "--endpoint", daemon.grpc, "--cluster", "prod 1, EU/ü=%"))
        with Etcd(tmp_path, found["etcd"]["command"], variables(found["etcd"])) as etcd:
            etcd.range("1" * 32, "1" * 16)
            eventually(lambda: etcds_ranges(daemon) == 1, "etcd's span")
        (source,) = json.loads(daemon.get("/api/v1/sources")[2])
        assert (source["service"], source["cluster"]) == ("etcd", "prod 1, EU/ü=%")


def test_manifests_get_it_beside_other_attributes(node):
    node.replace(node.etcd, "    image:", f"    env:\n    - name: {VARIABLE}\n      value: zone=b, k8s.cluster.name = old,a=1\n    image:")
    notes = node.write("--cluster", "new")
    assert f"{node.etcd}: {VARIABLE} was zone=b, k8s.cluster.name = old,a=1; it becomes zone=b,a=1,k8s.cluster.name=new\n" in notes
    assert variables(node.container(node.etcd)) == {VARIABLE: "zone=b,a=1,k8s.cluster.name=new"}
    assert variables(node.container(node.server)) == {VARIABLE: "k8s.cluster.name=new"}
    for arguments in ([], ["--cluster", "new"]):
        assert node.setup(*arguments).errors == f"{node.manifests}: nothing to change; tracing is set up\n"


def test_attributes_in_another_order_stay(node):
    node.replace(node.etcd, "    image:", f"    env:\n    - name: {VARIABLE}\n      value: k8s.cluster.name=a,zone=b\n    image:")
    node.write("--cluster", "a")
    assert variables(node.container(node.etcd)) == {VARIABLE: "k8s.cluster.name=a,zone=b"}


def test_half_a_control_plane_with_a_name_is_said(node):
    node.write()
    node.replace(node.etcd, "    image:", f"    env:\n    - name: {VARIABLE}\n      value: k8s.cluster.name=a\n    image:")
    said = f"{node.server}: its spans name no cluster, but those of {node.etcd} do"
    assert said in node.setup().errors
    assert said not in node.setup("--cluster", "a").errors


@pytest.mark.parametrize("name", ["", "a\nb", "a\u202eb"])
def test_a_name_that_nobody_could_read_is_refused(name):
    done = faultline("setup", *RELEASES, "--on", "kubeadm", "--cluster", name)
    assert (done.code, done.output) == (2, "") and "must be printable text, and not empty, such as prod-1" in done.errors
