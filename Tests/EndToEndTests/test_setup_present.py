"""`faultline setup --from`: tracing that is there already, in other spellings, other places, or a form that doesn't work."""

import subprocess

import pytest
import yaml

from harness.command import faultline
from harness.daemon import Faultline
from harness.etcd import Etcd, etcds_ranges
from harness.manifests import Node
from harness.waiting import eventually

COMPLETE = "nothing to change; tracing is set up\n"
TRACING = "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: TracingConfiguration\n{}samplingRatePerMillion: {}\n"


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path)


def mounted(node, mount, volume):
    """kube-apiserver's TracingConfiguration is in a volume of its own."""
    node.replace(node.server, str(node.tracing), "/trace/config.yaml")
    node.replace(node.server, "    volumeMounts:\n", f"    volumeMounts:\n    - {{name: trace, {mount}}}\n")
    node.replace(node.server, "  volumes:\n", f"  volumes:\n  - {{name: trace, {volume}}}\n")


@pytest.mark.parametrize("kind", ["", ", type: ''", ", type: FileOrCreate", ", type: File"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_file_that_is_mounted_alone_needs_no_folder(node, kind, exists):
    host = node.folder / "tracing-config.yaml"
    mounted(node, "mountPath: /trace/config.yaml", f"hostPath: {{path: {host}{kind}}}")
    if exists:
        host.write_text(TRACING.format("endpoint: 10.1.1.1:4317\n", 77))
    text = node.server.read_text()
    node.write()
    assert node.server.read_text() == text
    assert yaml.safe_load(host.read_text())["samplingRatePerMillion"] == (77 if exists else 100000)
    assert node.setup().errors == f"{node.manifests}: {COMPLETE}"


def test_a_file_that_is_a_part_of_a_volume_needs_no_folder(node):
    host = node.folder / "parts" / "config.yaml"
    mounted(node, "mountPath: /trace/config.yaml, subPath: config.yaml", f"hostPath: {{path: {host.parent}}}")
    text = node.server.read_text()
    node.write()
    assert node.server.read_text() == text and host.exists()


@pytest.mark.parametrize("mount, volume, why", [
    ("mountPath: /trace", "emptyDir: {}", 'in the volume "trace", which is no hostPath'),
    ("mountPath: /trace, subPathExpr: $(NODE)", "hostPath: {path: /srv}", 'in the volume "trace", with a subPathExpr'),
])
def test_a_path_where_no_file_of_the_node_can_be_is_refused(node, mount, volume, why):
    mounted(node, mount, volume)
    done = node.setup("--write", "--backup", node.backup)
    assert (done.code, done.output) == (2, "") and why in done.errors
    assert "mount a folder of the node at /trace instead" in done.errors and not node.backup.exists()


@pytest.mark.parametrize("release, prefix", [("3.5.16-0", "experimental-"), ("3.7.0-0", "")])
def test_etcds_flags_with_one_dash_are_its_flags(node, release, prefix):
    node.replace(node.etcd, "3.5.16-0", release)
    node.replace(
        node.etcd, "    image:",
        "    - -experimental-distributed-tracing-address=9.9.9.9:4317\n    - -experimental-enable-distributed-tracing\n    image:",
    )
    assert f"etcd's spans go to 10.0.0.1:4317, no longer to 9.9.9.9:4317" in node.write("--endpoint", "10.0.0.1:4317")
    assert node.container(node.etcd)["command"][3:] == [
        f"-{prefix}distributed-tracing-address=10.0.0.1:4317", f"-{prefix}enable-distributed-tracing",
        f"--{prefix}distributed-tracing-instance-id=node-1",
    ]


@pytest.mark.parametrize("release, prefix", [("3.5.16-0", "EXPERIMENTAL_"), ("3.7.0-0", "")])
def test_etcds_variables_are_changed_where_they_are(node, release, prefix):
    node.replace(node.etcd, "3.5.16-0", release)
    node.replace(node.etcd, "    - --name=node-1\n", "")
    node.replace(
        node.etcd, "    image:",
        "    env:\n    - {name: ETCD_EXPERIMENTAL_DISTRIBUTED_TRACING_ADDRESS, value: '9.9.9.9:4317'}\n"
        "    - {name: ETCD_NAME, value: node-7}\n    image:",
    )
    assert "etcd's spans go to 10.0.0.1:4317, no longer to 9.9.9.9:4317" in node.write("--endpoint", "10.0.0.1:4317")
    container = node.container(node.etcd)
    assert {one["name"]: one["value"] for one in container["env"]} == {
        f"ETCD_{prefix}DISTRIBUTED_TRACING_ADDRESS": "10.0.0.1:4317", "ETCD_NAME": "node-7",
    }
    flags = prefix.lower().replace("_", "-")
    assert container["command"][2:] == [
        f"--{flags}enable-distributed-tracing=true", f"--{flags}distributed-tracing-instance-id=node-7",
    ]


def test_a_real_etcd_starts_with_the_variables_that_were_changed(node, tmp_path):
    node.replace(
        node.etcd, "    image:",
        "    env:\n    - {name: ETCD_EXPERIMENTAL_DISTRIBUTED_TRACING_ADDRESS, value: '9.9.9.9:4317'}\n    image:",
    )
    with Faultline() as daemon:
        node.write("--endpoint", daemon.grpc)
        container = node.container(node.etcd)
        flags = [flag for flag in container["command"] if "tracing" in flag]
        with Etcd(tmp_path, flags, {one["name"]: one["value"] for one in container["env"]}) as etcd:
            for number in range(1, 6):
                etcd.range(f"{number:032x}", f"{number:016x}")
            eventually(lambda: etcds_ranges(daemon) == 5, "etcd's five spans")


def test_underscores_in_kube_apiservers_flags_are_dashes(node):
    node.replace(node.server, "--tracing-config-file", "--tracing_config_file")
    node.write()
    flags = node.container(node.server)["command"]
    assert [flag for flag in flags if "tracing" in flag] == [f"--tracing_config_file={node.tracing}"]


def test_flags_in_args_win_against_those_in_command(node):
    node.replace(
        node.etcd, "    image:",
        "    args:\n    - --experimental-distributed-tracing-address=9.9.9.9:4317\n"
        "    - --experimental-enable-distributed-tracing=false\n    image:",
    )
    assert "no longer to 9.9.9.9:4317" in node.write("--endpoint", "10.0.0.1:4317")
    container = node.container(node.etcd)
    assert container["args"] == [
        "--experimental-distributed-tracing-address=10.0.0.1:4317", "--experimental-enable-distributed-tracing=true",
        "--experimental-distributed-tracing-instance-id=node-1",
    ]
    assert container["command"][3:] == []
    assert node.setup("--endpoint", "10.0.0.1:4317").errors == f"{node.manifests}: {COMPLETE}"


@pytest.mark.parametrize("release, flags, expected", [
    ("v1.31.4", ["A=true", "APIServerTracing=false"], "APIServerTracing=false switched tracing off"),
    ("v1.31.4", ["APIServerTracing=false", "A=true"], "APIServerTracing=false switched tracing off"),
    ("v1.31.4", ["kube:APIServerTracing=false"], "APIServerTracing=false switched tracing off"),
    ("v1.31.4", ["APIServerTracing=F"], "APIServerTracing=false switched tracing off"),
    ("v1.31.4", ["AllBeta=false"], "AllBeta=false switched tracing off; APIServerTracing=true is added"),
    ("v1.31.4", ["AllBeta=false,APIServerTracing=true"], ""),
    ("v1.34.1", ["AllBeta=false"], ""),
])
def test_gates_that_switch_tracing_off(node, release, flags, expected):
    node.replace(node.server, "v1.31.4", release)
    node.replace(node.server, "    image:", "".join(f"    - --feature-gates={flag}\n" for flag in flags) + "    image:")
    notes = node.write()
    assert expected in notes and ("switched tracing off" in notes) == bool(expected)
    gates = [flag for flag in node.container(node.server)["command"] if "feature-gates" in flag]
    assert ("APIServerTracing=true" in gates[-1]) == (bool(expected) or "APIServerTracing=true" in flags[0])
    assert len(gates) == len(flags) and COMPLETE in node.setup().errors


def test_kubeadms_manifests_are_written_again_which_is_said(node):
    said = f"{node.manifests}: kubeadm upgrade writes these manifests again, without the changes; to keep them, merge into "
    notes = node.write()
    assert said in notes and "faultline setup --kubernetes 1.31.4 --etcd 3.5.16 --on kubeadm" in notes
    assert said not in node.setup().errors


def test_manifests_of_ones_own_are_not_kubeadms(node):
    node.replace(node.server, "kubeadm.kubernetes.io/", "example.com/")
    assert "kubeadm upgrade" not in node.write()


@pytest.mark.parametrize("kubernetes, etcd, flag", [
    ("1.31", "3.5", "--experimental-enable"), ("1.33", "3.5", "--experimental-enable"), ("1.34", "3.6", "--enable"),
])
def test_a_release_of_etcd_that_nobody_gave_is_said_to_be_assumed(kubernetes, etcd, flag):
    text = faultline("setup", "--kubernetes", kubernetes, "--on", "manifests").output
    assert f"1. Check that etcd's release is {etcd}, which usually comes with Kubernetes {kubernetes}:" in text
    assert f"{flag}-distributed-tracing=true" in text
    given = faultline("setup", "--kubernetes", kubernetes, "--etcd", "3.6", "--on", "manifests").output
    assert "Check that etcd's release" not in given


@pytest.mark.parametrize("release, is_said", [("3.5.0-0", True), ("3.5.4-0", True), ("3.5.5-0", False), ("3.6.1-0", False)])
def test_an_etcd_that_traces_every_request_is_said(node, release, is_said):
    node.replace(node.etcd, "3.5.16-0", release)
    assert ("traces every request, whatever the API server's sampling rate" in node.setup().errors) == is_said
    text = faultline("setup", "--kubernetes", "1.24", "--etcd", release.removesuffix("-0"), "--on", "kubeadm").output
    assert ("traces every request" in text) == is_said


@pytest.mark.parametrize("name, is_said", [
    ("kube-apiserver-old.yaml", True), ("00-api.yaml", True), ("etcd.yaml.rej", True), (".etcd.yaml.swp", False),
    ("etcd-backup.yaml", False),
])
def test_copies_of_any_name_are_warned_about(node, name, is_said):
    text = node.server.read_text()
    (node.manifests / name).write_text(text.replace("name: kube-apiserver\n  n", "name: other\n  n") if "backup" in name else text)
    assert (f"{node.manifests}/{name}: the kubelet runs every file" in node.setup().errors) == is_said


def test_a_patch_leaves_nothing_that_the_kubelet_would_run(node):
    patch = node.setup("--diff").output
    node.tracing.parent.mkdir()
    node.etcd.write_text("# moved\n" + node.etcd.read_text())
    node.server.write_text("{}\n")
    options = "-p0 --no-backup-if-mismatch -r - -d /"
    assert options in faultline("setup", "--help").output.replace("\n", " ").replace("  ", "")
    subprocess.run(["patch", *options.split()], input=patch, text=True, capture_output=True)
    assert sorted(file.name for file in node.manifests.iterdir()) == ["etcd.yaml", "kube-apiserver.yaml"]


def test_a_copy_of_the_manifests_changes_nothing_of_this_machine(node, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    node.replace(node.server, str(node.tracing), str(elsewhere / "a" / "tracing.yaml"))
    copy = tmp_path / "copy" / "manifests"
    node.manifests.rename(node.folder / "real")
    (tmp_path / "copy").mkdir()
    (node.folder / "real").rename(copy)
    done = faultline("setup", "--from", copy, "--write", "--backup", node.backup)
    assert (done.code, done.output) == (2, "") and not elsewhere.exists() and not node.backup.exists()
    assert f"{copy}: isn't the folder whose manifests this machine's kubelet runs" in done.errors
    assert "--diff prints the changes. If the kubelet does run them, add --on manifests" in done.errors
    assert "distributed-tracing" not in (copy / "etcd.yaml").read_text()
    assert faultline("setup", "--from", copy, "--diff").code == 0
    done = faultline("setup", "--from", copy, "--write", "--on", "manifests")
    assert done.code == 0 and elsewhere.exists()
    (backup,) = (tmp_path / "copy").glob("faultline-backup-*")
    assert f"the original files are in {backup}\n" in done.errors


@pytest.mark.parametrize("text, expected", [
    (TRACING.format("foo: bar\n", 5), 'apiserver.yaml:3:1: unknown field "foo", which kube-apiserver refuses; remove it'),
    (TRACING.format("", "10%"), 'apiserver.yaml:3:25: samplingRatePerMillion must be a number from 0 to 1000000, but found "10%"'),
])
def test_a_tracing_configuration_that_the_api_server_refuses_isnt_called_set_up(node, text, expected):
    node.tracing.parent.mkdir()
    node.tracing.write_text(text)
    done = node.setup()
    assert (done.code, done.output) == (2, "") and expected in done.errors


def test_a_rate_in_quotes_loses_them(node):
    node.tracing.parent.mkdir()
    node.tracing.write_text(TRACING.format("", "'500'"))
    assert "samplingRatePerMillion loses its quotes, in which kube-apiserver refuses it" in node.write()
    assert yaml.safe_load(node.tracing.read_text())["samplingRatePerMillion"] == 500


@pytest.mark.parametrize("change", ["patch", "write"])
def test_comments_of_a_tracing_configuration_are_kept(node, change):
    node.tracing.parent.mkdir()
    text = "# ours\nkind: TracingConfiguration  # a\napiVersion: apiserver.config.k8s.io/v1alpha1 # b\nsamplingRatePerMillion: 5 # c\n"
    node.tracing.write_text(text)
    if change == "write":
        node.write("--endpoint", "10.0.0.1:4317")
    else:
        patch = node.setup("--diff", "--endpoint", "10.0.0.1:4317").output
        # Only what changes
        assert "-samplingRatePerMillion" not in patch and "-# ours" not in patch
        subprocess.run(["patch", "-p0", "-d", "/"], input=patch, text=True, capture_output=True, check=True)
    assert node.tracing.read_text() == (
        '# ours\nkind: TracingConfiguration  # a\nendpoint: "10.0.0.1:4317"\n'
        'apiVersion: "apiserver.config.k8s.io/v1beta1" # b\nsamplingRatePerMillion: 5 # c\n'
    )
    assert node.setup("--endpoint", "10.0.0.1:4317").errors == f"{node.manifests}: {COMPLETE}"


def test_a_name_in_a_message_is_escaped_once():
    done = faultline("setup", "--kubernetes", "1.31", "--on", "kubeadm", "--endpoint", 'ho"st:4317')
    assert 'the endpoint "ho\\"st:4317" has' in done.errors
    done = faultline("setup", "--kubernetes", "1.31", "--on", "kubeadm", "--cluster", "a\nb")
    assert 'the cluster\'s name "a\\nb" must be' in done.errors
