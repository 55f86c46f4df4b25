/* SPDX-License-Identifier: MIT
 *
 * The diff between two steps is the lesson; it has to stay a slide, and the
 * whole an evening's reading.
 */
#include "cmocka_prelude.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Print what is used of a bound. */
static void assert_within(int number, int least, int most, const char *what)
{
    printf("%s: %d of %d lines\n", what, number, most);
    if (number < least || number > most)
        fail_msg("%s: %d lines, and it may be %d to %d. CONTRIBUTING.md, "
                 "\"What the bounds are\", says why, and how to make room.",
                 what, number, least, most);
}

static void test_steps_differ_by_30_lines_at_most(void **state)
{
    static const char *const steps[] = {"step1_pid", "step2_net", "step3_mnt",
                                        "step4_seccomp"};
    char command[256], what[64];

    (void)state;
    for (int i = 0; i < 3; i++) {
        snprintf(command, sizeof(command),
                 "diff %s/os_isolate.c %s/os_isolate.c | grep -c '^[<>]'",
                 steps[i], steps[i + 1]);
        snprintf(what, sizeof(what), "changed from %s to %s", steps[i],
                 steps[i + 1]);
        assert_within(number_from(command), 1, 30, what);
    }
}

/* Lines from NAME's signature to the "}" that ends it. */
static void assert_longest(const char *name, int limit)
{
    char command[256], what[64];

    snprintf(command, sizeof(command),
             "awk '/^(static )?int %s\\(/ {n = 0; on = 1} on {n++} "
             "/^}/ {if (on && n > m) m = n; on = 0} END {print m}' "
             "step*/os_isolate.c",
             name);
    snprintf(what, sizeof(what), "the longest %s()", name);
    assert_within(number_from(command), 3, limit, what);
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
    assert_within(number_from("cat common/*.[ch] step*/*.[ch] | "
                              "cc -fpreprocessed -dD -E -P - 2>/dev/null | "
                              "grep -c '[^ ]'"),
                  500, 1200, "the lesson, in C");
}

/* Also counted without comments, and for what makes the filter, too. What has
 * fewer lines with them need not be counted. */
static void test_files_are_short(void **state)
{
    char *largest = NULL;
    size_t size = 0;
    FILE *pipe = popen(
        "for file in $(wc -l common/*.[ch] common/plumbing/*.[ch] "
        "step*/*.[ch] step4_seccomp/plumbing/*.[ch] tools/policy/*.[ch] "
        "| awk '$1 > 200 && $2 != \"total\" { print $2 }'); do "
        "echo $(cc -fpreprocessed -dD -E -P - <$file 2>/dev/null | "
        "grep -c '[^ ]') $file; done | sort -n | tail -n 1",
        "r");

    (void)state;
    assert_non_null(pipe);
    assert_true(getline(&largest, &size, pipe) > 0);
    pclose(pipe);
    largest[strcspn(largest, "\n")] = '\0';
    assert_within(atoi(largest), 50, 250, strchr(largest, ' ') + 1);
    free(largest);
}

/* A newcomer reads it whole; the tests' rules have a file of their own. */
static void test_makefile_is_short(void **state)
{
    (void)state;
    assert_within(number_from("wc -l <Makefile"), 50, 220, "Makefile");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_differ_by_30_lines_at_most),
        cmocka_unit_test(test_child_and_main_fit_a_slide),
        cmocka_unit_test(test_files_are_short),
        cmocka_unit_test(test_makefile_is_short),
        cmocka_unit_test(test_lesson_is_an_evenings_reading),
    };

    return RUN_TESTS(tests, NULL);
}
