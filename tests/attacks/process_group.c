/* SPDX-License-Identifier: MIT
 *
 * Signal the process group of whoever called.
 *
 * kill(0, ...) means "my process group", and names no PID: a PID namespace
 * does not stop it. A group whose leader is not in this namespace has number
 * 0 here, see getpgrp(2). Harmless: it only asks for the number. Step 3 stops
 * it: the payload has a session and a group of its own. Without a terminal
 * steps 1 and 2 do, too. See kill(2).
 */
#include <signal.h>

#include "attack.h"

int main(void)
{
    if (getpgrp() == 0 && kill(0, 0) == 0)
        learned("kill(0, ...) reaches the group of whoever called");
    if (getppid() > 1)
        does_not_apply("on the host itself it is no other's group");
    found_nothing("the group has number %d, in here", (int)getpgrp());
}
