"""Where files and programs are."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "Examples" / "slow-etcd.otlp.lz4"
BINARY = Path(os.environ.get("FAULTLINE_BINARY") or ROOT / ".build" / "debug" / "faultline")
LOAD_GENERATOR = ROOT / ".build" / "debug" / "faultline-load"
TOOLS = ROOT / ".build-tools"


# Recordings of real control planes, each with its truth file beside it
CAPTURES = ["errors", "slow-etcd", "steady"]


def fixture(*parts):
    """The path of a test file in the repository."""
    path = ROOT.joinpath(*parts)
    assert path.exists(), f"{path} belongs to the repository, and is not there"
    return path


def capture(name, what="otlp.lz4"):
    """A recording, or a file beside it: `truth.json`, `facts.json`."""
    return fixture("Examples", "captures", f"{name}.{what}")


def files(*parts, pattern="*"):
    """The test files in a folder of the repository; there must be at least one."""
    found = sorted(fixture(*parts).glob(pattern))
    assert found, f"no {pattern} in {ROOT.joinpath(*parts)}, but they belong to the repository"
    return found


def tool(name, package="prometheus"):
    """The path of a program from a Debian package, whether installed or unpacked by install-packages.sh."""
    unpacked = TOOLS / package / "usr" / "bin" / name
    found = shutil.which(name) or (str(unpacked) if unpacked.exists() else None)
    assert found, f"no {name}: run Scripts/install-packages.sh test"
    return found
