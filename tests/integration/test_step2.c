/* SPDX-License-Identifier: MIT
 *
 * Step 2 stops: seeing and using the host's network, abstract sockets among
 * it. Not yet: files.
 */
#include "cmocka_prelude.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sandbox.h"

/* Devices that the kernel itself puts into each net namespace, if the modules
 * are loaded. */
#define KERNEL_DEVICES                                                       \
    "(lo|tunl0|gre0|gretap0|erspan0|sit0|ip_vti0|ip6_vti0|ip6tnl0|ip6gre0)"

static void test_still_process_1(void **state)
{
    (void)state;
    expect_inside(2, NULL, "echo $$; ps aux | grep -c .", "^1\n4\n$");
}

static void test_no_device_of_the_host(void **state)
{
    (void)state;
    for (int step = 2; step <= 4; step++)
        expect_inside(step, NULL,
                      "ip -o link | sed 's/^[0-9]*: //; s/[@:].*//'",
                      "^(" KERNEL_DEVICES "\n)+$");
}

static void test_sys_agrees_with_ip(void **state)
{
    (void)state;
    expect_inside(2, NULL,
                  "diff <(ip -o link | sed 's/^[0-9]*: //; s/[@:].*//' | "
                  "sort) <(ls /sys/class/net | sort) && echo agrees",
                  "^agrees\n$");
    expect_inside(2, NULL, "cat /sys/class/net/lo/flags", "^0x9\n$");
}

static void test_sys_is_read_only(void **state)
{
    (void)state;
    expect_inside(2, NULL, /* The value that is there: should it be the
                            * host's, and writable, nothing changes. */
                  "cd /sys/class/net/lo; m=$(cat mtu); "
                  "echo $m 2>&1 >mtu || true",
                  "Read-only file system");
}

static void test_lo_is_up_and_answers(void **state)
{
    (void)state;
    for (int step = 2; step <= 4; step++)
        expect_inside(step, NULL, "ip -o link show lo", "<[^>]*\\<UP\\>");
    /* Nobody listens, but somebody says so: the address is there. */
    expect_inside(2, NULL, "(: </dev/tcp/127.0.0.1/9) 2>&1 || true",
                  "Connection refused");
}

/* An abstract socket has no file, only a name in a net namespace. */
static void test_host_abstract_socket_is_out_of_reach(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX,
                                  .sun_path = "\0os_isolate-test"};
    int sock = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    assert_int_equal(bind(sock, (struct sockaddr *)&address, 20), 0);
    assert_int_equal(listen(sock, 1), 0);
    expect_inside(1, NULL, "grep -c @os_isolate-test /proc/net/unix",
                  "^[1-9]");
    expect_inside(2, NULL, "grep -c @os_isolate-test /proc/net/unix || true",
                  "^0\n");
    close(sock);
}

static void test_does_not_yet_hide_files(void **state)
{
    char script[8192];

    (void)state;
    snprintf(script, sizeof(script), "cat %s", marker());
    expect_inside(2, NULL, script, MARKER_TEXT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_still_process_1),
        cmocka_unit_test(test_no_device_of_the_host),
        cmocka_unit_test(test_sys_agrees_with_ip),
        cmocka_unit_test(test_sys_is_read_only),
        cmocka_unit_test(test_lo_is_up_and_answers),
        cmocka_unit_test(test_host_abstract_socket_is_out_of_reach),
        cmocka_unit_test(test_does_not_yet_hide_files),
    };

    return RUN_TESTS(tests, setup_sandbox);
}
