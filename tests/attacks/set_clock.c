/* SPDX-License-Identifier: MIT
 *
 * Set the clock of the host.
 *
 * There is one for all: time namespaces cover other clocks, not this one. A
 * wrong time makes certificates valid again and logs worthless.
 * Harmless: each call asks for what is refused only after the kernel has
 * looked for CAP_SYS_TIME. The year 1970 would lie before the machine was
 * started (EINVAL since Linux 4.3; should an older one take it, it is put
 * back at once), no time zone is 9999 minutes west, no tick lasts 1 us.
 * Step 4 stops it, by the missing capability, and but for adjtimex, which
 * also reads the clock, by the filter. See clock_settime(2), adjtimex(2).
 */
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "";
    struct timespec now;
    long result;

    if (strcmp(how, "settimeofday") == 0) {
        struct timezone far_west = {.tz_minuteswest = 9999};
        judge(syscall(SYS_settimeofday, NULL, &far_west), how);
    }
    if (strcmp(how, "adjtimex") == 0) {
        struct timex change = {.modes = ADJ_TICK, .tick = 1};
        judge(adjtimex(&change), how);
    }
    if (strcmp(how, "clock_adjtime") == 0) {
        struct timex change = {.modes = ADJ_TICK, .tick = 1};
        judge(clock_adjtime(CLOCK_REALTIME, &change), how);
    }
    clock_gettime(CLOCK_REALTIME, &now);
    if (strcmp(how, "clock_settime") == 0) {
        long year_1970[2] = {0, 0};
        result = syscall(SYS_clock_settime, CLOCK_REALTIME, year_1970);
    } else if (strcmp(how, "clock_settime64") == 0) {
#ifdef SYS_clock_settime64
        int64_t year_1970[2] = {0, 0};
        result = syscall(SYS_clock_settime64, CLOCK_REALTIME, year_1970);
#else
        does_not_apply("clock_settime64 is for 32-bit programs");
#endif
    } else {
        does_not_apply("usage: set_clock NAME-OF-A-CALL");
    }
    if (result == 0)
        clock_settime(CLOCK_REALTIME, &now);
    judge(result, how);
}
