/* SPDX-License-Identifier: MIT
 *
 * Learn which disks the host has.
 *
 * Their names and numbers are what an attack on the disk itself begins with,
 * see raw_disk.c. Three ways: "proc" reads /proc/partitions, which belongs to
 * no namespace. "sysfs" reads /sys/block; step 3 has no /sys, and stops that.
 * "mount" therefore mounts a sysfs of its own, which root in step 3 may do.
 * Step 4 stops the others: /proc/partitions is covered, mount(2) is refused
 * by the filter and for want of CAP_SYS_ADMIN. See sysfs(5).
 */
#include <dirent.h>

#include "attack.h"

static void by_sysfs(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;

    if (dir == NULL)
        stopped(path);
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            learned("the host has a disk %s", entry->d_name);
    does_not_apply("this machine has no disk");
}

static void by_proc(void)
{
    FILE *file = fopen("/proc/partitions", "r");
    char line[160] = "", name[80];

    if (file == NULL)
        stopped("/proc/partitions");
    if (fgets(line, sizeof(line), file) == NULL)
        found_nothing("/proc/partitions reads as empty");
    while (fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "%*d %*d %*d %79s", name) == 1)
            learned("the host has a disk %s", name);
    does_not_apply("this machine has no disk");
}

int main(int argc, char **argv)
{
    if (argc != 2)
        does_not_apply("usage: host_disks proc|sysfs|mount");
    if (strcmp(argv[1], "proc") == 0)
        by_proc();
    if (strcmp(argv[1], "sysfs") == 0)
        by_sysfs("/sys/block");
    copy_mounts();
    if (mount("sysfs", "/tmp", "sysfs", MS_RDONLY, NULL) < 0)
        stopped("mount");
    by_sysfs("/tmp/block");
}
