"""`faultline setup --tls`: a folder that keeps the control plane from starting is refused before anything is changed."""

import os

import pytest
import yaml

from harness.certificates import Authority
from harness.command import faultline
from harness.manifests import Node

RIGHT = "it must have ca.crt and, for mutual TLS, tls.crt and tls.key"


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path)


def refused(node, tls):
    """What setup says, having changed nothing, however it is asked."""
    texts = {file: file.read_text() for file in (node.server, node.etcd)}
    outcomes = [node.setup(*how, "--tls", tls) for how in ([], ["--diff"], ["--write", "--backup", node.backup])]
    assert {(done.code, done.output) for done in outcomes} == {(2, "")}, outcomes
    assert {file: file.read_text() for file in texts} == texts and not node.backup.exists() and not node.tracing.exists()
    (errors,) = {done.errors for done in outcomes}
    return errors


@pytest.mark.parametrize(
    "missing, expected",
    [
        (["ca.crt", "tls.crt", "tls.key", "."], "there is no such folder"),
        (["ca.crt"], "has no ca.crt"),
        (["tls.crt"], "has tls.key, but no tls.crt"),
        (["tls.key"], "has tls.crt, but no tls.key"),
    ],
)
def test_a_folder_that_lacks_something(node, missing, expected):
    tls = node.certificates()
    for name in missing:
        (tls / name).unlink() if name != "." else tls.rmdir()
    assert f"--tls: {tls}: {expected}; {RIGHT}" in refused(node, tls)


@pytest.mark.parametrize(
    "name, content, expected",
    [
        ("ca.crt", b"", "ca.crt: it holds no certificate"),
        ("tls.crt", b"x", "tls.crt: it holds no certificate"),
        ("tls.key", b"x", "tls.key: it holds no private key"),
        ("tls.key", None, "tls.key: the key doesn't belong to the certificate in tls.crt"),
    ],
)
def test_files_that_dont_match(node, tmp_path, name, content, expected):
    tls = node.certificates()
    (tls / name).write_bytes(content if content is not None else Authority(tmp_path, "b").issue("b")[1].read_bytes())
    assert f"--tls: {tls}/{expected}" in refused(node, tls)


def test_a_link_out_of_the_folder_which_the_pods_dont_see(node, tmp_path):
    tls = node.certificates()
    (tls / "ca.crt").rename(tmp_path / "ca.crt")
    (tls / "ca.crt").symlink_to("../ca.crt")
    assert f"--tls: {tls}/ca.crt: is a link to {tmp_path}/ca.crt, which is outside of the folder" in refused(node, tls)
    # As the kubelet writes Secrets
    (tls / "..data").mkdir()
    (tmp_path / "ca.crt").rename(tls / "..data" / "ca.crt")
    (tls / "ca.crt").unlink()
    (tls / "ca.crt").symlink_to("..data/ca.crt")
    assert node.setup("--tls", tls).code == 0


def test_the_authority_alone_is_enough_without_mutual_tls(node):
    tls = node.certificates()
    (tls / "tls.crt").unlink()
    (tls / "tls.key").unlink()
    node.write("--tls", tls)
    assert [one["name"] for one in node.container(node.etcd)["env"]] == ["OTEL_EXPORTER_OTLP_CERTIFICATE"]


@pytest.mark.parametrize("place", ["kubeadm", "manifests", "rke2", "k3s", "talos"])
def test_what_can_only_be_seen_on_the_nodes_is_said(place):
    done = faultline("setup", "--kubernetes", "1.31", "--etcd", "3.5", "--on", place, "--tls", "/etc/otel")
    assert "/etc/otel, on every control-plane node, before the other steps: ca.crt, tls.crt, tls.key\n" in done.output
    assert "faultline setup --from, on the node, checks the folder" in done.output
    without = faultline("setup", "--kubernetes", "1.31", "--etcd", "3.5", "--on", place).output
    assert "checks the folder" not in without


def test_a_folder_that_is_here_is_checked_without_manifests_too(node):
    tls = node.certificates()
    (tls / "tls.key").unlink()
    done = faultline("setup", "--kubernetes", "1.31", "--on", "kubeadm", "--tls", tls)
    assert (done.code, done.output) == (2, "") and "has tls.crt, but no tls.key" in done.errors


@pytest.mark.parametrize(
    "folder, why",
    [
        ("/etc", "contains /etc/"), ("/usr", "contains /usr/"), ("/var", "contains /var/"), ("/usr/local", "contains"),
        ("/etc/kubernetes", "contains /etc/kubernetes/manifests"), ("/var/lib", "contains /var/lib/etcd"),
        ("/var/lib/etcd", "is not its own"), ("/var/lib/etcd/member", "is in /var/lib/etcd"), ("/proc", "is not its own"),
        ("/proc/self", "is in /proc"), ("/sys/fs", "is in /sys"), ("/home", "is not its own"), ("/tmp/", "is not its own"),
        ("/etc/kubernetes/manifests", "is not its own"), ("/etc/kubernetes/manifests/tls", "is in /etc/kubernetes/manifests"),
        ("/etc/ssl", "contains /etc/ssl/certs"), ("/var/lib/kubelet", "is not its own"),
    ],
)
@pytest.mark.parametrize("place", ["kubeadm", "talos"])
def test_a_folder_of_the_system_is_never_mounted(folder, why, place):
    done = faultline("setup", "--kubernetes", "1.31", "--on", place, "--tls", folder)
    assert (done.code, done.output) == (2, "")
    assert f"{folder.rstrip('/')} {why}" in done.errors and "such as /etc/faultline/tls" in done.errors


def test_a_folder_around_something_that_is_mounted_is_refused(node):
    tls = node.certificates()
    node.replace(node.etcd, "    volumeMounts:\n", f"    volumeMounts:\n    - mountPath: {tls}/data\n      name: etcd-certs\n")
    assert f"{node.etcd}: mounts {tls}/data, which is in the directory of certificates {tls}" in refused(node, tls)


@pytest.mark.parametrize("volume, expected", [
    ("hostPath: {path: /srv/certs}", "the container sees the node's /srv/certs at"),
    ("emptyDir: {}", "which is no hostPath"),
])
def test_a_path_where_the_container_sees_something_else_is_refused(node, volume, expected):
    tls = node.certificates()
    node.replace(node.etcd, "    volumeMounts:\n", f"    volumeMounts:\n    - mountPath: {tls}\n      name: other\n")
    node.replace(node.etcd, "  volumes:\n", f"  volumes:\n  - name: other\n    {volume}\n")
    assert expected in refused(node, tls)


def test_variables_for_traces_alone_count_before_the_general_ones(node):
    name = "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"
    node.replace(node.etcd, "    image:", f"    env:\n    - name: {name}\n      value: /old/ca.crt\n    image:")
    assert f"{node.etcd}: sends over TLS, since {name} is /old/ca.crt" in node.setup().errors
    tls = node.certificates()
    assert f"{name} was /old/ca.crt; it becomes {tls}/ca.crt" in node.write("--tls", tls)
    found = {one["name"]: one["value"] for one in node.container(node.etcd)["env"]}
    assert found[name] == found["OTEL_EXPORTER_OTLP_CERTIFICATE"] == f"{tls}/ca.crt"
    assert "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY" not in found


@pytest.mark.parametrize("of", ["container", "pod"])
def test_files_that_a_rootless_component_cant_read_are_named(node, of):
    indent = "    " if of == "container" else "  "
    before = "    image:" if of == "container" else "  hostNetwork:"
    node.replace(node.server, before, f"{indent}securityContext: {{runAsUser: 65534, runAsGroup: 65534}}\n{before}")
    tls = node.certificates()
    (tls / "tls.key").chmod(0o640)
    notes = node.write("--tls", tls)
    assert f"{tls}/tls.key: kube-apiserver runs as user 65534, who can't read it (mode 0640)" in notes
    assert f"{tls}/tls.crt:" not in notes and f"{node.tracing}:" not in notes
    # What setup writes itself, every component can read.
    assert node.tracing.stat().st_mode & 0o777 == 0o644 and node.tracing.parent.stat().st_mode & 0o777 == 0o755
    (tls / "tls.key").chmod(0o644)
    assert node.setup("--tls", tls).errors == f"{node.manifests}: nothing to change; tracing is set up\n"
    assert yaml.safe_load(node.server.read_text())


def test_the_tracing_configuration_can_be_read_whatever_the_umask(node):
    mask = os.umask(0o077)
    try:
        node.write()
    finally:
        os.umask(mask)
    assert node.tracing.stat().st_mode & 0o777 == 0o644 and node.tracing.parent.stat().st_mode & 0o777 == 0o755
