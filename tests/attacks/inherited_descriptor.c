/* SPDX-License-Identifier: MIT
 *
 * Use a file that the caller had open.
 *
 * A descriptor needs no path: whatever the program that starts a sandbox has
 * open, and has not marked close-on-exec, goes through every namespace and
 * every new root into the payload. A directory would even be a way out, by
 * openat(2). Argument: the number of a descriptor on a file of the host.
 * Step 3 stops it, by leave_host(), which lets all above 2 close at exec.
 * CVE-2016-9962, CVE-2024-21626 (runc).
 */
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    char text[80] = "";

    if (argc != 2)
        does_not_apply("usage: inherited_descriptor NUMBER");
    /* pread(2) leaves the offset alone, which is shared with the caller. */
    if (pread(atoi(argv[1]), text, sizeof(text) - 1, 0) < 0)
        stopped("pread");
    text[strcspn(text, "\n")] = '\0';
    learned("descriptor %s says: %s", argv[1], text);
}
