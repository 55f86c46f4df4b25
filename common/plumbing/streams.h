/* SPDX-License-Identifier: MIT
 *
 * What stands between the caller's files on descriptors 0-2 and the payload:
 * streams.c makes it, before clone(2); inside.c puts it in its place, in
 * process 1; relay.c copies bytes, in the launcher. Interface, in the order
 * of the calls:
 *     open_streams()          launcher, before clone(2): see common.h
 *     take_streams()          process 1: see common.h
 *     start_relay()           launcher: what is to be copied from now on
 *     relay_once()            in its loop: wait, and copy
 *     type_key()              Ctrl-C for the payload, from a signal
 *     restore_terminal()      before we stop ...
 *     resume_terminal()       ... and when we go on
 *     finish_relay()          what is left, and the caller's modes
 */
#ifndef STREAMS_H
#define STREAMS_H

#include <stdbool.h>

#include "common.h"

/* The two sides of a pty, in box->pty. */
enum { MASTER, SLAVE };

/* ---- streams.c ------------------------------------------------------- */

/* open(2) the file of descriptor FD anew, with FLAGS: those are then nobody
 * else's. Called by the launcher. Errors: those of open(2); ENXIO if it is a
 * FIFO to write to without a reader. See proc_pid_fd(5). */
int open_anew(int fd, int flags);

/* Give the caller's pipes the mode and the size back that they had. Called by
 * the launcher, at the end; what cannot be given back is told. */
void give_pipes_back(const struct sandbox *box);

/* The first of descriptors 0-2 that is a terminal, or -1. */
int first_terminal(const struct sandbox *box);

/* Are both stdin and stdout terminals? Only then are the terminal's modes
 * ours to set: in `os_isolate -b /bin/ls | less` it must stay as less wants
 * it. */
bool is_interactive(const struct sandbox *box);

/* ---- inside.c -------------------------------------------------------- */

/* Called by process 1. Send N descriptors, 2 at most, to the launcher, and a
 * byte ABOUT them. Returns 0, also if the launcher is gone, or -1 with errno
 * of sendmsg(2). See SCM_RIGHTS in unix(7). */
int send_descriptors(const struct sandbox *box, char about, const int *fds,
                     int n);

/* Called by the launcher. Take what send_descriptors() has sent to SOCKET.
 * Returns how many they are; 0 at the end of file, when process 1 has become
 * the payload or is gone; or -1 with errno of recvmsg(2): EAGAIN if nothing
 * was sent yet. */
int receive_descriptors(int socket, char *about, int fds[2]);

/* Give the terminal TO the size of FROM. See TIOCSWINSZ(2const). */
void copy_window_size(int from, int to);

/* ---- relay.c: all of it called by the launcher ------------------------ */

/* Begin to relay BOX's streams; closes the ends that are process 1's, and
 * notes the size of the caller's pipes. */
void start_relay(struct sandbox *box);

/* Wait for something to happen, TIMEOUT milliseconds at most (-1: without a
 * limit), and copy what is to be copied. Ctrl-] three times within a second
 * sets box->end_by to now; when the caller's terminal hangs up, to two
 * seconds later. What the host refuses is told at once. Returns true if a
 * signal can be read from the descriptor SIGNALS. */
bool relay_once(struct sandbox *box, int signals, int timeout);

/* Print TEXT, lines of the launcher's own, on stderr. On a terminal in raw
 * mode they begin in the first column all the same. */
void show_lines(const char *text);

/* As if KEY had been typed. Returns false if the payload has no terminal of
 * its own. */
bool type_key(const struct sandbox *box, char key);

/* Copy what is left, leave a seekable stdin where the payload stopped to
 * read, and restore_terminal(). What takes no more is waited for, until TERM,
 * INT, HUP or QUIT comes to SIGNALS; after a forced end, only a second, and
 * the rest is dropped. Returns false if anything else was lost, now or
 * before; that was told. */
bool finish_relay(struct sandbox *box, int signals);

/* Put the caller's terminal into raw mode, if we are in its foreground and
 * is_interactive(), and give the payload's its size; and give the caller
 * their modes back. */
void resume_terminal(const struct sandbox *box);
void restore_terminal(void);

#endif
