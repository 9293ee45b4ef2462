/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-int-format.h"
#include "q-recv-op-private.h"
#include "q-socket-call-private.h"
#include "q-socket-events-private.h"

G_BEGIN_DECLS

/* A call that receives bytes, text or an integer. */
typedef struct
{
  QSocketCall call;
  QRecvResult result;
  gssize size;            /* the argument of the public function, or the size of @memory */
  gboolean refuses_short_message;         /* a message with fewer bytes is an error */
  gboolean completes_at_end;              /* the end of the stream is no error */

  /* for Q_RECV_TO_MEMORY */
  void *memory;
  gsize minimum;          /* how many bytes of @memory have to be filled */

  /* for the asynchronous form that receives an integer */
  QIntFormat format;
  guint8 bytes[8];        /* its @memory */

  QChannel *channel;
  QRecvOp op;
} QRecvCall;

/* The functions of the classes of such calls. q_recv_call_finish () moves bytes or text into
 * call->pointer. */
gboolean q_recv_call_begin  (QSocketCall  *call,
                             GError      **error);

gboolean q_recv_call_finish (QSocketCall  *call,
                             gboolean      ok,
                             GError      **error);

/* The class of calls that receive into memory, and so have no result but success. */
extern const QSocketCallClass q_recv_call_memory_class;

/* A blocking call that reads exactly @size bytes into @memory. A message that is shorter is an
 * error. */
gboolean q_recv_call_run_into_memory (const QSocketMethod  *method,
                                      QSocket              *socket,
                                      void                 *memory,
                                      gsize                 size,
                                      int                   timeout_ms,
                                      GCancellable         *cancellable,
                                      GError              **error);

/* ---- reads from the buffer ---- */

/* If @size bytes are in the buffer already, a read needs neither an operation nor the descriptor,
 * which makes it many times faster. Returns the channel that has the bytes, and holds the claim of
 * the reader until q_recv_end_buffered (). Returns NULL, without the claim, if the read has to go
 * the normal way. */
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

/* Does the same as q_recv_end_buffered (), and emits packet-read. */
void q_recv_end_buffered_with_event (QSocket  *socket,
                                     QChannel *channel,
                                     gsize     size);

/* Takes the @size bytes out of the buffer, emits packet-read if it has a handler or a queue, and
 * drops the claim. */
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
