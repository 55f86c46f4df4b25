/* SPDX-License-Identifier: MIT
 *
 * The policy as one filter. It looks at the architecture, finds the number by
 * a binary search over ranges with the same answer, and for a call that has
 * rules it goes on to these, one after the other.
 *
 * Made by hand, and not by libseccomp: that has more instructions for it, can
 * not be told of all values but a few, and of a call that has a plain "allow"
 * it silently drops the rule that refuses some arguments. The kernel compiles
 * a filter at every start; then it remembers which calls are allowed whatever
 * their arguments, and walks it for the others.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

int arches_of(const char *machine, uint32_t arches[MAX_ARCHES])
{
    arches[0] = arch_named(machine);
    if (arches[0] == 0)
        stop_at((struct place){.file = machine},
                "no filter for this machine");
    arches[1] = arches[0] == SCMP_ARCH_X86_64    ? SCMP_ARCH_X86
                : arches[0] == SCMP_ARCH_X86     ? SCMP_ARCH_X86_64
                : arches[0] == SCMP_ARCH_AARCH64 ? SCMP_ARCH_ARM
                                                 : 0;
    return arches[1] == 0 ? 1 : 2;
}

static size_t emit(struct filter *filter, unsigned code, uint32_t k)
{
    if (filter->length == BPF_MAXINSNS)
        stop_at((struct place){.file = "filter"}, "too long for the kernel");
    filter->code[filter->length] =
        (struct sock_filter){.code = (unsigned short)code, .k = k};
    return filter->length++;
}

static void emit_load(struct filter *filter, size_t offset)
{
    emit(filter, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

static size_t emit_equal(struct filter *filter, uint32_t value)
{
    return emit(filter, BPF_JMP | BPF_JEQ | BPF_K, value);
}

/* If the comparison AT holds, or after the plain jump AT, go on with what
 * will be emitted next. */
static void jump_here(struct filter *filter, size_t at)
{
    struct sock_filter *jump = &filter->code[at];
    size_t distance = filter->length - at - 1;

    if (jump->code == (BPF_JMP | BPF_JA)) {
        jump->k = (uint32_t)distance;
        return;
    }
    if (distance > UINT8_MAX)
        stop_at((struct place){.file = "filter"}, "a jump too far");
    jump->jt = (unsigned char)distance;
}

/* ---- rules ---- */

/* Go on with the next instruction if the condition holds; else jump, by the
 * one that is returned. On all of our machines, the lower 32 bits of an
 * argument come first. */
static size_t emit_condition(struct filter *filter,
                             const struct condition *condition)
{
    size_t offset = offsetof(struct seccomp_data, args[condition->arg]);
    size_t equal[MAX_VALUES], no;

    emit_load(filter, offset);
    if (condition->mask != UINT32_MAX)
        emit(filter, BPF_ALU | BPF_AND | BPF_K, condition->mask);
    if (condition->how == NOT_NULL) {
        filter->code[emit_equal(filter, 0)].jf = 3;
        emit_load(filter, offset + sizeof(uint32_t));
        filter->code[emit_equal(filter, 0)].jf = 1;
        return emit(filter, BPF_JMP | BPF_JA, 0);
    }
    if (condition->how == HAS) {
        size_t has =
            emit(filter, BPF_JMP | BPF_JSET | BPF_K, condition->values[0]);
        no = emit(filter, BPF_JMP | BPF_JA, 0);
        jump_here(filter, has);
        return no;
    }
    for (int i = 0; i < condition->n_values; i++)
        equal[i] = emit_equal(filter, condition->values[i]);
    if (condition->how == IS) {
        no = emit(filter, BPF_JMP | BPF_JA, 0);
        for (int i = 0; i < condition->n_values; i++)
            jump_here(filter, equal[i]);
        return no;
    }
    for (int i = 0; i < condition->n_values; i++)
        jump_here(filter, equal[i]);
    filter->code[filter->length - 1].jf = 1; /* the last one is not equal */
    return emit(filter, BPF_JMP | BPF_JA, 0);
}

bool rule_counts(const struct rule *rule, const char *call, uint32_t arch)
{
    return strcmp(rule->call, call) == 0 &&
           !(rule->not_on_i386 && arch == SCMP_ARCH_X86);
}

/* The first rule that holds gives the answer; without one, it is "allow". */
static void emit_rules(struct filter *filter, const struct policy *policy,
                       const char *call, uint32_t arch)
{
    for (int i = 0; i < policy->n_rules; i++) {
        const struct rule *rule = &policy->rules[i];
        size_t no[MAX_CONDITIONS];

        if (!rule_counts(rule, call, arch))
            continue;
        for (int c = 0; c < rule->n_conditions; c++)
            no[c] = emit_condition(filter, &rule->conditions[c]);
        emit(filter, BPF_RET | BPF_K, rule->answer);
        for (int c = 0; c < rule->n_conditions; c++)
            jump_here(filter, no[c]);
    }
    emit(filter, BPF_RET | BPF_K, ALLOWED);
}

/* ---- calls ---- */

/* Numbers from FIRST up to the next range's first have this answer; or they
 * are one number, of CALL, that has rules. JUMP goes to them. */
struct range {
    uint32_t first, answer;
    const struct call *call;
    size_t jump;
};

/* What the policy says of a number: from the number to the name, since on
 * i386 libseccomp does not tell the numbers of socket and its like. */
static struct range decide(const struct policy *policy, uint32_t arch,
                           uint32_t number)
{
    const struct call *call = call_of(policy, arch, number);
    struct range range = {.first = number,
                          .answer =
                              call == NULL ? policy->unknown : call->answer};

    for (int i = 0; i < policy->n_rules && call != NULL; i++)
        if (rule_counts(&policy->rules[i], call->name, arch))
            range.call = call;
    return range;
}

static void emit_search(struct filter *filter, struct range *ranges, int n)
{
    if (n == 1 && ranges[0].call != NULL) {
        ranges[0].jump = emit(filter, BPF_JMP | BPF_JA, 0);
        return;
    }
    if (n == 1) {
        emit(filter, BPF_RET | BPF_K, ranges[0].answer);
        return;
    }
    size_t upper =
        emit(filter, BPF_JMP | BPF_JGE | BPF_K, ranges[n / 2].first);
    emit_search(filter, ranges, n / 2);
    jump_here(filter, upper);
    emit_search(filter, ranges + n / 2, n - n / 2);
}

static void write_range(FILE *text, const struct policy *policy,
                        uint32_t arch, const struct range *range)
{
    const struct call *call = call_of(policy, arch, range->first);

    fprintf(text, "  %6u %-24s %s\n", range->first,
            call == NULL ? "" : call->name, answer_name(range->answer));
    for (int i = 0; i < policy->n_rules && range->call != NULL; i++)
        if (rule_counts(&policy->rules[i], range->call->name, arch))
            fprintf(text, "%32s or %s, by %s:%d\n", "",
                    answer_name(policy->rules[i].answer),
                    policy->rules[i].at.file, policy->rules[i].at.line);
}

static void add_arch(const struct policy *policy, uint32_t arch,
                     struct filter *filter, FILE *text)
{
    struct range ranges[MAX_NUMBERS];
    int n = 0;

    for (uint32_t i = 0; i < MAX_NUMBERS; i++) {
        struct range range = decide(policy, arch, number_at(i));

        if (i == 0 || range.answer != ranges[n - 1].answer ||
            range.call != ranges[n - 1].call)
            ranges[n++] = range;
    }
    /* The last one has no end: x32's numbers, too, are unknown. */
    size_t ours = emit_equal(filter, arch);
    size_t past = emit(filter, BPF_JMP | BPF_JA, 0);
    jump_here(filter, ours);
    emit_load(filter, offsetof(struct seccomp_data, nr));
    emit_search(filter, ranges, n);
    fprintf(text, "architecture %#x: from this number on\n", arch);
    for (int i = 0; i < n; i++) {
        write_range(text, policy, arch, &ranges[i]);
        if (ranges[i].call == NULL)
            continue;
        jump_here(filter, ranges[i].jump);
        emit_rules(filter, policy, ranges[i].call->name, arch);
    }
    jump_here(filter, past);
}

void compile_filter(const struct policy *policy, const uint32_t *arches,
                    int n_arches, struct filter *filter, FILE *text)
{
    filter->length = 0;
    emit_load(filter, offsetof(struct seccomp_data, arch));
    for (int i = 0; i < n_arches; i++)
        add_arch(policy, arches[i], filter, text);
    emit(filter, BPF_RET | BPF_K, policy->foreign);
    fprintf(text, "any other architecture: %s\n",
            answer_name(policy->foreign));
}
