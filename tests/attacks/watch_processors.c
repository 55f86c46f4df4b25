/* SPDX-License-Identifier: MIT
 *
 * Count what a processor does, whoever it works for: perf_event_open(2).
 *
 * Counters for a whole processor tell what the host and all other containers
 * are doing, down to the keys of a cipher; and the call is large and old
 * enough to have had its share of kernel exploits.
 * Harmless: it reads the processor's clock, a counter in software.
 * Step 4 stops it, twice: by the filter, and CAP_PERFMON and CAP_SYS_ADMIN
 * are gone. CVE-2013-2094, perf_event_open(2).
 */
#include <linux/perf_event.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main(void)
{
    struct perf_event_attr attr;
    uint64_t count;

    memset(&attr, 0, sizeof(attr));
    attr.size = sizeof(attr);
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = PERF_COUNT_SW_CPU_CLOCK;

    /* Process -1, processor 0: all that runs on processor 0. */
    int fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);
    if (fd < 0)
        stopped_or_missing("perf_event_open");
    if (read(fd, &count, sizeof(count)) != sizeof(count))
        stopped("read");
    learned("watching all that processor 0 does, for %llu ns already",
            (unsigned long long)count);
}
