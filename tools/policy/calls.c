/* SPDX-License-Identifier: MIT
 *
 * The system calls by their names and numbers, which libseccomp knows for
 * each architecture.
 */
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

const struct call *find_call(const struct policy *policy, const char *name)
{
    for (int i = 0; i < policy->n_calls; i++)
        if (strcmp(policy->calls[i].name, name) == 0)
            return &policy->calls[i];
    return NULL;
}

/* libseccomp's own words: -1 for a name that it does not know, less than
 * -1000 for a call of another architecture, and something between for one
 * behind socketcall(2), from -101 on, or ipc(2), from -201 on. */
enum { BEHIND_SOCKETCALL = -101, BEHIND_IPC = -201, ELSEWHERE = -1000 };

static const uint32_t arches[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86,
                                  SCMP_ARCH_AARCH64, SCMP_ARCH_ARM};

enum { N_ARCHES = sizeof(arches) / sizeof(arches[0]) };

bool call_exists(const char *name)
{
    for (int i = 0; i < N_ARCHES; i++) {
        int number = seccomp_syscall_resolve_name_arch(arches[i], name);
        if (number >= 0 || (number < -1 && number > ELSEWHERE))
            return true;
    }
    return false;
}

bool has_number(const char *name, int number)
{
    for (int i = 0; i < N_ARCHES; i++) {
        int known = seccomp_syscall_resolve_name_arch(arches[i], name);
        if (known != -1 && known != number)
            return false;
    }
    return true;
}

bool hidden_on_i386(const struct policy *policy, const char *name)
{
    int number = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86, name);
    const struct call *by = NULL;

    if (number <= BEHIND_SOCKETCALL && number > ELSEWHERE)
        by = find_call(policy, number > BEHIND_IPC ? "socketcall" : "ipc");
    return by != NULL && by->answer == ALLOWED;
}

uint32_t number_at(uint32_t i)
{
    return i < N_COMMON ? i : FIRST_OF_ARM + (i - N_COMMON);
}

char *name_of(uint32_t arch, uint32_t number)
{
    return seccomp_syscall_resolve_num_arch(arch, (int)number);
}

const struct call *call_of(const struct policy *policy, uint32_t arch,
                           uint32_t number)
{
    char *name = name_of(arch, number);
    const struct call *call = name == NULL ? NULL : find_call(policy, name);

    for (int i = 0; i < policy->n_calls && name == NULL; i++)
        if (policy->calls[i].number == (int)number)
            call = &policy->calls[i];
    free(name);
    return call;
}

int number_of(const struct policy *policy, uint32_t arch, const char *name)
{
    const struct call *call = find_call(policy, name);
    char *end;
    long given = strtol(name, &end, 0);
    int number = seccomp_syscall_resolve_name_arch(arch, name);

    if (*end == '\0')
        return (int)given;
    if (call != NULL && call->number >= 0)
        return call->number;
    if (number > BEHIND_SOCKETCALL || number <= ELSEWHERE)
        return number < 0 ? -1 : number;
    /* It has two; libseccomp does tell the name of the one that is its own.
     */
    for (uint32_t n = 0; n < N_COMMON; n++) {
        char *found = name_of(arch, n);
        bool same = found != NULL && strcmp(found, name) == 0;
        free(found);
        if (same)
            return (int)n;
    }
    return -1;
}
