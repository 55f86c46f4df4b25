/* SPDX-License-Identifier: MIT
 *
 * Look for the host's root where pivot_root(2) may have left it.
 *
 * pivot_root(2) does not remove the old root, it moves it to a directory of
 * the new one; unmounting it there is up to the caller, and easily forgotten
 * or done too early to work. So try every mount point, the names that
 * programs are used to give to that directory, and the top of the stack of
 * mounts on "/". Argument: a file of the host to read there.
 * Step 3 stops it: the old root is stacked on the new one, needs no directory
 * and is detached in leave_host(). See pivot_root(2), NOTES.
 */
#include <limits.h>

#include "attack.h"

static void try(const char *directory, const char *name)
{
    char path[2 * PATH_MAX], text[80] = "";

    snprintf(path, sizeof(path), "%s%s", directory, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    if (fgets(text, sizeof(text), file) != NULL) {
        text[strcspn(text, "\n")] = '\0';
        learned("the host's root is %s/; %s says: %s", directory, path, text);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {
        "/..",          "/proc/self/cwd/..",
        "/.",           "/old",
        "/.old",        "/oldroot",
        "/old_root",    "/old-root",
        "/.oldroot",    "/.old_root",
        "/put_old",     "/.put_old",
        "/.pivot_root", "/host",
        "/mnt",         "/tmp/oldroot",
    };
    char line[PATH_MAX + 256], point[PATH_MAX];
    FILE *mounts = fopen("/proc/self/mountinfo", "r");
    int n = 0;

    if (argc != 2)
        does_not_apply("usage: old_root FILE-OF-THE-HOST");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        try(names[i], argv[1]);
    if (mounts == NULL)
        stopped("/proc/self/mountinfo");
    for (; fgets(line, sizeof(line), mounts) != NULL; n++)
        if (sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1)
            try(point, argv[1]);
    found_nothing("no host below any of %d mounts", n);
}
