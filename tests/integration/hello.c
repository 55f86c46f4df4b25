/* SPDX-License-Identifier: MIT
 *
 * A program as students write them: a thread and a child process.
 */
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void *work(void *number)
{
    *(int *)number = 7;
    return NULL;
}

int main(void)
{
    int number = 0, status = 0;
    pthread_t thread;

    if (pthread_create(&thread, NULL, work, &number) != 0)
        return 1;
    pthread_join(thread, NULL);
    if (fork() == 0)
        _exit(5);
    wait(&status);
    printf("%zu bits, thread %d, child %d\n", 8 * sizeof(long), number,
           WEXITSTATUS(status));
    return 0;
}
