/* SPDX-License-Identifier: MIT
 *
 * What the kernel does with a filter: classic BPF, as far as compile.c makes
 * use of it. Two programs run filters by themselves: the policy's compiler
 * tries what it made, and the launcher finds the reason of a refusal. See
 * Documentation/networking/filter.rst.
 */
#ifndef RUN_BPF_H
#define RUN_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Run the LENGTH instructions of CODE on one call. Its answer, as
 * SECCOMP_RET_ constants and their data, goes to ANSWER. Returns false, with
 * no answer, at an instruction that ours do not have, or at the end of CODE.
 */
static inline bool run_bpf(const struct sock_filter *code, size_t length,
                           const struct seccomp_data *call, uint32_t *answer)
{
    uint32_t a = 0;

    for (size_t pc = 0; pc < length; pc++) {
        const struct sock_filter *i = &code[pc];

        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            memcpy(&a, (const char *)call + i->k, sizeof(a));
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= i->k;
            break;
        case BPF_JMP | BPF_JA:
            pc += i->k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            pc += a == i->k ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            pc += (a & i->k) != 0 ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            pc += a >= i->k ? i->jt : i->jf;
            break;
        case BPF_RET | BPF_K:
            *answer = i->k;
            return true;
        default:
            return false;
        }
    }
    return false;
}

#endif
