/* SPDX-License-Identifier: MIT
 *
 * The command line: options, arguments, streams, exit statuses, messages.
 */
#include "cmocka_prelude.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox.h"

enum { FIRST = 1, LAST = 4 };

/* Run one step with up to six arguments. */
static struct outcome *step_with(int step, const char *input, const char *a,
                                 const char *b, const char *c, const char *d,
                                 const char *e, const char *f)
{
    static struct outcome outcome;
    char *argv[] = {(char *)step_program(step),
                    (char *)a,
                    (char *)b,
                    (char *)c,
                    (char *)d,
                    (char *)e,
                    (char *)f,
                    NULL};

    run(&outcome, input, argv);
    return &outcome;
}

static void assert_outcome(const struct outcome *outcome, int status,
                           const char *out, const char *err)
{
    assert_matches(outcome->err, err); /* first: it has the cause */
    assert_matches(outcome->out, out);
    assert_int_equal(outcome->status, status);
}

static void test_default_is_bash(void **state)
{
    (void)state;
    for (int step = FIRST; step <= LAST; step++)
        assert_outcome(step_with(step, "echo $0 $$\n", NULL, NULL, NULL, NULL,
                                 NULL, NULL),
                       0, "^/bin/bash 1\n$", "^$");
}

static void test_arguments_reach_the_program(void **state)
{
    (void)state;
    for (int step = FIRST; step <= LAST; step++) {
        /* -b and options that are not ours; with and without "--". */
        assert_outcome(step_with(step, NULL, "-b", "/bin/echo", "-n", "-e",
                                 "a\\tb", NULL),
                       125, "^$", "-n: no such option");
        assert_outcome(
            step_with(step, NULL, "-b", "/bin/echo", "--", "-n", "a b", NULL),
            0, "^a b$", "^$");
        assert_outcome(
            step_with(step, NULL, "-b", "/bin/ls", "-d", "/", NULL, NULL),
            125, "^$", "-d: no such option");
        assert_outcome(
            step_with(step, NULL, "-b", "/bin/ls", "/..", "-d", NULL, NULL),
            0, "^/..\n$", "^$");
        /* The skeleton's form, and a name that is looked up. */
        assert_outcome(
            step_with(step, NULL, "/bin/echo", "-n", "x", NULL, NULL, NULL),
            0, "^x$", "^$");
        assert_outcome(
            step_with(step, NULL, "echo", "-b", "x", NULL, NULL, NULL), 0,
            "^-b x\n$", "^$");
        assert_outcome(step_with(step, NULL, "--binary=echo", "x", NULL, NULL,
                                 NULL, NULL),
                       0, "^x\n$", "^$");
    }
}

static void test_exit_status_is_the_programs(void **state)
{
    (void)state;
    for (int step = FIRST; step <= LAST; step++) {
        assert_outcome(
            step_with(step, NULL, "bash", "-c", "exit 42", NULL, NULL, NULL),
            42, "^$", "^$");
        /* Process 1 cannot kill itself; a killer from outside can. */
        assert_outcome(step_with(step, NULL, "bash", "-c",
                                 "kill -9 $$; exit 7", NULL, NULL, NULL),
                       7, "^$", "^$");
        assert_outcome(step_with(step, NULL, "bash", "-c",
                                 "sh -c 'kill -TERM $$'; exit $?", NULL, NULL,
                                 NULL),
                       143, "^$", "Terminated|^$");
    }
}

static void test_program_that_cannot_be_run(void **state)
{
    (void)state;
    for (int step = FIRST; step <= LAST; step++) {
        assert_outcome(
            step_with(step, NULL, "-b", "/no/such", NULL, NULL, NULL, NULL),
            127, "^$",
            "^os_isolate: run /no/such: No such file or "
            "directory\n$");
        assert_outcome(step_with(step, NULL, "no-such-program", NULL, NULL,
                                 NULL, NULL, NULL),
                       127, "^$",
                       "^os_isolate: run no-such-program: No such file or "
                       "directory\n  [^\n]*PATH\n$");
        assert_outcome(
            step_with(step, NULL, "-b", "/etc", NULL, NULL, NULL, NULL), 126,
            "^$", "run /etc: Permission denied");
        assert_outcome(step_with(step, NULL, "-b", "/etc/passwd", NULL, NULL,
                                 NULL, NULL),
                       126, "^$", "run /etc/passwd: Permission denied");
    }
}

/* Files that the kernel refuses to run, by --bind from a directory. */
static void test_wrong_programs_are_named(void **state)
{
    char path[8192], bind[16384];
    FILE *file;

    (void)state;
    snprintf(path, sizeof(path), "%s/text", scratch_directory());
    snprintf(bind, sizeof(bind), "%s:/prog", path);
    file = fopen(path, "w");
    fprintf(file, "neither ELF nor #!\n");
    fchmod(fileno(file), 0755);
    fclose(file);
    assert_outcome(step_with(3, NULL, "-B", bind, "-b", "/prog", NULL, NULL),
                   126, "^$", "run /prog: Exec format error\n  .*processor");

    file = fopen(path, "w");
    fprintf(file, "#!/no/interpreter\n");
    fclose(file);
    assert_outcome(step_with(3, NULL, "-B", bind, "-b", "/prog", NULL, NULL),
                   126, "^$", "No such file[^\n]*\n  [^\n]*interpreter");
}

/* bash without its loader: an image of one file. */
static void test_missing_loader_is_named(void **state)
{
    char script[65536], directory[8192];

    (void)state;
    snprintf(directory, sizeof(directory), "%s/bare", scratch_directory());
    snprintf(script, sizeof(script),
             "mkdir -p %1$s/bin; cp /bin/bash %1$s/bin", directory);
    expect_on_host(script, "^$");
    assert_outcome(
        step_with(3, NULL, "-r", directory, NULL, NULL, NULL, NULL), 126,
        "^$",
        "run /bin/bash: No such file[^\n]*\n  [^\n]*loader "
        "/lib[^ ]*ld-[^ ]*\\.so");
}

static void test_usage_errors(void **state)
{
    (void)state;
    for (int step = FIRST; step <= LAST; step++) {
        assert_outcome(
            step_with(step, NULL, "-x", NULL, NULL, NULL, NULL, NULL), 125,
            "^$",
            "^os_isolate: -x: [^\n]*\n  Try 'os_isolate "
            "--help'\n$");
        assert_outcome(
            step_with(step, NULL, "--wrong", NULL, NULL, NULL, NULL, NULL),
            125, "^$", "^os_isolate: --wrong: no such option\n");
        assert_outcome(
            step_with(step, NULL, "-b", NULL, NULL, NULL, NULL, NULL), 125,
            "^$", "^os_isolate: -b: [^\n]*missing\n");
        assert_outcome(
            step_with(step, NULL, "-b", "", NULL, NULL, NULL, NULL), 125,
            "^$", "empty");
    }
    for (int step = 1; step <= 2; step++) {
        assert_outcome(
            step_with(step, NULL, "--rootfs", "/", NULL, NULL, NULL, NULL),
            125, "^$",
            "--rootfs: step [12] does not have it, "
            "step 3 does\n");
        assert_outcome(
            step_with(step, NULL, "-B", "a:/b", NULL, NULL, NULL, NULL), 125,
            "^$",
            "--bind: step [12] does not have it, "
            "step 3 does\n");
    }
    assert_outcome(step_with(3, NULL, "-B", "/etc", NULL, NULL, NULL, NULL),
                   125, "^$", "not of the form SRC:/DST");
}

static void test_bad_root_filesystems(void **state)
{
    char path[8192];

    (void)state;
    for (int step = 3; step <= 4; step++) {
        assert_outcome(
            step_with(step, NULL, "-r", "/no/such", NULL, NULL, NULL, NULL),
            125, "^$",
            "^os_isolate: enter the root filesystem /no/such: No "
            "such file or directory\n  [^\n]*make rootfs\n$");
        assert_outcome(
            step_with(step, NULL, "-r", "/", NULL, NULL, NULL, NULL), 125,
            "^$", "the host's own root");
        assert_outcome(step_with(step, NULL, "-r", "/etc/passwd", NULL, NULL,
                                 NULL, NULL),
                       125, "^$", "/etc/passwd: Not a directory");
        assert_outcome(step_with(step, NULL, "-B", "/no/such:/x", NULL, NULL,
                                 NULL, NULL),
                       125, "^$", "--bind /no/such: cannot open it");
    }
    /* An image whose /proc is a link must not lead a mount elsewhere. */
    snprintf(path, sizeof(path), "%s/linked", scratch_directory());
    mkdir(path, 0755);
    strcat(path, "/proc");
    assert_int_equal(symlink("/tmp", path), 0);
    *strrchr(path, '/') = '\0';
    assert_outcome(step_with(3, NULL, "-r", path, NULL, NULL, NULL, NULL),
                   125, "^$", "/proc of the image must be a directory");
}

static void test_rootfs_is_found_from_anywhere(void **state)
{
    char script[8192];

    (void)state;
    snprintf(script, sizeof(script),
             "mkdir -p %3$s/step3_mnt && cp %1$s %3$s/step3_mnt && "
             "ln -sfn %2$s %3$s/rootfs; (unset OS_ISOLATE_ROOTFS; cd /; "
             "%3$s/step3_mnt/os_isolate /bin/echo 1); "
             "cd %2$s/.. && OS_ISOLATE_ROOTFS=$(basename %2$s) %1$s "
             "/bin/echo 2; cd %2$s && %1$s -r . /bin/echo 3",
             step_program(3), image(), scratch_directory());
    expect_on_host(script, "^1\n2\n3\n$");
}

static void test_help_and_version(void **state)
{
    (void)state;
    for (int step = FIRST; step <= LAST; step++) {
        struct outcome *help =
            step_with(step, NULL, "--help", NULL, NULL, NULL, NULL, NULL);
        assert_outcome(help, 0, "^Usage: os_isolate ", "^$");
        assert_int_equal(strstr(help->out, "--rootfs") != NULL, step >= 3);
        assert_outcome(
            step_with(step, NULL, "-V", NULL, NULL, NULL, NULL, NULL), 0,
            "^os_isolate [0-9.]+ \\(step [1-4]\\)\n$", "^$");
    }
}

/* Below each goal stand its calls, which begin with blanks. */
#define THEN "\n(    [^\n]*\n)*[^\n]*"

static void test_explain_tells_each_goal_in_order(void **state)
{
    static const char *const goals[] = {
        "create the namespaces: done" THEN "private copy of the mount "
        "table: done" THEN "fresh /proc: done\n",
        "fresh /proc: done" THEN "fresh /sys: done" THEN "loopback",
        "create the namespaces: done" THEN "root filesystem /[^\n]*: "
        "done" THEN "/proc: done" THEN "/dev: done" THEN
        "terminal[^\n]*: done" THEN "loopback[^\n]*: done" THEN
        "leave the host behind: done\n",
        "host name[^\n]*: done" THEN
        "clocks: (done|nothing to do: [^\n]*)" THEN "ports[^\n]*: done" THEN
        "hide[^\n]*: done" THEN "leave the host behind: done" THEN
        "privileges: done" THEN "user namespace: (done|nothing to do: it "
        "was started in its own)" THEN "filter: done" THEN
        "capabilities: done" THEN};

    (void)state;
    for (int step = FIRST; step <= LAST; step++)
        assert_outcome(step_with(step, NULL, "-e", "/bin/echo", "only", NULL,
                                 NULL, NULL),
                       0, "^only\n$", goals[step - 1]);
    assert_outcome(
        step_with(4, NULL, "-e", "--without", "masks", "/bin/true", NULL,
                  NULL),
        0, "^$",
        "hide what /proc tells: LEFT OUT\nos_isolate: .*"
        "process group: nothing to do: it has a session of its own\n");
}

/* What fails is told, too, and then what to do about it. */
static void test_explain_tells_the_call_that_failed(void **state)
{
    (void)state;
    assert_outcome(
        step_with(1, NULL, "-e", "-b", "/no/such", NULL, NULL, NULL), 127,
        "^$",
        "run /no/such\n    execve\\(\"/no/such\", .*\\)\n        = -1 "
        "ENOENT \\(No such file or directory\\)\n.*run /no/such: No such "
        "file or directory\n");
}

static void test_explain_tells_the_calls_that_were_made(void **state)
{
    (void)state;
    expect_good("tests/compare_explain");
}

/* --pause: after each line process 1 sleeps, until SIGUSR1 lets it take one
 * step more; in the end the signal is the payload's. */
static void test_pause_takes_one_step_a_signal(void **state)
{
    static const char script[] =
        "%s --pause -b /bin/sh -- -c 'trap \"exit 3\" USR1; echo on; "
        "while :; do sleep 0.1; done' >$T/out 2>$T/err & l=$!; "
        "lines() { grep -c '^os_i.*: \\(done\\|nothing to do\\)' $T/err; }; "
        "asleep() { grep -q 'State:.S' /proc/$1/status; }; "
        "until grep -q 'kill -USR1 '$l'$' $T/err; do sleep 0.01; done; "
        "p=$(sed -n 's/.*waits, \\([0-9]*\\) out here.*/\\1/p' $T/err); "
        "n=$(lines); "
        "until grep -q '32-bit machine' $T/err; do "
        "    until asleep $p; do sleep 0.01; done; "
        "    [ $(lines) = $n ] && ! [ -s $T/out ] || exit 1; "
        "    kill -USR1 $l; n=$((n + 1)); "
        "    until [ $(lines) -ge $n ]; do sleep 0.01; done; "
        "done; "
        "[ $n -ge $((5 + %d)) ] || exit 2; kill -USR1 $l; "
        "until [ -s $T/out ]; do sleep 0.01; done; "
        "kill -USR1 $l; wait $l; [ $? = 3 ]";
    char text[2048];

    (void)state;
    for (int step = FIRST; step <= LAST; step++) {
        snprintf(text, sizeof(text), script, step_program(step), step);
        expect_good(text);
    }
}

/* Who waits does not outlive the launcher, and is not deaf to be ended. */
static void test_pause_ends_with_the_launcher(void **state)
{
    static const char script[] =
        "for how in 'kill -KILL $l' 'kill $l' 'kill -HUP $l'; do "
        "    : >$T/err; %s --pause /bin/true 2>$T/err & l=$!; "
        "    until grep -q out.here $T/err; do sleep 0.01; done; "
        "    p=$(sed -n 's/.*waits, \\([0-9]*\\) out.*/\\1/p' $T/err); "
        "    kill -USR1 $l; "
        "    until grep -q 'table: done\\|filesystem .*: done' $T/err; "
        "    do sleep 0.01; done; "
        "    eval \"$how\"; wait $l; [ $? = 137 ] || exit 1; "
        "    while grep -qs '^State:.[^Z]' /proc/$p/status; do sleep 0.01; done; "
        "done";
    char text[2048];

    (void)state;
    for (int step = FIRST; step <= LAST; step++) {
        snprintf(text, sizeof(text), script, step_program(step));
        expect_good(text);
    }
}

static void test_streams_are_the_programs(void **state)
{
    char script[8192];

    (void)state;
    for (int step = FIRST; step <= LAST; step++) {
        assert_outcome(
            step_with(step, "in\n", "-b", "/bin/cat", NULL, NULL, NULL, NULL),
            0, "^in\n$", "^$");
        /* Ten megabytes through; a reader that goes away; closed streams. */
        snprintf(script, sizeof(script),
                 "head -c 10000000 /dev/zero | %1$s -b /bin/cat | wc -c; "
                 "%1$s bash -c 'while echo y; do :; done' 2>/dev/null | "
                 "head -n 1; "
                 "%1$s /bin/echo closed <&-; "
                 "%1$s /bin/bash -c 'exit 3' >&- 2>&-; echo $?",
                 step_program(step));
        expect_on_host(script, "^10000000\ny\nclosed\n3\n$");
    }
}

/* "-b, --binary" in --help: the letter is an option, and something is done.
 */
static void test_help_tells_letters_that_exist(void **state)
{
    char *help, letter[] = "-?";
    int n = 0;

    (void)state;
    help = strdup(
        step_with(LAST, NULL, "--help", NULL, NULL, NULL, NULL, NULL)->out);
    assert_non_null(help);
    for (const char *at = help; (at = strstr(at, "\n  -")) != NULL; at++)
        if (strncmp(at + 5, ", --", 4) == 0) {
            letter[1] = at[4];
            const struct outcome *outcome =
                step_with(LAST, "", letter, "x", NULL, NULL, NULL, NULL);
            if (strstr(outcome->err, "no such option") != NULL)
                fail_msg("%s: --help has it, and parse_options() does not. "
                         "In common/plumbing/options.c, is it the value in "
                         "its row of the table?",
                         letter);
            assert_null(strstr(outcome->err, "act_on()"));
            n++;
        }
    free(help);
    assert_in_range(n, 6, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_is_bash),
        cmocka_unit_test(test_arguments_reach_the_program),
        cmocka_unit_test(test_exit_status_is_the_programs),
        cmocka_unit_test(test_program_that_cannot_be_run),
        cmocka_unit_test(test_wrong_programs_are_named),
        cmocka_unit_test(test_missing_loader_is_named),
        cmocka_unit_test(test_usage_errors),
        cmocka_unit_test(test_bad_root_filesystems),
        cmocka_unit_test(test_rootfs_is_found_from_anywhere),
        cmocka_unit_test(test_help_and_version),
        cmocka_unit_test(test_explain_tells_each_goal_in_order),
        cmocka_unit_test(test_explain_tells_the_call_that_failed),
        cmocka_unit_test(test_explain_tells_the_calls_that_were_made),
        cmocka_unit_test(test_pause_takes_one_step_a_signal),
        cmocka_unit_test(test_pause_ends_with_the_launcher),
        cmocka_unit_test(test_streams_are_the_programs),
        cmocka_unit_test(test_help_tells_letters_that_exist),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
