"""Disks that get full, without needing the right to mount one."""

from harness import preloading

# Bytes
SIZE = 1 << 20

_SOURCE = r"""
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_on_disk(int descriptor, const char *disk)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return strncmp(path, disk, strlen(disk)) == 0 && path[strlen(disk)] == '/';
}

static long long room(const char *disk)
{
    long long left = atoll(getenv("SMALL_DISK_BYTES"));
    DIR *folder = opendir(disk);
    if (folder == NULL) abort();
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct stat file;
        if (fstatat(dirfd(folder), entry->d_name, &file, 0) == 0 && S_ISREG(file.st_mode)) left -= file.st_size;
    }
    closedir(folder);
    return left;
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    const char *disk = getenv("SMALL_DISK");
    if (is_on_disk(descriptor, disk)) {
        long long left = room(disk);
        if (left <= 0 && count > 0) {
            errno = ENOSPC;
            return -1;
        }
        if (count > (size_t)left) count = (size_t)left;
    }
    return syscall(SYS_write, descriptor, bytes, count);
}
"""


def environment(path, directory):
    """The environment that limits the files in `path`, not those in folders below it, to SIZE bytes in total."""
    library = preloading.build(_SOURCE, directory)
    return {"LD_PRELOAD": str(library), "SMALL_DISK": str(path.resolve()), "SMALL_DISK_BYTES": str(SIZE)}
