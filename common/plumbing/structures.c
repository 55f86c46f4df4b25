/* SPDX-License-Identifier: MIT
 *
 * What a pointer leads to, as strace(1) writes it. Of a structure is told
 * what matters in it; the rest is "...".
 */
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "strace.h"
#include "syscalls.h"

static void put_stat(const struct stat *st)
{
    put("{st_mode=");
    put_mode(st->st_mode);
    if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
        put(", st_rdev=");
        put_device(st->st_rdev);
    } else
        put(", st_size=%lld", (long long)st->st_size);
    put(", ...}");
}

static void put_capabilities(const struct __user_cap_data_struct *sets)
{
    static const char *const names[] = {"effective", "permitted",
                                        "inheritable"};

    for (int i = 0; i < 3; i++) {
        const uint32_t *low = &sets[0].effective + i;
        const uint32_t *high = &sets[1].effective + i;
        put("%s%s=%#llx", i == 0 ? "{" : ", ", names[i],
            (unsigned long long)*high << 32 | *low);
    }
    put("}");
}

/* How many of the 31 signals that have names are in SET? Only all, or none,
 * is what we ask for. */
static void put_signals(const sigset_t *set)
{
    int n = 0;

    for (int signo = 1; signo < 32; signo++)
        n += sigismember(set, signo) == 1;
    put(n == 0 ? "[]" : n == 31 ? "~[]" : "[...]");
}

static void put_limit(const struct rlimit *limit)
{
    const rlim_t both[] = {limit->rlim_cur, limit->rlim_max};

    for (int i = 0; i < 2; i++) {
        put(i == 0 ? "{rlim_cur=" : ", rlim_max=");
        if (both[i] == RLIM_INFINITY)
            put("RLIM64_INFINITY");
        else
            put("%llu", (unsigned long long)both[i]);
    }
    put("}");
}

/* The descriptors that a message carries. */
static void put_message(const struct msghdr *message)
{
    const struct cmsghdr *header = CMSG_FIRSTHDR(message);
    int fds[2];

    if (header == NULL)
        return;
    size_t size = header->cmsg_len - CMSG_LEN(0);
    memcpy(fds, CMSG_DATA(header), size < sizeof(fds) ? size : sizeof(fds));
    put("{cmsg_type=SCM_RIGHTS, cmsg_data=[%d", fds[0]);
    put(size < sizeof(fds) ? "], ...}" : ", %d], ...}", fds[1]);
}

void put_structure(char kind, const void *at)
{
    static const unsigned long none[8];

    switch (kind) {
    case 'S':
        put_stat(at);
        break;
    case 'L':
        put_limit(at);
        break;
    case 'P': {
        const struct pollfd *fd = at;
        put("[{fd=%d, events=%d}]", fd->fd, fd->events);
        break;
    }
    case 'g':
        put_signals(at);
        break;
    case '2':
        put("[%d, %d]", ((const int *)at)[0], ((const int *)at)[1]);
        break;
    case '1':
        put("[%d]", *(const int *)at);
        break;
    case '6':
        put_message(at);
        break;
    case 'I': {
        const struct ifreq *request = at;
        put("{ifr_name=\"%s\", ifr_flags=", request->ifr_name);
        put_constant(constants_of('Y'), (unsigned short)request->ifr_flags);
        put("}");
        break;
    }
    case 'Z': {
        const struct winsize *size = at;
        put("{ws_row=%d, ws_col=%d, ...}", size->ws_row, size->ws_col);
        break;
    }
    case 'Q':
        put("{len=%d, ...}", ((const struct sock_fprog *)at)->len);
        break;
    case 'T':
        put("{version=%s, pid=%d}",
            ((const struct __user_cap_header_struct *)at)->version ==
                    _LINUX_CAPABILITY_VERSION_3
                ? "_LINUX_CAPABILITY_VERSION_3"
                : "?",
            ((const struct __user_cap_header_struct *)at)->pid);
        break;
    case 'V':
        put_capabilities(at);
        break;
    case 'R': /* struct sigaction: SIG_DFL, no flags, an empty mask */
        put(memcmp(at, none, sizeof(none)) == 0
                ? "{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}"
                : "{...}");
        break;
    case 'H': {
        const struct open_how *how = at;
        put("{flags=");
        put_open_flags((unsigned long)how->flags);
        put(", resolve=");
        put_constant(constants_of('J'), (unsigned long)how->resolve);
        put("}");
        break;
    }
    case '0': {
        const struct attributes *change = at;
        put("{attr_set=");
        put_constant(constants_of('9'), (unsigned long)change->set);
        put(", attr_clr=%#llx, userns_fd=%d, ...}",
            (unsigned long long)change->clear, (int)change->users);
        break;
    }
    case 'v':
        for (char *const *arg = at; *arg != NULL; arg++) {
            put(arg == at ? "[" : ", ");
            put_bytes(*arg, strlen(*arg));
        }
        put("]");
        break;
    case 'E': {
        int n = 0;
        while (((char *const *)at)[n] != NULL)
            n++;
        put("%p /* %d vars */", at, n);
        break;
    }
    default:
        put("{...}");
    }
}
