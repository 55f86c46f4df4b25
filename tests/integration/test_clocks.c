/* SPDX-License-Identifier: MIT
 *
 * The clocks that count from the start: in step 4 those of the sandbox.
 */
#include "cmocka_prelude.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

static void need_clocks(void)
{
    need(rootless() ? "clocks-user" : "clocks");
}

static double seconds_on(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The host's program "ticks", shown inside; as options of a step. */
static const char *show_ticks(void)
{
    static char bind[PATH_MAX];
    char cwd[PATH_MAX / 2];

    assert_non_null(getcwd(cwd, sizeof(cwd)));
    snprintf(bind, sizeof(bind), "%s/build/tests/integration/ticks:/ticks",
             cwd);
    return bind;
}

/* What the shell SCRIPT prints in STEP, a number; without LAYER, or NULL. */
static double number_inside(int step, const char *layer, const char *script)
{
    char *argv[8] = {(char *)step_program(step), (char *)"--bind",
                     (char *)show_ticks()};
    int n = 3;
    struct outcome outcome;
    double number = -1;

    if (layer != NULL) {
        argv[n++] = (char *)"--without";
        argv[n++] = (char *)layer;
    }
    argv[n++] = (char *)"/bin/bash";
    argv[n++] = (char *)"-c";
    argv[n++] = (char *)script;
    run(&outcome, NULL, argv);
    if (outcome.status != 0 || sscanf(outcome.out, "%lf", &number) != 1)
        fail_msg("%s: %s%s", script, outcome.out, outcome.err);
    return number;
}

/* Uptime by SCRIPT: of the sandbox in step 4; of the host without the layer,
 * and in step 3. Clocks tick in whole seconds, some of them. */
static void check_uptime(const char *script)
{
    double before = seconds_on(CLOCK_BOOTTIME);
    double inside = number_inside(4, NULL, script);
    double after = seconds_on(CLOCK_BOOTTIME);

    if (inside < 0 || inside > after - before + 2)
        fail_msg("%s: %f s in a sandbox of %f s", script, inside,
                 after - before);
    before = (double)(long)before;
    assert_true(number_inside(3, NULL, script) >= before);
    assert_true(number_inside(4, "namespaces", script) >= before);
}

static void test_time_namespace_is_own(void **state)
{
    char host[64], script[256];
    ssize_t n = readlink("/proc/self/ns/time", host, sizeof(host) - 1);

    (void)state;
    need_clocks();
    assert_true(n > 0);
    host[n] = '\0';
    snprintf(script, sizeof(script),
             "cd /proc/self/ns; [ $(readlink time) = '%s' ] && echo host; "
             "[ $(readlink time) = $(readlink time_for_children) ] && "
             "echo one",
             host);
    expect_inside(3, NULL, script, "^host\none\n$");
    expect_inside(4, NULL, script, "^one\n$");
}

static void test_uptime_begins_with_the_sandbox(void **state)
{
    (void)state;
    need_clocks();
    check_uptime("cat /proc/uptime");
    check_uptime("/ticks sysinfo");
    need_in_image("usr/bin/python3");
    check_uptime("python3 -c 'import time; "
                 "print(time.clock_gettime(time.CLOCK_BOOTTIME))'");
    check_uptime("python3 -c 'import time; print(time.monotonic())'");
}

/* The moment of the start, by the time of day. */
static void check_moment(const char *script)
{
    double before = seconds_on(CLOCK_REALTIME);
    double inside = number_inside(4, NULL, script);
    double after = seconds_on(CLOCK_REALTIME);

    if (inside < before - 2 || inside > after + 2)
        fail_msg("%s: %f, in a sandbox from %f to %f", script, inside, before,
                 after);
}

static void test_moments_are_right(void **state)
{
    (void)state;
    need_clocks();
    check_moment("sed -n 's/^btime //p' /proc/stat");
    check_moment("date +%s");
    need_in_image("bin/ps");
    check_moment("date -d \"$(ps -o lstart= -p $$)\" +%s");
    /* Without the layer, the host's. */
    assert_true(
        number_inside(4, "namespaces", "sed -n 's/^btime //p' /proc/stat") <
        seconds_on(CLOCK_REALTIME) - seconds_on(CLOCK_BOOTTIME) + 3);
}

static void test_waiting_takes_its_time(void **state)
{
    const char *options[] = {"--bind", show_ticks(), NULL};

    (void)state;
    expect_inside(4, options, "/ticks",
                  "^monotonic clock_nanosleep: right\n"
                  "monotonic timerfd: right\nmonotonic timer: right\n"
                  "boottime clock_nanosleep: right\n"
                  "boottime timerfd: right\nboottime timer: right\n$");
    double before = seconds_on(CLOCK_MONOTONIC);
    expect_inside(4, NULL, "sleep 0.5; timeout 0.5 sleep 60; echo $?",
                  "^124\n$");
    assert_true(seconds_on(CLOCK_MONOTONIC) - before >= 0.99);
}

static void test_ordinary_programs_like_it(void **state)
{
    (void)state;
    need_in_image("usr/bin/top");
    expect_inside(4, NULL, "top -bn1 | head -n 1; uptime",
                  "^top - [0-9:]+ up [^\n]*\n [0-9:]+ up ");
    need_in_image("usr/bin/python3");
    expect_inside(4, NULL,
                  "python3 -c 'import time; a = time.perf_counter(); "
                  "time.sleep(.2); print(time.perf_counter() - a >= .2)'",
                  "^True\n$");
}

/* strace answers for the kernel. */
static void test_a_kernel_without_it_is_told_of_as_root(void **state)
{
    char script[2 * PATH_MAX];

    (void)state;
    for (int lacks = 0; lacks < 2; lacks++) {
        snprintf(script, sizeof(script),
                 "strace -f -o /dev/null -e trace=unshare %s %s "
                 "--without users -e -b /bin/echo works 2>&1 | "
                 "grep '^works\\|clocks'",
                 lacks ? "-e inject=unshare:error=EINVAL" : "",
                 step_program(4));
        expect_on_host(
            script,
            lacks
                ? "^os_isolate: start the sandbox's clocks: "
                  "nothing to do: this kernel has no time namespaces\n(.*\n)*works\n$"
                : "^os_isolate: start the sandbox's clocks: "
                  "done\n(.*\n)*works\n$");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_namespace_is_own),
        cmocka_unit_test(test_uptime_begins_with_the_sandbox),
        cmocka_unit_test(test_moments_are_right),
        cmocka_unit_test(test_waiting_takes_its_time),
        cmocka_unit_test(test_ordinary_programs_like_it),
        cmocka_unit_test(test_a_kernel_without_it_is_told_of_as_root),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
