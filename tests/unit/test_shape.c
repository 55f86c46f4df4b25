/* SPDX-License-Identifier: MIT
 *
 * The diff between two steps is the lesson; it has to stay a slide, and the
 * whole an evening's reading.
 */
#include "cmocka_prelude.h"

#include <stdio.h>
#include <string.h>

/* The number that a shell command prints. */
static int number_from(const char *command)
{
    int number = -1;
    FILE *pipe = popen(command, "r");

    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%d", &number), 1);
    pclose(pipe);
    return number;
}

static void test_steps_differ_by_30_lines_at_most(void **state)
{
    static const char *const steps[] = {"step1_pid", "step2_net", "step3_mnt",
                                        "step4_seccomp"};
    char command[256];

    (void)state;
    for (int i = 0; i < 3; i++) {
        snprintf(command, sizeof(command),
                 "diff %s/os_isolate.c %s/os_isolate.c | grep -c '^[<>]'",
                 steps[i], steps[i + 1]);
        int lines = number_from(command);
        printf("%s -> %s: %d changed lines\n", steps[i], steps[i + 1], lines);
        assert_in_range(lines, 1, 30);
    }
}

/* Lines from NAME's signature to the "}" that ends it. */
static void assert_longest(const char *name, int limit)
{
    char command[256];

    snprintf(command, sizeof(command),
             "awk '/^(static )?int %s\\(/ {n = 0; on = 1} on {n++} "
             "/^}/ {if (on && n > m) m = n; on = 0} END {print m}' "
             "step*/os_isolate.c",
             name);
    int longest = number_from(command);
    printf("longest %s: %d lines\n", name, longest);
    assert_in_range(longest, 3, limit);
}

static void test_child_and_main_fit_a_slide(void **state)
{
    (void)state;
    assert_longest("child", 36);
    assert_longest("main", 15);
}

/* Comments and blank lines are not counted: there is no bound on comments. */
static void test_lesson_is_an_evenings_reading(void **state)
{
    (void)state;
    int lines = number_from("cat common/*.[ch] step*/*.[ch] | "
                            "cc -fpreprocessed -dD -E -P - 2>/dev/null | "
                            "grep -c '[^ ]'");
    printf("the lesson: %d lines of C\n", lines);
    assert_in_range(lines, 500, 1200);
}

/* A newcomer reads it whole; the tests' rules have a file of their own. */
static void test_makefile_is_short(void **state)
{
    (void)state;
    assert_in_range(number_from("wc -l <Makefile"), 50, 220);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_differ_by_30_lines_at_most),
        cmocka_unit_test(test_child_and_main_fit_a_slide),
        cmocka_unit_test(test_makefile_is_short),
        cmocka_unit_test(test_lesson_is_an_evenings_reading),
    };

    return RUN_TESTS(tests, NULL);
}
