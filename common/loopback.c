/* SPDX-License-Identifier: MIT
 *
 * A new net namespace has one device, lo, and it is DOWN.
 */
#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common.h"

int raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (sock < 0)
        return -1;
    int result = ioctl(sock, SIOCGIFFLAGS, &request);
    if (result == 0) {
        request.ifr_flags |= IFF_UP;
        result = ioctl(sock, SIOCSIFFLAGS, &request);
    }
    close_quietly(sock);
    if (result < 0 && errno == EPERM)
        return fail_with(errno, "root lacks CAP_NET_ADMIN here, as in a "
                                "container; try: the host itself");
    return result;
}
