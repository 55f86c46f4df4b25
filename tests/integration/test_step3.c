/* SPDX-License-Identifier: MIT
 *
 * Step 3 stops: reaching files, mounts, descriptors, variables and groups of
 * the host. Not yet: asking the kernel.
 */
#include "cmocka_prelude.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox.h"

static const char *attack(const char *name)
{
    static char path[PATH_MAX];
    char cwd[PATH_MAX / 2];

    assert_non_null(getcwd(cwd, sizeof(cwd)));
    snprintf(path, sizeof(path), "%s/build/tests/attacks/%s:/%s", cwd, name,
             name);
    return path;
}

static void test_root_is_the_image(void **state)
{
    char script[PATH_MAX + 32];
    struct outcome listing;

    (void)state;
    /* Nothing more and nothing less, /proc and /dev were there before. */
    snprintf(script, sizeof(script), "ls -A1 %s", image());
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", script, NULL};
    run(&listing, NULL, argv);
    assert_int_equal(listing.status, 0);
    for (int step = 3; step <= 4; step++) {
        char *inside[] = {(char *)step_program(step), (char *)"/bin/ls",
                          (char *)"-A1", (char *)"/", NULL};
        struct outcome outcome;
        run(&outcome, NULL, inside);
        assert_string_equal(outcome.out, listing.out);
    }
}

static void test_host_file_is_out_of_reach(void **state)
{
    char script[8192];

    (void)state;
    snprintf(script, sizeof(script),
             "cat %s 2>&1; cat /proc/1/root%s 2>&1; "
             "cat /proc/1/cwd/..%s 2>&1; ls /.. | grep -c marker; true",
             marker(), marker(), marker());
    for (int step = 3; step <= 4; step++)
        expect_inside(step, NULL, script,
                      "^(cat: [^\n]*: No such file or directory\n){3}0\n$");
}

static void test_mountinfo_names_no_host_path(void **state)
{
    struct outcome outcome;

    (void)state;
    for (int step = 3; step <= 4; step++) {
        char *argv[] = {(char *)step_program(step), (char *)"/bin/cat",
                        (char *)"/proc/self/mountinfo", NULL};
        run(&outcome, NULL, argv);
        assert_int_equal(outcome.status, 0);
        assert_null(strstr(outcome.out, image()));
        assert_null(strstr(outcome.out, "rootfs"));
        /* The root, /proc and what is below, /dev and what is below. */
        assert_matches(outcome.out, "^([0-9]+ [0-9]+ [0-9:]+ [^ ]+ "
                                    "/((proc|dev)[^ ]*)? [^\n]*\n)+$");
        assert_non_null(strstr(outcome.out,
                               "lowerdir=lower,upperdir=upper,workdir=work"));
    }
}

static void test_environment_is_clean(void **state)
{
    (void)state;
    setenv("HOST_SECRET", MARKER_TEXT, 1);
    expect_inside(1, NULL, "env", MARKER_TEXT);
    for (int step = 3; step <= 4; step++) {
        char *argv[] = {(char *)step_program(step), (char *)"/usr/bin/env",
                        NULL};
        struct outcome outcome;
        run(&outcome, NULL, argv);
        assert_matches(outcome.out, "^PATH=[^\n]*\nHOME=/root\n"
                                    "TERM=[^\n]*\n$");
    }
    unsetenv("HOST_SECRET");
}

/* What closes at exec is still open while execve(2) looks for the program
 * that a script names: through a directory of the host, or its parent. */
static void test_no_interpreter_of_the_host(void **state)
{
    static const char script[] =
        "cd %1$s && mkdir -p d && cp /bin/true . && exec 9<d; "
        "for fd in $(seq 3 30); do for path in ../true ../../../../..%1$s/true; "
        "do echo \"#!/proc/self/fd/$fd/$path\" >script; chmod 755 script; "
        "%2$s %3$s 2>/dev/null && echo \"ran by $fd\"; "
        "done; done; true";
    char filled[4 * PATH_MAX], options[PATH_MAX];

    (void)state;
    snprintf(options, sizeof(options), "-b %s/script", scratch_directory());
    snprintf(filled, sizeof(filled), script, scratch_directory(),
             step_program(2), options);
    expect_on_host(filled, "^ran by 9\n");
    snprintf(options, sizeof(options), "-B %1$s/d:/d -B %1$s/script:/s -b /s",
             scratch_directory());
    for (int step = 3; step <= 4; step++) {
        snprintf(filled, sizeof(filled), script, scratch_directory(),
                 step_program(step), options);
        expect_on_host(filled, "^$");
    }
}

static void test_descriptors_are_closed(void **state)
{
    int fd = open(marker(), O_RDONLY);

    (void)state;
    assert_true(fd > 2);
    assert_int_equal(dup2(fd, 47), 47);
    expect_inside(1, NULL, "cat <&47", MARKER_TEXT);
    lseek(47, 0, SEEK_SET);
    /* 3 is what ls itself has open on the directory. */
    for (int step = 3; step <= 4; step++)
        expect_inside(step, NULL, "(cat <&47) 2>&1; ls /proc/self/fd | xargs",
                      "^[^\n]*Bad file descriptor\n0 1 2 3\n$");
    close(47);
    close(fd);
}

static void test_groups_umask_and_directory_are_own_as_root(void **state)
{
    gid_t groups[] = {4, 27};

    (void)state;
    assert_int_equal(setgroups(2, groups), 0);
    mode_t mask = umask(0077);
    expect_inside(1, NULL, "grep Groups: /proc/self/status", "4 27");
    for (int step = 3; step <= 4; step++)
        expect_inside(step, NULL,
                      "grep Groups: /proc/self/status; umask; pwd",
                      "^Groups:[ \t]*\n0022\n/\n$");
    umask(mask);
    setgroups(0, NULL);
}

static void test_image_stays_pristine_as_root(void **state)
{
    char script[PATH_MAX + 128];
    struct outcome before, after;

    (void)state;
    snprintf(script, sizeof(script),
             "cd %s && find . -xdev -printf '%%p %%s %%T@ %%m\\n' | sort | "
             "sha256sum; cat etc/passwd | wc -l",
             image());
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", script, NULL};
    run(&before, NULL, argv);
    assert_int_equal(before.status, 0);
    for (int step = 3; step <= 4; step++) {
        expect_inside(step, NULL,
                      "touch /x; echo evil >>/etc/passwd; "
                      "rm -rf --one-file-system /usr /home; "
                      "[ -e /x ] && [ ! -e /usr ] && echo done",
                      "^done\n$");
        expect_inside(step, NULL,
                      "[ ! -e /x ] && [ -e /usr/bin/env ] && echo fresh",
                      "^fresh\n$");
    }
    run(&after, NULL, argv);
    assert_string_equal(before.out, after.out);
}

static void test_dev_is_complete_and_works(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++)
        expect_inside(
            step, NULL,
            "cd /dev; ls | xargs; "
            "echo lost >null; wc -c <null; head -c3 zero | od -An -tx1; "
            "(echo x >full) 2>&1 | grep -o 'No space.*'; "
            "head -c4 random | wc -c; head -c4 urandom | wc -c; "
            "(: <tty) 2>&1 | grep -o 'No such device.*'; "
            "echo in | cat stdin; echo out >stdout; echo err 2>stderr >&2; "
            "cat fd/3 3<<<three; echo s >shm/s; cat shm/s; "
            "stat -c %a shm; ls pts",
            "^fd full null ptmx pts random shm stderr stdin stdout tty "
            "urandom zero\n0\n 00 00 00\nNo space left on device\n4\n4\n"
            "No such device or address\nin\nout\nthree\ns\n1777\nptmx\n$");
}

static void test_terminals_can_be_made(void **state)
{
    (void)state;
    need_in_image("usr/bin/python3");
    for (int step = 3; step <= 4; step++)
        expect_inside(step, NULL,
                      "python3 -c 'import os; m, s = os.openpty(); "
                      "print(os.ttyname(s))'",
                      "^/dev/pts/0\n$");
}

static void test_chroot_breakout_fails_as_root(void **state)
{
    const char *options[] = {"--bind", attack("chroot_breakout"), NULL};
    char script[8192];

    (void)state;
    snprintf(script, sizeof(script), "/chroot_breakout %s; echo $?",
             marker());
    expect_inside(3, options, script, "No such file or directory\n1\n$");
    expect_inside(4, options, script,
                  "^chroot: Operation not permitted\n1\n$");
    /* It is a real attack: from an ordinary chroot it does get out. */
    snprintf(script, sizeof(script),
             "mkdir -p %1$s/jail/tmp; "
             "cp build/tests/attacks/chroot_breakout %1$s/jail/; "
             "chroot %1$s/jail /chroot_breakout %1$s/marker",
             scratch_directory());
    expect_on_host(script, MARKER_TEXT);
}

static void test_does_not_yet_hide_the_kernel_log_as_root(void **state)
{
    const char *options[] = {"--bind", attack("kernel_log"), NULL};

    (void)state;
    expect_inside(3, options, "/kernel_log; [ $? != 1 ]", "kernel's log");
}

static void test_does_not_yet_hide_the_host_name(void **state)
{
    char name[128], regex[140];

    (void)state;
    assert_int_equal(gethostname(name, sizeof(name)), 0);
    snprintf(regex, sizeof(regex), "^%s\n$", name);
    expect_inside(3, NULL, "cat /proc/sys/kernel/hostname", regex);
}

static void test_bind_shows_read_only_as_root(void **state)
{
    char bind[8192], script[16384];
    const char *options[] = {"--bind", bind, NULL};

    (void)state;
    snprintf(bind, sizeof(bind), "%s:/deep/er/file", marker());
    for (int step = 3; step <= 4; step++) {
        expect_inside(step, options, "cat /deep/er/file", MARKER_TEXT);
        expect_inside(step, options, "echo x 2>&1 >>/deep/er/file || true",
                      "Read-only file system");
    }
    snprintf(bind, sizeof(bind), "%s:/mnt/dir", scratch_directory());
    expect_inside(3, options, "cat /mnt/dir/marker", MARKER_TEXT);
    expect_inside(3, options, "grep ' /mnt/dir ' /proc/self/mountinfo",
                  "ro,nosuid,nodev");
    /* A link in the image leads nowhere but into the image. */
    snprintf(script, sizeof(script),
             "mkdir -p %1$s/image/proc; ln -s %1$s %1$s/image/link; "
             "%2$s -r %1$s/image --bind /etc/passwd:/link/planted "
             "/none 2>/dev/null; ls %1$s | grep planted; true",
             scratch_directory(), step_program(3));
    expect_on_host(script, "^$");
}

static void test_bind_refuses_ways_out(void **state)
{
    char script[8192];

    (void)state;
    for (int step = 3; step <= 4; step++) {
        snprintf(script, sizeof(script),
                 "exec 2>&1; cd %1$s; mkfifo fifo%3$d; "
                 "for b in %1$s:/ %1$s:/. %1$s:/usr/.. %1$s/fifo%3$d:/f "
                 "/dev/null:/n %1$s:$(printf /a%%.0s $(seq 400)); do "
                 "%2$s -B $b /bin/true 2>&1 | tail -n 1 | cut -c1-40; done",
                 scratch_directory(), step_program(step), step);
        expect_on_host(script, "^  --bind [^\n]*\n  --bind [^\n]*\n"
                               "  --bind [^\n]*\n  --bind [^\n]*\n"
                               "  --bind [^\n]*\n  Try [^\n]*\n$");
    }
}

static void test_open_directory_is_refused(void **state)
{
    char script[8192];

    (void)state;
    for (int step = 3; step <= 4; step++) {
        snprintf(script, sizeof(script), "%s /bin/true </tmp 2>&1; echo $?",
                 step_program(step));
        expect_on_host(script, "caller's files: Is a directory\n"
                               "  descriptor 0 is open on it\n125\n$");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root_is_the_image),
        cmocka_unit_test(test_host_file_is_out_of_reach),
        cmocka_unit_test(test_mountinfo_names_no_host_path),
        cmocka_unit_test(test_environment_is_clean),
        cmocka_unit_test(test_descriptors_are_closed),
        cmocka_unit_test(test_no_interpreter_of_the_host),
        cmocka_unit_test(test_groups_umask_and_directory_are_own_as_root),
        cmocka_unit_test(test_image_stays_pristine_as_root),
        cmocka_unit_test(test_dev_is_complete_and_works),
        cmocka_unit_test(test_terminals_can_be_made),
        cmocka_unit_test(test_chroot_breakout_fails_as_root),
        cmocka_unit_test(test_does_not_yet_hide_the_kernel_log_as_root),
        cmocka_unit_test(test_does_not_yet_hide_the_host_name),
        cmocka_unit_test(test_bind_shows_read_only_as_root),
        cmocka_unit_test(test_bind_refuses_ways_out),
        cmocka_unit_test(test_open_directory_is_refused),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
