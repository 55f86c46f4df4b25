/* SPDX-License-Identifier: MIT
 *
 * Without root: the user namespace in which an ordinary user may do what the
 * steps do. The steps do not change for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
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

/* The value of a kernel setting, or -1 if this kernel has none such. */
static int setting(const char *path)
{
    int value;
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return -1;
    int n = fscanf(file, "%d", &value);
    fclose(file);
    return n == 1 ? value : -1;
}

int explain_refusal(void)
{
    /* Before any user namespace: the caller was root, and it is not that. */
    if (getauxval(AT_EUID) == 0)
        return -1;
    int error = errno;

    if (setting("/proc/sys/kernel/unprivileged_userns_clone") == 0)
        return fail_with(error,
                         "the setting kernel.unprivileged_userns_clone is 0: "
                         "only root may; try: sudo, or set it to 1");
    if (setting("/proc/sys/user/max_user_namespaces") == 0)
        return fail_with(error, "the setting user.max_user_namespaces is 0; "
                                "try: sudo, or set it to 10000");
    if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") ==
        1)
        return fail_with(
            error,
            "AppArmor allows user namespaces to root only (the setting "
            "kernel.apparmor_restrict_unprivileged_userns is 1); "
            "try: sudo, or set it to 0");
    return fail_with(error, "not for ordinary users here: inside a chroot or "
                            "a container the kernel refuses; try: sudo, or "
                            "the host itself");
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
