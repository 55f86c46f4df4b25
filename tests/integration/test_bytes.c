/* SPDX-License-Identifier: MIT
 *
 * Bytes, not files: in steps 3 and 4 nothing on descriptors 0-2 is an open
 * file of the host, and yet all bytes arrive.
 */
#include "cmocka_prelude.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

#define EIO_WORDS "(Input/output|I/O) error" /* glibc's, or musl's */

/* The same for both steps. */
static void expect_both(const char *script, const char *regex)
{
    for (int step = 3; step <= 4; step++)
        expect_for(step, script, regex);
}

static void test_no_descriptor_names_a_file_of_the_host(void **state)
{
    (void)state;
    expect_both("cd $T && echo in >file && : >log && "
                "ask='for fd in 0 1 2; do readlink /proc/$$/fd/$fd; done | "
                "tr -d 0-9' && "
                "$O -b /bin/bash -- -c \"$ask\" <file >log 2>err; cat log; "
                "$O -b /bin/bash -- -c \"$ask\" <file >>log 2>>log; cat log; "
                "$O -b /bin/bash -- -c \"$ask\" 0<>file 1<>log 2<>err; "
                "cat log; "
                "$O -b /bin/bash -- -c \"$ask\" </dev/null 2>/dev/full | cat",
                "^(pipe:\\[\\]\n){15}/dev/null\npipe:\\[\\]\n/dev/full\n$");
}

static void test_steps_1_and_2_hand_files_down(void **state)
{
    (void)state;
    for (int step = 1; step <= 2; step++)
        expect_for(step,
                   "cd $T && echo in >file && $O -b /bin/readlink -- "
                   "/proc/self/fd/0 <file",
                   "/file\n$");
}

/* A shell's next command would read from, or write to, what does not wait. */
static void test_flags_set_inside_are_not_the_callers(void **state)
{
    (void)state;
    need_in_image("usr/bin/perl");
    expect_both(
        "sleep 0.5 | { $O -b /usr/bin/perl -- -e 'use Fcntl; "
        "for (STDIN, STDOUT) { fcntl($_, F_SETFL, O_NONBLOCK) or die; "
        "fcntl($_, F_GETFL, 0) & O_NONBLOCK or die } "
        "print STDERR \"set\\n\"'; grep flags /proc/self/fdinfo/0 "
        ">&2; grep flags /proc/self/fdinfo/1 >&2; } 2>$T/err | cat; "
        "cat $T/err",
        /* O_LARGEFILE, which may be there, is another bit on arm64. */
        "^set\nflags:\t(0[14]000)?00\nflags:\t(0[14]000)?01\n$");
}

/* One file for both, so one pipe: the order stays. */
static void test_output_and_errors_keep_their_order(void **state)
{
    (void)state;
    expect_both("cd $T && echo before >log && $O -b /bin/bash -- -c "
                "'for i in 1 2 3 4 5; do echo out-$i; echo err-$i >&2; done' "
                ">>log 2>&1; echo after >>log; cat log; "
                "$O -b /bin/bash -- -c 'echo out; echo err >&2; echo out' "
                ">log 2>log; cat log",
                "^before\nout-1\nerr-1\nout-2\nerr-2\nout-3\nerr-3\n"
                "out-4\nerr-4\nout-5\nerr-5\nafter\nout\nerr\nout\n$");
}

/* What was appended before stays, whatever the payload does with it. (It can
 * read back its own words, before the launcher does. It must not wait for
 * them: bash's read -t does, for good, where the launcher was faster.) */
static void test_log_can_only_be_appended_to(void **state)
{
    (void)state;
    expect_both("cd $T && echo precious >log && $O -b /bin/bash -- -c "
                "'echo one; : >/dev/stdout; : >/proc/self/fd/1; echo two; "
                "exec 3</proc/self/fd/1; x=$(dd iflag=nonblock <&3); "
                "[ \"$x\" != precious ]' >>log 2>/dev/null; echo $?; cat log",
                "^0\nprecious\n(one\n)?(two\n)?$");
}

/* As homework is recorded. */
static void test_standard_streams_have_names(void **state)
{
    (void)state;
    expect_both(
        "cd $T && echo 'echo from-script; echo more >/dev/stderr' "
        ">script && $O -b /bin/bash -- /dev/stdin <script >out 2>err; "
        "echo $?; cat out err; "
        "echo text | $O -b /usr/bin/tee -- /dev/stderr >out 2>err; "
        "echo $?; cat out err; "
        "$O -b /bin/bash -- -c 'echo x >/dev/stdout; "
        "echo y >/dev/fd/2; cat /dev/stdin' <out >>out 2>>err; "
        "echo $?; cat out err",
        "^0\nfrom-script\nmore\n0\ntext\ntext\n0\ntext\nx\ntext\n"
        "(x\n)?text\ny\n$");
}

static void test_stdin_is_left_where_the_payload_stopped(void **state)
{
    (void)state;
    expect_both(
        "cd $T && seq 5 >list && "
        "while read -r l; do echo got-$l; $O -b /bin/true; done <list; "
        "{ $O -b /bin/bash -- -c 'read a; read b; echo $a+$b'; cat; } <list; "
        /* head itself reads more than a line; no byte is lost besides. */
        "seq 100000 >list; { $O -b /bin/head -- -n 1; cat; } <list | "
        "tail -n 1; "
        "{ $O -b /bin/dd -- bs=1000 count=3 2>/dev/null; cat; } <list | "
        "cmp - list && "
        /* One that closes it, that is killed, that does not run at all. */
        "{ $O -b /bin/bash -- -c 'exec <&-; sleep 0.2'; head -n 1; } <list; "
        "{ $O -b /bin/bash -- -c 'read a; kill -9 0'; head -n 1; } <list; "
        "{ $O -b /no/such 2>/dev/null; head -n 1; } <list",
        "^got-1\ngot-2\ngot-3\ngot-4\ngot-5\n1\\+2\n3\n4\n5\n100000\n"
        "1\n2\n1\n$");
}

/* Each of them, in a loop over two lists. */
static void test_two_files_are_left_where_the_payload_stopped(void **state)
{
    (void)state;
    expect_both("cd $T && seq 5 >one && seq 11 15 >two && "
                "{ $O -b /bin/bash -- -c 'read a; read -u 1 b; read -u 1 c; "
                "echo $a-$b-$c >&2' 1<&3; head -n 1; head -n 1 <&3; } "
                "<one 3<two 2>&1",
                "^1-11-12\n2\n13\n$");
}

/* A file that is open once, to be read and written. */
static void test_one_offset_for_reading_and_writing(void **state)
{
    (void)state;
    expect_both("cd $T && printf 0123456789 >file && "
                "{ $O -b /bin/bash -- -c 'read -N 3 a; printf x$a'; "
                "read rest; echo rest $rest >&2; } "
                "0<>file 1>&0 2>err; cat file; echo; cat err; "
                "printf 01234 >file && $O -b /usr/bin/printf -- ab 0<>file "
                "1>&0; cat file; echo; "
                "{ $O -b /bin/bash -- -c 'cat >/dev/null; echo end'; } "
                "0<>file 1>&0; cat file; "
                /* Two offsets of one file, and one is past the other. */
                "printf 01234 >file; $O -b /bin/bash -- -c 'read -N 1 a; "
                "printf ab' <file 1<>file; cat file",
                "^012x012789\nrest 789\nab234\nab234end\nab234$");
}

/* What one of them reads the other waits for; but both hear signals. */
static void test_launchers_that_share_a_fifo_can_be_ended(void **state)
{
    (void)state;
    expect_both("cd $T; rm -f fifo; mkfifo fifo; exec 9<>fifo; p=; "
                "for i in 1 2 3 4; do "
                "$O -b /bin/bash -- -c 'echo up >&2; cat' <fifo 2>up-$i "
                ">/dev/null 9>&- & p=\"$p $!\"; "
                "until grep -q up up-$i; do sleep 0.05; done; done; "
                "for i in $(seq 500); do echo x >&9; done; sleep 0.3; "
                "kill $p; sleep 0.3; kill $p 2>/dev/null; "
                "for q in $p; do wait $q; echo $?; done",
                "^(137\n){4}$");
}

/* One writer, and it is gone before anybody reads. */
static void test_fifo_without_a_writer_has_ended(void **state)
{
    (void)state;
    expect_both("cd $T; rm -f fifo; mkfifo fifo; echo text >fifo & "
                "exec 8<fifo; wait; $O -b /bin/cat <&8",
                "^text\n$");
}

/* More than any buffer holds, there and back. */
static void test_all_bytes_arrive(void **state)
{
    (void)state;
    expect_both("cd $T && rm -f fifo && mkfifo fifo && "
                "head -c 5000000 /dev/urandom >big && "
                "$O -b /bin/cat <big >copy && cmp big copy && "
                "$O -b /bin/cat <big | cmp - big && "
                "cat big | $O -b /bin/cat >copy && cmp big copy && "
                "{ cat <fifo >copy & $O -b /bin/cat <big >fifo; wait; "
                "cmp big copy; } && "
                "{ cat big >fifo & $O -b /bin/cat <fifo >copy; wait; "
                "cmp big copy; } && "
                "$O -b /bin/bash -- -c 'cat; cat big >&2' <big >copy 2>err; "
                "cmp big copy && echo all",
                "^all\n$");
}

/* Where the last byte is out, and not before. */
static void test_status_comes_after_the_last_byte(void **state)
{
    (void)state;
    expect_both("cd $T && rm -f fifo && mkfifo fifo && "
                "$O -b /bin/bash -- -c 'head -c 500000 /dev/zero; exit 3' "
                ">log; echo $?; wc -c <log; "
                "{ exec 3<fifo; sleep 0.5; echo late >>log; wc -c <&3; } & "
                "$O -b /bin/bash -- -c 'head -c 200000 /dev/zero; exit 4' "
                ">fifo; s=$?; echo $s-$(tail -n 1 log | tr -d '\\0'); wait",
                "^3\n500000\n(4-late\n200000|200000\n4-late)\n$");
}

/* Process 1 ignores SIGPIPE, as it does all that it does not handle: so EPIPE
 * is what it gets. Its own child dies of it. */
static void test_reader_that_goes_away_ends_the_writer(void **state)
{
    (void)state;
    expect_both("cd $T; rm -f fifo; mkfifo fifo; head -n 2 fifo & "
                "$O -b /bin/bash -- -c 'yes; exit $?' >fifo 2>err; echo $?; "
                "wait; cat err; "
                "$O -b /usr/bin/yes 2>err | head -n 1; cat err; "
                "$O -b /usr/bin/head -- -c 3 </dev/zero | wc -c",
                "^y\ny\n141\ny\n[^\n]*Broken pipe\n3\n$");
}

/* The payload's own affair: it has a /dev/full of its own. */
static void test_full_device_is_the_payloads(void **state)
{
    (void)state;
    expect_both("$O -b /bin/bash -- -c 'echo lost >&2; echo $?; exit 5' "
                "2>/dev/full; echo $?; "
                "$O -b /bin/cat </etc/passwd >/dev/full 2>/dev/null; echo $?",
                "^1\n5\n1\n$");
}

/* What the host refuses is told once, and is no success; what it took is
 * there. */
static void test_full_disk_is_told_as_root(void **state)
{
    (void)state;
    expect_both("mkdir -p $T/small && mount -t tmpfs -o size=64k small "
                "$T/small && cd $T/small && "
                "$O -b /bin/bash -- -c 'head -c 1000000 /dev/zero; exit 0' "
                ">log 2>$T/err; echo $?; wc -c <log; cat $T/err; rm log; "
                "$O -b /bin/bash -- -c 'head -c 65536 /dev/zero; exit 6' "
                ">log 2>$T/err; echo $?; wc -c <log; cat $T/err; "
                "cd / && umount $T/small",
                "^125\n65536\nos_isolate: [^\n]*descriptor 1 [^\n]*: "
                "No space left on device\n6\n65536\n$");
}

/* The memory of a process has nothing at address 0. */
static void test_input_and_output_errors_are_told(void **state)
{
    (void)state;
    expect_both("$O -b /bin/echo text >/proc/self/mem 2>$T/err; echo $?; "
                "cat $T/err; $O -b /bin/cat </proc/self/mem 2>$T/err; "
                "echo $?; cat $T/err; (ulimit -f 8; "
                "$O -b /bin/bash -- -c 'head -c 100000 /dev/zero; :' "
                ">$T/log 2>$T/err; "
                "echo $?; cat $T/err; wc -c <$T/log)",
                "^125\nos_isolate: [^\n]*descriptor 1 [^\n]*: " EIO_WORDS
                "\n125\nos_isolate: [^\n]*descriptor 0 [^\n]*: " EIO_WORDS
                "\n125\nos_isolate: [^\n]*: File too "
                "large\n4096\n$");
}

/* A reader that does not read makes it wait, but not for ever. */
static void test_stuck_reader_can_be_left(void **state)
{
    (void)state;
    expect_both(
        "cd $T; rm -f fifo; mkfifo fifo; : >err; sleep 60 <fifo & r=$!; "
        "$O -b /bin/bash -- -c 'head -c 90000 /dev/zero; echo did >&2' "
        ">fifo 2>err & l=$!; until grep -q did err && "
        "[ -z \"$(cat /proc/$l/task/$l/children)\" ]; "
        "do sleep 0.05; done; "
        "kill $l; wait $l; echo $?; cat err; kill $r",
        "^125\ndid\nos_isolate: copy what the payload printed: "
        "Interrupted system call\n$");
}

/* Whoever is told to end twice does so, reader or not. */
static void test_forced_end_does_not_wait_for_a_reader(void **state)
{
    (void)state;
    expect_both(
        "cd $T; rm -f fifo; mkfifo fifo; : >err; sleep 60 <fifo & r=$!; "
        "$O -b /bin/bash -- -c 'echo up >&2; head -c 300000 "
        "/dev/zero; sleep 60' >fifo 2>err & l=$!; "
        "until grep -q up err; do sleep 0.05; done; sleep 0.3; "
        "kill $l; sleep 0.3; kill $l; wait $l; echo $?; cat err; "
        "kill $r",
        "^137\nup\n$");
}

/* Start a step's program with a socket on descriptors 0 and 1; returns the
 * other end. */
static int start_on_socket(int step, const char *script, pid_t *pid)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0);
    fflush(stdout);
    *pid = fork();
    assert_true(*pid >= 0); /* kill(-1) would be everybody */
    if (*pid == 0) {
        dup2(ends[0], STDIN_FILENO);
        dup2(ends[0], STDOUT_FILENO);
        become_the_user();
        execl(step_program(step), "os_isolate", "-b", "/bin/bash", "--", "-c",
              script, (char *)NULL);
        _exit(99);
    }
    close(ends[0]);
    return ends[1];
}

static void test_sockets_are_relayed(void **state)
{
    (void)state;
    for (int step = 3; step <= 4; step++) {
        pid_t pid;
        int end = start_on_socket(step,
                                  "readlink /proc/$$/fd/0 /proc/$$/fd/1 | "
                                  "grep -c pipe; read a; echo got-$a; cat; "
                                  "echo end; exit 3",
                                  &pid);

        wait_for_text(end, "2\n");
        assert_int_equal(write(end, "some\nmore", 9), 9);
        wait_for_text(end, "got-some\nmore");
        shutdown(end, SHUT_WR);
        wait_for_text(end, "end\n");
        assert_int_equal(wait_for_exit(pid), 3);
        close(end);

        end = start_on_socket(step, "yes; exit $?", &pid);
        wait_for_text(end, "y\n");
        close(end);
        assert_int_equal(wait_for_exit(pid), 128 + SIGPIPE);
    }
}

/* Start a script in a step's bash, on the pipes IN and OUT. */
static pid_t start_on_pipes(int step, const char *script, int in, int out)
{
    fflush(stdout);
    pid_t pid = fork();

    assert_true(pid >= 0); /* kill(-1) would be everybody */
    if (pid == 0) {
        dup2(in, STDIN_FILENO);
        dup2(out, STDOUT_FILENO);
        become_the_user();
        execl(step_program(step), "os_isolate", "-b", "/bin/bash", "--", "-c",
              script, (char *)NULL);
        _exit(99);
    }
    return pid;
}

static void assert_as_new(int end)
{
    struct stat st;

    assert_int_equal(fstat(end, &st), 0);
    assert_int_equal(st.st_mode, S_IFIFO | S_IRUSR | S_IWUSR);
    assert_int_equal(st.st_uid, getuid());
    assert_int_equal(fcntl(end, F_GETPIPE_SZ), 65536);
}

static void open_pipe(int *ends)
{
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
}

/* Whatever the payload does with them, as far as it may. */
static void test_pipes_come_back_as_they_were(void **state)
{
    int in[2], out[2];

    (void)state;
    need_in_image("usr/bin/perl");
    for (int step = 3; step <= 4; step++) {
        open_pipe(in);
        open_pipe(out);
        pid_t pid = start_on_pipes(
            step,
            "chmod 0 /dev/stdout /dev/stdin 2>/dev/null; "
            "perl -e 'fcntl($_, 1031, 4096) or die for (STDIN, STDOUT)' && "
            "echo changed; read x",
            in[0], out[1]);
        wait_for_text(out[0], "changed\n");
        if (!rootless())
            assert_int_equal(fcntl(out[0], F_GETPIPE_SZ), 4096);
        close(in[1]);
        assert_int_equal(wait_for_exit(pid), 1);
        if (!rootless()) { /* else the pipes are not theirs */
            assert_as_new(in[0]);
            assert_as_new(out[0]);
        }
        close(in[0]);
        for (int i = 0; i < 2; i++)
            close(out[i]);
    }
}

/* Large ones and empty ones. */
static void test_datagrams_are_relayed_whole(void **state)
{
    static char large[60000];
    int ends[2], out[2];

    (void)state;
    for (int step = 3; step <= 4; step++) {
        open_pipe(out);
        assert_int_equal(
            socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
        memset(large, 'x', sizeof(large));
        assert_int_equal(send(ends[1], large, sizeof(large), 0),
                         sizeof(large));
        assert_int_equal(send(ends[1], "", 0, 0), 0);
        assert_int_equal(send(ends[1], "end\n", 4, 0), 4);
        pid_t pid = start_on_pipes(step, "head -c 60004 | tail -c 5; exit 3",
                                   ends[0], out[1]);
        wait_for_text(out[0], "xend\n");
        assert_int_equal(wait_for_exit(pid), 3);
        for (int i = 0; i < 2; i++) {
            close(ends[i]);
            close(out[i]);
        }
    }
}

/* Two sandboxes have one pipe; who begins first ends first. */
static void test_two_sandboxes_give_one_pipe_back(void **state)
{
    static const char script[] = "echo up >/dev/stdout; read x; exit 3";
    int in[2][2], out[2];
    pid_t pids[2];

    (void)state;
    for (int step = 3; step <= 4; step++) {
        open_pipe(out);
        for (int i = 0; i < 2; i++) {
            open_pipe(in[i]);
            pids[i] = start_on_pipes(step, script, in[i][0], out[1]);
            wait_for_text(out[0], "up\n");
        }
        for (int i = 0; i < 2; i++) {
            close(in[i][1]);
            assert_int_equal(wait_for_exit(pids[i]), 3);
            close(in[i][0]);
        }
        assert_as_new(out[0]);
        for (int i = 0; i < 2; i++)
            close(out[i]);
    }
}

/* In step 4 what the sandbox is to write it cannot read. */
static void test_pipes_have_one_direction_as_root(void **state)
{
    static const char ask[] =
        "{ echo text >/dev/stdout; } 2>/dev/null && echo writes >&2; "
        "{ exec 5</proc/self/fd/1; } 2>/dev/null && echo reads >&2; "
        "{ exec 5>>/proc/self/fd/0; } 2>/dev/null && echo forges >&2; "
        "{ read x </dev/stdin; } 2>/dev/null && echo got-$x >&2; :";
    char script[2048];

    (void)state;
    for (int step = 3; step <= 4; step++) {
        snprintf(
            script, sizeof(script),
            "cd $T; echo in | $O -b /bin/bash -- -c '%s' 2>err | cat; "
            "cat err; mkfifo fifo; cat <fifo & "
            "echo in >file; $O -b /bin/bash -- -c '%s' <file 2>err >fifo;"
            "wait; cat err; rm fifo",
            ask, ask);
        expect_for(step, script,
                   step == 3 ? "^(text\nwrites\nreads\nforges\ngot-in\n){2}$"
                             : "^(text\nwrites\ngot-in\n){2}$");
    }
}

/* Open in the unusual direction, and what is refused. */
static void test_strange_descriptors(void **state)
{
    (void)state;
    expect_both("cd $T && echo in >file && rm -f out && "
                "$O -b /bin/cat <file 1<file 2>/dev/null; echo $?; cat file; "
                "$O -b /bin/echo fine </proc/self/status; echo $?; "
                "$O -b /bin/bash -- -c 'echo text >&0' 0>out; cat out; "
                "$O -b /bin/true </ 2>&1; echo $?",
                "^1\nin\nfine\n0\ntext\n"
                "os_isolate: [^\n]*: Is a directory\n"
                "  descriptor 0 is open on it\n125\n$");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_descriptor_names_a_file_of_the_host),
        cmocka_unit_test(test_steps_1_and_2_hand_files_down),
        cmocka_unit_test(test_flags_set_inside_are_not_the_callers),
        cmocka_unit_test(test_output_and_errors_keep_their_order),
        cmocka_unit_test(test_log_can_only_be_appended_to),
        cmocka_unit_test(test_standard_streams_have_names),
        cmocka_unit_test(test_stdin_is_left_where_the_payload_stopped),
        cmocka_unit_test(test_two_files_are_left_where_the_payload_stopped),
        cmocka_unit_test(test_one_offset_for_reading_and_writing),
        cmocka_unit_test(test_launchers_that_share_a_fifo_can_be_ended),
        cmocka_unit_test(test_fifo_without_a_writer_has_ended),
        cmocka_unit_test(test_all_bytes_arrive),
        cmocka_unit_test(test_status_comes_after_the_last_byte),
        cmocka_unit_test(test_reader_that_goes_away_ends_the_writer),
        cmocka_unit_test(test_full_device_is_the_payloads),
        cmocka_unit_test(test_full_disk_is_told_as_root),
        cmocka_unit_test(test_input_and_output_errors_are_told),
        cmocka_unit_test(test_stuck_reader_can_be_left),
        cmocka_unit_test(test_forced_end_does_not_wait_for_a_reader),
        cmocka_unit_test(test_sockets_are_relayed),
        cmocka_unit_test(test_pipes_come_back_as_they_were),
        cmocka_unit_test(test_datagrams_are_relayed_whole),
        cmocka_unit_test(test_two_sandboxes_give_one_pipe_back),
        cmocka_unit_test(test_pipes_have_one_direction_as_root),
        cmocka_unit_test(test_strange_descriptors),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
