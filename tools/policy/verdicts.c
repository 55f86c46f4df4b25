/* SPDX-License-Identifier: MIT
 *
 * Read tests/verdicts.txt, whose head tells its form: what calls with certain
 * arguments must answer.
 */
#include <string.h>

#include "policy.h"

struct verdicts_state {
    const struct policy *policy;
    struct verdict *verdicts;
    int n;
};

/* "CALL ARCHITECTURE ARGUMENT... -> ANSWER" */
static void read_verdicts_line(struct place at, char *line, void *state)
{
    struct verdicts_state *now = state;
    struct verdict *verdict = &now->verdicts[now->n++];
    const char *call = strtok(line, " "), *arch = strtok(NULL, " ");
    char *word = strtok(NULL, " ");

    if (now->n > MAX_VERDICTS || strlen(call) >= MAX_NAME)
        stop_at(at, "no room for a verdict");
    if ((call[0] < '0' || call[0] > '9') && !call_exists(call) &&
        find_call(now->policy, call) == NULL)
        stop_at(at, "%s: no architecture has this call", call);
    *verdict = (struct verdict){.arch = archs_named(at, arch), .at = at};
    strcpy(verdict->call, call);
    for (int i = 0; word != NULL && strcmp(word, "->") != 0; i++) {
        if (i == N_ARGS)
            stop_at(at, "more than %d arguments", N_ARGS);
        verdict->args[i] = value_of(at, word);
        word = strtok(NULL, " ");
    }
    verdict->answer = answer_named(at, strtok(NULL, " "));
}

int read_verdicts(const struct policy *policy, struct verdict *verdicts,
                  const char *path)
{
    struct verdicts_state state = {.policy = policy, .verdicts = verdicts};

    read_lines(path, read_verdicts_line, &state);
    return state.n;
}
