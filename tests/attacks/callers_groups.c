/* SPDX-License-Identifier: MIT
 *
 * Does the payload still belong to a group of its caller?
 *
 * Supplementary groups survive clone(2) and execve(2), and they open doors:
 * disk, docker, shadow. A change of user that forgets them is a classic.
 * Argument: the number of a group that the caller is in.
 * Step 3 stops it, by setgroups(0, NULL).
 * CVE-2022-36109 (Docker), CVE-2022-2989 (Podman), setgroups(2).
 */
#include <grp.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    static gid_t groups[65536];
    int count = getgroups(65536, groups);

    if (argc != 2)
        does_not_apply("usage: callers_groups GROUP");
    if (count < 0)
        stopped("getgroups");
    for (int i = 0; i < count; i++)
        if (groups[i] == (gid_t)atoi(argv[1]))
            learned("still in the caller's group %s", argv[1]);
    found_nothing("%d supplementary groups, not the caller's", count);
}
