/* SPDX-License-Identifier: MIT
 *
 * Open sockets of the less usual kinds.
 *
 * vsock talks to the hypervisor and past every net namespace; alg is the
 * kernel's cryptography, loaded module by module at a wish; packet and raw
 * send and receive whole frames and forge addresses, within the namespace.
 * uevents tells of the host's devices as they come, go and change, in every
 * net namespace that the host's user namespace owns. vsock, alg and uevents
 * need no capability. Harmless: nothing is sent.
 * Step 4 stops them: the argument filter knows three families and netlink,
 * without two of its protocols,
 * and CAP_NET_RAW is gone.
 * With "socketcall" it asks in the way of old 32-bit programs, where the
 * family is in memory and no filter can see it: for these only a kernel
 * without them helps. CVE-2021-26708 (vsock), CVE-2017-7308 (packet),
 * CVE-2019-8912 (alg), socketcall(2).
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
                 {"uevents", AF_NETLINK, SOCK_DGRAM, 15}};
    size_t i = 0;
    long result;

    while (i < 5 && (argc < 2 || strcmp(argv[1], kinds[i].name) != 0))
        i++;
    if (i == 5)
        does_not_apply("usage: socket_family vsock|alg|packet|raw|uevents "
                       "[socketcall]");
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
    if (result < 0 && errno == EAFNOSUPPORT && !filtered())
        does_not_apply("this kernel has no such sockets");
    if (result < 0)
        stopped("socket");
    learned("a socket of the kind %s", kinds[i].name);
}
