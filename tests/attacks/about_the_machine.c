/* SPDX-License-Identifier: MIT
 *
 * What no namespace and no filter hides: the machine itself.
 *
 * One kernel serves the host and all its containers. It tells its version to
 * everyone, or programs would not know what they may ask of it; and the time
 * since its start, its load, memory and processors, or they could not plan.
 * The processor answers cpuid without asking the kernel. It helps an attacker
 * to choose an exploit, and two sandboxes to find that they are neighbours.
 * LEAKS: only another kernel stops it: a virtual machine, or gVisor, which is
 * a kernel in user space. (LXCFS hides some of it, from /proc only.)
 * "disk FILE" asks about the file system of FILE: that of a file which the
 * host shares tells how full the host's disk is; / is the sandbox's own from
 * step 3 on. See uname(2), sysinfo(2), sched_getaffinity(2), statfs(2).
 */
#include <linux/magic.h>
#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "attack.h"

/* What a time namespace takes from the clocks, as everybody in it may read:
 * "boottime", seconds, nanoseconds. See time_namespaces(7). */
static long offset_of_clocks(void)
{
    char line[128];
    long seconds = 0;
    FILE *file = fopen("/proc/self/timens_offsets", "r");

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "boottime %ld", &seconds) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return seconds;
}

static void tell_processor(void)
{
#if defined(__x86_64__) || defined(__i386__)
    unsigned words[12];
    char model[sizeof(words) + 1] = "";

    for (unsigned i = 0; i < 3; i++)
        if (!__get_cpuid(0x80000002 + i, &words[4 * i], &words[4 * i + 1],
                         &words[4 * i + 2], &words[4 * i + 3]))
            does_not_apply("this processor does not tell its model");
    memcpy(model, words, sizeof(words));
    learned("the processor is a %s", model);
#else
    does_not_apply("only x86 has cpuid");
#endif
}

static void tell_disk(const char *path)
{
    struct statfs fs;

    if (statfs(path, &fs) < 0)
        stopped("statfs");
    if (fs.f_type == OVERLAYFS_SUPER_MAGIC || fs.f_type == TMPFS_MAGIC)
        found_nothing("a file system of the sandbox, in memory");
    learned("the host's disk has %llu MB, %llu MB are free",
            (unsigned long long)fs.f_blocks * (unsigned)fs.f_bsize >> 20,
            (unsigned long long)fs.f_bfree * (unsigned)fs.f_bsize >> 20);
}

int main(int argc, char **argv)
{
    const char *what = argc >= 2 ? argv[1] : "";
    struct utsname name;
    struct sysinfo info;
    cpu_set_t processors;

    if (uname(&name) < 0 || sysinfo(&info) < 0 ||
        sched_getaffinity(0, sizeof(processors), &processors) < 0)
        stopped("uname, sysinfo or sched_getaffinity");
    if (strcmp(what, "kernel") == 0)
        learned("the kernel is %s %s", name.release, name.version);
    if (strcmp(what, "memory") == 0)
        learned("the host has %llu MB of memory",
                (unsigned long long)info.totalram * info.mem_unit >> 20);
    if (strcmp(what, "uptime") == 0)
        learned("the host was started %ld seconds ago",
                (long)info.uptime - offset_of_clocks());
    if (strcmp(what, "load") == 0)
        learned("the host's load is %.2f", (double)info.loads[0] / 65536);
    if (strcmp(what, "cpus") == 0)
        learned("%d processors of the host to run on",
                CPU_COUNT(&processors));
    if (strcmp(what, "model") == 0)
        tell_processor();
    if (strcmp(what, "disk") == 0 && argc == 3)
        tell_disk(argv[2]);
    does_not_apply("usage: about_the_machine WHAT [FILE]");
}
