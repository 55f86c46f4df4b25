/* SPDX-License-Identifier: MIT
 *
 * Read the kernel's log, as dmesg does.
 *
 * There is one log for all containers. It tells the kernel's command line,
 * the machine's devices and disks, addresses, and what the host's daemons do.
 * Step 4 stops it, twice: the filter refuses syslog(2), and CAP_SYSLOG, which
 * the kernel asks for where kernel.dmesg_restrict is 1, is dropped.
 * Docker had this hole: https://github.com/moby/moby/issues/37897
 */
#include <sys/klog.h>

#include "attack.h"

enum { READ_ALL = 3 }; /* SYSLOG_ACTION_READ_ALL: does not consume it */

int main(void)
{
    static char log[65536];
    int size = klogctl(READ_ALL, log, sizeof(log));

    if (size < 0)
        stopped("syslog");
    if (size == 0)
        does_not_apply("the kernel's log is empty");
    learned("%d bytes of the kernel's log", size);
}
