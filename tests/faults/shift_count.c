/* SPDX-License-Identifier: MIT
 *
 * shift_count NUMBER TIMES PROGRAM...: make the system call NUMBER so many
 * times, with arguments that it must refuse, and become PROGRAM. strace
 * counts calls per process: so the launcher's own are counted from TIMES + 1
 * on, and a fault meant for its child does not hit it, nor the other way
 * round.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    for (int i = atoi(argv[2]); i > 0; i--)
        syscall(atol(argv[1]), -1L, -1L, -1L, -1L, -1L, -1L);
    execv(argv[3], argv + 3);
    return 99;
}
