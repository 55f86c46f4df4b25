/* SPDX-License-Identifier: MIT
 *
 * Without root: the user namespace in which an ordinary user may do what the
 * steps do. The steps do not change for it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    ssize_t n = write(fd, text, strlen(text));
    close_quietly(fd);
    return n < 0 ? -1 : 0;
}

int write_map(pid_t pid, const char *name, unsigned first, int count)
{
    char path[64], map[64];

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    snprintf(map, sizeof(map), "0 %u %d", first, count);
    return write_file(path, map);
}

int map_caller(pid_t pid)
{
    char path[64];

    /* Without this one could leave groups that keep one out of files. */
    snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
    if (write_file(path, "deny") < 0 ||
        write_map(pid, "uid_map", geteuid(), 1) < 0)
        return -1;
    return write_map(pid, "gid_map", getegid(), 1);
}
