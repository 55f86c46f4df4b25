/* SPDX-License-Identifier: MIT
 *
 * Make a read-only mount writable.
 *
 * Read-only is a flag of the mount, not of the files: who may mount may take
 * it back. It is all that keeps root inside from writing to a file of the
 * host that --bind shows, or to /proc/sys. Argument: what is mounted
 * read-only; without argument this program itself, a file of the host. Where
 * it is not read-only, on the host itself, that is done first.
 * Harmless: all in a copy of the mount table, and nothing is written.
 * Step 4 stops it: the filter refuses mount, and CAP_SYS_ADMIN is dropped.
 * See MS_REMOUNT and MS_BIND in mount(2).
 */
#include <stdbool.h>
#include <sys/statvfs.h>

#include "attack.h"

static bool is_read_only(const char *path)
{
    struct statvfs about;

    if (statvfs(path, &about) < 0)
        stopped(path);
    return (about.f_flag & ST_RDONLY) != 0;
}

int main(int argc, char **argv)
{
    const char *path = argc == 2 ? argv[1] : argv[0];

    copy_mounts();
    if (!is_read_only(path) &&
        (mount(path, path, NULL, MS_BIND, NULL) < 0 ||
         mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0))
        stopped("mount(MS_RDONLY)");
    if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL) < 0)
        stopped("mount(MS_REMOUNT)");
    if (is_read_only(path))
        found_nothing("%s is still read-only", path);
    learned("%s was read-only and is writable", path);
}
