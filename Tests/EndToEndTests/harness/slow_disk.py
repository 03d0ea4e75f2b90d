"""A disk that takes its time: `fsync` and `fdatasync` of a process return late, or not before they may."""

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
    """For the processes that are started while it is in use."""

    def __init__(self, directory, environment):
        """`environment` is a `pytest.MonkeyPatch`."""
        built = preloading.build(_SOURCE, directory)
        self._held = directory / "held"
        environment.setenv("LD_PRELOAD", str(built))
        environment.setenv("DISK_HELD", str(self._held))
        environment.setenv("DISK_MILLISECONDS", "0")
        self._environment = environment

    def takes(self, milliseconds):
        """Every sync of a process that is started from now on."""
        self._environment.setenv("DISK_MILLISECONDS", str(milliseconds))

    def hold(self):
        """No sync ends until `go`."""
        self._held.touch()

    def go(self):
        self._held.unlink(missing_ok=True)
