/* SPDX-License-Identifier: MIT
 *
 * How a call is written down: as strace(1) does.
 *
 * A helper is told by the function that it calls, mknod(2) for one, where
 * strace shows what the C library made of it, mknodat(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include "strace.h"

void put_constant(const struct constants *constants, unsigned long value)
{
    const char *between = "";

    for (const struct name *n = constants->names; n->text[0] != '\0'; n++)
        if (constants->how == ONE_OF ? value == n->value
                                     : (value & n->value) == n->value) {
            put("%s%s", between, n->text);
            if (constants->how == ONE_OF)
                return;
            between = "|";
            value &= ~n->value;
        }
    if (value != 0 || *between == '\0')
        put(value == 0 ? "%s0" : "%s%#lx", between, value);
}

void put_bytes(const char *bytes, size_t size)
{
    put("\"");
    for (size_t i = 0; i < size; i++)
        if (bytes[i] == '\n')
            put("\\n");
        else if (bytes[i] == '"' || bytes[i] == '\\')
            put("\\%c", bytes[i]);
        else if ((unsigned char)bytes[i] < ' ')
            put("\\%o", (unsigned char)bytes[i]);
        else
            put("%c", bytes[i]);
    put("\"");
}

void put_open_flags(unsigned long flags)
{
    if ((flags & (O_WRONLY | O_RDWR)) == 0) /* O_ACCMODE may have O_PATH */
        put((flags & ~(unsigned long)O_LARGEFILE) ? "O_RDONLY|" : "O_RDONLY");
    flags &= ~(unsigned long)O_LARGEFILE;
    if (flags != 0)
        put_constant(constants_of('O'), flags);
}

void put_mode(mode_t mode)
{
    put_constant(constants_of('k'), mode & S_IFMT);
    put("|%#03o", mode & ~(unsigned)S_IFMT);
}

void put_device(dev_t device)
{
    put("makedev(%#x, %#x)", major(device), minor(device));
}

/* The argument VALUE, of this KIND; NEXT is the one after it. */
static void put_argument(char kind, unsigned long value, unsigned long next)
{
    switch (kind) {
    case 'd':
    case 'u':
        put("%d", (int)value);
        break;
    case 'z':
    case 'q':
        put("%lu", value);
        break;
    case 'x':
        put(value == 0 ? "NULL" : "%#lx", value);
        break;
    case 'o':
    case 'c':
        put("%#03o", (unsigned)value);
        break;
    case 'f':
        put((int)value == AT_FDCWD ? "AT_FDCWD" : "%d", (int)value);
        break;
    case 's':
        if (value == 0)
            put("NULL");
        else
            put_bytes((const char *)value, strlen((const char *)value));
        break;
    case 'w':
        put_bytes((const char *)value, next);
        break;
    case 'k':
        put_mode((mode_t)value);
        break;
    case 'O':
    case 'F':
        put_open_flags(value);
        break;
    case 'D':
        put_device(value);
        break;
    case 't':
        put_constant(constants_of(kind),
                     value & ~(unsigned long)(SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (value & SOCK_NONBLOCK)
            put("|SOCK_NONBLOCK");
        if (value & SOCK_CLOEXEC)
            put("|SOCK_CLOEXEC");
        break;
    case 'G':
        if (value > SIGSYS)
            put(value == 32 ? "SIGRTMIN" : "SIGRT_%lu", value - 32);
        else
            put_constant(constants_of(kind), value);
        break;
    case '7':
        put(value == 0 ? "SIG_DFL" : "%#lx", value);
        break;
    case '5':
        put("child_stack=%#lx", value);
        break;
    case 'N':
        put("flags=");
        put_constant(constants_of('n'), value);
        break;
    default:
        if (constants_of(kind) != NULL)
            put_constant(constants_of(kind), value);
        else if (value == 0)
            put("NULL");
        else
            put_structure(kind, (const void *)value);
    }
}

/* The next of ARGS, by its type. */
static unsigned long take(char kind, va_list *args)
{
    const struct constants *constants = constants_of(kind);

    if (strchr("zxmp", kind) != NULL)
        return va_arg(*args, unsigned long);
    if (kind == 'q')
        return (unsigned long)va_arg(*args, off_t);
    if (kind == 'D')
        return (unsigned long)va_arg(*args, dev_t);
    if (strchr("duofcFN", kind) != NULL || constants != NULL)
        return va_arg(*args, unsigned);
    return (unsigned long)va_arg(*args, void *);
}

enum { MAX_ARGUMENTS = 6 };

void put_call(const char *name, const char *kinds,
              const unsigned long *values)
{
    const char *between = "";
    size_t n = strcspn(kinds, "=");

    put("%s(", name);
    for (size_t i = 0; i < n; i++) {
        if ((kinds[i] == 'c' && !(values[i - 1] & O_CREAT)) ||
            (kinds[i] == 'F' && values[i - 1] == F_GETFL) ||
            (kinds[i] == 'D' && !S_ISCHR(values[i - 1]) &&
             !S_ISBLK(values[i - 1])))
            continue;
        put("%s", between);
        put_argument(kinds[i], values[i], i + 1 < n ? values[i + 1] : 0);
        between = ", ";
    }
    put(")");
}

void note_call(long result, const char *name, const char *kinds, ...)
{
    unsigned long values[MAX_ARGUMENTS + 1] = {0};
    const char *how = kinds + strcspn(kinds, "=");
    int error = errno;
    va_list args;

    va_start(args, kinds);
    for (int i = 0; kinds + i < how; i++)
        values[i] = take(kinds[i], &args);
    va_end(args);
    put("    ");
    char shown[2 * MAX_ARGUMENTS];
    snprintf(shown, sizeof(shown), "%s", kinds);
    for (char *at = shown; result == -1 && *at != '\0'; at++)
        if (*at == 'S') /* a call that failed has filled in no struct stat */
            *at = '.';
    put_call(name, shown, values);
    errno = error;
    if (*how == '\0' || result == -1 || (how[1] == 't' && result != 0))
        note_result(result);
    else if (how[1] == 't')
        put(" = 0 (Timeout)\n");
    else if (how[1] == 'o')
        put(" = %#03lo\n", result);
    else
        put(how[1] == 'x' ? " = %#lx\n" : "\n", result);
    errno = error;
}

void note_raw_call(long result, const char *name, int fd,
                   unsigned long number, const unsigned long *args)
{
    struct raw_call call = raw_call(name, number);
    unsigned long values[MAX_ARGUMENTS + 1] = {0};
    int error = errno;

    memcpy(values, args, strlen(call.kinds) * sizeof(*values));
    put("    ");
    if (strcmp(name, "syscall") == 0 && call.text[0] != '\0')
        put_call(call.text, call.kinds, values);
    else {
        put("%s(", name);
        if (fd >= 0)
            put("%d, ", fd);
        if (call.text[0] != '\0')
            put("%s", call.text);
        else
            put("%#lx", number);
        for (size_t i = 0; call.kinds[i] != '\0'; i++) {
            put(", ");
            put_argument(call.kinds[i], values[i], 0);
        }
        put(")");
    }
    errno = error;
    note_result(result);
}

void note_result(long result)
{
    int error = errno;
    const struct name *name = error_names;

    if (result == -1) {
        while (name->text[0] != '\0' && name->value != (unsigned long)error)
            name++;
        put(" = -1 %s (%s)\n", name->text[0] == '\0' ? "?" : name->text,
            strerror(error));
    } else
        put(" = %ld\n", result);
    errno = error;
}
