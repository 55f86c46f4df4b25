/* SPDX-License-Identifier: MIT
 *
 * Step 1 stops: seeing and signalling the host's processes. It does not stop
 * the rest, and that is tested as well.
 */
#include "cmocka_prelude.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"

static void test_payload_is_process_1(void **state)
{
    (void)state;
    expect_inside(1, NULL, "echo $$", "^1\n$");
}

static void test_ps_lists_bash_and_ps_only(void **state)
{
    (void)state;
    expect_inside(1, NULL, "ps aux; true",
                  "^USER +PID [^\n]*\n"
                  "root +1 [^\n]* /bin/bash -c ps aux; true\n"
                  "root +2 [^\n]* ps aux\n$");
}

static void test_host_process_cannot_be_signalled(void **state)
{
    char script[8192];
    pid_t victim = fork();

    (void)state;
    assert_true(victim >= 0); /* kill(-1) would be everybody */
    if (victim == 0) {
        pause();
        _exit(0);
    }
    /* Alone, bash is 1 and the victim's number, if any, is somebody else's.
     */
    snprintf(script, sizeof(script), "kill -0 %d 2>&1 || true", (int)victim);
    expect_inside(1, NULL, script, "No such process");
    assert_int_equal(kill(victim, 0), 0);
    kill(victim, SIGKILL);
    wait_for_exit(victim);
}

/* The host's own table, which other tests of ours leave alone. */
static void test_host_mount_table_is_untouched(void **state)
{
    char *argv[] = {(char *)step_program(1), (char *)"/bin/bash",
                    (char *)"-c", (char *)"echo up; sleep 0.3", NULL};
    char *before = read_file("/proc/self/mountinfo");
    int output;

    (void)state;
    pid_t pid = start(argv, &output);
    wait_for_text(output, "up");
    char *during = read_file("/proc/self/mountinfo");
    assert_int_equal(wait_for_exit(pid), 0);
    char *after = read_file("/proc/self/mountinfo");

    assert_string_equal(before, during);
    assert_string_equal(before, after);
    free(before);
    free(during);
    free(after);
    close(output);
}

/* Where / is private anyway a missing MS_PRIVATE goes unnoticed. Here it is
 * shared, as under systemd, in a mount namespace made for the purpose. */
static void test_shared_mounts_stay_untouched_as_root(void **state)
{
    char script[8192];

    (void)state;
    for (int step = 1; step <= 4; step++) {
        snprintf(script, sizeof(script),
                 /* Shared among themselves, not with those of the machine. */
                 "unshare --mount --propagation private sh -c '"
                 "mount --make-rshared /; "
                 "cat /proc/self/mountinfo >%1$s/before; "
                 "%2$s /bin/bash -c \"echo up; sleep 0.2\" >%1$s/out & "
                 "until grep -q up %1$s/out; do sleep 0.02; done; "
                 "cat /proc/self/mountinfo >%1$s/during; wait; "
                 "cat /proc/self/mountinfo >%1$s/after; "
                 "grep -c shared: %1$s/before; "
                 "cmp %1$s/before %1$s/during && cmp %1$s/before %1$s/after "
                 "&& echo same; rm %1$s/out'",
                 scratch_directory(), step_program(step));
        expect_on_host(script, "^[1-9][0-9]*\nsame\n$");
    }
}

/* A "host" with a device of its own: a net namespace made for the purpose.
 * It is gone, device and all, with the shell. */
static void test_does_not_yet_hide_the_network_as_root(void **state)
{
    char script[8192];

    (void)state;
    snprintf(
        script, sizeof(script),
        "unshare --net sh -c 'ip link add lesson type veth peer lesson2; "
        "%s /bin/bash -c \"ip -o link | grep -c lesson\"; "
        "%s /bin/bash -c \"ip -o link | grep -c lesson\"; true'",
        step_program(1), step_program(2));
    expect_on_host(script, "^2\n0\n$");
}

static void test_does_not_yet_hide_files(void **state)
{
    char script[8192];

    (void)state;
    snprintf(script, sizeof(script), "cat %s", marker());
    expect_inside(1, NULL, script, MARKER_TEXT);
}

static void test_does_not_yet_hide_the_host_name(void **state)
{
    char name[128], regex[140];

    (void)state;
    assert_int_equal(gethostname(name, sizeof(name)), 0);
    snprintf(regex, sizeof(regex), "^%s\n$", name);
    expect_inside(1, NULL, "cat /proc/sys/kernel/hostname", regex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_payload_is_process_1),
        cmocka_unit_test(test_ps_lists_bash_and_ps_only),
        cmocka_unit_test(test_host_process_cannot_be_signalled),
        cmocka_unit_test(test_host_mount_table_is_untouched),
        cmocka_unit_test(test_shared_mounts_stay_untouched_as_root),
        cmocka_unit_test(test_does_not_yet_hide_the_network_as_root),
        cmocka_unit_test(test_does_not_yet_hide_files),
        cmocka_unit_test(test_does_not_yet_hide_the_host_name),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
