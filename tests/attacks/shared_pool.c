/* SPDX-License-Identifier: MIT
 *
 * Take from what the host has one of.
 *
 * sync(2) makes the kernel write out all file systems of the machine, and
 * other programs wait for their disks. hugepages takes a page of 2 MB from
 * those that the host has reserved, for a database for example, until there
 * is none. Harmless: one page, for a moment. LEAKS: no namespace has its own;
 * stopped by a virtual machine, hugepages by the hugetlb cgroup, too. See
 * sync(2), mmap(2) on MAP_HUGETLB.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";

    if (strcmp(what, "sync") == 0) {
        errno = 0;
        sync();
        if (errno != 0)
            stopped("sync");
        learned("all file systems of the host were written out");
    }
    if (strcmp(what, "hugepages") != 0)
        does_not_apply("usage: shared_pool sync|hugepages");
    void *page = mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    if (page == MAP_FAILED && errno == ENOMEM)
        does_not_apply("the host has reserved none");
    if (page == MAP_FAILED)
        stopped("mmap");
    learned("one of the huge pages that the host has reserved");
}
