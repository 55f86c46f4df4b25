/* SPDX-License-Identifier: MIT
 *
 * Neutral ground: what the caller hands down without meaning to, and what an
 * image lacks, makes no difference inside.
 */
#include "cmocka_prelude.h"

#include <stdio.h>
#include <stdlib.h>

#include "sandbox.h"

/* Run a script on the host, with the step's program as $O, the image as $I
 * and a directory of its own as $T; what it prints must match. */
static void expect_for(int step, const char *script, const char *regex)
{
    setenv("O", step_program(step), 1);
    setenv("I", image(), 1);
    setenv("T", scratch_directory(), 1);
    expect_on_host(script, regex);
}

static void test_umask_of_the_caller_does_not_matter_as_root(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++)
        expect_for(
            step,
            "echo text >$T/in; for mask in 077 027 777; do umask $mask; "
            "$O -B $T/in:/data/deep/in -b /bin/sh -- -c "
            "'stat -c \"%a %u %n\" / /dev /dev/shm /data /data/deep; "
            "cat /data/deep/in; umask; su nobody -s /bin/sh -c id' | "
            "md5sum; done | sort -u | wc -l; "
            "$O -B $T/in:/data/deep/in -b /bin/sh -- -c "
            "'stat -c \"%a %u %n\" / /dev /data; umask'",
            "^1\n755 0 /\n755 0 /dev\n755 0 /data\n0022\n$");
}

static void test_dangling_links_are_targets_as_root(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++)
        expect_for(
            step,
            "rm -rf $T/i; mkdir $T/i && echo text >$T/in && "
            "cp -a $I/. $T/i && cd $T/i && rm -f etc/resolv.conf && "
            "ln -s ../run/a/b/stub.conf etc/resolv.conf && "
            "ln -s /no/where dir && ln -s loop loop && "
            "$O -r $T/i -B $T/in:/etc/resolv.conf -B $T/in:/dir/c/d "
            "-b /bin/sh -- -c 'cat /etc/resolv.conf /run/a/b/stub.conf "
            "/no/where/c/d; readlink /etc/resolv.conf /dir'; "
            "$O -r $T/i -B $T/in:/loop -b /bin/true 2>&1; echo $?; "
            /* Nothing was made in the image, or outside of it. */
            "ls -d $T/i/run/a $T/i/no /no $T/run /run/a 2>/dev/null; true",
            "^text\ntext\ntext\n../run/a/b/stub.conf\n/no/where\n"
            "os_isolate: [^\n]*Too many levels of symbolic links\n"
            "[^\n]*/loop\n125\n$");
}

/* As in what `docker export` writes. */
static void test_empty_name_files_are_filled_as_root(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++)
        expect_for(step,
                   "rm -rf $T/i $T/outside; cp -a $I $T/i && cd $T/i/etc && "
                   ": >hosts && : >hostname && ask='getent hosts sandbox; "
                   "getent hosts localhost | wc -l; cat /etc/hostname' "
                   "&& $O -r $T/i -b /bin/sh -- -c \"$ask\"; "
                   "wc -c <hosts; rm hosts; echo mine >hostname; "
                   "ln -s $T/outside hosts; "
                   "$O -r $T/i -b /bin/sh -- -c 'cat /etc/hostname'; "
                   "rm hosts; mkfifo hosts; $O -r $T/i /bin/true; echo $?; "
                   "ls $T/outside 2>&1 | grep -c 'No such'",
                   "^127.0.0.1 +localhost sandbox\n1\nsandbox\n"
                   "0\nmine\n0\n1\n$");
}

static void test_unknown_terminal_types_fall_back(void **state)
{
    (void)state;
    need_in_image("/lib/terminfo/l/linux");
    for (int step = 3; step <= 4; step++)
        expect_for(step,
                   "for TERM in linux xterm-kitty dumb ../../etc ''; do "
                   "export TERM; $O -b /bin/sh -- -c 'echo $TERM'; done; "
                   "unset TERM; $O -b /bin/sh -- -c 'echo $TERM'",
                   "^linux\nxterm\ndumb\ndumb\ndumb\ndumb\n$");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_umask_of_the_caller_does_not_matter_as_root),
        cmocka_unit_test(test_dangling_links_are_targets_as_root),
        cmocka_unit_test(test_empty_name_files_are_filled_as_root),
        cmocka_unit_test(test_unknown_terminal_types_fall_back),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
