/* SPDX-License-Identifier: MIT
 *
 * Step 4: and no way to ask the kernel about the host. What no namespace
 * covers is hidden, and root inside loses the power, and the calls, for it.
 */
#include <sched.h>

#include "common.h"
#include "harden.h"

enum { STEP = 4 };
#define NAMESPACES                                                           \
    (CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS |              \
     CLONE_NEWIPC | CLONE_NEWCGROUP)

/* Process 1 of the new namespaces. Ends by becoming the payload. */
static int child(void *arg)
{
    struct sandbox *box = arg;

    /* pivot_root, not chroot: root breaks out of a chroot in ten lines. */
    must(enter_root(box), "enter the root filesystem %s", box->rootfs);

    /* A procfs shows the PID namespace of the process that mounts it. */
    must(mount_proc(), "mount a fresh /proc");

    /* The host's devices are files, too. No /sys: it is about the host. */
    must(mount_dev(box), "mount a fresh /dev");

    /* Who shares a terminal types into it (TIOCSTI); a file is a way out. */
    must(take_streams(box), "take a session, terminal and pipes of its own");

    /* Even the new lo is DOWN at first, and 127.0.0.1 out of reach. */
    must(raise_loopback(), "raise the loopback device");

    /* The host's name, and most of /proc, is about the host. */
    must(name_host(box), "take a host name of its own");
    must(start_clocks(box), "start its clocks");
    must(free_ports_and_ping(box), "open low ports and ping to all");
    must(mask_proc(box), "hide what /proc tells");

    /* A descriptor leads back, a variable tells, a group permits. */
    must(leave_host(box), "leave the host behind");

    /* Joining a user namespace grants all capabilities in it: drop them. */
    must(give_up_privileges(box), "give up new privileges");
    must(join_users(box), "join the user namespace");
    must(load_filter(box), "load the system-call filter");
    must(drop_capabilities(box), "drop capabilities");

    exec_payload(box);
}

int main(int argc, char **argv)
{
    struct sandbox box;

    parse_options(&box, argc, argv, STEP);
    choose_layers(&box);
    must(make_users(&box), "make a user namespace");
    /* Children get such clocks: so out here; without root, by execve(2). */
    must(start_clocks(&box), "start the sandbox's clocks");
    must(open_streams(&box), "put pipes in place of the caller's files");
    must(spawn_isolated(&box, child, wanted_namespaces(&box, NAMESPACES)),
         "create the namespaces");
    return wait_for_payload(&box);
}
