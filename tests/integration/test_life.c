/* SPDX-License-Identifier: MIT
 *
 * Life and death: signals, kills, terminals, and that nothing stays behind.
 */
#include "cmocka_prelude.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "sandbox.h"

/* A step with a script that has said "up"; *OUTPUT is its stdout. */
static pid_t start_script(int step, const char *script, int *output)
{
    char *argv[] = {(char *)step_program(step), (char *)"/bin/bash",
                    (char *)"-c", (char *)script, NULL};
    pid_t pid = start(argv, output);

    wait_for_text(*output, "up");
    return pid;
}

/* Processes vanish a little after their parent was told. */
static void wait_until_gone(const char *text)
{
    int found = count_processes(text);

    for (double left = patience(5); left > 0 && found > 0; left -= 0.01) {
        usleep(10000);
        found = count_processes(text);
    }
    assert_int_equal(found, 0); /* and not those of a run beside this one */
}

static void test_killing_the_launcher_ends_all(void **state)
{
    int output;

    (void)state;
    for (int step = 1; step <= 4; step++) {
        pid_t pid = start_script(step,
                                 "setsid sleep 4711.5 & sleep 4711.5 & "
                                 "trap '' TERM HUP; echo up; wait",
                                 &output);
        assert_true(count_processes("sleep 4711.5") >= 2);
        kill(pid, SIGKILL);
        assert_int_equal(wait_for_exit(pid), 128 + SIGKILL);
        wait_until_gone("sleep 4711.5");
        close(output);
    }
}

static void test_end_of_process_1_ends_all(void **state)
{
    int output;

    (void)state;
    for (int step = 1; step <= 4; step++) {
        pid_t pid = start_script(
            step, "setsid sleep 4712.5 & echo up; exit 5", &output);
        assert_int_equal(wait_for_exit(pid), 5);
        wait_until_gone("sleep 4712.5");
        close(output);
    }
}

static void test_signals_reach_the_payload(void **state)
{
    static const int signals[] = {SIGTERM, SIGHUP,  SIGINT,
                                  SIGQUIT, SIGUSR1, SIGUSR2};
    int output;

    (void)state;
    for (int step = 1; step <= 4; step++)
        for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
            char script[8192];
            snprintf(script, sizeof(script),
                     "trap 'exit %zu' %d; echo up; "
                     "while :; do sleep 0.02; done",
                     10 + i, signals[i]);
            pid_t pid = start_script(step, script, &output);
            kill(pid, signals[i]);
            assert_int_equal(wait_for_exit(pid), 10 + (int)i);
            close(output);
        }
}

static void test_second_term_kills(void **state)
{
    int output;

    (void)state;
    for (int step = 1; step <= 4; step++) {
        pid_t pid = start_script(step, "echo up; exec sleep 60", &output);
        kill(pid, SIGTERM);
        wait_until_taken(pid);
        assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* ignored it */
        kill(pid, SIGTERM);
        assert_int_equal(wait_for_exit(pid), 128 + SIGKILL);
        close(output);
    }
}

static char process_state(pid_t pid)
{
    char path[64], line[512] = "";

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    return strrchr(line, ')')[2];
}

static void wait_for_state(pid_t pid, const char *states)
{
    for (double left = patience(3); left > 0; left -= 0.01, usleep(10000))
        if (strchr(states, process_state(pid)) != NULL)
            return;
    fail_msg("process %d is in state %c, not %s", (int)pid,
             process_state(pid), states);
}

static void test_stop_and_continue(void **state)
{
    char command[64];
    int output;
    pid_t inner;

    (void)state;
    for (int step = 1; step <= 4; step++) {
        pid_t pid = start_script(step, "echo up; exec sleep 60", &output);
        snprintf(command, sizeof(command), "pgrep -P %d", (int)pid);
        inner = number_from(command);

        kill(pid, SIGTSTP);
        wait_for_state(pid, "T");
        wait_for_state(inner, "T");
        kill(pid, SIGCONT);
        wait_for_state(pid, "S");
        wait_for_state(inner, "S");
        kill(pid, SIGKILL);
        wait_for_exit(pid);
        close(output);
    }
}

static void test_payload_starts_with_default_signals(void **state)
{
    (void)state;
    for (int step = 1; step <= 4; step++) {
        char script[8192];
        snprintf(script, sizeof(script),
                 "trap '' TERM HUP USR1 CHLD PIPE; "
                 "%s /bin/grep -E '^Sig(Blk|Ign)' /proc/self/status",
                 step_program(step));
        expect_on_host(script, "^SigBlk:[ \t]*0000000000000000\n"
                               "SigIgn:[ \t]*0000000000000000\n$");
    }
}

/* kill(0, ...) does not care for PID namespaces. Without a terminal there is
 * no group to share, and the caller lives on. */
static void test_callers_process_group_is_out_of_reach(void **state)
{
    char script[8192];

    (void)state;
    for (int step = 1; step <= 4; step++) {
        snprintf(script, sizeof(script),
                 "setsid -w sh -c '%s /bin/bash -c \"kill -USR1 0; exit 3\"; "
                 "echo alive $?'",
                 step_program(step));
        expect_on_host(script, "^alive (3|138)\n$");
    }
}

static void test_pipes_are_given_back(void **state)
{
    struct stat before, after;
    int ends[2];

    (void)state;
    need("idmap"); /* as root, also when others are not */
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fchown(ends[0], 4711, 4712), 0);
    fstat(ends[0], &before);
    fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0); /* kill(-1) would be everybody */
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(step_program(4), "os_isolate", "stat", "-L", "-c", "%a-%u",
              "/proc/self/fd/1", (char *)NULL);
        _exit(99);
    }
    assert_int_equal(wait_for_exit(pid), 0);
    wait_for_text(ends[0], "602-65534\n"); /* open to it while it ran */
    fstat(ends[0], &after);
    assert_int_equal(before.st_mode, after.st_mode);
    assert_int_equal(before.st_uid, after.st_uid);
    assert_int_equal(before.st_gid, after.st_gid);
    close(ends[0]);
    close(ends[1]);
}

/* ---- nothing stays ---- */

static void test_nothing_is_left_on_the_host(void **state)
{
    char files[256], *mounts = read_file("/proc/self/mountinfo");
    int output;

    (void)state;
    snprintf(files, sizeof(files), "find %s/ -xdev -newer %s | wc -l",
             image(), marker());
    usleep(20000);
    for (int i = 0; i < 40; i++) {
        char *argv[] = {(char *)step_program(1 + i % 4), (char *)"/bin/sleep",
                        (char *)"4713.5", NULL};
        pid_t pid = start(argv, &output);
        usleep(50 + 200 * (unsigned)i); /* at all moments of the start */
        kill(pid, SIGKILL);
        wait_for_exit(pid);
        close(output);
    }
    wait_until_gone("4713.5");
    char *after = read_file("/proc/self/mountinfo");
    assert_string_equal(mounts, after);
    assert_int_equal(number_from(files), 0);
    free(mounts);
    free(after);
}

static char mark[32];

/* The program hard-to-end, see there, as process 1 of a STEP. */
static pid_t start_hard(int step, const char *how, int *output)
{
    static char bind[8192];
    const char *program = "build/tests/integration/hard-to-end";
    char *argv[9] = {(char *)step_program(step)};
    int n = 1;

    snprintf(mark, sizeof(mark), "mark-%d", (int)getpid());
    snprintf(bind, sizeof(bind), "%s:/hard-to-end", program);
    if (step > 2) {
        argv[n++] = (char *)"-B";
        argv[n++] = bind;
        program = "/hard-to-end";
    }
    argv[n++] = (char *)"-b";
    argv[n++] = (char *)program;
    argv[n++] = (char *)"--";
    argv[n++] = (char *)how;
    argv[n] = mark; /* the same may run for an ordinary user meanwhile */
    pid_t pid = start(argv, output);
    wait_for_text(*output, "ready");
    return pid;
}

static void test_an_end_cannot_be_forged(void **state)
{
    int output;

    (void)state;
    for (int step = 1; step <= 4; step++) {
        pid_t pid = start_hard(step, "forge", &output);
        assert_int_equal(wait_for_exit(pid), 7);
        close(output);
    }
}

/* Neither a tracer, nor a stop, nor vfork(2) keeps anybody inside alive. */
static void test_nobody_inside_survives_the_second_term(void **state)
{
    static const char *const how[] = {"hold", "vfork"};
    static const int asked[] = {SIGTERM, SIGHUP, SIGINT};
    int output;

    (void)state;
    for (int step = 1; step <= 4; step++)
        for (size_t i = 0; i < 2; i++)
            for (size_t a = 0; a < 3; a++) {
                pid_t pid = start_hard(step, how[i], &output);
                kill(pid, asked[a]);
                wait_until_taken(pid);
                kill(pid, asked[a]);
                assert_int_equal(wait_for_exit(pid), 128 + SIGKILL);
                wait_until_gone(mark);
                close(output);
            }
}

/* Who ends them joins them for a moment, and brings nothing of the host's. A
 * race: the host's root was reached in one try of three. */
static void test_who_ends_all_is_no_way_out(void **state)
{
    char path[64];
    int output;

    (void)state;
    for (int step = 3; step <= 4; step++)
        for (int i = 0; i < 8; i++) {
            pid_t pid = start_hard(step, "peek", &output);
            kill(pid, SIGTERM);
            wait_until_taken(pid);
            kill(pid, SIGTERM);
            assert_int_equal(wait_for_exit(pid), 128 + SIGKILL);
            wait_until_gone(mark);
            close(output);
            snprintf(path, sizeof(path), "/var/tmp/%s", mark);
            assert_int_equal(unlink(path), -1);
        }
}

/* Process 1 of the sandbox of LAUNCHER, seen from here. */
static pid_t first_process(pid_t launcher)
{
    char path[64];
    int pid = 0;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)launcher,
             (int)launcher);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    return pid;
}

/* Processes that trace each other so nobody can end. A tracer outside, which
 * this test is, holds process 1 in its exit just the same, and lets it go. */
static void test_who_cannot_be_ended_is_named(void **state)
{
    int output;
    char script[64], text[32];

    (void)state;
    /* The same may run for an ordinary user meanwhile. */
    snprintf(text, sizeof(text), "sleep 4714.%d", (int)getpid());
    snprintf(script, sizeof(script), "echo up; exec %s", text);
    for (int step = 1; step <= 4; step++) {
        pid_t pid = start_script(step, script, &output);
        pid_t held = first_process(pid);
        assert_int_equal(ptrace(PTRACE_SEIZE, held, 0, PTRACE_O_TRACEEXIT),
                         0);
        kill(pid, SIGTERM);
        wait_until_taken(pid);
        kill(pid, SIGTERM);
        assert_int_equal(wait_for_exit(pid), 125);
        assert_int_equal(waitpid(held, NULL, __WALL), held);
        assert_int_equal(ptrace(PTRACE_DETACH, held, 0, 0), 0);
        wait_until_gone(text);
        close(output);
    }
}

/* What docs/limits.md says of it: it ignores its own SIGABRT. So abort(3)
 * goes on to execute what a processor refuses: a fault on x86, a breakpoint
 * on arm64. */
static void test_abort_in_process_1_is_another_signal(void **state)
{
#ifdef __aarch64__
    const char *statuses = "^133\n134\n$";
#else
    const char *statuses = "^139\n134\n$";
#endif

    (void)state;
    need_in_image("usr/bin/perl");
    for (int step = 1; step <= 4; step++)
        expect_for(step,
                   "$O -b /usr/bin/perl -- -e 'use POSIX; abort()'; echo $?; "
                   "$O -b /bin/sh -- -c \"perl -e 'use POSIX; abort()'; "
                   "exit \\$?\" 2>/dev/null; echo $?",
                   statuses);
}

/* And of the image: overlayfs would have to copy it. To an ordinary user it
 * belongs to somebody else anyway; and to rename a new one in a directory of
 * the image, overlayfs wants an attribute of the user's on its tmpfs. */
static void test_directory_of_the_image_cannot_be_renamed(void **state)
{
    (void)state;
    need_in_image("usr/bin/perl");
    for (int step = 3; step <= 4; step++)
        expect_for(step,
                   "$O -b /usr/bin/perl -- -e 'use Errno; mkdir \"/new\"; "
                   "rename(\"/usr/bin\", \"/usr/nib\") or "
                   "print $!{EXDEV} ? \"EXDEV\" : $!; "
                   "print rename(\"/new\", \"/old\")'",
                   !rootless()             ? "^EXDEV1$"
                   : has_user_attributes() ? "^Permission denied1$"
                                           : "^Permission denied0$");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killing_the_launcher_ends_all),
        cmocka_unit_test(test_end_of_process_1_ends_all),
        cmocka_unit_test(test_signals_reach_the_payload),
        cmocka_unit_test(test_second_term_kills),
        cmocka_unit_test(test_stop_and_continue),
        cmocka_unit_test(test_payload_starts_with_default_signals),
        cmocka_unit_test(test_callers_process_group_is_out_of_reach),
        cmocka_unit_test(test_pipes_are_given_back),
        cmocka_unit_test(test_nothing_is_left_on_the_host),
        cmocka_unit_test(test_who_cannot_be_ended_is_named),
        cmocka_unit_test(test_an_end_cannot_be_forged),
        cmocka_unit_test(test_nobody_inside_survives_the_second_term),
        cmocka_unit_test(test_who_ends_all_is_no_way_out),
        cmocka_unit_test(test_abort_in_process_1_is_another_signal),
        cmocka_unit_test(test_directory_of_the_image_cannot_be_renamed),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
