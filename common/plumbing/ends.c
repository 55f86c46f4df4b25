/* SPDX-License-Identifier: MIT
 *
 * The launcher's side: when has a payload ended, and how is one ended that
 * does not want to?
 *
 * Both are about ptrace(2). A payload that makes its parent its tracer stops
 * in a way that looks like an end to waitpid(2). A process that traces
 * process 1 can hold it in its exit, where SIGKILL does nothing more: so a
 * forced end is for everybody inside.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

enum { NR_CLOSE_RANGE = 436, MOST_DESCRIPTORS = 4096 };

int look_for_end(pid_t pid, int *status)
{
    siginfo_t info = {0};

    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) < 0)
        return -1;
    if (info.si_pid == 0)
        return 0;
    switch (info.si_code) {
    case CLD_EXITED:
        *status = info.si_status;
        return 1;
    case CLD_KILLED:
    case CLD_DUMPED:
        *status = EXIT_SIGNAL_BASE + info.si_status;
        return 1;
    default: /* a stop: it has made us its tracer. We want to be none. */
        ptrace(PTRACE_DETACH, pid, 0, 0);
        return 0;
    }
}

/* Enter the namespace NAME of those in the directory DIR, /proc/PID/ns. */
static int enter(int dir, const char *name, int type)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    int result = setns(fd, type);
    close_quietly(fd);
    return result;
}

/* In a child of the launcher, whose own child will be a process of the
 * sandbox for a moment: seen in its /proc, and with the launcher's memory.
 * So nobody may look into it (PR_SET_DUMPABLE(2const)), and the host's
 * files, network and names are out of its reach, too. */
static int enter_namespaces(const struct sandbox *box)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/ns", (int)box->pid);
    int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || (box->rootless && enter(dir, "user", CLONE_NEWUSER) < 0))
        return -1;
    /* May fail where the sandbox has the host's: then there is no other. */
    enter(dir, "net", CLONE_NEWNET);
    enter(dir, "uts", CLONE_NEWUTS);
    enter(dir, "ipc", CLONE_NEWIPC);
    if (enter(dir, "pid", CLONE_NEWPID) < 0 ||
        enter(dir, "mnt", CLONE_NEWNS) < 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return -1;
    if (syscall(NR_CLOSE_RANGE, 0, ~0U, 0) < 0) /* Linux before 5.9 */
        for (int fd = 0; fd < MOST_DESCRIPTORS; fd++)
            close(fd);
    return 0;
}

/* setns(2) puts only children into a PID namespace, so another one is made;
 * to it, -1 is everybody inside. */
static _Noreturn void kill_from_inside(const struct sandbox *box)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(1); /* somebody inside may stop it */
    if (enter_namespaces(box) < 0)
        _exit(EXIT_OWN_FAILURE);
    pid_t pid = fork();
    if (pid == 0) {
        kill(-1, SIGKILL);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    _exit(0);
}

/* Call VISIT(PID, DATA) for each process of the sandbox, found in our
 * own /proc: those in the PID namespace of process 1. */
static void visit_inside(const struct sandbox *box,
                         void (*visit)(pid_t pid, void *data), void *data)
{
    char path[300], ours[64] = "", theirs[64];
    struct dirent *entry;
    DIR *dir = opendir("/proc");

    snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)box->pid);
    if (readlink(path, ours, sizeof(ours) - 1) < 0)
        ours[0] = '\0';
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof(path), "/proc/%s/ns/pid", entry->d_name);
        memset(theirs, 0, sizeof(theirs));
        if (ours[0] != '\0' && entry->d_name[0] <= '9' &&
            readlink(path, theirs, sizeof(theirs) - 1) >= 0 &&
            strcmp(ours, theirs) == 0)
            visit(atoi(entry->d_name), data);
    }
    if (dir != NULL)
        closedir(dir);
}

static void kill_one(pid_t pid, void *data)
{
    (void)data;
    if (pid > 0)
        kill(pid, SIGKILL);
}

/* From inside nobody gets away, however fast they fork; but there the killer
 * can be stopped. Nobody inside can stop us. */
void kill_everybody(const struct sandbox *box)
{
    kill(box->pid, SIGKILL);
    pid_t pid = fork();
    if (pid == 0)
        kill_from_inside(box);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    visit_inside(box, kill_one, NULL);
}

/* Is the process with this directory in /proc held by a tracer? See proc(5),
 * the state "t" in stat. */
static bool is_held(pid_t pid)
{
    char path[64], line[256] = "";

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    char *end = fgets(line, sizeof(line), file);
    fclose(file);
    end = end == NULL ? NULL : strrchr(line, ')');
    return end != NULL && end[1] == ' ' && end[2] == 't';
}

struct list {
    char *text;
    size_t used, size;
};

static void name_one(pid_t pid, void *data)
{
    struct list *names = data;

    if (names->used + 16 < names->size && is_held(pid))
        names->used +=
            (size_t)snprintf(names->text + names->used,
                             names->size - names->used, " %d", (int)pid);
}

bool name_survivors(const struct sandbox *box, char *names, size_t size)
{
    struct list list = {.text = names, .size = size};

    names[0] = '\0';
    visit_inside(box, name_one, &list);
    return list.used > 0;
}
