/* SPDX-License-Identifier: MIT
 *
 * Watch all files of a file system, and who opens them: fanotify(7).
 *
 * It can follow whole file systems, the host's among them when one file of it
 * is shared, and even make others wait for permission.
 * Harmless: a group of watches is made, without a single watch.
 * Step 4 stops it, twice: by the filter, and CAP_SYS_ADMIN is gone.
 * See fanotify_init(2).
 */
#include <fcntl.h>
#include <sys/fanotify.h>

#include "attack.h"

int main(void)
{
    judge(fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY),
          "fanotify_init");
}
