/* SPDX-License-Identifier: MIT
 *
 * What surrounds the programs: the image builder, install, dist, diff, help.
 */
#include "cmocka_prelude.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"

static char script[16 * PATH_MAX];

/* Run a script on the host in which $T is the scratch directory. */
static void expect_with_scratch(const char *text, const char *regex)
{
    snprintf(script, sizeof(script),
             "T=%s; unset ARCH TARBALL; exec 2>&1; %s", scratch_directory(),
             text);
    expect_on_host(script, regex);
}

static void test_rootfs_is_not_built_twice(void **state)
{
    (void)state;
    /* Asked for the same again, it says nothing, and leaves the image be. */
    snprintf(script, sizeof(script),
             "read -r kind arch rest <%1$s.recipe; "
             "[ $kind = packages ] && [ $arch != native ] || arch=; "
             "[ $kind != tarball ] || [ -n \"${TARBALL:-}\" ] || exit 1; "
             "before=$(stat -c %%z %1$s); "
             "ARCH=$arch ROOTFS=%1$s tools/mkrootfs && "
             "[ \"$before\" = \"$(stat -c %%z %1$s)\" ] && echo same",
             image());
    expect_on_host(script, "^same\n$");
}

static void test_rootfs_falls_back_to_busybox(void **state)
{
    (void)state;
    expect_with_scratch("ROOTFS=$T/busybox unshare --net tools/mkrootfs; "
                        "ls -A $T/busybox",
                        "FALLING BACK to busybox.*\nbin\n");
    snprintf(script, sizeof(script),
             "%s -r %s/busybox -b /bin/bash -- -c 'echo $$; ls /; "
             "ip link | grep -c LOOPBACK; ps | grep -c /bin/sh'",
             step_program(4), scratch_directory());
    expect_on_host(script, "^1\nbin\ndev\netc\n(lib.*\n)*proc\nroot\n"
                           "(sbin\n)?sys\ntmp\nusr\nvar\n1\n[1-9]\n$");
}

static void test_rootfs_from_tarball(void **state)
{
    (void)state;
    /* The homework's: ./ in front of the names, and gzip; docker export's:
     * neither. Made of the busybox image, for both at once. */
    expect_with_scratch(
        "ROOTFS=$T/small unshare --net tools/mkrootfs >/dev/null 2>&1; "
        "tar -C $T/small -czf $T/homework.tar.gz .; "
        "(cd $T/small && tar -cf $T/export.tar *); "
        "for f in homework.tar.gz export.tar; do "
        "ROOTFS=$T/unpacked TARBALL=$T/$f tools/mkrootfs | tail -n 1; "
        "diff -r --no-dereference $T/small $T/unpacked && echo same; done",
        "^[^\n]*ready[^\n]*\nsame\n[^\n]*ready[^\n]*\nsame\n$");
}

/* An archive that tries to write outside: through a link, "..", an absolute
 * name and a hard link. */
static void test_hostile_tarball_stays_inside(void **state)
{
    (void)state;
    expect_with_scratch(
        "mkdir -p $T/victim $T/a/bin $T/b/etc; echo precious >$T/victim/file; "
        "ln -s $T/victim $T/a/etc; echo bad >$T/b/etc/planted; "
        "echo bad >$T/b/file; ln $T/b/file $T/b/hard; "
        "tar -C $T/a -cf $T/evil.tar .; "
        "tar -C $T/b -rf $T/evil.tar ./etc/planted; "
        "tar -C $T/b -rPf $T/evil.tar --transform=s,^file,../escaped, file; "
        "tar -rPf $T/evil.tar --transform=s,^.*file,$T/victim/absolute, "
        "$T/b/file; "
        "ROOTFS=$T/evil TARBALL=$T/evil.tar tools/mkrootfs >/dev/null 2>&1; "
        "ls -A $T/victim; ls $T | grep -c escaped; cat $T/victim/file",
        "^file\n0\nprecious\n$");
    /* And removing it follows no link either. */
    expect_with_scratch(
        "mkdir -p $T/evil; [ -e $T/evil.recipe ] || echo x >$T/evil.recipe; "
        "ln -sfn $T/victim $T/evil/etc; "
        "ROOTFS=$T/evil TARBALL=$T/export.tar tools/mkrootfs >/dev/null; "
        "cat $T/victim/file",
        "^precious\n$");
}

static void test_interrupted_build_leaves_no_image(void **state)
{
    (void)state;
    /* Killed while tar reads from a pipe that never ends. */
    expect_with_scratch(
        "mkfifo $T/slow.tar; (exec 9>$T/slow.tar; tar -c bin 2>/dev/null >&9; "
        "sleep 3) & "
        "ROOTFS=$T/half TARBALL=$T/slow.tar setsid timeout -s KILL 1 "
        "tools/mkrootfs >/dev/null; "
        "[ ! -e $T/half ] && echo none",
        "none\n$");
    /* The next build is not confused by what was left. */
    expect_with_scratch(
        "mkdir -p $T/half.new/junk; "
        "ROOTFS=$T/half TARBALL=$T/export.tar tools/mkrootfs "
        "| tail -n 1; ls $T/half* -d; ls $T/half | grep junk; "
        "true",
        "ready[^\n]*\n/[^\n]*/half\n/[^\n]*/half.recipe\n$");
}

static void test_foreign_directory_is_not_removed(void **state)
{
    (void)state;
    expect_with_scratch(
        "mkdir -p $T/mine; echo x >$T/mine/work; "
        "ROOTFS=$T/mine TARBALL=$T/export.tar tools/mkrootfs; "
        "echo $?; cat $T/mine/work",
        "was not made by this tool[^\n]*\n125\nx\n$");
}

static void test_install_puts_programs_in_place(void **state)
{
    (void)state;
    expect_with_scratch(
        "make -s install DESTDIR=$T/dest PREFIX=/opt/x && "
        "(cd $T/dest && find . ! -type d | sort) && "
        "$T/dest/opt/x/bin/os_isolate --version",
        "^./opt/x/bin/os_isolate\n"
        "./opt/x/libexec/os_isolate/step1_pid/os_isolate\n"
        "./opt/x/libexec/os_isolate/step2_net/os_isolate\n"
        "./opt/x/libexec/os_isolate/step3_mnt/os_isolate\n"
        "./opt/x/libexec/os_isolate/step4_seccomp/os_isolate\n"
        "./opt/x/share/man/man1/os_isolate.1\n"
        "os_isolate [0-9.]+ \\(step 4\\)\n$");
}

static void test_dist_is_the_same_twice(void **state)
{
    (void)state;
    expect_with_scratch(
        "mkdir $T/tree && tar -c --exclude=./rootfs* --exclude=./build "
        "--exclude=./systems --exclude=./.git . | tar -x -C $T/tree && cd $T/tree && "
        "make -s dist && mv os_isolate-*.tar.gz $T/one && "
        "find . -exec touch {} + && make -s dist && "
        "cmp os_isolate-*.tar.gz $T/one && echo same; "
        "tar -tzf $T/one | grep -E '/(REPORT.md|Makefile|step1_pid/"
        "os_isolate.c)$'; tar -tzf $T/one | grep -c '/os_isolate$'; true",
        "^[^\n]*gz\n[^\n]*gz\nsame\n[^\n]*Makefile\n[^\n]*REPORT.md\n"
        "[^\n]*os_isolate.c\n0\n$");
}

/* A tar that writes all and then fails, on a full disk say. */
static void test_dist_fails_when_tar_does(void **state)
{
    (void)state;
    expect_with_scratch(
        "rm -rf $T/tree; mkdir $T/tree $T/bin; "
        "tools/sources | tar -c -T - | tar -x -C $T/tree; "
        "printf '#!/bin/sh\n/bin/tar \"$@\"\nexit 3\n' >$T/bin/tar; "
        "chmod 755 $T/bin/tar; cd $T/tree; "
        "PATH=$T/bin:$PATH tools/dist 9; echo $?; ls os_isolate-*; true",
        "^3\nls: cannot");
}

/* What is in version control is in the archive. */
static void test_sources_are_complete(void **state)
{
    (void)state;
    expect_with_scratch(
        "git ls-files >$T/tracked 2>/dev/null || tools/sources >$T/tracked; "
        "tools/sources >$T/sources; "
        "LC_ALL=C sort $T/tracked | LC_ALL=C comm -23 - $T/sources; "
        "grep -cE '^(Makefile|REPORT.md)$' $T/sources",
        "^2\n$");
}

static void test_phase_shows_what_failed(void **state)
{
    (void)state;
    expect_with_scratch("tools/phase Trying echo hidden; "
                        "tools/phase Working sh -c 'echo words; exit 7'; "
                        "echo $?",
                        "^Trying\nWorking\nwords\nThis failed: Working "
                        "[^\n]*setup.log\\)\n7\n$");
}

/* On a terminal, and with no program besides these four. */
static void test_diff_needs_no_pager(void **state)
{
    (void)state;
    expect_with_scratch(
        "mkdir $T/few; for p in sh diff tr cat; do "
        "ln -s $(command -v $p) $T/few; done; "
        "script -qec \"PATH=$T/few PAGER= tools/diff 2\" /dev/null "
        "</dev/null | grep -c CLONE_NEWNET",
        "^[1-9]\n$");
}

static void test_diff_and_help(void **state)
{
    (void)state;
    expect_with_scratch("make -s diff STEP=1 | grep -c '^+int main'; "
                        "make -s diff STEP=5; true",
                        "^1\nusage: make diff");
    expect_with_scratch("make -s diff STEP=2 | grep '^[+-][^+-]'; "
                        "make -s diff | grep -c '^+++'",
                        "\\+enum \\{ STEP = 2 \\};.*\n3\n$");
    expect_with_scratch("make -s help",
                        "make demo .*make diff .*make check ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rootfs_is_not_built_twice),
        cmocka_unit_test(test_rootfs_falls_back_to_busybox),
        cmocka_unit_test(test_rootfs_from_tarball),
        cmocka_unit_test(test_hostile_tarball_stays_inside),
        cmocka_unit_test(test_interrupted_build_leaves_no_image),
        cmocka_unit_test(test_foreign_directory_is_not_removed),
        cmocka_unit_test(test_install_puts_programs_in_place),
        cmocka_unit_test(test_dist_is_the_same_twice),
        cmocka_unit_test(test_dist_fails_when_tar_does),
        cmocka_unit_test(test_sources_are_complete),
        cmocka_unit_test(test_phase_shows_what_failed),
        cmocka_unit_test(test_diff_needs_no_pager),
        cmocka_unit_test(test_diff_and_help),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
