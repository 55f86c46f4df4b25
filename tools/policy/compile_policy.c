/* SPDX-License-Identifier: MIT
 *
 * Runs when os_isolate is built: compile_policy POLICY DIRECTORY MACHINE
 * makes two filters for MACHINE (as `uname -m` or Debian name it; not always
 * the one that builds) in three forms: NAME.bpf for the kernel (and
 * for `bwrap --add-seccomp-fd`), NAME.pfc for people, filters.h for filter.c.
 *
 * `calls` decides by the number alone, and refuses by default. It is made by
 * hand: a binary search over ranges of numbers that have the same answer, and
 * a quarter of what libseccomp makes of the same table. The kernel compiles
 * it at every start; then it remembers which calls are allowed whatever their
 * arguments, and walks it for the others.
 *
 * `arguments` allows by default. It is made by libseccomp, which knows how to
 * compare 64 bits by 32, and where i386 hides its arguments. Not as one
 * filter with the other: there libseccomp drops, silently, a rule that
 * refuses certain arguments of a call for which there is also a plain
 * "allow". The kernel asks both filters, and takes the strictest answer.
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
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define REFUSED                 SCMP_ACT_ERRNO(EPERM)
#define UNKNOWN                 SCMP_ACT_ERRNO(ENOSYS)
#define NO_SUCH_FAMILY          SCMP_ACT_ERRNO(EAFNOSUPPORT)
#define LOW_32_BITS             0xffffffffU
#define NETLINK_AUDIT_PROTOCOL  9
#define NETLINK_UEVENT_PROTOCOL 15
#define BY_VALUE                0 /* of the first argument: personality */

enum { MAX_ROWS = 1024, MAX_INSTRUCTIONS = 4096 };

/* Numbers below 1024; and 32-bit Arm's own, set_tls and the like. */
enum { N_COMMON = 1024, ARM_FIRST = 0xf0000, N_ARM = 16 };
enum { MAX_NUMBERS = N_COMMON + N_ARM };

static uint32_t number_at(uint32_t i)
{
    return i < N_COMMON ? i : ARM_FIRST + (i - N_COMMON);
}

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
static scmp_filter_ctx new_filter(uint32_t arch)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

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

/* What the policy says of each call of ARCH, by number: from the numbers to
 * the names, since on i386 libseccomp does not tell the numbers of socket and
 * its like, which have two. */
static void look_up(uint32_t arch, uint32_t answers[MAX_NUMBERS])
{
    for (uint32_t n = 0; n < MAX_NUMBERS; n++) {
        char *name =
            seccomp_syscall_resolve_num_arch(arch, (int)number_at(n));

        answers[n] = UNKNOWN;
        for (int i = 0; i < n_rows && name != NULL; i++)
            if (strcmp(name, rows[i].name) == 0)
                answers[n] = strcmp(name, "personality") == 0
                                 ? BY_VALUE
                                 : rows[i].action;
        free(name);
    }
}

static void note_unknown_names(void)
{
    const char *intro =
        "  note: newer than this libseccomp, so they answer ENOSYS:";

    for (int i = 0; i < n_rows; i++)
        if (seccomp_syscall_resolve_name(rows[i].name) == __NR_SCMP_ERROR) {
            printf("%s %s", intro, rows[i].name);
            intro = "";
        }
    printf("%s", intro[0] == '\0' ? "\n" : "");
}

static size_t emit(struct filter *filter, unsigned code, uint32_t k)
{
    if (filter->length == MAX_INSTRUCTIONS)
        stop("no room in", "filter", ENOSPC);
    filter->code[filter->length] =
        (struct sock_filter){.code = (unsigned short)code, .k = k};
    return filter->length++;
}

/* If the comparison AT holds, go on with what will be emitted next. */
static void jump_here(struct filter *filter, size_t at)
{
    size_t distance = filter->length - at - 1;

    if (distance > UINT8_MAX)
        stop("a jump too far in", "filter", ERANGE);
    filter->code[at].jt = (unsigned char)distance;
}

/* PER_LINUX, PER_LINUX32, both also with UNAME26, and the question: "which?".
 * The kernel reads 32 bits; so do we. (The lower ones come first on all of
 * our machines.) */
static const uint32_t personalities[] = {0, 8, 0x20000, 0x20008, 0xffffffff};
enum { N_PERSONALITIES = sizeof(personalities) / sizeof(personalities[0]) };

static void add_personalities(struct filter *filter)
{
    size_t equal[N_PERSONALITIES];

    emit(filter, BPF_LD | BPF_W | BPF_ABS,
         offsetof(struct seccomp_data, args[0]));
    for (int i = 0; i < N_PERSONALITIES; i++)
        equal[i] = emit(filter, BPF_JMP | BPF_JEQ | BPF_K, personalities[i]);
    emit(filter, BPF_RET | BPF_K, REFUSED);
    for (int i = 0; i < N_PERSONALITIES; i++)
        jump_here(filter, equal[i]);
    emit(filter, BPF_RET | BPF_K, SCMP_ACT_ALLOW);
}

/* Numbers from FIRST up to that of the next range have this answer. */
struct range {
    uint32_t first, answer;
};

static void search(struct filter *filter, const struct range *ranges, int n)
{
    if (n == 1 && ranges[0].answer == BY_VALUE) {
        add_personalities(filter);
        return;
    }
    if (n == 1) {
        emit(filter, BPF_RET | BPF_K, ranges[0].answer);
        return;
    }
    size_t upper =
        emit(filter, BPF_JMP | BPF_JGE | BPF_K, ranges[n / 2].first);
    search(filter, ranges, n / 2);
    jump_here(filter, upper);
    search(filter, ranges + n / 2, n - n / 2);
}

static void add_arch(struct filter *filter, uint32_t arch, FILE *text)
{
    struct range ranges[MAX_NUMBERS + 1];
    uint32_t answers[MAX_NUMBERS];
    int n = 0;

    look_up(arch, answers);
    for (uint32_t i = 0; i < MAX_NUMBERS; i++)
        if (i == 0 || answers[i] != answers[i - 1])
            ranges[n++] = (struct range){number_at(i), answers[i]};
    /* The last one has no end: x32's numbers, too, are unknown. */
    size_t ours = emit(filter, BPF_JMP | BPF_JEQ | BPF_K, arch);
    size_t past = emit(filter, BPF_JMP | BPF_JA, 0);
    jump_here(filter, ours);
    emit(filter, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    search(filter, ranges, n);
    filter->code[past].k = (uint32_t)(filter->length - past - 1);

    fprintf(text, "architecture %#x: from this call on\n", arch);
    for (int i = 0; i < n; i++) {
        uint32_t answer = ranges[i].answer;
        char *name =
            seccomp_syscall_resolve_num_arch(arch, (int)ranges[i].first);

        fprintf(text, "  %4u %-24s %s\n", ranges[i].first,
                name == NULL ? "" : name,
                answer == SCMP_ACT_ALLOW ? "allow"
                : answer == REFUSED      ? "EPERM"
                : answer == BY_VALUE     ? "by its argument"
                                         : "ENOSYS");
        free(name);
    }
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
    static const uint32_t hosts[] = {NETLINK_AUDIT_PROTOCOL,
                                     NETLINK_UEVENT_PROTOCOL};

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
     * the kernel seems to have none. So are the events of its devices, which
     * are told in each net namespace that the host's root has made. */
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        check(seccomp_rule_add(
                  ctx, NO_SUCH_FAMILY, SCMP_SYS(socket), 2,
                  SCMP_A0_64(SCMP_CMP_MASKED_EQ, LOW_32_BITS, AF_NETLINK),
                  SCMP_A2_64(SCMP_CMP_MASKED_EQ, LOW_32_BITS, hosts[i])),
              "rule", "a protocol of netlink");
}

static FILE *create(const char *directory, const char *name)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "w+");
    if (file == NULL)
        stop("open", path, errno);
    return file;
}

static void finish(FILE *file, const char *name)
{
    if (fclose(file) != 0)
        stop("write", name, errno);
}

static void make_calls(struct filter *filter, const char *directory)
{
    FILE *text = create(directory, "calls.pfc");

    emit(filter, BPF_LD | BPF_W | BPF_ABS,
         offsetof(struct seccomp_data, arch));
    for (int a = 0; a < n_arches; a++)
        add_arch(filter, arches[a], text);
    emit(filter, BPF_RET | BPF_K, UNKNOWN);
    finish(text, "calls.pfc");

    FILE *code = create(directory, "calls.bpf");
    fwrite(filter->code, sizeof(filter->code[0]), filter->length, code);
    finish(code, "calls.bpf");
}

static void make_arguments(struct filter *filter, const char *directory)
{
    scmp_filter_ctx ctx = new_filter(arches[0]);

    add_argument_rules(ctx, arches[0]);
    for (int a = 1; a < n_arches; a++) {
        scmp_filter_ctx other = new_filter(arches[a]);
        add_argument_rules(other, arches[a]);
        check(seccomp_merge(ctx, other), "merge", "architectures");
    }
    FILE *text = create(directory, "arguments.pfc");
    check(seccomp_export_pfc(ctx, fileno(text)), "write", "arguments.pfc");
    finish(text, "arguments.pfc");

    FILE *code = create(directory, "arguments.bpf");
    check(seccomp_export_bpf(ctx, fileno(code)), "write", "arguments.bpf");
    rewind(code);
    filter->length =
        fread(filter->code, sizeof(filter->code[0]), MAX_INSTRUCTIONS, code);
    if (filter->length == 0 || filter->length == MAX_INSTRUCTIONS)
        stop("read back", "arguments.bpf", EFBIG);
    finish(code, "arguments.bpf");
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

/* What the kernel does with a filter: classic BPF, as far as the two make
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

static void verify_personalities(const struct filter *calls, uint32_t arch)
{
    int number = seccomp_syscall_resolve_name_arch(arch, "personality");

    for (int i = 0; i < N_PERSONALITIES; i++)
        for (int bit = -1; bit < 32; bit++) {
            uint32_t value = personalities[i] ^ (bit < 0 ? 0 : 1U << bit);
            uint32_t answer = REFUSED;

            for (int j = 0; j < N_PERSONALITIES; j++)
                if (value == personalities[j])
                    answer = SCMP_ACT_ALLOW;
            expect(calls, arch, number,
                   (uint64_t[3]){UINT64_C(1) << 40 | value}, answer,
                   "personality");
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
    for (int a = 0; a < n_arches; a++)
        verify_personalities(calls, arches[a]);
    /* socket's second number on i386, which has no name of its own. */
    if (n_arches == 2 && arches[1] != SCMP_ARCH_ARM)
        expect(calls, SCMP_ARCH_X86, 359, NULL, SCMP_ACT_ALLOW, "socket");
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
        {"socket", {AF_INET6}, SCMP_ACT_ALLOW},
        {"socket", {AF_PACKET}, NO_SUCH_FAMILY},
        {"socket", {AF_VSOCK | high}, NO_SUCH_FAMILY},
        {"socket", {AF_NETLINK, 3, 0}, SCMP_ACT_ALLOW},
        {"socket", {AF_NETLINK, 3, 9 | high}, NO_SUCH_FAMILY},
        {"socket", {AF_NETLINK, 2, 15}, NO_SUCH_FAMILY},
        {"socket", {AF_NETLINK, 2, 16}, SCMP_ACT_ALLOW},
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

    if (argc != 4) {
        fprintf(stderr, "usage: compile_policy POLICY DIRECTORY MACHINE\n");
        return 1;
    }
    read_policy(argv[1]);
    choose_arches(argv[3]);

    note_unknown_names();
    make_calls(&calls, argv[2]);
    make_arguments(&arguments, argv[2]);
    verify_calls(&calls);
    verify_arguments(&arguments);

    FILE *header = create(argv[2], "filters.h");
    fprintf(header, "/* Made by compile_policy from policy.txt. */\n");
    write_array(header, "calls", &calls);
    write_array(header, "arguments", &arguments);
    finish(header, "filters.h");
    return 0;
}
