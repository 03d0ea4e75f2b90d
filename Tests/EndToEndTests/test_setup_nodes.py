"""`faultline setup --from` on nodes that aren't like kubeadm's: what it changes, and what is left when it can't."""

import os
import subprocess

import pytest
import yaml

from harness.command import faultline
from harness.manifests import Node


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path)


def test_a_node_of_etcd_only_is_set_up(node):
    node.server.unlink()
    notes = node.write("--endpoint", "10.0.0.5:4317", "--cluster", "prod")
    assert f"{node.manifests}: no kube-apiserver.yaml, so the API server isn't set up from here" in notes
    assert f"changed {node.etcd}\n" in notes and not node.tracing.exists()
    container = node.container(node.etcd)
    assert "--experimental-distributed-tracing-address=10.0.0.5:4317" in container["command"]
    assert container["env"] == [{"name": "OTEL_RESOURCE_ATTRIBUTES", "value": "k8s.cluster.name=prod"}]
    again = node.setup("--endpoint", "10.0.0.5:4317", "--cluster", "prod")
    assert (again.code, again.output) == (0, "") and "nothing to change; what is missing is named above" in again.errors


def test_a_folder_without_manifests_is_refused(node):
    node.server.unlink()
    node.etcd.unlink()
    done = node.setup()
    assert done.code == 2 and f"{node.manifests}: no kube-apiserver.yaml and no etcd.yaml; --from must name" in done.errors


@pytest.mark.parametrize("place", ["manifests", "./manifests/", "link/../manifests"])
def test_a_patch_for_a_relative_folder_applies_from_the_root(node, monkeypatch, place):
    (node.folder / "link").mkdir()
    monkeypatch.chdir(node.folder)
    patch = faultline("setup", "--from", place, "--diff").output
    node.tracing.parent.mkdir()
    done = subprocess.run(["patch", "-p0", "-d", "/"], input=patch, text=True, capture_output=True)
    assert done.returncode == 0, done
    assert "nothing to change; tracing is set up" in node.setup().errors


def test_of_a_folder_with_other_files_only_the_tracing_configuration_is_mounted(node):
    node.tracing.parent.mkdir()
    (node.tracing.parent / "admin.conf").write_text("secret")
    node.write()
    spec = yaml.safe_load(node.server.read_text())["spec"]
    (mount,) = [mount for mount in spec["containers"][0]["volumeMounts"] if mount["name"] == "tracing"]
    (volume,) = [volume for volume in spec["volumes"] if volume["name"] == "tracing"]
    assert mount["mountPath"] == str(node.tracing) and mount["readOnly"]
    assert volume["hostPath"] == {"path": str(node.tracing), "type": "File"}
    assert "nothing to change; tracing is set up" in node.setup().errors


@pytest.mark.parametrize("blocked", ["etcd.yaml", "kube-apiserver.yaml"])
def test_a_write_that_fails_leaves_everything_as_it_was(node, blocked):
    """The temporary file of a manifest can't be made, after others were replaced."""
    texts = {path: path.read_text() for path in (node.server, node.etcd)}
    (node.manifests / f".{blocked}.faultline").mkdir()
    done = node.setup("--write", "--backup", node.backup)
    assert done.code == 2 and "can't be written" in done.errors and done.errors.endswith("; nothing is changed\n"), done
    assert {path: path.read_text() for path in texts} == texts and not node.tracing.exists()
    assert {name: (node.backup / name).read_text() for name in os.listdir(node.backup)} == {
        path.name: text for path, text in texts.items()
    }


@pytest.mark.parametrize(
    "folder",
    ["/etc/../etc/kubernetes/pki", "/etc/a b", "/etc/a:b", "/etc/a\nb", "/etc/a,b", "/etc/a%b", '/etc/"a"', "/", "//", "/."])
def test_a_folder_of_certificates_that_would_break_a_file_is_refused(folder):
    done = faultline("setup", "--kubernetes", "1.31", "--on", "rke2", "--tls", folder)
    assert (done.code, done.output) == (2, "") and done.errors.count("\n") == 1
    assert 'must be an absolute path on the nodes without ".."' in done.errors


@pytest.mark.parametrize("folder", ["/etc/otel/", "/etc//otel", "/etc/./otel/."])
def test_a_folder_of_certificates_is_written_in_one_way(folder):
    arguments = "--kubernetes", "1.31", "--on", "manifests", "--tls"
    assert faultline("setup", *arguments, folder).output == faultline("setup", *arguments, "/etc/otel").output
