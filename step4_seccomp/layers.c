/* SPDX-License-Identifier: MIT
 *
 * --without LAYER: leave out one layer of step 4, to show what it is for.
 */
#include <sched.h>
#include <string.h>

#include "harden.h"

/* In the order of enum layer. --help names them, too. */
static const char *const names[] = {"namespaces", "masks",        "users",
                                    "privileges", "capabilities", "filter"};
enum { N_LAYERS = sizeof(names) / sizeof(names[0]) };

void choose_layers(struct sandbox *box)
{
    for (int i = 0; i < box->n_without; i++) {
        const char *name = box->without[i];
        int n = 0;

        while (n < N_LAYERS && strcmp(name, names[n]) != 0)
            n++;
        if (n == N_LAYERS)
            usage_error("--without %s: no such layer", name);
        box->left_out |= 1U << n;
        tell("warning: without the layer \"%s\", for teaching only", name);
    }
    if (box->tells_refusals && left_out(box, LAYER_FILTER))
        usage_error(
            "--explain-refusals: without the layer \"filter\" nothing "
            "is refused");
    tell_refusals(box);
}

bool left_out(const struct sandbox *box, enum layer layer)
{
    return (box->left_out & layer) != 0;
}

int wanted_namespaces(const struct sandbox *box, int flags)
{
    if (left_out(box, LAYER_NAMESPACES))
        flags &= ~(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP);
    return flags;
}
