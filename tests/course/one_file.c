/* SPDX-License-Identifier: MIT
 *
 * os_isolate [-b BINARY]: run BINARY (default /bin/bash) in a sandbox.
 *
 * main() starts child() by clone(2); child() prepares the sandbox, part by
 * part, and becomes BINARY. The root file system is $ROOTFS, or rootfs/ in
 * the working directory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What clone(2) is asked for. */
#define PROCESS_FLAGS (CLONE_NEWPID | CLONE_NEWNS)
#define NETWORK_FLAGS (CLONE_NEWNET)
#define OTHER_FLAGS   (CLONE_NEWUTS | CLONE_NEWIPC)

struct sandbox {
    const char *binary;
    const char *rootfs;
};

static char stack[1024 * 1024];

/* Go on if RESULT is not negative; else say what failed, and end. */
static void must(int result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "os_isolate: %s: %s\n", what, strerror(errno));
        _exit(125);
    }
}

/* Fill in BOX from the command line and the environment. */
static void read_options(struct sandbox *box, int argc, char **argv)
{
    int option;

    box->binary = "/bin/bash";
    box->rootfs = getenv("ROOTFS") ? getenv("ROOTFS") : "rootfs";
    while ((option = getopt(argc, argv, "+b:")) != -1) {
        if (option != 'b') {
            fprintf(stderr, "usage: os_isolate [-b BINARY]\n");
            exit(125);
        }
        box->binary = optarg;
    }
}

/* Nobody else sees what is mounted from now on. */
static int make_mounts_private(void)
{
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* Make the directory box->rootfs the /, and leave no way to the old one. */
static int enter_image(const struct sandbox *box)
{
    if (mount(box->rootfs, box->rootfs, NULL, MS_BIND | MS_REC, NULL) < 0 ||
        chdir(box->rootfs) < 0)
        return -1;
    if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
        return -1;
    return chdir("/");
}

/* /proc shows the sandbox's processes. */
static int mount_proc(void)
{
    return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                 NULL);
}

/* Switch lo on. */
static int raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    return sock < 0 ? -1 : ioctl(sock, SIOCSIFFLAGS, &request);
}

/* Stop the attacks of the category that the homework assigns. */
static int harden(void)
{
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
        if (cap > CAP_SETUID && prctl(PR_CAPBSET_DROP, cap) < 0)
            return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Become the program. Returns only if that fails. */
static void run_binary(const struct sandbox *box)
{
    execlp(box->binary, box->binary, (char *)NULL);
}

static int child(void *arg)
{
    const struct sandbox *box = arg;

    must(make_mounts_private(), "make the mounts private");
    must(enter_image(box), "enter the root file system");
    must(mount_proc(), "mount a fresh /proc");
    must(raise_loopback(), "switch lo on");
    must(harden(), "stop the attacks");
    run_binary(box);
    must(-1, box->binary);
    return 125;
}

int main(int argc, char **argv)
{
    struct sandbox box;
    int status;

    read_options(&box, argc, argv);
    pid_t pid =
        clone(child, stack + sizeof(stack),
              PROCESS_FLAGS | NETWORK_FLAGS | OTHER_FLAGS | SIGCHLD, &box);
    must(pid, "clone");
    must(waitpid(pid, &status, 0), "waitpid");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
