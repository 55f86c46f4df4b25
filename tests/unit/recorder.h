/* SPDX-License-Identifier: MIT
 *
 * Stands in for the kernel. The linker sends the calls that the helpers make
 * here (ld --wrap), where each succeeds, all but the one that was told to
 * fail. What was called --explain's own printer writes down.
 *
 * recorder.c has what a test asks for, kernel.c the calls that give back more
 * than success, and those that --explain does not tell; stand_ins.c all
 * others of plumbing/calls.h.
 */
#ifndef RECORDER_H
#define RECORDER_H

#include <stdbool.h>
#include <stddef.h>

#include <setjmp.h>

/* Begin a new recording. Call number FAIL_AT (from 1; 0: none) returns -1
 * with errno ERROR. */
void record_anew(int fail_at, int error);

/* The calls so far, as --explain prints them; and how many of them could be
 * made to fail. Calls that clean up (close, kill) are told, but never fail.
 */
const char *recorded(void);
int recorded_calls(void);

/* How much of recorded() is older than the call that has failed; -1 if none
 * has. */
long recorded_before_failure(void);

/* Fail the test unless recorded() is what tests/unit/calls.txt has under
 * [NAME]. */
void assert_recorded(const char *name);

/* For who stands in for the kernel: RESULT; or, if this is the call that is
 * to fail, -1 with errno set. */
long answer(long result);

/* What was last written to stderr. */
extern char recorder_said[80000];

/* Take note of what is written to stderr. */
void hear(const char *data, size_t size);

/* What terminal_is_gone() and holds_32_bit_programs() answer. */
extern bool recorder_terminal_is_gone;
extern bool recorder_32_bit_image;

/* Instructions of the filter that was loaded last. */
extern unsigned recorder_filter_length;

/* Does finish_relay() say that something was lost? */
extern bool recorder_relay_loses;

/* Where _exit() jumps to while a test of a noreturn function runs, and the
 * status that it was given. */
extern jmp_buf recorder_exit;
extern int recorder_status;

/* What waitpid() and a signalfd report: signals, then the end. */
extern const int *recorder_signals; /* ends with 0 */

/* What getsid() says of process 1234, the child; 0 is ours. */
extern int recorder_session;

/* clock_gettime(2) says 123.456 seconds, or 124.456 with those asleep. */
extern bool recorder_clocks_stand;

/* The kernel's, for uname(2). */
extern const char *recorder_release;

#endif
