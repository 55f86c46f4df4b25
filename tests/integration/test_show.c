/* SPDX-License-Identifier: MIT
 *
 * What is shown to a class: the demo and the lecture.
 */
#include "cmocka_prelude.h"

#include "sandbox.h"

/* The demo's last screen is the result; five columns fit 80 characters. */
static void test_demo_ends_with_the_result(void **state)
{
    (void)state;
    expect_good(
        "export TMPDIR=$T/tmp; mkdir $TMPDIR; n=$(ip -o link | wc -l); "
        "tools/demo >$T/demo || exit 1; "
        "ls -A $TMPDIR | grep . && exit 2; "
        "awk 'length > 80 { print; bad = 1 } END { exit bad }' $T/demo && "
        "tail -n 23 $T/demo >$T/last && "
        "want() { grep -Eqx \"$1\" $T/last || "
        "    { echo \"missing: $1\"; cat $T/last; exit 1; }; }; "
        "want ' +host +step 1 +step 2 +step 3 +step 4'; "
        "want 'processes in ps +[0-9]+ +2 +2 +2 +2'; "
        /* Other tests make and remove devices meanwhile. */
        "m=$(ip -o link | wc -l); "
        "want \"network devices +($n|$m) .* +1 +1 +1\"; "
        "want 'a secret file( +it is 42){3}( +not found){2}'; "
        "want \"the host's name .* sandbox\"; "
        "want 'kernel log .* refused'");
}

/* ls / appears where it differs: a small image lacks names of the host's. */
static void test_demo_shows_where_the_root_differs(void **state)
{
    (void)state;
    expect_good(
        "ARCH= TARBALL= ROOTFS=$T/small unshare --net tools/mkrootfs >/dev/null 2>&1; "
        "OS_ISOLATE_ROOTFS=$T/small tools/demo >$T/demo 2>&1; "
        "grep -A 4 'ls /.*same everywhere' $T/demo | "
        "grep -Eq '^boot +boot +boot +' || { cat $T/demo; exit 1; }; "
        "grep -Eq '[(]nothing else[)]' $T/demo && "
        "! grep -Eq '^etc +etc' $T/demo");
}

/* A step that fails is no empty column. */
static void test_demo_says_what_failed(void **state)
{
    (void)state;
    expect_good("OS_ISOLATE_ROOTFS=$T/none tools/demo >$T/demo 2>&1; "
                "[ $? = 125 ] && grep -q 'none: No such file' $T/demo && "
                "grep -q 'tools/demo: step 3 ended with 125' $T/demo || "
                "{ cat $T/demo; exit 1; }");
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
                "want 'policy.txt:[0-9]*: namespaces'; "
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
        cmocka_unit_test(test_demo_ends_with_the_result),
        cmocka_unit_test(test_demo_shows_where_the_root_differs),
        cmocka_unit_test(test_demo_says_what_failed),
        cmocka_unit_test(test_lecture_fits_the_screen),
        cmocka_unit_test(test_lecture_goes_on_by_enter),
        cmocka_unit_test(test_lecture_attacks_work_then_fail),
        cmocka_unit_test(test_lecture_leaves_nothing_behind),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
