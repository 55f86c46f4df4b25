/* SPDX-License-Identifier: MIT
 *
 * Signal a process of the host.
 *
 * kill(2) asks for the number and the user, and root may signal everyone. In
 * a PID namespace the process has no number. Argument: its number on the
 * host. Harmless: signal 0 is none, the kernel only checks that it could send
 * one. Step 1 stops it, by the PID namespace. See kill(2).
 */
#include <signal.h>

#include "attack.h"

int main(int argc, char **argv)
{
    if (argc != 2)
        does_not_apply("usage: signal_process PID");
    if (kill(atoi(argv[1]), 0) < 0)
        stopped("kill");
    learned("could have killed process %s of the host", argv[1]);
}
