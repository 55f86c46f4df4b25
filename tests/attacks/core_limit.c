/* SPDX-License-Identifier: MIT
 *
 * Have a crash run the host's program for core dumps.
 *
 * If kernel.core_pattern begins with "|", the kernel runs that program as the
 * host's root, outside of all namespaces, and hands it the memory of whoever
 * crashed: a parser of hostile input. It does so with a limit of 0, too; only
 * with exactly 1 it does not. Harmless: nothing crashes here, and the limit
 * is this process's own. Step 4 stops it: the limit is 1, and the filter
 * keeps it. No layer alone does. CVE-2025-4598 (systemd-coredump), core(5).
 * There is no row for a core_pattern that names a socket ("@", Linux 6.16),
 * which no limit holds back: it could be seen only on a host that has set it.
 * To set it is "kernel_switch open", whatever one would write.
 */
#include <sys/resource.h>

#include "attack.h"

int main(void)
{
    struct rlimit limit = {.rlim_cur = 0, .rlim_max = 0};

    if (setrlimit(RLIMIT_CORE, &limit) < 0)
        stopped("setrlimit");
    if (getrlimit(RLIMIT_CORE, &limit) < 0)
        stopped("getrlimit");
    if (limit.rlim_cur == 1)
        found_nothing("the limit stays 1 byte");
    learned("the limit is %llu: a crash would run it",
            (unsigned long long)limit.rlim_cur);
}
