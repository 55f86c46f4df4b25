/* SPDX-License-Identifier: MIT
 *
 * Reach the keys that the kernel keeps for root.
 *
 * Kerberos tickets, disk encryption keys and the like are kept in keyrings of
 * the kernel, found by user number. Unless there is a user namespace, root
 * inside and root outside are the same user and have the same keys.
 * Argument: keyctl describes root's keyring, request_key looks for a key that
 * is not there, add_key adds one without a name. Harmless: the first looks
 * only, the others must fail, and how they fail tells whether they were let
 * in.
 * Step 4 stops all, by the filter. (A new user namespace has keyrings of its
 * own, but the calls are also known for their bugs: CVE-2016-0728.)
 * See keyrings(7); https://github.com/moby/moby/pull/36368
 */
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

int main(int argc, char **argv)
{
    char about[80] = "";

    if (argc == 2 && strcmp(argv[1], "keyctl") == 0) {
        if (syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_USER_KEYRING, about,
                    sizeof(about)) < 0)
            stopped_or_missing("keyctl");
        learned("root's keyring on the host: %s", about);
    }
    if (argc == 2 && strcmp(argv[1], "request_key") == 0) {
        if (syscall(SYS_request_key, "user", "attack: no such key", NULL,
                    KEY_SPEC_USER_KEYRING) < 0 &&
            errno != ENOKEY)
            stopped_or_missing("request_key");
        learned("searched root's keys on the host");
    }
    if (argc == 2 && strcmp(argv[1], "add_key") == 0)
        judge(syscall(SYS_add_key, "keyring", "", NULL, (size_t)0,
                      KEY_SPEC_USER_KEYRING),
              "add_key");
    does_not_apply("usage: keyring keyctl|request_key|add_key");
}
