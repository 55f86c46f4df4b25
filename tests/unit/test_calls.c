/* SPDX-License-Identifier: MIT
 *
 * How --explain writes calls down. (That it tells all of them, as strace
 * does, is for tests/compare_explain.)
 */
#include "cmocka_prelude.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common.h"
#include "recorder.h"

/* What is told of the calls after this. */
static void begin(int fail_at, int error)
{
    record_anew(fail_at, error);
    explain_goals(true);
}

static int end(void **state)
{
    (void)state;
    explain_goals(false);
    return 0;
}

static void test_nothing_is_told_unasked(void **state)
{
    (void)state;
    explain_goals(false);
    mkdir("a", 0755);
    must(0, "make a directory");
    assert_string_equal(told_calls(), "");
}

static void test_calls_stand_below_their_goal(void **state)
{
    (void)state;
    begin(0, 0);
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE | 1UL << 27, NULL);
    must(0, "cut %s off", "/");
    assert_string_equal(recorder_said,
                        "os_isolate: cut / off: done\n"
                        "    mount(NULL, \"/\", NULL, "
                        "MS_REC|MS_PRIVATE|0x8000000, NULL) = 0\n");
    must(LEFT_OUT, "rest");
    assert_string_equal(recorder_said, "os_isolate: rest: LEFT OUT\n");
    must(nothing_to_do("it is Sunday"), "work");
    assert_string_equal(recorder_said,
                        "os_isolate: work: nothing to do: it is Sunday\n");
}

/* With its errno, which stays, also one that has no name here. */
static void test_failures_are_told(void **state)
{
    struct stat st;

    (void)state;
    begin(1, EROFS);
    assert_int_equal(chdir("a\n\"b"), -1);
    assert_int_equal(errno, EROFS);
    assert_string_equal(told_calls(),
                        "    chdir(\"a\\n\\\"b\") = -1 EROFS (Read-only file "
                        "system)\n");
    begin(1, ENOENT);
    assert_int_equal(stat("/x", &st), -1);
    assert_string_equal(told_calls(), "    stat(\"/x\", {...}) = -1 ENOENT "
                                      "(No such file or directory)\n");
    begin(1, EDOM);
    chdir("/");
    assert_string_equal(told_calls(), "    chdir(\"/\") = -1 ? (Numerical "
                                      "argument out of domain)\n");
    if (setjmp(recorder_exit) == 0)
        must(-1, "go home");
    assert_non_null(strstr(recorder_said, "os_isolate: go home: "));
    assert_non_null(strstr(recorder_said, "\n    chdir(\"/\") = -1 "));
}

/* Some arguments are there only with some flags. */
static void test_arguments_that_are_not_used_are_not_told(void **state)
{
    (void)state;
    begin(0, 0);
    openat(AT_FDCWD, "f", O_RDONLY | O_CLOEXEC);
    openat(7, "f", O_WRONLY | O_CREAT, 0644);
    mknod("f", S_IFREG | 0600, 0);
    mknod("d", S_IFCHR | 0600, 259);
    assert_string_equal(
        told_calls(), "    openat(AT_FDCWD, \"f\", O_RDONLY|O_CLOEXEC) = 31\n"
                      "    openat(7, \"f\", O_WRONLY|O_CREAT, 0644) = 31\n"
                      "    mknod(\"f\", S_IFREG|0600) = 0\n"
                      "    mknod(\"d\", S_IFCHR|0600, makedev(0x1, 0x3)) = "
                      "0\n");
}

/* What is not in the tables is told by number. */
static void test_unknown_calls_are_told_by_number(void **state)
{
    int size = 0;

    (void)state;
    begin(0, 0);
    ioctl(3, FIONREAD, &size);
    assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
    assert_non_null(strstr(told_calls(), "    ioctl(3, 0x541b"));
    assert_non_null(strstr(told_calls(), "    prctl(0x4"));
}

static void test_loops_are_shortened(void **state)
{
    static const unsigned long all_default[8];

    (void)state;
    begin(0, 0);
    for (int signo = 1; signo <= 10; signo++)
        syscall(SYS_rt_sigaction, signo, all_default, NULL, 8);
    chdir("/");
    must(0, "reset");
    const char *gap = strstr(recorder_said, "    ... 7 more ...\n");
    assert_non_null(gap);
    assert_non_null(strstr(recorder_said, "SIGINT, {sa_handler=SIG_DFL"));
    assert_null(strstr(recorder_said, "SIGQUIT"));
    assert_non_null(strstr(gap, "rt_sigaction(SIGUSR1, "));
    assert_non_null(strstr(gap, "\n    chdir(\"/\") = 0\n"));
}

static void test_too_many_calls_say_so(void **state)
{
    (void)state;
    begin(0, 0);
    for (int i = 0; i < 9000; i++)
        close(1000 + i);
    must(0, "close them");
    assert_non_null(strstr(recorder_said, "os_isolate: close them: done\n"));
    assert_non_null(strstr(recorder_said, " = 0\n    ... and more than"));
    assert_string_equal(told_calls(), "");
    chdir("/");
    must(0, "go on");
    assert_string_equal(recorder_said,
                        "os_isolate: go on: done\n    chdir(\"/\") = 0\n");
}

/* A call without its #define would be made, and told nobody; here, too. */
static void test_each_call_of_the_table_is_told(void **state)
{
    char name[64] = "";
    FILE *names =
        popen("cd common/plumbing; sed -n 's/^ *CALL([a-z_]*, "
              "\\([a-z0-9_]*\\),.*/\\1/p' calls.h | "
              "while read -r n; do grep -q \"^#define $n(\" calls.h "
              "|| echo $n; done; grep -c CALL\\( calls.h",
              "r");

    (void)state;
    assert_non_null(names);
    assert_int_equal(fscanf(names, "%63s", name), 1);
    pclose(names);
    if (atoi(name) < 50) /* the number of rows comes after the names */
        fail_msg("%s: common/plumbing/calls.h has no #define for it", name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_of_the_table_is_told),
        cmocka_unit_test(test_nothing_is_told_unasked),
        cmocka_unit_test_teardown(test_calls_stand_below_their_goal, end),
        cmocka_unit_test_teardown(test_failures_are_told, end),
        cmocka_unit_test_teardown(
            test_arguments_that_are_not_used_are_not_told, end),
        cmocka_unit_test_teardown(test_unknown_calls_are_told_by_number, end),
        cmocka_unit_test_teardown(test_loops_are_shortened, end),
        cmocka_unit_test_teardown(test_too_many_calls_say_so, end),
    };

    return RUN_TESTS(tests, NULL);
}
