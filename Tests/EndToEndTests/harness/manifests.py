"""A control-plane node's manifests as kubeadm writes them, and what `faultline setup` makes of them."""

import re
import subprocess

import yaml

from harness.certificates import Authority
from harness.command import faultline

API_SERVER = """\
apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: 10.0.0.5:6443
  name: kube-apiserver
  namespace: kube-system
spec:
  containers:
  - command:
    - kube-apiserver
    - --advertise-address=10.0.0.5
    - --etcd-servers=https://127.0.0.1:2379   # this node's
    - --secure-port=6443
    image: registry.k8s.io/kube-apiserver:v1.31.4
    name: kube-apiserver
    volumeMounts:
    - mountPath: /etc/kubernetes/pki
      name: k8s-certs
      readOnly: true
  hostNetwork: true
  volumes:
  - hostPath:
      path: /etc/kubernetes/pki
      type: DirectoryOrCreate
    name: k8s-certs
status: {}
"""

ETCD = """\
apiVersion: v1
kind: Pod
metadata:
  name: etcd
spec:
  containers:
  - command:
    - etcd
    - --data-dir=/var/lib/etcd
    - --name=node-1
    image: registry.k8s.io/etcd:3.5.16-0
    name: etcd
    volumeMounts:
    - mountPath: /etc/kubernetes/pki/etcd
      name: etcd-certs
  volumes:
  - hostPath:
      path: /etc/kubernetes/pki/etcd
    name: etcd-certs
"""


def setup(*arguments):
    done = faultline("setup", *arguments)
    assert (done.code, done.errors) == (0, ""), done
    return done.output


def documents(*arguments):
    return [document for document in yaml.safe_load_all(setup(*arguments)) if document]


def patched(folder, *arguments):
    """Applies the printed patch, and returns the API server's and etcd's pods."""
    done = faultline("setup", "--from", folder, "--diff", *arguments)
    assert done.code == 0, done
    # The TracingConfiguration's path is absolute and outside of the test's folder.
    parts = re.split(r"(?m)^(?=--- )", done.output)
    own = "".join(part for part in parts if part.startswith(f"--- {folder}"))
    done = subprocess.run(["patch", "-p0", "--directory", "/"], input=own, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr + own
    return [yaml.safe_load((folder / name).read_text()) for name in ("kube-apiserver.yaml", "etcd.yaml")]


class Node:
    """A folder of manifests whose TracingConfiguration is beside it instead of in /etc."""

    def __init__(self, folder):
        self.folder = folder
        self.manifests = folder / "manifests"
        self.manifests.mkdir()
        self.tracing = folder / "tracing" / "apiserver.yaml"
        self.server = self.manifests / "kube-apiserver.yaml"
        self.etcd = self.manifests / "etcd.yaml"
        self.backup = folder / "backup"
        self.server.write_text(API_SERVER.replace("    image:", f"    - --tracing-config-file={self.tracing}\n    image:"))
        self.etcd.write_text(ETCD)

    def replace(self, file, old, new):
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def setup(self, *arguments, **environment):
        return self.run(self.manifests, *arguments, **environment)

    @staticmethod
    def run(folder, *arguments, **environment):
        return faultline("setup", "--from", folder, *arguments, **environment)

    def write(self, *arguments):
        done = self.setup("--write", "--backup", self.backup, *arguments)
        assert (done.code, done.output) == (0, ""), done
        return done.errors

    def certificates(self, name="otel"):
        """A folder for --tls."""
        return Authority(self.folder, f"of-{name}").for_exporters(self.folder / name)

    def container(self, file):
        return yaml.safe_load(file.read_text())["spec"]["containers"][0]
