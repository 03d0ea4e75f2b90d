"""Makes `fdatasync` fail, and logs which files it was called for."""

from harness import preloading

_SOURCE = r"""
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int calls;

int fdatasync(int descriptor)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\n';
    int log = open(getenv("SYNC_LOG"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (write(log, path, (length < 0 ? 0 : length) + 1) < 0) abort();
    close(log);
    if (++calls == atoi(getenv("SYNC_FAILS_AT"))) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_fdatasync, descriptor);
}
"""


def library(directory):
    """A library to preload."""
    return preloading.build(_SOURCE, directory)
