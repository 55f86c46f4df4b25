/* SPDX-License-Identifier: MIT
 *
 * Go from one's own mount namespace to the one before it in the kernel's
 * list.
 *
 * Since Linux 6.12 an ioctl on a mount namespace's file gives the next one
 * and the previous one, of all that there are, as a descriptor for setns(2):
 * a walk through the mount tables of the host and of all containers, without
 * a process and without a name. Harmless: it asks for a descriptor and ends.
 * Step 4 stops it: CAP_SYS_ADMIN is gone, which the kernel wants to see in
 * the user namespace of each. See ioctl_nsfs(2).
 */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "attack.h"

struct mount_namespace {
    uint32_t size, n_mounts;
    uint64_t number;
};

enum { NSFS = 0xb7 };
#define GET_NEXT     _IOR(NSFS, 11, struct mount_namespace)
#define GET_PREVIOUS _IOR(NSFS, 12, struct mount_namespace)

/* Newer kernels let only their first PID namespace walk. So the host, too,
 * tries it from another one, as every container would. Returns whether there
 * is another one now. */
static bool enter_pid_namespace(void)
{
    int status;

    if (unshare(CLONE_NEWPID) < 0)
        return false;
    pid_t pid = fork();
    if (pid < 0)
        stopped("fork");
    if (pid == 0)
        return true;
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        stopped("waitpid");
    exit(WEXITSTATUS(status));
}

int main(void)
{
    struct mount_namespace info = {.size = sizeof(info)};
    int own = open("/proc/self/ns/mnt", O_RDONLY);
    bool powerful = enter_pid_namespace();

    if (own < 0)
        stopped("/proc/self/ns/mnt");
    int fd = ioctl(own, GET_PREVIOUS, &info);
    if (fd < 0 && errno == ENOENT) /* the first one of all has none */
        fd = ioctl(own, GET_NEXT, &info);
    if (fd < 0 && errno == ENOTTY && !filtered())
        does_not_apply("this kernel does not tell the next one");
    if (fd < 0 && errno == ENOENT && !filtered())
        does_not_apply("there is no other mount namespace");
    if (fd < 0 && errno == EPERM && powerful)
        does_not_apply("this kernel lets only its first PID namespace walk");
    if (fd < 0)
        stopped("ioctl(NS_MNT_GET_PREV)");
    learned("mount namespace number %llu, with %u mounts",
            (unsigned long long)info.number, info.n_mounts);
}
