"""What the program says it is, and how a build learns the commit."""

import json
import os
import re
import subprocess

import pytest

from harness.command import faultline, version
from harness.daemon import Faultline
from harness.project import ROOT

COMMIT = "0123456789abcdef0123456789abcdef01234567-dirty"


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_version_commit_and_build(arguments):
    done = faultline(*arguments)
    assert (done.code, done.errors) == (0, "")
    first, commit, build = done.output.splitlines()
    assert re.fullmatch(r"faultline \d+\.\d+\.\d+(-dev)?", first)
    assert re.fullmatch(r"commit: ([0-9a-f]{40}(-dirty)?|unknown)", commit)
    assert re.fullmatch(r"build: (debug|release), (x86_64|aarch64)", build)


def test_the_version_is_the_one_that_the_changelog_begins_with():
    number, released = re.search(r"^## ([\d.]+)( \(unreleased\))?$", (ROOT / "CHANGELOG.md").read_text(), re.M).groups()
    assert version() == (f"{number}-dev" if released else number)


def test_the_scrape_says_the_same():
    with Faultline() as daemon:
        (line,) = re.findall("^faultline_build_info.*", daemon.get("/metrics")[2].decode(), re.M)
    commit = faultline("version").output.splitlines()[1].removeprefix("commit: ")
    assert line == f'faultline_build_info{{version="{version()}",revision="{commit}"}} 1'


def git(directory, *arguments):
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=directory, env=os.environ | own, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path):
    """A clone with one commit, of the script alone."""
    script = tmp_path / "clone" / "Scripts" / "commit.sh"
    script.parent.mkdir(parents=True)
    script.write_bytes((ROOT / "Scripts" / "commit.sh").read_bytes())
    script.chmod(0o755)
    git(script.parent.parent, "init", "--quiet")
    git(script.parent.parent, "add", ".")
    git(script.parent.parent, "commit", "--quiet", "--message=One")
    return script.parent.parent


def commit(directory, **environment):
    clean = {name: value for name, value in os.environ.items() if name != "FAULTLINE_COMMIT"}
    done = subprocess.run(
        [directory / "Scripts" / "commit.sh"], env=clean | environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_the_commit_is_the_one_checked_out_and_says_if_files_differ(clone):
    head = git(clone, "rev-parse", "HEAD")
    git(clone, "tag", "v1")
    assert commit(clone) == head
    with open(clone / "Scripts" / "commit.sh", "a") as script:
        script.write("\n")
    assert commit(clone) == f"{head}-dirty"
    assert commit(clone, FAULTLINE_COMMIT=COMMIT) == COMMIT


def test_sources_inside_another_clone_do_not_take_its_commit(clone):
    inner = clone / "vendor" / "faultline" / "Scripts"
    inner.mkdir(parents=True)
    (clone / "Scripts" / "commit.sh").rename(inner / "commit.sh")
    assert commit(inner.parent) == ""


@pytest.mark.parametrize("given", ["", COMMIT])
def test_the_build_passes_the_commit_on(given, tmp_path):
    manifest = subprocess.run(
        ["swift", "package", "--scratch-path", tmp_path, "dump-package"],
        cwd=ROOT, env=os.environ | {"FAULTLINE_COMMIT": given}, capture_output=True, text=True, check=True,
    )
    (target,) = [target for target in json.loads(manifest.stdout)["targets"] if target["name"] == "CBuild"]
    (define,) = [setting["kind"]["define"]["_0"] for setting in target["settings"]]
    assert define == f"FAULTLINE_COMMIT={given}"

    main = tmp_path / "main.c"
    main.write_text('#include <stdio.h>\n#include "build.h"\nint main(void) { printf("%s", faultline_commit()); }\n')
    folder = ROOT / "Sources" / "CBuild"
    program = tmp_path / "main"
    subprocess.run(
        ["clang", f"-D{define}", "-I", folder / "include", main, folder / "build.c", "-o", program], check=True
    )
    assert subprocess.run([program], capture_output=True, text=True, check=True).stdout == given
