/* SPDX-License-Identifier: MIT
 *
 * Load the system-call filter. It was compiled when os_isolate was built: the
 * names, numbers and rules are not looked up again at each start.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "filters.h"
#include "harden.h"
#include "plumbing/refused.h"

#define PROGRAM(code)                                                        \
    {                                                                        \
        .len = sizeof(code) / sizeof((code)[0]),                             \
        .filter = (struct sock_filter *)(code)                               \
    }

void tell_refusals(struct sandbox *box)
{
    box->on_refusal = tell_refused_call;
}

int load_filter(struct sandbox *box)
{
    static const struct sock_fprog full = PROGRAM(full_filter),
                                   native = PROGRAM(native_filter);

    if (left_out(box, LAYER_FILTER))
        return LEFT_OUT;
    /* The calls of 32-bit programs are a second way to ask for everything,
     * and socketcall hides from a filter what it is asked for. Nobody needs
     * them in an image of 64 bits. */
    box->only_64_bit = sizeof(void *) == 8 && !holds_32_bit_programs();
    if (box->tells_refusals)
        return load_telling_filter(box);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
                 box->only_64_bit ? &native : &full, 0, 0);
}
