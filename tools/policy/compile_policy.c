/* SPDX-License-Identifier: MIT
 *
 * Runs when os_isolate is built:
 * compile_policy CALLS ARGUMENTS DIRECTORY MACHINE makes two filters for
 * MACHINE (as `uname -m` or Debian name it; not always the one that builds),
 * "native" for its own programs and "full" for its 32-bit ones as well, each
 * in three forms: NAME.bpf for the kernel (and for `bwrap --seccomp`),
 * NAME.pfc for people, filters.h for filter.c. For --explain-refusals,
 * telling.h has the same two once more, whose answers are numbers of reasons.
 * A build with a filter that is not what the texts say fails.
 */
#include <errno.h>
#include <string.h>

#include "policy.h"

static FILE *create(const char *directory, const char *name)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        stop_at((struct place){.file = path}, "%s", strerror(errno));
    return file;
}

static void finish(FILE *file, const char *name)
{
    if (fclose(file) != 0)
        stop_at((struct place){.file = name}, "%s", strerror(errno));
}

static void write_code(const char *directory, const char *name,
                       const struct filter *filter)
{
    FILE *file = create(directory, name);

    fwrite(filter->code, sizeof(filter->code[0]), filter->length, file);
    finish(file, name);
}

static void write_array(FILE *header, const char *name,
                        const struct filter *filter)
{
    fprintf(header, "static const struct sock_filter %s_filter[] = {\n",
            name);
    for (size_t i = 0; i < filter->length; i++)
        fprintf(header, "    {0x%02x, %u, %u, 0x%08x},\n",
                filter->code[i].code, filter->code[i].jt, filter->code[i].jf,
                filter->code[i].k);
    fprintf(header, "};\n");
}

static void make(const struct policy *policy, const uint32_t *arches,
                 int n_arches, const char *directory, const char *name,
                 FILE *header)
{
    static struct filter filter;
    char file[32];

    snprintf(file, sizeof(file), "%s.pfc", name);
    FILE *text = create(directory, file);
    compile_filter(policy, arches, n_arches, &filter, text);
    finish(text, file);
    check_filter(policy, arches, n_arches, &filter);
    snprintf(file, sizeof(file), "%s.bpf", name);
    write_code(directory, file, &filter);
    write_array(header, name, &filter);
}

static void make_telling(struct policy *policy, const uint32_t *arches,
                         int n_arches, FILE *header)
{
    static const char *const names[] = {"native_telling", "full_telling"};
    static struct filter filter;
    static struct reason reasons[MAX_REASONS];
    int n_reasons = number_answers(policy, reasons);

    for (int i = 0; i < 2; i++) {
        int n = i == 0 ? 1 : n_arches;
        FILE *text = create("/dev", "null"); /* that is native.pfc again */
        compile_filter(policy, arches, n, &filter, text);
        finish(text, names[i]);
        check_filter(policy, arches, n, &filter);
        write_array(header, names[i], &filter);
    }
    write_reasons(policy, arches, n_arches, reasons, n_reasons, header);
}

int main(int argc, char **argv)
{
    static struct policy policy;
    uint32_t arches[MAX_ARCHES];

    if (argc != 5) {
        fprintf(stderr, "usage: compile_policy CALLS ARGUMENTS DIRECTORY "
                        "MACHINE\n");
        return 1;
    }
    int n_arches = arches_of(argv[4], arches);
    read_calls(&policy, argv[1]);
    read_arguments(&policy, argv[2]);

    FILE *header = create(argv[3], "filters.h");
    fprintf(header, "/* Made by compile_policy from policy.txt and "
                    "arguments.txt. */\n");
    make(&policy, arches, 1, argv[3], "native", header);
    make(&policy, arches, n_arches, argv[3], "full", header);
    finish(header, "filters.h");
    header = create(argv[3], "telling.h");
    fprintf(header, "/* Made by compile_policy from policy.txt and "
                    "arguments.txt. */\n");
    make_telling(&policy, arches, n_arches, header);
    finish(header, "telling.h");
    return 0;
}
