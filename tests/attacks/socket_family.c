/* SPDX-License-Identifier: MIT
 *
 * Open sockets of the less usual kinds.
 *
 * vsock talks to the hypervisor and past every net namespace; alg is the
 * kernel's cryptography, loaded module by module at a wish; packet and raw
 * send and receive whole frames and forge addresses, within the namespace.
 * uevents tells of the host's devices as they come, go and change, in every
 * net namespace that the host's user namespace owns. xfrm, netfilter, crypto
 * and generic are doors to modules that were those of several exploits; so
 * are rxrpc, and mptcp, sctp and udplite, which an inet socket is by its
 * third argument. diag lists the sockets of the net namespace, and loads a
 * module for each kind that it is asked for; ss needs it. Of these only
 * packet and raw need a capability. Harmless: nothing is sent. Step 4 stops
 * them, but diag: the filter lists families, types and protocols that are
 * allowed, and CAP_NET_RAW is gone. With "socketcall" it asks in the way of
 * old 32-bit programs, where the family is in memory and no filter can see
 * it. In an image of 64 bits step 4 refuses all of their calls; in one of 32
 * bits only a kernel without such sockets helps. CVE-2021-26708 (vsock),
 * CVE-2020-14386 (packet), CVE-2019-8912 (alg), CVE-2024-1086 (netfilter),
 * CVE-2022-27666 (xfrm), CVE-2021-23133 (sctp), socketcall(2).
 */
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attack.h"
#include "int80.h"

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int family, type, protocol;
    } kinds[] = {{"vsock", AF_VSOCK, SOCK_STREAM, 0},
                 {"alg", AF_ALG, SOCK_SEQPACKET, 0},
                 {"packet", AF_PACKET, SOCK_RAW, 0},
                 {"raw", AF_INET, SOCK_RAW, IPPROTO_ICMP},
                 {"uevents", AF_NETLINK, SOCK_DGRAM, 15},
                 {"xfrm", AF_NETLINK, SOCK_RAW, 6},
                 {"netfilter", AF_NETLINK, SOCK_RAW, 12},
                 {"generic", AF_NETLINK, SOCK_RAW, 16},
                 {"crypto", AF_NETLINK, SOCK_RAW, 21},
                 {"diag", AF_NETLINK, SOCK_DGRAM, 4},
                 {"rxrpc", 33 /* AF_RXRPC */, SOCK_DGRAM, AF_INET},
                 {"mptcp", AF_INET, SOCK_STREAM, 262},
                 {"sctp", AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP},
                 {"udplite", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE}};
    enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };
    size_t i = 0;
    long result;

    while (i < N_KINDS && (argc < 2 || strcmp(argv[1], kinds[i].name) != 0))
        i++;
    if (i == N_KINDS)
        does_not_apply("usage: socket_family KIND [socketcall]");
    if (argc == 3) {
        enum { SOCKETCALL = 102, SYS_SOCKET_OF_IT = 1 };
        int32_t *args = low_memory();
        args[0] = kinds[i].family;
        args[1] = kinds[i].type;
        args[2] = kinds[i].protocol;
        result = int80(SOCKETCALL, SYS_SOCKET_OF_IT, address(args), 0);
    } else {
        result = socket(kinds[i].family, kinds[i].type, kinds[i].protocol);
    }
    if (result < 0 && !filtered() &&
        (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT ||
         errno == ESOCKTNOSUPPORT))
        does_not_apply("this kernel has no such sockets");
    if (result < 0)
        stopped("socket");
    learned("a socket of the kind %s", kinds[i].name);
}
