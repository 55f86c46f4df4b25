/* SPDX-License-Identifier: MIT
 *
 * Mount anything at all.
 *
 * Who can mount can undo the sandbox: mount a fresh /proc, a sysfs, the disk,
 * or the cgroups. Since Linux 5.2 there are two ways, and filters written
 * before that knew only the first:
 *     mount       mount(2)
 *     fsopen      fsopen(2), fsconfig(2), fsmount(2): a mount that is at
 *                 first attached to nothing, reached by a descriptor
 *     open_tree   open_tree(2): a detached copy of mounts that are there
 * Harmless: an empty tmpfs in a copy of the mount table, or a mount without a
 * place that is gone at exit.
 * Step 4 stops all, by the filter, and CAP_SYS_ADMIN is dropped.
 * See mount(2), fsopen(2), open_tree(2); CVE-2022-0185 is behind fsconfig(2).
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

/* From <linux/mount.h>, which not every libc gets along with. */
enum { CREATE = 6, CLONE_TREE = 1, WHOLE_TREE = 0x8000 };

static void new_file_system(void)
{
    int context = (int)syscall(SYS_fsopen, "tmpfs", 0);

    if (context < 0)
        stopped_or_missing("fsopen");
    if (syscall(SYS_fsconfig, context, CREATE, NULL, NULL, 0) < 0)
        stopped_or_missing("fsconfig");
    int root = (int)syscall(SYS_fsmount, context, 0, 0);
    if (root < 0)
        stopped_or_missing("fsmount");
    if (mkdirat(root, "directory", 0700) < 0)
        stopped("mkdirat");
    learned("a tmpfs of one's own, by fsopen and fsmount");
}

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "";

    if (strcmp(how, "fsopen") == 0)
        new_file_system();
    if (strcmp(how, "open_tree") == 0) {
        if (syscall(SYS_open_tree, AT_FDCWD, "/", CLONE_TREE | WHOLE_TREE) <
            0)
            stopped_or_missing("open_tree");
        learned("a copy of the whole mount tree");
    }
    if (strcmp(how, "mount") != 0)
        does_not_apply("usage: mount_filesystem mount|fsopen|open_tree");
    copy_mounts();
    if (mount("tmpfs", "/tmp", "tmpfs", MS_RDONLY, NULL) < 0)
        stopped("mount");
    learned("a tmpfs of one's own, by mount");
}
