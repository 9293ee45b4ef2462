/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <stdatomic.h>

#include "q-transport-private.h"

G_BEGIN_DECLS

/* Reads and writes a socket's descriptor. */
typedef struct
{
  QTransport parent;
  int fd;

  /* Whether the descriptor has O_NONBLOCK, and whether only this object uses the socket.
   * A descriptor that was adopted may be shared with others, and so are its flags and the
   * options that set the kernel's timeouts. Atomic, since the reader, the writer and a
   * thread that makes a GSocket of the descriptor may change or look at them at once. */
  atomic_int nonblocking;
  atomic_int is_ours;

  /* Whether the kernel applies its timeout for writing to each piece of a write that it
   * finds room for, and not to the write as a whole. UNIX sockets do. */
  gboolean writes_by_piece;

  /* What follows is for calls that may sleep or wait: those of the one reader and of the one
   * writer. Other threads may flush, but must not sleep, so none of it has to be atomic. */

  /* The kernel's own timeouts as they were last set. */
  int read_timeout_ms;
  int write_timeout_ms;

  /* Whether a call of that direction had to wait before: then the next one probably has
   * to wait as well. */
  gboolean read_waited;
  gboolean write_waited;
} QPlainTransport;

void q_plain_transport_init (QPlainTransport *self,
                             int              fd,
                             gboolean         nonblocking,
                             gboolean         is_ours);

/* Takes the kernel's timeouts away, for a new owner of the descriptor. */
void q_plain_transport_restore (QPlainTransport *self);

G_END_DECLS
