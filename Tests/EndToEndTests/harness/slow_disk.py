"""A slow disk: a process's `fsync` and `fdatasync` return late, or only when the test lets them."""

from harness import preloading

_SOURCE = r"""
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void hold(void)
{
    while (access(getenv("DISK_HELD"), F_OK) == 0) usleep(10000);
    usleep(atoi(getenv("DISK_MILLISECONDS")) * 1000);
}

int fsync(int descriptor)
{
    hold();
    return syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor)
{
    hold();
    return syscall(SYS_fdatasync, descriptor);
}
"""


class SlowDisk:
    """Affects processes that are started while it is in use."""

    def __init__(self, directory, environment):
        """`environment` is a `pytest.MonkeyPatch`."""
        built = preloading.build(_SOURCE, directory)
        self._held = directory / "held"
        environment.setenv("LD_PRELOAD", str(built))
        environment.setenv("DISK_HELD", str(self._held))
        environment.setenv("DISK_MILLISECONDS", "0")
        self._environment = environment

    def takes(self, milliseconds):
        """Sets how long each sync takes, in processes started from now on."""
        self._environment.setenv("DISK_MILLISECONDS", str(milliseconds))

    def hold(self):
        """Blocks every sync until `go`."""
        self._held.touch()

    def go(self):
        self._held.unlink(missing_ok=True)
