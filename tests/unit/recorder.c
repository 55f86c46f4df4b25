/* SPDX-License-Identifier: MIT
 *
 * The recording of a test: what fails, what was called, what is expected.
 */
#include "cmocka_prelude.h"

#include "recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

static const char expected_calls[] = "tests/unit/calls.txt";

static int calls, fail_at, fail_error;
static long before_failure;

/* What was printed, and so is not in told_calls() any more. */
static char printed[200000];

char recorder_said[80000];

void record_anew(int number, int error)
{
    calls = 0;
    fail_at = number;
    fail_error = error;
    before_failure = -1;
    printed[0] = '\0';
    explain_goals(true);
}

const char *recorded(void)
{
    static char all[sizeof(printed) + 80000];

    snprintf(all, sizeof(all), "%s%s", printed, told_calls());
    return all;
}

int recorded_calls(void)
{
    return calls;
}

long recorded_before_failure(void)
{
    return before_failure;
}

long answer(long result)
{
    if (++calls != fail_at)
        return result;
    before_failure = (long)strlen(recorded());
    errno = fail_error;
    return -1;
}

void hear(const char *data, size_t size)
{
    size_t used = strlen(printed);

    snprintf(recorder_said, sizeof(recorder_said), "%.*s", (int)size, data);
    snprintf(printed + used, sizeof(printed) - used, "%.*s", (int)size, data);
}

/* Is LINE, up to its newline, as PATTERN says, in which "?" is a number? */
static bool matches(const char *pattern, const char *line)
{
    while (*pattern != '\n' && *pattern != '\0') {
        if (*pattern == '?') {
            pattern++;
            line += strncmp(line, "0x", 2) == 0 ? 2 : 0;
            line += strspn(line, "0123456789abcdef");
        } else if (*pattern++ != *line++)
            return false;
    }
    return *line == '\n' || *line == '\0';
}

void assert_recorded(const char *name)
{
    FILE *file = fopen(expected_calls, "re");
    char *line = NULL;
    size_t size = 0, len = strlen(name);
    bool known = false, here = false;
    const char *made = recorded();

    assert_non_null(file);
    while (getline(&line, &size, file) > 0) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        if (line[0] == '[') {
            here = strncmp(line + 1, name, len) == 0 &&
                   strcmp(line + 1 + len, "]\n") == 0;
            known |= here;
        } else if (here) {
            if (!matches(line, made))
                fail_msg("%s, [%s], expects\n%sand there was\n%.*s",
                         expected_calls, name, line, (int)strcspn(made, "\n"),
                         made);
            made += strcspn(made, "\n");
            made += *made == '\n';
        }
    }
    free(line);
    fclose(file);
    if (!known) { /* fail_msg() has no room for them */
        printf("[%s]\n%s\n", name, recorded());
        fflush(stdout);
        fail_msg("%s has no [%s]. If the calls above are right, add them.",
                 expected_calls, name);
    }
    if (*made != '\0')
        fail_msg("%s, [%s], does not expect\n%s", expected_calls, name, made);
}
