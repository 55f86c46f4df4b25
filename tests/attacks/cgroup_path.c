/* SPDX-License-Identifier: MIT
 *
 * Learn one's place in the host's tree of control groups.
 *
 * /proc/self/cgroup has lines NUMBER:CONTROLLERS:PATH, and the path tells
 * which service, user or container manager started the sandbox; with it an
 * exploit knows where in the tree it is, see cgroup_tree.c.
 * Step 4 stops it, by a cgroup namespace: every path begins where the sandbox
 * does, and is "/". See cgroup_namespaces(7).
 */
#include <sys/stat.h>

#include "attack.h"

#define FIRST_NAMESPACE 0xEFFFFFFBU /* the host's, in all kernels so far */

int main(void)
{
    FILE *file = fopen("/proc/self/cgroup", "r");
    char line[4200];
    struct stat namespace;

    if (file == NULL)
        stopped("/proc/self/cgroup");
    while (fgets(line, sizeof(line), file) != NULL) {
        const char *path = strstr(line, ":/");
        line[strcspn(line, "\n")] = '\0';
        if (path != NULL && path[2] != '\0')
            learned("the place in the host's tree is %s", path + 1);
    }
    if (stat("/proc/self/ns/cgroup", &namespace) == 0 &&
        namespace.st_ino == FIRST_NAMESPACE)
        does_not_apply("the caller is itself at the root of the tree");
    found_nothing("every path is /");
}
