/* SPDX-License-Identifier: MIT */
#include "cmocka_prelude.h"

#include "sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <regex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { SOME_USER = 65533 };

static char top[PATH_MAX], rootfs[PATH_MAX], scratch[PATH_MAX];

const char *step_program(int step)
{
    static const char *const names[] = {"step1_pid", "step2_net", "step3_mnt",
                                        "step4_seccomp"};
    static char paths[4][PATH_MAX + 64];

    snprintf(paths[step - 1], sizeof(paths[0]), "%s/%s/os_isolate", top,
             names[step - 1]);
    return paths[step - 1];
}

const char *image(void)
{
    return rootfs;
}

static void remove_scratch(void)
{
    char command[2 * PATH_MAX + 64];

    snprintf(command, sizeof(command),
             "rm -rf --one-file-system '%s' '%s.tree'", scratch, scratch);
    if (system(command) != 0)
        fprintf(stderr, "cannot remove %s\n", scratch);
}

bool rootless(void)
{
    return getenv("ROOTLESS") != NULL;
}

void become_the_user(void)
{
    if (rootless() && (setgroups(0, NULL) < 0 ||
                       setresgid(SOME_USER, SOME_USER, SOME_USER) < 0 ||
                       setresuid(SOME_USER, SOME_USER, SOME_USER) < 0))
        _exit(98);
}

/* Show these two directories, wherever they are, in a place that an ordinary
 * user may enter; in a mount table of our own, so nothing is left. */
static int show_to_user(void)
{
    static const char command[] =
        "mount -t tmpfs -o mode=755 tmpfs /mnt && mkdir /mnt/top /mnt/image "
        "&& mount --bind . /mnt/top && mount --bind \"$OS_ISOLATE_ROOTFS\" "
        "/mnt/image";

    if (unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        system(command) != 0 || chown(scratch, SOME_USER, SOME_USER) < 0 ||
        chdir("/mnt/top") < 0)
        return -1;
    strcpy(top, "/mnt/top");
    strcpy(rootfs, "/mnt/image");
    return setenv("OS_ISOLATE_ROOTFS", rootfs, 1);
}

/* Is this path one word for a shell? */
static bool plain(const char *path)
{
    return path[strspn(path, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz0123456789/._-+")] ==
           '\0';
}

/* Make the scratch directory in $TMPDIR, or, where scripts could not name it
 * or programs not be run, in /var/tmp. */
static int make_scratch(void)
{
    const char *parent = getenv("TMPDIR");
    struct statvfs mounted;

    if (parent == NULL)
        parent = "/tmp";
    if (!plain(parent) || statvfs(parent, &mounted) < 0 ||
        (mounted.f_flag & ST_NOEXEC))
        parent = "/var/tmp";
    snprintf(scratch, sizeof(scratch), "%s/os_isolate-test.XXXXXX", parent);
    if (mkdtemp(scratch) == NULL) {
        print_error("%s: %s\n", scratch, strerror(errno));
        return -1;
    }
    return 0;
}

/* The scripts below name the programs without quotes: where the tree's own
 * path would need them, by a link. The programs find their real path. */
static int name_tree(void)
{
    char link[PATH_MAX + 8];

    if (plain(top))
        return 0;
    snprintf(link, sizeof(link), "%s.tree", scratch);
    if (symlink(top, link) < 0)
        return -1;
    snprintf(top, sizeof(top), "%.*s", (int)sizeof(top) - 1, link);
    return 0;
}

/* What else is mounted on this machine meanwhile is none of our business. In
 * here / is shared, as under systemd: a mount that leaks would be seen. */
static int leave_the_hosts_mounts(void)
{
    if (unshare(CLONE_NEWNS) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return -1;
    return mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL);
}

int setup_sandbox(void **state)
{
    const char *given = getenv("ROOTFS");

    (void)state;
    if (geteuid() != 0) {
        print_error("the integration tests need root\n");
        return -1;
    }
    if (getcwd(top, sizeof(top)) == NULL)
        return -1;
    if (realpath(given == NULL || *given == '\0' ? "rootfs" : given,
                 rootfs) == NULL) {
        print_error("there is no image; try: make rootfs\n");
        return -1;
    }
    setenv("OS_ISOLATE_ROOTFS", rootfs, 1);
    if (leave_the_hosts_mounts() < 0 || make_scratch() < 0 || name_tree() < 0)
        return -1;
    if (rootless() && show_to_user() < 0)
        return -1;
    return atexit(remove_scratch);
}

const char *scratch_directory(void)
{
    return scratch;
}

const char *marker(void)
{
    static char path[PATH_MAX + 8];

    snprintf(path, sizeof(path), "%s/marker", scratch);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%s\n", MARKER_TEXT);
    fclose(file);
    return path;
}

void need_in_image(const char *path)
{
    char whole[2 * PATH_MAX];

    snprintf(whole, sizeof(whole), "%s/%s", rootfs, path);
    if (access(whole, F_OK) == 0)
        return;
    print_message("# SKIP: the image has no %s\n", path);
    skip();
}

void need(const char *ability)
{
    char line[512], name[64];
    bool known = false;
    const char *asked = getenv("ABILITIES");
    FILE *file = asked != NULL && *asked != '\0'
                     ? fmemopen((char *)asked, strlen(asked), "r")
                     : popen("build/tests/abilities", "r");

    assert_non_null(file);
    snprintf(name, sizeof(name), "%s: ", ability);
    while (!known && fgets(line, sizeof(line), file) != NULL)
        known = strncmp(line, name, strlen(name)) == 0;
    if (asked != NULL && *asked != '\0')
        fclose(file);
    else
        pclose(file);
    if (!known)
        fail_msg("%s: no such ability, see tests/abilities.c", ability);
    if (strncmp(line + strlen(name), "no: ", 4) != 0)
        return;
    print_message("# SKIP: lacks: %s", line + strlen(name) + 4);
    skip();
}

void wait_until_taken(pid_t pid)
{
    char path[64];
    unsigned long long pending = 1;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    for (double left = patience(10); pending != 0 && left > 0; left -= 0.01) {
        char *status = read_file(path), *line = strstr(status, "ShdPnd:");

        assert_non_null(line);
        pending = strtoull(line + strlen("ShdPnd:"), NULL, 16);
        free(status);
        usleep(10000);
    }
    assert_int_equal(pending, 0);
}

double patience(double seconds)
{
    const char *slow = getenv("SLOW");

    return slow == NULL ? seconds : seconds * atof(slow);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Read what there is; false at the end of file. */
static bool drain(int fd, char *text, size_t size)
{
    size_t used = strlen(text);
    char spill[4096];
    bool full = used + 1 >= size;
    ssize_t n = read(fd, full ? spill : text + used,
                     full ? sizeof(spill) : size - used - 1);

    if (n > 0 && !full)
        text[used + (size_t)n] = '\0';
    return n > 0;
}

void run(struct outcome *outcome, const char *input, char *const *argv)
{
    int in[2], out[2], err[2];
    double deadline = now() + patience(300);

    memset(outcome, 0, sizeof(*outcome));
    assert_int_equal(pipe(in) | pipe(out) | pipe(err), 0);
    if (rootless())
        assert_int_equal(fchown(in[0], SOME_USER, SOME_USER) |
                             fchown(out[0], SOME_USER, SOME_USER) |
                             fchown(err[0], SOME_USER, SOME_USER),
                         0);
    fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0); /* kill(-1) would be everybody */
    if (pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        for (int i = 0; i < 2; i++) {
            close(in[i]);
            close(out[i]);
            close(err[i]);
        }
        become_the_user();
        execvp(argv[0], argv);
        _exit(99);
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    signal(SIGPIPE, SIG_IGN);
    if (input != NULL && write(in[1], input, strlen(input)) < 0)
        print_message("not all of the input was read\n");
    close(in[1]);

    struct pollfd ends[] = {{.fd = out[0], .events = POLLIN},
                            {.fd = err[0], .events = POLLIN}};
    while ((ends[0].fd >= 0 || ends[1].fd >= 0) && now() < deadline) {
        poll(ends, 2, 1000);
        if (ends[0].revents != 0 &&
            !drain(out[0], outcome->out, sizeof(outcome->out)))
            ends[0].fd = -1;
        if (ends[1].revents != 0 &&
            !drain(err[0], outcome->err, sizeof(outcome->err)))
            ends[1].fd = -1;
    }
    close(out[0]);
    close(err[0]);
    if (now() >= deadline)
        kill(pid, SIGKILL);
    outcome->status = wait_for_exit(pid);
    if (now() >= deadline)
        fail_msg("%s: still running, and out of patience", argv[0]);
}

pid_t start(char *const *argv, int *output)
{
    int out[2];

    assert_int_equal(pipe(out), 0);
    fflush(stdout);
    pid_t pid = fork();
    assert_true(pid >= 0); /* kill(-1) would be everybody */
    if (pid == 0) {
        int null = open("/dev/null", O_RDONLY);

        dup2(null, STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(null);
        close(out[0]);
        close(out[1]);
        become_the_user();
        execvp(argv[0], argv);
        _exit(99);
    }
    close(out[1]);
    *output = out[0];
    return pid;
}

void wait_for_text(int fd, const char *text)
{
    char seen[16384] = "";
    double deadline = now() + patience(10);
    struct pollfd end = {.fd = fd, .events = POLLIN};

    while (strstr(seen, text) == NULL) {
        if (now() > deadline)
            fail_msg("waited for '%s' and saw '%s'", text, seen);
        if (poll(&end, 1, 1000) > 0 && !drain(fd, seen, sizeof(seen)))
            fail_msg("waited for '%s' and saw the end: '%s'", text, seen);
    }
}

int wait_for_exit(pid_t pid)
{
    int status;

    for (double deadline = now() + patience(10); now() < deadline;
         usleep(2000))
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                       : WEXITSTATUS(status);
    kill(pid, SIGKILL);
    fail_msg("process %d did not end in time", (int)pid);
    return -1;
}

static bool matches(const char *text, const char *regex)
{
    regex_t compiled;

    assert_int_equal(regcomp(&compiled, regex, REG_EXTENDED | REG_NOSUB), 0);
    int rc = regexec(&compiled, text, 0, NULL, 0);
    regfree(&compiled);
    return rc == 0;
}

void assert_matches(const char *text, const char *regex)
{
    if (!matches(text, regex))
        fail_msg("expected to match\n%s\nbut was\n%s", regex, text);
}

bool has_user_attributes(void)
{
    int fd = memfd_create("attributes", MFD_CLOEXEC); /* is on a tmpfs */
    bool has = fsetxattr(fd, "user.x", "y", 1, 0) == 0;

    close(fd);
    return has;
}

static void expect(char *const *argv, const char *what, const char *regex)
{
    struct outcome outcome;

    run(&outcome, NULL, argv);
    if (outcome.status != 0)
        fail_msg("%s: %s: exit status %d\n%s%s", argv[0], what,
                 outcome.status, outcome.out, outcome.err);
    if (!matches(outcome.out, regex))
        fail_msg("%s: expected to match\n%s\nbut was\n%sand on stderr\n%s",
                 what, regex, outcome.out, outcome.err);
}

void expect_inside(int step, const char *const *options, const char *script,
                   const char *regex)
{
    char *argv[16] = {(char *)step_program(step)};
    int n = 1;

    while (options != NULL && *options != NULL && n < 9)
        argv[n++] = (char *)*options++;
    argv[n++] = (char *)"/bin/bash";
    argv[n++] = (char *)"-c";
    argv[n++] = (char *)script;
    expect(argv, script, regex);
}

void expect_on_host(const char *script, const char *regex)
{
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)script, NULL};

    expect(argv, script, regex);
}

char *read_file(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    if (getdelim(&text, &size, '\0', file) < 0)
        fail_msg("%s is empty", path);
    fclose(file);
    return text;
}

int count_processes(const char *text)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    int count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        char path[300], line[4096];
        snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
        int fd = entry->d_name[0] > '9' ? -1 : open(path, O_RDONLY);
        if (fd < 0)
            continue;
        ssize_t n = read(fd, line, sizeof(line) - 1);
        close(fd);
        for (ssize_t i = 0; i < n; i++)
            line[i] = line[i] == '\0' ? ' ' : line[i];
        line[n < 0 ? 0 : n] = '\0';
        count += strstr(line, text) != NULL;
    }
    closedir(dir);
    return count;
}

void expect_for(int step, const char *script, const char *regex)
{
    setenv("O", step_program(step), 1);
    setenv("I", image(), 1);
    setenv("T", scratch_directory(), 1);
    expect_on_host(script, regex);
}

void expect_good(const char *script)
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
