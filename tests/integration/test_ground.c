/* SPDX-License-Identifier: MIT
 *
 * Neutral ground: what the caller hands down without meaning to, and what an
 * image lacks, makes no difference inside.
 */
#include "cmocka_prelude.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

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
            "os_isolate: [^\n]*[Ss]ymbolic link(s| loop)\n"
            "[^\n]*/loop\n125\n$");
}

/* Somebody renames a file, again and again, somewhere on the host. A path in
 * which ".." occurs leads where it should, though openat2(2) says EAGAIN
 * then: with ten of them, one look in four does. With thirty and more, a
 * thousand in a row may, on a tmpfs. */
static void test_renames_elsewhere_do_not_matter_as_root(void **state)
{
    char from[PATH_MAX], to[PATH_MAX];

    (void)state;
    snprintf(from, sizeof(from), "%s/from", scratch_directory());
    snprintf(to, sizeof(to), "%s/to", scratch_directory());
    close(open(from, O_CREAT | O_WRONLY, 0600));
    pid_t parent = getpid(), pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (getppid() == parent)
            if (rename(from, to) < 0 || rename(to, from) < 0)
                _exit(1);
        _exit(0);
    }
    for (int step = 3; step <= 4; step++)
        expect_for(
            step,
            "echo text >$T/in; up=/etc/../etc/../etc/../etc/../etc/..; "
            "up=$up$up; for i in 1 2 3 4 5 6 7 8 9; do "
            "$O -B $T/in:$up/etc/in -b /bin/cat -- /etc/in; done",
            "^(text\n){9}$");
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* still at it */
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Root with another group is the host's root still, and in its namespace. */
static void test_roots_group_does_not_matter_as_root(void **state)
{
    (void)state;
    for (int step = 1; step <= 4; step++)
        expect_for(step,
                   "setpriv --regid 1000 --clear-groups $O -b /bin/sh -- -c "
                   "'id -u; grep -c 4294967295 /proc/self/uid_map; :'",
                   step < 4 ? "^0\n1\n$" : "^0\n0\n$");
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

/* Debian 12 and before have it in /lib, 13 in /usr/share. */
static void need_terminfo(void)
{
    char path[2 * PATH_MAX];

    snprintf(path, sizeof(path), "%s/usr/share/terminfo/l/linux", image());
    if (access(path, F_OK) < 0)
        need_in_image("/lib/terminfo/l/linux");
}

static void test_unknown_terminal_types_fall_back(void **state)
{
    (void)state;
    need_terminfo();
    for (int step = 3; step <= 4; step++)
        expect_for(step,
                   "for TERM in linux xterm-kitty dumb ../../etc ''; do "
                   "export TERM; $O -b /bin/sh -- -c 'echo $TERM'; done; "
                   "unset TERM; $O -b /bin/sh -- -c 'echo $TERM'",
                   "^linux\nxterm\ndumb\ndumb\ndumb\ndumb\n$");
}

/* As of somebody whose number comes from a directory service. */
static void test_an_owner_outside_the_map_is_named_as_root(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++)
        expect_for(step,
                   "rm -rf $T/i; mkdir -p $T/i/bin && "
                   "cp build/tests/integration/hello-static $T/i/bin/hello "
                   "&& chown -R 1234567 $T/i && "
                   "$O -r $T/i -b /bin/hello 2>&1; true",
                   step == 3 ? "^.. bits, thread 7, child 5\n$"
                             : "^os_isolate: enter the root filesystem "
                               "[^\n]*: Value too large [^\n]*\n"
                               "  its files belong to user 1234567 and group "
                               "0, and the sandbox knows 0 to 65535; try: "
                               "[^\n]*--without users[^\n]*\n$");
    /* Who made the directory does not matter, nor does the last number. */
    expect_for(4,
               "chown -R 65535 $T/i/bin && $O -r $T/i -b /bin/hello 2>&1; "
               "rm -r $T/i",
               "^.. bits, thread 7, child 5\n$");
}

static void test_inner_mounts_are_named_as_root(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++)
        expect_for(
            step,
            /* The launcher tells, while process 1 is at work. */
            "mkdir -p \"$T/a b/x\" $T/a $T/m; mount -t tmpfs none $T/m; "
            "mkdir $T/m/1 $T/m/2; mount -t tmpfs none $T/m/1; "
            "mount -t tmpfs none $T/m/2; mount -t tmpfs none \"$T/a b/x\"; "
            "touch \"$T/a b/x/hidden\"; mkdir $T/i; mount --bind $I $T/i; "
            "mount -t proc none $T/i/proc; cd $T; "
            "$O -r i -B m:/mnt -B \"a b:/a b\" -B a:/a -b /bin/sh -- -c "
            "'ls /proc/1/comm \"/a b/x\"' 2>$T/told >$T/out; "
            "cat $T/told $T/out | sed \"s,$T,T,g\"; "
            "umount $T/i/proc $T/i $T/m/1 $T/m/2 $T/m \"$T/a b/x\"; rmdir $T/i",
            "^os_isolate: T/m/1 is mounted inside of m, and 1 more: not "
            "shown\n"
            "os_isolate: T/a b/x is mounted inside of a b: not shown\n"
            "os_isolate: T/i/proc is mounted inside of i: not shown\n"
            "/proc/1/comm\n\n/a b/x:\n$");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_umask_of_the_caller_does_not_matter_as_root),
        cmocka_unit_test(test_dangling_links_are_targets_as_root),
        cmocka_unit_test(test_renames_elsewhere_do_not_matter_as_root),
        cmocka_unit_test(test_roots_group_does_not_matter_as_root),
        cmocka_unit_test(test_empty_name_files_are_filled_as_root),
        cmocka_unit_test(test_unknown_terminal_types_fall_back),
        cmocka_unit_test(test_an_owner_outside_the_map_is_named_as_root),
        cmocka_unit_test(test_inner_mounts_are_named_as_root),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
