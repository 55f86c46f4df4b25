/* SPDX-License-Identifier: MIT
 *
 * What is written about the programs is what they do.
 */
#include "cmocka_prelude.h"

#include "sandbox.h"

/* And the commands that they show leave nothing in the image. */
static void test_documents_say_what_programs_print(void **state)
{
    (void)state;
    setenv("I", image(), 1);
    expect_good("touch $T/before; sleep 0.02; tools/report --check || exit; "
                "changed=$(find \"$I/\" -xdev -newer $T/before); "
                "[ -z \"$changed\" ] || { echo \"$changed\"; false; }");
}

static void test_manual_has_the_options_of_help(void **state)
{
    (void)state;
    expect_good("tests/compare_manual");
}

/* The system calls that the steps' READMEs show, helper by helper. */
static void test_steps_list_the_calls_that_are_made(void **state)
{
    (void)state;
    need("users-root");
    need("idmap");
    expect_good("tests/compare_lists");
}

/* Long sentences, odd words, the report's format: what can be counted. */
static void test_prose_keeps_its_bounds(void **state)
{
    (void)state;
    expect_good("tests/prose");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_say_what_programs_print),
        cmocka_unit_test(test_prose_keeps_its_bounds),
        cmocka_unit_test(test_steps_list_the_calls_that_are_made),
        cmocka_unit_test(test_manual_has_the_options_of_help),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
