/* SPDX-License-Identifier: MIT
 *
 * The list of calls of --explain, and who fills it. (Names in parentheses are
 * no macros of calls.h: they are the C library's functions.)
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common.h"

/* In a page that every start writes anyway, unlike those of .bss here: a new
 * page is a fault, which took 40 microseconds on a virtual machine. */
bool explaining __attribute__((section(".data")));

enum { ROOM = 64 * 1024 };
#define NO_ROOM "    ... and more than there is room for ...\n"

static char list[ROOM + sizeof(NO_ROOM)];
static size_t used;

void explain_goals(bool yes)
{
    if (explaining || yes)
        forget_calls();
    explaining = yes;
}

const char *told_calls(void)
{
    return list;
}

void forget_calls(void)
{
    list[used = 0] = '\0';
}

void put(const char *format, ...)
{
    size_t room = ROOM - used;
    va_list args;

    va_start(args, format);
    int n = vsnprintf(list + used, room, format, args);
    va_end(args);
    used += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

/* Where the list was full, what fits is no whole line. */
static void say_if_full(void)
{
    if (used < ROOM - 1)
        return;
    while (used > 0 && list[used - 1] != '\n')
        used--;
    strcpy(list + used, NO_ROOM);
    used += strlen(NO_ROOM);
}

/* Calls of which a helper makes many that differ in a number. */
static const char *const loops[] = {
    "    rt_sigaction(",
    "    prctl(PR_CAPBSET_READ, ",
    "    prctl(PR_CAPBSET_DROP, ",
};
enum { N_LOOPS = sizeof(loops) / sizeof(loops[0]), SHOWN = 2 };

/* The loop that LINE is of, or N_LOOPS. */
static int loop_of(const char *line)
{
    int i = 0;

    while (i < N_LOOPS && strncmp(line, loops[i], strlen(loops[i])) != 0)
        i++;
    return i;
}

/* In place: of each loop stay the first two lines and the last one. */
static void shorten(void)
{
    int total[N_LOOPS + 1] = {0}, seen[N_LOOPS + 1] = {0};
    char *to = list, *end;

    for (char *line = list; (end = strchr(line, '\n')) != NULL;
         line = end + 1)
        total[loop_of(line)]++;
    for (char *line = list; (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        int loop = loop_of(line), nth = ++seen[loop];
        size_t len = (size_t)(end + 1 - line);

        if (loop == N_LOOPS || nth <= SHOWN || nth == total[loop]) {
            memmove(to, line, len);
            to += len;
        } else if (nth == SHOWN + 1)
            to +=
                sprintf(to, "    ... %d more ...\n", total[loop] - SHOWN - 1);
    }
    used = (size_t)(to - list);
    list[used] = '\0';
}

void print_calls(const char *line)
{
    static char text[sizeof(list) + 1024]; /* a line of message.c */
    size_t len = strlen(line);

    say_if_full();
    shorten();
    memcpy(text, line, len);
    memcpy(text + len, list, used);
    len += used;
    for (size_t at = 0; at < len;) {
        ssize_t n = (write)(STDERR_FILENO, text + at, len - at);
        if (n <= 0)
            break; /* nowhere left to complain to */
        at += (size_t)n;
    }
    forget_calls();
}

/* Each function of the table: the C library's, and a line if asked for. */
#define AND(...) , ##__VA_ARGS__
#define DEFINE(type, name, params, args, kinds)                              \
    type told_##name params                                                  \
    {                                                                        \
        type result = (name)args;                                            \
        if (explaining)                                                      \
            note_call((long)result, #name, kinds AND args);                  \
        return result;                                                       \
    }
TOLD(DEFINE)

int told_clone(int (*function)(void *), void *stack, int flags, void *arg)
{
    int result = (clone)(function, stack, flags, arg);

    if (explaining)
        note_call(result, "clone", "5N", stack, flags);
    return result;
}

/* What succeeds does not return, so a line of its own, and the call, come
 * before it; and what it returned after it. */
int told_execve(const char *path, char *const *argv, char *const *env)
{
    if (explaining) {
        print_calls("");
        note_call(0, "execve", "svE=?", path, argv, env);
        tell("run %s", path);
    }
    int result = (execve)(path, argv, env);
    if (explaining) {
        put("       ");
        note_result(result);
        print_calls("");
    }
    return result;
}

int told_ioctl(int fd, unsigned long request, void *arg)
{
    int result = (ioctl)(fd, (ioctl_request)request, arg);

    /* One that is not in the table is told with as many as any. */
    unsigned long args[4] = {(unsigned long)arg};

    if (explaining)
        note_raw_call(result, "ioctl", fd, request, args);
    return result;
}

void *told_mmap(void *at, size_t size, int protection, int flags, int fd,
                off_t offset)
{
    void *result = (mmap)(at, size, protection, flags, fd, offset);

    if (explaining)
        note_call((long)result, "mmap", "xzrMdq=x", at, size, protection,
                  flags, fd, offset);
    return result;
}

void (*told_signal(int signo, void (*handler)(int)))(int)
{
    void (*before)(int) = (signal)(signo, handler);

    if (explaining)
        note_call(before == SIG_ERR ? -1 : 0, "signal", "G7", signo, handler);
    return before;
}

long told_by_number(const char *name, long number, ...)
{
    unsigned long arg[5];
    va_list args;

    va_start(args, number);
    for (int i = 0; i < 5; i++)
        arg[i] = va_arg(args, unsigned long);
    va_end(args);
    long result =
        *name == 'p'
            ? (prctl)((int)number, arg[0], arg[1], arg[2], arg[3])
            : (syscall)(number, arg[0], arg[1], arg[2], arg[3], arg[4]);
    if (explaining)
        note_raw_call(result, name, -1, (unsigned long)number, arg);
    return result;
}
