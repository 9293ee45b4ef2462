/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-private.h"

G_BEGIN_DECLS

void     q_socket_install_signals (GObjectClass *klass);

/* The functions of the QSink of a socket, with the socket as @owner: whether an event of this type
 * has a handler or a queue, and the emission itself. */
gboolean q_socket_wants_event (gpointer         owner,
                               QSocketEventType type);

void     q_socket_emit (gpointer       owner,
                        const QReport *report);

/* Emits an event that carries nothing but its type. */
void     q_socket_emit_type (QSocket          *self,
                             QSocketEventType  type);

/* Emits packet-read for @size bytes that were read from the buffer. The caller says whether the
 * signal has handlers, as has_read_handlers tells, instead of asking GObject. A handler may drop
 * the last reference to the socket. */
void     q_socket_emit_read_from_buffer (QSocket  *self,
                                         gsize     size,
                                         gboolean  has_handlers);

/* Sets has_read_handlers by asking GObject. To be called when bytes have arrived. */
void     q_socket_check_read_handlers (QSocket *self);

/* Whether packet-read may have to be emitted: the socket has a queue, or had a handler of
 * packet-read when bytes last arrived. */
static inline gboolean
q_socket_may_report_reads (QSocket *self)
{
  return atomic_load_explicit (&self->queue, memory_order_relaxed) != NULL ||
         atomic_load_explicit (&self->has_read_handlers, memory_order_relaxed);
}

G_END_DECLS
