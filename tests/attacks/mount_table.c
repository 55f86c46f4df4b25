/* SPDX-License-Identifier: MIT
 *
 * Read directories of the host from the mount table.
 *
 * /proc/self/mountinfo tells of each mount the device, the directory in the
 * device's file system, and the options; an overlay's options name all of its
 * directories. Exploits that need a path of the host, to have the host run a
 * file of the container by it, find it here: the release_agent exploit of
 * CVE-2022-0492 does. Argument: the image's directory on the host. Anything
 * that has it, or a disk (/dev/...), counts; not so the mount by which this
 * program came here. With the argument "own" only that mount counts.
 * Step 3 stops it: the overlay is mounted with relative names, and the disk's
 * mounts went away with the old root. "own" is not stopped: a bind mount
 * shows where its source was. To show nothing, do not use --bind.
 * See proc_pid_mountinfo(5).
 */
#include <stdbool.h>

#include "attack.h"

int main(int argc, char **argv)
{
    char line[8192], root[4096], point[4096];
    FILE *mounts = fopen("/proc/self/mountinfo", "r");
    bool own = argc == 2 && strcmp(argv[1], "own") == 0;
    int n = 0;

    if (argc != 2)
        does_not_apply("usage: mount_table IMAGE-DIRECTORY|own");
    if (mounts == NULL)
        stopped("/proc/self/mountinfo");
    for (; fgets(line, sizeof(line), mounts) != NULL; n++) {
        if (sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) != 2)
            continue;
        const char *source = strstr(line, " /dev/");
        if (strcmp(point, argv[0]) == 0) {
            if (own)
                learned("this program is %s on the host", root);
        } else if (!own && strstr(line, argv[1]) != NULL) {
            learned("the image's directory is mounted on %s", point);
        } else if (!own && source != NULL && strstr(line, " - ") < source) {
            learned("%s is on the disk%.12s", point, source);
        }
    }
    if (own)
        does_not_apply("this program did not come here by a bind mount");
    found_nothing("%d mounts, none tells of the host", n);
}
