/* SPDX-License-Identifier: MIT
 *
 * Payloads for --explain-refusals, of calls that step 4's filter refuses.
 * refused HOW [COUNT]:
 *
 *     flood     COUNT calls of syslog(2), from four processes
 *     strings   names of all kinds: long, with control characters, without an
 *               end, not there
 *     killed    COUNT processes that make calls, each killed meanwhile
 *     signals   COUNT calls, while a timer's signals come
 *     mount     a tmpfs, by mount(2): mount(8) may use fsopen(2)
 *     device    a disk's node, by mknodat(2): mknod(1) may use mknod(2)
 *
 * Each prints how many answers were not EPERM, as they must be. A call that a
 * signal has interrupted got none, and is not counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE_OF_LOG = 10, PROCESSES = 4 };

static int wrong;

static void expect(int result)
{
    wrong += result != -1 || (errno != EPERM && errno != EINTR);
}

static void call(int count)
{
    for (int i = 0; i < count; i++)
        expect(klogctl(SIZE_OF_LOG, NULL, 0));
}

static void flood(int count)
{
    int status;

    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            call(count / PROCESSES);
            _exit(wrong > 0);
        }
    while (wait(&status) > 0)
        wrong += status != 0;
}

static void strings(void)
{
    static char longer[300];
    long page = sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, (size_t)page * 2, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    memset(longer, 'x', sizeof(longer) - 1);
    expect(umount2("/a\n\"\033[31m", 0));
    expect(umount2(longer, MNT_DETACH));
    munmap(pages + page, (size_t)page);
    memcpy(pages + page - 3, "/en", 3); /* the kernel would say EFAULT */
    expect(umount2(pages + page - 3, 0));
    expect(umount2(pages + page, 0));
    expect(umount2(NULL, 0));
}

static void killed(int count)
{
    for (int i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0)
            for (;;)
                call(1);
        usleep((useconds_t)(rand() % 2000));
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
}

static void nothing(int signo)
{
    (void)signo;
}

static void signals(int count)
{
    struct sigaction action = {.sa_handler = nothing};
    struct itimerval often = {{0, 300}, {0, 300}};

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    call(count);
}

int main(int argc, char **argv)
{
    int count = argc > 2 ? atoi(argv[2]) : 0;

    if (argc < 2)
        return 99;
    switch (argv[1][0]) {
    case 'm':
        expect(mount("none", "/mnt", "tmpfs", 0, NULL));
        break;
    case 'd':
        expect((int)syscall(SYS_mknodat, AT_FDCWD, "/tmp/d", S_IFBLK | 0666,
                            makedev(8, 1)));
        break;
    case 'f':
        flood(count);
        break;
    case 'k':
        killed(count);
        break;
    case 's':
        if (argv[1][1] == 't')
            strings();
        else
            signals(count);
        break;
    default:
        return 99;
    }
    printf("%d wrong\n", wrong);
    return 0;
}
