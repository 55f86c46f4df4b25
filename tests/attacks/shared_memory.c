/* SPDX-License-Identifier: MIT
 *
 * Find the host's shared memory of the System V kind.
 *
 * It has numbers, not names, so no file system hides it: whoever knows the
 * key has the memory. Arguments: the key, and "ipc" to ask by the multiplexer
 * ipc(2) of 32-bit programs, one call for twelve.
 * Harmless: it looks the segment up, and makes none.
 * Step 4 stops it, by an IPC namespace. The filter lets it pass: the calls
 * are for the sandbox's own memory. See ipc_namespaces(7).
 */
#include <sys/ipc.h>
#include <sys/shm.h>

#include "int80.h"

int main(int argc, char **argv)
{
    enum { IPC = 117, SHMGET = 23 };

    if (argc < 2)
        does_not_apply("usage: shared_memory KEY [ipc]");
    int key = atoi(argv[1]);
    long id =
        argc == 3 ? int80(IPC, SHMGET, (uint32_t)key, 0) : shmget(key, 0, 0);
    if (id < 0)
        stopped_or_missing(argc == 3 ? "ipc(SHMGET)" : "shmget");
    learned("the host's shared memory with key %d is number %ld", key, id);
}
