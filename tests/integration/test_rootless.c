/* SPDX-License-Identifier: MIT
 *
 * For an ordinary user: what a user namespace of one's own gives, and what
 * not. (make check runs the other integration tests as that user, too.)
 */
#include "cmocka_prelude.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sandbox.h"

static int setup_as_user(void **state)
{
    setenv("ROOTLESS", "1", 1);
    return setup_sandbox(state);
}

static void test_caller_is_root_inside_and_nobody_else(void **state)
{
    (void)state;
    for (int step = 1; step <= 4; step++)
        expect_inside(step, NULL,
                      "id -u; id -g; cat /proc/self/uid_map "
                      "/proc/self/gid_map /proc/self/setgroups",
                      "^0\n0\n +0 +65533 +1\n +0 +65533 +1\ndeny\n$");
}

static void test_devices_are_the_hosts(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++)
        expect_inside(step, NULL,
                      "cd /dev; ls; stat -c '%F %t,%T %U' null zero full "
                      "random urandom tty; echo x >null; head -c 2 zero | wc "
                      "-c; mknod /tmp/x c 1 3 2>&1; grep -c ' /dev/null ' "
                      "/proc/self/mountinfo",
                      "^fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\n"
                      "stdin\nstdout\ntty\nurandom\nzero\n"
                      "character special file 1,3 nobody\n"
                      "character special file 1,5 nobody\n"
                      "character special file 1,7 nobody\n"
                      "character special file 1,8 nobody\n"
                      "character special file 1,9 nobody\n"
                      "character special file 5,0 nobody\n"
                      "2\nmknod: [^\n]*Operation not permitted\n1\n$");
}

/* What one user's map cannot do, README says so. */
static void test_limits_of_one_user(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        expect_inside(step, NULL,
                      "touch /tmp/a /c && stat -c %a /tmp; "
                      "rm /usr/bin/id 2>&1; touch /etc/x 2>&1; "
                      "chown 1 /tmp/a 2>&1; true",
                      "^1777\nrm: [^\n]*Permission denied\n"
                      "touch: [^\n]*Permission denied\n"
                      "chown: [^\n]*Invalid argument\n$");
        expect_inside(step, NULL, "touch /root/b 2>&1 && echo made; true",
                      has_user_attributes() ? "^made\n$"
                                            : "Permission denied\n$");
    }
}

static void test_an_image_of_ones_own_is_writable(void **state)
{
    char own[128], script[1024];
    const char *options[] = {"--rootfs", own, NULL};

    (void)state;
    snprintf(own, sizeof(own), "%s/own", scratch_directory());
    snprintf(
        script, sizeof(script),
        "mkdir -p %1$s/bin %1$s/etc %1$s/lib; for p in bash rm mkdir; do "
        "cp /bin/$p %1$s/bin; done; cp -L --parents $(ldd /bin/bash "
        "/bin/rm /bin/mkdir | grep -o '/lib[^ ]*' | sort -u) %1$s; "
        "echo x >%1$s/etc/file",
        own);
    expect_on_host(script, "^$");
    for (int step = 3; step <= 4; step++) {
        expect_inside(step, options,
                      "rm /etc/file && echo /etc/f* && echo new >/bin/x && "
                      "echo written; rm -r /etc 2>&1 && mkdir /etc; true",
                      has_user_attributes()
                          ? "^/etc/f\\*\nwritten\n$"
                          : "\nwritten\nrm: [^\n]*Input/output error\n$");
        snprintf(script, sizeof(script), "cat %s/etc/file; ls %s/bin", own,
                 own);
        expect_on_host(script, "^x\nbash\nmkdir\nrm\n$");
    }
}

static void test_binds_are_read_only(void **state)
{
    char bind[8192];
    const char *options[] = {"--bind", bind, NULL};

    (void)state;
    snprintf(bind, sizeof(bind), "%s:/tmp/b", marker());
    for (int step = 3; step <= 4; step++)
        expect_inside(step, options,
                      "cat /tmp/b; (echo x >/tmp/b) 2>&1; true",
                      "^" MARKER_TEXT "\n[^\n]*Read-only file system\n$");
}

/* In a chroot the kernel refuses user namespaces, to the user at clone(2).
 * The settings are files of ours in place of the kernel's, which this kernel
 * may not have; that a message names the one that forbids is what is tested.
 */
static void expect_refusal(const char *setting, const char *words)
{
    char script[16384], regex[512];

    snprintf(
        regex, sizeof(regex),
        "^(125 os_isolate: create the namespaces: Operation not permitted"
        " %s[^\n]*\n){4}$",
        words);
    snprintf(script, sizeof(script),
             "R=%s/chroot; mkdir -p $R; "
             "unshare --mount --propagation private sh -c \""
             "mount --rbind / $R; %s; chroot $R setpriv --reuid 65533 "
             "--regid 65533 --clear-groups sh -c '"
             "cd /mnt/top; for s in step*/os_isolate; do "
             "out=\\$(./\\$s /bin/true 2>&1); echo \\$? \\$out; done'\"",
             scratch_directory(), setting);
    unsetenv("ROOTLESS"); /* root prepares it */
    expect_on_host(script, regex);
    setenv("ROOTLESS", "1", 1);
}

static void test_what_forbids_it_is_named(void **state)
{
    (void)state;
    expect_refusal("true", "not for ordinary users here: inside a chroot");
    expect_refusal("mount -t tmpfs x $R/proc/sys/kernel; "
                   "echo 0 >$R/proc/sys/kernel/unprivileged_userns_clone",
                   "the setting kernel.unprivileged_userns_clone is 0");
    expect_refusal(
        "mount -t tmpfs x $R/proc/sys/kernel; "
        "echo 1 >$R/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "AppArmor allows user namespaces to root only");
    expect_refusal("mount -t tmpfs x $R/proc/sys/user; "
                   "echo 0 >$R/proc/sys/user/max_user_namespaces",
                   "the setting user.max_user_namespaces is 0");
}

/* As in a container: parts of /proc are covered, so no fresh one may be
 * mounted. */
static void test_a_masked_proc_is_named(void **state)
{
    char script[8192];

    (void)state;
    snprintf(script, sizeof(script),
             "unshare --mount --propagation private sh -c \""
             "mount --bind /dev/null /proc/kallsyms; setpriv --reuid 65533 "
             "--regid 65533 --clear-groups sh -c '"
             "for s in step*/os_isolate; do "
             "out=\\$(./\\$s /bin/true 2>&1); echo \\$? \\$out; done'\"");
    unsetenv("ROOTLESS");
    expect_on_host(script,
                   "^(125 os_isolate: mount a fresh /proc: Operation not "
                   "permitted the surrounding container hides parts of /proc"
                   "[^\n]*\n){4}$");
    setenv("ROOTLESS", "1", 1);
}

/* The kernel tells an ordinary user nothing but EINVAL. Our mount table is
 * our own. */
static void test_inner_mounts_are_named(void **state)
{
    char script[1024];

    (void)state;
    assert_int_equal(system("mkdir -p /mnt/tree/inner && "
                            "mount -t tmpfs none /mnt/tree/inner"),
                     0);
    for (int step = 3; step <= 4; step++) {
        snprintf(script, sizeof(script),
                 "%s -B /mnt/tree:/mnt -b /bin/true 2>&1; echo $?",
                 step_program(step));
        expect_on_host(
            script, "^os_isolate: enter the root filesystem "
                    "[^\n]*: Invalid argument\n"
                    "  /mnt/tree/inner is mounted inside of /mnt/tree, and "
                    "[^\n]*\n125\n$");
    }
    assert_int_equal(system("umount /mnt/tree/inner"), 0);
    assert_int_equal(system("mount -t proc none /mnt/image/proc"), 0);
    expect_on_host("/mnt/top/step3_mnt/os_isolate -b /bin/true 2>&1; echo $?",
                   "^os_isolate: [^\n]*: Invalid argument\n"
                   "  /mnt/image/proc is mounted inside of [^\n]*, and "
                   "[^\n]*\n125\n$");
    assert_int_equal(system("umount /mnt/image/proc"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_caller_is_root_inside_and_nobody_else),
        cmocka_unit_test(test_devices_are_the_hosts),
        cmocka_unit_test(test_limits_of_one_user),
        cmocka_unit_test(test_an_image_of_ones_own_is_writable),
        cmocka_unit_test(test_binds_are_read_only),
        cmocka_unit_test(test_what_forbids_it_is_named),
        cmocka_unit_test(test_a_masked_proc_is_named),
        cmocka_unit_test(test_inner_mounts_are_named),
    };

    return RUN_TESTS(tests, setup_as_user);
}
