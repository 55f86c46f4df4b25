/* SPDX-License-Identifier: MIT
 *
 * Run a filter beside the texts that it came from.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "../../step4_seccomp/plumbing/run_bpf.h"
#include "policy.h"

uint32_t run_filter(const struct filter *filter,
                    const struct seccomp_data *data)
{
    static const struct place here = {.file = "filter"};
    uint32_t answer;

    if (!run_bpf(filter->code, filter->length, data, &answer))
        stop_at(here, "an instruction is unknown, or it has no end");
    return answer;
}

static bool holds(const struct condition *condition, uint64_t argument)
{
    uint32_t value = (uint32_t)argument & condition->mask;
    bool listed = false;

    for (int i = 0; i < condition->n_values; i++)
        listed |= value == condition->values[i];
    switch (condition->how) {
    case IS:
        return listed;
    case IS_NOT:
        return !listed;
    case HAS:
        return (value & condition->values[0]) != 0;
    case NOT_NULL:
        return argument != 0;
    }
    return false;
}

static bool all_hold(const struct rule *rule, const struct seccomp_data *data)
{
    for (int i = 0; i < rule->n_conditions; i++)
        if (!holds(&rule->conditions[i], data->args[rule->conditions[i].arg]))
            return false;
    return true;
}

uint32_t answer_of(const struct policy *policy,
                   const struct seccomp_data *data)
{
    const struct call *call = call_of(policy, data->arch, (uint32_t)data->nr);

    if (call == NULL)
        return policy->unknown;
    for (int i = 0; i < policy->n_rules; i++)
        if (rule_counts(&policy->rules[i], call->name, data->arch) &&
            all_hold(&policy->rules[i], data))
            return policy->rules[i].answer;
    return call->answer;
}

struct check {
    const struct policy *policy;
    const struct filter *filter;
    struct seccomp_data data;
    struct place at;
    long tried;
};

static void expect(struct check *check, uint32_t answer)
{
    const struct seccomp_data *data = &check->data;
    uint32_t got = run_filter(check->filter, data);

    check->tried++;
    if (got != answer)
        stop_at(check->at,
                "the filter is wrong: architecture %#x, call %d (%#llx, "
                "%#llx, %#llx): %#x instead of %#x",
                data->arch, data->nr, (unsigned long long)data->args[0],
                (unsigned long long)data->args[1],
                (unsigned long long)data->args[2], got, answer);
}

static void expect_text(struct check *check)
{
    expect(check, answer_of(check->policy, &check->data));
}

/* Try the rule's conditions from number N on: the one at SWEPT with all that
 * differs from one of its values by one of 64 bits, the others with what
 * differs by the lowest bit of their mask. */
static void try_around(struct check *check, const struct rule *rule, int n,
                       int swept)
{
    if (n == rule->n_conditions) {
        expect_text(check);
        return;
    }
    const struct condition *condition = &rule->conditions[n];
    __u64 *argument = &check->data.args[condition->arg];
    for (int i = 0; i < condition->n_values; i++) {
        *argument = condition->values[i];
        try_around(check, rule, n + 1, swept);
        *argument ^= condition->mask & -condition->mask;
        try_around(check, rule, n + 1, swept);
        for (int bit = 0; bit < 64 && n == swept; bit++) {
            *argument = condition->values[i] ^ UINT64_C(1) << bit;
            try_around(check, rule, n + 1, swept);
        }
    }
}

static void check_arch(struct check *check, uint32_t arch)
{
    check->data = (struct seccomp_data){.arch = arch};
    for (uint32_t i = 0; i < MAX_NUMBERS; i++) {
        check->data.nr = (int)number_at(i);
        expect_text(check);
    }
    check->data.nr = 0x40000000; /* x32's, where that exists */
    expect(check, check->policy->unknown);
    for (int i = 0; i < check->policy->n_rules; i++) {
        const struct rule *rule = &check->policy->rules[i];

        check->at = rule->at;
        check->data = (struct seccomp_data){
            .arch = arch, .nr = number_of(check->policy, arch, rule->call)};
        for (int n = 0; n < rule->n_conditions && check->data.nr >= 0; n++)
            try_around(check, rule, 0, n);
    }
}

long check_filter(const struct policy *policy, const uint32_t *arches,
                  int n_arches, const struct filter *filter)
{
    struct check check = {
        .policy = policy, .filter = filter, .at = {.file = "filter"}};

    for (int i = 0; i < n_arches; i++)
        check_arch(&check, arches[i]);
    check.at = (struct place){.file = "filter"};
    check.data = (struct seccomp_data){.arch = SCMP_ARCH_S390X};
    expect(&check, policy->foreign);
    return check.tried;
}
