/* SPDX-License-Identifier: MIT
 *
 * The C library's words for each error, a line each: "2 No such file or
 * directory". Made like the launchers, whose library need not be Python's.
 */
#include <stdio.h>
#include <string.h>

int main(void)
{
    for (int error = 1; error < 134; error++)
        printf("%d %s\n", error, strerror(error));
    return 0;
}
