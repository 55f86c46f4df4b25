/* SPDX-License-Identifier: MIT
 *
 * Step 4's filter in the kernel, call by call, on x86_64 for i386 as well.
 * What they must answer is in tests/verdicts.txt, and in policy.txt.
 *
 * A child loads the filter, and then a second that hands every call to a
 * supervisor, which answers EUSERS: no call is ever carried out. The kernel
 * takes the strictest answer, so EPERM and ENOSYS come from ours, and
 * EUSERS says that they would have let the call through. seccomp_unotify(2).
 */
#include "cmocka_prelude.h"

#include <errno.h>
#include <fcntl.h>
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "policy.h"
#include "sandbox.h"

enum { MAX_TRIES = 2048, LET_THROUGH = EUSERS };

enum { SECONDS = 60 }; /* for one table of calls; times $SLOW */

/* What the calls of a test are made for: this machine, or, on x86_64, i386 by
 * int $0x80. */
static uint32_t arch;

#define FULL   "build/step4_seccomp/full.bpf"
#define NATIVE "build/step4_seccomp/native.bpf"
static const char *filter = FULL;

struct
try {
    bool by_int80;
    int number;
    unsigned long args[3];
    int expected; /* errno */
    char name[48];
    int got;
};

static struct try *calls; /* shared with the child */
static int n_calls, *next_call;

static struct policy policy;
static struct verdict verdicts[MAX_VERDICTS];
static int n_verdicts;

static void add(const char *name, int number, const uint64_t *args,
                uint32_t answer)
{
    struct try *call = &calls[n_calls++];

    assert_true(n_calls < MAX_TRIES);
    *call = (struct try){
        .by_int80 = arch == SCMP_ARCH_X86 && arch != seccomp_arch_native(),
        .number = number,
        .got = -1,
        .expected = answer == ALLOWED ? LET_THROUGH
                                      : (int)(answer & SECCOMP_RET_DATA)};
    for (int i = 0; i < 3 && args != NULL; i++)
        call->args[i] = (unsigned long)args[i];
    snprintf(call->name, sizeof(call->name), "%s (%s)", name,
             call->by_int80 ? "i386" : "native");
}

/* Every call that has a name here: what the text says of one without
 * arguments. */
static void add_policy(void)
{
    for (int i = 0; i < policy.n_calls; i++) {
        const char *name = policy.calls[i].name;
        struct seccomp_data data = {.nr = number_of(&policy, arch, name),
                                    .arch = arch};
        if (data.nr >= 0)
            add(name, data.nr, NULL, answer_of(&policy, &data));
    }
}

static void add_verdicts(void)
{
    for (int i = 0; i < n_verdicts; i++) {
        int number = number_of(&policy, arch, verdicts[i].call);
        if (number >= 0 && is_for(&verdicts[i], arch))
            add(verdicts[i].call, number, verdicts[i].args,
                verdicts[i].answer);
    }
}

static long enter(const struct try *call)
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
 * memory: from the second filter on no call works. */
static _Noreturn void child(int *listener)
{
    struct sock_filter notify[] = {
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)};
    struct sock_fprog program = {.len = 1, .filter = notify};

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    load_file(filter);
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
    calls = mmap(NULL, MAX_TRIES * sizeof(*calls), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    read_calls(&policy, "step4_seccomp/policy.txt");
    read_arguments(&policy, "step4_seccomp/arguments.txt");
    n_verdicts = read_verdicts(&policy, verdicts, "tests/verdicts.txt");
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
    for (int number = 600; number < 5000; number += 40)
        add("unknown", number, NULL, ANSWER(ENOSYS));
    /* x32: the numbers of x86_64 with bit 30 set, and 512 to 547. */
    for (int number = 0; number < 548 && arch == SCMP_ARCH_X86_64;
         number += 4)
        add("x32", 0x40000000 | number, NULL, ANSWER(ENOSYS));
    try_all();
}

static void try_verdicts(void)
{
    n_calls = 0;
    add_verdicts();
    printf("%d verdicts tried in the kernel\n", n_calls);
    assert_true(n_calls > 20);
    try_all();
}

static void test_every_call_of_the_policy(void **state)
{
    (void)state;
    arch = seccomp_arch_native();
    try_policy();
}

static void test_numbers_that_nobody_knows(void **state)
{
    (void)state;
    arch = seccomp_arch_native();
    try_unknown_numbers();
}

static void test_verdicts(void **state)
{
    (void)state;
    arch = seccomp_arch_native();
    try_verdicts();
}

/* `make ARCH=i386` on x86_64 builds filters for i386, and this for x86_64:
 * its child could make no call under the native one. The second instruction
 * of a filter compares the architecture. */
static bool native_is_for(uint32_t machine)
{
    struct sock_filter code[2];
    FILE *file = fopen(NATIVE, "r");

    assert_non_null(file);
    assert_int_equal(fread(code, sizeof(code), 1, file), 1);
    fclose(file);
    if (code[1].k != machine)
        printf("# the native filter is for another machine\n");
    return code[1].k == machine;
}

/* What is loaded where the image holds no 32-bit programs. */
static void test_native_filter(void **state)
{
    (void)state;
    if (!native_is_for(seccomp_arch_native()))
        return;
    filter = NATIVE;
    arch = seccomp_arch_native();
    try_policy();
    try_verdicts();
    filter = FULL;
}

#ifdef __x86_64__
static void test_all_of_it_by_int80(void **state)
{
    (void)state;
    need("int80");
    arch = SCMP_ARCH_X86;
    try_policy();
    try_unknown_numbers();
    try_verdicts();
}

/* Every number, and socketcall(2) for whatever it may ask. */
static void test_native_filter_knows_no_int80(void **state)
{
    (void)state;
    need("int80");
    if (!native_is_for(seccomp_arch_native()))
        return;
    filter = NATIVE;
    arch = SCMP_ARCH_X86;
    n_calls = 0;
    for (int number = 0; number < 480; number++)
        add("any", number, NULL, ANSWER(ENOSYS));
    add("socketcall", 102, (uint64_t[]){1, 0, 0}, ANSWER(ENOSYS));
    try_all();
    filter = FULL;
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_call_of_the_policy),
        cmocka_unit_test(test_numbers_that_nobody_knows),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_native_filter),
#ifdef __x86_64__
        cmocka_unit_test(test_all_of_it_by_int80),
        cmocka_unit_test(test_native_filter_knows_no_int80),
#endif
    };

    return RUN_TESTS(tests, setup);
}
