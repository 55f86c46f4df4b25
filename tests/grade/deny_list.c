/* SPDX-License-Identifier: MIT
 *
 * deny_list MISTAKE PROGRAM [ARG...]: load a filter that is to stop mounting
 * (or, "compares_64_bits", typing into the terminal), and has a hole.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD(field)                                                          \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define DENY_IF(value)                                                       \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),                        \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static int load(struct sock_filter *code, size_t size)
{
    struct sock_fprog program = {(unsigned short)(size / sizeof(*code)),
                                 code};

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

int main(int argc, char **argv)
{
    /* Linux 5.2 has another way to mount. */
    struct sock_filter no_new_api[] = {LOAD(nr), DENY_IF(SYS_mount), ALLOW};
    /* i386 has other numbers, and int $0x80 works in 64-bit programs. */
    struct sock_filter no_i386[] = {LOAD(nr),
                                    DENY_IF(SYS_mount),
                                    DENY_IF(SYS_fsopen),
                                    DENY_IF(SYS_open_tree),
                                    DENY_IF(SYS_move_mount),
                                    ALLOW};
    /* The kernel reads 32 bits of a request, this compares all 64. */
    struct sock_filter wide[] = {
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[1]) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
        LOAD(args[1]),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 1, 0),
        ALLOW,
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };

    if (argc < 3)
        return 2;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (strcmp(argv[1], "forgets_new_api") == 0)
        load(no_new_api, sizeof(no_new_api));
    else if (strcmp(argv[1], "forgets_i386") == 0)
        load(no_i386, sizeof(no_i386));
    else
        load(wide, sizeof(wide));
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
