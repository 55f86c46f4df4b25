/* SPDX-License-Identifier: MIT
 *
 * Ask about a file of the host's disk that may be read: this program's own,
 * which --bind shows, or one of the image.
 *
 * "fiemap FILE" asks where on the disk it lies. "lock" takes a lock on it,
 * for which a program of the host would wait; a mount that is read-only does
 * not prevent that. "cache" asks how much of it is in the page cache, which
 * all share: it tells what the host has read. "watch" hears when the host
 * opens it. Harmless: the lock goes with this process. LEAKS: the file is the
 * host's. Show nothing that others use. See ioctl_fiemap(2), flock(2),
 * cachestat(2), inotify(7).
 */
#include <fcntl.h>
#include <linux/fiemap.h>
#include <poll.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

#define GET_MAP _IOWR('f', 11, struct fiemap)
enum { NR_CACHESTAT = 451, PATIENCE = 2000 /* ms */ };

static _Noreturn void tell_place(int fd)
{
    union { /* room for one extent behind the head */
        struct fiemap head;
        char space[sizeof(struct fiemap) + sizeof(struct fiemap_extent)];
    } map = {.head = {.fm_length = ~0ULL, .fm_extent_count = 1}};

    if (ioctl(fd, GET_MAP, &map) < 0) {
        if (errno == EOPNOTSUPP)
            does_not_apply("this file system does not tell");
        stopped("FIEMAP");
    }
    if (map.head.fm_mapped_extents == 0)
        found_nothing("no part of it is on a disk");
    learned("it lies on the host's disk from byte %llu on",
            (unsigned long long)map.head.fm_extents[0].fe_physical);
}

static _Noreturn void tell_cache(int fd)
{
    struct {
        uint64_t from, length;
    } range = {0, 0};
    struct {
        uint64_t cached, dirty, writeback, evicted, recently_evicted;
    } found;

    if (syscall(NR_CACHESTAT, fd, &range, &found, 0) < 0) {
        if (errno == ENOSYS)
            does_not_apply("this kernel has no cachestat");
        stopped("cachestat");
    }
    learned("%llu pages of it are in the host's cache",
            (unsigned long long)found.cached);
}

/* tools/matrix opens this file on the host, again and again. */
static _Noreturn void watch(const char *path)
{
    int fd = inotify_init1(IN_CLOEXEC);
    struct pollfd heard = {.fd = fd, .events = POLLIN};

    if (fd < 0)
        stopped("inotify_init1");
    if (inotify_add_watch(fd, path, IN_OPEN) < 0)
        stopped("inotify_add_watch");
    if (poll(&heard, 1, PATIENCE) <= 0)
        found_nothing("nobody has opened it for two seconds");
    learned("the host has opened it just now");
}

int main(int argc, char **argv)
{
    const char *what = argc >= 2 ? argv[1] : "";
    const char *path = argc == 3 ? argv[2] : "/proc/self/exe";
    int fd = open(path, O_RDONLY);

    if (fd < 0)
        stopped("open");
    if (strcmp(what, "fiemap") == 0)
        tell_place(fd);
    if (strcmp(what, "cache") == 0)
        tell_cache(fd);
    if (strcmp(what, "watch") == 0)
        watch(path);
    if (strcmp(what, "lock") != 0)
        does_not_apply("usage: bound_file fiemap|cache|lock|watch [FILE]");
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno != EWOULDBLOCK)
        stopped("flock");
    learned("the host's programs would wait for this lock");
}
