/* SPDX-License-Identifier: MIT
 *
 * Step 4's filters in the kernel, call by call, on x86_64 for i386 as well.
 * (compile_policy has run them in an interpreter already.)
 *
 * A child loads the two filters, and then a third that hands every call to a
 * supervisor, which answers EUSERS: no call is ever carried out. The kernel
 * takes the strictest answer, so EPERM and ENOSYS come from our filters, and
 * EUSERS says that they would have let the call through. seccomp_unotify(2).
 */
#include "cmocka_prelude.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

enum { MAX_CALLS = 2048, LET_THROUGH = EUSERS };

enum { SECONDS = 60 }; /* for one table of calls; times $SLOW */

/* What the calls of a test are made for: this machine, or, on x86_64, i386 by
 * int $0x80. */
static uint32_t arch;

struct call {
    bool by_int80;
    int number;
    unsigned long args[3];
    int expected; /* errno */
    char name[48];
    int got;
};

static struct call *calls; /* shared with the child */
static int n_calls, *next_call;

static void add(const char *name, int number, const unsigned long *args,
                int expected)
{
    struct call *call = &calls[n_calls++];

    assert_true(n_calls < MAX_CALLS);
    call->by_int80 = arch == SCMP_ARCH_X86;
    call->number = number;
    for (int i = 0; i < 3 && args != NULL; i++)
        call->args[i] = args[i];
    call->expected = expected;
    snprintf(call->name, sizeof(call->name), "%s (%s)", name,
             call->by_int80 ? "i386" : "native");
}

/* On i386 some rules do not hold; see compile_policy.c. */
static void add_named(const char *name, const unsigned long *args,
                      int expected, bool i386_too)
{
    bool i386 =
        arch == SCMP_ARCH_X86 || seccomp_arch_native() == SCMP_ARCH_X86;
    int number = seccomp_syscall_resolve_name_arch(arch, name);

    if (number >= 0 && (i386_too || !i386))
        add(name, number, args, expected);
}

static void add_policy(void)
{
    /* Family 0 is none, and refused for that. */
    static const unsigned long unix_socket[3] = {AF_UNIX};
    char line[256];
    int expected = 0;
    FILE *file = fopen("step4_seccomp/policy.txt", "r");

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (line[0] != ' ') {
            expected = line[0] == 'a' ? LET_THROUGH : EPERM;
            continue;
        }
        for (char *name = strtok(line, " \n"); name != NULL;
             name = strtok(NULL, " \n"))
            add_named(name, strcmp(name, "socket") == 0 ? unix_socket : NULL,
                      expected, true);
    }
    fclose(file);
}

static long enter(const struct call *call)
{
    const unsigned long *a = call->args;

    if (!call->by_int80) {
        long result = syscall(call->number, a[0], a[1], a[2], 0, 0, 0);
        return result < 0 ? -errno : result;
    }
    int result = -ENOTSUP;
#ifdef __x86_64__
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(call->number), "b"(a[0]), "c"(a[1]), "d"(a[2]),
                       "S"(0), "D"(0)
                     : "memory", "r8", "r9", "r10", "r11");
#endif
    return result;
}

static void load_file(const char *path)
{
    static struct sock_filter code[4096];
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, code, sizeof(code));
    struct sock_fprog program = {
        .len = (unsigned short)((size_t)size / sizeof(code[0])),
        .filter = code};

    close(fd);
    if (size <= 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        _exit(98);
}

/* Sends the listener's number, then makes every call. All by way of shared
 * memory: from the third filter on no call works. */
static _Noreturn void child(int *listener)
{
    struct sock_filter notify[] = {
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)};
    struct sock_fprog program = {.len = 1, .filter = notify};

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    load_file("build/step4_seccomp/arguments.bpf");
    load_file("build/step4_seccomp/calls.bpf");
    *listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                             SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    for (int i = 0; i < n_calls; i++) {
        calls[i].got = (int)-enter(&calls[i]);
        *(volatile int *)next_call = i + 1;
    }
    for (;;)
        ;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Fail if the child has ended, or the time is over. Whoever waits for a child
 * also waits for its death. */
static void expect_alive(pid_t pid, double deadline)
{
    int at = *(volatile int *)next_call, status;
    const char *name = at < n_calls ? calls[at].name : "the end";

    if (waitpid(pid, &status, WNOHANG) == pid)
        fail_msg("the child that makes the calls died at %s: %s %d", name,
                 WIFSIGNALED(status) ? "signal" : "status",
                 WIFSIGNALED(status) ? WTERMSIG(status)
                                     : WEXITSTATUS(status));
    if (now() > deadline) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        fail_msg("out of patience at %s", name);
    }
}

/* Take the child's listener over and answer EUSERS until it is through. */
static void supervise(pid_t pid, const volatile int *listener)
{
    const char *slow = getenv("SLOW");
    double deadline = now() + SECONDS * (slow == NULL ? 1 : atof(slow));

    for (; *listener == 0; usleep(1000))
        expect_alive(pid, deadline);
    assert_true(*listener > 0);
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    int fd = (int)syscall(438 /* pidfd_getfd */, pidfd, *listener, 0);
    assert_true(fd >= 0);
    struct pollfd end = {.fd = fd, .events = POLLIN};
    while (*(volatile int *)next_call < n_calls) {
        struct seccomp_notif request = {0};
        if (poll(&end, 1, 100) <= 0 ||
            ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0) {
            expect_alive(pid, deadline);
            continue;
        }
        struct seccomp_notif_resp answer = {.id = request.id,
                                            .error = -LET_THROUGH};
        ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
    }
    close(fd);
    close(pidfd);
}

static void try_all(void)
{
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    next_call = shared + 1;
    pid_t pid = fork();
    assert_true(pid >= 0); /* kill(-1) would be everybody */
    if (pid == 0)
        child(shared);
    supervise(pid, shared);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    int wrong = 0;
    for (int i = 0; i < n_calls; i++)
        if (calls[i].got != calls[i].expected && ++wrong)
            print_error("%s, number %d: errno %d instead of %d\n",
                        calls[i].name, calls[i].number, calls[i].got,
                        calls[i].expected);
    assert_int_equal(wrong, 0);
}

static int setup(void **state)
{
    (void)state;
    calls = mmap(NULL, MAX_CALLS * sizeof(*calls), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return calls == MAP_FAILED ? -1 : 0;
}

static void try_policy(void)
{
    n_calls = 0;
    add_policy();
    printf("%d calls tried in the kernel\n", n_calls);
    assert_true(n_calls > 300);
    try_all();
}

static void try_unknown_numbers(void)
{
    n_calls = 0;
    add_named("clone3", NULL, ENOSYS, true);
    for (int number = 600; number < 5000; number += 40)
        add("unknown", number, NULL, ENOSYS);
    /* x32: the numbers of x86_64 with bit 30 set, and 512 to 547. */
    for (int number = 0; number < 548 && arch == SCMP_ARCH_NATIVE;
         number += 4)
        add("x32", 0x40000000 | number, NULL, ENOSYS);
    try_all();
}

static void try_arguments(void)
{
    static const unsigned long high =
        sizeof(long) > 4 ? (unsigned long)(UINT64_C(1) << 32) : 0;
    static const struct {
        const char *name;
        unsigned long args[3];
        int expected;
        bool i386_too;
    } cases[] = {
        {"ioctl", {0, TIOCSTI}, EPERM, true},
        {"ioctl", {0, TIOCLINUX}, EPERM, true},
        {"ioctl", {0, TIOCSETD}, EPERM, true},
        {"ioctl", {0, TIOCSTI | high}, EPERM, false},
        {"ioctl", {0, TIOCLINUX | high}, EPERM, false},
        {"ioctl", {0, TCGETS}, LET_THROUGH, true},
        {"clone", {0x10000000}, EPERM, true},
        {"clone", {0x20000 | high}, EPERM, false},
        {"clone", {17}, LET_THROUGH, true},
        {"personality", {0x0040000}, EPERM, true},
        {"personality", {0x0040000 | high}, EPERM, false},
        {"personality", {0xffffffff}, LET_THROUGH, true},
        {"personality", {8}, LET_THROUGH, true},
        {"socket", {40}, EAFNOSUPPORT, false},
        {"socket", {40 | high}, EAFNOSUPPORT, false},
        {"socket", {17}, EAFNOSUPPORT, false},
        {"socket", {16, 3, 9}, EAFNOSUPPORT, false},
        {"socket", {16, 3, 0}, LET_THROUGH, false},
        {"socket", {2}, LET_THROUGH, false},
        {"mknod", {0, 0060600}, EPERM, true},
        {"mknodat", {0, 0, 0020600}, EPERM, true},
        {"mknodat", {0, 0, 0010600}, LET_THROUGH, true},
    };

    n_calls = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        add_named(cases[i].name, cases[i].args, cases[i].expected,
                  cases[i].i386_too);
    try_all();
}

static void test_every_call_of_the_policy(void **state)
{
    (void)state;
    arch = SCMP_ARCH_NATIVE;
    try_policy();
}

static void test_numbers_that_nobody_knows(void **state)
{
    (void)state;
    arch = SCMP_ARCH_NATIVE;
    try_unknown_numbers();
}

static void test_arguments(void **state)
{
    (void)state;
    arch = SCMP_ARCH_NATIVE;
    try_arguments();
}

#ifdef __x86_64__
static void test_all_of_it_by_int80(void **state)
{
    (void)state;
    need("int80");
    arch = SCMP_ARCH_X86;
    try_policy();
    try_unknown_numbers();
    try_arguments();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_call_of_the_policy),
        cmocka_unit_test(test_numbers_that_nobody_knows),
        cmocka_unit_test(test_arguments),
#ifdef __x86_64__
        cmocka_unit_test(test_all_of_it_by_int80),
#endif
    };

    return RUN_TESTS(tests, setup);
}
