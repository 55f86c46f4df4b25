/* SPDX-License-Identifier: MIT
 *
 * Runs when os_isolate is built: compile_policy POLICY DIRECTORY MACHINE
 * makes, by libseccomp, two filters for MACHINE (as `uname -m` or Debian name
 * it; not always the one that builds) in three forms: NAME.bpf for the kernel
 * (and for `bwrap --add-seccomp-fd`), NAME.pfc for people, filters.h for
 * filter.c.
 *
 * Why two? In one filter libseccomp drops, silently, a rule that refuses
 * certain arguments of a call for which there is also a plain "allow". The
 * kernel asks all filters and takes the strictest answer, so: `calls` decides
 * by the number alone and refuses by default, `arguments` allows by default.
 *
 * At the end the filters are run, in a small interpreter, against the policy
 * they came from. A build with a wrong filter fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define REFUSED                SCMP_ACT_ERRNO(EPERM)
#define UNKNOWN                SCMP_ACT_ERRNO(ENOSYS)
#define NO_SUCH_FAMILY         SCMP_ACT_ERRNO(EAFNOSUPPORT)
#define LOW_32_BITS            0xffffffffU
#define NETLINK_AUDIT_PROTOCOL 9

enum { MAX_ROWS = 1024, MAX_INSTRUCTIONS = 4096 };

static struct {
    char name[32];
    uint32_t action;
} rows[MAX_ROWS];
static int n_rows;

/* The one asked for first, then the one whose programs it runs as well. */
static uint32_t arches[2];
static int n_arches = 1;

struct filter {
    struct sock_filter code[MAX_INSTRUCTIONS];
    size_t length;
};

static _Noreturn void stop(const char *what, const char *which, int error)
{
    fprintf(stderr, "compile_policy: %s %s: %s\n", what, which,
            strerror(error));
    exit(1);
}

/* libseccomp answers -errno, and does not set errno. */
static void check(int rc, const char *what, const char *which)
{
    if (rc < 0)
        stop(what, which, -rc);
}

static void read_policy(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[256];
    uint32_t action = 0;

    if (file == NULL)
        stop("open", path, errno);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "allow ", 6) == 0)
            action = SCMP_ACT_ALLOW;
        else if (strncmp(line, "EPERM ", 6) == 0)
            action = REFUSED;
        else if (line[0] != ' ' && line[0] != '#' && line[0] != '\n')
            stop("neither allow nor EPERM:", line, EINVAL);
        if (line[0] != ' ')
            continue;
        for (char *name = strtok(line, " \n"); name != NULL;
             name = strtok(NULL, " \n")) {
            for (int i = 0; i < n_rows; i++)
                if (strcmp(rows[i].name, name) == 0)
                    stop("named twice:", name, EEXIST);
            if (n_rows == MAX_ROWS || strlen(name) >= sizeof(rows[0].name))
                stop("no room for", name, ENOSPC);
            rows[n_rows].action = action;
            strcpy(rows[n_rows++].name, name);
        }
    }
    fclose(file);
}

static void choose_arches(const char *machine)
{
    static const struct {
        const char *name;
        uint32_t arch;
    } names[] = {
        {"i386", SCMP_ARCH_X86},     {"i686", SCMP_ARCH_X86},
        {"amd64", SCMP_ARCH_X86_64}, {"arm64", SCMP_ARCH_AARCH64},
        {"armhf", SCMP_ARCH_ARM},    {"armv7l", SCMP_ARCH_ARM},
    };

    arches[0] = seccomp_arch_resolve_name(machine);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i].name, machine) == 0)
            arches[0] = names[i].arch;
    if (arches[0] == 0)
        stop("no filter for a", machine, ENOTSUP);
    if (arches[0] == SCMP_ARCH_X86_64)
        arches[n_arches++] = SCMP_ARCH_X86;
    else if (arches[0] == SCMP_ARCH_X86)
        arches[n_arches++] = SCMP_ARCH_X86_64;
    else if (arches[0] == SCMP_ARCH_AARCH64)
        arches[n_arches++] = SCMP_ARCH_ARM;
}

/* A filter for ARCH alone. Other architectures, x32 among them, get ENOSYS
 * for every call. */
static scmp_filter_ctx new_filter(uint32_t default_action, uint32_t arch)
{
    scmp_filter_ctx ctx = seccomp_init(default_action);

    if (ctx == NULL)
        stop("seccomp_init", "", ENOMEM);
    if (arch != seccomp_arch_native()) {
        check(seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE), "remove", "native");
        check(seccomp_arch_add(ctx, arch), "add", "architecture");
    }
    check(seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, UNKNOWN), "set",
          "bad architecture");
    check(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2), "set",
          "binary tree");
    return ctx;
}

static void add_calls(scmp_filter_ctx ctx)
{
    const char *intro = "  note: they answer ENOSYS, unknown to libseccomp:";

    for (int i = 0; i < n_rows; i++) {
        int number = seccomp_syscall_resolve_name(rows[i].name);

        if (number == __NR_SCMP_ERROR) {
            printf("%s %s", intro, rows[i].name);
            intro = "";
        } else {
            check(seccomp_rule_add(ctx, rows[i].action, number, 0), "rule",
                  rows[i].name);
        }
    }
    printf("%s", intro[0] == '\0' ? "\n" : "");
}

/* Refuse CALL when its 32-bit argument INDEX, under MASK, equals VALUE. The
 * kernel reads 32 bits, so whatever is in the upper 32 must not matter. */
static void refuse(scmp_filter_ctx ctx, uint32_t answer, const char *call,
                   unsigned index, uint32_t mask, uint32_t value)
{
    struct scmp_arg_cmp compare = {
        .arg = index,
        .op = SCMP_CMP_MASKED_EQ,
        .datum_a = mask,
        .datum_b = value,
    };

    check(seccomp_rule_add(ctx, answer, seccomp_syscall_resolve_name(call), 1,
                           compare),
          "argument rule", call);
}

static void add_argument_rules(scmp_filter_ctx ctx, uint32_t arch)
{
    static const uint32_t namespaces[] = {
        CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
        CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};

    /* Typing into the terminal, as if the user had. */
    refuse(ctx, REFUSED, "ioctl", 1, LOW_32_BITS, TIOCSTI);
    refuse(ctx, REFUSED, "ioctl", 1, LOW_32_BITS, TIOCLINUX);
    /* Another line discipline: a module of the kernel, loaded on demand. */
    refuse(ctx, REFUSED, "ioctl", 1, LOW_32_BITS, TIOCSETD);

    /* A new user namespace comes with all capabilities in it. clone3 hides
     * its flags in memory: it is not in the policy, so it answers ENOSYS and
     * libc falls back to clone. */
    for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
        refuse(ctx, REFUSED, "clone", 0, namespaces[i], namespaces[i]);

    /* Device files. */
    refuse(ctx, REFUSED, "mknod", 1, S_IFMT, S_IFCHR);
    refuse(ctx, REFUSED, "mknod", 1, S_IFMT, S_IFBLK);
    refuse(ctx, REFUSED, "mknodat", 2, S_IFMT, S_IFCHR);
    refuse(ctx, REFUSED, "mknodat", 2, S_IFMT, S_IFBLK);

    /* personality: only 0, PER_LINUX32, UNAME26, both, and the question
     * 0xffffffff. That is: no other bit without the top one, and the top one
     * with nothing less than all. */
    for (uint32_t bit = 1; bit < 1U << 31; bit <<= 1) {
        if ((bit & 0x20008) == 0)
            refuse(ctx, REFUSED, "personality", 0, 1U << 31 | bit, bit);
        refuse(ctx, REFUSED, "personality", 0, 1U << 31 | bit, 1U << 31);
    }

    /* socket: a family is code of the kernel, loaded on demand. Not on i386:
     * there socketcall keeps the family in memory, and libseccomp would turn
     * each of these into a rule that refuses every socket. */
    if (arch == SCMP_ARCH_X86)
        return;
    for (uint32_t family = 0; family < AF_NETLINK; family++)
        if (family != AF_UNIX && family != AF_INET && family != AF_INET6)
            refuse(ctx, NO_SUCH_FAMILY, "socket", 0, LOW_32_BITS, family);
    check(seccomp_rule_add(ctx, NO_SUCH_FAMILY, SCMP_SYS(socket), 1,
                           SCMP_A0_64(SCMP_CMP_GT, AF_NETLINK, 0)),
          "rule", "families above netlink");
    /* Audit is the host's. PAM, in su for one, goes on without it only if
     * the kernel seems to have none. */
    check(seccomp_rule_add(
              ctx, NO_SUCH_FAMILY, SCMP_SYS(socket), 2,
              SCMP_A0_64(SCMP_CMP_MASKED_EQ, LOW_32_BITS, AF_NETLINK),
              SCMP_A2_64(SCMP_CMP_MASKED_EQ, LOW_32_BITS,
                         NETLINK_AUDIT_PROTOCOL)),
          "rule", "audit");
}

/* Write the filter as DIRECTORY/NAME.bpf and .pfc, and read it back. */
static void export(scmp_filter_ctx ctx, const char *directory,
                   const char *name, struct filter *filter)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s.pfc", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0)
        stop("open", path, errno);
    check(seccomp_export_pfc(ctx, fd), "write", path);
    close(fd);

    snprintf(path, sizeof(path), "%s/%s.bpf", directory, name);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (fd < 0)
        stop("open", path, errno);
    check(seccomp_export_bpf(ctx, fd), "write", path);
    ssize_t size = pread(fd, filter->code, sizeof(filter->code), 0);
    if (size <= 0 || size == sizeof(filter->code))
        stop("read back", path, EFBIG);
    filter->length = (size_t)size / sizeof(filter->code[0]);
    close(fd);
    seccomp_release(ctx);
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

/* What the kernel does with a filter: classic BPF, as far as libseccomp makes
 * use of it. See Documentation/networking/filter.rst. */
static uint32_t run(const struct filter *filter,
                    const struct seccomp_data *data)
{
    uint32_t a = 0;

    for (size_t pc = 0; pc < filter->length; pc++) {
        const struct sock_filter *i = &filter->code[pc];

        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            memcpy(&a, (const char *)data + i->k, sizeof(a));
            break;
        case BPF_ALU | BPF_AND | BPF_K:
            a &= i->k;
            break;
        case BPF_JMP | BPF_JA:
            pc += i->k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            pc += a == i->k ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JGT | BPF_K:
            pc += a > i->k ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            pc += a >= i->k ? i->jt : i->jf;
            break;
        case BPF_RET | BPF_K:
            return i->k;
        default:
            stop("unexpected instruction in", "filter", ENOTSUP);
        }
    }
    stop("no verdict from", "filter", ENOTSUP);
}

static void expect(const struct filter *filter, uint32_t arch, int number,
                   const uint64_t args[3], uint32_t answer, const char *what)
{
    struct seccomp_data data = {.nr = number, .arch = arch};

    for (int i = 0; i < 3 && args != NULL; i++)
        data.args[i] = args[i];
    uint32_t got = run(filter, &data);
    if (got != answer) {
        fprintf(stderr, "arch %#x call %d: %#x instead of %#x\n", arch,
                number, got, answer);
        stop("the filter is wrong about", what, EINVAL);
    }
}

static void verify_calls(const struct filter *calls)
{
    for (int a = 0; a < n_arches; a++) {
        for (int i = 0; i < n_rows; i++) {
            int number =
                seccomp_syscall_resolve_name_arch(arches[a], rows[i].name);
            if (number >= 0)
                expect(calls, arches[a], number, NULL, rows[i].action,
                       rows[i].name);
        }
        expect(calls, arches[a], 4000, NULL, UNKNOWN, "a new call");
        expect(calls, arches[a],
               seccomp_syscall_resolve_name_arch(arches[a], "clone3"), NULL,
               UNKNOWN, "clone3");
    }
    /* x32 calls are those of x86_64 with a high bit set. */
    if (arches[0] == SCMP_ARCH_X86_64)
        expect(calls, arches[0], 0x40000000, NULL, UNKNOWN, "x32");
    expect(calls, SCMP_ARCH_S390X, 1, NULL, UNKNOWN, "a foreign machine");
}

static void verify_arguments(const struct filter *arguments)
{
    static const uint64_t high = UINT64_C(1) << 32;
    const struct {
        const char *call;
        uint64_t args[3];
        uint32_t answer;
    } cases[] = {
        {"ioctl", {0, TIOCSTI}, REFUSED},
        {"ioctl", {0, TIOCSTI | high}, REFUSED},
        {"ioctl", {0, TIOCLINUX | high}, REFUSED},
        {"ioctl", {0, TIOCSETD}, REFUSED},
        {"ioctl", {0, TCGETS}, SCMP_ACT_ALLOW},
        {"clone", {CLONE_VM | CLONE_THREAD | 17}, SCMP_ACT_ALLOW},
        {"clone", {CLONE_NEWUSER | high}, REFUSED},
        {"clone", {CLONE_NEWPID | CLONE_VM}, REFUSED},
        {"mknod", {0, S_IFBLK | 0600}, REFUSED},
        {"mknodat", {0, 0, S_IFCHR | high}, REFUSED},
        {"mknodat", {0, 0, S_IFIFO | 0600}, SCMP_ACT_ALLOW},
        {"personality", {0x20008}, SCMP_ACT_ALLOW},
        {"personality", {0xffffffff}, SCMP_ACT_ALLOW},
        {"personality", {0x0040000}, REFUSED},
        {"personality", {0x80000000}, REFUSED},
        {"personality", {0xfffffffe | high}, REFUSED},
        {"socket", {AF_INET6}, SCMP_ACT_ALLOW},
        {"socket", {AF_PACKET}, NO_SUCH_FAMILY},
        {"socket", {AF_VSOCK | high}, NO_SUCH_FAMILY},
        {"socket", {AF_NETLINK, 3, 0}, SCMP_ACT_ALLOW},
        {"socket", {AF_NETLINK, 3, 9 | high}, NO_SUCH_FAMILY},
    };

    for (int a = 0; a < n_arches; a++)
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            int number =
                seccomp_syscall_resolve_name_arch(arches[a], cases[i].call);
            if (number >= 0 && !(arches[a] == SCMP_ARCH_X86 &&
                                 strcmp(cases[i].call, "socket") == 0))
                expect(arguments, arches[a], number, cases[i].args,
                       cases[i].answer, cases[i].call);
        }
}

int main(int argc, char **argv)
{
    static struct filter calls, arguments;
    char path[4096];

    if (argc != 4) {
        fprintf(stderr, "usage: compile_policy POLICY DIRECTORY MACHINE\n");
        return 1;
    }
    read_policy(argv[1]);
    choose_arches(argv[3]);

    scmp_filter_ctx ctx = new_filter(UNKNOWN, arches[0]);
    scmp_filter_ctx ctx2 = new_filter(SCMP_ACT_ALLOW, arches[0]);
    add_argument_rules(ctx2, arches[0]);
    for (int a = 1; a < n_arches; a++) {
        check(seccomp_arch_add(ctx, arches[a]), "add", "architecture");
        scmp_filter_ctx other = new_filter(SCMP_ACT_ALLOW, arches[a]);
        add_argument_rules(other, arches[a]);
        check(seccomp_merge(ctx2, other), "merge", "architectures");
    }
    add_calls(ctx);
    export(ctx, argv[2], "calls", &calls);
    export(ctx2, argv[2], "arguments", &arguments);
    verify_calls(&calls);
    verify_arguments(&arguments);

    snprintf(path, sizeof(path), "%s/filters.h", argv[2]);
    FILE *header = fopen(path, "w");
    if (header == NULL)
        stop("open", path, errno);
    fprintf(header, "/* Made by compile_policy from policy.txt. */\n");
    write_array(header, "calls", &calls);
    write_array(header, "arguments", &arguments);
    if (fclose(header) != 0)
        stop("write", path, errno);
    return 0;
}
