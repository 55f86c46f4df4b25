/* SPDX-License-Identifier: MIT
 *
 * Meet a process of the host at a lock.
 *
 * A lock on a file is seen by all who have the same file open. Some files are
 * everywhere: a device, or the file of a namespace that all share. By locking
 * and looking, two containers that may not talk pass messages. Argument: the
 * file, on which tools/matrix holds a lock on the host. Harmless: it only
 * asks for the lock. /dev/null: step 3 stops it, if started by root: its
 * devices are inodes of its own. /proc/self/ns/time: stopped by a time
 * namespace of its own. See flock(2), time_namespaces(7).
 */
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    if (argc != 2)
        does_not_apply("usage: shared_lock FILE");
    int fd = open(argv[1], O_RDONLY);
    if (fd < 0 && errno == ENOENT && !filtered())
        does_not_apply("this kernel has no %s", argv[1]);
    if (fd < 0)
        stopped(argv[1]);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        found_nothing("nobody holds a lock on it");
    if (errno != EWOULDBLOCK)
        stopped("flock");
    learned("somebody outside holds a lock on %s", argv[1]);
}
