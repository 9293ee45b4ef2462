/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "test-time.h"

G_BEGIN_DECLS

/* Another program that a test talks to: through its standard input and output, which are one
 * socket here, and usually over a connection of its own. */
typedef struct _TestProgram TestProgram;

/* FALSE if it is not installed; the test is skipped then. */
gboolean     test_program_is_here    (const char  *name);

/* Starts a command line, quoted as for a shell. What of @fd is >= 0 becomes its descriptor 3. It
 * dies with the thread that started it. */
TestProgram *test_program_start      (int          fd,
                                      const char  *format,
                                      ...) G_GNUC_PRINTF (2, 3);

/* The same with a variable more in its environment. */
TestProgram *test_program_start_with (int          fd,
                                      const char  *variable,
                                      const char  *value,
                                      const char  *command);

/* Writes to its standard input. */
void         test_program_say        (TestProgram *self,
                                      const char  *text);

void         test_program_end_input  (TestProgram *self);

/* Waits until its output, errors included, has @text behind what an earlier call has found.
 * Returns what follows, as far as it has come. */
const char  *test_program_wait_for   (TestProgram *self,
                                      const char  *text);

/* All that it has said so far. */
const char  *test_program_get_output (TestProgram *self);

/* For one that says nothing: waits until somebody listens at the port. */
void         test_program_wait_listening (TestProgram *self,
                                          int          port);

void         test_program_signal     (TestProgram *self,
                                      int          number);

/* Ends its standard input, reads the rest of its output and waits for its end. Returns its exit
 * status; that of a program that a signal ended is 128 and the signal's number. */
int          test_program_finish     (TestProgram *self);

/* Asks it to end with SIGTERM if it has not, waits, and frees. */
void         test_program_free       (TestProgram *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestProgram, test_program_free)

/* A free TCP port for a program that has to be told one. It can be bound with SO_REUSEADDR, and
 * nobody is given it by chance until @reservation is closed. */
int          test_reserve_port       (int         *reservation);

G_END_DECLS
