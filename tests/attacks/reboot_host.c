/* SPDX-License-Identifier: MIT
 *
 * Restart the host, or turn it off.
 *
 * reboot(2) from a PID namespace of one's own only ends that namespace, since
 * Linux 3.4: step 1 already leaves little of it. What is shown here is
 * that the call itself is answered.
 * Harmless: it wants two magic numbers, and gets others. Without them the
 * kernel answers EINVAL, after it has looked for CAP_SYS_BOOT.
 * Step 4 stops it, twice: by the filter, and the capability is gone.
 * See reboot(2).
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main(void)
{
    judge(syscall(SYS_reboot, 0, 0, 0, NULL), "reboot");
}
