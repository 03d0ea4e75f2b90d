"""Processes that see other files than the rest of the machine does."""

import os

# Others than root may mount only in a user namespace of their own, which some machines forbid.
IS_ROOT = os.geteuid() == 0


def mounting(script, *arguments):
    """A command that runs a shell script whose mounts nobody else sees."""
    return ["unshare", *as_root(), "--mount", "sh", "-c", script, *map(str, arguments)]


def as_root():
    """Options of `unshare` for what only root may do."""
    return [] if IS_ROOT else ["--map-root-user"]


def changing_root(user, group):
    """A shell command that runs what follows with the first argument as its root, as another user."""
    if IS_ROOT:
        return f'chroot --userspec={user}:{group} "$0"'
    return f'unshare --user --map-user={user} --map-group={group} --root="$0" --wd=/'
