/* SPDX-License-Identifier: MIT
 *
 * What is otherwise than somebody expects: the caller's root, an image's
 * owner, a mount inside of an image.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

/* The inode of the host's in /proc/PID/ns/user, the same on every boot. */
enum { FIRST_USER_NAMESPACE = 0xeffffffd };

bool is_hosts_root(void)
{
    /* Process 1, in a namespace of its own, asks, too. */
    static int known = -1;
    struct stat st;

    if (known < 0)
        known = geteuid() == 0 && (stat("/proc/self/ns/user", &st) < 0 ||
                                   st.st_ino == FIRST_USER_NAMESPACE);
    return known;
}

/* The table of mounts writes blanks and the like as "\040". */
static void unescape(char *path)
{
    char *out = path;

    for (char *in = path; *in != '\0'; out++) {
        bool escaped = in[0] == '\\' && strspn(in + 1, "01234567") >= 3;

        *out =
            escaped
                ? (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + in[3] - '0')
                : *in;
        in += escaped ? 4 : 1;
    }
    *out = '\0';
}

/* The first mount below the directory PATH goes to INNER, PATH_MAX bytes.
 * Returns how many there are. See proc_pid_mountinfo(5). */
static int find_inner_mounts(const char *path, char *inner)
{
    size_t length = strlen(path), room = 0;
    int found = 0;
    char *line = NULL;
    FILE *table = fopen("/proc/self/mountinfo", "re");

    while (table != NULL && getline(&line, &room, table) > 0) {
        char *rest = line, *point = NULL;

        for (int field = 1; field <= 5; field++)
            point = strsep(&rest, " ");
        if (point == NULL)
            continue;
        unescape(point);
        if (strncmp(point, path, length) == 0 && point[length] == '/' &&
            found++ == 0)
            snprintf(inner, PATH_MAX, "%s", point);
    }
    free(line);
    if (table != NULL)
        fclose(table);
    return found;
}

/* The same below the open DIRECTORY. */
static int find_inner_mounts_of(int directory, char *inner)
{
    char entry[64], path[PATH_MAX];

    snprintf(entry, sizeof(entry), "/proc/self/fd/%d", directory);
    ssize_t length = readlink(entry, path, sizeof(path) - 1);
    if (length < 0) /* there is no /proc */
        return 0;
    path[length] = '\0';
    return find_inner_mounts(strcmp(path, "/") == 0 ? "" : path, inner);
}

int check_inner_mounts(const struct sandbox *box, int directory,
                       const char *name)
{
    char inner[PATH_MAX];

    if (!box->rootless || find_inner_mounts_of(directory, inner) == 0)
        return 0;
    return fail_with(EINVAL,
                     "%s is mounted inside of %s, and of such a tree the "
                     "kernel shows an ordinary user nothing; try: "
                     "unmount it, a directory without mounts, or sudo",
                     inner, name);
}

static void tell_inner_mounts_of(const char *name)
{
    char inner[PATH_MAX], more[32] = "";
    int directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (directory < 0) /* a file; or process 1 tells */
        return;
    int found = find_inner_mounts_of(directory, inner);
    close_quietly(directory);
    if (found > 1)
        snprintf(more, sizeof(more), ", and %d more", found - 1);
    if (found > 0)
        tell("%s is mounted inside of %s%s: not shown", inner, name, more);
}

void tell_inner_mounts(const struct sandbox *box)
{
    if (box->rootless || box->rootfs == NULL)
        return;
    for (int i = 0; i < box->n_binds; i++)
        tell_inner_mounts_of(box->binds[i].source);
    tell_inner_mounts_of(box->rootfs);
}

int check_owner(const struct sandbox *box, int image)
{
    struct stat st;

    /* Of what is in it: who made the directory may be somebody else. */
    if (box->users < 0 || fstatat(image, "bin", &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0;
    if (st.st_uid < N_IDS && st.st_gid < N_IDS)
        return 0;
    return fail_with(EOVERFLOW,
                     "its files belong to user %u and group %u, and the "
                     "sandbox knows 0 to %d; try: chown, %s, or as that "
                     "user, without sudo",
                     st.st_uid, st.st_gid, N_IDS - 1, box->instead);
}
