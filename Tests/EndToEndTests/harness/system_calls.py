"""The system calls that a systemd unit allows, as a filter of the kernel's."""

import re
import shutil
import socket
import struct
import subprocess
from functools import cache

# Of <linux/bpf_common.h> and <linux/seccomp.h>
LOAD, JUMP_IF_EQUAL, JUMP_IF_GREATER_OR_EQUAL, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ARCHITECTURES = {"__x86_64__": 0xC000003E, "__aarch64__": 0xC00000B7}
# Of the second system call table of x86-64, which `SystemCallArchitectures=native` excludes
FOREIGN = 0x40000000
PERMISSION_DENIED = 1


@cache
def macros():
    """What the C library defines for this machine, among it the numbers of its system calls."""
    compiler = shutil.which("cc") or shutil.which("clang")
    source = "#include <sys/syscall.h>\n"
    done = subprocess.run([compiler, "-E", "-dM", "-"], input=source, capture_output=True, text=True, check=True)
    return dict(re.findall(r"^#define (\w+) (\S+)$", done.stdout, re.M))


@cache
def members(name):
    """The system calls of a set as systemd names it; those that it is made of are resolved."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    names = [line.strip() for line in listed.splitlines()[1:] if line.strip() and "#" not in line]
    return set().union(*map(members, names))


def allowed(filters):
    """By the values of `SystemCallFilter=`, in their order, the first of which allows."""
    found = set()
    for value in filters:
        named = set().union(*map(members, value.lstrip("~").split()))
        found = found - named if value.startswith("~") else found | named
    return found


def program(filters, families):
    """A seccomp filter that refuses what isn't allowed, and sockets of other address families, with EPERM."""
    known = macros()
    (architecture,) = (number for name, number in ARCHITECTURES.items() if name in known)
    refuse = REFUSE | PERMISSION_DENIED
    code = [(LOAD, 0, 0, ARCHITECTURE), (JUMP_IF_EQUAL, 1, 0, architecture), (RETURN, 0, 0, refuse)]
    code += [(LOAD, 0, 0, NUMBER), (JUMP_IF_GREATER_OR_EQUAL, 0, 1, FOREIGN), (RETURN, 0, 0, refuse)]
    for name in sorted(allowed(filters) - {"socket"}):
        if f"__NR_{name}" in known:
            code += [(JUMP_IF_EQUAL, 0, 1, int(known[f"__NR_{name}"])), (RETURN, 0, 0, ALLOW)]
    code += [(JUMP_IF_EQUAL, 1, 0, int(known["__NR_socket"])), (RETURN, 0, 0, refuse), (LOAD, 0, 0, FIRST_ARGUMENT)]
    for family in families:
        code += [(JUMP_IF_EQUAL, 0, 1, int(getattr(socket, family))), (RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *one) for one in [*code, (RETURN, 0, 0, refuse)])
