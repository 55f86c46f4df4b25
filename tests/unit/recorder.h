/* SPDX-License-Identifier: MIT
 *
 * Stands in for the kernel. The linker sends the calls that the helpers make
 * to recorder.c (ld --wrap), which writes each down as a line of text and
 * lets it succeed, all but the one it was told to fail.
 */
#ifndef RECORDER_H
#define RECORDER_H

#include <stdbool.h>

#include <setjmp.h>

/* Begin a new recording. Call number FAIL_AT (from 1; 0: none) returns -1
 * with errno ERROR. */
void record_anew(int fail_at, int error);

/* What terminal_is_gone() answers. */
extern bool recorder_terminal_is_gone;

/* The calls so far, a line each, and how many of them could be made to fail.
 * Calls that clean up (close, kill) are written down, but never fail. */
const char *recorded(void);
int recorded_calls(void);

/* True once the call that was to fail has failed. */
int recorder_failed(void);

/* Where _exit() jumps to while a test of a noreturn function runs, and the
 * status that it was given. */
extern jmp_buf recorder_exit;
extern int recorder_status;

/* What waitpid() and a signalfd report: signals, then the end. */
extern const int *recorder_signals; /* ends with 0 */

/* What getsid() says of process 1234, the child; 0 is ours. */
extern int recorder_session;

#endif
