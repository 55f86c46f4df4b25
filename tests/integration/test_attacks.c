/* SPDX-License-Identifier: MIT
 *
 * Every attack of tests/attacks/table.txt, on the host and in all four steps:
 * each cell both ways, and step 4 with --explain-refusals, which must not
 * change an answer. And what the layers of step 4 are, one by one.
 */
#include "cmocka_prelude.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"

static void test_every_cell_of_the_matrix(void **state)
{
    (void)state;
    expect_on_host("tools/matrix --check --layers",
                   "^[12][0-9][0-9] attacks, [0-9]+ cells, 0 wrong\n$");
}

/* For an ordinary user some attacks fail for want of rights. Others do not.
 */
static void test_every_cell_for_an_ordinary_user(void **state)
{
    (void)state;
    expect_on_host("tools/matrix --check --rootless",
                   "^[1-9][0-9]+ open in step 3\n"
                   "[12][0-9][0-9] attacks, [0-9]+ cells, 0 wrong\n$");
}

#ifdef __x86_64__ /* which builds and runs both */
static void test_explain_refusals_and_32_bit_programs(void **state)
{
    (void)state;
    need("32-bit");
    expect_on_host("tools/matrix --told --i386",
                   "^[12][0-9][0-9] attacks, 0 answered another way\n$");
}

static void test_every_cell_from_32_bit_programs(void **state)
{
    (void)state;
    need("32-bit");
    expect_on_host("tools/matrix --check --i386",
                   "^[12][0-9][0-9] attacks, [0-9]+ cells, 0 wrong\n$");
}
#endif

static void test_explain_refusals_changes_no_answer(void **state)
{
    (void)state;
    expect_on_host("tools/matrix --told",
                   "^[12][0-9][0-9] attacks, 0 answered another way\n$");
    expect_on_host("tools/matrix --told --rootless",
                   "^[12][0-9][0-9] attacks, 0 answered another way\n$");
}

static void test_root_inside_is_nobody_outside(void **state)
{
    (void)state;
    expect_inside(3, NULL, "cat /proc/self/uid_map", "^ *0 +0 +4294967295\n");
    expect_inside(4, NULL, "cat /proc/self/uid_map; id -u",
                  "^ *0 +[1-9][0-9]+ +65536\n0\n$");
    /* What is made inside looks like root's, the image's files do, too, and
     * what the host binds in: root's is root's, the rest nobody's. */
    expect_inside(4, NULL, "touch /new; stat -c %u:%g /new /etc/passwd /root",
                  "^0:0\n0:0\n0:0\n$");
    expect_inside(4, NULL, "chown nobody /etc/passwd; stat -c %U /etc/passwd",
                  "^nobody\n$");
}

static void test_bound_files_are_shifted_too(void **state)
{
    char bind[8192];
    const char *options[] = {"--bind", bind, NULL};

    (void)state;
    snprintf(bind, sizeof(bind), "%s:/marker", marker());
    expect_inside(4, options, "stat -c %u:%g /marker; cat /marker",
                  "^0:0\n" MARKER_TEXT "\n$");
}

/* Of a file system without idmapped mounts: they are nobody's inside. */
static void test_bound_files_that_cannot_be_shifted(void **state)
{
    char script[6 * PATH_MAX];

    (void)state;
    snprintf(script, sizeof(script),
             "unshare --mount sh -c 'cd %1$s && mount -t tmpfs none . && "
             "mkdir l u w m && mount -t overlay none m "
             "-o lowerdir=l,upperdir=u,workdir=w && echo all >m/all && "
             "echo root >m/root && chmod 600 m/root && "
             "%2$s -B m:/m -b /bin/sh -- -c \"stat -c %%u /m/all; cat /m/* "
             "2>&1; rm -f /m/all 2>&1; true\"'",
             scratch_directory(), step_program(4));
    expect_on_host(script, "^65534\nall\ncat: /m/root: Permission denied\n"
                           "rm: [^\n]*Read-only file system\n$");
}

/* overlayfs has no idmapped mounts: an image on it, as in a container. */
static void test_image_that_cannot_be_shifted(void **state)
{
    char script[6 * PATH_MAX];

    (void)state;
    snprintf(script, sizeof(script),
             "unshare --mount sh -c 'mount -t tmpfs none %2$s && "
             "mkdir %2$s/u %2$s/w %2$s/m && mount -t overlay none %2$s/m "
             "-o lowerdir=%1$s,upperdir=%2$s/u,workdir=%2$s/w && "
             "{ %3$s -r %2$s/m /bin/echo one 2>&1; echo $?; "
             "%3$s -r %2$s/m --without users /bin/echo two 2>/dev/null; }'",
             image(), scratch_directory(), step_program(4));
    expect_on_host(script, "idmapped mounts[^\n]*--without users\n125\n"
                           "two\n$");
}

static void test_layers_can_be_left_out(void **state)
{
    static const struct {
        const char *layer, *script, *with, *without;
    } cases[] = {
        {"namespaces",
         "readlink /proc/self/ns/uts | wc -l; "
         "cat /proc/sys/kernel/hostname",
         "^1\nsandbox\n$", "^1\n[^\n]+\n$"},
        {"masks", "head -c1 /proc/kallsyms | wc -c", "^0\n$", "^1\n$"},
        {"users", "cut -c1-22 /proc/self/uid_map", "1000000|[1-9]", " 0 +0"},
        {"privileges", "grep NoNewPrivs /proc/self/status", "1\n$", "0\n$"},
        {"capabilities", "grep CapEff /proc/self/status", "00fb\n$",
         "ffffffff\n$"},
        {"filter", "grep Seccomp: /proc/self/status", "2\n$", "0\n$"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *options[] = {"--without", cases[i].layer, NULL};
        expect_inside(4, NULL, cases[i].script, cases[i].with);
        expect_inside(4, options, cases[i].script, cases[i].without);
    }
    char script[PATH_MAX];
    snprintf(script, sizeof(script),
             "%1$s --without filter --without masks /bin/true 2>&1; "
             "%1$s --without nonsense /bin/true 2>&1; echo $?; "
             "%2$s --without filter /bin/true 2>&1; true",
             step_program(4), step_program(3));
    expect_on_host(script, "warning: [^\n]*\"filter\"[^\n]*\n"
                           "[^\n]*warning: [^\n]*\"masks\"[^\n]*\n"
                           "[^\n]*nonsense: no such layer\n[^\n]*\n125\n"
                           "[^\n]*step 3 does not have it, step 4 does\n");
}

static void test_filter_admits_what_docker_admits(void **state)
{
    struct outcome outcome;
    char *argv[] = {(char *)"tests/compare_profile", NULL};

    (void)state;
    run(&outcome, NULL, argv);
    if (outcome.status == 77) {
        print_message("# SKIP: %s\n", outcome.out);
        skip();
    }
    assert_matches(outcome.out, "^3[0-9]+ admitted there, [0-9]+ of them "
                                "not here, 0 without a reason\n$");
    assert_int_equal(outcome.status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cell_of_the_matrix),
        cmocka_unit_test(test_every_cell_for_an_ordinary_user),
#ifdef __x86_64__
        cmocka_unit_test(test_explain_refusals_and_32_bit_programs),
        cmocka_unit_test(test_every_cell_from_32_bit_programs),
#endif
        cmocka_unit_test(test_explain_refusals_changes_no_answer),
        cmocka_unit_test(test_root_inside_is_nobody_outside),
        cmocka_unit_test(test_bound_files_are_shifted_too),
        cmocka_unit_test(test_bound_files_that_cannot_be_shifted),
        cmocka_unit_test(test_image_that_cannot_be_shifted),
        cmocka_unit_test(test_layers_can_be_left_out),
        cmocka_unit_test(test_filter_admits_what_docker_admits),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
