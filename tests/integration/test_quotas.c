/* SPDX-License-Identifier: MIT
 *
 * What the kernel counts for each user, and how many processes there may be:
 * in step 4 a sandbox that takes all it can get takes it from nobody else.
 */
#include "cmocka_prelude.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

#define GREEDY "build/tests/integration/greedy"

enum { CROWD = 40 };

/* ARGV for the program greedy in step 4, with one argument or two. */
static char **greedy_inside(const char *what, const char *count)
{
    static char bind[PATH_MAX];
    static char *argv[9];
    char cwd[PATH_MAX / 2];

    assert_non_null(getcwd(cwd, sizeof(cwd)));
    snprintf(bind, sizeof(bind), "%s/%s:/greedy", cwd, GREEDY);
    char *all[] = {(char *)step_program(4),
                   (char *)"-B",
                   bind,
                   (char *)"/greedy",
                   (char *)what,
                   (char *)count,
                   NULL};
    memcpy(argv, all, sizeof(all));
    return argv;
}

/* Two thousand processes take their time to die. */
static void end(pid_t pid, int output)
{
    siginfo_t info = {.si_pid = 0};

    kill(pid, SIGTERM);
    usleep(200000);
    kill(pid, SIGTERM);
    for (int i = 0; i < (int)patience(600) && info.si_pid == 0; i++) {
        usleep(100000);
        waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
    }
    assert_int_equal(wait_for_exit(pid), 128 + SIGKILL);
    close(output);
}

/* One sandbox takes all that it gets of a kind, until it hears REFUSAL. That
 * takes nothing from another one, nor from the host's root. */
static void take_all(const char *what, const char *refusal)
{
    struct outcome outcome;
    char script[PATH_MAX];
    int output;

    print_message("%s\n", what);
    pid_t pid = start(greedy_inside(what, NULL), &output);
    wait_for_text(output, refusal);
    run(&outcome, NULL, greedy_inside(what, "10"));
    assert_string_equal(outcome.err, "");
    assert_string_equal(outcome.out, "got 10: Success\n");
    snprintf(script, sizeof(script), GREEDY " %s 10", what);
    expect_on_host(script, "^got 10: Success\n$");
    end(pid, output);
}

static void test_quotas_are_each_sandboxs_own_as_root(void **state)
{
    (void)state;
    take_all("inotify", ": Too many open files\n");
    take_all("signals", ": Resource temporarily unavailable\n");
    take_all("queues", ": Too many open files\n");
    take_all("in-flight", ": Too many references: cannot splice\n");
    take_all("pipes", ": No space left on device\n");
}

/* Without any cgroup; process 1 counts, too. */
static void test_fork_bombs_end(void **state)
{
    (void)state;
    take_all("processes", "got 2047: Resource temporarily unavailable\n");
    if (!rootless()) /* who has one user id only */
        take_all("processes-ids",
                 "got 2047: Resource temporarily unavailable\n");
}

/* Where the ids of a sandbox's users begin on the host. */
static unsigned first_id(void)
{
    char *argv[] = {(char *)step_program(4), (char *)"/bin/cat",
                    (char *)"/proc/self/uid_map", NULL};
    struct outcome outcome;
    unsigned first = 0;

    run(&outcome, NULL, argv);
    assert_int_equal(sscanf(outcome.out, " 0 %u 65536", &first), 1);
    return first;
}

/* Our mount table is our own, see setup_sandbox(). */
static void set_subuid(const char *text)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/subuid", scratch_directory());
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s", text);
    fclose(file);
    assert_int_equal(mount(path, "/etc/subuid", NULL, MS_BIND, NULL), 0);
}

static void test_each_sandbox_has_ids_of_its_own_as_root(void **state)
{
    (void)state;
    if (access("/etc/subuid", F_OK) < 0) {
        print_message("# SKIP: this host has no /etc/subuid\n");
        skip();
    }
    set_subuid("other:100000:65536\n");
    unsigned one = first_id(), other = first_id();
    assert_int_not_equal(one, other);
    assert_in_range(one, 0x70000000, 0x7fff0000);
    assert_in_range(other, 0x70000000, 0x7fff0000);
    umount("/etc/subuid");

    /* Root's own, which are two; numbers of processes choose, and others on
     * this machine have some, too. */
    set_subuid("other:100000:65536\nroot:1000000:150000\n");
    bool seen[2] = {false, false};
    for (int i = 0; i < 100 && !(seen[0] && seen[1]); i++) {
        one = first_id();
        assert_true(one == 1000000 || one == 1000000 + 65536);
        seen[one != 1000000] = true;
    }
    assert_true(seen[0] && seen[1]);
    umount("/etc/subuid");
}

/* In STEP, under the limits that prlimit(1) is to SET, those that match the
 * extended regular expression NAMES are the lines of WANT. */
static void expect_limits(int step, const char *set, const char *names,
                          const char *want)
{
    char script[PATH_MAX + 512];

    snprintf(script, sizeof(script),
             "prlimit %s %s -b /bin/cat -- /proc/self/limits | "
             "sed -nE 's/^Max (%s)  +([0-9a-z]+) +([0-9a-z]+) .*/\\1: \\2 "
             "\\3/p'",
             set, step_program(step), names);
    expect_on_host(script, want);
}

/* What a caller has set lower is meant. */
static void test_lower_limits_stay_as_root(void **state)
{
    (void)state;
    expect_limits(3, "--nproc=4000:5000", "processes",
                  "^processes: 4000 5000\n$");
    expect_limits(4, "--nproc=4000:5000", "processes",
                  "^processes: 2048 2048\n$");
    expect_limits(4, "--nproc=77:5000 --memlock=7777 --fsize=77777",
                  "file size|processes|locked memory",
                  "^file size: 77777 77777\nprocesses: 77 2048\n"
                  "locked memory: 7777 7777\n$");
}

/* What a caller has more than the kernel begins with is not handed down. */
static void test_higher_limits_are_not_handed_down_as_root(void **state)
{
    static const char set[] = "--nice=40:40 --rtprio=99:99 "
                              "--memlock=unlimited --msgqueue=unlimited",
                      names[] = "nice priority|realtime priority|"
                                "locked memory|msgqueue size";

    (void)state;
    need("raise-limits");
    expect_limits(3, set, names,
                  "^locked memory: unlimited unlimited\n"
                  "msgqueue size: unlimited unlimited\n"
                  "nice priority: 40 40\nrealtime priority: 99 99\n$");
    expect_limits(4, set, names,
                  "^locked memory: 8388608 8388608\n"
                  "msgqueue size: 819200 819200\n"
                  "nice priority: 0 0\nrealtime priority: 0 0\n$");
}

static void test_a_crowd_starts_at_once(void **state)
{
    char *argv[] = {(char *)step_program(4), (char *)"/bin/sh", (char *)"-c",
                    (char *)"echo up; exec sleep 60", NULL};
    pid_t pids[CROWD];
    int outputs[CROWD];

    (void)state;
    for (int i = 0; i < CROWD; i++)
        pids[i] = start(argv, &outputs[i]);
    for (int i = 0; i < CROWD; i++)
        wait_for_text(outputs[i], "up");
    for (int i = 0; i < CROWD; i++) {
        kill(pids[i], SIGKILL);
        assert_int_equal(wait_for_exit(pids[i]), 128 + SIGKILL);
        close(outputs[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_sandbox_has_ids_of_its_own_as_root),
        cmocka_unit_test(test_quotas_are_each_sandboxs_own_as_root),
        cmocka_unit_test(test_fork_bombs_end),
        cmocka_unit_test(test_lower_limits_stay_as_root),
        cmocka_unit_test(test_higher_limits_are_not_handed_down_as_root),
        cmocka_unit_test(test_a_crowd_starts_at_once),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
