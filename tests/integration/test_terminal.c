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

/* Read until TEXT has come after what the last call saw. */
static void expect_text(struct terminal *t, const char *text)
{
    struct pollfd end = {.fd = t->master, .events = POLLIN};

    for (double t0 = seconds(); seconds() - t0 < patience(10);) {
        char *at = strstr(t->seen, text);
        if (at != NULL) {
            at += strlen(text);
            memmove(t->seen, at, strlen(at) + 1);
            t->used = strlen(t->seen);
            return;
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
    fail_msg("waited for '%s' and saw '%s'", text, t->seen);
}

static void type(struct terminal *t, const char *keys)
{
    assert_int_equal(write(t->master, keys, strlen(keys)), strlen(keys));
}

static void test_interactive_bash_has_job_control(void **state)
{
    struct terminal *t = malloc(sizeof(*t));

    (void)state;
    for (int step = 1; step <= 4; step++) {
        open_terminal(t, step_program(step));
        type(t, "PS1=ready:; echo job''-$$\r");
        expect_text(t, "job-1\r\n");
        expect_text(t, "ready:");
        type(t, "sleep 60\r");
        usleep(300000);
        type(t, "\032"); /* Ctrl-Z */
        expect_text(t, "Stopped");
        type(t, "jobs; fg\r");
        expect_text(t, "Stopped");
        expect_text(t, "sleep 60");
        usleep(300000);
        type(t, "\003"); /* Ctrl-C: the job, not the shell */
        expect_text(t, "ready:");
        type(t, "echo status''-$?; exit 6\r");
        expect_text(t, "status-130");
        assert_int_equal(wait_for_exit(t->pid), 6);
        assert_null(strstr(t->seen, "no job control"));
        close(t->master);
    }
    free(t);
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

/* A shell of STEP on a terminal, which says "ready:". */
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
    int pid = 0;

    snprintf(command, sizeof(command), "pgrep -P %d -x os_isolate",
             (int)t->pid);
    FILE *pipe = popen(command, "r");
    assert_int_equal(fscanf(pipe, "%d", &pid), 1);
    pclose(pipe);
    return pid;
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
        usleep(200000);
        type(t, "\r");
        expect_text(t, "33 77\r\n");
        close_terminal(t);
    }
}

static void test_escape_three_times_kills(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_shell(step);

        type(t, "stty raw -echo; trap '' TERM INT HUP; exec sleep 100\r");
        usleep(300000);
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

static void test_modes_come_back_after_a_kill(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_shell(step);
        pid_t launcher = launcher_in(t);

        type(t, "stty raw -echo; trap '' TERM; exec sleep 100\r");
        usleep(300000);
        kill(launcher, SIGTERM);
        usleep(200000);
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
        usleep(300000);
        assert_true(is_as_it_was(t));
        kill(launcher, SIGCONT);
        usleep(300000);
        assert_true(is_raw(t));
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
        for (int i = 0; i < 50 && kill(launcher, 0) == 0; i++)
            usleep(100000);
        assert_int_equal(kill(launcher, 0), -1);
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

/* Where neither stdin nor stdout is the terminal, what is typed is for who
 * reads it there; but for Ctrl-C. */
static void test_keys_for_the_next_in_a_pipeline(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        struct terminal *t = open_script(
            "trap : INT; %1$s -b /bin/sh -- -c 'echo up; sleep 3' "
            "</dev/null | { read up; echo $up; sleep 1; read x </dev/tty; "
            "echo got-$x; }; echo then; "
            "%1$s -b /bin/sleep 60 </dev/null >/dev/null 2>&1; "
            "echo status-$?",
            step_program(step));

        expect_text(t, "up\r\n");
        usleep(200000); /* nobody else reads: the launcher could take it */
        type(t, "hello\r");
        expect_text(t, "got-hello\r\n");
        expect_text(t, "then\r\n");
        usleep(500000 * (unsigned)patience(1));
        for (int i = 0; i < 5; i++) { /* one that came too early is lost */
            type(t, "\003");
            usleep(300000);
        }
        expect_text(t, "status-137\r\n");
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
        usleep(500000); /* it looks five times a second */
        assert_true(is_raw(t));
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
        for (double t0 = seconds(); count_processes(command) < 2;
             usleep(20000))
            assert_true(seconds() - t0 < patience(10));
        close(t->master);
        for (double t0 = seconds(); count_processes(command) > 0;
             usleep(20000))
            assert_true(seconds() - t0 < patience(10));
        wait_for_exit(t->pid);
        free(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interactive_bash_has_job_control),
        cmocka_unit_test(test_caller_can_read_its_terminal_afterwards),
        cmocka_unit_test(test_payload_has_a_terminal_and_session_of_its_own),
        cmocka_unit_test(test_each_descriptor_is_replaced),
        cmocka_unit_test(test_resizing_reaches_the_payload),
        cmocka_unit_test(test_escape_three_times_kills),
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
        cmocka_unit_test(test_keys_for_the_next_in_a_pipeline),
        cmocka_unit_test(test_background_job_comes_to_the_front),
        cmocka_unit_test(test_background_start_never_gets_the_terminal),
        cmocka_unit_test(test_pasted_lines_are_not_eaten),
        cmocka_unit_test(test_closing_the_terminal_ends_the_deaf),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
