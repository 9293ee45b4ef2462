/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-private.h"

G_BEGIN_DECLS

void     q_socket_install_signals (GObjectClass *klass);

/* QSink.wants and QSink.report of a socket. */
gboolean q_socket_wants_event (gpointer         owner,
                               QSocketEventType type);

void     q_socket_emit (gpointer       owner,
                        const QReport *report);

/* An event that says nothing but its type. */
void     q_socket_emit_type (QSocket          *self,
                             QSocketEventType  type);

/* The same as q_socket_emit () for packet-read, with the question whether a handler is
 * connected answered as of the last arrival. Handlers may drop the last reference. */
void     q_socket_emit_read_from_buffer (QSocket *self,
                                         gsize    size);

/* Asks GObject whether packet-read has handlers; to be called when bytes have arrived. */
void     q_socket_check_read_handlers (QSocket *self);

/* Whether packet-read has a handler or the socket a queue, as far as that is known without
 * asking GObject. */
static inline gboolean
q_socket_may_report_reads (QSocket *self)
{
  return atomic_load_explicit (&self->queue, memory_order_relaxed) != NULL ||
         atomic_load_explicit (&self->has_read_handlers, memory_order_relaxed);
}

G_END_DECLS
