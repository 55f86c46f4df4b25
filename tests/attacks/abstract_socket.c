/* SPDX-License-Identifier: MIT
 *
 * Connect to a daemon of the host by its abstract socket.
 *
 * An abstract Unix socket has a name, but no file: no mount namespace, no
 * chroot and no file permission keeps anyone from it. It belongs to the net
 * namespace. Containers that shared it with the host could talk to containerd
 * and start a privileged container. Argument: the name of a stream socket,
 * without the NUL that it begins with.
 * Step 2 stops it, by the net namespace. CVE-2020-15257; unix(7).
 */
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "attack.h"

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = argc == 2 ? strlen(argv[1]) : 0;

    if (length == 0 || length >= sizeof(address.sun_path))
        does_not_apply("usage: abstract_socket NAME");
    memcpy(address.sun_path + 1, argv[1], length);
    length += offsetof(struct sockaddr_un, sun_path) + 1;

    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        stopped("socket");
    if (connect(fd, (struct sockaddr *)&address, (socklen_t)length) < 0)
        stopped("connect");
    learned("connected to the host's socket @%s", argv[1]);
}
