/* SPDX-License-Identifier: MIT
 *
 * How step 4's policy becomes a filter, when os_isolate is built; nothing
 * of this is in os_isolate itself. In the order of use:
 *
 *   read.c       read_calls(), read_arguments(): two texts into a struct
 *   compile.c    compile_filter(): the struct into a filter
 *   simulate.c   check_filter(): the filter against the struct
 *   reasons.c    number_answers(), for --explain-refusals: a filter that
 *                tells which line refuses
 *
 * names.c knows values, answers and architectures by their names, calls.c the
 * calls. verdicts.c reads what the tests of the filter expect.
 * Whatever is wrong with a text stops the program, by stop_at(), with the
 * text's name and line.
 */
#ifndef POLICY_H
#define POLICY_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    MAX_CALLS = 1024,
    MAX_RULES = 128,
    MAX_CONDITIONS = 3, /* in a rule */
    MAX_VALUES = 32,    /* in a condition */
    MAX_NAME = 32,
    MAX_VERDICTS = 512,
    MAX_REASONS = 256,
    MAX_ARCHES = 2, /* in a filter: a machine's own, and its 32-bit one */
    N_ARGS = 6,     /* of a call */
};

#define ALLOWED   SECCOMP_RET_ALLOW
#define ANSWER(e) (SECCOMP_RET_ERRNO | (uint32_t)(e))

/* In a verdict, where there is one architecture otherwise. */
#define ALL_ARCHES    0U
#define ALL_OF_64_BIT 1U

/* A line of a text. */
struct place {
    const char *file;
    int line;
};

/* A call and its answer: a row of policy.txt. */
struct call {
    char name[MAX_NAME];
    int number; /* where the text tells it: of a call that is new; else -1 */
    uint32_t answer;
    struct place at;
    const char *why; /* its group's name and reason */
};

enum comparison { IS, IS_NOT, HAS, NOT_NULL };

/* The low 32 bits of argument ARG, under MASK, are one of VALUES (IS), are
 * none of them (IS_NOT), or have a bit of the only one (HAS); or any of all
 * 64 bits is set (NOT_NULL). */
struct condition {
    unsigned arg;
    uint32_t mask;
    enum comparison how;
    uint32_t values[MAX_VALUES];
    int n_values;
};

/* "If all conditions hold, CALL answers ANSWER": a rule of arguments.txt. */
struct rule {
    char call[MAX_NAME];
    uint32_t answer;
    bool not_on_i386;
    struct condition conditions[MAX_CONDITIONS];
    int n_conditions;
    struct place at;
    const char *why;
};

struct policy {
    struct call calls[MAX_CALLS];
    int n_calls;
    struct rule rules[MAX_RULES];
    int n_rules;
    uint32_t unknown, foreign; /* to other calls; on other architectures */
};

/* What a call with these arguments must answer: a row of verdicts.txt. */
struct verdict {
    char call[MAX_NAME]; /* a name, or a number */
    uint32_t arch;       /* or ALL_ARCHES, ALL_OF_64_BIT */
    uint64_t args[N_ARGS];
    uint32_t answer;
    struct place at;
};

struct filter {
    struct sock_filter code[BPF_MAXINSNS];
    size_t length;
};

/* ---- names.c ---- */

/* The answer ("allow", "EPERM") of this name. Stops where it is none. */
uint32_t answer_named(struct place at, const char *word);
const char *answer_name(uint32_t answer);

/* The value of a name, a number, or several of both joined by "|". Writes
 * into WORDS. Stops where one is none. */
uint64_t value_of(struct place at, char *words);

/* The architecture of this name, as `uname -m` or Debian has it; or 0. */
uint32_t arch_named(const char *name);

/* The same for a verdict, which may also say "all" and "64-bit". Stops. */
uint32_t archs_named(struct place at, const char *word);

/* Does a verdict count for ARCH, if that has the call? */
bool is_for(const struct verdict *verdict, uint32_t arch);

/* ---- calls.c ---- */

/* The row of policy.txt that has this name, or NULL. */
const struct call *find_call(const struct policy *policy, const char *name);

/* Has any of the architectures that we compile for a call of this name? */
bool call_exists(const char *name);

/* May this be its number? Since 2019 a new call has one for all of them. */
bool has_number(const char *name, int number);

/* Is it, on i386, also to be had from socketcall(2) or ipc(2), as far as the
 * policy allows those? They keep arguments in memory, where no filter looks.
 */
bool hidden_on_i386(const struct policy *policy, const char *name);

/* The number of the call at place I of all that an architecture may have:
 * below 1024; and 32-bit Arm's own, set_tls and the like. */
enum { N_COMMON = 1024, N_ARM = 16, MAX_NUMBERS = N_COMMON + N_ARM };
enum { FIRST_OF_ARM = 0xf0000 };
uint32_t number_at(uint32_t i);

/* The row of policy.txt that is about this number of ARCH, or NULL. */
const struct call *call_of(const struct policy *policy, uint32_t arch,
                           uint32_t number);

/* The number that ARCH has for a call, given by name or as a number; -1 if it
 * has none. Of two, as of socket() on i386, the call's own. */
int number_of(const struct policy *policy, uint32_t arch, const char *name);

/* The name of the call at this number; NULL if there is none, or libseccomp
 * is older. The caller frees it. */
char *name_of(uint32_t arch, uint32_t number);

/* ---- read.c ---- */

/* Print "file:line: text" and end with status 1; "file: text" if LINE is 0.
 */
_Noreturn void stop_at(struct place at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Hand each line of PATH that is not empty and no comment to ACT. */
void read_lines(const char *path,
                void (*act)(struct place, char *line, void *state),
                void *state);

/* Read policy.txt. A name that no architecture has needs its number. */
void read_calls(struct policy *policy, const char *path);

/* Read arguments.txt. After read_calls(), which says what calls there are. */
void read_arguments(struct policy *policy, const char *path);

/* ---- verdicts.c ---- */

/* Read verdicts.txt, at most MAX_VERDICTS rows; returns how many. Calls are
 * looked up as in read_arguments(). */
int read_verdicts(const struct policy *policy, struct verdict *verdicts,
                  const char *path);

/* ---- compile.c ---- */

/* The architectures of which a MACHINE runs programs, its own first; returns
 * how many. Stops if we have no filter for it. */
int arches_of(const char *machine, uint32_t arches[MAX_ARCHES]);

/* Does this rule count for a call of this name, on ARCH? */
bool rule_counts(const struct rule *rule, const char *call, uint32_t arch);

/* Make the filter for these architectures, and write it in words to TEXT. */
void compile_filter(const struct policy *policy, const uint32_t *arches,
                    int n_arches, struct filter *filter, FILE *text);

/* ---- simulate.c ---- */

/* What the kernel answers to a call when the filter is loaded. */
uint32_t run_filter(const struct filter *filter,
                    const struct seccomp_data *data);

/* What the two texts answer to it. */
uint32_t answer_of(const struct policy *policy,
                   const struct seccomp_data *data);

/* Run the filter on every number, and around every value of the policy; stop
 * where its answer is not the policy's. Returns how many were tried. */
long check_filter(const struct policy *policy, const uint32_t *arches,
                  int n_arches, const struct filter *filter);

/* ---- reasons.c ---- */

/* Which line of a text refuses, and what it answers. */
struct reason {
    struct place at;
    uint32_t answer;
    const char *why;
};

#define TOLD(n) (SECCOMP_RET_USER_NOTIF | (uint32_t)(n))

/* In place of each answer but "allow", "a supervisor decides", with the
 * number of the reason in the 16 bits that the kernel does not look at. So
 * one and the same filter makes the kernel ask, and tells the supervisor,
 * who runs it again, what to answer. Returns how many REASONS there are, of
 * MAX_REASONS at most. */
int number_answers(struct policy *policy, struct reason *reasons);

/* Write the REASONS to HEADER, and the names of the calls that may be refused
 * on these architectures, with the kinds of their arguments. */
void write_reasons(const struct policy *policy, const uint32_t *arches,
                   int n_arches, const struct reason *reasons, int n_reasons,
                   FILE *header);

#endif
