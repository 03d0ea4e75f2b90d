"""`faultline setup --from`: manifests that aren't as kubeadm wrote them, and what is set up already."""

import os
import re
import stat
import subprocess

import pytest
import yaml

from harness import preloading
from harness.command import faultline
from harness.manifests import ETCD, Node

COLLECTOR = """\
# the platform team's
apiVersion: apiserver.config.k8s.io/v1beta1
kind: TracingConfiguration
endpoint: 10.1.1.1:4317
samplingRatePerMillion: 500
"""


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path)


def test_a_volume_gets_a_free_name(node):
    node.replace(node.server, "  volumes:\n", "  volumes:\n  - hostPath: {path: /opt/otel}\n    name: tracing\n")
    node.write()
    volumes = yaml.safe_load(node.server.read_text())["spec"]["volumes"]
    names = [volume["name"] for volume in volumes]
    assert len(set(names)) == len(names)
    (mount,) = [mount for mount in node.container(node.server)["volumeMounts"] if mount["mountPath"] == str(node.tracing.parent)]
    (volume,) = [volume for volume in volumes if volume["name"] == mount["name"]]
    assert volume["hostPath"]["path"] == mount["mountPath"]


def test_the_tracing_configuration_is_where_the_host_has_it(node):
    node.replace(node.server, str(node.tracing), "/otel/apiserver.yaml")
    node.replace(node.server, "    volumeMounts:\n", "    volumeMounts:\n    - mountPath: /otel/\n      name: otel\n")
    node.replace(node.server, "  volumes:\n", f"  volumes:\n  - hostPath: {{path: {node.tracing.parent}}}\n    name: otel\n")
    text = node.server.read_text()
    assert f"changed {node.tracing}\n" in node.write()
    assert node.server.read_text() == text and node.tracing.exists()


@pytest.mark.parametrize("mounted, part, file", [("/otel/", "api/", "apiserver.yaml"), ("/otel.yaml", "api/tracing.yaml", "")])
def test_a_tracing_configuration_in_a_part_of_a_volume(node, mounted, part, file):
    node.replace(node.server, str(node.tracing), mounted + file)
    node.replace(
        node.server,
        "    volumeMounts:\n",
        f"    volumeMounts:\n    - mountPath: {mounted}\n      name: otel\n      subPath: {part}\n",
    )
    node.replace(node.server, "  volumes:\n", f"  volumes:\n  - hostPath: {{path: {node.folder}}}\n    name: otel\n")
    where = node.folder / part / file
    where.parent.mkdir(exist_ok=True)
    assert f"changed {where}\n" in node.write()
    assert yaml.safe_load(where.read_text())["kind"] == "TracingConfiguration"


def test_a_flag_and_its_value_on_two_lines(node):
    node.replace(node.server, "--tracing-config-file=", "--tracing-config-file\n    - ")
    node.replace(node.etcd, "--name=node-1", "--name\n    - 'node-1'\n    - --experimental-distributed-tracing-address\n    - a:1  # a:1")
    node.write("--endpoint", "b:2")
    assert yaml.safe_load(node.tracing.read_text())["endpoint"] == "b:2"
    assert "    - b:2  # a:1\n" in node.etcd.read_text()
    command = node.container(node.etcd)["command"]
    assert command[2:6] == ["--name", "node-1", "--experimental-distributed-tracing-address", "b:2"]
    assert command[-1] == "--experimental-distributed-tracing-instance-id=node-1"
    assert node.container(node.server)["command"][-2:] == ["--tracing-config-file", str(node.tracing)]


@pytest.mark.parametrize("change", ["patch", "write"])
def test_line_ends_of_windows_stay(node, change):
    node.tracing.parent.mkdir()
    for file in (node.server, node.etcd):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    if change == "write":
        node.write()
    else:
        patch = node.setup("--diff").output.encode()
        subprocess.run(["patch", "-p0", "--directory", "/"], input=patch, capture_output=True, check=True)
    for file in (node.server, node.etcd):
        assert re.search(rb"(?<!\r)\n", file.read_bytes()) is None
    assert "--experimental-enable-distributed-tracing=true" in node.container(node.etcd)["command"]
    assert node.setup("--diff").errors == f"{node.manifests}: nothing to change; tracing is set up\n"


def test_links_stay_links_and_modes_and_contents_are_kept(node):
    node.etcd.rename(node.folder / "etcd-real.yaml")
    (node.folder / "etcd-real.yaml").chmod(0o640)
    node.etcd.symlink_to("../etcd-real.yaml")
    node.write()
    assert os.readlink(node.etcd) == "../etcd-real.yaml"
    assert stat.S_IMODE((node.folder / "etcd-real.yaml").stat().st_mode) == 0o640
    assert "distributed-tracing" in (node.folder / "etcd-real.yaml").read_text()
    kept = node.backup / "etcd.yaml"
    assert not kept.is_symlink() and kept.read_text() == ETCD
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640


# Another user's manifest, for tests that have no privileges
OWNERS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int stat(const char *path, struct stat *status) {
    int (*real)(const char *, struct stat *) = (int (*)(const char *, struct stat *))dlsym(RTLD_NEXT, "stat");
    int result = real(path, status);
    size_t length = strlen(path);
    if (result == 0 && length > 10 && !strcmp(path + length - 10, "/etcd.yaml")) { status->st_uid = 4711; status->st_gid = 4712; }
    return result;
}
int fchown(int descriptor, uid_t user, gid_t group) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return -1;
    path[length] = 0;
    FILE *log = fopen(getenv("OWNERS"), "a");
    if (!log) return -1;
    fprintf(log, "%s %u:%u\n", path, user, group);
    return fclose(log);
}
"""


def test_owners_are_kept(node, tmp_path):
    given = tmp_path / "owners"
    preloaded = preloading.build(OWNERS, tmp_path)
    done = node.setup("--write", "--backup", node.backup, LD_PRELOAD=str(preloaded), OWNERS=str(given))
    assert done.code == 0, done
    own = f"{os.getuid()}:{os.getgid()}"
    assert dict(line.split() for line in given.read_text().splitlines()) == {
        # The changed file before it takes the place of the other
        str(node.manifests / ".etcd.yaml.faultline"): "4711:4712",
        str(node.backup / "etcd.yaml"): "4711:4712",
        str(node.manifests / ".kube-apiserver.yaml.faultline"): own,
        str(node.backup / "kube-apiserver.yaml"): own,
    }


def test_a_tracing_configuration_that_is_there_keeps_its_endpoint_and_rate(node):
    node.tracing.parent.mkdir()
    node.tracing.write_text(COLLECTOR)
    assert "10.1.1.1" not in node.write()
    assert node.tracing.read_text() == COLLECTOR
    assert "--experimental-distributed-tracing-address=10.1.1.1:4317" in node.container(node.etcd)["command"]


def test_what_is_changed_for_others_is_said(node):
    node.tracing.parent.mkdir()
    node.tracing.write_text(COLLECTOR)
    notes = node.write("--endpoint", "10.2.2.2:4317", "--sampling", "1000")
    assert f"{node.tracing}: kube-apiserver's spans go to 10.2.2.2:4317, no longer to 10.1.1.1:4317\n" in notes
    assert f"{node.tracing}: samplingRatePerMillion was 500; it becomes 1000\n" in notes
    assert (node.backup / "apiserver.yaml").read_text() == COLLECTOR
    changed = yaml.safe_load(node.tracing.read_text())
    assert (changed["endpoint"], changed["samplingRatePerMillion"]) == ("10.2.2.2:4317", 1000)


def test_another_rate_alone_takes_a_restart_which_the_kubelet_does_not_do(node):
    restart = f"kube-apiserver reads {node.tracing} only at its start"
    assert restart not in node.write()
    assert restart in node.setup("--diff", "--sampling", "1000").errors


def test_variables_that_are_there_are_changed_with_tls_and_said_without(node):
    node.replace(node.etcd, "    image:", "    env:\n    - name: OTEL_EXPORTER_OTLP_CERTIFICATE\n      value: /old/ca.crt\n    image:")
    assert f"{node.etcd}: sends over TLS, since OTEL_EXPORTER_OTLP_CERTIFICATE is /old/ca.crt" in node.setup("--diff").errors
    tls = node.certificates()
    assert f"OTEL_EXPORTER_OTLP_CERTIFICATE was /old/ca.crt; it becomes {tls}/ca.crt" in node.write("--tls", tls)
    found = {variable["name"]: variable["value"] for variable in node.container(node.etcd)["env"]}
    assert found["OTEL_EXPORTER_OTLP_CERTIFICATE"] == f"{tls}/ca.crt" and len(found) == 3


def test_a_gate_that_is_off_becomes_on(node):
    node.replace(node.server, "--secure-port=6443", "--feature-gates=A=true,APIServerTracing=false")
    assert "APIServerTracing=false switched tracing off; it becomes true" in node.write()
    assert "--feature-gates=A=true,APIServerTracing=true" in node.container(node.server)["command"]


def test_etcds_flags_get_the_names_of_its_release(node):
    node.replace(
        node.etcd, "--name=node-1",
        "--name=node-1\n    - --experimental-enable-distributed-tracing=true\n    - --experimental-distributed-tracing-address\n"
        "    - 127.0.0.1:4317\n    - --experimental-distributed-tracing-sampling-rate=7",
    )
    node.replace(node.etcd, "3.5.16-0", "3.7.1-0")
    notes = node.write()
    assert "--distributed-tracing-sampling-rate=7 stays, and adds traces" in notes
    assert "--experimental-enable-distributed-tracing becomes --enable-distributed-tracing, as etcd 3.7.1 spells it" in notes
    assert node.container(node.etcd)["command"][3:] == [
        "--enable-distributed-tracing=true", "--distributed-tracing-address", "127.0.0.1:4317",
        "--distributed-tracing-sampling-rate=7", "--distributed-tracing-instance-id=node-1",
    ]


def test_the_components_own_folder_isnt_taken_for_certificates(node):
    own = node.certificates()
    node.replace(node.etcd, "--name=node-1", f"--name=node-1\n    - --trusted-ca-file={own}/ca.crt")
    done = node.setup("--write", "--tls", own)
    assert done.code == 2 and f"{own} holds the cluster's own, such as {own}/ca.crt" in done.errors


def test_a_copy_beside_the_manifests_is_warned_about(node):
    (node.manifests / "etcd.yaml.bak").write_text(ETCD)
    assert f"{node.manifests}/etcd.yaml.bak: the kubelet runs every file of this folder" in node.setup("--diff").errors


def test_a_backup_folder_must_be_new(node):
    node.backup.mkdir()
    done = node.setup("--write", "--backup", node.backup)
    assert done.code == 2
    assert f"{node.backup}: exists already; --backup must name a new folder" in done.errors
    assert node.etcd.read_text() == ETCD and not node.tracing.exists()


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ("- command:\n    - etcd\n    - --data-dir=/var/lib/etcd\n    - --name=node-1\n", "- command:\n    - etcd\n    - |\n      --name=cp-1\n", r"etcd.yaml:9:7: .* can't be put there, because of the way"),
        ("    - etcd\n    - --data-dir=/var/lib/etcd\n    - --name=node-1\n", "    - sh\n    - -c\n    - exec etcd --name=cp-1\n", r"etcd.yaml:\d+:7: etcd's flags are in a shell command, .* --on manifests prints them"),
        ("spec:\n", "spec: &a\n  x: *b\n  y: *c\n", r"etcd.yaml:\d+:\d+: "),
        ("--name=node-1\n", "--name=node-1\r    # x\n", r"etcd.yaml: lines must end with a newline"),
    ],
)
def test_a_text_that_cant_be_changed_is_refused_where_it_is(node, old, new, expected):
    text = ETCD.replace(old, new)
    assert text != ETCD
    node.etcd.write_bytes(text.encode())
    done = node.setup("--write", "--backup", node.backup)
    assert done.code == 2 and re.search(expected, done.errors), done
    assert "\\n" not in done.errors
    assert node.etcd.read_bytes() == text.encode() and not node.tracing.exists() and not node.backup.exists()


@pytest.mark.parametrize("backup", ["/proc/faultline", "/dev/null/faultline"])
def test_a_failure_to_write_names_the_folder_and_the_cause(node, backup):
    done = node.setup("--write", "--backup", backup)
    assert done.code == 2 and re.search(rf"{backup}: can.t be created: (No such file or directory|Not a directory|Permission denied)\n", done.errors)
    assert "NSCocoa" not in done.errors and not node.tracing.exists()


def test_a_patch_applies_to_a_path_with_spaces(tmp_path):
    folder = tmp_path / "a node"
    folder.mkdir()
    node = Node(folder)
    patch = node.setup("--diff").output
    node.tracing.parent.mkdir()
    done = subprocess.run(["patch", "-p0", "-d", "/"], input=patch, text=True, capture_output=True)
    assert done.returncode == 0, done
    assert f"{node.manifests}: nothing to change; tracing is set up\n" == node.setup().errors


def test_a_pod_without_volumes_gets_them(node):
    server = node.server.read_text()
    start = server.index("  hostNetwork:")
    node.server.write_text(server[:start])
    node.write()
    paths = [volume["hostPath"]["path"] for volume in yaml.safe_load(node.server.read_text())["spec"]["volumes"]]
    assert paths == [str(node.tracing.parent)]
