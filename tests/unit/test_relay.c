/* SPDX-License-Identifier: MIT
 *
 * The relay, without a sandbox: its buffers and its loop between descriptors
 * of this process, and between two terminals. The calls are real, but can be
 * told to fall short.
 */
#include "cmocka_prelude.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "common.h"
#include "plumbing/flow.h"
#include "plumbing/streams.h"

/* ---- what the calls do ------------------------------------------------ */

static size_t most;         /* bytes that a call moves; 0: no limit */
static size_t most_written; /* and for write(2) alone */
static int read_fails, write_fails, poll_fails; /* errno of the next, or 0 */
static double now;
static char told[256];
static struct sandbox box;

static int fails(int *error)
{
    errno = *error;
    *error = 0;
    return errno != 0;
}

ssize_t __real_read(int, void *, size_t);
ssize_t __wrap_read(int, void *, size_t);
ssize_t __wrap_read(int fd, void *data, size_t size)
{
    if (fails(&read_fails))
        return -1;
    return __real_read(fd, data, most != 0 && size > most ? most : size);
}

ssize_t __real_write(int, const void *, size_t);
ssize_t __wrap_write(int, const void *, size_t);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    if (fails(&write_fails))
        return -1;
    if (most_written != 0 && size > most_written)
        size = most_written;
    return __real_write(fd, data, most != 0 && size > most ? most : size);
}

int __real_poll(struct pollfd *, nfds_t, int);
int __wrap_poll(struct pollfd *, nfds_t, int);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
    if (fails(&poll_fails))
        return -1;
    /* No test waits for ever for what does not come. */
    return __real_poll(fds, n, timeout < 0 ? 5000 : timeout);
}

static int stops, callers;
static bool quiet_at_stop;

int __wrap_raise(int);
int __wrap_raise(int signo)
{
    struct termios modes;

    stops += signo == SIGSTOP;
    quiet_at_stop =
        tcgetattr(callers, &modes) < 0 || (modes.c_lflag & ECHO) == 0;
    return 0;
}

double __wrap_seconds(void);
double __wrap_seconds(void)
{
    return now;
}

void __wrap_tell(const char *, ...) __attribute__((format(printf, 1, 2)));
void __wrap_tell(const char *message, ...)
{
    va_list args;

    va_start(args, message);
    vsnprintf(told, sizeof(told), message, args);
    va_end(args);
}

_Noreturn void __wrap_die(int, const char *, ...);
_Noreturn void __wrap_die(int status, const char *message, ...)
{
    fail_msg("died with %d: %s", status, message);
    abort();
}

/* ---- one flow, between two pipes -------------------------------------- */

static int in[2], out[2];
static char data[2 * FLOW_SIZE]; /* the second half is nobody's */
static struct flow flow;

static int open_pipes(void **state)
{
    (void)state;
    most = 0;
    signal(SIGPIPE, SIG_IGN);
    flow = (struct flow){
        .data = data, .size = FLOW_SIZE, .watched = -1, .reader = -1};
    if (pipe2(in, O_NONBLOCK) < 0 || pipe2(out, O_NONBLOCK) < 0)
        return -1;
    flow.from = in[0];
    flow.to = out[1];
    flow.reader = out[0];
    return 0;
}

static int close_pipes(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
    return 0;
}

/* Bytes that tell their place. */
static void fill_with_pattern(char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 31 + i / 251);
}

static void test_flow_keeps_bytes_and_order(void **state)
{
    static const size_t limits[] = {0, 1, 3, 1000};
    static char sent[20000], came[20000];

    (void)state;
    fill_with_pattern(sent, sizeof(sent));
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        size_t n = 0;

        most = 0;
        assert_int_equal(write(in[1], sent, sizeof(sent)), sizeof(sent));
        while (n < sizeof(sent)) {
            most = limits[i];
            assert_true(run_flows(&flow, 1, NULL, 0, -1) > 0);
            most = 0;
            ssize_t got = read(out[0], came + n, sizeof(came) - n);
            n += got > 0 ? (size_t)got : 0;
        }
        assert_memory_equal(sent, came, sizeof(sent));
        assert_int_equal(flow.have, 0);
        assert_int_equal(flow.error, 0);
        assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 0);
    }
}

/* It reads no more than it has room for, and goes on when there is some. */
static void test_flow_that_is_full_waits(void **state)
{
    static char block[65536];
    long total = 0, came = 0;
    ssize_t n;

    (void)state;
    while ((n = write(out[1], block, sizeof(block))) > 0)
        total += n;
    assert_int_equal(write(in[1], block, 10), 10);
    assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
    assert_int_equal(flow.have, 10);
    memset(block, 'x', sizeof(block));
    while (write(in[1], block, 4096) > 0)
        ;
    assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
    assert_int_equal(flow.have, FLOW_SIZE);
    assert_int_equal(data[FLOW_SIZE - 1], 'x');
    assert_int_equal(data[FLOW_SIZE], 0);
    /* Full at both ends: nothing is ready, so nobody spins. */
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 0);
    assert_int_equal(flow.error, 0);
    while ((n = read(out[0], block, sizeof(block))) > 0)
        came += n;
    assert_int_equal(came, total);
    for (int i = 0; i < 2; i++) /* now written, and then read anew */
        assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
    assert_int_equal(flow.have, FLOW_SIZE);
    assert_int_equal(read(out[0], block, sizeof(block)), FLOW_SIZE);
}

static void test_flow_ends_after_its_last_byte(void **state)
{
    char seen[8];

    (void)state;
    assert_int_equal(write(in[1], "last", 4), 4);
    close(in[1]);
    for (int i = 0; i < 3 && !flow.at_end; i++)
        assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
    assert_true(flow.at_end);
    while (flow.have > 0)
        assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
    assert_int_equal(read(out[0], seen, sizeof(seen)), 4);
    /* The pipe tells of its hang-up for ever; nobody asks again. */
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 0);
    assert_int_equal(flow.error, 0);
}

static void test_flow_notes_a_reader_that_is_gone(void **state)
{
    (void)state;
    close(out[0]);
    assert_int_equal(write(in[1], "x", 1), 1);
    assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
    assert_int_equal(flow.error, 0);
    assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
    assert_int_equal(flow.error, EPIPE);
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 0);
}

static void test_flow_goes_on_after_an_interruption(void **state)
{
    static const int errors[] = {EINTR, EAGAIN};
    char seen[8];

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(write(in[1], "abc", 3), 3);
        read_fails = errors[i];
        assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
        assert_int_equal(flow.have, 0);
        assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
        assert_int_equal(flow.have, 3);
        assert_int_equal(flow.got, 3);
        write_fails = errors[i];
        assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
        assert_int_equal(flow.have, 3);
        assert_int_equal(flow.error, 0);
        assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
        assert_int_equal(read(out[0], seen, sizeof(seen)), 3);
    }
    read_fails = EIO;
    assert_int_equal(write(in[1], "abc", 3), 3);
    assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
    assert_int_equal(flow.error, EIO);
}

/* poll(2) then says nothing of any descriptor. */
static void test_loop_survives_a_poll_that_fails(void **state)
{
    struct pollfd other = {.fd = in[0], .events = POLLIN, .revents = POLLIN};

    (void)state;
    poll_fails = EINTR;
    assert_int_equal(run_flows(&flow, 1, &other, 1, -1), -1);
    assert_int_equal(other.revents, 0);
    assert_int_equal(write(in[1], "x", 1), 1);
    assert_int_equal(run_flows(&flow, 1, &other, 1, -1), 2);
    assert_int_equal(other.revents, POLLIN);
}

static void test_stopped_flow_touches_nothing(void **state)
{
    (void)state;
    assert_int_equal(write(in[1], "x", 1), 1);
    stop_flow(&flow);
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 0);
    assert_int_equal(flow.have, 0);
}

/* ---- files and sockets ------------------------------------------------- */

/* A file that has no name, of SIZE bytes with a pattern. */
static int file_of(size_t size)
{
    static char bytes[300000];
    int fd = memfd_create("file", MFD_CLOEXEC);

    fill_with_pattern(bytes, size);
    assert_int_equal(__real_write(fd, bytes, size), size);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* A file is read as far as the pipe takes it; what the payload does not read
 * is given back, to the byte. */
static void test_file_is_left_where_reading_stopped(void **state)
{
    static const size_t limits[] = {0, 1, 100};
    static char bytes[300000], expected[300000];
    int file = file_of(sizeof(bytes));

    (void)state;
    fill_with_pattern(expected, sizeof(expected));
    flow.kind = FROM_FILE;
    flow.from = file;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        size_t n = 0;

        most = limits[i];
        while (n < 100001 + i) {
            run_flows(&flow, 1, NULL, 0, 0);
            ssize_t got = __real_read(out[0], bytes + n, 100001 + i - n);
            n += got > 0 ? (size_t)got : 0;
        }
        assert_memory_equal(bytes, expected, n);
        assert_int_equal(give_back(&flow), 0);
        assert_int_equal(lseek(file, 0, SEEK_CUR), n);
        while (__real_read(out[0], bytes, sizeof(bytes)) > 0)
            ;
        flow.sent = 0;
        lseek(file, 0, SEEK_SET);
    }
    close(file);
}

/* The pipe may take less than it seemed to have room for. */
static void test_file_goes_back_where_a_write_falls_short(void **state)
{
    int file = file_of(100000);

    (void)state;
    flow.kind = FROM_FILE;
    flow.from = file;
    most_written = 1000;
    for (int i = 1; i < 5; i++) {
        assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 1);
        assert_int_equal(lseek(file, 0, SEEK_CUR), 1000 * i);
    }
    write_fails = EAGAIN;
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 1);
    assert_int_equal(lseek(file, 0, SEEK_CUR), 4000);
    assert_int_equal(flow.error, 0);
    most_written = 0;
    close(file);
}

/* Nobody reads: it stops, waits for room, and has read little. */
static void test_file_waits_for_the_pipe(void **state)
{
    int file = file_of(300000);

    (void)state;
    flow.kind = FROM_FILE;
    flow.from = file;
    for (int i = 0; i < 50 && run_flows(&flow, 1, NULL, 0, 0) > 0; i++)
        ;
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 0);
    assert_int_equal(lseek(file, 0, SEEK_CUR), flow.sent);
    assert_in_range(flow.sent, 4096, 65536);
    close(file);
}

/* The payload can write into its own pipe, and so pretend that much was not
 * read. */
static void test_no_more_is_given_back_than_was_sent(void **state)
{
    int file = file_of(100);
    static char bytes[5000];

    (void)state;
    flow.kind = FROM_FILE;
    flow.from = file;
    lseek(file, 50, SEEK_SET);
    for (int i = 0; i < 2; i++)
        run_flows(&flow, 1, NULL, 0, 0);
    assert_true(flow.at_end);
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 0);
    assert_int_equal(__real_write(out[1], bytes, 5000), 5000);
    assert_int_equal(give_back(&flow), 0);
    assert_int_equal(lseek(file, 0, SEEK_CUR), 50);
    close(file);
}

/* A file by its type need be none: what its first bytes tell decides. */
static void test_first_bytes_tell_what_is_a_file(void **state)
{
    int file = file_of(100), zero = open("/dev/zero", O_RDONLY);
    char seen[FLOW_SIZE];

    (void)state;
    flow.kind = UNTRIED;
    flow.from = file;
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 1);
    assert_int_equal(flow.kind, FROM_FILE);
    assert_int_equal(lseek(file, 0, SEEK_CUR), 0);
    run_flows(&flow, 1, NULL, 0, 0);
    assert_int_equal(flow.sent, 100);
    assert_int_equal(flow.reader, out[0]);
    assert_int_equal(__real_read(out[0], seen, sizeof(seen)), 100);
    /* Its offset is always 0; the reader is none that we need. */
    flow.kind = UNTRIED;
    flow.from = zero;
    flow.reader = dup(out[0]);
    most = 7;
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 1);
    assert_int_equal(flow.kind, BUFFERED);
    assert_int_equal(flow.have, 7);
    assert_int_equal(flow.reader, -1);
    run_flows(&flow, 1, NULL, 0, 0);
    assert_int_equal(__real_read(out[0], seen, sizeof(seen)), 7);
    /* One that gives nothing yet is not asked again and again. */
    flow.kind = UNTRIED;
    flow.from = in[0];
    flow.have = 0;
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 0);
    close(file);
    close(zero);
}

/* One that waits for readers' sake, opened anew: the caller's descriptor
 * knows that all writers have left. */
static void test_another_descriptor_may_know_of_the_end(void **state)
{
    char path[32];

    (void)state;
    assert_int_equal(write(in[1], "last", 4), 4);
    close(in[1]);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", in[0]);
    flow.watched = in[0];
    flow.from = open(path, O_RDONLY | O_NONBLOCK);
    for (int i = 0; i < 3 && !flow.at_end; i++)
        assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
    assert_true(flow.at_end);
    close(flow.from);
}

static void test_file_takes_all_in_one_turn(void **state)
{
    static char bytes[50000], seen[50000];
    int file = file_of(0);

    (void)state;
    fill_with_pattern(bytes, sizeof(bytes));
    flow.kind = TO_FILE;
    flow.to = file;
    assert_int_equal(write(in[1], bytes, sizeof(bytes)), sizeof(bytes));
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 1);
    assert_int_equal(pread(file, seen, sizeof(seen), 0), sizeof(seen));
    assert_memory_equal(seen, bytes, sizeof(bytes));
    most = 7; /* it writes on, until all is out */
    assert_int_equal(write(in[1], bytes, 7), 7);
    write_fails = EINTR;
    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 1);
    assert_int_equal(flow.error, 0);
    assert_int_equal(lseek(file, 0, SEEK_CUR), sizeof(seen) + 7);
    assert_int_equal(write(in[1], bytes, 7), 7);
    write_fails = ENOSPC;
    run_flows(&flow, 1, NULL, 0, 0);
    assert_int_equal(flow.error, ENOSPC);
    close(file);
}

/* A blocking one, as the caller's is. */
static void test_sockets_are_not_waited_for(void **state)
{
    int ends[2];
    static char bytes[4096];
    ssize_t n;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    flow.to = ends[0];
    assert_int_equal(write(in[1], "hello", 5), 5);
    for (int i = 0; i < 2; i++)
        assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0);
    assert_int_equal(__real_read(ends[1], bytes, sizeof(bytes)), 5);
    while ((n = send(ends[0], bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
        ;
    assert_int_equal(write(in[1], "hello", 5), 5);
    for (int i = 0; i < 3; i++)
        run_flows(&flow, 1, NULL, 0, 0);
    assert_int_equal(flow.have, 5);
    close(ends[1]);
    for (int i = 0; i < 2; i++)
        run_flows(&flow, 1, NULL, 0, 0);
    assert_int_equal(flow.error, EPIPE);
    close(ends[0]);
}

/* Of one open file that is read and written: it has one offset, and the
 * read-ahead is not the payload's. */
static void test_writing_goes_where_reading_stopped(void **state)
{
    char seen[16] = "";
    int file = memfd_create("file", MFD_CLOEXEC);
    struct flow flows[2] = {flow, flow};

    (void)state;
    assert_int_equal(__real_write(file, "0123456789", 10), 10);
    lseek(file, 0, SEEK_SET);
    flows[0].kind = FROM_FILE;
    flows[0].from = file;
    flows[1].kind = TO_FILE;
    flows[1].from = in[0];
    flows[1].to = file;
    flows[1].source = &flows[0];
    for (int i = 0; i < 2; i++)
        run_flows(flows, 2, NULL, 0, 0);
    assert_true(flows[0].at_end);
    assert_int_equal(__real_read(out[0], seen, 3), 3);
    assert_int_equal(__real_write(in[1], "ab", 2), 2);
    run_flows(flows, 2, NULL, 0, 0);
    assert_int_equal(pread(file, seen, 10, 0), 10);
    assert_string_equal(seen, "012ab56789");
    /* What was written over is not read, and the rest is. */
    assert_int_equal(__real_read(out[0], seen, 2), 2);
    assert_memory_equal(seen, "56", 2);
    assert_int_equal(__real_write(in[1], "cdefg", 5), 5);
    run_flows(flows, 2, NULL, 0, 0);
    assert_int_equal(pread(file, seen, 12, 0), 12);
    assert_memory_equal(seen, "012ab56cdefg", 12);
    assert_int_equal(__real_read(out[0], seen, 2), -1);
    assert_int_equal(give_back(&flows[0]), 0);
    assert_int_equal(lseek(file, 0, SEEK_CUR), 12);
    close(file);
}

static void expect_turn(const char *text)
{
    char seen[FLOW_SIZE + 1] = "";

    assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 1); /* read */
    if (text[0] != '\0') {
        assert_true(run_flows(&flow, 1, NULL, 0, 0) > 0); /* write */
        assert_true(__real_read(out[0], seen, FLOW_SIZE) > 0);
    }
    assert_string_equal(seen, text);
    assert_int_equal(flow.error, 0);
    assert_int_equal(data[FLOW_SIZE], 0);
}

/* An empty one is not the end; one that is too large is not cut in silence.
 */
static void test_datagrams_come_whole(void **state)
{
    static const int types[] = {SOCK_DGRAM, SOCK_SEQPACKET};
    static char large[FLOW_SIZE + 1];
    int ends[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(socketpair(AF_UNIX, types[i], 0, ends), 0);
        memset(large, 'x', FLOW_SIZE);
        flow.kind = DATAGRAMS;
        flow.from = ends[0];
        send(ends[1], "one", 3, 0);
        send(ends[1], "", 0, 0);
        send(ends[1], large, FLOW_SIZE, 0);
        expect_turn("one");
        expect_turn("");
        expect_turn(large);
        assert_false(flow.at_end);
        assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 0);
        send(ends[1], "", 0, 0);
        send(ends[1], "last", 4, 0);
        if (types[i] == SOCK_SEQPACKET)
            close(ends[1]);
        expect_turn("");
        assert_false(flow.at_end);
        expect_turn("last");
        if (types[i] == SOCK_DGRAM) /* poll(2) then says "ready" for ever */
            shutdown(ends[0], SHUT_RD);
        expect_turn("");
        assert_true(flow.at_end);
        assert_int_equal(run_flows(&flow, 1, NULL, 0, 0), 0);
        close(ends[0]);
        flow.at_end = false;
    }
    close(ends[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    flow.from = ends[0];
    send(ends[1], large, sizeof(large), 0);
    run_flows(&flow, 1, NULL, 0, 0);
    assert_int_equal(flow.error, EMSGSIZE);
    close(ends[0]);
    close(ends[1]);
}

/* ---- what is decided for descriptors 0-2 --------------------------------
 */

static unsigned first_id;

/* Decide for FILE on descriptor FD. */
static int decide_for(int file, int fd)
{
    int kept[3], result;

    fflush(stdout);
    box = (struct sandbox){.pty = {-1, -1}, .first_id = first_id};
    for (int i = 0; i < 3; i++) {
        int null = open("/dev/null", O_RDWR);
        kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
        dup2(i == fd ? file : null, i);
        close(null);
    }
    result = open_streams(&box);
    int error = errno;
    for (int i = 0; i < 3; i++) {
        dup2(kept[i], i);
        close(kept[i]);
    }
    errno = error;
    return result;
}

static void test_streams_by_kind(void **state)
{
    static const struct {
        const char *path;
        int flags, fd, kind;
        bool is_input;
    } cases[] = {
        {"/dev/null", O_RDONLY, 0, DEVICE, true},
        {"/dev/full", O_WRONLY, 2, DEVICE, false},
        {"/dev/zero", O_RDWR, 0, DEVICE, true},
        {"/etc/passwd", O_RDONLY, 0, RELAYED, true},
        {"/etc/passwd", O_RDONLY, 1, RELAYED, true},
        {"/dev/ptmx", O_RDWR | O_NOCTTY, 0, TERMINAL, true},
        {"/proc/self/comm", O_RDWR, 0, RELAYED, true},
        {"/proc/self/comm", O_RDWR, 1, RELAYED, false},
        {"/proc/self/comm", O_WRONLY, 0, RELAYED, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int file = open(cases[i].path, cases[i].flags);
        const struct stream *stream = &box.own[cases[i].fd];

        assert_true(file >= 0);
        assert_int_equal(decide_for(file, cases[i].fd), 0);
        assert_int_equal(stream->kind, cases[i].kind);
        assert_int_equal(stream->is_input, cases[i].is_input);
        if (stream->kind == DEVICE)
            assert_string_equal(stream->device, cases[i].path);
        if (stream->kind == RELAYED) { /* only the launcher must not wait */
            assert_true(fcntl(stream->ours, F_GETFL) & O_NONBLOCK);
            assert_false(fcntl(stream->inside, F_GETFL) & O_NONBLOCK);
            close(stream->ours);
            close(stream->inside);
        }
        close(file);
    }
    int directory = open("/", O_RDONLY), name = open("/etc/passwd", O_PATH);
    assert_int_equal(decide_for(directory, 0), -1);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(decide_for(name, 0), -1);
    assert_int_equal(errno, EBADF);
    close(directory);
    close(name);
}

static mode_t mode_of(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    return st.st_mode & 07777;
}

/* Where the sandbox has users of its own, and only there. */
static void test_pipes_are_open_to_others_in_one_direction(void **state)
{
    static const struct {
        unsigned first_id;
        mode_t in, out, relayed;
    } cases[] = {{0, 0600, 0600, 0600}, {0x70000000, 0604, 0602, 0604}};

    (void)state;
    for (int i = 0; i < 2; i++) {
        int file = open("/etc/passwd", O_RDONLY);

        first_id = cases[i].first_id;
        assert_int_equal(decide_for(in[0], 0), 0);
        close(box.own[0].inside);
        assert_int_equal(decide_for(out[1], 1), 0);
        close(box.own[1].inside);
        assert_int_equal(mode_of(in[0]), cases[i].in);
        assert_int_equal(mode_of(out[1]), cases[i].out);
        assert_int_equal(decide_for(file, 0), 0);
        assert_int_equal(mode_of(box.own[0].inside), cases[i].relayed);
        close(box.own[0].inside);
        close(box.own[0].ours);
        close(file);
    }
    first_id = 0;
}

/* As they were; but what another sandbox has left is none of the caller's. */
static void test_pipes_are_given_back(void **state)
{
    static const struct {
        mode_t found, left, given;
        int found_size, left_size, given_size;
    } cases[] = {
        {0600, 0600, 0600, 65536, 65536, 65536},
        {0600, 0000, 0600, 65536, 4096, 65536},
        {0600, 0602, 0600, 1 << 20, 4096, 1 << 20},
        {0602, 0602, 0602, 4096, 4096, 4096},
        {0602, 0600, 0600, 4096, 65536, 65536},
        {0620, 0600, 0620, 65536, 1 << 20, 65536},
        {0000, 0666, 0600, 65536, 65536, 65536},
        {0000, 0000, 0000, 65536, 65536, 65536},
    };
    int kept = dup(1);

    (void)state;
    fflush(stdout);
    dup2(out[1], 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        box = (struct sandbox){.own[1] = {.kind = PIPE,
                                          .mode = S_IFIFO | cases[i].found,
                                          .size = cases[i].found_size}};
        fchmod(1, cases[i].left);
        fcntl(1, F_SETPIPE_SZ, cases[i].left_size);
        give_pipes_back(&box);
        assert_int_equal(mode_of(out[0]), cases[i].given);
        assert_int_equal(fcntl(out[0], F_GETPIPE_SZ), cases[i].given_size);
    }
    dup2(kept, 1);
    close(kept);
}

/* They would take no byte, and never say so. */
static void test_what_holds_no_bytes_is_refused(void **state)
{
    int events = eventfd(0, EFD_CLOEXEC);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(decide_for(listener, 1), 0);
    close(box.own[1].ours);
    close(box.own[1].inside);
    assert_int_equal(
        bind(listener, &(struct sockaddr){AF_UNIX, ""}, sizeof(sa_family_t)),
        0);
    assert_int_equal(listen(listener, 1), 0);
    for (int fd = 0; fd < 3; fd++) {
        assert_int_equal(decide_for(listener, fd), -1);
        assert_int_equal(errno, EINVAL);
        assert_int_equal(decide_for(events, fd), -1);
        assert_int_equal(errno, EINVAL);
    }
    close(events);
    close(listener);
}

/* The sandbox has one terminal; another gets the bytes. */
static void test_second_terminal_is_relayed(void **state)
{
    int first[2], second[2], kept[3];

    (void)state;
    assert_int_equal(openpty(&first[0], &first[1], NULL, NULL, NULL), 0);
    assert_int_equal(openpty(&second[0], &second[1], NULL, NULL, NULL), 0);
    fflush(stdout);
    for (int i = 0; i < 3; i++) {
        kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
        dup2(i == 1 ? second[1] : first[1], i);
    }
    box = (struct sandbox){.pty = {-1, -1}};
    int result = open_streams(&box);
    for (int i = 0; i < 3; i++) {
        dup2(kept[i], i);
        close(kept[i]);
    }
    assert_int_equal(result, 0);
    assert_int_equal(box.own[0].kind, TERMINAL);
    assert_int_equal(box.own[1].kind, RELAYED);
    assert_int_equal(box.own[2].kind, TERMINAL);
    assert_true(box.own[1].may_wait);
    close(box.own[1].inside);
    close(box.own[1].ours);
    for (int i = 0; i < 2; i++) {
        close(first[i]);
        close(second[i]);
    }
}

/* What the payload sets on its own is not set on the caller's. */
static void test_anonymous_pipe_is_opened_anew(void **state)
{
    (void)state;
    fcntl(out[1], F_SETFL, O_WRONLY);
    assert_int_equal(decide_for(out[1], 1), 0);
    int inside = box.own[1].inside;
    assert_int_equal(box.own[1].kind, PIPE);
    fcntl(inside, F_SETFL, O_NONBLOCK);
    assert_int_equal(fcntl(out[1], F_GETFL) & O_NONBLOCK, 0);
    assert_int_equal(__real_write(inside, "x", 1), 1);
    assert_int_equal(__real_read(out[0], data, 1), 1);
    close(inside);
}

/* ---- the loop, between two terminals ----------------------------------- */

/* The caller's: what a person has before them, and CALLERS, which the
 * launcher opens. The payload's: the pty that process 1 sends, and what the
 * payload has. */
static int person, master, slave, signals[2];

static void open_raw_pty(int *outer, int *inner)
{
    struct termios modes;

    assert_int_equal(openpty(outer, inner, NULL, NULL, NULL), 0);
    tcgetattr(*inner, &modes);
    cfmakeraw(&modes);
    tcsetattr(*inner, TCSANOW, &modes);
}

/* As process 1 does, see inside.c. */
static void send_pty(int socket, int *pty)
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control = {.header = {.cmsg_len = CMSG_LEN(2 * sizeof(int)),
                            .cmsg_level = SOL_SOCKET,
                            .cmsg_type = SCM_RIGHTS}};
    struct iovec byte = {.iov_base = "", .iov_len = 1};
    struct msghdr message = {.msg_iov = &byte,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};

    memcpy(CMSG_DATA(&control.header), pty, 2 * sizeof(int));
    assert_int_equal(sendmsg(socket, &message, 0), 1);
}

/* Is CALLERS without echo? */
static bool is_quiet(void)
{
    struct termios modes;

    assert_int_equal(tcgetattr(callers, &modes), 0);
    return (modes.c_lflag & ECHO) == 0;
}

/* Stdin is the caller's terminal, and process 1 has sent its pty. */
static int open_terminals(void **state)
{
    int pty[2];

    (void)state;
    most = 0;
    now = 1000;
    told[0] = '\0';
    box = (struct sandbox){.pty = {-1, -1},
                           .own = {{.kind = TERMINAL}, {.kind = TERMINAL}}};
    assert_int_equal(pipe(signals), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, box.channel), 0);
    assert_int_equal(openpty(&person, &callers, NULL, NULL, NULL), 0);
    open_raw_pty(&master, &slave);
    assert_int_equal(dup2(callers, STDIN_FILENO), STDIN_FILENO);
    start_relay(&box);
    pty[MASTER] = master;
    pty[SLAVE] = slave;
    send_pty(box.channel[CHILD], pty);
    assert_false(relay_once(&box, signals[0], -1));
    assert_true(box.pty[MASTER] >= 0);
    close(master);
    return 0;
}

/* And has become the payload. */
static int begin_payload(void **state)
{
    open_terminals(state);
    close(box.channel[CHILD]);
    assert_false(relay_once(&box, signals[0], -1));
    assert_true(is_quiet());
    return 0;
}

static int close_terminals(void **state)
{
    (void)state;
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    close(null);
    close(person);
    close(callers);
    close(slave);
    close(signals[0]);
    close(signals[1]);
    close(box.channel[LAUNCHER]);
    for (int i = 0; i < 2; i++)
        close(box.pty[i]);
    return 0;
}

/* Let the relay work until TEXT has come out of FD. */
static void expect(int fd, const char *text)
{
    char seen[256] = "";
    struct pollfd end = {.fd = fd, .events = POLLIN};
    size_t used = 0;

    for (int i = 0; i < 200 && used < strlen(text); i++) {
        relay_once(&box, signals[0], 10);
        if (__real_poll(&end, 1, 0) > 0) {
            ssize_t n = __real_read(fd, seen + used, sizeof(seen) - 1 - used);
            used += n > 0 ? (size_t)n : 0;
        }
    }
    assert_string_equal(seen, text);
}

static void type(const char *keys)
{
    assert_int_equal(__real_write(person, keys, strlen(keys)), strlen(keys));
}

static void test_keys_and_screen_are_copied(void **state)
{
    static const size_t limits[] = {0, 1, 2};

    (void)state;
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        most = limits[i];
        type("some keys");
        expect(slave, "some keys");
        assert_int_equal(__real_write(slave, "an answer", 9), 9);
        expect(person, "an answer");
    }
    assert_true(type_key(&box, 'k'));
    expect(slave, "k");
}

/* `os_isolate </dev/null | less`: they are for less. */
static void test_keys_stay_where_stdin_is_no_terminal(void **state)
{
    char seen[8];

    (void)state;
    box.own[STDIN_FILENO].kind = DEVICE;
    type("mine");
    for (int i = 0; i < 5; i++)
        relay_once(&box, signals[0], 10);
    assert_int_equal(__real_read(callers, seen, sizeof(seen)), 4);
    assert_int_equal(__real_write(slave, "out", 3), 3);
    expect(person, "out");
}

/* What it prints before is seen; the keys are not yet its, nor Ctrl-C. */
static void test_keys_wait_for_the_payload(void **state)
{
    struct termios modes;

    (void)state;
    assert_int_equal(tcgetattr(callers, &modes), 0);
    assert_true((modes.c_lflag & ISIG) && !(modes.c_lflag & ECHO));
    type("early");
    assert_int_equal(__real_write(slave, "error", 5), 5);
    expect(person, "error");
    struct pollfd arrived = {.fd = slave, .events = POLLIN};
    assert_int_equal(__real_poll(&arrived, 1, 0), 0);
    close(box.channel[CHILD]);
    expect(slave, "early");
    assert_int_equal(tcgetattr(callers, &modes), 0);
    assert_false(modes.c_lflag & ISIG);
}

static void test_signals_are_told(void **state)
{
    (void)state;
    assert_false(relay_once(&box, signals[0], 0));
    assert_int_equal(__real_write(signals[1], "s", 1), 1);
    assert_true(relay_once(&box, signals[0], -1));
}

static void test_three_escapes_within_a_second(void **state)
{
    (void)state;
    most = 1; /* they come one by one */
    type("\035\035");
    expect(slave, "\035\035");
    now += 1.5;
    type("\035x\035\035");
    expect(slave, "\035x\035\035");
    assert_true(box.end_by == 0);
    type("\035");
    expect(slave, "\035");
    assert_true(box.end_by == now);
}

static void test_hang_up_closes_the_payloads_terminal(void **state)
{
    char byte;

    (void)state;
    close(person);
    relay_once(&box, signals[0], -1);
    assert_true(box.end_by == now + 2);
    assert_int_equal(box.pty[MASTER], -1);
    assert_false(type_key(&box, 'k'));
    assert_int_equal(__real_read(slave, &byte, 1), 0);
    /* From now on it waits for signals alone, and does not spin. */
    double end = box.end_by;
    now += 1;
    assert_false(relay_once(&box, signals[0], 0));
    assert_true(box.end_by == end);
    assert_true(finish_relay(&box, signals[0]));
}

/* More than all buffers hold: some of it waits in each. */
static void test_finish_copies_the_last_byte(void **state)
{
    static char block[3000], seen[8192];
    size_t used = 0;

    (void)state;
    fill_with_pattern(block, sizeof(block));
    assert_int_equal(__real_write(slave, block, sizeof(block)),
                     sizeof(block));
    most = 700;
    assert_true(finish_relay(&box, signals[0]));
    assert_false(is_quiet());
    struct pollfd end = {.fd = person, .events = POLLIN};
    while (used < sizeof(block) && __real_poll(&end, 1, 1000) > 0) {
        ssize_t n = __real_read(person, seen + used, sizeof(seen) - used);
        assert_true(n > 0);
        used += (size_t)n;
    }
    assert_int_equal(used, sizeof(block));
    assert_memory_equal(seen, block, sizeof(block));
}

static void test_finish_tells_of_an_error(void **state)
{
    (void)state;
    assert_int_equal(__real_write(slave, "x", 1), 1);
    write_fails = ENOSPC;
    assert_false(finish_relay(&box, signals[0]));
    assert_non_null(strstr(told, strerror(ENOSPC)));
}

/* As after Ctrl-S. */
static void test_finish_by_force_does_not_wait_for_ever(void **state)
{
    (void)state;
    assert_int_equal(tcflow(callers, TCOOFF), 0);
    assert_int_equal(__real_write(slave, "x", 1), 1);
    box.end_by = 1;
    assert_true(finish_relay(&box, signals[0]));
    assert_string_equal(told, "");
}

static void test_finish_waits_until_it_is_told_to_end(void **state)
{
    struct signalfd_siginfo term = {.ssi_signo = SIGTERM};

    (void)state;
    assert_int_equal(tcflow(callers, TCOOFF), 0);
    assert_int_equal(__real_write(slave, "x", 1), 1);
    assert_int_equal(__real_write(signals[1], &term, sizeof(term)),
                     sizeof(term));
    assert_false(finish_relay(&box, signals[0]));
    assert_non_null(strstr(told, strerror(EINTR)));
}

/* Ctrl-Z, and fg: the modes are the caller's in between. */
static void test_finish_can_be_stopped(void **state)
{
    static const int signos[] = {SIGTSTP, SIGCONT, SIGTERM};

    (void)state;
    stops = 0;
    assert_int_equal(tcflow(callers, TCOOFF), 0);
    assert_int_equal(__real_write(slave, "x", 1), 1);
    for (int i = 0; i < 3; i++) {
        struct signalfd_siginfo info = {.ssi_signo = (uint32_t)signos[i]};
        assert_int_equal(__real_write(signals[1], &info, sizeof(info)),
                         sizeof(info));
    }
    assert_false(finish_relay(&box, signals[0]));
    assert_int_equal(stops, 1);
    assert_false(quiet_at_stop);
    assert_false(is_quiet());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define FLOW_TEST(name)                                                      \
    cmocka_unit_test_setup_teardown(name, open_pipes, close_pipes)
        FLOW_TEST(test_flow_keeps_bytes_and_order),
        FLOW_TEST(test_flow_that_is_full_waits),
        FLOW_TEST(test_flow_ends_after_its_last_byte),
        FLOW_TEST(test_flow_notes_a_reader_that_is_gone),
        FLOW_TEST(test_flow_goes_on_after_an_interruption),
        FLOW_TEST(test_loop_survives_a_poll_that_fails),
        FLOW_TEST(test_stopped_flow_touches_nothing),
        FLOW_TEST(test_file_is_left_where_reading_stopped),
        FLOW_TEST(test_file_goes_back_where_a_write_falls_short),
        FLOW_TEST(test_file_waits_for_the_pipe),
        FLOW_TEST(test_no_more_is_given_back_than_was_sent),
        FLOW_TEST(test_first_bytes_tell_what_is_a_file),
        FLOW_TEST(test_another_descriptor_may_know_of_the_end),
        FLOW_TEST(test_file_takes_all_in_one_turn),
        FLOW_TEST(test_sockets_are_not_waited_for),
        FLOW_TEST(test_writing_goes_where_reading_stopped),
        FLOW_TEST(test_datagrams_come_whole),
        FLOW_TEST(test_streams_by_kind),
        FLOW_TEST(test_second_terminal_is_relayed),
        FLOW_TEST(test_what_holds_no_bytes_is_refused),
        FLOW_TEST(test_pipes_are_open_to_others_in_one_direction),
        FLOW_TEST(test_pipes_are_given_back),
        FLOW_TEST(test_anonymous_pipe_is_opened_anew),
        cmocka_unit_test_setup_teardown(test_keys_wait_for_the_payload,
                                        open_terminals, close_terminals),
#define LOOP_TEST(name)                                                      \
    cmocka_unit_test_setup_teardown(name, begin_payload, close_terminals)
        LOOP_TEST(test_keys_and_screen_are_copied),
        LOOP_TEST(test_keys_stay_where_stdin_is_no_terminal),
        LOOP_TEST(test_signals_are_told),
        LOOP_TEST(test_three_escapes_within_a_second),
        LOOP_TEST(test_hang_up_closes_the_payloads_terminal),
        LOOP_TEST(test_finish_copies_the_last_byte),
        LOOP_TEST(test_finish_tells_of_an_error),
        LOOP_TEST(test_finish_by_force_does_not_wait_for_ever),
        LOOP_TEST(test_finish_waits_until_it_is_told_to_end),
        LOOP_TEST(test_finish_can_be_stopped),
    };

    return RUN_TESTS(tests, NULL);
}
