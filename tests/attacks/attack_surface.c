/* SPDX-License-Identifier: MIT
 *
 * Reach parts of the kernel that are known for their errors, and that next to
 * no program needs.
 *
 * userfaultfd lets a program stop the kernel in the middle of a copy, for as
 * long as it likes; it is what makes other errors easy to exploit. io_uring
 * is a second way to make system calls, which no filter sees. modify_ldt, for
 * DOS programs, writes into a table of the processor.
 * No capability stands before io_uring and modify_ldt, and before userfaultfd
 * only in part and since Linux 5.11.
 * Harmless: each touches this process alone. Step 4 stops them, by the
 * filter. CVE-2021-26708 (exploited with the help of userfaultfd),
 * CVE-2022-29582 (io_uring), CVE-2017-17053 (modify_ldt).
 */
#include <sys/mount.h> /* before linux/fs.h, on Debian 11 */

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

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
#ifdef SYS_modify_ldt
    char table[16] = "";
    if (strcmp(what, "ldt-read") == 0)
        judge(syscall(SYS_modify_ldt, 0, table, sizeof(table)),
              "modify_ldt(read)");
    if (strcmp(what, "ldt-write") == 0)
        judge(syscall(SYS_modify_ldt, 1, table, sizeof(table)),
              "modify_ldt(write)");
#endif
    does_not_apply("usage: attack_surface userfaultfd|io_uring|ldt-read|"
                   "ldt-write (the last two only on x86)");
}
