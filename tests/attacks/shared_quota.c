/* SPDX-License-Identifier: MIT
 *
 * Use up what the kernel lets one user have.
 *
 * There may be so many inotify instances for each user; argument: how many.
 * In a user namespace they count against its maker, too. Whoever shares a
 * count with the host's root, who has at least one here, gets fewer of them;
 * and can take all that are left, so that root's own programs get none. Step
 * 4 stops it: each sandbox has users of its own, who also make the namespace.
 * Harmless: they are given back at once. See inotify(7), user_namespaces(7).
 */
#include <sys/inotify.h>
#include <sys/resource.h>

#include "attack.h"

int main(int argc, char **argv)
{
    int most =
        argc == 3 && strcmp(argv[1], "inotify") == 0 ? atoi(argv[2]) : 0;
    struct rlimit limit;
    int taken = 0;

    if (most == 0)
        does_not_apply("usage: shared_quota inotify COUNT");
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < (rlim_t)most + 10)
        does_not_apply("we may not have so many descriptors");
    while (taken < most && inotify_init1(IN_CLOEXEC) >= 0)
        taken++;
    if (taken == most)
        found_nothing("all %d instances were there for us", most);
    if (errno != EMFILE)
        stopped("inotify_init1");
    learned("%d of %d instances are the host's, and it gets no more",
            most - taken, most);
}
