/* SPDX-License-Identifier: MIT
 *
 * How the integration tests run the real programs and look at the host.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a program printed, and how it ended: its exit status, or 128 + N. */
struct outcome {
    int status;
    char out[32768], err[32768];
};

/* The program of a step, 1 to 4, and the image (ROOTFS, or rootfs). */
const char *step_program(int step);
const char *image(void);

/* With ROOTLESS in the environment, programs are started by an ordinary user:
 * is it so; and become that user, in a child that will execute one. */
bool rootless(void);
void become_the_user(void);

/* SECONDS, on a machine as fast as most; times $SLOW. */
double patience(double seconds);

/* Run ARGV (ends with NULL) with INPUT, which may be NULL, on its stdin, and
 * wait. Fails the test after five minutes. */
void run(struct outcome *outcome, const char *input, char *const *argv);

/* Start it and do not wait; its stdout comes out of *OUTPUT, a pipe. */
pid_t start(char *const *argv, int *output);

/* Read from FD until TEXT came; fails the test after ten seconds. */
void wait_for_text(int fd, const char *text);

/* Wait for PID; its exit status, or 128 + N. Fails after ten seconds. */
int wait_for_exit(pid_t pid);

/* Run a script by the bash of a step. Fails the test if it ends with
 * something else than 0, or if what it printed on stdout does not match the
 * extended regular expression. OPTIONS: up to 8 more arguments, or NULL. */
void expect_inside(int step, const char *const *options, const char *script,
                   const char *regex);

/* The same for a script on the host. */
void expect_on_host(const char *script, const char *regex);

/* expect_on_host(), with the program of a step as $O, the image as $I, and a
 * directory as $T. */
void expect_for(int step, const char *script, const char *regex);

/* Run a script on the host, with a directory $T. Fail the test, with what it
 * printed, unless it ends with 0; skip it if it ends with 77. */
void expect_good(const char *script);

/* Fail the test unless TEXT matches. */
void assert_matches(const char *text, const char *regex);

/* Can a file on tmpfs have attributes of the user's? Since Linux 6.6; an
 * ordinary user's overlay needs them. */
bool has_user_attributes(void);

/* The whole of a file; to be freed. */
char *read_file(const char *path);

/* Processes on this machine whose command line has TEXT in it. */
int count_processes(const char *text);

/* Skip the test, saying why, unless the image has this file. */
void need_in_image(const char *path);

/* Skip the test unless this machine has the ability, by a name of
 * tests/abilities.c; tests/run counts such skips apart. */
void need(const char *ability);

/* Wait until process PID has taken the signals that were sent to it: of two
 * alike that are pending, one is lost, see signal(7). */
void wait_until_taken(pid_t pid);

/* Group setup: root, and paths that work from everywhere. */
int setup_sandbox(void **state);

/* A directory for the test, made anew; and a file on the host with a secret,
 * whose path is returned. */
const char *scratch_directory(void);
const char *marker(void);
#define MARKER_TEXT "host-secret-4711"

#endif
