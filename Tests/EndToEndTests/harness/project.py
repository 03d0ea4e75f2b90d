"""Where things are."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "Examples" / "slow-etcd.otlp.lz4"
BINARY = Path(os.environ.get("FAULTLINE_BINARY") or ROOT / ".build" / "debug" / "faultline")
TOOLS = ROOT / ".build-tools"


def captures():
    """The directory of captures of real control planes, which are too large to ship; None where they are not here."""
    directory = Path(os.environ.get("FAULTLINE_CAPTURES") or ROOT.parent / "shared" / "captures")
    return directory if directory.is_dir() else None


def tool(name, package="prometheus"):
    """The path of a program of a Debian package: an installed one, or that of install-packages.sh."""
    unpacked = TOOLS / package / "usr" / "bin" / name
    found = shutil.which(name) or (str(unpacked) if unpacked.exists() else None)
    assert found, f"no {name}: run Scripts/install-packages.sh test"
    return found
