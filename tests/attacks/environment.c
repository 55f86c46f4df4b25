/* SPDX-License-Identifier: MIT
 *
 * Read a secret from the environment of the program that started the sandbox.
 *
 * execve(2) hands the environment on as it is, and that is where passwords
 * and tokens of build servers are kept. Argument: the name of a variable.
 * Step 3 stops it, by leave_host(): PATH, HOME and TERM are all there is.
 * See environ(7).
 */
#include "attack.h"

int main(int argc, char **argv)
{
    const char *value = argc == 2 ? getenv(argv[1]) : NULL;

    if (argc != 2)
        does_not_apply("usage: environment VARIABLE");
    if (value == NULL)
        found_nothing("there is no variable %s", argv[1]);
    learned("%s is %s", argv[1], value);
}
