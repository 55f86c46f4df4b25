/* SPDX-License-Identifier: MIT
 *
 * On a terminal: what the payload gets, and what the caller gets back.
 */
#include "cmocka_prelude.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"

struct terminal {
    int master;
    pid_t pid;
    struct termios modes;
    char seen[65536];
    size_t used;
};

static void open_terminal(struct terminal *t, const char *script)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};

    memset(t, 0, sizeof(*t));
    fflush(stdout);
    t->pid = forkpty(&t->master, NULL, NULL, &size);
    assert_true(t->pid >= 0); /* kill(-1) would be everybody */
    if (t->pid == 0) {
        setenv("TERM", "dumb", 1);
        signal(SIGINT, SIG_DFL); /* as in a user's terminal */
        become_the_user();
        execl("/bin/sh", "sh", "-c", script, (char *)NULL);
        _exit(99);
    }
    assert_int_equal(tcgetattr(t->master, &t->modes), 0);
}

static double seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Read until TEXT has come after what the last call saw; false if it does
 * not come within LIMIT seconds. */
static bool text_comes(struct terminal *t, const char *text, double limit)
{
    struct pollfd end = {.fd = t->master, .events = POLLIN};

    for (double t0 = seconds(); seconds() - t0 < limit;) {
        char *at = strstr(t->seen, text);
        if (at != NULL) {
            at += strlen(text);
            memmove(t->seen, at, strlen(at) + 1);
            t->used = strlen(t->seen);
            return true;
        }
        if (poll(&end, 1, 100) <= 0)
            continue;
        ssize_t n =
            read(t->master, t->seen + t->used, sizeof(t->seen) - 1 - t->used);
        if (n <= 0)
            break;
        t->used += (size_t)n;
        t->seen[t->used] = '\0';
    }
    return false;
}

static void expect_text(struct terminal *t, const char *text)
{
    if (!text_comes(t, text, patience(10)))
        fail_msg("waited for '%s' and saw '%s'", text, t->seen);
}

static void type(struct terminal *t, const char *keys)
{
    assert_int_equal(write(t->master, keys, strlen(keys)), strlen(keys));
}

/* Wait until COUNT processes have TEXT in their command line. */
static void wait_for_processes(const char *text, int count)
{
    for (double t0 = seconds(); count_processes(text) < count; usleep(20000))
        assert_true(seconds() - t0 < patience(10));
}

static void test_interactive_bash_has_job_control(void **state)
{
    struct terminal *t = malloc(sizeof(*t));
    char job[32];

    (void)state;
    for (int step = 1; step <= 4; step++) {
        open_terminal(t, step_program(step));
        type(t, "PS1=ready:; echo job''-$$\r");
        expect_text(t, "job-1\r\n");
        expect_text(t, "ready:");
        snprintf(job, sizeof(job), "sleep 60.%d", (int)getpid());
        type(t, job);
        type(t, "\r");
        wait_for_processes(job, 1);
        type(t, "\032"); /* Ctrl-Z */
        expect_text(t, "Stopped");
        type(t, "jobs; fg\r");
        expect_text(t, "Stopped");
        expect_text(t, job);
        expect_text(t, job); /* which the second command has printed */
        while (!text_comes(t, "ready:", 0.3))
            type(t, "\003"); /* Ctrl-C: the job, not the shell */
        type(t, "echo status''-$?; exit 6\r");
        expect_text(t, "status-130");
        assert_int_equal(wait_for_exit(t->pid), 6);
        assert_null(strstr(t->seen, "no job control"));
        close(t->master);
    }
    free(t);
}

/* Each gets what was written to it, and who has the keys is the first. */
static void test_two_terminals(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = malloc(sizeof(*t)), *other = malloc(sizeof(*t));
        char script[8192], name[64];
        int slave;

        memset(other, 0, sizeof(*other));
        assert_int_equal(openpty(&other->master, &slave, name, NULL, NULL),
                         0);
        assert_int_equal(fchmod(slave, 0666), 0);
        snprintf(script, sizeof(script),
                 "%s -b /bin/bash -- -c 'read key; echo to-$key; "
                 "echo errors >&2; tty; exit 5' 2>%s",
                 step_program(step), name);
        open_terminal(t, script);
        type(t, "first\r");
        expect_text(t, "to-first\r\n");
        expect_text(t, "/dev/pts/0\r\n");
        expect_text(other, "errors\r\n");
        assert_int_equal(wait_for_exit(t->pid), 5);
        assert_null(strstr(t->seen, "errors"));
        close(t->master);
        close(other->master);
        close(slave);
        free(t);
        free(other);
    }
}

static void test_caller_can_read_its_terminal_afterwards(void **state)
{
    struct terminal *t = malloc(sizeof(*t));
    char script[8192];

    (void)state;
    for (int step = 1; step <= 4; step++) {
        snprintf(script, sizeof(script),
                 "%s; echo left; read word; echo got-$word",
                 step_program(step));
        open_terminal(t, script);
        type(t, "echo in''side\r");
        expect_text(t, "inside\r\n");
        type(t, "exit\r");
        expect_text(t, "left\r\n");
        type(t, "host\r");
        expect_text(t, "got-host");
        assert_int_equal(wait_for_exit(t->pid), 0);
        close(t->master);
    }
    free(t);
}

/* What the modes of the terminal are, that matter here. */
static bool is_raw(const struct terminal *t)
{
    struct termios modes;

    assert_int_equal(tcgetattr(t->master, &modes), 0);
    return (modes.c_lflag & (ICANON | ECHO | ISIG)) == 0;
}

static bool is_as_it_was(const struct terminal *t)
{
    struct termios modes;

    assert_int_equal(tcgetattr(t->master, &modes), 0);
    return modes.c_iflag == t->modes.c_iflag &&
           modes.c_oflag == t->modes.c_oflag &&
           modes.c_lflag == t->modes.c_lflag;
}

/* Wait until IS(T). */
static void wait_until(bool (*is)(const struct terminal *t),
                       const struct terminal *t)
{
    for (double t0 = seconds(); !is(t); usleep(10000))
        assert_true(seconds() - t0 < patience(10));
}

/* A new terminal, on which a shell runs this script. */
static struct terminal *__attribute__((format(printf, 1, 2)))
open_script(const char *format, ...)
{
    struct terminal *t = malloc(sizeof(*t));
    char script[8192];
    va_list args;

    va_start(args, format);
    vsnprintf(script, sizeof(script), format, args);
    va_end(args);
    open_terminal(t, script);
    return t;
}

static struct terminal *open_shell(int step)
{
    struct terminal *t =
        open_script("%s; echo status''-$?; sleep 60", step_program(step));

    type(t, "PS1=ready:; PS2=; echo in''side\r");
    expect_text(t, "inside\r\n");
    expect_text(t, "ready:");
    return t;
}

static void close_terminal(struct terminal *t)
{
    close(t->master);
    kill(t->pid, SIGKILL);
    waitpid(t->pid, NULL, 0);
    free(t);
}

/* The launcher that runs in this terminal. */
static pid_t launcher_in(const struct terminal *t)
{
    char command[128];

    snprintf(command, sizeof(command), "pgrep -P %d -x os_isolate",
             (int)t->pid);
    return number_from(command);
}

static void test_payload_has_a_terminal_and_session_of_its_own(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_shell(step);

        /* N: by nice(1). R: it has yet to fall asleep, so look again. */
        type(t, "tty; for i in 1 2 3 4 5 6 7 8 9; do "
                "ps -o sid=,tty=,stat= -p 1 | tr -d N; done\r");
        expect_text(t, "/dev/pts/0\r\n");
        expect_text(t, "1 pts/0    Ss\r\n");
        /* The modes are those of the caller's terminal, before. */
        type(t, "stty -g > /tmp/modes; stty echo; stty -a\r");
        expect_text(t, " icanon");
        assert_true(is_raw(t));
        type(t, "exit 4\r");
        expect_text(t, "status-4\r\n");
        assert_true(is_as_it_was(t));
        close_terminal(t);
    }
}

/* A terminal on any one descriptor is enough to type into it. */
static void test_each_descriptor_is_replaced(void **state)
{
    static const char *const redirections[] = {"</dev/null 2>/dev/null",
                                               "</dev/null >/dev/null",
                                               ">/dev/null 2>/dev/null"};
    static const char *const descriptors[] = {"1", "2", "0"};
    struct terminal *t = malloc(sizeof(*t));
    char script[8192];

    (void)state;
    for (int step = 3; step <= 4; step++)
        for (int i = 0; i < 3; i++) {
            snprintf(script, sizeof(script),
                     "%s -b /bin/sh -- -c '{ tty; ps -o tty= $$; } "
                     "<&%s >/dev/tty' %s; echo left",
                     step_program(step), descriptors[i], redirections[i]);
            open_terminal(t, script);
            expect_text(t, "/dev/pts/0\r\n");
            expect_text(t, "pts/0\r\n");
            expect_text(t, "left\r\n");
            assert_int_equal(wait_for_exit(t->pid), 0);
            assert_true(is_as_it_was(t));
            close(t->master);
        }
    free(t);
}

static void test_resizing_reaches_the_payload(void **state)
{
    (void)state;
    for (int step = 1; step <= 4; step++) {
        struct winsize size = {.ws_row = 33, .ws_col = 77};
        struct terminal *t = open_shell(step);

        type(t, "trap 'stty size' WINCH; stty size\r");
        expect_text(t, "24 80\r\n");
        expect_text(t, "ready:");
        ioctl(t->master, TIOCSWINSZ, &size);
        double t0 = seconds();
        do { /* the shell runs its trap when it has read a line */
            assert_true(seconds() - t0 < patience(10));
            type(t, "\r");
        } while (!text_comes(t, "33 77\r\n", 0.2));
        close_terminal(t);
    }
}

static void test_escape_three_times_kills(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_shell(step);

        type(t, "stty raw -echo; trap '' TERM INT HUP; echo de''af; "
                "exec sleep 100\r");
        expect_text(t, "deaf");
        type(t, "\035\035");
        usleep(1500000); /* too slow, and something else between */
        type(t, "\035x\035\035");
        usleep(200000);
        assert_int_equal(kill(launcher_in(t), 0), 0);
        usleep(1100000);
        type(t, "\035\035\035");
        expect_text(t, "status-137\r\n");
        assert_true(is_as_it_was(t));
        close_terminal(t);
    }
}

/* --pause: one Ctrl-C ends what waits, before and after process 1 has a
 * terminal of its own; nothing is left, and the terminal is as it was. */
static void test_ctrl_c_ends_a_pause(void **state)
{
    (void)state;
    for (int step = 1; step <= 4; step++)
        for (int goals = 0; goals <= 5; goals += 5) {
            struct terminal *t = open_script(
                "trap : INT; %s --pause; echo status''-$?; sleep 60",
                step_program(step));

            expect_text(t, "process 1 waits, ");
            expect_text(t, " out here");
            pid_t launcher = launcher_in(t);
            char command[128];

            snprintf(command, sizeof(command), "pgrep -P %d", (int)launcher);
            pid_t payload = number_from(command);
            for (int i = 0; step >= 3 && i < goals; i++) {
                assert_int_equal(kill(launcher, SIGUSR1), 0);
                expect_text(t, ": done");
            }
            type(t, "\003");
            expect_text(t, "status-137\r\n");
            assert_int_equal(kill(payload, 0), -1);
            assert_true(is_as_it_was(t));
            close_terminal(t);
        }
}

static void test_modes_come_back_after_a_kill(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_shell(step);
        pid_t launcher = launcher_in(t);

        type(t, "stty raw -echo; trap '' TERM; echo de''af; "
                "exec sleep 100\r");
        expect_text(t, "deaf");
        kill(launcher, SIGTERM);
        wait_until_taken(launcher);
        assert_true(is_raw(t));
        kill(launcher, SIGTERM);
        expect_text(t, "status-137\r\n");
        assert_true(is_as_it_was(t));
        close_terminal(t);
    }
}

static void test_stopping_lends_the_terminal_back(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_shell(step);
        pid_t launcher = launcher_in(t);

        assert_true(is_raw(t));
        kill(launcher, SIGTSTP);
        wait_until(is_as_it_was, t);
        kill(launcher, SIGCONT);
        wait_until(is_raw, t);
        type(t, "echo go''es on\r");
        expect_text(t, "goes on");
        close_terminal(t);
    }
}

static void test_a_background_job_leaves_the_terminal_alone(void **state)
{
    struct terminal *t = malloc(sizeof(*t));
    char script[8192];

    (void)state;
    for (int step = 3; step <= 4; step++) {
        snprintf(script, sizeof(script),
                 "set -m; %s -b /bin/sh -- -c 'sleep 0.3; echo from-'$$-end "
                 "& sleep 0.2; read word; echo got-$word; wait; echo left",
                 step_program(step));
        open_terminal(t, script);
        usleep(250000);
        assert_true(is_as_it_was(t));
        type(t, "host\r");
        expect_text(t, "got-host");
        expect_text(t, "-end");
        expect_text(t, "left");
        assert_int_equal(wait_for_exit(t->pid), 0);
        close(t->master);
    }
    free(t);
}

/* The last of it, too: the payload may be gone before its words are. */
static void test_no_output_is_lost(void **state)
{
    struct terminal *t = malloc(sizeof(*t));
    char script[8192];

    (void)state;
    for (int step = 3; step <= 4; step++) {
        snprintf(script, sizeof(script), "%s -b seq 30000",
                 step_program(step));
        open_terminal(t, script);
        for (int n = 5000; n <= 30000; n += 5000) {
            char text[32];
            snprintf(text, sizeof(text), "\n%d\r\n", n);
            expect_text(t, text);
        }
        assert_int_equal(wait_for_exit(t->pid), 0);
        close(t->master);
    }
    free(t);
}

/* One that was stopped while its payload began, printed, and ended. (It may
 * be over before the shell sees a child of its: then there is nothing to
 * stop, and the shell's complaints must not fill a terminal that nobody
 * reads.) */
static void test_a_late_launcher_loses_no_output(void **state)
{
    struct terminal *t = malloc(sizeof(*t));
    char script[8192];

    (void)state;
    for (int i = 0; i < 5; i++) {
        snprintf(
            script, sizeof(script),
            "%s -b seq 3 & i=0; { "
            "until read x </proc/$!/task/$!/children; [ \"$x\" ] || "
            "[ $((i += 1)) -gt 20000 ]; do :; done; "
            "kill -STOP $!; sleep 0.2; kill -CONT $!; } 2>/dev/null; wait",
            step_program(3));
        open_terminal(t, script);
        expect_text(t, "1\r\n2\r\n3\r\n");
        assert_int_equal(wait_for_exit(t->pid), 0);
        close(t->master);
    }
    free(t);
}

static void test_closing_the_window_ends_a_shell(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_shell(step);
        pid_t launcher = launcher_in(t);

        close(t->master);
        for (double t0 = seconds(); kill(launcher, 0) == 0; usleep(20000))
            assert_true(seconds() - t0 < patience(10));
        waitpid(t->pid, NULL, 0);
        free(t);
    }
}

/* It stays correct, and idle. */
static void test_payload_that_closes_its_terminal(void **state)
{
    struct terminal *t = malloc(sizeof(*t));
    char script[8192];
    struct rusage usage;
    int status;

    (void)state;
    for (int step = 3; step <= 4; step++) {
        snprintf(script, sizeof(script),
                 "exec %s -b /bin/bash -- -c 'exec 0<&- 1>&- 2>&-; "
                 "sleep 2; exit 5'",
                 step_program(step));
        open_terminal(t, script);
        assert_int_equal(wait4(t->pid, &status, 0, &usage), t->pid);
        assert_int_equal(WEXITSTATUS(status), 5);
        assert_true(usage.ru_stime.tv_sec + usage.ru_utime.tv_sec < 1);
        assert_true(is_as_it_was(t));
        close(t->master);
    }
    free(t);
}

static void test_full_screen_programs_work(void **state)
{
    (void)state;
    need_in_image("usr/bin/top");
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_shell(step);

        type(t, "TERM=xterm top\r");
        expect_text(t, "PID USER");
        type(t, "q");
        expect_text(t, "ready:");
        type(t, "seq 100 > /tmp/x; TERM=xterm more /tmp/x; echo do''ne\r");
        expect_text(t, "22\r\n");
        type(t, "q");
        expect_text(t, "done");
        close_terminal(t);
    }
}

static void test_pipes_go_past_the_terminal(void **state)
{
    struct terminal *t = malloc(sizeof(*t));
    char script[8192];

    (void)state;
    for (int step = 1; step <= 4; step++) {
        snprintf(script, sizeof(script),
                 "echo hi there | %1$s -b /bin/cat | wc -w; "
                 "head -c 100000000 /dev/zero | %1$s -b /bin/cat | wc -c; "
                 "%1$s -b /usr/bin/yes | head -1; "
                 "%1$s -b /bin/cat <&-; echo left",
                 step_program(step));
        open_terminal(t, script);
        expect_text(t, "2\r\n");
        expect_text(t, "100000000\r\n");
        expect_text(t, "y\r\n");
        expect_text(t, "left\r\n");
        assert_int_equal(wait_for_exit(t->pid), 0);
        close(t->master);
    }
    free(t);
}

/* The keys of a pipeline: the caller's terminal stays as it was, lines, end
 * of file and Ctrl-C arrive. */
static void test_typing_into_a_pipeline(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_script(
            "%1$s -b /bin/cat | wc -c; "
            "%1$s -b /bin/sh -- -c 'trap \"echo trapped >&2; exit\" INT; "
            "echo waiting >&2; while :; do sleep 0.1; done' | cat; "
            "echo left",
            step_program(step));

        usleep(400000);
        assert_true(is_as_it_was(t));
        type(t, "abc\r\004");
        expect_text(t, "abc\r\n4\r\n");
        expect_text(t, "waiting\r\n");
        type(t, "\003");
        expect_text(t, "trapped");
        close_terminal(t);
    }
}

/* Each of descriptors 0-2 goes its own way: a terminal, or a file. */
static void test_files_beside_the_terminal(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_script(
            "cd %2$s && echo in-file >in && "
            "%1$s -b /bin/sh -- -c 'tty <&1; cat; echo lost >&2' <in 2>err; "
            "echo err-$(cat err); "
            "%1$s -b /bin/sh -- -c 'read a; echo got-$a; tty >&2' >out; "
            "cat out; read b; echo next-$b",
            step_program(step), scratch_directory());

        expect_text(t, "/dev/pts/0\r\n");
        expect_text(t, "in-file\r\n");
        expect_text(t, "err-lost\r\n");
        type(t, "key\r");
        expect_text(t, "/dev/pts/0\r\n");
        expect_text(t, "got-key\r\n");
        assert_true(is_as_it_was(t));
        type(t, "word\r");
        expect_text(t, "next-word\r\n");
        close_terminal(t);
    }
}

/* Where neither stdin nor stdout is the terminal, what is typed is for who
 * reads it there; but for Ctrl-C. */
static void test_keys_for_the_next_in_a_pipeline(void **state)
{
    char mark[32], payload[64];

    (void)state;
    snprintf(mark, sizeof(mark), "60.%d", (int)getpid());
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_script(
            "trap : INT; %1$s -b /bin/sh -- -c 'echo up; sleep 3' "
            "</dev/null | { read up; echo $up; sleep 1; read x </dev/tty; "
            "echo got-$x; }; echo then; "
            "%1$s -b /bin/sleep -- %2$s </dev/null >/dev/null 2>&1; "
            "echo status-$?",
            step_program(step), mark);

        expect_text(t, "up\r\n");
        usleep(200000); /* nobody else reads: the launcher could take it */
        type(t, "hello\r");
        expect_text(t, "got-hello\r\n");
        expect_text(t, "then\r\n");
        /* The payload: the launcher's own words have "--" between them. */
        snprintf(payload, sizeof(payload), "/bin/sleep %s", mark);
        wait_for_processes(payload, 1);
        double t0 = seconds();
        do { /* the first is for the payload, the second ends it */
            if (seconds() - t0 > patience(10))
                fail_msg("^C does not end it, and '%s' was seen", t->seen);
            type(t, "\003");
        } while (!text_comes(t, "status-137\r\n", 0.3));
        close_terminal(t);
    }
}

/* An interactive bash of the host, which says "host:". */
static struct terminal *open_host_shell(int step)
{
    struct terminal *t = open_script("O=%s; export O; exec bash --norc "
                                     "--noprofile -i",
                                     step_program(step));

    type(t, "PS1=host:; HOST=yes; echo be''gin\r");
    expect_text(t, "begin\r\n");
    expect_text(t, "host:");
    return t;
}

/* A shell's fg sends no signal to a job that runs. */
static void test_background_job_comes_to_the_front(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_host_shell(step);

        type(t, "$O -b /bin/bash &\r");
        expect_text(t, "host:");
        type(t, "echo at''-$HOST\r");
        expect_text(t, "at-yes\r\n");
        type(t, "fg\r");
        expect_text(t, "/bin/bash\r\n");
        wait_until(is_raw, t); /* it looks five times a second */
        type(t, "echo in''side-$$\r");
        expect_text(t, "inside-1\r\n");
        type(t, "exit 4\r");
        expect_text(t, "host:");
        type(t, "echo st''-$?\r");
        expect_text(t, "st-4\r\n");
        close_terminal(t);
    }
}

/* Neither by its number, which is 0 for every group outside, nor by reading
 * first. */
static void test_background_start_never_gets_the_terminal(void **state)
{
    (void)state;
    for (int step = 1; step <= 4; step++) {
        struct terminal *t = open_host_shell(step);

        type(t, "$O &\r");
        expect_text(t, "host:");
        type(t, "sleep 0.5\r");
        for (int i = 0; i < 3; i++) {
            type(t, "echo at''-$HOST-$((6 * 7))\r");
            expect_text(t, "at-yes-42\r\n");
        }
        /* One that never reads goes on, and ends by itself. */
        type(t, "$O -b /bin/sh -- -c 'sleep 0.3; exit 5' & wait $!; "
                "echo end''-$?\r");
        expect_text(t, "end-5\r\n");
        close_terminal(t);
    }
}

/* They are for whoever comes next, where stdin is something else. */
static void test_pasted_lines_are_not_eaten(void **state)
{
    (void)state;
    for (int step = 1; step <= 4; step++) {
        struct terminal *t = open_host_shell(step);

        type(t, "$O -b /bin/sh -- -c 'echo ru''ns; sleep 0.5' </dev/null\r"
                "echo second''-line\recho third''-line\r");
        expect_text(t, "runs\r\n");
        expect_text(t, "second-line\r\n");
        expect_text(t, "third-line\r\n");
        close_terminal(t);
    }
}

/* Process 1 does not hear of SIGHUP; the end of the terminal is its end. */
static void test_closing_the_terminal_ends_the_deaf(void **state)
{
    (void)state;
    for (int step = 1; step <= 4; step++) {
        struct terminal *t = open_script("exec %s -b /bin/sleep -- 4713.%d",
                                         step_program(step), step);
        char command[64];

        snprintf(command, sizeof(command), "4713.%d", step);
        wait_for_processes(command, 2);
        close(t->master);
        for (double t0 = seconds(); count_processes(command) > 0;
             usleep(20000))
            assert_true(seconds() - t0 < patience(10));
        wait_for_exit(t->pid);
        free(t);
    }
}

/* What the launcher tells while the terminal is in raw mode: in lines that
 * begin in the first column, also behind what the payload has left there. */
static void test_refusals_are_told_in_whole_lines(void **state)
{
    struct terminal *t = malloc(sizeof(*t));
    char script[256];

    (void)state;
    snprintf(script, sizeof(script), "%s --explain-refusals",
             step_program(4));
    open_terminal(t, script);
    type(t, "PS1=ready:; echo on''e\r");
    expect_text(t, "one\r\n");
    expect_text(t, "ready:");
    type(t, "printf 'x%.0s' y; dmesg\r");
    expect_text(t, "dmesg\r\n");
    expect_text(t, "x\r\nos_isolate: dmesg was refused syslog(10, NULL, 0) = "
                   "-1 EPERM (Operation not permitted)\r\n"
                   "    step4_seccomp/policy.txt:");
    expect_text(t, "\r\nos_isolate: dmesg was refused syslog(3, ");
    expect_text(t, "\r\n    step4_seccomp/policy.txt:");
    expect_text(t, "\r\ndmesg: ");
    expect_text(t, "ready:");
    type(t, "exit 5\r");
    assert_int_equal(wait_for_exit(t->pid), 5);
    close(t->master);
    free(t);
}

/* What is pasted after the command is the payload's, if it reads it, and else
 * the shell's. */
static void test_pasted_lines_go_to_who_reads_as_root(void **state)
{
    static const struct {
        const char *payload, *seen;
    } cases[] = {
        {"sleep 0.5", "END-one-two\r\n"},
        {"read a; read b; echo got-$b; sleep 0.5", "got-line=two\r\n"},
        /* A line that was begun is not the shell's. */
        {"read -N 6 a; echo got''-$a; sleep 0.5", "END--two\r\n"},
    };

    (void)state;
    for (int step = 3; step <= 4; step++)
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct terminal *t =
                open_script("PS1=ready: exec bash --norc --noprofile -i");
            char line[8192];

            expect_text(t, "ready:");
            snprintf(line, sizeof(line),
                     "%s -b /bin/bash -- -c '%s'\r"
                     "line=one\rother=two\recho END''-$line-$other\r",
                     step_program(step), cases[i].payload);
            if (i == 1)
                snprintf(line, sizeof(line),
                         "%s -b /bin/bash -- -c '%s'\r"
                         "line=one\rline=two\recho END''-$line-\r",
                         step_program(step), cases[i].payload);
            type(t, line);
            expect_text(t, cases[i].seen);
            if (i == 1)
                expect_text(t, "END--\r\n");
            type(t, "exit 3\r");
            assert_int_equal(wait_for_exit(t->pid), 3);
            close(t->master);
            free(t);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interactive_bash_has_job_control),
        cmocka_unit_test(test_pasted_lines_go_to_who_reads_as_root),
        cmocka_unit_test(test_two_terminals),
        cmocka_unit_test(test_caller_can_read_its_terminal_afterwards),
        cmocka_unit_test(test_payload_has_a_terminal_and_session_of_its_own),
        cmocka_unit_test(test_each_descriptor_is_replaced),
        cmocka_unit_test(test_resizing_reaches_the_payload),
        cmocka_unit_test(test_escape_three_times_kills),
        cmocka_unit_test(test_ctrl_c_ends_a_pause),
        cmocka_unit_test(test_modes_come_back_after_a_kill),
        cmocka_unit_test(test_stopping_lends_the_terminal_back),
        cmocka_unit_test(test_a_background_job_leaves_the_terminal_alone),
        cmocka_unit_test(test_no_output_is_lost),
        cmocka_unit_test(test_a_late_launcher_loses_no_output),
        cmocka_unit_test(test_closing_the_window_ends_a_shell),
        cmocka_unit_test(test_payload_that_closes_its_terminal),
        cmocka_unit_test(test_full_screen_programs_work),
        cmocka_unit_test(test_pipes_go_past_the_terminal),
        cmocka_unit_test(test_typing_into_a_pipeline),
        cmocka_unit_test(test_files_beside_the_terminal),
        cmocka_unit_test(test_keys_for_the_next_in_a_pipeline),
        cmocka_unit_test(test_background_job_comes_to_the_front),
        cmocka_unit_test(test_background_start_never_gets_the_terminal),
        cmocka_unit_test(test_pasted_lines_are_not_eaten),
        cmocka_unit_test(test_closing_the_terminal_ends_the_deaf),
        cmocka_unit_test(test_refusals_are_told_in_whole_lines),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
