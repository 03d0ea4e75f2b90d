"""The tarball and the Debian package."""

import os
import subprocess
from pathlib import Path

from harness import project


def packages(folder):
    """The directory of those that FAULTLINE_PACKAGES names, as `make release` does; else of those made of the tested binary,
    in `folder`."""
    if made := os.environ.get("FAULTLINE_PACKAGES"):
        return Path(made)
    script = project.ROOT / "Scripts" / "package.sh"
    done = subprocess.run([script, project.BINARY, folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder
