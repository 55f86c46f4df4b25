/* SPDX-License-Identifier: MIT
 *
 * Read the kernel's log by its device, /dev/kmsg.
 *
 * kernel_log.c asks for it by a system call; this is the same log, as a file.
 * Argument "name" opens it by name: step 3 stops that, by a /dev with six
 * harmless devices. But a name is nothing special; with the argument "mknod"
 * it makes a node with the same numbers elsewhere, and step 3 is of no avail.
 * Step 4 stops that, by the filter's rule for mknod, and CAP_MKNOD is gone.
 * Harmless: every reader of /dev/kmsg gets all of the log. (/proc/kmsg is
 * different, what one reads the next one misses.)
 * See Documentation/ABI/testing/dev-kmsg.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "attack.h"

static int open_by_numbers(void)
{
    int fd = -1;

    /* A tmpfs in a copy of the mount table, where we can have it: it leaves
     * nothing behind, and it is not nodev as many a /tmp is. */
    copy_mounts();
    mount("tmpfs", "/tmp", "tmpfs", 0, "size=64k");
    int made = mknod("/tmp/.kmsg", S_IFCHR | 0600, makedev(1, 11));
    if (made == 0)
        fd = open("/tmp/.kmsg", O_RDONLY | O_NONBLOCK);
    int error = errno;
    if (made == 0)
        unlink("/tmp/.kmsg");
    errno = error;
    if (fd < 0)
        stopped(made < 0 ? "mknod" : "open");
    return fd;
}

int main(int argc, char **argv)
{
    char record[8192];
    int fd;

    if (argc == 2 && strcmp(argv[1], "mknod") == 0)
        fd = open_by_numbers();
    else if (argc == 2 && strcmp(argv[1], "name") == 0)
        fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    else
        does_not_apply("usage: kernel_messages name|mknod");
    if (fd < 0)
        stopped("/dev/kmsg");
    ssize_t size = read(fd, record, sizeof(record) - 1);
    if (size < 0 && errno == EAGAIN)
        does_not_apply("the kernel's log is empty");
    if (size < 0)
        stopped("read");
    record[size] = '\0';
    record[strcspn(record, "\n")] = '\0';
    learned("the kernel's log begins: %.50s", record);
}
