/* SPDX-License-Identifier: MIT
 *
 * Run a program inside the kernel: bpf(2).
 *
 * BPF programs watch every process of the host, and read kernel memory; and
 * their verifier has had errors, each of which was a way to write there.
 * "next" asks for the first program that the host has loaded, "map" makes the
 * smallest map. Both vanish, without a trace, with this process.
 * Step 4 stops it, twice: by the filter, and CAP_BPF and CAP_SYS_ADMIN are
 * gone. CVE-2020-8835, CVE-2021-3490, bpf(2).
 */
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

static long bpf(int command, union bpf_attr *attr)
{
    return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
    const char *how = argc == 2 ? argv[1] : "";
    union bpf_attr attr;

    memset(&attr, 0, sizeof(attr));
    if (strcmp(how, "next") == 0) {
        if (bpf(BPF_PROG_GET_NEXT_ID, &attr) == 0)
            learned("the host runs BPF program number %u", attr.next_id);
        if (errno == ENOENT)
            learned("bpf: permitted; the host runs no BPF program");
        stopped_or_missing("bpf");
    }
    if (strcmp(how, "map") == 0) {
        attr.map_type = BPF_MAP_TYPE_ARRAY;
        attr.key_size = 4;
        attr.value_size = 4;
        attr.max_entries = 1;
        judge(bpf(BPF_MAP_CREATE, &attr), "bpf");
    }
    does_not_apply("usage: kernel_program next|map");
}
