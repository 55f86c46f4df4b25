/* SPDX-License-Identifier: MIT
 *
 * Each helper of common/ and of step 4: which calls it makes, in which order,
 * with which arguments; and, for every one of these calls, that its failure
 * is reported with its errno and that nothing is done after it.
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
    return load_filters(&box);
}

/* Devices are shown, and not made; terminals belong to no group. */
#define DEVICE(name)                                                         \
    "openat 33 " name "\n"                                                   \
    "mknod /dev/" name " 100666 0:0\n"                                       \
    "mount_tree 31 /dev/" name " -1\n"                                       \
    "close 31\n"
#define DEV_OF_A_USER                                                                              \
    "umask 000\n"                                                                                  \
    "mount tmpfs /dev tmpfs nosuid,noexec mode=755,size=64k,nr_inodes=1k,uid=0,gid=0\n" DEVICE(    \
        "null") DEVICE("zero") DEVICE("full") DEVICE("random")                                     \
        DEVICE("urandom") DEVICE(                                                                  \
            "tty") "symlink /proc/self/fd /dev/fd\n"                                               \
                   "symlink /proc/self/fd/0 /dev/stdin\n"                                          \
                   "symlink /proc/self/fd/1 /dev/stdout\n"                                         \
                   "symlink /proc/self/fd/2 /dev/stderr\n"                                         \
                   "symlink pts/ptmx /dev/ptmx\n"                                                  \
                   "mkdir /dev/pts 755\n"                                                          \
                   "mount devpts /dev/pts devpts nosuid,noexec newinstance,max=64,ptmxmode=0666\n" \
                   "mkdir /dev/shm 1777\n"                                                         \
                   "mount shm /dev/shm tmpfs nosuid,nodev,noexec "                                 \
                   "mode=1777,size=64m,nr_inodes=16k,uid=0,gid=0\n"                                \
                   "umask 027\n"

static const struct {
    const char *name;
    int (*helper)(void);
    const char *calls;
} helpers[] = {
    {"make_mounts_private", make_mounts_private,
     "mount - / - rec,private -\n"},
    {"copy_mount_table", copy_mount_table,
     "unshare 0x20000\n"
     "mount - / - rec,private -\n"},
    {"mount_proc", mount_proc,
     "mount proc /proc proc nosuid,nodev,noexec -\n"},
    {"mount_sys", mount_sys,
     "mount sysfs /sys sysfs ro,nosuid,nodev,noexec -\n"},
    {"mount_dev", mount_plain_dev,
     "umask 000\n"
     "mount tmpfs /dev tmpfs nosuid,noexec mode=755,size=64k,nr_inodes=1k,"
     "uid=0,gid=0\n"
     "mknod /dev/null 20666 1:3\n"
     "mknod /dev/zero 20666 1:5\n"
     "mknod /dev/full 20666 1:7\n"
     "mknod /dev/random 20666 1:8\n"
     "mknod /dev/urandom 20666 1:9\n"
     "mknod /dev/tty 20666 5:0\n"
     "symlink /proc/self/fd /dev/fd\n"
     "symlink /proc/self/fd/0 /dev/stdin\n"
     "symlink /proc/self/fd/1 /dev/stdout\n"
     "symlink /proc/self/fd/2 /dev/stderr\n"
     "symlink pts/ptmx /dev/ptmx\n"
     "mkdir /dev/pts 755\n"
     "mount devpts /dev/pts devpts nosuid,noexec "
     "newinstance,max=64,ptmxmode=0666,mode=0620,gid=5\n"
     "mkdir /dev/shm 1777\n"
     "mount shm /dev/shm tmpfs nosuid,nodev,noexec "
     "mode=1777,size=64m,nr_inodes=16k,uid=0,gid=0\n"
     "umask 027\n"},
    {"mount_dev for an ordinary user", mount_users_dev, DEV_OF_A_USER},
    {"map_caller", map_caller_of_1234,
     "open /proc/1234/setgroups\n"
     "write 30 deny\n"
     "close 30\n"
     "open /proc/1234/uid_map\n"
     "write 30 0 0 1\n"
     "close 30\n"
     "open /proc/1234/gid_map\n"
     "write 30 0 0 1\n"
     "close 30\n"},
    {"raise_loopback", raise_loopback,
     "socket 2\n"
     "ioctl 20 0x8913\n"
     "ioctl 20 0x8914\n"
     "close 20\n"},
    {"enter_root", enter_plain_root,
     "umask 022\n"
     "mount - / - rec,private -\n"
     "open /dev\n"
     "realpath image\n"
     "open /real/image\n"
     "fstat 30\n"
     "stat /\n"
     "mount tmpfs /real/image tmpfs nosuid,nodev "
     "mode=755,size=25%,nr_inodes=128k,huge=within_size\n"
     "chdir /real/image\n"
     "fstat 30\n"
     "stat .\n"
     "mkdir lower 755\n"
     "mkdir upper 755\n"
     "mkdir work 755\n"
     "mkdir merged 755\n"
     "chown upper 0:0\n"
     "mount_tree 30 lower -1\n"
     "mount overlay merged overlay - "
     "lowerdir=lower,upperdir=upper,workdir=work\n"
     "chdir merged\n"
     "mkdir proc 755\n"
     "mkdir dev 755\n"
     "write_name_files\n"
     "pivot_root . .\n"
     "close 30\n"},
    {"leave_host", leave_plain_host,
     "umount2 . detach\n"
     "chdir /\n"
     "fstat 0\nfstat 1\nfstat 2\n"
     "opendir /proc/self/fd\n"
     "readdir\nreaddir\nreaddir\nreaddir\nreaddir\n"
     "close 3\n"
     "readdir\nreaddir\n"
     "close 17\n"
     "closedir\n"
     "clearenv\n"
     "setenv PATH=" DEFAULT_PATH "\n"
     "setenv HOME=/root\n"
     "setenv TERM=vt100\n"
     "setgroups 0\n"},
    {"leave_host of an ordinary user", leave_host_keeping_groups,
     "umount2 . detach\n"
     "chdir /\n"
     "fstat 0\nfstat 1\nfstat 2\n"
     "opendir /proc/self/fd\n"
     "readdir\nreaddir\nreaddir\nreaddir\nreaddir\n"
     "close 3\n"
     "readdir\nreaddir\n"
     "close 17\n"
     "closedir\n"
     "clearenv\n"
     "setenv PATH=" DEFAULT_PATH "\n"
     "setenv HOME=/root\n"
     "setenv TERM=vt100\n"},
    {"open_bind_sources", open_sources,
     "open /src\n"
     "fstat 30\n"},
    {"mount_binds", mount_one_bind,
     "open .\n"
     "fstat 9\n"
     "fstat 30\n"
     "open_in_root 30 /a/b\n"
     "fstat 40\n"
     "mount_tree 9 /proc/self/fd/40 -1\n"
     "close 40\n"
     "open_in_root 30 /a/b\n"
     "fstatvfs 40\n"
     "mount - /proc/self/fd/40 - "
     "remount,bind,ro,nosuid,nodev,noexec -\n"
     "close 40\n"
     "close 30\n"},
    {"make_users", make_some_users,
     "fstat 0\nfstat 1\nfstat 2\n"
     "clone 0x10004100\n"
     "open /proc/1234/uid_map\n"
     "write 30 0 1879048192 65536\n"
     "close 30\n"
     "open /proc/1234/gid_map\n"
     "write 30 0 1879048192 65536\n"
     "close 30\n"
     "open /proc/1234/ns/user\n"
     "waitpid 1234\n"},
    {"join_users", join_some_users,
     "fchown 1 1879048192:1879048192\n"
     "setns 70 0x10000000\n"
     "setresgid 0 0 0\n"
     "setgroups 0\n"
     "setresuid 0 0 0\n"},
    {"name_host", name,
     "sethostname sandbox\n"
     "setdomainname (none)\n"},
    {"free_ports_and_ping", free_them,
     "open /proc/sys/net/ipv4/ip_unprivileged_port_start\n"
     "write 30 0\n"
     "close 30\n"
     "open /proc/sys/net/ipv4/ping_group_range\n"
     "write 30 0 2147483647\n"
     "close 30\n"},
    {"mask_proc", mask,
     "mount /proc/cpuinfo /proc/cpuinfo - bind -\n"
     "mount /proc/filesystems /proc/filesystems - bind -\n"
     "mount /proc/loadavg /proc/loadavg - bind -\n"
     "mount /proc/meminfo /proc/meminfo - bind -\n"
     "mount /proc/stat /proc/stat - bind -\n"
     "mount /proc/sys /proc/sys - bind -\n"
     "mount /proc/uptime /proc/uptime - bind -\n"
     "mount /proc/version /proc/version - bind -\n"
     "open /proc/mounts\n"
     "mount_tree 30 /proc/self/fd/30 -1\n"
     "close 30\n"
     "open /proc/net\n"
     "mount_tree 30 /proc/self/fd/30 -1\n"
     "close 30\n"
     "mount proc /proc proc remount,nosuid,nodev,noexec subset=pid\n"
     "open /proc/uptime\n"
     "close 30\n"
     "mount - /proc/sys - remount,bind,ro,nosuid,nodev,noexec -\n"
     "mount /dev/null /proc/sys/kernel/random/boot_id - bind -\n"},
    {"give_up_privileges", privileges,
     "mount - / - remount,bind,nosuid,nodev -\n"
     "prctl 38 1\n"},
    {"drop_capabilities", capabilities,
     "prctl 24 2\n" /* the bounding set, but for the seven that stay */
     "prctl 24 8\n"
     "prctl 24 9\n"
     "prctl 47 4\n" /* the ambient set */
     "capget\n"
     "capset fb fb 0 0 0 0\n"},
    {"load_filters", filters,
     "prctl seccomp\n"
     "prctl seccomp\n"},
};
enum { N_HELPERS = sizeof(helpers) / sizeof(helpers[0]) };

static void test_helpers_make_these_calls(void **state)
{
    (void)state;
    for (int i = 0; i < N_HELPERS; i++) {
        record_anew(0, 0);
        errno = 0;
        if (helpers[i].helper() != 0)
            fail_msg("%s: %s after\n%s", helpers[i].name, strerror(errno),
                     recorded());
        assert_string_equal(recorded(), helpers[i].calls);
    }
}

/* Lines that may come after a failure, and are not counted as calls. */
static bool cleans_up(const char *line)
{
    static const char *const starts[] = {"close", "umask", "waitpid"};

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (strncmp(line, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* The recording up to the call that failed, then only lines that clean up. */
static void assert_stopped(const char *name, const char *whole, int fail_at)
{
    const char *now = recorded(), *end = now;

    for (int calls = 0; calls < fail_at;) {
        assert_non_null(end = strchr(end, '\n'));
        const char *line = end++;
        while (line > now && line[-1] != '\n')
            line--;
        calls +=
            strncmp(line, "close", 5) != 0 && strncmp(line, "umask", 5) != 0;
    }
    assert_memory_equal(now, whole, (size_t)(end - now));
    while (*end != '\0') {
        if (!cleans_up(end))
            fail_msg("%s: after call %d failed it did %s", name, fail_at,
                     end);
        end = strchr(end, '\n') + 1;
    }
}

static void fail_each_call(const char *name, int (*helper)(void), int error,
                           int *cases)
{
    char whole[8192];

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

        assert_true(recorder_failed());
        /* The one call with a second try: a tmpfs without huge pages. */
        if (result == 0 && error == EINVAL &&
            strstr(recorded(), " mode=755,size=25%,nr_inodes=128k\n") != NULL)
            continue;
        if (result != -1 || after != error)
            fail_msg("%s: call %d failed with %s, it returned %d, errno %s",
                     name, n, strerror(error), result, strerror(after));
        assert_stopped(name, whole, n);
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
    record_anew(19, EEXIST); /* mkdir proc; then lstat says "directory" */
    assert_int_equal(enter_plain_root(), 0);
    assert_non_null(strstr(recorded(), "mkdir proc 755\nlstat proc\n"));
}

static void test_users_shift_the_image(void **state)
{
    int cases = 0;

    (void)state;
    record_anew(0, 0);
    assert_int_equal(enter_shifted_root(), 0);
    assert_non_null(strstr(recorded(), "chown upper 1879048192:1879048192\n"
                                       "mount_tree 30 lower 70\n"));
    fail_each_call("enter_root", enter_shifted_root, EINVAL, &cases);
    assert_true(cases > 15);
}

static void test_left_out_layers_do_nothing(void **state)
{
    static int (*const helpers_with_layers[])(void) = {
        make_some_users, join_some_users, name,   mask,
        privileges,      capabilities,    filters};

    (void)state;
    box.without = ~0U;
    for (int i = 0; i < 7; i++) {
        record_anew(0, 0);
        assert_int_equal(helpers_with_layers[i](), LEFT_OUT);
        assert_string_equal(recorded(), "");
    }
    box.without = 0;
}

static void test_mount_binds_makes_what_is_missing(void **state)
{
    (void)state;
    /* Missing at first: then the path is walked from the root. */
    record_anew(4, ENOENT);
    assert_int_equal(mount_one_bind(), 0);
    assert_non_null(strstr(recorded(), "open_in_root 30 /a/b\n"
                                       "open_in_root 30 /\n"
                                       "open_in_root 30 /a\n"
                                       "close 40\n"
                                       "open_in_root 30 /a/b\n"
                                       "close 40\n"
                                       "fstat 40\n"
                                       "mount_tree "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_helpers_make_these_calls),
        cmocka_unit_test(test_helpers_stop_at_each_failing_call),
        cmocka_unit_test(test_enter_root_accepts_an_existing_proc),
        cmocka_unit_test(test_users_shift_the_image),
        cmocka_unit_test(test_left_out_layers_do_nothing),
        cmocka_unit_test(test_mount_binds_makes_what_is_missing),
    };

    putenv("TERM=vt100"); /* setenv is the recorder's */
    return RUN_TESTS(tests, NULL);
}
