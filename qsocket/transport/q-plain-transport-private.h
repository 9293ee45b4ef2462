/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-transport-private.h"

G_BEGIN_DECLS

/* A socket as the kernel gives it. */
typedef struct
{
  QTransport parent;
  int fd;

  /* Whether the descriptor has O_NONBLOCK, and whether the socket is our own: the
   * flag and the options below belong to it, and others may share an adopted one. */
  int nonblocking;
  int is_ours;

  /* Whether the kernel's timeout for writing begins anew with each piece of a write
   * that it finds room for, as on UNIX sockets. */
  int writes_by_piece;

  /* The kernel's own timeouts as last set, and whether a call of that direction
   * had to wait before: where it has, it probably will again. */
  int read_timeout_ms;
  int write_timeout_ms;
  int read_waited;
  int write_waited;
} QPlainTransport;

void q_plain_transport_init (QPlainTransport *self,
                             int              fd,
                             gboolean         nonblocking,
                             gboolean         is_ours);

/* Puts the kernel's timeouts back to none, for the next owner of the descriptor. */
void q_plain_transport_restore (QPlainTransport *self);

G_END_DECLS
