/* SPDX-License-Identifier: MIT
 *
 * --explain-refusals, both sides. tools/policy made the filters, whose
 * answers have the number of a reason in their lower half, and the table of
 * reasons. The kernel does not look at that half; the launcher runs the same
 * filter once more, and finds it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "plumbing/strace.h"
#include "plumbing/streams.h"
#include "refused.h"
#include "run_bpf.h"

/* For headers before those of Linux 5.19. */
enum { WAIT_KILLABLE = 1 << 5 };

enum { N_ARGS = 6 };

/* Texts, as in strace.h: of pointers there would be a thousand. */
enum { MAX_FILE = 32, MAX_WHY = 128, MAX_KINDS = 8 };

/* Which line of a text refuses; 0 and less: none, but the text. */
struct refusal {
    char file[MAX_FILE];
    int line, error;
    char why[MAX_WHY];
};

/* The name of a call, and the kinds of its arguments, as in strace.h. */
struct refused_call {
    uint32_t arch;
    int number;
    char name[MAX_NAME], kinds[MAX_KINDS];
};

#include "telling.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct sock_fprog telling_filter(bool only_64_bit)
{
    return only_64_bit ? (struct sock_fprog){COUNT(native_telling_filter),
                                             (void *)native_telling_filter}
                       : (struct sock_fprog){COUNT(full_telling_filter),
                                             (void *)full_telling_filter};
}

int load_telling_filter(const struct sandbox *box)
{
    struct sock_fprog program = telling_filter(box->only_64_bit);

    /* Once the launcher has a call, a signal does not end it with EINTR. */
    long fd =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                SECCOMP_FILTER_FLAG_NEW_LISTENER | WAIT_KILLABLE, &program);
    if (fd < 0 && errno == EINVAL) /* Linux before 5.19 */
        fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                     SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    if (fd < 0 && errno == EINVAL)
        return fail_with(EINVAL, "--explain-refusals takes Linux 5.0");
    if (fd < 0 && errno == EBUSY)
        return fail_with(EBUSY, "somebody is asked already, outside of this "
                                "sandbox: no --explain-refusals here");
    if (fd < 0)
        return -1;
    int listener = (int)fd;
    int result = send_descriptors(box, box->only_64_bit, &listener, 1);
    close_quietly(listener);
    return result;
}

/* ---- the launcher ---- */

static const struct refused_call *find_call(const struct seccomp_data *data)
{
    static struct refused_call unknown = {.kinds = "xxxxxx"};

    for (size_t i = 0; i < COUNT(calls); i++)
        if (calls[i].arch == data->arch && calls[i].number == data->nr)
            return &calls[i];
    snprintf(unknown.name, sizeof(unknown.name), "syscall_%#x",
             (unsigned)data->nr);
    return &unknown;
}

enum { MAX_TEXT = 64 };

/* The string at AT in process PID, or as much of it as there is room for;
 * false if it cannot be read. A string may end just before a page that
 * cannot. */
static bool read_text(pid_t pid, uint64_t at, char text[MAX_TEXT + 4])
{
    size_t to_page = 4096 - (size_t)(at % 4096), got = 0;
    size_t pieces[] = {to_page < MAX_TEXT ? to_page : MAX_TEXT, MAX_TEXT};

    memset(text, 0, MAX_TEXT + 4);
    for (int i = 0; i < 2 && got < pieces[i]; i++) {
        struct iovec to = {text + got, pieces[i] - got},
                     from = {(void *)(uintptr_t)(at + got), to.iov_len};
        ssize_t n = process_vm_readv(pid, &to, 1, &from, 1, 0);
        if (n <= 0)
            break;
        got += (size_t)n;
        if (memchr(text, '\0', got) != NULL)
            return true;
    }
    if (got == MAX_TEXT)
        memcpy(text + got, "...", 3);
    return got > 0;
}

/* The name of the program, see PR_SET_NAME(2const); its own choice, so only
 * what is harmless on a terminal. */
static void put_program(pid_t pid)
{
    char path[32], name[17] = "";

    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t n = read(fd, name, sizeof(name) - 1);
        name[n > 0 ? n - 1 : 0] = '\0'; /* its newline */
        close(fd);
    }
    for (char *c = name; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    put("os_isolate: %s was refused ", name[0] == '\0' ? "a program" : name);
}

static void put_refused_call(const struct seccomp_notif *request)
{
    static char texts[N_ARGS][MAX_TEXT + 4];
    const struct refused_call *call = find_call(&request->data);
    unsigned long values[N_ARGS + 1] = {0};
    char kinds[MAX_KINDS];

    snprintf(kinds, sizeof(kinds), "%s", call->kinds);
    for (int i = 0; i < N_ARGS && kinds[i] != '\0'; i++) {
        values[i] = (unsigned long)request->data.args[i];
        if (kinds[i] != 's' || values[i] == 0)
            continue;
        if (read_text((pid_t)request->pid, request->data.args[i], texts[i]))
            values[i] = (unsigned long)texts[i];
        else
            kinds[i] = 'x';
    }
    put_call(call->name, kinds, values);
}

/* As "file:line: why", which editors understand. */
static void put_reason(const struct refusal *refusal)
{
    put("    %s:", refusal->file);
    if (refusal->line > 0)
        put("%d:", refusal->line);
    put(" %s\n", refusal->why);
}

void tell_refused_call(int listener, bool only_64_bit)
{
    struct sock_fprog program = telling_filter(only_64_bit);
    union { /* a later kernel may have more to say */
        struct seccomp_notif request;
        char room[512];
    } all = {0};
    struct seccomp_notif *request = &all.request;

    /* ENOENT: whoever made the call has died meanwhile. */
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &all) < 0)
        return;
    uint32_t number = 0;
    run_bpf(program.filter, program.len, &request->data, &number);
    number &= SECCOMP_RET_DATA;
    const struct refusal *refusal =
        &refusals[number < COUNT(refusals) ? number : 0];
    forget_calls();
    put_program((pid_t)request->pid);
    put_refused_call(request);
    errno = refusal->error;
    note_result(refusal->error == 0 ? 0 : -1);
    put_reason(refusal);
    /* Else its number may be another's by now, of whom we have just read. */
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &request->id) == 0)
        show_lines(told_calls());
    forget_calls();
    struct seccomp_notif_resp answer = {.id = request->id,
                                        .error = -refusal->error};
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}
