/* SPDX-License-Identifier: MIT
 *
 * Write lines of one's own into the host's kernel log.
 *
 * With "crash": a process that crashes is named there, by a name that it has
 * chosen itself (PR_SET_NAME), with line breaks if it likes. With "seccomp":
 * a filter of one's own may have calls logged (SECCOMP_RET_LOG), as many as
 * it makes. Who reads the log later reads the attacker's text. Harmless: it
 * looks whether the kernel would, and writes nothing. LEAKS: there is one
 * log. Stopped by the host's sysctls debug.exception-trace=0 and
 * kernel.seccomp.actions_logged. See proc_sys_debug(5), seccomp(2).
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <unistd.h>

#include "attack.h"

/* The first bytes of a setting of the kernel. */
static void read_setting(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY);

    memset(text, 0, size);
    if (fd < 0 && errno == ENOENT && !filtered())
        does_not_apply("this kernel has no %s", path);
    if (fd < 0 || read(fd, text, size - 1) < 0)
        stopped(path);
}

int main(int argc, char **argv)
{
    /* Logs a call that nobody makes here, so that nothing is written. */
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_acct, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {.len = 4, .filter = code};
    const char *what = argc == 2 ? argv[1] : "";
    char setting[256];

    if (strcmp(what, "crash") == 0) {
        read_setting("/proc/sys/debug/exception-trace", setting,
                     sizeof(setting));
        if (setting[0] == '0')
            does_not_apply("crashes are not logged on this machine");
        if (prctl(PR_SET_NAME, "p\nPANIC: fake") < 0)
            stopped("PR_SET_NAME");
        learned("a crash would write this process's name: two lines");
    }
    if (strcmp(what, "seccomp") != 0)
        does_not_apply("usage: forge_log crash|seccomp");
    read_setting("/proc/sys/kernel/seccomp/actions_logged", setting,
                 sizeof(setting));
    if (strstr(setting, " log") == NULL)
        does_not_apply("this machine logs no calls");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        stopped("PR_SET_NO_NEW_PRIVS");
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        stopped("PR_SET_SECCOMP");
    learned("a filter of one's own may have any call logged");
}
