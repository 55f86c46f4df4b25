/* SPDX-License-Identifier: MIT
 *
 * Why the kernel refuses a namespace.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "common.h"

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
    int error = errno;

    if (error != EPERM && error != EACCES && error != ENOSPC)
        return -1;
    if (!is_hosts_root() &&
        setting("/proc/sys/user/max_user_namespaces") == 0)
        return fail_with(error, "the setting user.max_user_namespaces is 0; "
                                "try: set it to 10000, or sudo");
    if (error == ENOSPC)
        return fail_with(error, "too many namespaces; see the limits in "
                                "/proc/sys/user/max_*_namespaces");
    if (is_hosts_root())
        return fail_with(error, "root lacks CAP_SYS_ADMIN here, as in a "
                                "container; try: the host itself");
    if (geteuid() == 0)
        return fail_with(error,
                         "you are root of a user namespace only, as in "
                         "a container, and something refuses it more; "
                         "try: the host itself");
    if (setting("/proc/sys/kernel/unprivileged_userns_clone") == 0)
        return fail_with(error,
                         "the setting kernel.unprivileged_userns_clone is 0: "
                         "only root may; try: sudo, or set it to 1");
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
