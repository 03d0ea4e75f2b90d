"""`faultline setup --from`: lists of manifests in brackets, empty or null, and files without a newline at their end."""

import json
import subprocess

import kubernetes_validate
import pytest
import yaml

from harness.manifests import Node

COMPLETE = "nothing to change; tracing is set up"


@pytest.fixture
def node(tmp_path):
    node = Node(tmp_path)
    node.tls = str(node.certificates())
    node.options = "--tls", node.tls, "--cluster", "a"
    return node


FIELDS = {
    "empty": ("volumeMounts: []\n    env: []", "volumes: []"),
    "empty, with comments": ("volumeMounts: [] # none\n    env:   [ ]   # [none]", "volumes: [] # nothing"),
    "null": ("volumeMounts: null\n    env:", "volumes: ~"),
    "null, with comments": ("volumeMounts: # none\n    env: ~  # none", "volumes:  # none"),
    "flow": (
        "volumeMounts: [{mountPath: /x, name: x}]\n    env: [{name: A, value: a}, {name: B, value: b}]",
        "volumes: [{name: x, hostPath: {path: /x}}]",
    ),
    "flow on lines": (
        "volumeMounts: [\n      {mountPath: /x, name: x},  # x\n      ]\n    env: [{name: A, value: a},\n      {name: B, value: b},]",
        "volumes:\n    [\n    {name: x, hostPath: {path: /x}}\n    ]",
    ),
}


def rewrite(node, fields, command, last="fields"):
    for file in (node.server, node.etcd):
        pod = yaml.safe_load(file.read_text())
        container = pod["spec"]["containers"][0]
        arguments = container["command"] + ([] if file == node.etcd else ["--feature-gates=A=true,APIServerTracing=false"])
        listed = {
            "block": "".join(f"\n    - {argument}" for argument in arguments),
            "flow": " [" + ", ".join(f'"{one}"' if "," in one else one for one in arguments) + "]",
            "flow on lines": " [\n" + "".join(f"      '{one}',  # one\n" for one in arguments) + "    ]",
        }[command]
        of_container, of_pod = FIELDS[fields]
        head = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {container['name']}, namespace: kube-system}}\nspec:\n"
        named = f"image: {container['image']}\n    name: {container['name']}\n    {of_container}"
        file.write_text(head + {
            "fields": f"  containers:\n  - command:{listed}\n    {named}\n  hostNetwork: true\n  {of_pod}\n",
            "command": f"  hostNetwork: true\n  {of_pod}\n  containers:\n  - {named}\n    command:{listed}\n",
        }[last])


def check(node):
    """Both pods have what they need, once, and are valid."""
    for file in (node.server, node.etcd):
        pod = yaml.safe_load(file.read_text())
        kubernetes_validate.validate(pod, "1.31", strict=True)
        (container,) = pod["spec"]["containers"]
        names = [variable["name"] for variable in container["env"]]
        assert len(names) == len(set(names)) and {"OTEL_RESOURCE_ATTRIBUTES", "OTEL_EXPORTER_OTLP_CERTIFICATE"} <= set(names)
        mounted = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        volumes = {volume["name"]: volume["hostPath"]["path"] for volume in pod["spec"]["volumes"]}
        assert volumes[mounted[node.tls]] == node.tls and len(volumes) == len(pod["spec"]["volumes"])
        flags = container["command"]
        if file == node.server:
            assert "--feature-gates=A=true,APIServerTracing=true" in flags and f"--tracing-config-file={node.tracing}" in flags
            assert volumes[mounted[str(node.tracing.parent)]] == str(node.tracing.parent)
        else:
            assert flags[-3:] == [
                "--experimental-enable-distributed-tracing=true", "--experimental-distributed-tracing-address=127.0.0.1:4317",
                "--experimental-distributed-tracing-instance-id=node-1",
            ]
    assert COMPLETE in node.setup(*node.options).errors


def patch(node):
    text = node.setup("--diff", *node.options)
    assert text.code == 0, text
    node.tracing.parent.mkdir(exist_ok=True)
    done = subprocess.run(["patch", "-p0", "--directory", "/"], input=text.output.encode(), capture_output=True)
    assert done.returncode == 0 and b"fuzz" not in done.stdout and b"offset" not in done.stdout, done


@pytest.mark.parametrize("command", ["block", "flow", "flow on lines"])
@pytest.mark.parametrize("fields", FIELDS)
@pytest.mark.parametrize("change", ["patch", "write"])
def test_lists_in_every_style_are_changed(node, fields, command, change):
    rewrite(node, fields, command)
    comments = sum(file.read_text().count("#") for file in (node.server, node.etcd))
    if change == "patch":
        patch(node)
    else:
        node.write(*node.options)
    check(node)
    assert sum(file.read_text().count("#") for file in (node.server, node.etcd)) == comments


@pytest.mark.parametrize("change", ["patch", "write"])
def test_manifests_in_json_are_changed(node, change):
    rewrite(node, "empty", "flow")
    for file, indent in ((node.server, None), (node.etcd, 2)):
        file.write_text(json.dumps(yaml.safe_load(file.read_text()), indent=indent))
    if change == "patch":
        patch(node)
    else:
        node.write(*node.options)
    check(node)
    for file in (node.server, node.etcd):
        json.loads(file.read_text())


@pytest.mark.parametrize("last", ["fields", "command"])
@pytest.mark.parametrize("end", ["", "  ", "  # end"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("change", ["patch", "write"])
def test_a_file_without_a_newline_at_its_end_is_changed(node, last, end, newline, change):
    rewrite(node, "null", "block", last)
    for file in (node.server, node.etcd):
        file.write_bytes((file.read_text().removesuffix("\n") + end).replace("\n", newline).encode())
    node.tracing.parent.mkdir()
    node.tracing.write_text("apiVersion: apiserver.config.k8s.io/v1alpha1\nkind: TracingConfiguration\nendpoint: 127.0.0.1:4317")
    if change == "patch":
        patch(node)
    else:
        node.write(*node.options)
    check(node)
    assert yaml.safe_load(node.tracing.read_text())["apiVersion"].endswith("v1beta1")
    for file in (node.server, node.etcd):
        text = file.read_bytes().decode()
        assert text.replace("\r\n", "").count("\n") == (0 if newline == "\r\n" else text.count("\n"))
