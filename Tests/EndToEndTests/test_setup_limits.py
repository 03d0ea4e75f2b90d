"""`faultline setup --from`: what the manifests don't decide, and what it therefore says instead of changing it."""

import re

import pytest
import yaml

from harness.daemon import Faultline
from harness.etcd import Etcd, etcds_ranges
from harness.manifests import API_SERVER, Node
from harness.waiting import eventually

COMPLETE = "nothing to change; tracing is set up"
INCOMPLETE = "nothing to change; what is missing is named above"


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path)


def lines_for_the_file(notes):
    """What setup tells to add to etcd's configuration file."""
    (block,) = re.findall(r"set in that file, and restart etcd:\n((?:  .+\n)+)", notes)
    return yaml.safe_load(block)


def configured_by(node, file, form):
    """etcd gets a configuration file, in a folder that its pod mounts elsewhere."""
    file.parent.mkdir()
    flag = {
        "flag": "    - --config-file=/config/etcd.yaml\n    image:",
        "two lines": "    - --config-file\n    - /config/etcd.yaml\n    image:",
        "variable": "    env:\n    - name: ETCD_CONFIG_FILE\n      value: /config/etcd.yaml\n    image:",
    }[form]
    node.replace(node.etcd, "    image:", flag)
    node.replace(node.etcd, "    volumeMounts:\n", "    volumeMounts:\n    - mountPath: /config\n      name: config\n")
    node.replace(node.etcd, "  volumes:\n", f"  volumes:\n  - hostPath: {{path: {file.parent}}}\n    name: config\n")


@pytest.mark.parametrize("form", ["flag", "two lines", "variable"])
@pytest.mark.parametrize("release, prefix", [("3.5.16-0", "experimental-"), ("3.7.0-0", "")])
def test_an_etcd_with_a_configuration_file_is_set_up_there(node, tmp_path, form, release, prefix):
    file = tmp_path / "config" / "etcd.yaml"
    configured_by(node, file, form)
    node.replace(node.etcd, "3.5.16-0", release)
    file.write_text("name: member-7\n")
    text = node.etcd.read_text()
    notes = node.write()
    assert f"{node.etcd}: etcd reads only its configuration file {file}, and ignores other flags" in notes
    added = lines_for_the_file(notes)
    assert added == {
        f"{prefix}enable-distributed-tracing": True, f"{prefix}distributed-tracing-address": "127.0.0.1:4317",
        f"{prefix}distributed-tracing-instance-id": "member-7", f"{prefix}distributed-tracing-service-name": "etcd",
    }
    assert node.etcd.read_text() == text
    assert INCOMPLETE in node.setup().errors
    file.write_text(yaml.safe_dump({"name": "member-7"} | added))
    assert node.setup().errors == f"{node.manifests}: {COMPLETE}\n"


def test_flags_beside_a_configuration_file_dont_count(node, tmp_path):
    node.replace(
        node.etcd, "    image:",
        "    - --experimental-enable-distributed-tracing=true\n    - --experimental-distributed-tracing-address=127.0.0.1:4317\n"
        f"    - --config-file={tmp_path}/nowhere.yaml\n    image:",
    )
    node.write()
    notes = node.setup().errors
    assert f"{tmp_path}/nowhere.yaml, which can't be read here, and ignores other flags" in notes
    assert INCOMPLETE in notes and COMPLETE not in notes


def test_spans_keep_going_where_etcds_configuration_file_sends_them(node, tmp_path):
    file = tmp_path / "config" / "etcd.yaml"
    configured_by(node, file, "flag")
    file.write_text("experimental-distributed-tracing-address: 10.7.7.7:4317\n")
    assert "endpoint: \"10.7.7.7:4317\"" in node.setup("--diff").output


def test_a_real_etcd_takes_the_lines_for_its_configuration_file(node, tmp_path):
    file = tmp_path / "config" / "etcd.yaml"
    configured_by(node, file, "flag")
    with Faultline() as daemon:
        added = lines_for_the_file(node.write("--endpoint", daemon.grpc))
        file.write_text(yaml.safe_dump(added))
        with Etcd(tmp_path, configuration=file) as etcd:
            for number in range(1, 6):
                etcd.range(f"{number:032x}", f"{number:016x}")
            eventually(lambda: etcds_ranges(daemon) == 5, "etcd's five spans")


RKE2_IMAGE = "index.docker.io/rancher/hardened-kubernetes:v1.31.5-rke2r1-build20250116"


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ("registry.k8s.io/kube-apiserver:v1.31.4", RKE2_IMAGE, "RKE2 writes its manifests again .* --kubernetes 1.31 --on rke2;"),
        ("  annotations:\n", "  annotations:\n    talos.dev/config-version: '1'\n", "Talos writes .* --kubernetes 1.31 --on talos;"),
    ],
)
def test_a_distributions_own_manifests_are_refused_with_what_lasts(node, old, new, expected):
    node.replace(node.server, old, new)
    text = node.server.read_text()
    done = node.setup("--write", "--backup", node.backup)
    assert (done.code, done.output) == (2, "") and re.search(expected, done.errors), done
    assert node.server.read_text() == text and not node.backup.exists()
    assert node.setup("--on", "manifests", "--diff").code == 0


@pytest.mark.parametrize("place", ["rke2", "k3s"])
@pytest.mark.parametrize("manifests", [True, False])
def test_a_distributions_folder_is_recognised(tmp_path, place, manifests):
    folder = tmp_path / "rancher" / place / "agent" / "pod-manifests"
    folder.mkdir(parents=True)
    if manifests:
        (folder / "kube-apiserver.yaml").write_text(API_SERVER)
    done = Node.run(folder)
    assert done.code == 2 and f"--on {place}" in done.errors and str(folder) in done.errors, done


def test_manifests_that_minikube_writes_again_are_said(node):
    node.replace(node.server, "--secure-port=6443", "--client-ca-file=/var/lib/minikube/certs/ca.crt")
    done = node.setup("--diff")
    assert done.code == 0 and "minikube start writes this again; what lasts: faultline setup --on minikube" in done.errors


@pytest.mark.parametrize(
    "option, release, expected",
    [
        ("--kubernetes", "1.34", r"kube-apiserver.yaml: the image's release is 1.31.4 \(v1.31.4\), but --kubernetes says 1.34; leave"),
        ("--etcd", "3.7", r"etcd.yaml: the image's release is 3.5.16 \(3.5.16-0\), but --etcd says 3.7; leave"),
    ],
)
def test_a_release_that_contradicts_the_image_is_refused(node, option, release, expected):
    done = node.setup("--diff", option, release)
    assert (done.code, done.output) == (2, "") and re.search(expected, done.errors), done
    assert node.setup("--diff", option, {"1.34": "1.31", "3.7": "3.5"}[release]).code == 0


def test_an_image_without_a_release_is_named(node):
    node.replace(node.etcd, "3.5.16-0", "latest")
    done = node.setup("--diff")
    assert done.code == 2
    assert f'{node.etcd}: the tag of the image "registry.k8s.io/etcd:latest" is not a release; give it with --etcd' in done.errors
    assert "+    - --enable-distributed-tracing=true" in node.setup("--diff", "--etcd", "3.7").output


def test_no_sampling_and_no_etcd_arent_called_set_up(node):
    node.write("--sampling", "0")
    notes = node.setup().errors
    assert f"{node.tracing}: with samplingRatePerMillion 0 no request is traced unless its client asks" in notes
    assert INCOMPLETE in notes and COMPLETE not in notes
    node.tracing.write_text(node.tracing.read_text().replace("Million: 0", "Million: 1000"))
    assert COMPLETE in node.setup().errors
    node.etcd.unlink()
    notes = node.setup().errors
    assert f"{node.manifests}: no etcd.yaml, so etcd isn't set up from here; set it up where it runs\n" in notes
    assert INCOMPLETE in notes and COMPLETE not in notes


@pytest.mark.parametrize("name, is_said", [("store", True), ("etcd-events", False)])
def test_a_service_name_that_faultline_doesnt_know_as_etcd_is_said(node, name, is_said):
    node.replace(node.etcd, "    image:", f"    - --experimental-distributed-tracing-service-name={name}\n    image:")
    assert (f"services: {{etcd: [etcd*, {name}]}}" in node.setup("--diff").errors) == is_said
