/* SPDX-License-Identifier: MIT
 *
 * A payload that tells how isolated it is, in lines that are the same in
 * every run. Its arguments are the host's namespaces, as readlink(2) names
 * them.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The lines of FILE that begin with one of WORDS; or all, from the fourth
 * field on, without the numbers of mounts and devices. */
static void print_file(const char *path, const char *const *words)
{
    char line[4096];
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        printf("no %s\n", path);
        return;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (words == NULL) {
            char root[1024], rest[3072];

            if (sscanf(line, "%*s %*s %*s %1023s %3071[^\n]", root, rest) ==
                2)
                printf("mount %s %s\n", root, rest);
        }
        for (int i = 0; words != NULL && words[i] != NULL; i++)
            if (strncmp(line, words[i], strlen(words[i])) == 0)
                fputs(line, stdout);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    static const char *const status[] = {"Uid",  "Gid",        "Groups",
                                         "Cap",  "NoNewPrivs", "Seccomp",
                                         "SigB", "SigI",       NULL};
    static const char *const all[] = {"", NULL};
    struct rlimit processes;
    char text[256];

    printf("payload runs\npid %d\n", (int)getpid());
    for (int i = 1; i < argc; i++) {
        snprintf(text, sizeof(text), "/proc/self/ns/%.*s",
                 (int)strcspn(argv[i], ":"), argv[i]);
        char link[256] = "";
        if (readlink(text, link, sizeof(link) - 1) < 0)
            strcpy(link, "unreadable");
        printf("%s %s\n", text,
               strcmp(link, argv[i]) == 0 ? "is the host's" : "is its own");
    }
    print_file("/proc/self/status", status);
    print_file("/proc/self/uid_map", all);
    if (getrlimit(RLIMIT_NPROC, &processes) == 0)
        printf("processes %lu\n", (unsigned long)processes.rlim_max);
    print_file("/proc/self/mountinfo", NULL);
    for (int fd = 0; fd < 256; fd++) {
        struct stat st;
        if (fstat(fd, &st) == 0 && fd < 64)
            printf("descriptor %d\n", fd);
    }
    if (gethostname(text, sizeof(text)) == 0)
        printf("host %s\n", text);
    if (getcwd(text, sizeof(text)) != NULL)
        printf("in %s\n", text);
    printf("mask %o\n", (unsigned)umask(0));
    for (char **at = environ; *at != NULL; at++)
        printf("env %s\n", *at);
    return 7;
}
