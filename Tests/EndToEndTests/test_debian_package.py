"""What dpkg makes of the Debian package: installed, upgraded, removed and purged in a root folder of its own."""

import gzip
import subprocess

import pytest

from harness.command import faultline
from harness.packages import packages

CONFIGURATION = "etc/faultline/faultline.yaml"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    (package,) = packages(tmp_path_factory.mktemp("dist")).glob("*.deb")
    return package


class Root:
    """A system with nothing but dpkg's database. Maintainer scripts run outside of it, with DPKG_ROOT."""

    FORCED = "not-root,depends,script-chrootless,confold"

    def __init__(self, folder):
        self.folder = folder
        for name in ("info", "updates", "triggers"):
            (folder / "var" / "lib" / "dpkg" / name).mkdir(parents=True)
        (folder / "var" / "lib" / "dpkg" / "status").touch()

    def dpkg(self, *arguments):
        done = subprocess.run(
            ["dpkg", f"--root={self.folder}", f"--force-{self.FORCED}", "--log=/dev/null", *arguments],
            capture_output=True, text=True,
        )
        assert done.returncode == 0, done
        return done.stdout

    def files(self):
        """Of the package, as dpkg has listed them."""
        listed = [self.folder / line.lstrip("/") for line in self.dpkg("--listfiles", "faultline").splitlines()]
        return [file for file in listed if file.is_file()]


@pytest.fixture
def root(tmp_path, package):
    root = Root(tmp_path)
    root.dpkg("--install", package)
    return root


def test_what_is_installed_runs_and_is_whole(root):
    assert root.dpkg("--status", "faultline").splitlines()[1] == "Status: install ok installed"
    program = root.folder / "usr" / "bin" / "faultline"
    done = subprocess.run([program, "version"], capture_output=True, text=True, check=True)
    assert done.stdout == faultline("version").output
    assert faultline("check", root.folder / CONFIGURATION).code == 0
    assert root.dpkg("--verify", "faultline") == ""
    manual = root.folder / "usr" / "share" / "man" / "man1" / "faultline.1.gz"
    assert b".Cm setup" in gzip.decompress(manual.read_bytes())
    # Nothing that others could change
    assert [file for file in root.files() if file.stat().st_mode & 0o022] == []


def test_an_upgrade_keeps_the_administrators_configuration(root, package):
    file = root.folder / CONFIGURATION
    file.write_text(file.read_text() + "# own\n")
    state = root.folder / "var" / "lib" / "private" / "faultline" / "alerts"
    state.parent.mkdir(parents=True)
    state.touch()
    root.dpkg("--install", package)
    assert file.read_text().endswith("# own\n") and state.exists()


def test_removing_keeps_configuration_and_state_and_purging_neither(root):
    installed = root.files()
    state = root.folder / "var" / "lib" / "private" / "faultline" / "alerts"
    state.parent.mkdir(parents=True)
    state.touch()
    root.dpkg("--remove", "faultline")
    assert [file for file in installed if file.exists()] == [root.folder / CONFIGURATION] and state.exists()
    root.dpkg("--purge", "faultline")
    assert not (root.folder / CONFIGURATION).parent.exists() and not state.parent.exists()
