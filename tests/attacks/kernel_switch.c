/* SPDX-License-Identifier: MIT
 *
 * Turn a switch of the kernel, by writing a file in /proc.
 *
 * Most files in /proc/sys are for all containers and the host, and they ask
 * for uid 0, not for a capability: dropping those is not enough. Arguments:
 * a file, and what to do to it.
 *     open      open it for writing, and write nothing. core_pattern names a
 *               program that the host will run, as root, when any process
 *               crashes; sysrq-trigger restarts the machine.
 *     rewrite   write the value that is there
 * Step 4 stops it: /proc/sys is mounted read-only, the rest of /proc covered,
 * where needed by /dev/null, which anyone may write to.
 * See proc_sys_kernel(5); CVE-2025-31133 (runc) got at core_pattern.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    char value[64];
    struct stat about;

    if (argc != 3)
        does_not_apply("usage: kernel_switch open|rewrite FILE");
    int fd =
        open(argv[2], strcmp(argv[1], "rewrite") == 0 ? O_RDWR : O_WRONLY);
    if (fd < 0 && errno == ENOENT && !proc_hides_files())
        does_not_apply("this kernel has no %s", argv[2]);
    if (fd < 0 || fstat(fd, &about) < 0)
        stopped(argv[2]);
    if (S_ISCHR(about.st_mode))
        found_nothing("%s is covered by a device", argv[2]);
    if (strcmp(argv[1], "rewrite") != 0)
        learned("%s is open for writing", argv[2]);

    ssize_t size = read(fd, value, sizeof(value));
    if (size < 0 || pwrite(fd, value, (size_t)size, 0) != size)
        stopped(argv[2]);
    value[size > 0 ? size - 1 : 0] = '\0';
    learned("wrote %s, its old value, to %s", value, argv[2]);
}
