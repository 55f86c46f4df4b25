/* SPDX-License-Identifier: MIT
 *
 * Reach the host's tree of control groups.
 *
 *     mount           the tree itself, with the names of all that runs on the
 *                     host, and the power to freeze, limit or kill it
 *     release_agent   (version 1) a file that names a program. The host runs
 *                     it, as root, when a group gets empty: the best known
 * way out of a container, a few lines of shell Harmless: mounts, in a copy of
 * the mount table, what is mounted on the host anyway, and opens
 * release_agent without writing. Step 4 stops both: the filter refuses mount,
 * and CAP_SYS_ADMIN is dropped. See cgroups(7), "Release notification";
 * CVE-2022-0492.
 */
#include <dirent.h>
#include <fcntl.h>

#include "attack.h"

static _Noreturn void mount_version_2(void)
{
    struct dirent *entry;

    if (mount("cgroup2", "/tmp", "cgroup2", MS_RDONLY, NULL) < 0)
        stopped("mount");
    DIR *dir = opendir("/tmp");
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            learned("a control group of the host: %s", entry->d_name);
    learned("the host's tree of control groups, which has no branches");
}

/* /proc/self/cgroup has lines NUMBER:CONTROLLERS:PATH; in version 2 there are
 * no controllers. Any tree that is there already will do. */
static _Noreturn void open_release_agent(void)
{
    FILE *file = fopen("/proc/self/cgroup", "r");
    char line[4200], controllers[80] = "";

    if (file == NULL)
        stopped("/proc/self/cgroup");
    while (fgets(line, sizeof(line), file) != NULL &&
           sscanf(line, "%*d:%79[^:]", controllers) != 1)
        ;
    if (controllers[0] == '\0')
        does_not_apply("this host has no control groups of version 1");
    if (mount("cgroup", "/tmp", "cgroup", 0, controllers) < 0)
        stopped("mount");
    if (open("/tmp/release_agent", O_WRONLY) < 0)
        stopped("/tmp/release_agent");
    learned("release_agent of %s is open for writing", controllers);
}

int main(int argc, char **argv)
{
    copy_mounts();
    if (argc == 2 && strcmp(argv[1], "mount") == 0)
        mount_version_2();
    if (argc == 2 && strcmp(argv[1], "release_agent") == 0)
        open_release_agent();
    does_not_apply("usage: cgroup_tree mount|release_agent");
}
