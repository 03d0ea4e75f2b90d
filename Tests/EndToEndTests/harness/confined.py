"""Runs a command under a systemd unit's restrictions, as far as a test may apply them:

    unshare --mount … python confined.py ROOT WRITABLE USER FILTER COMMAND…

ROOT becomes the root, read-only but for the directory WRITABLE in it, with a /tmp and a /dev of its own; the command runs
as USER (a number; 0: as who runs this) without capabilities or new privileges, no memory of it is both writable and
executable, and FILTER is a file that holds a seccomp filter."""

import ctypes
import os
import sys

C = ctypes.CDLL(None, use_errno=True)
READ_ONLY, REMOUNT, BIND, RECURSIVE, PRIVATE = 0x1, 0x20, 0x1000, 0x4000, 0x40000
SET_SECCOMP, DROP_FROM_BOUNDING_SET, SET_NO_NEW_PRIVILEGES, SET_MEMORY_DENY_WRITE_EXECUTE = 22, 24, 38, 65
FILTER_MODE = 2
HIGHEST_CAPABILITY = 63
INVALID_ARGUMENT = 22


class Program(ctypes.Structure):
    """`struct sock_fprog`"""

    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def must(result, unless=()):
    if result != 0 and ctypes.get_errno() not in unless:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def mount(source, target, kind, flags):
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    must(C.mount(*encoded, ctypes.c_ulong(flags), None))


def control(option, *values, unless=()):
    values = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in values]
    must(C.prctl(option, *values, *[ctypes.c_ulong(0)] * (4 - len(values))), unless)


def change_root(root, writable):
    mount(None, "/", None, RECURSIVE | PRIVATE)
    mount(root, root, None, BIND)
    for name in ("dev", "proc", "tmp", writable):
        os.makedirs(f"{root}/{name}", exist_ok=True)
    mount(f"{root}/{writable}", f"{root}/{writable}", None, BIND)
    mount("tmpfs", f"{root}/tmp", "tmpfs", 0)
    mount("tmpfs", f"{root}/dev", "tmpfs", 0)
    for name in ("null", "zero", "urandom", "random"):
        open(f"{root}/dev/{name}", "w").close()
        mount(f"/dev/{name}", f"{root}/dev/{name}", None, BIND)
    mount("/proc", f"{root}/proc", None, BIND | RECURSIVE)
    mount(None, root, None, REMOUNT | BIND | READ_ONLY)
    os.chroot(root)
    os.chdir("/")


def drop_privileges(user):
    for capability in range(HIGHEST_CAPABILITY + 1):
        # The kernel has fewer.
        control(DROP_FROM_BOUNDING_SET, capability, unless=(INVALID_ARGUMENT,))
    if user:
        os.chown(WRITABLE, user, user)
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    control(SET_NO_NEW_PRIVILEGES, 1)


def filter_calls(code):
    # Kernels before 6.3 have no such option.
    control(SET_MEMORY_DENY_WRITE_EXECUTE, 1, unless=(INVALID_ARGUMENT,))
    control(SET_SECCOMP, FILTER_MODE, ctypes.byref(Program(len(code) // 8, code)))


ROOT, WRITABLE, USER, FILTER, *COMMAND = sys.argv[1:]
with open(FILTER, "rb") as file:
    CODE = file.read()
change_root(ROOT, WRITABLE.lstrip("/"))
os.umask(0o077)
drop_privileges(int(USER))
filter_calls(CODE)
os.execv(COMMAND[0], COMMAND)
