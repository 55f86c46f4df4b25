/* SPDX-License-Identifier: MIT
 *
 * Is root in here the root out there?
 *
 * /proc/self/uid_map tells which user of the host each user is. "0 0
 * 4294967295": everybody is the same user on the host. Then whatever of the
 * host gets into reach by an error elsewhere, a file, a descriptor, a device,
 * root may write to it. A user namespace with another map stops it.
 * CVE-2019-5736, which wrote to the host's runc, had no effect where there
 * was one. See user_namespaces(7).
 */
#include "attack.h"

int main(void)
{
    unsigned inside, outside, count;
    FILE *map = fopen("/proc/self/uid_map", "r");

    if (map == NULL)
        stopped("/proc/self/uid_map");
    while (fscanf(map, "%u %u %u", &inside, &outside, &count) == 3)
        if (outside == 0)
            learned("user %u is root on the host", inside);
    found_nothing("nobody in here is root on the host");
}
