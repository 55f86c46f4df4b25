/* SPDX-License-Identifier: MIT
 *
 * cmocka.h wants these before it; once here, never in a test. And what unit
 * and integration tests both need.
 */
#ifndef CMOCKA_PRELUDE_H
#define CMOCKA_PRELUDE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

/* What every test's main() does: run the group; with TEST=glob in the
 * environment, only the tests whose names match; with ROOTLESS, see
 * sandbox.h, not those named *_as_root. */
#define RUN_TESTS(tests, setup)                                              \
    (getenv("ROOTLESS") != NULL ? cmocka_set_skip_filter("*_as_root")        \
                                : (void)0,                                   \
     getenv("TEST") != NULL && *getenv("TEST") != '\0'                       \
         ? cmocka_set_test_filter(getenv("TEST"))                            \
         : (void)0,                                                          \
     cmocka_run_group_tests(tests, setup, NULL))

/* The number that a shell command prints first. */
static inline int number_from(const char *command)
{
    int number = -1;
    FILE *pipe = popen(command, "r");

    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%d", &number), 1);
    pclose(pipe);
    return number;
}

#endif
