/* SPDX-License-Identifier: MIT
 *
 * What is written about the programs is what they do.
 */
#include "cmocka_prelude.h"

#include <stdio.h>

#include "sandbox.h"

/* Run a script of ours, which prints why it failed, or (77) cannot run. */
static void expect_good(const char *script)
{
    struct outcome outcome;
    char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};

    run(&outcome, NULL, argv);
    if (outcome.status == 77) {
        print_message("# SKIP: %s\n", outcome.out);
        skip();
    }
    if (outcome.status != 0)
        fail_msg("%s\n%s", outcome.out, outcome.err);
}

static void test_documents_say_what_programs_print(void **state)
{
    (void)state;
    expect_good("tools/report --check");
}

static void test_manual_has_the_options_of_help(void **state)
{
    (void)state;
    expect_good("tests/compare_manual");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_say_what_programs_print),
        cmocka_unit_test(test_manual_has_the_options_of_help),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
