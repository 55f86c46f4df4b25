/* SPDX-License-Identifier: MIT
 *
 * A fifth of a second by each of the kernel's ways to wait for a moment on a
 * clock that a time namespace has of its own. Each wait is measured by the
 * time of day, which it has not. Prints a line for each. "ticks sysinfo"
 * prints the uptime that sysinfo(2) tells.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_NS = 200000000 };

static double time_of_day(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct timespec soon(clockid_t clock)
{
    struct timespec at;

    clock_gettime(clock, &at);
    at.tv_nsec += WAIT_NS;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    return at;
}

static void sleep_until(clockid_t clock)
{
    struct timespec at = soon(clock);

    clock_nanosleep(clock, TIMER_ABSTIME, &at, NULL);
}

static void wait_for_timerfd(clockid_t clock)
{
    struct itimerspec timer = {.it_value = soon(clock)};
    struct pollfd end = {.fd = timerfd_create(clock, 0), .events = POLLIN};

    timerfd_settime(end.fd, TFD_TIMER_ABSTIME, &timer, NULL);
    poll(&end, 1, 30000);
    close(end.fd);
}

static void wait_for_timer(clockid_t clock)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGALRM};
    struct itimerspec timer = {.it_value = soon(clock)};
    timer_t id;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    timer_create(clock, &event, &id);
    timer_settime(id, TIMER_ABSTIME, &timer, NULL);
    sigtimedwait(&set, NULL, &(struct timespec){.tv_sec = 30});
    timer_delete(id);
}

int main(int argc, char **argv)
{
    struct sysinfo info;

    static const struct {
        const char *name;
        void (*wait)(clockid_t clock);
    } ways[] = {{"clock_nanosleep", sleep_until},
                {"timerfd", wait_for_timerfd},
                {"timer", wait_for_timer}};
    static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_BOOTTIME};

    if (argc > 1 && strcmp(argv[1], "sysinfo") == 0) {
        sysinfo(&info);
        printf("%ld\n", info.uptime);
        return 0;
    }
    for (int c = 0; c < 2; c++)
        for (int w = 0; w < 3; w++) {
            double begin = time_of_day();
            ways[w].wait(clocks[c]);
            double took = time_of_day() - begin;
            /* Not at once, and not when 30 seconds were over. */
            printf("%s %s: %s\n", c == 0 ? "monotonic" : "boottime",
                   ways[w].name,
                   took < 0.19 ? "too soon"
                   : took > 25 ? "too late"
                               : "right");
        }
    return 0;
}
