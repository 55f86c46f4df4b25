/* SPDX-License-Identifier: MIT
 *
 * Make a device file, and open what is behind it.
 *
 * A device file is a pair of numbers; whoever may make one needs no /dev of
 * the host. Arguments: its type (c or b), the two numbers, and "open" to open
 * it too. c 1 1 is the machine's memory, c 1 2 was the kernel's, c 5 1 is the
 * console. Harmless: it is opened for reading, not read, and removed.
 * Step 4 stops it, more than twice: by the filter, CAP_MKNOD is
 * gone, and were the file there, nodev would not open it. See mknod(2).
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    char path[] = "/tmp/.node.XXXXXX";

    if (argc < 4)
        does_not_apply("usage: device_node c|b MAJOR MINOR [open]");
    mode_t type = argv[1][0] == 'b' ? S_IFBLK : S_IFCHR;
    dev_t device = makedev((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]));
    if (close(mkstemp(path)) < 0 || unlink(path) < 0)
        stopped("/tmp");
    if (mknod(path, type | 0600, device) < 0)
        stopped("mknod");
    int fd = argc == 5 ? open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK) : 0;
    int error = errno;
    unlink(path);
    errno = error;
    if (fd < 0 && (errno == ENXIO || errno == ENODEV))
        does_not_apply("this kernel has no such device");
    if (fd < 0)
        stopped("open");
    learned("%s the device %s %s:%s", argc == 5 ? "opened" : "made", argv[1],
            argv[2], argv[3]);
}
