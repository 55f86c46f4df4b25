/* SPDX-License-Identifier: MIT
 *
 * Switch off what makes exploits hard: personality(2).
 *
 * "fixed" asks for a memory layout that is not random any more, "exec" for
 * memory that can be executed wherever it can be read. Both stay over
 * execve(2), for programs to come. Nothing of the host is reached, but an
 * attack on the next program, or by it, gets easier.
 * Harmless: it changes this process, which ends.
 * Step 4 stops it, by the filter; the call itself stays allowed, as
 * setarch(8) and others use it. CVE-2009-1895, personality(2).
 */
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

/* The C library's own forgets to set errno on i386. */
static long set_personality(unsigned long persona)
{
    return syscall(SYS_personality, persona);
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    long now = set_personality(0xffffffff);

    if (now < 0)
        stopped_or_missing("personality");
    if (strcmp(what, "fixed") == 0)
        judge(set_personality((unsigned long)now | ADDR_NO_RANDOMIZE),
              "personality(ADDR_NO_RANDOMIZE)");
    if (strcmp(what, "exec") == 0)
        judge(set_personality((unsigned long)now | READ_IMPLIES_EXEC),
              "personality(READ_IMPLIES_EXEC)");
    does_not_apply("usage: weak_personality fixed|exec");
}
