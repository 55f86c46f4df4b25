/* SPDX-License-Identifier: MIT
 *
 * Between strace.c, which writes calls down, and names.c, which has the
 * names.
 */
#ifndef STRACE_H
#define STRACE_H

#include <stddef.h>
#include <sys/types.h>

#include "common.h"

/* The kind of an argument is a letter:
 *     d u o x z q  int, uid_t, mode_t, long, size_t, off_t
 *     s w          a string; bytes, whose number is the next argument
 *     f c D        a directory's descriptor, a mode for O_CREAT, a device
 *     F            flags for F_SETFL
 *     7 5 N        a signal's handler; stack and flags of clone(2)
 * or a pointer to something, see put_structure():
 *     v E          arguments and environment of a program
 *     S L P g 2 1  struct stat, rlimit, pollfd; signals; two ints; one
 *     6 I Z Q      struct msghdr, ifreq, winsize, sock_fprog
 *     T V R H 0    of capset, capset, rt_sigaction, openat2, mount_setattr
 *     .            a structure of which nothing is told
 * All others are constants: names.c. After "=" comes how the result is told:
 * "o", "x", "t" if 0 is "(Timeout)", or "?" if it is not known yet. */

/* Texts, and not pointers to texts: each of a static-pie program's pointers
 * is written at every start. */
enum { MAX_NAME = 32 };

struct name {
    unsigned long value;
    char text[MAX_NAME];
};

/* The names of errno's values, up to one whose text is "". */
extern const struct name error_names[];

/* The constants that an argument of a KIND can be: bits, or one of them. See
 * strace.c for the kinds that are no constants. */
struct constants {
    char kind;
    enum { BITS, ONE_OF } how;
    const struct name *names;
};

/* The one of this KIND, or NULL. */
const struct constants *constants_of(char kind);

/* Which call a prctl(2), ioctl(2) or syscall(2) is, by its first number: its
 * name, and the kinds of the other arguments. */
struct raw_call {
    unsigned long number;
    char text[MAX_NAME], kinds[8];
};

/* That of NUMBER, of the function NAME; its text is "" if it is unknown. */
struct raw_call raw_call(const char *name, unsigned long number);

/* Write VALUE as one of the names, or as bits that they have. */
void put_constant(const struct constants *constants, unsigned long value);

/* Write SIZE bytes in quotes; the flags of open(2), but for O_LARGEFILE; the
 * type of a file by name, and its permissions; a device's numbers. */
void put_bytes(const char *bytes, size_t size);
void put_open_flags(unsigned long flags);
void put_mode(mode_t mode);
void put_device(dev_t device);

/* Write "name(a, b, c)", without what only some flags ask for: up to six
 * VALUES, and one more, of these KINDS. */
void put_call(const char *name, const char *kinds,
              const unsigned long *values);

/* Write what the pointer AT, of this KIND, leads to. */
void put_structure(char kind, const void *at);

#endif
