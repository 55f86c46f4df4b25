/* SPDX-License-Identifier: MIT
 *
 * May chroot(2) be called at all?
 *
 * It is the tool of chroot_breakout, and of any escape that gets hold of a
 * directory of the host. Where a sandbox was built well it leads nowhere; but
 * a program in it has no use for it either.
 * Harmless: "/" becomes what it is. Step 4 stops it, twice: by the filter,
 * and CAP_SYS_CHROOT is gone. See chroot(2).
 */
#include <unistd.h>

#include "attack.h"

int main(void)
{
    if (chroot("/") < 0)
        stopped("chroot");
    learned("chroot is there to use");
}
