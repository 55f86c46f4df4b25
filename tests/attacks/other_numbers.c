/* SPDX-License-Identifier: MIT
 *
 * Make a forbidden call by another number.
 *
 * An x86_64 kernel has three tables of calls: its own, that of i386, behind
 * int $0x80, where the same call has a different number, and that of x32,
 * which is its own with a high bit set. A filter that looks at the number,
 * and not at the table, refuses the wrong ones. The call is syslog: how large
 * is the kernel's log? Harmless: it only asks.
 * Step 4 stops it: the filter has a part for i386, or, where the image holds
 * no 32-bit programs, refuses all of that table; and x32 is not allowed.
 * See seccomp(2), on the field arch.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "int80.h"

enum { SIZE_BUFFER = 10, SYSLOG_I386 = 103, X32_BIT = 0x40000000 };

int main(int argc, char **argv)
{
    const char *table = argc == 2 ? argv[1] : "";
    long size;

    if (strcmp(table, "i386") == 0) {
        size = int80(SYSLOG_I386, SIZE_BUFFER, 0, 0);
    } else if (strcmp(table, "x32") == 0) {
#ifdef __x86_64__
        size = syscall(SYS_syslog | X32_BIT, SIZE_BUFFER, NULL, 0);
#else
        does_not_apply("only x86_64 has x32 calls");
#endif
    } else {
        does_not_apply("usage: other_numbers i386|x32");
    }
    if (size < 0)
        stopped_or_missing("syslog");
    learned("the kernel's log has room for %ld bytes", size);
}
