/* SPDX-License-Identifier: MIT
 *
 * The policy's compiler: what it reads, what it makes of that, and what it
 * refuses. Texts of the tests' own, and then the real ones, for every
 * architecture that has a filter.
 */
#include "cmocka_prelude.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy.h"

#define GROUP "allow some: because\n    read ioctl socket socketcall ipc\n"

static const char *const machines[] = {"x86_64", "i386", "arm64", "armhf"};

static struct policy policy;
static struct filter filter;
static uint32_t arches[MAX_ARCHES];
static int n_arches;

/* ---- read.c ---- */

/* A file of this text that has no name, in the path that opens it. */
static const char *text(const char *content, char path[32])
{
    int fd = memfd_create("text", 0);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return path;
}

static void read_texts(const char *of_calls, const char *of_arguments)
{
    static char path[2][32]; /* the rules point to them */

    policy = (struct policy){.n_calls = 0};
    read_calls(&policy, text(of_calls, path[0]));
    read_arguments(&policy, text(of_arguments, path[1]));
}

static void test_read_calls(void **state)
{
    (void)state;
    read_texts("# comment\n\nallow files: why\n    read write\n    open\n"
               "EPERM keys: why\n    keyctl notyet(470)\n",
               "");
    assert_int_equal(policy.n_calls, 5);
    assert_string_equal(policy.calls[2].name, "open");
    assert_int_equal(policy.calls[2].answer, ALLOWED);
    assert_int_equal(policy.calls[2].at.line, 5);
    assert_int_equal(policy.calls[3].answer, ANSWER(EPERM));
    assert_int_equal(policy.calls[3].number, -1);
    assert_int_equal(policy.calls[4].number, 470);
    assert_ptr_equal(find_call(&policy, "open"), &policy.calls[2]);
    assert_null(find_call(&policy, "ope"));
}

static void test_read_arguments(void **state)
{
    (void)state;
    read_texts(
        GROUP,
        "EPERM ioctl: why\n    arg 1 & 0xf0 is 0x10\n        0x20|0x40\n"
        "EAFNOSUPPORT socket: why\n    not on i386\n"
        "    arg 0 is not AF_UNIX\n    arg 2 has 4\n");
    assert_int_equal(policy.n_rules, 2);
    const struct rule *rule = &policy.rules[0];
    assert_int_equal(rule->n_conditions, 1);
    assert_int_equal(rule->conditions[0].arg, 1);
    assert_int_equal(rule->conditions[0].mask, 0xf0);
    assert_int_equal(rule->conditions[0].how, IS);
    assert_int_equal(rule->conditions[0].n_values, 2);
    assert_int_equal(rule->conditions[0].values[1], 0x60);
    rule = &policy.rules[1];
    assert_string_equal(rule->call, "socket");
    assert_int_equal(rule->answer, ANSWER(EAFNOSUPPORT));
    assert_true(rule->not_on_i386);
    assert_int_equal(rule->n_conditions, 2);
    assert_int_equal(rule->conditions[0].how, IS_NOT);
    assert_int_equal(rule->conditions[1].how, HAS);
    assert_int_equal(rule->conditions[1].arg, 2);
}

/* Run ACT in a child, which must end with status 1 and these words. */
static void assert_stops(void (*act)(const void *), const void *input,
                         const char *words)
{
    char said[512] = "";
    int end[2], status;

    assert_int_equal(pipe(end), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(end[1], 2);
        act(input);
        _exit(0);
    }
    close(end[1]);
    FILE *stream = fdopen(end[0], "r");
    size_t length = fread(said, 1, sizeof(said) - 1, stream);
    said[length] = '\0';
    fclose(stream);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (strstr(said, words) == NULL || status != 1 << 8)
        fail_msg("not \"%s\" but \"%s\", status %#x", words, said, status);
}

struct texts {
    const char *calls, *arguments, *verdicts, *words;
};

static void read_all(const void *input)
{
    static struct verdict verdicts[MAX_VERDICTS];
    const struct texts *texts = input;
    char path[32];

    read_texts(texts->calls, texts->arguments);
    read_verdicts(&policy, verdicts, text(texts->verdicts, path));
}

static void test_what_is_wrong_is_told_with_its_line(void **state)
{
    static const struct texts cases[] = {
        {"allow a: b\n    read\n    reed\n", "", "",
         ":3: reed: no architecture has this call"},
        {"allow a: b\n    read write\n    read\n", "", "",
         ":3: read stands in line 2 already"},
        {"allow a: b\n    read(3)\n", "", "",
         ":2: read: its number is not 3"},
        {"allow a: b\n    notyet(47x)\n", "", "",
         ":2: notyet: a number looks"},
        {"permit a: b\n", "", "", ":1: permit is no answer"},
        {"allow a\n", "", "", ":1: not \"ANSWER NAME: why\""},
        {"\n    read\n", "", "", ":2: a call before the first group"},
        {GROUP, "EPERM iocTl: why\n", "", ":1: iocTl is not in the text"},
        {GROUP "EPERM a: b\n    mknod\n",
         "EPERM mknod: why\n    arg 0 is 1\n", "",
         ":1: mknod is refused already, in line 4"},
        {GROUP, "EPERM ioctl: why\n", "", ":1: a rule without a condition"},
        {GROUP, "    arg 0 is 1\n", "", ":1: a condition before the first"},
        {GROUP, "EPERM ioctl: a\n\n    arg 1 is TIOCTSI\n", "",
         ":3: TIOCTSI: no such value"},
        {GROUP, "EPERM ioctl: a\n    arg 1 is 12z\n", "", ":2: 12z: no such"},
        {GROUP, "EPERM ioctl: a\n    arg 1 is\n", "", ":2: without a value"},
        {GROUP, "EPERM ioctl: a\n    arg 1 is |\n", "",
         ":2: a value is miss"},
        {GROUP, "EPERM ioctl: a\n    arg 1 was 1\n", "",
         ":2: neither \"is\""},
        {GROUP, "EPERM ioctl: a\n    arg 6 is 1\n", "", ":2: not \"arg 0\""},
        {GROUP, "EPERM ioctl: a\n    arg 1 & 7 is 8\n", "",
         ":2: a value that"},
        {GROUP, "EPERM ioctl: a\n    arg 1 is 0x100000000\n", "",
         ":2: a value that"},
        {GROUP,
         "EPERM ioctl: a\n    arg 1 is 1\n    arg 1 is 1\n"
         "    arg 1 is 1\n    arg 1 is 1\n",
         "", ":5: more than 3"},
        {GROUP, "EPERM ioctl: a\n    arg 1 has 3\n", "", ":2: more than one"},
        {GROUP, "EPERM ioctl: a\n    arg 1 is not NULL 3\n", "",
         ":2: too many"},
        {GROUP, "EPERM socket: a\n    arg 0 is 1\n", "",
         ":1: no filter can keep this on i386"},
        {GROUP, "EPERM ioctl: a\n    not on i386\n    arg 1 is 1\n", "",
         ":1: \"not on i386\", though"},
        {GROUP, "", "read all -> allow\nreed all -> allow\n",
         ":2: reed: no architecture has this call"},
        {GROUP, "", "read vax -> allow\n", ":1: vax is no architecture"},
        {GROUP, "", "read all 1 2\n", ":1: nothing is no answer"},
        {GROUP, "", "read all AF_UNIXX -> allow\n", ":1: AF_UNIXX: no such"},
        {GROUP, "", "read all 1 2 3 4 5 6 7 -> allow\n", ":1: more than 6"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_stops(read_all, &cases[i], cases[i].words);
}

/* ---- compile.c ---- */

static void compile(const char *machine)
{
    FILE *words = tmpfile();

    assert_non_null(words);
    n_arches = arches_of(machine, arches);
    compile_filter(&policy, arches, n_arches, &filter, words);
    fclose(words);
}

static uint32_t ask(uint32_t arch, const char *call, uint64_t a, uint64_t b)
{
    struct seccomp_data data = {
        .arch = arch, .nr = number_of(&policy, arch, call), .args = {a, b}};

    assert_true(data.nr >= 0);
    return run_filter(&filter, &data);
}

static void test_compile(void **state)
{
    (void)state;
    read_texts("allow a: b\n    read ioctl clone\nEPERM c: d\n    mount\n",
               "EPERM ioctl: a\n    arg 1 is TIOCSTI\n    arg 0 is 2 3\n"
               "ENOSYS clone: a\n    arg 0 has 0x20 0x100\n"
               "EPERM read: a\n    arg 0 is not 7\n"
               "    arg 1 is not NULL\n");
    for (int i = 0; i < 4; i++) {
        compile(machines[i]);
        for (int a = 0; a < n_arches; a++) {
            assert_int_equal(ask(arches[a], "read", 7, 7), ALLOWED);
            assert_int_equal(ask(arches[a], "read", 8, 0), ALLOWED);
            assert_int_equal(ask(arches[a], "read", 8, 1), ANSWER(EPERM));
            assert_int_equal(ask(arches[a], "read", 8, UINT64_C(1) << 40),
                             ANSWER(EPERM));
            assert_int_equal(ask(arches[a], "mount", 0, 0), ANSWER(EPERM));
            assert_int_equal(ask(arches[a], "4000", 0, 0), ANSWER(ENOSYS));
            assert_int_equal(ask(arches[a], "ioctl", 3, TIOCSTI),
                             ANSWER(EPERM));
            assert_int_equal(ask(arches[a], "ioctl", 4, TIOCSTI), ALLOWED);
            assert_int_equal(ask(arches[a], "ioctl", 3, TCGETS), ALLOWED);
            assert_int_equal(ask(arches[a], "clone", 0x10, 0), ALLOWED);
            assert_int_equal(ask(arches[a], "clone", 0x31, 0),
                             ANSWER(ENOSYS));
            assert_int_equal(ask(arches[a], "clone", 0x101, 0),
                             ANSWER(ENOSYS));
        }
        check_filter(&policy, arches, n_arches, &filter);
    }
}

/* A library that does not know a call makes the same filter as a newer. */
static void test_new_calls_are_known_by_number(void **state)
{
    (void)state;
    read_texts("allow a: b\n    notyet(470)\n", "");
    compile("x86_64");
    for (int a = 0; a < n_arches; a++) {
        assert_int_equal(ask(arches[a], "notyet", 0, 0), ALLOWED);
        assert_int_equal(ask(arches[a], "470", 0, 0), ALLOWED);
        assert_int_equal(ask(arches[a], "471", 0, 0), ANSWER(ENOSYS));
    }
}

static void choose(const void *machine)
{
    arches_of(machine, arches);
}

static void test_which_machines_have_a_filter(void **state)
{
    (void)state;
    assert_int_equal(arches_of("amd64", arches), 2);
    assert_int_equal(arches[0], SCMP_ARCH_X86_64);
    assert_int_equal(arches[1], SCMP_ARCH_X86);
    assert_int_equal(arches_of("armv7l", arches), 1);
    assert_stops(choose, "vax", "vax: no filter");
}

/* ---- simulate.c ---- */

static void check_now(const void *input)
{
    (void)input;
    check_filter(&policy, arches, n_arches, &filter);
}

/* Each instruction is changed in turn: into another answer, into a comparison
 * with another value. */
static void test_a_wrong_filter_is_found(void **state)
{
    int changed = 0;

    (void)state;
    read_texts("allow a: b\n    read ioctl\nEPERM c: d\n    mount\n",
               "EPERM ioctl: a\n    arg 1 is TIOCSTI TIOCLINUX\n"
               "    arg 2 & 12 is not 8\n    arg 3 is not NULL\n"
               "ENOSYS ioctl: b\n    arg 0 has 1 4\n");
    compile("armhf");
    for (size_t i = 0; i < filter.length; i++) {
        struct sock_filter *at = &filter.code[i], before = *at;
        unsigned kind = BPF_CLASS(at->code);

        if (kind == BPF_RET)
            at->k = at->k == ALLOWED ? ANSWER(EPERM) : ALLOWED;
        else if (kind == BPF_ALU || at->code != (BPF_JMP | BPF_JA))
            at->k ^= 4;
        else
            continue;
        assert_stops(check_now, NULL, "filter");
        *at = before;
        changed++;
    }
    assert_in_range(changed, 25, 100);
}

static void read_real_texts(void)
{
    policy = (struct policy){.n_calls = 0};
    read_calls(&policy, "step4_seccomp/policy.txt");
    read_arguments(&policy, "step4_seccomp/arguments.txt");
}

/* The same rows are put to the kernel by test_filter.c. */
static void test_verdicts(void **state)
{
    static struct verdict verdicts[MAX_VERDICTS];
    int wrong = 0, tried = 0;

    (void)state;
    read_real_texts();
    int n = read_verdicts(&policy, verdicts, "tests/verdicts.txt");
    for (int m = 0; m < 4; m++) {
        compile(machines[m]);
        for (int i = 0; i < n * n_arches; i++) {
            const struct verdict *verdict = &verdicts[i % n];
            struct seccomp_data data = {.arch = arches[i / n]};

            data.nr = number_of(&policy, data.arch, verdict->call);
            memcpy(data.args, verdict->args, sizeof(data.args));
            if (data.nr < 0 || !is_for(verdict, data.arch))
                continue;
            uint32_t got = run_filter(&filter, &data);
            if (got != verdict->answer && ++wrong)
                print_error("%s:%d: %#x for %#x on %s\n", verdict->at.file,
                            verdict->at.line, got, data.arch, machines[m]);
            tried++;
        }
    }
    printf("%d verdicts, tried %d times\n", n, tried);
    assert_int_equal(wrong, 0);
    assert_true(n > 50 && tried > 4 * n);
}

/* --explain-refusals: the twin of a filter leads to the same answers, each by
 * a reason, with the line of a text. */
static void assert_same_answer(const struct filter *telling,
                               const struct reason *reasons, int n_reasons,
                               const struct seccomp_data *data)
{
    uint32_t answer = run_filter(&filter, data);
    uint32_t told = run_filter(telling, data);

    if (answer == ALLOWED) {
        assert_int_equal(told, ALLOWED);
        return;
    }
    assert_int_equal(told & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_USER_NOTIF);
    assert_in_range(told & SECCOMP_RET_DATA, 0, n_reasons - 1);
    const struct reason *reason = &reasons[told & SECCOMP_RET_DATA];
    assert_int_equal(reason->answer, answer);
    assert_non_null(strstr(reason->at.file, ".txt"));
    assert_true(strlen(reason->why) > 5);
}

static void test_reasons_lead_to_the_same_answers(void **state)
{
    static struct verdict verdicts[MAX_VERDICTS];
    static struct filter telling;
    static struct reason reasons[MAX_REASONS];
    FILE *words = tmpfile();

    (void)state;
    read_real_texts();
    int n = read_verdicts(&policy, verdicts, "tests/verdicts.txt");
    for (int m = 0; m < 4; m++) {
        read_real_texts();
        compile(machines[m]);
        int n_reasons = number_answers(&policy, reasons);
        compile_filter(&policy, arches, n_arches, &telling, words);
        assert_in_range(n_reasons, 20, MAX_REASONS);
        for (int a = 0; a < n_arches; a++) {
            struct seccomp_data data = {.arch = arches[a]};

            for (uint32_t i = 0; i < MAX_NUMBERS; i++) {
                data.nr = (int)number_at(i);
                assert_same_answer(&telling, reasons, n_reasons, &data);
            }
            for (int i = 0; i < n; i++) {
                data.nr = number_of(&policy, data.arch, verdicts[i].call);
                memcpy(data.args, verdicts[i].args, sizeof(data.args));
                assert_same_answer(&telling, reasons, n_reasons, &data);
            }
            data = (struct seccomp_data){.arch = SCMP_ARCH_S390X};
            assert_same_answer(&telling, reasons, n_reasons, &data);
        }
    }
    fclose(words);
}

static uint32_t told_reason(const struct filter *telling, const char *call,
                            uint64_t first)
{
    struct seccomp_data data = {
        .arch = SCMP_ARCH_X86_64,
        .args = {first},
        .nr = number_of(&policy, SCMP_ARCH_X86_64, call)};

    return run_filter(telling, &data) & SECCOMP_RET_DATA;
}

static void test_reasons_are_those_of_the_text(void **state)
{
    static struct reason reasons[MAX_REASONS];
    FILE *words = tmpfile();

    (void)state;
    read_texts("allow a: b\n    read\nEPERM disks: one\n    mount umount2\n"
               "    swapon\nENOSYS none: two\n    clone3\n",
               "EPERM read: no \"stdin\"\n    arg 0 is 0\n");
    assert_int_equal(number_answers(&policy, reasons), 6);
    n_arches = arches_of("x86_64", arches);
    compile_filter(&policy, arches, n_arches, &filter, words);
    fclose(words);
    assert_ptr_equal(find_call(&policy, "read")->why, policy.calls[0].why);
    static const struct {
        const char *call, *why;
        int line, answer;
    } rows[] = {
        {"mount", "disks: one", 4, EPERM},
        {"umount2", "disks: one", 4, EPERM},
        {"swapon", "disks: one", 5, EPERM},
        {"clone3", "none: two", 7, ENOSYS},
        {"read", "read: no \"stdin\"", 1, EPERM},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct reason *reason =
            &reasons[told_reason(&filter, rows[i].call, 0)];
        assert_string_equal(reason->why, rows[i].why);
        assert_int_equal(reason->at.line, rows[i].line);
        assert_int_equal(reason->answer, ANSWER(rows[i].answer));
    }
    assert_int_equal(reasons[told_reason(&filter, "write", 0)].at.line, 0);
    assert_int_equal(ask(SCMP_ARCH_X86_64, "read", 1, 0), ALLOWED);
}

/* The half that is loaded where the image holds no 32-bit programs. */
static void test_native_half_refuses_all_of_the_other(void **state)
{
    FILE *words = tmpfile();

    (void)state;
    read_real_texts();
    for (int m = 0; m < 4; m++) {
        n_arches = arches_of(machines[m], arches);
        compile_filter(&policy, arches, 1, &filter, words);
        check_filter(&policy, arches, 1, &filter);
        for (uint32_t i = 0; i < MAX_NUMBERS * (n_arches > 1); i++) {
            struct seccomp_data data = {.arch = arches[1],
                                        .nr = (int)number_at(i)};
            assert_int_equal(run_filter(&filter, &data), ANSWER(ENOSYS));
        }
    }
    fclose(words);
}

/* A rule that no verdict is about could be lost without a test that fails. */
static void test_every_rule_has_a_verdict(void **state)
{
    static struct verdict verdicts[MAX_VERDICTS];

    (void)state;
    read_real_texts();
    int n = read_verdicts(&policy, verdicts, "tests/verdicts.txt");
    for (int r = 0; r < policy.n_rules; r++) {
        struct rule rule = policy.rules[r];
        int needed = 0;

        policy.rules[r].call[0] = '\0'; /* as if it were not there */
        for (int i = 0; i < n; i++) {
            struct seccomp_data data = {.arch = SCMP_ARCH_X86_64};

            data.nr = number_of(&policy, data.arch, verdicts[i].call);
            memcpy(data.args, verdicts[i].args, sizeof(data.args));
            if (data.nr >= 0 && is_for(&verdicts[i], data.arch))
                needed += answer_of(&policy, &data) != verdicts[i].answer;
        }
        policy.rules[r] = rule;
        if (needed == 0)
            fail_msg("%s:%d: add a row to tests/verdicts.txt that this rule "
                     "decides",
                     rule.at.file, rule.at.line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_calls),
        cmocka_unit_test(test_read_arguments),
        cmocka_unit_test(test_what_is_wrong_is_told_with_its_line),
        cmocka_unit_test(test_compile),
        cmocka_unit_test(test_new_calls_are_known_by_number),
        cmocka_unit_test(test_which_machines_have_a_filter),
        cmocka_unit_test(test_a_wrong_filter_is_found),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_reasons_lead_to_the_same_answers),
        cmocka_unit_test(test_reasons_are_those_of_the_text),
        cmocka_unit_test(test_native_half_refuses_all_of_the_other),
        cmocka_unit_test(test_every_rule_has_a_verdict),
    };

    return RUN_TESTS(tests, NULL);
}
