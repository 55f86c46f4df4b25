/* SPDX-License-Identifier: MIT
 *
 * Read a file that tells of the kernel and the host, in /proc for the most
 * part.
 *
 * A fresh procfs hides the host's processes, and nothing else: memory maps,
 * interrupts, keys, the kernel's command line and its symbols are there for
 * everyone. Argument: which file. It counts as read if there is anything in
 * its first block besides zeros; a file that is hidden by /dev/null is empty.
 * Harmless: it reads, does not wait, and must not be used on /proc/kmsg,
 * which is read by one reader alone.
 * Step 4 stops it: its /proc has no other file than a few; those few
 * stay, since ps, top and free live on them. CVE-2017-16539, CVE-2018-10892.
 */
#include <fcntl.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    char text[4096];
    ssize_t tells = 0;

    if (argc != 2)
        does_not_apply("usage: proc_file FILE");
    int fd = open(argv[1], O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT && !filtered() && !proc_hides_files() &&
        strncmp(argv[1], "/proc/", 6) == 0)
        does_not_apply("this kernel has no %s", argv[1]);
    if (fd < 0)
        stopped("open");
    ssize_t size = read(fd, text, sizeof(text));
    if (size < 0)
        stopped("read");
    for (ssize_t i = 0; i < size; i++)
        tells += text[i] != 0 && strchr("0 \t\n", text[i]) == NULL;
    if (tells == 0 && !filtered())
        does_not_apply("%s: nothing in it on this machine", argv[1]);
    if (tells == 0)
        found_nothing("%s: %s", argv[1], size == 0 ? "empty" : "all zeros");
    learned("%s: %zd bytes and more", argv[1], size);
}
