/* SPDX-License-Identifier: MIT
 *
 * What os_isolate says, all of it on stderr: stdout belongs to the payload.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

static int pausing = -1; /* the launcher's channel */
static char advice[512];
static const char *reason_for_nothing;

/* One line as one write(2), so that lines of two processes never mix. */
static void __attribute__((format(printf, 1, 0)))
print_line(const char *format, va_list args, const char *tail)
{
    char line[1024];
    int used = snprintf(line, sizeof(line), "os_isolate: ");
    /* Of a message that is too long, the end goes, and not the cause. */
    size_t room = sizeof(line) - (size_t)used - strlen(tail) - 2;

    int n = vsnprintf(line + used, room, format, args);
    used += n < 0 ? 0 : n >= (int)room ? (int)room - 1 : n;
    used += snprintf(line + used, sizeof(line) - (size_t)used, "%s", tail);
    line[used++] = '\n';
    line[used] = '\0';
    if (explaining)
        print_calls(line);
    else if ((write)(STDERR_FILENO, line, (size_t)used) < 0)
        return; /* nowhere left to complain to */
}

void pause_at_goals(int channel)
{
    pausing = channel;
}

void tell(const char *message, ...)
{
    va_list args;

    va_start(args, message);
    print_line(message, args, "");
    va_end(args);
}

/* The common end of must() and die(). */
static _Noreturn void __attribute__((format(printf, 2, 0)))
end(int status, const char *message, va_list args)
{
    char reason[128] = "";

    if (errno != 0)
        snprintf(reason, sizeof(reason), ": %s", strerror(errno));
    print_line(message, args, reason);
    if (advice[0] != '\0')
        dprintf(STDERR_FILENO, "  %s\n", advice);
    _exit(status);
}

void must(int result, const char *goal, ...)
{
    va_list args;

    va_start(args, goal);
    if (result < 0)
        end(EXIT_OWN_FAILURE, goal, args);
    if (explaining) {
        char tail[128];
        snprintf(tail, sizeof(tail), ": nothing to do: %s",
                 reason_for_nothing);
        print_line(goal, args,
                   result == LEFT_OUT        ? ": LEFT OUT"
                   : result == NOTHING_TO_DO ? tail
                                             : ": done");
    }
    va_end(args);
    char go;
    if (pausing >= 0 && read(pausing, &go, 1) != 1)
        _exit(EXIT_OWN_FAILURE); /* the launcher died */
}

void die(int status, const char *message, ...)
{
    va_list args;

    va_start(args, message);
    end(status, message, args);
}

int fail_with(int error, const char *text, ...)
{
    va_list args;

    va_start(args, text);
    vsnprintf(advice, sizeof(advice), text, args);
    va_end(args);
    errno = error;
    return -1;
}

int nothing_to_do(const char *reason)
{
    if (explaining)
        reason_for_nothing = reason;
    return NOTHING_TO_DO;
}

void close_quietly(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}
