/* SPDX-License-Identifier: MIT
 *
 * Put another kernel in the place of this one: kexec.
 *
 * What has been loaded once takes over at the next reboot, or at the next
 * crash, for which a container may find a way.
 * Harmless: flags that do not exist, far too many segments, descriptors that
 * are not open. All of that the kernel refuses, after it has looked for
 * CAP_SYS_BOOT. (No segments at all would not be harmless: that unloads what
 * the host has loaded.)
 * Step 4 stops it, twice: by the filter, and the capability is gone.
 * See kexec_load(2).
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

#define NO_SUCH_FLAG 0x4000UL

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "";

    if (strcmp(how, "load") == 0)
        judge(syscall(SYS_kexec_load, 0UL, ~0UL, NULL, NO_SUCH_FLAG),
              "kexec_load");
#ifdef SYS_kexec_file_load
    if (strcmp(how, "file") == 0)
        judge(syscall(SYS_kexec_file_load, -1, -1, 0UL, NULL, NO_SUCH_FLAG),
              "kexec_file_load");
#endif
    does_not_apply(
        "usage: load_kernel load|file (there is no kexec_file_load "
        "on i386)");
}
