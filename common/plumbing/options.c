/* SPDX-License-Identifier: MIT
 *
 * The command line. This is the one place in common/ that knows the steps: an
 * option that a step does not have yet is named with the step that has it.
 */
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

/* All there is to say of an option. If its help begins with "-X, " it has
 * that letter; else the value is one that no other row has. */
static const struct {
    struct option option;
    int first_step;
    const char *help;
} table[] = {
    {{"binary", required_argument, NULL, 'b'},
     1,
     "-b, --binary PATH    program to run in the sandbox (/bin/bash)"},
    {{"rootfs", required_argument, NULL, 'r'},
     3,
     "-r, --rootfs DIR     root filesystem ($OS_ISOLATE_ROOTFS, rootfs/\n"
     "                       beside the steps, " INSTALLED_ROOTFS ")"},
    {{"bind", required_argument, NULL, 'B'},
     3,
     "-B, --bind SRC:DST   show a host file or directory inside, read-only;\n"
     "                       repeatable"},
    {{"without", required_argument, NULL, 'W'},
     4,
     "    --without LAYER  for teaching, leave out: namespaces, masks, users,\n"
     "                       privileges, capabilities or filter; repeatable"},
    {{"explain", no_argument, NULL, 'e'},
     1,
     "-e, --explain        tell on stderr of each isolation step taken,\n"
     "                       and of its system calls"},
    {{"explain-refusals", no_argument, NULL, 'R'},
     4,
     "    --explain-refusals\n"
     "                       tell on stderr of each system call that the\n"
     "                       filter refuses, and which line says so"},
    {{"pause", no_argument, NULL, 'P'},
     1,
     "    --pause          as --explain, and wait after each step for SIGUSR1"},
    {{"help", no_argument, NULL, 'h'},
     1,
     "-h, --help           print this text and exit"},
    {{"version", no_argument, NULL, 'V'},
     1,
     "-V, --version        print the version and exit"},
};
enum { N_OPTIONS = sizeof(table) / sizeof(table[0]) };

_Noreturn void usage_error(const char *message, ...)
{
    char text[512];
    va_list args;

    va_start(args, message);
    vsnprintf(text, sizeof(text), message, args);
    va_end(args);
    tell("%s", text);
    dprintf(STDERR_FILENO, "  Try 'os_isolate --help'\n");
    _exit(EXIT_OWN_FAILURE);
}

static void print_help(int step)
{
    printf("Usage: os_isolate [-b BINARY] [OPTION...] [--] [ARG...]\n"
           "Run BINARY in a sandbox made of namespaces (step %d of 4).\n\n",
           step);
    for (int i = 0; i < N_OPTIONS; i++)
        if (table[i].first_step <= step)
            printf("  %s\n", table[i].help);
    printf("\nWithout -b, the first ARG is the program. Exit status: the "
           "program's own,\n128+N if signal N ended it, 127 not found, 126 "
           "cannot be run, 125 os_isolate\nitself failed.\n");
}

/* rootfs/ beside the step directories, found from this program's own path,
 * and not from wherever the user happens to stand. */
static const char *default_rootfs(void)
{
    static char path[PATH_MAX + sizeof("/../rootfs")];
    const char *from_environment = getenv("OS_ISOLATE_ROOTFS");

    if (from_environment != NULL && *from_environment != '\0')
        return from_environment;
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX);
    if (len > 0) {
        path[len] = '\0';
        strcpy(strrchr(path, '/'), "/../rootfs");
        if (access(path, F_OK) == 0 || access(INSTALLED_ROOTFS, F_OK) != 0)
            return path;
    }
    return INSTALLED_ROOTFS;
}

static int depth_of(const char *path)
{
    int depth = 0;

    for (; *path != '\0'; path++)
        depth += *path == '/';
    return depth;
}

/* What step 3 mounts later, over whatever was bound there. */
static bool is_own_mount(const char *target)
{
    target += strspn(target, "/");
    size_t len = strcspn(target, "/");
    return (len == 4 && strncmp(target, "proc", len) == 0) ||
           (len == 3 && strncmp(target, "dev", len) == 0);
}

/* SRC:DST, where DST is absolute; SRC may itself hold a colon. */
static void add_bind(struct sandbox *box, char *text)
{
    char *colon = NULL;

    for (char *at = strstr(text, ":/"); at != NULL; at = strstr(at + 1, ":/"))
        colon = at;
    if (colon == NULL || colon == text)
        usage_error("--bind %s: not of the form SRC:/DST", text);
    if (box->n_binds == MAX_BINDS)
        usage_error("--bind %s: too many of them", text);
    if (is_own_mount(colon + 1))
        usage_error("--bind %s: /proc and /dev are the sandbox's own", text);
    *colon = '\0';
    if (depth_of(colon + 1) > MAX_BIND_DEPTH)
        usage_error("--bind %s: its target is too deep", text);
    box->binds[box->n_binds++] =
        (struct bind){.source = text, .target = colon + 1, .fd = -1};
}

static void act_on(struct sandbox *box, int letter, int step)
{
    switch (letter) {
    case 'b':
        box->program = optarg;
        break;
    case 'r':
        box->rootfs = optarg;
        break;
    case 'B':
        add_bind(box, optarg);
        break;
    case 'W':
        if (box->n_without == MAX_WITHOUT)
            usage_error("--without %s: too many of them", optarg);
        box->without[box->n_without++] = optarg;
        break;
    case 'R':
        box->tells_refusals = true;
        break;
    case 'P':
        box->pauses = true;
        /* fall through */
    case 'e':
        box->explain = true;
        break;
    case 'h':
        print_help(step);
        exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_OWN_FAILURE);
    case 'V':
        printf("os_isolate " VERSION " (step %d)\n", step);
        exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_OWN_FAILURE);
    default:
        usage_error("-%c: act_on() in options.c has no case for it", letter);
    }
}

/* Die if LETTER, getopt_long's answer, is no option of this STEP. */
static void check_option(int letter, int step, const char *argument)
{
    if (letter == ':')
        usage_error("%s: its argument is missing", argument);
    if (letter == '?' && optopt != 0)
        usage_error("-%c: no such option, or it takes no argument", optopt);
    if (letter == '?')
        usage_error("%s: no such option", argument);
    for (int i = 0; i < N_OPTIONS; i++)
        if (letter == table[i].option.val && table[i].first_step > step)
            usage_error("--%s: step %d does not have it, step %d does",
                        table[i].option.name, step, table[i].first_step);
}

void parse_options(struct sandbox *box, int argc, char **argv, int step)
{
    struct option options[N_OPTIONS + 1] = {0};
    /* "+": stop at the first argument that is no option, it and all that
     * follow are the payload's. */
    char letters[2 * N_OPTIONS + sizeof("+:")] = "+:", *end = letters + 2;
    int letter;

    must(open_standard_streams(), "open the standard streams");
    *box = (struct sandbox){.users = -1, .pty = {-1, -1}};
    for (int i = 0; i < N_OPTIONS; i++) {
        options[i] = table[i].option;
        if (table[i].help[0] != '-')
            continue;
        *end++ = (char)table[i].option.val;
        if (table[i].option.has_arg == required_argument)
            *end++ = ':';
    }

    opterr = 0;
    while ((letter = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        /* The one without its argument is the last; then musl's optind is
         * past the end. */
        check_option(letter, step,
                     letter == ':' ? argv[argc - 1] : argv[optind - 1]);
        act_on(box, letter, step);
    }

    /* argv[optind - 1] is an option or "--" by now: room for argv[0]. */
    if (box->program != NULL)
        optind--;
    else if (optind == argc)
        box->program = argv[--optind] = "/bin/bash";
    box->argv = argv + optind;
    if (box->program == NULL)
        box->program = box->argv[0];
    box->argv[0] = (char *)box->program;
    if (*box->program == '\0')
        usage_error("the name of the program is empty");
    if (step >= 3 && box->rootfs == NULL)
        box->rootfs = default_rootfs();
    explain_goals(box->explain);
}
