/* SPDX-License-Identifier: MIT
 *
 * Root inside is nobody outside: a user namespace that maps the users of the
 * sandbox to an unused range of the host.
 *
 * It is made first, since the image's files have to be shown shifted by the
 * same map; and joined last, since all else is built by the host's root. So
 * the host's user namespace owns every other one: the capabilities that root
 * has inside his own do not count there.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

enum { N_IDS = 65536, FIRST_ID = 0x70000000 };

/* The first id of the range that /etc/subuid sets aside for root, see
 * subuid(5), or else one that nobody hands out: useradd(8) stops long before,
 * and systemd's table, "Users, Groups, UIDs and GIDs", has nothing there. */
static unsigned choose_first_id(void)
{
    unsigned first, count, found = FIRST_ID;
    char line[128];
    FILE *file = fopen("/etc/subuid", "re");

    if (file == NULL)
        return FIRST_ID;
    while (fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "root:%u:%u", &first, &count) == 2 && count >= N_IDS)
            found = first;
    fclose(file);
    return found;
}

/* A namespace lives while a process is in it or a descriptor is open on it.
 * Write the maps of the one that PID is in, from outside, and open it. */
static int take_hold(struct sandbox *box, pid_t pid)
{
    char path[64];

    if (write_map(pid, "uid_map", box->first_id, N_IDS) < 0 ||
        write_map(pid, "gid_map", box->first_id, N_IDS) < 0)
        return -1;
    snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
    box->users = open(path, O_RDONLY | O_CLOEXEC);
    return box->users < 0 ? -1 : 0;
}

static int end_at_once(void *unused)
{
    (void)unused;
    return 0;
}

int make_users(struct sandbox *box)
{
    static char stack[4096] __attribute__((aligned(16)));

    if (left_out(box, LAYER_USERS))
        return LEFT_OUT;
    if (geteuid() != 0)
        return 0; /* spawn_isolated() makes one, of the caller alone */
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &box->streams[fd]) < 0)
            return -1;
    box->first_id = choose_first_id();
    /* A process that begins in the new namespace, and is over when clone(2)
     * returns (CLONE_VFORK). It is in there until it is waited for: to hold
     * the door, a zombie will do. Not SIGCHLD but no signal tells of its
     * end, lest a caller who ignores that one has it removed before. */
    pid_t pid = clone(end_at_once, stack + sizeof(stack),
                      CLONE_NEWUSER | CLONE_VM | CLONE_VFORK, NULL);
    if (pid < 0)
        return fail_with(errno, "not even root may, in a chroot or in some "
                                "containers; try: --without users");
    int result = take_hold(box, pid);
    int error = errno;
    waitpid(pid, NULL, (int)__WCLONE);
    errno = error;
    return result;
}

static bool is_pipe(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC;
}

void give_pipes_back(const struct sandbox *box)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO && box->users >= 0; fd++)
        if (is_pipe(fd) &&
            fchown(fd, box->streams[fd].st_uid, box->streams[fd].st_gid) < 0)
            tell("cannot give descriptor %d back to its owner", fd);
}

/* A pipe belongs to who made it. Opened by name, as /dev/stdin is, it would
 * refuse us now. A file or a terminal of the host stays whose it is. */
static int take_over_pipes(const struct sandbox *box)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (is_pipe(fd) && fchown(fd, box->first_id, box->first_id) < 0)
            return -1;
    return 0;
}

int join_users(const struct sandbox *box)
{
    if (left_out(box, LAYER_USERS))
        return LEFT_OUT;
    if (box->rootless)
        return 0;
    if (take_over_pipes(box) < 0 || setns(box->users, CLONE_NEWUSER) < 0)
        return -1;
    /* In there we are nobody, until we say who. */
    if (setresgid(0, 0, 0) < 0 || setgroups(0, NULL) < 0)
        return -1;
    return setresuid(0, 0, 0);
}
