"""Where things are."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "Examples" / "slow-etcd.otlp.lz4"
BINARY = Path(os.environ.get("FAULTLINE_BINARY") or ROOT / ".build" / "debug" / "faultline")
LOAD_GENERATOR = ROOT / ".build" / "debug" / "faultline-load"
TOOLS = ROOT / ".build-tools"


# Recordings of real control planes, each with its truth beside it
CAPTURES = ["errors", "slow-etcd", "steady"]


def fixture(*parts):
    """The path of a file that the repository has for tests."""
    path = ROOT.joinpath(*parts)
    assert path.exists(), f"{path} belongs to the repository, and is not there"
    return path


def capture(name, what="otlp.lz4"):
    """A recording, or what stands beside it: `truth.json`, `facts.json`."""
    return fixture("Examples", "captures", f"{name}.{what}")


def files(*parts, pattern="*"):
    """The files that the repository has in a folder for tests, of which there has to be one at least."""
    found = sorted(fixture(*parts).glob(pattern))
    assert found, f"no {pattern} in {ROOT.joinpath(*parts)}, but they belong to the repository"
    return found


def tool(name, package="prometheus"):
    """The path of a program of a Debian package: an installed one, or that of install-packages.sh."""
    unpacked = TOOLS / package / "usr" / "bin" / name
    found = shutil.which(name) or (str(unpacked) if unpacked.exists() else None)
    assert found, f"no {name}: run Scripts/install-packages.sh test"
    return found
