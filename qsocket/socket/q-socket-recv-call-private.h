/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-int-format.h"
#include "q-recv-op-private.h"
#include "q-socket-call-private.h"
#include "q-socket-events-private.h"

G_BEGIN_DECLS

/* What all calls that receive have in common. */
typedef struct
{
  QSocketCall call;
  QRecvResult result;
  gssize size;            /* as the public functions have it; or of @memory */
  gsize minimum;          /* of @memory */
  void *memory;
  gboolean needs_all;
  gboolean accepts_end;
  QIntFormat format;      /* of an integer */
  guint8 bytes[8];        /* and memory for it */

  QChannel *channel;
  QRecvOp op;
} QRecvCall;

gboolean q_recv_call_begin  (QSocketCall  *call,
                             GError      **error);

/* Leaves bytes or text in call->pointer. */
gboolean q_recv_call_finish (QSocketCall  *call,
                             gboolean      ok,
                             GError      **error);

/* For Q_RECV_TO_MEMORY. */
extern const QSocketCallClass q_recv_call_memory_class;

/* Reads exactly @size bytes into @memory, as for an integer: a shorter message is an error. */
gboolean q_recv_call_run_into_memory (const QSocketMethod  *method,
                                      QSocket              *socket,
                                      void                 *memory,
                                      gsize                 size,
                                      int                   timeout_ms,
                                      GCancellable         *cancellable,
                                      GError              **error);

/* ---- the short way ---- */

/* If @size bytes are in the buffer already a read needs neither an operation nor the
 * descriptor. Takes the reader's claim then; ends with q_recv_end_buffered (). */
static inline QChannel *
q_recv_begin_buffered (QSocket *socket,
                       gsize    size)
{
  QChannel *channel = (QChannel *) q_gate_enter_briefly (&socket->gate, Q_CLAIM_READER);

  if (channel == NULL)
    return NULL;
  if (q_recv_buffer_length (&channel->in) >= size && !q_channel_has_text (channel))
    return channel;

  q_gate_leave_briefly (&socket->gate, Q_CLAIM_READER);

  return NULL;
}

/* What q_recv_end_buffered () does if there is somebody to tell about the read. */
void q_recv_end_buffered_with_event (QSocket  *socket,
                                     QChannel *channel,
                                     gsize     size);

static inline void
q_recv_end_buffered (QSocket  *socket,
                     QChannel *channel,
                     gsize     size)
{
  if (G_UNLIKELY (q_socket_may_report_reads (socket)))
    {
      q_recv_end_buffered_with_event (socket, channel, size);
      return;
    }

  q_recv_buffer_consume (&channel->in, size);
  q_gate_leave_briefly (&socket->gate, Q_CLAIM_READER);
}

G_END_DECLS
