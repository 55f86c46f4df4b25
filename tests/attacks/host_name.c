/* SPDX-License-Identifier: MIT
 *
 * Learn the name of the host, or change it.
 *
 * Arguments: the host's name, and "set" to change it. Harmless: it sets the
 * name that it found.
 * Step 4 stops both. The UTS namespace has a name of its own, "sandbox"; to
 * change even that the filter refuses, and CAP_SYS_ADMIN is dropped.
 * See uts_namespaces(7).
 */
#include <sys/utsname.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    struct utsname names;

    if (argc < 2)
        does_not_apply("usage: host_name NAME [set]");
    if (uname(&names) < 0)
        stopped("uname");
    if (argc == 3) {
        if (sethostname(names.nodename, strlen(names.nodename)) < 0)
            stopped("sethostname");
        learned("could have renamed %s", names.nodename);
    }
    if (strcmp(names.nodename, argv[1]) != 0)
        found_nothing("uname says %s", names.nodename);
    learned("the host's name is %s", names.nodename);
}
