/* SPDX-License-Identifier: MIT
 *
 * What an image may lack: its own names, and the caller's kind of terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

/* Write TEXT to the file NAME in ETC if that is missing or empty, as both are
 * in what `docker export` writes. O_NOFOLLOW: a link of the image could lead
 * anywhere. O_NONBLOCK: a FIFO would wait for its reader. What the image does
 * not allow stays as it is. */
static int complete(int etc, const char *name, const char *text, uid_t owner)
{
    struct stat st;

    /* To open it for writing would have overlayfs copy it up. */
    if (fstatat(etc, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size > 0)
        return 0;
    int fd = openat(etc, name,
                    O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                    0644);
    if (fd < 0)
        return 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0 &&
        (write(fd, text, strlen(text)) < 0 || fchown(fd, owner, owner) < 0)) {
        close_quietly(fd);
        return -1;
    }
    return close(fd);
}

int write_name_files(const struct sandbox *box)
{
    int root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (root < 0)
        return -1;
    int etc = open_in_root(root, "etc", O_RDONLY | O_DIRECTORY);
    close_quietly(root);
    if (etc < 0) /* an image of one program has none */
        return 0;
    if (complete(etc, "hostname", "sandbox\n", box->first_id) < 0 ||
        complete(etc, "hosts", "127.0.0.1 localhost sandbox\n::1 localhost\n",
                 box->first_id) < 0) {
        close_quietly(etc);
        return -1;
    }
    return close(etc);
}

const char *known_terminal_type(const char *term)
{
    static const char *const places[] = {
        "/lib/terminfo", "/usr/share/terminfo", "/etc/terminfo",
        "/usr/lib/terminfo"};
    char path[128];

    if (term == NULL || *term == '\0' || strchr(term, '/') != NULL)
        return "dumb";
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        snprintf(path, sizeof(path), "%s/%c/%s", places[i], *term, term);
        if (access(path, F_OK) == 0)
            return term;
    }
    /* Docker's default. Of those that look like it, most are its children. */
    return strcmp(term, "dumb") == 0 ? term : "xterm";
}
