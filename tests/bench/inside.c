/* SPDX-License-Identifier: MIT
 *
 * inside [-f] ...                  -f: under a filter that allows all
 * inside getpid|read|personality   nanoseconds for one call, best of nine
 * inside load FILE                 seconds to read it, in memory already
 * inside store FILE                seconds to write 40 MB and remove them
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CALLS = 100000, BUFFER = 128 * 1024, STORED = 40 * 1024 * 1024 };

static char buffer[BUFFER];

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double time_calls(const char *name)
{
    int fd = open("/dev/zero", O_RDONLY);
    double start = now();

    if (strcmp(name, "getpid") == 0)
        for (int i = 0; i < CALLS; i++)
            syscall(SYS_getpid);
    else if (strcmp(name, "read") == 0)
        for (int i = 0; i < CALLS; i++)
            (void)!read(fd, buffer, 1);
    else /* 0xffffffff asks, and sets nothing; it has an argument rule */
        for (int i = 0; i < CALLS; i++)
            syscall(SYS_personality, 0xffffffff);
    double nanoseconds = (now() - start) / CALLS * 1e9;
    close(fd);
    return nanoseconds;
}

static double time_load(const char *path)
{
    double start = now();
    int fd = open(path, O_RDONLY);

    if (fd < 0)
        return -1;
    while (read(fd, buffer, sizeof(buffer)) > 0)
        ;
    close(fd);
    return now() - start;
}

static double time_store(const char *path)
{
    double start = now();
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    for (int done = 0; done < STORED; done += BUFFER)
        if (write(fd, buffer, sizeof(buffer)) != sizeof(buffer))
            return -1;
    close(fd);
    unlink(path);
    return now() - start;
}

/* One instruction, the least that a filter can be. */
static void allow_all(void)
{
    struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    struct sock_fprog program = {1, &allow};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
        perror("filter");
}

int main(int argc, char **argv)
{
    double best = 1e9;

    if (argc > 1 && strcmp(argv[1], "-f") == 0) {
        allow_all();
        argc--;
        argv++;
    }
    if (argc < 2)
        return 2;
    for (int i = 0; i < 9; i++) {
        double took = argc < 3                       ? time_calls(argv[1])
                      : strcmp(argv[1], "load") == 0 ? time_load(argv[2])
                                                     : time_store(argv[2]);
        if (took < 0) {
            perror(argv[2]);
            return 1;
        }
        if (took < best)
            best = took;
    }
    printf("%.9f\n", best);
    return 0;
}
