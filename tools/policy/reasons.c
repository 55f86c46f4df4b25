/* SPDX-License-Identifier: MIT
 *
 * For --explain-refusals: the policy once more, with numbers as its answers,
 * and what the numbers stand for. filter.c's plumbing has the other half.
 */
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

/* How common/plumbing/strace.c shows the arguments of calls that are refused
 * today; "x", a number in hexadecimal, also stands for pointers to what only
 * the kernel reads. Of a call that is not here, all six are told. */
static const struct {
    const char *call, *kinds;
} known[] = {
    {"_sysctl", "x"},
    {"acct", "s"},
    {"add_key", "ssxzd"},
    {"bdflush", "dx"},
    {"bpf", "dxz"},
    {"chroot", "s"},
    {"clock_settime", "dx"},
    {"clock_settime64", "dx"},
    {"clone", "nxxxx"},
    {"clone3", "xz"},
    {"create_module", "sz"},
    {"delete_module", "sx"},
    {"fanotify_init", "xx"},
    {"finit_module", "dsx"},
    {"flock", "dd"},
    {"fsconfig", "ddsxd"},
    {"fsmount", "dxx"},
    {"fsopen", "sx"},
    {"fspick", "fsx"},
    {"get_kernel_syms", "x"},
    {"get_mempolicy", "xxzxx"},
    {"init_module", "xzs"},
    {"io_cancel", "xxx"},
    {"io_destroy", "x"},
    {"io_getevents", "xzzxx"},
    {"io_pgetevents", "xzzxxx"},
    {"io_pgetevents_time64", "xzzxxx"},
    {"io_setup", "dx"},
    {"io_submit", "xzx"},
    {"io_uring_enter", "dddxxz"},
    {"io_uring_register", "ddxd"},
    {"io_uring_setup", "dx"},
    {"ioctl", "d4x"},
    {"ioperm", "zzd"},
    {"iopl", "d"},
    {"kcmp", "ddxxx"},
    {"kexec_file_load", "ddzsx"},
    {"kexec_load", "xzxx"},
    {"keyctl", "dxxxx"},
    {"lookup_dcookie", "xxz"},
    {"mbind", "xzdxzx"},
    {"migrate_pages", "dzxx"},
    {"mknod", "skD"},
    {"mknodat", "fskD"},
    {"modify_ldt", "dxz"},
    {"mount", "sssmx"},
    {"mount_setattr", "fsAxz"},
    {"move_mount", "fsfs8"},
    {"move_pages", "dzxxxx"},
    {"name_to_handle_at", "fsxxx"},
    {"nfsservctl", "dxx"},
    {"oldfstat", "dx"},
    {"oldlstat", "sx"},
    {"oldstat", "sx"},
    {"open_by_handle_at", "dxO"},
    {"open_tree", "fsi"},
    {"open_tree_attr", "fsixz"},
    {"pciconfig_iobase", "xxx"},
    {"pciconfig_read", "xxxxx"},
    {"pciconfig_write", "xxxxx"},
    {"perf_event_open", "xdddx"},
    {"personality", "p"},
    {"pidfd_getfd", "ddx"},
    {"pivot_root", "ss"},
    {"prlimit64", "dlxx"},
    {"process_madvise", "dxzdx"},
    {"query_module", "sdxzx"},
    {"quotactl", "xsdx"},
    {"quotactl_fd", "dxdx"},
    {"reboot", "xxxx"},
    {"request_key", "sssd"},
    {"set_mempolicy", "dxz"},
    {"set_mempolicy_home_node", "xzzx"},
    {"setdomainname", "sz"},
    {"sethostname", "sz"},
    {"setns", "dn"},
    {"setrlimit", "lx"},
    {"settimeofday", "xx"},
    {"sgetmask", ""},
    {"socket", "ytj"},
    {"ssetmask", "x"},
    {"stime", "x"},
    {"swapoff", "s"},
    {"swapon", "sx"},
    {"sysfs", "dxx"},
    {"syslog", "dxd"},
    {"umount", "s"},
    {"umount2", "sU"},
    {"unshare", "n"},
    {"uselib", "s"},
    {"userfaultfd", "x"},
    {"ustat", "xx"},
    {"vhangup", ""},
    {"vm86", "xx"},
    {"vm86old", "x"},
};

static const char *kinds_of(const char *name)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i].call, name) == 0)
            return known[i].kinds;
    return "xxxxxx";
}

/* Add a reason, unless it is the last one; returns the answer instead. */
static uint32_t add(struct reason *reasons, int *n, struct place at,
                    uint32_t answer, const char *why)
{
    const struct reason *last = *n == 0 ? NULL : &reasons[*n - 1];

    if (answer == ALLOWED)
        return answer;
    if (last == NULL || last->at.file != at.file ||
        last->at.line != at.line || last->answer != answer) {
        if (*n == MAX_REASONS)
            stop_at(at, "no room for a reason");
        reasons[(*n)++] = (struct reason){at, answer, why};
    }
    return TOLD(*n - 1);
}

int number_answers(struct policy *policy, struct reason *reasons)
{
    struct place at = {.file = policy->calls[0].at.file};
    int n = 0;

    for (int i = 0; i < policy->n_calls; i++) {
        struct call *call = &policy->calls[i];
        call->answer = add(reasons, &n, call->at, call->answer, call->why);
    }
    for (int i = 0; i < policy->n_rules; i++) {
        struct rule *rule = &policy->rules[i];
        rule->answer = add(reasons, &n, rule->at, rule->answer, rule->why);
    }
    policy->unknown = add(reasons, &n, at, policy->unknown,
                          "this call is not in it, as in an older kernel");
    at.line = -1;
    policy->foreign = add(reasons, &n, at, policy->foreign,
                          "32-bit programs' calls, and the image holds no "
                          "such program");
    return n;
}

/* In step4_seccomp/plumbing/refused.c. */
enum { ROOM_FOR_FILE = 32, ROOM_FOR_WHY = 128 };

static bool may_be_refused(const struct policy *policy, uint32_t arch,
                           uint32_t number)
{
    const struct call *call = call_of(policy, arch, number);

    for (int i = 0; i < policy->n_rules && call != NULL; i++)
        if (rule_counts(&policy->rules[i], call->name, arch))
            return true;
    return call == NULL || call->answer != ALLOWED;
}

static void write_call(const struct policy *policy, uint32_t arch,
                       uint32_t number, bool foreign, FILE *header)
{
    const struct call *call = call_of(policy, arch, number);
    char *known_name = name_of(arch, number);
    const char *name = call != NULL ? call->name : known_name;

    if (name != NULL && (foreign || may_be_refused(policy, arch, number)))
        fprintf(header, "    {%#x, %u, \"%s\", \"%s\"},\n", arch, number,
                name, kinds_of(name));
    free(known_name);
}

void write_reasons(const struct policy *policy, const uint32_t *arches,
                   int n_arches, const struct reason *reasons, int n_reasons,
                   FILE *header)
{
    fprintf(header, "static const struct refusal refusals[] = {\n");
    for (int i = 0; i < n_reasons; i++) {
        const struct reason *reason = &reasons[i];

        if (strlen(reason->at.file) >= ROOM_FOR_FILE ||
            strlen(reason->why) >= ROOM_FOR_WHY)
            stop_at(reason->at, "longer than what refused.c has room for");
        fprintf(header, "    {\"%s\", %d, %u, \"", reason->at.file,
                reason->at.line, reason->answer & SECCOMP_RET_DATA);
        for (const char *c = reason->why; *c != '\0'; c++)
            fprintf(header, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
        fprintf(header, "\"},\n");
    }
    fprintf(header, "};\nstatic const struct refused_call calls[] = {\n");
    /* Where 32-bit programs may not call at all, each call may be refused. */
    for (int a = 0; a < n_arches; a++)
        for (uint32_t i = 0; i < MAX_NUMBERS; i++)
            write_call(policy, arches[a], number_at(i), a > 0, header);
    fprintf(header, "};\n");
}
