/* SPDX-License-Identifier: MIT
 *
 * Learn where the kernel's functions are in memory.
 *
 * The kernel is loaded at a random address to make its bugs hard to exploit.
 * /proc/kallsyms gives it away to root (to others, and where kptr_restrict is
 * 2, all addresses read as zeros). One kernel serves the host and all its
 * containers: an exploit inside needs these numbers.
 * Step 4 stops it: /proc/kallsyms is covered, and CAP_SYSLOG, which the
 * kernel asks for, is dropped. See proc_kallsyms(5), kptr_restrict in
 * proc_sys_kernel(5).
 */
#include "attack.h"

int main(void)
{
    FILE *symbols = fopen("/proc/kallsyms", "r");
    FILE *setting = fopen("/proc/sys/kernel/kptr_restrict", "r");
    unsigned long long address;
    char name[128];
    int restricted = 0, n = 0;

    if (symbols == NULL)
        stopped("/proc/kallsyms");
    for (; fscanf(symbols, "%llx %*c %127s%*[^\n]", &address, name) == 2; n++)
        if (address != 0)
            learned("%s is at %#llx", name, address);
    if (setting != NULL && fscanf(setting, "%d", &restricted) == 1 &&
        restricted == 2 && n > 0)
        does_not_apply("this kernel tells its addresses to nobody");
    found_nothing("/proc/kallsyms: %d symbols, no address", n);
}
