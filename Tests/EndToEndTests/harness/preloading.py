"""Libraries to preload, by which the operating system fails on purpose."""

import shutil
import subprocess


def build(source, directory):
    """The library that a C source makes. Swift's toolchain has a compiler, if nothing else has."""
    text, built = directory / "preloaded.c", directory / "preloaded.so"
    text.write_text(source)
    compiler = shutil.which("cc") or shutil.which("clang")
    assert compiler, "no C compiler, cc or clang"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", built, text], check=True)
    return built
