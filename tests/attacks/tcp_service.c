/* SPDX-License-Identifier: MIT
 *
 * Connect to a service that listens on the host's 127.0.0.1.
 *
 * Who manages a machine often does it by a service without a password, since
 * only local programs reach it: an engine's API, a database, a debugger. Root
 * in a container is such a program, unless the container has a network of its
 * own. Argument: the port. Harmless: nothing is sent.
 * Step 2 stops it: 127.0.0.1 is the sandbox's own. CVE-2025-9074 (Docker
 * Desktop's API, by TCP, from every container).
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (argc != 2)
        does_not_apply("usage: tcp_service PORT");
    address.sin_port = htons((uint16_t)atoi(argv[1]));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        stopped("socket");
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        stopped("connect");
    learned("connected to 127.0.0.1:%s of the host", argv[1]);
}
