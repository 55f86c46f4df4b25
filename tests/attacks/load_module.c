/* SPDX-License-Identifier: MIT
 *
 * Load code of one's own into the kernel.
 *
 * A module runs with all the power there is; no namespace means anything to
 * it. Root may load one, and root in the steps 1 to 3 is the host's root.
 * Harmless: the modules handed over are an empty image, a descriptor that is
 * not open and a name that nothing has. The kernel finds that out after it
 * has looked for CAP_SYS_MODULE.
 * Step 4 stops it, twice: by the filter, and the capability is gone.
 * See init_module(2), delete_module(2).
 */
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "";

    if (strcmp(how, "init") == 0)
        judge(syscall(SYS_init_module, "", 0UL, ""), "init_module");
    if (strcmp(how, "finit") == 0)
        judge(syscall(SYS_finit_module, -1, "", 0), "finit_module");
    if (strcmp(how, "delete") == 0)
        judge(syscall(SYS_delete_module, "no_such_module", O_NONBLOCK),
              "delete_module");
    does_not_apply("usage: load_module init|finit|delete");
}
