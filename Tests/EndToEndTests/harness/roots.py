"""Directories with the files that a program needs, to be some process's root."""

import os
import re
import shutil
import subprocess


def copy(file, root):
    target = root / file.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy(file, target)


def libraries(program):
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"(?:=> )?(/\S+) \(0x", listed)


def link_folders(root):
    """Old names of folders, as this machine has them, unless the root has something there."""
    for name in ("lib", "lib64"):
        if os.path.islink(f"/{name}") and not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")
