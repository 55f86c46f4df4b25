/* SPDX-License-Identifier: MIT
 *
 * List the network interfaces of the host.
 *
 * There are two ways, and a sandbox must close both. "netlink" asks as ip(8)
 * does, by a socket, and a socket belongs to a net namespace. "sysfs" reads
 * /sys/class/net, which shows the net namespace of whoever mounted it: with a
 * new namespace and the host's old /sys the host's interfaces stay in view.
 * A container may have an eth0 of its own, so look for a hardware address of
 * the host's: list_interfaces netlink|sysfs 02:00:...
 * Step 2 stops it, by the net namespace and a fresh /sys (step 3 has none).
 * See network_namespaces(7), packet(7).
 */
#include <dirent.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "attack.h"

static void by_netlink(const char *wanted)
{
    struct ifaddrs *interface;
    char text[18];

    if (getifaddrs(&interface) < 0)
        stopped("netlink");
    for (; interface != NULL; interface = interface->ifa_next) {
        const struct sockaddr_ll *link = (void *)interface->ifa_addr;

        if (link == NULL || link->sll_family != AF_PACKET)
            continue;
        const unsigned char *a = link->sll_addr;
        snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", a[0],
                 a[1], a[2], a[3], a[4], a[5]);
        if (strcmp(text, wanted) == 0)
            learned("the host has an interface %s", interface->ifa_name);
    }
}

static void by_sysfs(const char *wanted)
{
    DIR *dir = opendir("/sys/class/net");
    struct dirent *entry;
    char path[300], text[18];

    if (dir == NULL)
        stopped("/sys/class/net");
    while ((entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof(path), "/sys/class/net/%s/address",
                 entry->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL)
            continue; /* "." and ".." */
        if (fscanf(file, "%17s", text) == 1 && strcmp(text, wanted) == 0)
            learned("the host has an interface %s", entry->d_name);
        fclose(file);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[2], "none") == 0)
        does_not_apply("usage: list_interfaces netlink|sysfs ADDRESS");
    if (strcmp(argv[1], "netlink") == 0)
        by_netlink(argv[2]);
    else
        by_sysfs(argv[2]);
    found_nothing("no interface has the address %s", argv[2]);
}
