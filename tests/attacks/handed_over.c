/* SPDX-License-Identifier: MIT
 *
 * Get on from the file that is handed over as standard input.
 *
 * It has no path inside, and yet it is an open file of the host: its name
 * ("path") and the free space of its disk ("statfs"), its place there
 * ("fiemap"), a lock for which the host's programs would wait ("lock"),
 * notice of its use ("watch"), and what stands before the place from which it
 * was to be read ("rewind"). Step 3 stops it: the payload gets a pipe, into
 * which the launcher copies.
 * "reverse" is about a pipe that is handed over: a reader can open it for
 * writing, by its name in /proc, and so forge what others read from it. A
 * pipe is handed over as one. Step 4 stops it: root inside is not its owner,
 * and the mode that lets others open it has one direction. Harmless: nothing
 * is written, and the lock goes with this process. See proc_pid_fd(5),
 * fstatfs(2), ioctl_fiemap(2), flock(2), inotify(7).
 */
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "attack.h"

#define GET_MAP _IOWR('f', 11, struct fiemap)

static const char *const self = "/proc/self/fd/0";

static _Noreturn void tell_path(void)
{
    char path[4096] = "";

    if (readlink(self, path, sizeof(path) - 1) < 0)
        stopped("readlink");
    if (path[0] != '/' || strncmp(path, "/dev/", 5) == 0)
        found_nothing("it is called %s", path);
    learned("on the host it is called %s", path);
}

static _Noreturn void tell_free_space(void)
{
    struct statfs fs;

    if (fstatfs(0, &fs) < 0)
        stopped("fstatfs");
    if (fs.f_type == PIPEFS_MAGIC || fs.f_blocks == 0)
        found_nothing("it is on no disk");
    learned("%llu blocks are free on the host's disk",
            (unsigned long long)fs.f_bfree);
}

/* For what a pipe of one's own would answer as well. */
static void need_a_file(void)
{
    struct stat st;

    if (fstat(0, &st) < 0)
        stopped("fstat");
    if (!S_ISREG(st.st_mode))
        found_nothing("it is no file of the host's");
}

static _Noreturn void tell_place(void)
{
    struct fiemap map = {.fm_length = ~0ULL};

    need_a_file();
    if (ioctl(0, GET_MAP, &map) < 0) {
        if (errno == EOPNOTSUPP)
            does_not_apply("this file system does not tell");
        stopped("FIEMAP");
    }
    learned("it lies in %u pieces on the host's disk", map.fm_mapped_extents);
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";

    if (strcmp(what, "path") == 0)
        tell_path();
    if (strcmp(what, "statfs") == 0)
        tell_free_space();
    if (strcmp(what, "fiemap") == 0)
        tell_place();
    if (strcmp(what, "reverse") == 0) {
        if (open(self, O_WRONLY | O_NONBLOCK) < 0)
            stopped("open");
        learned("the pipe that is to be read is open for writing");
    }
    need_a_file();
    if (strcmp(what, "lock") == 0) {
        if (flock(0, LOCK_SH | LOCK_NB) < 0 && errno != EWOULDBLOCK)
            stopped("flock");
        learned("the host's programs would wait for this lock");
    }
    if (strcmp(what, "watch") == 0) {
        if (inotify_add_watch(inotify_init1(IN_CLOEXEC), self, IN_OPEN) < 0)
            stopped("inotify_add_watch");
        learned("whoever opens it on the host will be heard");
    }
    if (strcmp(what, "rewind") == 0) {
        char byte;

        if (pread(0, &byte, 1, 0) < 0)
            stopped("pread");
        learned("its first byte was not to be read, and is %d", byte);
    }
    does_not_apply("usage: handed_over path|statfs|fiemap|lock|watch|rewind|"
                   "reverse");
}
