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
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

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

/* Enter the namespace NAME of process PID. */
static int enter(pid_t pid, const char *name, int type)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = setns(fd, type);
    close_quietly(fd);
    return result;
}

/* In a child of the launcher. setns(2) puts only children into a PID
 * namespace, so another one is made; to it, -1 is everybody inside. */
static _Noreturn void kill_from_inside(const struct sandbox *box)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(1); /* somebody inside may stop it */
    if (box->rootless)
        enter(box->pid, "user", CLONE_NEWUSER);
    if (enter(box->pid, "pid", CLONE_NEWPID) < 0)
        _exit(EXIT_OWN_FAILURE);
    pid_t pid = fork();
    if (pid == 0) {
        kill(-1, SIGKILL);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    _exit(0);
}

void kill_everybody(const struct sandbox *box)
{
    kill(box->pid, SIGKILL);
    pid_t pid = fork();
    if (pid == 0)
        kill_from_inside(box);
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

/* Is the process with this directory in /proc held by a tracer? See proc(5),
 * the state "t" in stat. */
static bool is_held(const char *number)
{
    char path[300], line[256] = "";

    snprintf(path, sizeof(path), "/proc/%s/stat", number);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    char *end = fgets(line, sizeof(line), file);
    fclose(file);
    end = end == NULL ? NULL : strrchr(line, ')');
    return end != NULL && end[1] == ' ' && end[2] == 't';
}

bool name_survivors(const struct sandbox *box, char *names, size_t size)
{
    char path[300], ours[64] = "", theirs[64];
    size_t used = 0;
    struct dirent *entry;
    DIR *dir = opendir("/proc");

    snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)box->pid);
    if (readlink(path, ours, sizeof(ours) - 1) < 0)
        ours[0] = '\0';
    names[0] = '\0';
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof(path), "/proc/%s/ns/pid", entry->d_name);
        memset(theirs, 0, sizeof(theirs));
        if (ours[0] == '\0' || entry->d_name[0] > '9' || used + 16 > size ||
            readlink(path, theirs, sizeof(theirs) - 1) < 0 ||
            strcmp(ours, theirs) != 0 || !is_held(entry->d_name))
            continue;
        used +=
            (size_t)snprintf(names + used, size - used, " %s", entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    return used > 0;
}
