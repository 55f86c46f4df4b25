/* SPDX-License-Identifier: MIT
 *
 * Load the system-call filters. They were compiled when os_isolate was built:
 * the names, numbers and rules are not looked up again at each start.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "filters.h"
#include "harden.h"

static int load(const struct sock_filter *instructions, size_t size)
{
    struct sock_fprog program = {
        .len = (unsigned short)(size / sizeof(*instructions)),
        .filter = (struct sock_filter *)instructions,
    };

    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

int load_filters(const struct sandbox *box)
{
    if (left_out(box, LAYER_FILTER))
        return LEFT_OUT;
    /* Every filter is asked, and the strictest answer wins. The small one
     * goes first only because it lets this second call through for sure. */
    if (load(arguments_filter, sizeof(arguments_filter)) < 0)
        return -1;
    return load(calls_filter, sizeof(calls_filter));
}
