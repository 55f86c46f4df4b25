/* SPDX-License-Identifier: MIT
 *
 * Look below the mounts that cover /proc.
 *
 * What is covered is not gone. "unmount" takes the cover off, "detach" takes
 * it off even while it is in use, and "mount" leaves it where it is and
 * mounts a second /proc that has no covers. Where there are none, on the host
 * and in steps 1 to 3, there is nothing to do before reading.
 * Harmless: in a copy of the mount table, and it only reads.
 * Step 4 stops it: the filter refuses mount and umount2, and CAP_SYS_ADMIN is
 * dropped. CVE-2025-31133, CVE-2025-52565 (runc) got below by other ways.
 */
#include "attack.h"

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "";
    const char *path = "/proc/cmdline";
    char text[40] = "";

    copy_mounts();
    if (strcmp(how, "mount") == 0) {
        path = "/tmp/cmdline";
        if (mount("proc", "/tmp", "proc", MS_RDONLY, NULL) < 0)
            stopped("mount");
    } else if (strcmp(how, "unmount") == 0 || strcmp(how, "detach") == 0) {
        /* EINVAL: nothing is mounted there. */
        if (umount2(path, how[0] == 'd' ? MNT_DETACH : 0) < 0 &&
            errno != EINVAL)
            stopped("umount2");
    } else {
        does_not_apply("usage: uncover unmount|detach|mount");
    }
    FILE *file = fopen(path, "r");
    if (file == NULL)
        stopped(path);
    if (fgets(text, sizeof(text), file) == NULL)
        found_nothing("%s reads as empty", path);
    text[strcspn(text, "\n")] = '\0';
    learned("the kernel's command line begins: %s", text);
}
