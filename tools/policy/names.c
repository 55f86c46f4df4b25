/* SPDX-License-Identifier: MIT
 *
 * The names in the policy's texts: of values, of answers, of architectures.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "policy.h"

#ifndef IPPROTO_MPTCP /* of a C library older than the call */
#define IPPROTO_MPTCP 262
#endif
#define NAMED(name)                                                          \
    {                                                                        \
#name, name                                                          \
    }
#define UPPER_HALF                                                           \
    (UINT64_C(1) << 32)       /* a bit that the kernel does not read */
#define SOCK_TYPES 0xf        /* the rest of the type is flags */
#define WHICH      0xffffffff /* personality: tell it, change nothing */

/* Every name of a value that a text may use. */
static const struct {
    const char *name;
    uint64_t value;
} constants[] = {
    NAMED(TIOCSTI),
    NAMED(TIOCLINUX),
    NAMED(TIOCSETD),
    NAMED(TCGETS),
    NAMED(CLONE_NEWNS),
    NAMED(CLONE_NEWCGROUP),
    NAMED(CLONE_NEWUTS),
    NAMED(CLONE_NEWIPC),
    NAMED(CLONE_NEWUSER),
    NAMED(CLONE_NEWPID),
    NAMED(CLONE_NEWNET),
    NAMED(CLONE_VM),
    NAMED(CLONE_THREAD),
    NAMED(S_IFMT),
    NAMED(S_IFCHR),
    NAMED(S_IFBLK),
    NAMED(S_IFIFO),
    NAMED(S_IFREG),
    NAMED(AF_UNIX),
    NAMED(AF_INET),
    NAMED(AF_INET6),
    NAMED(AF_NETLINK),
    NAMED(AF_PACKET),
    NAMED(AF_VSOCK),
    NAMED(AF_ALG),
    NAMED(SOCK_STREAM),
    NAMED(SOCK_DGRAM),
    NAMED(SOCK_RAW),
    NAMED(NETLINK_ROUTE),
    NAMED(NETLINK_AUDIT),
    NAMED(PER_LINUX),
    NAMED(PER_LINUX32),
    NAMED(UNAME26),
    NAMED(ADDR_NO_RANDOMIZE),
    NAMED(UPPER_HALF),
    NAMED(WHICH),
    NAMED(NETLINK_KOBJECT_UEVENT),
    NAMED(NETLINK_SOCK_DIAG),
    NAMED(NETLINK_GENERIC),
    NAMED(NETLINK_XFRM),
    NAMED(NETLINK_NETFILTER),
    NAMED(NETLINK_CRYPTO),
    NAMED(SOCK_TYPES),
    NAMED(SOCK_CLOEXEC),
    NAMED(SOCK_NONBLOCK),
    NAMED(SOCK_SEQPACKET),
    NAMED(SOCK_DCCP),
    NAMED(SOCK_PACKET),
    NAMED(IPPROTO_IP),
    NAMED(IPPROTO_TCP),
    NAMED(IPPROTO_UDP),
    NAMED(IPPROTO_ICMP),
    NAMED(IPPROTO_ICMPV6),
    NAMED(IPPROTO_SCTP),
    NAMED(IPPROTO_UDPLITE),
    NAMED(IPPROTO_MPTCP),
    NAMED(SIOCGIFBR),
    NAMED(SIOCSIFBR),
    NAMED(SIOCBRADDBR),
    NAMED(SIOCBRDELBR),
    NAMED(SIOCGIFVLAN),
    NAMED(SIOCSIFVLAN),
    NAMED(SIOCGIFCONF),
    NAMED(RLIMIT_CORE),
    NAMED(RLIMIT_NOFILE),
};

/* Every answer. */
static const struct {
    const char *name;
    uint32_t answer;
} answers[] = {
    {"allow", ALLOWED},
    {"EPERM", ANSWER(EPERM)},
    {"ENOSYS", ANSWER(ENOSYS)},
    {"EAFNOSUPPORT", ANSWER(EAFNOSUPPORT)},
    {"EPROTONOSUPPORT", ANSWER(EPROTONOSUPPORT)},
    {"ESOCKTNOSUPPORT", ANSWER(ESOCKTNOSUPPORT)},
    {"success", ANSWER(0)},
};

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

uint32_t arch_named(const char *name)
{
    static const struct {
        const char *name;
        uint32_t arch;
    } names[] = {
        {"x86_64", SCMP_ARCH_X86_64}, {"amd64", SCMP_ARCH_X86_64},
        {"i386", SCMP_ARCH_X86},      {"i686", SCMP_ARCH_X86},
        {"x86", SCMP_ARCH_X86},       {"aarch64", SCMP_ARCH_AARCH64},
        {"arm64", SCMP_ARCH_AARCH64}, {"arm", SCMP_ARCH_ARM},
        {"armhf", SCMP_ARCH_ARM},     {"armv7l", SCMP_ARCH_ARM},
    };

    for (int i = 0; i < COUNT(names); i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].arch;
    return 0;
}

uint32_t archs_named(struct place at, const char *word)
{
    uint32_t arch = word == NULL ? 0 : arch_named(word);

    if (word == NULL || (arch == 0 && strcmp(word, "all") != 0 &&
                         strcmp(word, "64-bit") != 0))
        stop_at(at, "%s is no architecture", word == NULL ? "nothing" : word);
    return arch != 0 ? arch : word[0] == 'a' ? ALL_ARCHES : ALL_OF_64_BIT;
}

bool is_for(const struct verdict *verdict, uint32_t arch)
{
    return verdict->arch == ALL_ARCHES || verdict->arch == arch ||
           (verdict->arch == ALL_OF_64_BIT && (arch & __AUDIT_ARCH_64BIT));
}

uint32_t answer_named(struct place at, const char *word)
{
    for (int i = 0; i < COUNT(answers) && word != NULL; i++)
        if (strcmp(answers[i].name, word) == 0)
            return answers[i].answer;
    stop_at(at, "%s is no answer", word == NULL ? "nothing" : word);
}

const char *answer_name(uint32_t answer)
{
    for (int i = 0; i < COUNT(answers); i++)
        if (answers[i].answer == answer)
            return answers[i].name;
    return "?";
}

uint64_t value_of(struct place at, char *words)
{
    uint64_t value = 0;
    char *more = NULL;
    bool found = false;

    for (char *word = strtok_r(words, "|", &more); word != NULL;
         word = strtok_r(NULL, "|", &more)) {
        char *end;
        int i = 0;

        while (i < COUNT(constants) && strcmp(constants[i].name, word) != 0)
            i++;
        found = true;
        value |= i < COUNT(constants) ? constants[i].value
                                      : strtoull(word, &end, 0);
        if (i == COUNT(constants) && (end == word || *end != '\0'))
            stop_at(at, "%s: no such value in tools/policy/names.c", word);
    }
    if (!found)
        stop_at(at, "a value is missing");
    return value;
}
