/* SPDX-License-Identifier: MIT
 *
 * Change how the host uses its disks: swap, quotas, accounting.
 *
 * Swap on a file of one's own holds the memory of other processes, to be read
 * there; quotas take the disk away from others; accounting writes down what
 * every process of the host was called, in a file of one's choice.
 * Harmless: the file or disk that each call is given does not exist, which
 * the kernel finds out after it has asked for permission. (NULL would not be
 * harmless: acct(NULL) turns accounting off.) Only quotactl asks later, its
 * answer shows that it is within reach.
 * Step 4 stops it: the filter refuses all, and CAP_SYS_ADMIN and
 * CAP_SYS_PACCT are gone. See swapon(2), quotactl(2), acct(2).
 */
#include <sys/quota.h>
#include <sys/swap.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    static const char nowhere[] = "/no/such/file";
    const char *what = argc == 2 ? argv[1] : "";

    if (strcmp(what, "swapon") == 0)
        judge(swapon(nowhere, 0), what);
    if (strcmp(what, "swapoff") == 0)
        judge(swapoff(nowhere), what);
    if (strcmp(what, "acct") == 0)
        judge(acct(nowhere), what);
    if (strcmp(what, "quotactl") == 0) {
        char format[4];
        judge(quotactl(QCMD(Q_GETFMT, USRQUOTA), nowhere, 0, format), what);
    }
    does_not_apply("usage: host_storage swapon|swapoff|acct|quotactl");
}
