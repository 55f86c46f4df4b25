/* SPDX-License-Identifier: MIT
 *
 * Each helper of common/ and of step 4: that it makes the calls of calls.txt;
 * and, for every one of these calls, that its failure is reported with its
 * errno and that nothing is done after it.
 */
#include "cmocka_prelude.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "harden.h"
#include "recorder.h"

static struct sandbox box = {.rootfs = "image", .users = -1};

static int enter_plain_root(void)
{
    box.n_binds = 0;
    return enter_root(&box);
}

static int open_sources(void)
{
    box.binds[0] =
        (struct bind){.source = "/src", .target = "/a/b", .fd = -1};
    box.n_binds = 1;
    return open_bind_sources(&box);
}

static int mount_one_bind(void)
{
    box.binds[0] = (struct bind){.source = "/src", .target = "/a/b", .fd = 9};
    box.n_binds = 1;
    return mount_binds(&box);
}

/* The same with a user namespace: ids shifted by a million. */
static int enter_shifted_root(void)
{
    box.users = 70;
    box.first_id = 1879048192;
    int result = enter_plain_root();
    box.users = -1;
    box.first_id = 0;
    return result;
}

static int mount_plain_dev(void)
{
    return mount_dev(&box);
}

/* Three pipes, of which one is opened anew. */
static int open_pipes(void)
{
    return open_streams(&box);
}

/* A terminal, a device, and a pipe. */
static int take_three_streams(void)
{
    box.own[0] = (struct stream){.kind = TERMINAL, .inside = -1};
    box.own[1] = (struct stream){.kind = DEVICE, .device = "/dev/null"};
    box.own[2] = (struct stream){.kind = RELAYED, .inside = 52};
    box.channel[CHILD] = 50;
    return take_streams(&box);
}

static int leave_plain_host(void)
{
    return leave_host(&box);
}

/* For an ordinary user. */
static int mount_users_dev(void)
{
    box.rootless = true;
    box.host_dev = 33;
    int result = mount_dev(&box);
    box.rootless = false;
    return result;
}

static int leave_host_keeping_groups(void)
{
    box.rootless = true;
    int result = leave_host(&box);
    box.rootless = false;
    return result;
}

static int map_caller_of_1234(void)
{
    return map_caller(1234);
}

static int make_some_users(void)
{
    int result = make_users(&box);
    box.users = -1;
    box.first_id = 0;
    return result;
}

static int join_some_users(void)
{
    box.users = 70;
    box.first_id = 1879048192;
    int result = join_users(&box);
    box.users = -1;
    box.first_id = 0;
    return result;
}

static int name(void)
{
    return name_host(&box);
}

static int clocks(void)
{
    box.clocks = false;
    recorder_clocks_stand = true;
    int result = start_clocks(&box);
    recorder_clocks_stand = false;
    return result;
}

static int free_them(void)
{
    return free_ports_and_ping(&box);
}

static int mask(void)
{
    return mask_proc(&box);
}

static int privileges(void)
{
    return give_up_privileges(&box);
}

static int capabilities(void)
{
    return drop_capabilities(&box);
}

static int filters(void)
{
    return load_filter(&box);
}

static const struct {
    const char *name; /* as in calls.txt */
    int (*helper)(void);
} helpers[] = {
    {"make_mounts_private", make_mounts_private},
    {"copy_mount_table", copy_mount_table},
    {"mount_proc", mount_proc},
    {"mount_sys", mount_sys},
    {"mount_dev", mount_plain_dev},
    {"mount_dev for an ordinary user", mount_users_dev},
    {"map_caller", map_caller_of_1234},
    {"raise_loopback", raise_loopback},
    {"enter_root", enter_plain_root},
    {"open_streams", open_pipes},
    {"take_streams", take_three_streams},
    {"leave_host", leave_plain_host},
    {"leave_host of an ordinary user", leave_host_keeping_groups},
    {"open_bind_sources", open_sources},
    {"mount_binds", mount_one_bind},
    {"make_users", make_some_users},
    {"join_users", join_some_users},
    {"start_clocks", clocks},
    {"name_host", name},
    {"free_ports_and_ping", free_them},
    {"mask_proc", mask},
    {"give_up_privileges", privileges},
    {"drop_capabilities", capabilities},
    {"load_filter", filters},
};
enum { N_HELPERS = sizeof(helpers) / sizeof(helpers[0]) };

/* What the steps' lists call is in the table. */
static void test_every_helper_is_recorded(void **state)
{
    char name[64];
    int n = 0;
    FILE *names = popen("sed -n 's/^ *must(\\([a-z0-9_]*\\)(.*/\\1/p' "
                        "step*/os_isolate.c | sort -u",
                        "r");

    (void)state;
    assert_non_null(names);
    for (; fscanf(names, "%63s", name) == 1; n++) {
        int i = 0;
        while (i < N_HELPERS && strcmp(helpers[i].name, name) != 0)
            i++;
        if (i == N_HELPERS && strcmp(name, "spawn_isolated") != 0)
            fail_msg("%s(): no test records its calls. Add a row to "
                     "`helpers` in tests/unit/test_helpers.c.",
                     name);
    }
    pclose(names);
    assert_in_range(n, 15, 100);
}

static void test_helpers_make_these_calls(void **state)
{
    (void)state;
    for (int i = 0; i < N_HELPERS; i++) {
        record_anew(0, 0);
        errno = 0;
        if (helpers[i].helper() != 0)
            fail_msg("%s: %s after\n%s", helpers[i].name, strerror(errno),
                     recorded());
        assert_recorded(helpers[i].name);
    }
}

/* Is LINE a call that may come after a failure? (clone(2) is told when it
 * returns: with CLONE_VFORK, after what the child did.) */
static bool cleans_up(const char *line)
{
    static const char *const starts[] = {"    close", "    umask(",
                                         "    waitpid(", "    clone("};

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (strncmp(line, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* As in the recording WHOLE up to the call that failed, then only lines that
 * clean up. */
static void assert_stopped(const char *name, const char *whole)
{
    const char *now = recorded(), *failed = now + recorded_before_failure();
    const char *next = strchr(failed, '\n');

    assert_memory_equal(now, whole, (size_t)(failed - now));
    assert_non_null(next);
    const char *result = strstr(failed, " = -1 E");
    if (result == NULL || result > next)
        fail_msg("%s: not told as failed: %s", name, failed);
    while (*++next != '\0') {
        if (!cleans_up(next))
            fail_msg("%s: after a call had failed it did\n%s", name, next);
        next = strchr(next, '\n');
    }
}

/* Did a call fail that one can do without? */
static bool is_harmless(int error)
{
    static const struct {
        const char *call;
        int error; /* or 0: any */
    } harmless[] = {
        /* a kernel that was built without huge pages */
        {"    mount(\"tmpfs\", \"/real/image\", ", EINVAL},
        /* a pipe that another user made: it is relayed */
        {"    open(\"/proc/self/fd/1\", ", 0},
        /* the size of a terminal is nothing to die for */
        {"    ioctl(0, TIOCGWINSZ, ", 0},
        {"    ioctl(30, TIOCSWINSZ, ", 0},
    };
    const char *failed = recorded() + recorded_before_failure();

    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        if ((harmless[i].error == 0 || harmless[i].error == error) &&
            strncmp(failed, harmless[i].call, strlen(harmless[i].call)) == 0)
            return true;
    return false;
}

static void fail_each_call(const char *name, int (*helper)(void), int error,
                           int *cases)
{
    char whole[16384];

    record_anew(0, 0);
    assert_int_equal(helper(), 0);
    snprintf(whole, sizeof(whole), "%s", recorded());
    int calls = recorded_calls();

    assert_true(calls > 0);
    for (int n = 1; n <= calls; n++, (*cases)++) {
        record_anew(n, error);
        errno = 0;
        int result = helper();
        int after = errno;

        assert_true(recorded_before_failure() >= 0);
        if (result == 0 && is_harmless(error))
            continue;
        /* A kernel without time namespaces, or no leave to set their clocks.
         */
        if (result == NOTHING_TO_DO && helper == clocks &&
            ((error == EINVAL && n == 1) || error == EPERM))
            continue;
        if (result != -1 || after != error)
            fail_msg("%s: call %d failed with %s, it returned %d, errno %s",
                     name, n, strerror(error), result, strerror(after));
        assert_stopped(name, whole);
    }
}

static void test_helpers_stop_at_each_failing_call(void **state)
{
    static const int errors[] = {EPERM, ENOMEM, ENOSYS, EINVAL};
    int cases = 0;

    (void)state;
    for (int i = 0; i < N_HELPERS; i++)
        for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++)
            fail_each_call(helpers[i].name, helpers[i].helper, errors[e],
                           &cases);
    printf("%d failing calls tried\n", cases);
    assert_true(cases > 300);
}

static void test_enter_root_accepts_an_existing_proc(void **state)
{
    (void)state;
    record_anew(22, EEXIST); /* mkdir proc; then lstat says "directory" */
    assert_int_equal(enter_plain_root(), 0);
    assert_non_null(strstr(recorded(),
                           "    mkdir(\"proc\", 0755) = -1 EEXIST (File "
                           "exists)\n    lstat(\"proc\", "));
}

static void test_users_shift_the_image(void **state)
{
    int cases = 0;

    (void)state;
    record_anew(0, 0);
    assert_int_equal(enter_shifted_root(), 0);
    assert_recorded("enter_root with users");
    fail_each_call("enter_root", enter_shifted_root, EINVAL, &cases);
    assert_true(cases > 15);
}

/* Once is enough; and for an ordinary user only where execve(2) enters. */
static void test_clocks_are_started_once(void **state)
{
    static const struct {
        const char *release;
        int result;
    } kernels[] = {{"5.10.0-28", NOTHING_TO_DO},
                   {"6.2.99", NOTHING_TO_DO},
                   {"6.3", 0},
                   {"6.12.1+deb13", 0},
                   {"7.0-rc1", 0},
                   {"odd", NOTHING_TO_DO}};

    (void)state;
    record_anew(0, 0);
    assert_int_equal(clocks(), 0);
    assert_int_equal(start_clocks(&box), NOTHING_TO_DO);
    box.rootless = true;
    for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
        recorder_release = kernels[i].release;
        record_anew(0, 0);
        assert_int_equal(clocks(), kernels[i].result);
        assert_int_equal(strstr(recorded(), "unshare(CLONE_NEWTIME)") != NULL,
                         kernels[i].result == 0);
    }
    box.rootless = false;
}

static void test_namespaces_can_be_left_out(void **state)
{
    (void)state;
    assert_int_equal(wanted_namespaces(&box, 0x2e020000), 0x2e020000);
    box.left_out = LAYER_NAMESPACES; /* cgroup, UTS, IPC; not NEWNS, NEWPID */
    assert_int_equal(wanted_namespaces(&box, 0x2e020000), 0x20020000);
    box.left_out = ~0U & ~(unsigned)LAYER_NAMESPACES;
    assert_int_equal(wanted_namespaces(&box, 0x2e020000), 0x2e020000);
    box.left_out = 0;
}

static void test_left_out_layers_do_nothing(void **state)
{
    static int (*const helpers_with_layers[])(void) = {
        make_some_users, join_some_users, clocks, name, mask,
        privileges,      capabilities,    filters};

    (void)state;
    box.left_out = ~0U;
    for (size_t i = 0;
         i < sizeof(helpers_with_layers) / sizeof(helpers_with_layers[0]);
         i++) {
        record_anew(0, 0);
        assert_int_equal(helpers_with_layers[i](), LEFT_OUT);
        assert_string_equal(recorded(), "");
    }
    box.left_out = 0;
}

static void test_mount_binds_makes_what_is_missing(void **state)
{
    (void)state;
    /* Missing at first: then the path is walked from the root. */
    record_anew(4, ENOENT);
    assert_int_equal(mount_one_bind(), 0);
    assert_recorded("mount_binds where the target is missing");
}

/* Half a filter where the image has no 32-bit programs. A 32-bit os_isolate
 * is one itself. */
static void test_32_bit_calls_only_where_programs_are(void **state)
{
    (void)state;
    recorder_32_bit_image = true;
    assert_int_equal(load_filter(&box), 0);
    assert_false(box.only_64_bit);
    unsigned full = recorder_filter_length;
    recorder_32_bit_image = false;
    assert_int_equal(load_filter(&box), 0);
    assert_int_equal(box.only_64_bit, sizeof(void *) == 8);
    assert_true(recorder_filter_length <= full - box.only_64_bit * full / 3);
    box.only_64_bit = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_helper_is_recorded),
        cmocka_unit_test(test_helpers_make_these_calls),
        cmocka_unit_test(test_helpers_stop_at_each_failing_call),
        cmocka_unit_test(test_enter_root_accepts_an_existing_proc),
        cmocka_unit_test(test_users_shift_the_image),
        cmocka_unit_test(test_left_out_layers_do_nothing),
        cmocka_unit_test(test_namespaces_can_be_left_out),
        cmocka_unit_test(test_clocks_are_started_once),
        cmocka_unit_test(test_mount_binds_makes_what_is_missing),
        cmocka_unit_test(test_32_bit_calls_only_where_programs_are),
    };

    putenv("TERM=vt100"); /* setenv is the recorder's */
    return RUN_TESTS(tests, NULL);
}
