/* SPDX-License-Identifier: MIT
 *
 * The launcher, and the last act of process 1.
 */
#include "cmocka_prelude.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "recorder.h"

static struct sandbox box;
static char *arguments[] = {"prog", "x", NULL};

static int nothing(void *arg)
{
    (void)arg;
    return 0;
}

static int spawn(void)
{
    return spawn_isolated(&box, nothing, CLONE_NEWPID | CLONE_NEWNET);
}

static void test_spawn_isolated_blocks_signals_then_clones(void **state)
{
    (void)state;
    record_anew(0, 0);
    assert_int_equal(spawn(), 0);
    assert_int_equal(box.pid, 1234);
    assert_recorded("spawn_isolated");
}

static void test_spawn_isolated_refuses_the_exit_signals_byte(void **state)
{
    (void)state;
    record_anew(0, 0);
    assert_int_equal(spawn_isolated(&box, nothing, CLONE_NEWPID | 0x80), -1);
    assert_int_equal(errno, EINVAL);
    assert_string_equal(recorded(), "");
}

static void test_spawn_isolated_reports_each_failure(void **state)
{
    (void)state;
    record_anew(1, ENXIO); /* no terminal is no failure */
    assert_int_equal(spawn(), 0);
    assert_int_equal(box.foreground, -1);
    for (int n = 2; n <= 6; n++) {
        record_anew(n, ENOSPC);
        assert_int_equal(spawn(), -1);
        assert_int_equal(errno, ENOSPC);
        assert_true(recorded_before_failure() >= 0);
    }
}

/* Run exec_payload() until it would leave, and return its exit status. */
static int leave_by_exec(const char *program)
{
    box.program = program;
    box.argv = arguments;
    box.channel[CHILD] = 50;
    box.terminal = -1;
    if (setjmp(recorder_exit) == 0)
        exec_payload(&box);
    return recorder_status;
}

static void test_exec_payload_arms_resets_executes(void **state)
{
    (void)state;
    record_anew(0, 0);
    assert_int_equal(leave_by_exec("/no/such"), EXIT_NOT_FOUND);
    assert_recorded("exec_payload");
}

static void test_exec_payload_looks_in_path(void **state)
{
    (void)state;
    putenv("PATH=/a:/b"); /* setenv is the recorder's */
    record_anew(0, 0);
    assert_int_equal(leave_by_exec("no-such"), EXIT_NOT_FOUND);
    const char *first = strstr(recorded(), "    execve(\"/a/no-such\", ");
    assert_non_null(first);
    assert_non_null(strstr(first, "    execve(\"/b/no-such\", "));
}

static void test_exec_payload_stops_when_unarmed_or_alone(void **state)
{
    (void)state;
    for (int n = 1; n <= 4; n++) {
        record_anew(n, EPERM);
        assert_int_equal(leave_by_exec("/bin/true"), EXIT_OWN_FAILURE);
        assert_null(strstr(recorded(), "execve"));
        assert_true(recorded_before_failure() >= 0);
    }
}

static void test_exec_payload_cannot_run(void **state)
{
    static const int errors[] = {EACCES, ENOEXEC, ENOMEM, ETXTBSY};

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        record_anew(7, errors[i]);
        assert_int_equal(leave_by_exec("/bin/true"), EXIT_CANNOT_RUN);
    }
}

#define GO         "    send(51, \"\\0\", 1, MSG_NOSIGNAL) = 1\n"
#define KILL(name) "    kill(1234, SIG" name ") = 0\n"
#define KILL_ALL   "    kill_everybody(1234) = 0\n"

/* Feed the launcher with these signals, and return what it did. */
static const char *wait_with(const int *signals)
{
    recorder_signals = signals;
    box.pid = 1234;
    box.channel[LAUNCHER] = 51;
    box.waits = true;
    box.foreground = -1;
    box.users = -1;
    box.pty[0] = box.pty[1] = -1;
    record_anew(0, 0);
    assert_int_equal(wait_for_payload(&box), 7);
    const char *go = strstr(recorded(), GO);
    assert_non_null(go);
    return go + strlen(GO);
}

/* Process 1 may be the payload by now, and its end of the socket closed. */
static void test_no_go_where_process_1_does_not_wait(void **state)
{
    static const int none[] = {0};

    (void)state;
    record_anew(0, 0);
    assert_int_equal(spawn(), 0);
    assert_false(box.waits);
    box.explain = true;
    assert_int_equal(spawn(), 0);
    assert_true(box.waits);
    box.explain = box.waits = false;
    recorder_signals = none;
    record_anew(0, 0);
    assert_int_equal(wait_for_payload(&box), 7);
    assert_null(strstr(recorded(), "send"));
}

/* --pause: nothing goes on by itself, and SIGUSR1 is "go". */
static void test_wait_takes_a_signal_for_go(void **state)
{
    static const int signals[] = {SIGUSR2, SIGUSR1, 0};

    (void)state;
    box.pauses = true;
    assert_string_equal(wait_with(signals), "");
    box.pauses = false;
    assert_non_null(strstr(recorded(), KILL("USR2") GO));
}

/* What the host refused to take is no success of the payload's. */
static void test_wait_fails_where_output_is_lost(void **state)
{
    static const int none[] = {0};

    (void)state;
    recorder_signals = none;
    record_anew(0, 0);
    recorder_relay_loses = true;
    assert_int_equal(wait_for_payload(&box), EXIT_OWN_FAILURE);
    recorder_relay_loses = false;
    assert_int_equal(wait_for_payload(&box), 7);
}

/* First of all tests of asking: the launcher remembers when it was asked. */
static void test_wait_asks_once_then_kills(void **state)
{
    static const int signals[] = {SIGTERM, SIGTERM, 0};

    (void)state;
    assert_string_equal(wait_with(signals),
                        KILL("TERM") KILL("TERM") KILL_ALL);
}

/* A second later: two hang-ups are as good as two SIGTERMs, and one, when the
 * terminal is gone, counts after a while. */
static void test_wait_ends_what_is_deaf_to_hang_ups(void **state)
{
    static const int two[] = {SIGHUP, SIGHUP, 0}, one[] = {SIGHUP, 0};

    (void)state;
    usleep(2100000);
    assert_string_equal(wait_with(two), KILL("HUP") KILL("HUP") KILL_ALL);
    usleep(2100000);
    recorder_terminal_is_gone = true;
    assert_string_equal(wait_with(one), KILL("HUP"));
    assert_in_range((long)((box.end_by - seconds()) * 10), 15, 20);
    recorder_terminal_is_gone = false;
    usleep(2100000); /* for the tests that follow, it was not asked */
}

/* What was started in the background has no right to the terminal. */
static void test_exec_payload_leaves_a_terminal_in_use(void **state)
{
    (void)state;
    box.terminal = 5;
    box.foreground = 77;
    box.group = 78;
    box.program = "/no/such";
    box.argv = arguments;
    record_anew(0, 0);
    if (setjmp(recorder_exit) == 0)
        exec_payload(&box);
    assert_non_null(strstr(recorded(), "do_without_terminal("));
    box.group = 77;
    record_anew(0, 0);
    if (setjmp(recorder_exit) == 0)
        exec_payload(&box);
    assert_null(strstr(recorded(), "do_without_terminal("));
    assert_null(strstr(recorded(), "setpgid("));
}

static void test_wait_passes_signals_on(void **state)
{
    static const int signals[] = {SIGHUP,  SIGUSR1,  SIGUSR2, SIGQUIT,
                                  SIGCHLD, SIGWINCH, SIGCONT, 0};

    (void)state;
    assert_string_equal(wait_with(signals),
                        KILL("HUP") KILL("USR1") KILL("USR2") KILL("QUIT")
                            KILL("CONT"));
}

static void test_wait_stops_with_the_payload(void **state)
{
    static const int signals[] = {SIGTSTP, SIGCONT, 0};

    (void)state;
    assert_string_equal(wait_with(signals),
                        KILL("STOP") "    raise(SIGSTOP) = 0\n" KILL("CONT"));
}

static void test_wait_leaves_typed_keys_to_the_terminal(void **state)
{
    static const int signals[] = {-SIGINT, -SIGQUIT, -SIGINT, 0};

    (void)state;
    assert_string_equal(wait_with(signals), "");
}

/* Of another session, and without a terminal: what is typed reaches us only.
 */
static void test_wait_passes_typed_keys_to_another_session(void **state)
{
    static const int signals[] = {-SIGQUIT, 0};

    (void)state;
    recorder_session = 1234;
    const char *passed = wait_with(signals);
    recorder_session = 0;
    assert_string_equal(passed, KILL("QUIT"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spawn_isolated_blocks_signals_then_clones),
        cmocka_unit_test(test_spawn_isolated_refuses_the_exit_signals_byte),
        cmocka_unit_test(test_spawn_isolated_reports_each_failure),
        cmocka_unit_test(test_no_go_where_process_1_does_not_wait),
        cmocka_unit_test(test_wait_takes_a_signal_for_go),
        cmocka_unit_test(test_exec_payload_arms_resets_executes),
        cmocka_unit_test(test_exec_payload_looks_in_path),
        cmocka_unit_test(test_exec_payload_stops_when_unarmed_or_alone),
        cmocka_unit_test(test_exec_payload_cannot_run),
        cmocka_unit_test(test_wait_fails_where_output_is_lost),
        cmocka_unit_test(test_wait_asks_once_then_kills),
        cmocka_unit_test(test_wait_ends_what_is_deaf_to_hang_ups),
        cmocka_unit_test(test_exec_payload_leaves_a_terminal_in_use),
        cmocka_unit_test(test_wait_passes_signals_on),
        cmocka_unit_test(test_wait_stops_with_the_payload),
        cmocka_unit_test(test_wait_leaves_typed_keys_to_the_terminal),
        cmocka_unit_test(test_wait_passes_typed_keys_to_another_session),
    };

    return RUN_TESTS(tests, NULL);
}
