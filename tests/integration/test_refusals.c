/* SPDX-License-Identifier: MIT
 *
 * --explain-refusals: each call that step 4's filter refuses is told, with
 * the line that refuses it. (That the payload's answers stay what they are,
 * of all attacks, is for test_attacks.c; the terminal for test_terminal.c.)
 */
#include "cmocka_prelude.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"

#define TEXTS "step4_seccomp/"

/* The line of a text that has TEXT in it. */
static int line_of(const char *path, const char *text)
{
    char *content = read_file(path);
    char *at = strstr(content, text);
    int line = 1;

    assert_non_null(at);
    for (char *c = content; c < at; c++)
        line += *c == '\n';
    free(content);
    return line;
}

/* What ARGV, at most 8 arguments, says in step 4 with --explain-refusals. */
static void run_told(struct outcome *outcome, const char *const *argv)
{
    static char bind[PATH_MAX];
    char cwd[PATH_MAX / 2];
    char *words[16] = {(char *)step_program(4), (char *)"--explain-refusals",
                       (char *)"-B", bind, (char *)"-b"};

    assert_non_null(getcwd(cwd, sizeof(cwd)));
    snprintf(bind, sizeof(bind),
             "%s/build/tests/integration/refused:/refused", cwd);
    words[5] = (char *)argv[0];
    words[6] = (char *)"--";
    for (int i = 1; argv[i] != NULL; i++)
        words[6 + i] = (char *)argv[i];
    run(outcome, NULL, words);
}

/* SCRIPT says TOLD of one call, and the line of TEXT in FILE with its WHY. */
static void expect_told(const char *script, const char *told,
                        const char *file, const char *text, const char *why)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct outcome outcome;
    char expected[1024];

    run_told(&outcome, argv);
    snprintf(
        expected, sizeof(expected),
        "os_isolate: %s\n    " TEXTS "%s:%d: %s\n", told, file,
        line_of(file[0] == 'p' ? TEXTS "policy.txt" : TEXTS "arguments.txt",
                text),
        why);
    if (strstr(outcome.err, expected) == NULL)
        fail_msg("not \"%s\" in \"%s\"", expected, outcome.err);
}

static void test_a_refused_call_is_told_with_its_line(void **state)
{
    (void)state;
    expect_told("dmesg",
                "dmesg was refused syslog(10, NULL, 0) = -1 EPERM (Operation "
                "not permitted)",
                "policy.txt", "    syslog\n",
                "kernel log: the kernel has one, and it names devices and "
                "addresses");
    expect_told("/refused mount",
                "refused was refused mount(\"none\", \"/mnt\", \"tmpfs\", 0, "
                "NULL) = -1 EPERM (Operation not permitted)",
                "policy.txt", "    fsconfig ",
                "mounts: disks and the host's tree; the old calls and the "
                "new ones");
    expect_told("unshare -U id",
                "unshare was refused unshare(CLONE_NEWUSER) = -1 EPERM "
                "(Operation not permitted)",
                "policy.txt", "    setns ",
                "namespaces: new ones give capabilities back, others' lead "
                "out");
    expect_told("/refused device",
                "refused was refused mknodat(AT_FDCWD, \"/tmp/d\", "
                "S_IFBLK|0666, makedev(0x8, 0x1)) = -1 EPERM (Operation not "
                "permitted)",
                "arguments.txt", "EPERM mknodat:", "mknodat: device files");
}

/* What nothing is done for, and answers 0. */
static void test_a_pretended_success_is_told(void **state)
{
    const char *argv[] = {"/bin/bash", "-c", "ulimit -c 5", NULL};
    struct outcome outcome;

    (void)state;
    run_told(&outcome, argv);
    assert_int_equal(outcome.status, 0);
    assert_matches(outcome.err,
                   "^os_isolate: bash was refused (prlimit64\\(0, |"
                   "setrlimit\\()RLIMIT_CORE, 0x[0-9a-f]+(, NULL)?\\) = 0\n"
                   "    step4_seccomp/arguments.txt:[0-9]+: [^\n]*\n$");
}

/* And what is allowed is not told. */
static void test_nothing_else_is_told(void **state)
{
    const char *argv[] = {"/bin/sh", "-c",
                          "ls / >/dev/null; echo $((1 + 1)); exit 7", NULL};
    struct outcome outcome;

    (void)state;
    run_told(&outcome, argv);
    assert_int_equal(outcome.status, 7);
    assert_string_equal(outcome.out, "2\n");
    assert_string_equal(outcome.err, "");
}

static void test_names_are_told_as_far_as_they_go(void **state)
{
    const char *argv[] = {"/refused", "strings", NULL};
    struct outcome outcome;
    char expected[2048], xs[65];
    int line = line_of(TEXTS "policy.txt", "    fsconfig ") + 1;

    (void)state;
    memset(xs, 'x', 64);
    xs[64] = '\0';
    run_told(&outcome, argv);
    assert_string_equal(outcome.out, "0 wrong\n");
    snprintf(
        expected, sizeof(expected),
        "^os_isolate: refused was refused umount2\\(\"/a\\\\n\\\\\"\\\\33\\["
        "31m\", 0\\) = -1 EPERM [^\n]*\n    [^\n]*policy.txt:%d: [^\n]*\n"
        "os_isolate: refused was refused umount2\\(\"%s\\.\\.\\.\", "
        "MNT_DETACH\\) = [^\n]*\n[^\n]*\n"
        "os_isolate: refused was refused umount2\\(\"/en\", 0\\) = "
        "[^\n]*\n[^\n]*\n"
        "os_isolate: refused was refused umount2\\(0x[0-9a-f]+, 0\\) = "
        "[^\n]*\n[^\n]*\n"
        "os_isolate: refused was refused umount2\\(NULL, 0\\) = "
        "[^\n]*\n[^\n]*\n$",
        line, xs);
    assert_matches(outcome.err, expected);
}

/* Every call is told, in whole lines, from several processes at once. */
static void test_a_flood_is_told(void **state)
{
    (void)state;
    expect_for(
        4,
        "$O --explain-refusals -B build/tests/integration/refused:/r -b /r "
        "-- flood 8000 2>$T/err >$T/out && "
        "[ \"$(cat $T/out)\" = '0 wrong' ] && "
        "[ $(wc -l <$T/err) = 16000 ] && "
        "[ $(grep -cx 'os_isolate: r was refused syslog(10, NULL, 0) = -1 "
        "EPERM (Operation not permitted)' $T/err) = 8000 ] && "
        "[ $(grep -cx '    step4_seccomp/policy.txt:[0-9]*: kernel log: .*' "
        "$T/err) = 8000 ] && echo good",
        "^good\n$");
}

/* Nobody reads what is told: then the payload waits, but we do not. */
static void test_a_flood_that_nobody_reads_can_be_ended(void **state)
{
    (void)state;
    expect_for(
        4,
        "mkfifo $T/fifo; exec 5<>$T/fifo; "
        "$O --explain-refusals -B build/tests/integration/refused:/r -b /r "
        "-- flood 100000 2>$T/fifo >$T/out & l=$!; "
        "until grep -q poll /proc/$l/wchan || [ $(cat /proc/$l/wchan) = 0 ]; "
        "do sleep 0.1; done; sleep 1; "
        "[ ! -s $T/out ] || exit 1; "
        "kill -TERM $l; sleep 0.2; kill -TERM $l; wait $l; [ $? = 137 ] && echo good",
        "^good\n$");
}

/* The kernel answers ENOSYS then; and the payload dies with the launcher. */
static void test_the_payload_dies_with_its_launcher(void **state)
{
    (void)state;
    expect_for(
        4,
        "mkfifo $T/fifo; exec 5<>$T/fifo; "
        "$O --explain-refusals -B build/tests/integration/refused:/r -b /r "
        "-- flood 100000000 2>$T/fifo >/dev/null & l=$!; "
        "until p=$(cat /proc/$l/task/$l/children) && [ -n \"$p\" ] && "
        "    [ $(wc -w </proc/${p% }/task/${p% }/children) = 4 ]; do "
        "    sleep 0.05; done; p=${p% }; sleep 0.5; "
        "q=$(cat /proc/$p/task/$p/children); "
        "kill -KILL $l; wait $l; n=0; "
        "for i in $p $q; do while [ -e /proc/$i ]; do "
        "    n=$((n + 1)); [ $n -lt 200 ] || exit 1; sleep 0.05; done; done; echo good",
        "^good\n$");
}

static void test_payloads_may_die_meanwhile(void **state)
{
    const char *argv[] = {"/refused", "killed", "300", NULL};
    struct outcome outcome;

    (void)state;
    run_told(&outcome, argv);
    assert_int_equal(outcome.status, 0);
    assert_string_equal(outcome.out, "0 wrong\n");
}

static void test_signals_come_meanwhile(void **state)
{
    const char *argv[] = {"/refused", "signals", "2000", NULL};
    struct outcome outcome;

    (void)state;
    run_told(&outcome, argv);
    assert_int_equal(outcome.status, 0);
    assert_string_equal(outcome.out, "0 wrong\n");
}

#ifdef __x86_64__ /* which builds and runs both */
/* The same call has another number there. The attack is its own loader: that
 * an image has one is what lets 32-bit programs in. */
static void test_32_bit_programs_calls_are_told_as_root(void **state)
{
    (void)state;
    need("32-bit");
    expect_for(4,
               "lib=$(realpath -m --relative-to=$I $I/lib); "
               "l=/$lib/ld-linux.so.2; "
               "$O --explain-refusals -B build/tests/attacks-i386/kernel_log:"
               "$l -b $l 2>&1 || :",
               "os_isolate: ld-linux.so.2 was refused syslog\\([^\n]* = -1 "
               "EPERM \\(Operation not permitted\\)\n"
               "    step4_seccomp/policy.txt:[0-9]+: kernel log: [^\n]*\n");
}

/* And by a 64-bit program, where the image holds no 32-bit ones. */
static void test_calls_by_int80_are_told_as_root(void **state)
{
    (void)state;
    need("int80");
    expect_for(
        4,
        "[ -e $I/lib/ld-linux.so.2 ] || "
        "$O --explain-refusals -B build/tests/attacks/socket_family:/a "
        "-b /a -- uevents socketcall 2>&1 || :",
        "^$|os_isolate: a was refused socketcall\\([^\n]* = -1 ENOSYS "
        "\\(Function not implemented\\)\n    step4_seccomp/policy.txt: "
        "32-bit programs' calls, [^\n]*\n");
}
#endif

static void test_the_option_wants_the_filter(void **state)
{
    (void)state;
    expect_for(3, "$O --explain-refusals true 2>&1; echo $?",
               "^os_isolate: --explain-refusals: step 3 does not have it, "
               "step 4 does\n[^\n]*\n125\n$");
    expect_for(4, "$O --explain-refusals --without filter true 2>&1; echo $?",
               "--explain-refusals: without the layer \"filter\" nothing is "
               "refused\n[^\n]*\n125\n$");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_refused_call_is_told_with_its_line),
        cmocka_unit_test(test_a_pretended_success_is_told),
        cmocka_unit_test(test_nothing_else_is_told),
        cmocka_unit_test(test_names_are_told_as_far_as_they_go),
        cmocka_unit_test(test_a_flood_is_told),
        cmocka_unit_test(test_a_flood_that_nobody_reads_can_be_ended),
        cmocka_unit_test(test_the_payload_dies_with_its_launcher),
        cmocka_unit_test(test_payloads_may_die_meanwhile),
        cmocka_unit_test(test_signals_come_meanwhile),
#ifdef __x86_64__
        cmocka_unit_test(test_32_bit_programs_calls_are_told_as_root),
        cmocka_unit_test(test_calls_by_int80_are_told_as_root),
#endif
        cmocka_unit_test(test_the_option_wants_the_filter),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
