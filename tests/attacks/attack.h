/* SPDX-License-Identifier: MIT
 *
 * What every attack shares. An attack is a program of its own, static, so
 * that it runs in any image. It prints one line of evidence and ends with
 *     0  it learned or reached something of the host
 *     1  it was stopped
 *     2  it does not apply here
 * and it is harmless: it reads, or calls in a form that changes nothing.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline _Noreturn void __attribute__((format(printf, 2, 0)))
end_with(int status, const char *format, va_list args)
{
    vprintf(format, args);
    printf("\n");
    exit(status);
}

/* The attack worked; this is the evidence. */
static inline _Noreturn void __attribute__((format(printf, 1, 2)))
learned(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end_with(0, format, args);
}

/* It was stopped, at this call, with errno. */
static inline _Noreturn void stopped(const char *call)
{
    printf("%s: %s\n", call, strerror(errno));
    exit(1);
}

/* Nothing was refused, but there was nothing to see either. */
static inline _Noreturn void __attribute__((format(printf, 1, 2)))
found_nothing(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end_with(1, format, args);
}

/* This kernel or this machine has no such thing. */
static inline _Noreturn void __attribute__((format(printf, 1, 2)))
does_not_apply(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    end_with(2, format, args);
}

#endif
