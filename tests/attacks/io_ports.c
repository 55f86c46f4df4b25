/* SPDX-License-Identifier: MIT
 *
 * Talk to the hardware: iopl(2) and ioperm(2) open the processor's I/O ports.
 *
 * Through ports one reads and writes the disk's controller, the settings in
 * CMOS, and restarts the machine.
 * Harmless: the right is for this process alone and ends with it, and no port
 * is used. Port 0x80 shows codes while a machine starts, no more.
 * Step 4 stops it, twice: by the filter, and CAP_SYS_RAWIO is gone.
 * See iopl(2), ioperm(2).
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "";

#ifdef SYS_iopl
    if (strcmp(how, "iopl") == 0)
        judge(syscall(SYS_iopl, 3), how);
    if (strcmp(how, "ioperm") == 0)
        judge(syscall(SYS_ioperm, 0x80UL, 1UL, 1), how);
#endif
    does_not_apply("usage: io_ports iopl|ioperm (only x86 has ports): %s",
                   how);
}
