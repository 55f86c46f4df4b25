/* SPDX-License-Identifier: MIT
 *
 * All is right, and one category is stopped; but the program returns as soon
 * as its sandbox runs, and never waits for it.
 * Must lose: ends_last
 */
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CAP_SYS_TIME 25

int main(int argc, char **argv)
{
    int has_b = argc > 2 && strcmp(argv[1], "-b") == 0;
    char *binary = has_b ? argv[2] : "/bin/bash";

    if (fork() == 0) {
        setsid();
        prctl(PR_CAPBSET_DROP, CAP_SYS_TIME);
        execl("./sandbox", "./sandbox", binary, NULL);
        _exit(127);
    }
    return 0;
}
