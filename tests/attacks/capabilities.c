/* SPDX-License-Identifier: MIT
 *
 * Look for capabilities that reach out of the sandbox.
 *
 * Root's power comes in some forty pieces. Seven are for work on one's own
 * files and processes: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID and
 * SETUID. Any other, in any of the five sets, is a find: what is not in
 * effect may be put there, by capset(2) or execve(2).
 * Step 4 stops it: it keeps the seven and drops all the others.
 * See capabilities(7). CVE-2022-24769 (Docker: inheritable ones were left).
 */
#include "attack.h"

int main(void)
{
    const unsigned long long seven = 0xfb;
    unsigned long long set;
    char line[256], name[8];
    FILE *status = fopen("/proc/self/status", "r");

    if (status == NULL)
        stopped("/proc/self/status");
    while (fgets(line, sizeof(line), status) != NULL)
        if (sscanf(line, "Cap%7[A-Za-z]: %llx", name, &set) == 2 &&
            (set & ~seven) != 0)
            learned("Cap%s has %d dangerous capabilities: %llx", name,
                    __builtin_popcountll(set & ~seven), set & ~seven);
    found_nothing("none but the seven for one's own files and processes");
}
