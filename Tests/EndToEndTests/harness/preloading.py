"""Preloaded libraries that make system calls fail on purpose."""

import shutil
import subprocess


def build(source, directory):
    """Compiles a C source to a library. Swift's toolchain includes a compiler, so there always is one."""
    text, built = directory / "preloaded.c", directory / "preloaded.so"
    text.write_text(source)
    compiler = shutil.which("cc") or shutil.which("clang")
    assert compiler, "no C compiler, cc or clang"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", built, text], check=True)
    return built
