"""The container image and the Debian package, put together without a daemon or privileges and started from their own root."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from harness import http_client, project, spans
from harness.command import faultline
from harness.lines import Lines
from harness.namespaces import as_root, changing_root, mounting
from harness.packages import packages
from harness.roots import copy, libraries, link_folders
from harness.waiting import DEADLINE

DOCKERFILE = (project.ROOT / "Dockerfile").read_text().replace("\\\n", " ")
BUILD, IMAGE = re.split(r"^FROM ", DOCKERFILE, flags=re.M)[1:]
# What debian:bookworm-slim has, apart from shells and tools
BASE = ["libc6", "libgcc-s1", "libstdc++6"]
ADDRESSES = ["--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--listen", "127.0.0.1:0"]


def directive(stage, name):
    (found,) = re.findall(rf"^{name} (.*)", stage, re.M)
    return found


def installed():
    """The packages that the image gets."""
    (names,) = re.findall(r"apt-get install -qq -y --no-install-recommends ([^&]*)", directive(IMAGE, "RUN"))
    return names.split()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """The image's files: those of its packages, as this machine has them, and the program."""
    root = tmp_path_factory.mktemp("image")
    root.chmod(0o755)
    for package in [*BASE, *installed()]:
        listed = subprocess.run(["dpkg-query", "--listfiles", package], capture_output=True, text=True, check=True).stdout
        for file in listed.splitlines():
            if Path(file).is_file() and "/share/doc" not in file:
                copy(os.path.realpath(os.path.dirname(file)) + "/" + os.path.basename(file), root)
    link_folders(root)
    (root / "usr" / "bin").mkdir(parents=True, exist_ok=True)
    subprocess.run(["strip", "-o", root / "usr" / "bin" / "faultline", project.BINARY], check=True)
    # A debug build isn't linked with Swift's libraries, which the image needs none of.
    for file in libraries(project.BINARY):
        if "/swift/" in file:
            copy(file, root)
    return root


def within(root, *command):
    """A command of the image's user, who sees nothing but the root and, as in any container, /proc."""
    (root / "proc").mkdir(exist_ok=True)
    user, group = directive(IMAGE, "USER").split(":")
    return mounting(f'mount --rbind /proc "$0/proc" && exec {changing_root(user, group)} "$@"', root, *command)


def test_the_image_has_every_library_of_the_program(root):
    for file in libraries(project.BINARY):
        assert (root / file.lstrip("/")).exists(), f"{file} is in none of the packages that the Dockerfile installs"


def test_a_daemon_starts_from_the_image_and_takes_spans(root):
    command = [part.strip('"') for name in ("ENTRYPOINT", "CMD") for part in directive(IMAGE, name).strip("[]").split(", ")]
    assert command == ["/usr/bin/faultline", "serve"]
    process = subprocess.Popen(
        within(root, *command, *ADDRESSES), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    log = Lines(process.stderr)
    try:
        (line,) = log.wait_for("for=OTLP/HTTP")
        address = re.search(r"address=(\S+)", line)[1]
        assert http_client.send(address, spans.body(spans.span())).status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(DEADLINE)
        log.finish()
    assert code == 0, "\n".join(log.all)


def test_the_program_in_the_image_is_built_with_what_the_sources_need():
    """The first stage copies every folder that the package's manifest names, and those that links in it lead to."""
    copied = set(re.findall(r"^COPY (\w+) \w+$", BUILD, re.M))
    named = set(re.findall(r'path: "(\w+)/', (project.ROOT / "Package.swift").read_text()))
    assert named and named | {"Sources"} <= copied
    links = [file.resolve() for file in (project.ROOT / "Sources").rglob("*") if file.is_symlink()]
    linked = {str(file.parent.relative_to(project.ROOT)) for file in links}
    assert linked and linked <= set(re.findall(r"^COPY (\S+) \1$", BUILD, re.M))
    assert "--static-swift-stdlib" in BUILD


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    (package,) = packages(folder).glob("*.deb")
    return package


def test_dpkg_installs_and_purges_the_package(package, tmp_path):
    (tmp_path / "var/lib/dpkg/info").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/updates").mkdir()
    (tmp_path / "var/lib/dpkg/status").touch()

    def dpkg(*action):
        # Root only of this folder; scripts must leave the machine's services alone.
        options = [f"--root={tmp_path}", "--force-depends", "--force-script-chrootless", "--log=/dev/null"]
        done = subprocess.run(["unshare", *as_root(), "dpkg", *options, *action], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    dpkg("--install", package)
    installed = tmp_path / "usr/bin/faultline"
    done = subprocess.run([installed, "version"], capture_output=True, text=True, check=True)
    assert done.stdout == faultline("version").output
    configuration = tmp_path / "etc/faultline/faultline.yaml"
    assert faultline("check", configuration).code == 0
    configuration.write_text("evaluation_delay: 7s\n")
    dpkg("--install", "--force-confold", package)
    assert configuration.read_text() == "evaluation_delay: 7s\n"
    dpkg("--remove", "faultline")
    assert not installed.exists() and configuration.exists()
    dpkg("--purge", "faultline")
    assert not configuration.exists()
