/* SPDX-License-Identifier: MIT
 *
 * What is written about the programs is what they do.
 */
#include "cmocka_prelude.h"

#include <stdlib.h>

#include "sandbox.h"

/* Run a script, with a directory $T; it prints why it failed, or (77) cannot
 * run. */
static void expect_good(const char *script)
{
    struct outcome outcome;
    char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};

    setenv("T", scratch_directory(), 1);
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

/* Long sentences, odd words, the report's format: what can be counted. */
static void test_prose_keeps_its_bounds(void **state)
{
    (void)state;
    expect_good("tests/prose");
}

/* 80x24: no line longer, no slide higher, and no colour into a file. */
static void test_lecture_fits_the_screen(void **state)
{
    (void)state;
    expect_good(
        "tools/lecture --auto >$T/out && ! grep -n '[[:cntrl:]]' $T/out && "
        "[ $(grep -c '^----' $T/out) -ge 20 ] && "
        "awk 'length > 80 { print; bad = 1 } /^----/ { n = -1 }"
        "     ++n > 22 { print \"too high: \" $0; bad = 1 }"
        "     END { exit bad }' $T/out && "
        "! tools/lecture --step 4 | grep '^== Step 3'");
}

/* With somebody at the keyboard. */
static void test_lecture_goes_on_by_enter(void **state)
{
    (void)state;
    expect_good(
        "export TYPING=0 NO_COLOR=1 TERM=xterm; "
        "while sleep 0.02; do echo || exit; done | timeout $((40 * ${SLOW:-1})) script -qec tools/lecture $T/typed >/dev/null && "
        "[ $(grep -c '== ' $T/typed) -ge 20 ] && "
        "[ $(grep -c 'Enter.*goes on' $T/typed) -ge 20 ] && "
        "! grep '\\[1m' $T/typed");
}

/* What it shows is true: what must work does, what must fail fails. */
static void test_lecture_attacks_work_then_fail(void **state)
{
    (void)state;
    expect_good("tools/lecture --auto >$T/out; "
                "want() { cat $T/out | tr '\\n' ' ' | grep -q \"$1\" || "
                "    { echo \"missing: $1\"; cat $T/out; exit 1; }; }; "
                "want 'kill: No such process.*It is alive'; "
                "want 'out of the chroot.*secret: No such file'; "
                "want 'bytes of the kernel.s log.*syslog: Operation not'; "
                "want 'core_pattern is open.*core_pattern: Permission'; "
                "want 'CapEff: 00000000000000fb'");
}

/* Interrupted at any moment it leaves no file, mount or process behind. */
static void test_lecture_leaves_nothing_behind(void **state)
{
    (void)state;
    expect_good("export TMPDIR=$T/tmp; mkdir $TMPDIR; "
                "cat /proc/self/mountinfo >$T/before; "
                "for after in 0.01 0.05 0.1 0.2 0.4 0.7 1; do"
                "    timeout -s INT $after tools/lecture --auto >$T/out; "
                "    pgrep -f $TMPDIR/lecture && exit 1; "
                "    ls $TMPDIR | grep . && exit 2; "
                "done; "
                "diff /proc/self/mountinfo $T/before");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documents_say_what_programs_print),
        cmocka_unit_test(test_prose_keeps_its_bounds),
        cmocka_unit_test(test_lecture_fits_the_screen),
        cmocka_unit_test(test_lecture_goes_on_by_enter),
        cmocka_unit_test(test_lecture_attacks_work_then_fail),
        cmocka_unit_test(test_lecture_leaves_nothing_behind),
        cmocka_unit_test(test_manual_has_the_options_of_help),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
