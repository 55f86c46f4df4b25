/* SPDX-License-Identifier: MIT
 *
 * Get at the launcher's own file, which is the host's.
 *
 * Whoever can open it learns of its disk, can lock it, and waits to overwrite
 * it: CVE-2019-5736 (runc). In steps 1 and 2 it has a name. From step 3 on it
 * has none, and process 1 is the payload; but until execve(2) process 1 is
 * the launcher. A hostile image brings a script that begins with
 * "#!/proc/self/exe", launcher_again: so the launcher runs once more, inside,
 * and shows this attack the /proc in which it is process 1, as /p. Step 4
 * stops it: nobody inside makes namespaces. Other launchers would take other
 * scripts; of them only what /proc shows is tried. Harmless: it opens the
 * file for reading. See execve(2), proc_pid_exe(5), statfs(2).
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "attack.h"

/* Is this file one of the image, or this attack's own, which the host shows?
 * What the image has is found by its name. */
static int has_name(const char *path)
{
    char name[4096] = "";
    struct stat file, other;

    if (stat(path, &file) < 0)
        stopped(path);
    if (stat("/proc/self/exe", &other) == 0 && file.st_ino == other.st_ino &&
        file.st_dev == other.st_dev)
        return 1;
    if (readlink(path, name, sizeof(name) - 1) < 0)
        stopped("readlink");
    return stat(name, &other) == 0 && file.st_ino == other.st_ino &&
           file.st_dev == other.st_dev;
}

static _Noreturn void tell_disk(const char *path)
{
    struct statfs fs;
    int fd = open(path, O_RDONLY);

    if (fd < 0 || fstatfs(fd, &fs) < 0)
        stopped(path);
    learned("%s is open, %llu blocks are free on its disk", path,
            (unsigned long long)fs.f_bfree);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        does_not_apply("usage: launcher_file NAME");
    const char *name = argv[argc - 1];

    if (access(name, F_OK) == 0)
        tell_disk(name);
    if (access("/p/1", F_OK) == 0)
        tell_disk("/p/1/exe");
    if (!has_name("/proc/1/exe"))
        tell_disk("/proc/1/exe");
    found_nothing("process 1 runs a file of the image, or this one");
}
