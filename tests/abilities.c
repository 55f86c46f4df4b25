/* SPDX-License-Identifier: MIT
 *
 * What this machine can do, found by doing it. The one place that the C
 * tests, the Python tools and the scripts ask:
 *
 *     abilities           a line for each: "NAME: yes", or "NAME: no: WHY"
 *     abilities NAME      only that: exit status 0, or 1 after printing WHY
 *
 * tests/run asks once and hands the answer on in $ABILITIES. A test that
 * lacks an ability is skipped by its name, and no test guesses.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOME_USER = 65533, SECONDS = 20 };

/* Run TRY() in a child of its own. 0 if it returned 0 there, else -1. */
static int in_a_child(int (*try)(void))
{
    int status;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        alarm(SECONDS);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        _exit(try() == 0 ? 0 : 1);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* The smallest program there is: exit(0) by the i386 system call, as an ELF
 * file for i386, see elf(5). */
static int run_32_bit_program(void)
{
    static const unsigned char program[] = {
        0x7f, 'E',  'L', 'F',  1,    1, 1, 0, 0, 0,    0, 0, 0,
        0,    0,    0,                        /* ident */
        2,    0,    3,   0,    1,    0, 0, 0, /* ET_EXEC, EM_386 */
        0x54, 0x80, 4,   8,                   /* entry */
        52,   0,    0,   0,    0,    0, 0, 0, 0, 0,    0, 0, /* program
                                                                headers at 52
                                                              */
        52,   0,    32,  0,    1,    0, 0, 0, 0, 0,    0, 0, /* one, of 32
                                                                bytes */
        1,    0,    0,   0,    0,    0, 0, 0, 0, 0x80, 4, 8, 0,
        0x80, 4,    8, /* PT_LOAD */
        0x5d, 0,    0,   0,    0x5d, 0, 0, 0, 5, 0,    0, 0, 0,
        0x10, 0,    0,   0x31, 0xdb, /* xor ebx, ebx */
        0xb8, 1,    0,   0,    0,    /* mov eax, 1 */
        0xcd, 0x80,                  /* int 0x80 */
    };
    char *argv[] = {(char *)"32", NULL};
    int fd = memfd_create("32-bit", MFD_CLOEXEC);

    if (fd < 0 ||
        write(fd, program, sizeof(program)) != (ssize_t)sizeof(program))
        return -1;
    fexecve(fd, argv, environ);
    return -1;
}

static int enter_by_int80(void)
{
#ifdef __x86_64__
    int pid = -1;

    __asm__ volatile("int $0x80"
                     : "=a"(pid)
                     : "a"(20) /* getpid */
                     : "memory", "r8", "r9", "r10", "r11");
    return pid == getpid() ? 0 : -1;
#elif defined(__i386__)
    return 0;
#else
    return -1;
#endif
}

static int make_user_namespace(void)
{
    return unshare(CLONE_NEWUSER);
}

/* And use it: AppArmor lets one make it, and then refuses the mount. */
static int make_user_namespace_as_user(void)
{
    if (geteuid() == 0 && (setgid(SOME_USER) < 0 || setuid(SOME_USER) < 0))
        return -1;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return -1;
    return mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
}

struct attributes { /* struct mount_attr */
    uint64_t set, clear, propagation, users;
};

/* Of the file system that the tree is on. See mount_setattr(2). */
static int shift_owners(void)
{
    int ready[2];
    char path[64], byte;
    struct attributes shift = {.set = 0x100000 /* MOUNT_ATTR_IDMAP */};

    if (pipe(ready) < 0)
        return -1;
    pid_t pid = fork();
    if (pid < 0)
        return -1; /* and no kill(-1), which is everybody */
    if (pid == 0) {
        alarm(SECONDS);
        if (unshare(CLONE_NEWUSER) < 0 || write(ready[1], "", 1) < 0)
            _exit(1);
        pause();
    }
    close(ready[1]);
    int result = read(ready[0], &byte, 1) == 1 ? 0 : -1;
    for (int i = 0; i < 2 && result == 0; i++) {
        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid,
                 i == 0 ? "uid_map" : "gid_map");
        int map = open(path, O_WRONLY);
        result = write(map, "0 100000 65536", 14) == 14 ? 0 : -1;
        close(map);
    }
    snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
    int users = open(path, O_RDONLY);
    int tree = (int)syscall(428 /* open_tree */, AT_FDCWD, ".",
                            1 /* OPEN_TREE_CLONE */);
    shift.users = (uint64_t)users;
    if (result == 0)
        result = (int)syscall(442 /* mount_setattr */, tree, "",
                              AT_EMPTY_PATH, &shift, sizeof(shift));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return result;
}

static int compile_for_i386(void)
{
    return system("echo 'int main(void) { return 0; }' | "
                  "${CC:-cc} -m32 -static -x c -o /dev/null -");
}

/* A cgroup with this controller, of version 1 or 2, in which LIMIT can be
 * written. See cgroups(7). */
static int limit_in_cgroup(const char *controller, const char *limit)
{
    char words[512] = " ", base[64], path[160];

    snprintf(base, sizeof(base), "/sys/fs/cgroup/%s", controller);
    if (access(base, F_OK) < 0) { /* version 2: enabled for our children */
        strcpy(base, "/sys/fs/cgroup");
        snprintf(path, sizeof(path), "%s/cgroup.subtree_control", base);
        int fd = open(path, O_WRONLY);
        int length = snprintf(words, sizeof(words), "+%s", controller);
        if (write(fd, words, (size_t)length) != length)
            return -1;
        close(fd);
    }
    snprintf(path, sizeof(path), "%s/os_isolate-%d", base, (int)getpid());
    if (mkdir(path, 0755) < 0)
        return -1;
    size_t end = strlen(path);
    snprintf(path + end, sizeof(path) - end, "/%s", limit);
    int fd = open(path, O_WRONLY);
    int result = write(fd, "30000", 5) == 5 ? 0 : -1;
    path[end] = '\0';
    rmdir(path);
    return result;
}

static int limit_processes(void)
{
    return limit_in_cgroup("pids", "pids.max");
}

static int limit_memory(void)
{
    return limit_in_cgroup("memory", "memory.max") == 0
               ? 0
               : limit_in_cgroup("memory", "memory.limit_in_bytes");
}

static int run_bwrap(void)
{
    return system("bwrap --ro-bind / / --unshare-user true");
}

static int find_apparmor(void)
{
    char answer = 'N';
    int fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY);

    return read(fd, &answer, 1) == 1 && answer == 'Y' ? 0 : -1;
}

static int open_terminal(void)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY);

    if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0 || !ptsname(fd))
        return -1;
    return open(ptsname(fd), O_RDWR | O_NOCTTY) < 0 ? -1 : 0;
}

/* Root of many a container may not raise a limit. */
static int raise_limit(void)
{
    return setrlimit(RLIMIT_NICE, &(struct rlimit){40, 40});
}

/* sudo(8) begins with a hard limit of 0, and step 4 sets 1. */
static int limit_core_dumps(void)
{
    return setrlimit(RLIMIT_CORE, &(struct rlimit){1, 1});
}

/* The clocks of a time namespace can be set: CLONE_NEWTIME is 0x80. */
static int set_own_clocks(void)
{
    static const char text[] = "boottime 1000000000 0\n";

    if (unshare(0x80) < 0)
        return -1;
    int fd = open("/proc/self/timens_offsets", O_WRONLY);
    return write(fd, text, strlen(text)) > 0 ? 0 : -1;
}

/* And an ordinary user's program enters it by execve(2), from Linux 6.3 on.
 */
static int execute_with_own_clocks(void)
{
    static const char script[] =
        "read up idle </proc/uptime; [ ${up%.*} -ge 1000000000 ]";

    if (unshare(CLONE_NEWUSER) < 0 || set_own_clocks() < 0)
        return -1;
    execl("/bin/sh", "sh", "-c", script, NULL);
    return -1;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*try)(void);
        const char *without; /* and where it can be had */
    } abilities[] = {
        {"32-bit", run_32_bit_program,
         "this kernel runs no 32-bit programs (make check-vm ARCH=i386 "
         "does)"},
        {"int80", enter_by_int80,
         "this kernel has no int $0x80 (make check-vm has)"},
        {"users-root", make_user_namespace,
         "no user namespaces here, not even for root"},
        {"users", make_user_namespace_as_user,
         "no user namespaces for ordinary users here"},
        {"idmap", shift_owners,
         "no idmapped mounts on the file system of the tree"},
        {"cc-i386", compile_for_i386,
         "no compiler for i386 (Debian's gcc-multilib)"},
        {"cgroup-pids", limit_processes,
         "no cgroup here can limit the number of processes"},
        {"cgroup-memory", limit_memory, "no cgroup here can limit memory"},
        {"bwrap", run_bwrap, "no bwrap that runs"},
        {"raise-limits", raise_limit,
         "root may not raise limits here (CAP_SYS_RESOURCE)"},
        {"core-limit", limit_core_dumps,
         "the hard limit of core dumps is 0, and root may not raise it here "
         "(without sudo it may be higher: ulimit -Hc)"},
        {"clocks", set_own_clocks, "no time namespaces here (Linux 5.6 has)"},
        {"clocks-user", execute_with_own_clocks,
         "no time namespaces for ordinary users here (Linux 6.3 has)"},
        {"apparmor", find_apparmor, "no AppArmor"},
        {"terminal", open_terminal, "no terminals can be made"},
    };
    int status = argc > 1 ? 2 : 0;

    for (size_t i = 0; i < sizeof(abilities) / sizeof(abilities[0]); i++) {
        if (argc > 1 && strcmp(argv[1], abilities[i].name) != 0)
            continue;
        int has = in_a_child(abilities[i].try) == 0;
        if (argc > 1) {
            status = has ? 0 : 1;
            if (!has)
                puts(abilities[i].without);
        } else if (has) {
            printf("%s: yes\n", abilities[i].name);
        } else {
            printf("%s: no: %s\n", abilities[i].name, abilities[i].without);
        }
    }
    if (status == 2)
        fprintf(stderr, "abilities: %s: no such ability\n", argv[1]);
    return status;
}
