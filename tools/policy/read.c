/* SPDX-License-Identifier: MIT
 *
 * Read the policy's texts, line by line. The head of each text tells its
 * form.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

_Noreturn void stop_at(struct place at, const char *format, ...)
{
    va_list words;

    fprintf(stderr, "%s:", at.file);
    if (at.line > 0)
        fprintf(stderr, "%d:", at.line);
    fputc(' ', stderr);
    va_start(words, format);
    vfprintf(stderr, format, words);
    va_end(words);
    fputc('\n', stderr);
    exit(1);
}

void read_lines(const char *path,
                void (*act)(struct place, char *line, void *state),
                void *state)
{
    struct place at = {.file = path};
    char line[512];
    FILE *file = fopen(path, "r");

    if (file == NULL)
        stop_at(at, "%s", strerror(errno));
    while (fgets(line, sizeof(line), file) != NULL) {
        at.line++;
        if (strchr(line, '\n') == NULL && !feof(file))
            stop_at(at, "longer than %zu bytes", sizeof(line));
        line[strcspn(line, "\n")] = '\0';
        if (line[strspn(line, " ")] != '\0' && line[0] != '#')
            act(at, line, state);
    }
    fclose(file);
}

/* ---- policy.txt ---- */

/* "ANSWER GROUP: why", before its calls. Returns the answer, and what is
 * behind it, to be kept. */
static uint32_t head_of_group(struct place at, char *line, const char **why)
{
    if (strstr(line, ": ") == NULL)
        stop_at(at, "not \"ANSWER NAME: why\": %s", line);
    *why = strdup(strchr(line, ' ') + 1);
    return answer_named(at, strtok(line, " "));
}

static void add_call(struct policy *policy, struct place at, uint32_t answer,
                     const char *why, char *name)
{
    char *number = strchr(name, '(');

    if (number != NULL)
        *number++ = '\0';
    long given = number == NULL ? -1 : strtol(number, &number, 10);
    if (number != NULL && strcmp(number, ")") != 0)
        stop_at(at, "%s: a number looks like %s(470)", name, name);
    if (number != NULL && !has_number(name, (int)given))
        stop_at(at, "%s: its number is not %ld", name, given);
    if (policy->n_calls == MAX_CALLS || strlen(name) >= MAX_NAME)
        stop_at(at, "no room for %s", name);
    const struct call *before = find_call(policy, name);
    if (before != NULL)
        stop_at(at, "%s stands in line %d already", name, before->at.line);
    if (given < 0 && !call_exists(name))
        stop_at(at,
                "%s: no architecture has this call. If it is only new, write "
                "its number behind it: %s(470)",
                name, name);
    struct call *call = &policy->calls[policy->n_calls++];
    *call = (struct call){
        .answer = answer, .at = at, .number = (int)given, .why = why};
    strcpy(call->name, name);
}

struct calls_state {
    struct policy *policy;
    uint32_t answer;
    const char *why;
    bool in_group;
};

static void read_calls_line(struct place at, char *line, void *state)
{
    struct calls_state *now = state;

    if (line[0] != ' ') {
        now->answer = head_of_group(at, line, &now->why);
        now->in_group = true;
        return;
    }
    if (!now->in_group)
        stop_at(at, "a call before the first group");
    for (char *name = strtok(line, " "); name != NULL;
         name = strtok(NULL, " "))
        add_call(now->policy, at, now->answer, now->why, name);
}

void read_calls(struct policy *policy, const char *path)
{
    struct calls_state state = {.policy = policy};

    policy->unknown = policy->foreign = ANSWER(ENOSYS);
    read_lines(path, read_calls_line, &state);
}

/* ---- arguments.txt ---- */

/* A line that is further in goes on with the values of the one before. */
enum { INDENT = 4 };

static void add_rule(struct policy *policy, struct place at, char *line)
{
    struct rule rule = {.at = at};

    rule.answer = head_of_group(at, line, &rule.why);
    const char *name = strtok(NULL, ":");
    const struct call *call = find_call(policy, name);

    if (policy->n_rules == MAX_RULES)
        stop_at(at, "no room for a rule");
    if (call == NULL)
        stop_at(at, "%s is not in the text of calls", name);
    if (call->answer != ALLOWED)
        stop_at(at, "%s is refused already, in line %d of the text of calls",
                name, call->at.line);
    strcpy(rule.call, name);
    policy->rules[policy->n_rules++] = rule;
}

/* Of the flags of HAS one value is made. NULL is a pointer's, 64 bits of 0.
 */
static void add_value(struct condition *condition, struct place at,
                      char *word)
{
    if (condition->how == IS_NOT && strcmp(word, "NULL") == 0) {
        condition->how = NOT_NULL;
        condition->values[condition->n_values++] = 0;
        return;
    }
    uint64_t value = value_of(at, word);
    if (condition->n_values == MAX_VALUES || condition->how == NOT_NULL)
        stop_at(at, "too many values");
    if ((value & condition->mask) != value)
        stop_at(at, "a value that the mask cuts, or of 64 bits");
    if (condition->how == HAS && (value & (value - 1)) != 0)
        stop_at(at, "more than one bit in a flag");
    if (condition->how == HAS && condition->n_values == 1)
        condition->values[0] |= (uint32_t)value;
    else
        condition->values[condition->n_values++] = (uint32_t)value;
}

/* WORD and all words after it on this line. */
static void add_values(struct condition *condition, struct place at,
                       char *word)
{
    for (; word != NULL; word = strtok(NULL, " "))
        if (condition->how == IS && condition->n_values == 0 &&
            strcmp(word, "not") == 0)
            condition->how = IS_NOT;
        else
            add_value(condition, at, word);
}

/* "arg N [& MASK] is|is not|has VALUE..." */
static void add_condition(struct rule *rule, struct place at, char *line)
{
    struct condition *condition = &rule->conditions[rule->n_conditions++];
    char *word = strtok(line, " "), *number = strtok(NULL, " ");

    if (rule->n_conditions > MAX_CONDITIONS)
        stop_at(at, "more than %d conditions", MAX_CONDITIONS);
    if (strcmp(word, "arg") != 0 || number == NULL || number[0] < '0' ||
        number[0] >= '0' + N_ARGS || number[1] != '\0')
        stop_at(at, "not \"arg 0\" to \"arg %d\"", N_ARGS - 1);
    *condition = (struct condition){.arg = (unsigned)(number[0] - '0'),
                                    .mask = UINT32_MAX};
    word = strtok(NULL, " ");
    if (word != NULL && strcmp(word, "&") == 0) {
        word = strtok(NULL, " ");
        condition->mask =
            (uint32_t)value_of(at, word == NULL ? (char[]){"?"} : word);
        word = strtok(NULL, " ");
    }
    if (word == NULL || (strcmp(word, "is") != 0 && strcmp(word, "has") != 0))
        stop_at(at, "neither \"is\" nor \"is not\" nor \"has\"");
    condition->how = word[0] == 'i' ? IS : HAS;
    add_values(condition, at, strtok(NULL, " "));
    if (condition->n_values == 0)
        stop_at(at, "without a value");
}

/* A rule says that it does not hold on i386 if, and only if, that is so. */
static void finish_rule(const struct policy *policy)
{
    if (policy->n_rules == 0)
        return;
    const struct rule *rule = &policy->rules[policy->n_rules - 1];
    bool hidden = hidden_on_i386(policy, rule->call);
    if (rule->n_conditions == 0)
        stop_at(rule->at, "a rule without a condition");
    if (hidden && !rule->not_on_i386)
        stop_at(rule->at,
                "no filter can keep this on i386, where %s hides its "
                "arguments in memory. Say so: \"not on i386\"",
                rule->call);
    if (rule->not_on_i386 && !hidden)
        stop_at(rule->at, "\"not on i386\", though it could be kept there");
}

static void read_arguments_line(struct place at, char *line, void *state)
{
    struct policy *policy = state;

    if (line[0] != ' ') {
        finish_rule(policy);
        add_rule(policy, at, line);
        return;
    }
    if (policy->n_rules == 0)
        stop_at(at, "a condition before the first rule");
    struct rule *rule = &policy->rules[policy->n_rules - 1];
    if (strcmp(line + strspn(line, " "), "not on i386") == 0)
        rule->not_on_i386 = true;
    else if (strspn(line, " ") > INDENT && rule->n_conditions > 0)
        add_values(&rule->conditions[rule->n_conditions - 1], at,
                   strtok(line, " "));
    else
        add_condition(rule, at, line);
}

void read_arguments(struct policy *policy, const char *path)
{
    read_lines(path, read_arguments_line, policy);
    finish_rule(policy);
}
