/* SPDX-License-Identifier: MIT
 *
 * Can a program that is executed get more power than its caller has?
 *
 * By set-user-ID, by file capabilities, by a security module. no_new_privs
 * closes all of these doors for good: it cannot be taken back.
 * Step 4 stops it, by PR_SET_NO_NEW_PRIVS.
 * See PR_SET_NO_NEW_PRIVS(2const), gain_by_file.c.
 */
#include "attack.h"

int main(void)
{
    int set = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);

    if (set < 0)
        stopped("prctl");
    if (set == 0)
        learned("an executed program can gain privileges");
    found_nothing("no_new_privs is set");
}
