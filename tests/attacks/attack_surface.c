/* SPDX-License-Identifier: MIT
 *
 * Reach parts of the kernel that are known for their errors, and that next to
 * no program needs.
 *
 * userfaultfd lets a program stop the kernel in the middle of a copy, for as
 * long as it likes; it is what makes other errors easy to exploit. io_uring
 * is a second way to make system calls, which no filter sees. modify_ldt, for
 * DOS programs, writes into a table of the processor. aio is the old way to
 * read and write in the background: its events come from one pool for the
 * whole host (fs.aio-max-nr), and who takes them all leaves root with EAGAIN.
 * bridge and vlan ask a socket for something that is a module of the kernel,
 * which the kernel then loads. unix-oob sends a byte out of the row through a
 * Unix socket, which next to no program does.
 * No capability stands before them, and before userfaultfd only in part and
 * since Linux 5.11.
 * Harmless: each touches this process alone; aio takes one event, and bridge
 * and vlan leave a module loaded, at most. Step 4 stops them, by the filter;
 * but unix-oob LEAKS: its flag is TCP's as well, and a rule on the arguments
 * would cost each send(2).
 * CVE-2021-26708 (exploited with the help of userfaultfd),
 * CVE-2022-29582 (io_uring), CVE-2017-17053 (modify_ldt), CVE-2025-38236
 * (unix-oob).
 */
#include <sys/mount.h> /* before linux/fs.h, for glibc before 2.37 */

#include <linux/aio_abi.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

/* An ioctl that the kernel answers by loading a module. Any answer of the
 * module, or that there is none, shows that the kernel looked for it; only a
 * filter says EPERM before. Given NULL, the module itself refuses. */
static _Noreturn void reach_module(unsigned long request, const char *name)
{
    int result = ioctl(socket(AF_INET, SOCK_DGRAM, 0), request, NULL);

    if (result < 0 && errno == EPERM)
        stopped(name);
    learned("%s: the kernel looked for the module: %s", name,
            result < 0 ? strerror(errno) : "it is there");
}

int main(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";

    if (strcmp(what, "userfaultfd") == 0)
        judge(syscall(SYS_userfaultfd, 0), what);
    if (strcmp(what, "io_uring") == 0) {
        struct io_uring_params params;

        memset(&params, 0, sizeof(params));
        judge(syscall(SYS_io_uring_setup, 1, &params), "io_uring_setup");
    }
    if (strcmp(what, "aio") == 0) {
        aio_context_t context = 0;

        judge(syscall(SYS_io_setup, 1, &context), "io_setup");
    }
    if (strcmp(what, "unix-oob") == 0) {
        int ends[2];

        if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
            stopped("socketpair");
        judge(send(ends[0], "!", 1, MSG_OOB), "send(MSG_OOB)");
    }
    if (strcmp(what, "bridge") == 0)
        reach_module(SIOCGIFBR, "SIOCGIFBR");
    if (strcmp(what, "vlan") == 0)
        reach_module(SIOCGIFVLAN, "SIOCGIFVLAN");
#ifdef SYS_modify_ldt
    char table[16] = "";
    if (strcmp(what, "ldt-read") == 0)
        judge(syscall(SYS_modify_ldt, 0, table, sizeof(table)),
              "modify_ldt(read)");
    if (strcmp(what, "ldt-write") == 0)
        judge(syscall(SYS_modify_ldt, 1, table, sizeof(table)),
              "modify_ldt(write)");
#endif
    does_not_apply(
        "usage: attack_surface userfaultfd|io_uring|aio|unix-oob|bridge|"
        "vlan|ldt-read|ldt-write (the last two only on x86)");
}
