/* SPDX-License-Identifier: MIT
 *
 * See what a process of the host runs. Argument: its number there.
 *
 * ps(1) reads the numbers in /proc, and so does this. In a PID namespace the
 * host's processes have no number; a procfs that was mounted in there has no
 * directory for them.
 * Step 1 stops it, by the PID namespace and a fresh /proc. One without the
 * other would not do. See pid_namespaces(7), "/proc and PID namespaces".
 */
#include "attack.h"

int main(int argc, char **argv)
{
    char path[300], command[60] = "";

    if (argc != 2)
        does_not_apply("usage: see_processes PID-ON-THE-HOST");
    snprintf(path, sizeof(path), "/proc/%s/cmdline", argv[1]);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        stopped(path);
    size_t size = fread(command, 1, sizeof(command) - 1, file);
    for (size_t i = 0; i < size; i++)
        if (command[i] == '\0') /* it ends every argument */
            command[i] = ' ';
    learned("process %s of the host runs: %s", argv[1], command);
}
