/* SPDX-License-Identifier: MIT
 *
 * Takes as much as it gets of what the kernel counts for each user:
 * greedy WHAT [COUNT]. Prints how much it got, and why not more. Then it ends
 * if it was to take COUNT of it, or else holds all until it is killed.
 * WHAT is one of
 *
 *     inotify      instances of inotify(7)
 *     signals      signals that are queued, sigqueue(3)
 *     queues       POSIX message queues, mq_overview(7)
 *     in-flight    descriptors that are sent and not yet received, unix(7)
 *     pipes        pipes of 64 KB, pipe(7), until one is smaller
 *     processes    and how many of them have another user id: processes-ids
 */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIPE_BYTES = 65536, N_USERS = 20 };

static int take_inotify(int n)
{
    (void)n;
    return inotify_init1(IN_CLOEXEC);
}

static int take_signal(int n)
{
    return sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = n});
}

static int take_queue(int n)
{
    char name[32];
    struct mq_attr attributes = {.mq_maxmsg = 1, .mq_msgsize = 4096};

    snprintf(name, sizeof(name), "/greedy-%d-%d", (int)getpid(), n);
    mqd_t queue = mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attributes);
    if (queue < 0)
        return -1;
    return mq_unlink(name); /* it lives as long as it is open */
}

/* Each message carries as many descriptors as one can, 253. */
static int take_in_flight(int n)
{
    static int ends[2];
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(253 * sizeof(int))];
    } control = {{0}};
    struct iovec byte = {.iov_base = "", .iov_len = 1};
    struct msghdr message = {.msg_iov = &byte,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};

    if (n % 100 == 0 &&
        socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) < 0)
        return -1;
    control.header.cmsg_len = CMSG_LEN(253 * sizeof(int));
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    for (int i = 0; i < 253; i++)
        memcpy(CMSG_DATA(&control.header) + i * (int)sizeof(int), ends,
               sizeof(int));
    if (sendmsg(ends[0], &message, 0) >= 0)
        return 0;
    if (errno != EAGAIN) /* a full queue, and not the limit */
        return -1;
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends) < 0)
        return -1;
    return sendmsg(ends[0], &message, 0) < 0 ? -1 : 0;
}

static int take_pipe(int n)
{
    int ends[2];

    (void)n;
    if (pipe(ends) < 0)
        return -1;
    errno = ENOSPC;
    return fcntl(ends[0], F_GETPIPE_SZ) < PIPE_BYTES ? -1 : 0;
}

static int take_process(int n)
{
    pid_t pid = fork();

    (void)n;
    if (pid == 0)
        for (;;)
            pause();
    return pid < 0 ? -1 : 0;
}

static int take_process_of_another(int n)
{
    if (n % 50 == 0 && setresuid((uid_t)(n / 50 % N_USERS + 1), -1U, 0) < 0)
        return -1;
    return take_process(n);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*take)(int n);
    } kinds[] = {
        {"inotify", take_inotify},
        {"signals", take_signal},
        {"queues", take_queue},
        {"in-flight", take_in_flight},
        {"pipes", take_pipe},
        {"processes", take_process},
        {"processes-ids", take_process_of_another},
    };
    int most = argc > 2 ? atoi(argv[2]) : 1000000, got = 0;
    sigset_t set;
    struct rlimit files;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    setpgid(0, 0);
    errno = 0;
    for (size_t i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(argv[1], kinds[i].name) == 0)
            while (got < most && kinds[i].take(got) >= 0) {
                errno = 0;
                got++;
            }
    printf("got %d: %s\n", got, strerror(errno));
    fflush(stdout);
    while (argc == 2)
        pause();
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM); /* its children */
    return got == most ? 0 : 1;
}
