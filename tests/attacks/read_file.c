/* SPDX-License-Identifier: MIT
 *
 * Read a file of the host by a path.
 *
 * Argument: the path. Besides the plain one there are ways around a root
 * directory that hides less than it seems to:
 *     /proc/1/root/PATH        the root directory of process 1, which need
 *                              not be that of the one who asks
 *     /proc/1/cwd/../../PATH   a working directory that was left outside:
 *                              ".." from there never meets the new root. So
 *                              CVE-2024-21626 (runc) escaped.
 *     /../PATH                 the parent of the root, if the root is none
 * Step 3 stops all of them. pivot_root(2) takes every process's root and
 * working directory along, leave_host() detaches the old root, and process 1
 * is one's own. See proc_pid_root(5), path_resolution(7).
 */
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    char text[80] = "";

    if (argc != 2)
        does_not_apply("usage: read_file PATH");
    FILE *file = fopen(argv[1], "r");
    if (file == NULL && errno == EACCES && getpid() != 1 &&
        strncmp(argv[1], "/proc/1/", strlen("/proc/1/")) == 0)
        does_not_apply("process 1 is guarded even from the host's root");
    if (file == NULL)
        stopped(argv[1]);
    if (fgets(text, sizeof(text), file) == NULL)
        found_nothing("%s is empty", argv[1]);
    text[strcspn(text, "\n")] = '\0';
    learned("%s says: %s", argv[1], text);
}
