"""The tarball and the Debian package."""

import os
import subprocess
from pathlib import Path

from harness import project


_made = []


def packages(folder):
    """The directory of those that FAULTLINE_PACKAGES names, as `make release` does; else of those made of the tested binary,
    in the first `folder` that is given."""
    if made := os.environ.get("FAULTLINE_PACKAGES"):
        return Path(made)
    if _made:
        return _made[0]
    script = project.ROOT / "Scripts" / "package.sh"
    done = subprocess.run([script, project.BINARY, folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    _made.append(folder)
    return folder
