/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-end-op-private.h"

#include "q-read-op-private.h"
#include "q-tls-transport-private.h"

#include <errno.h>

/* Bytes that came glued to the peer's leave are clear already. */
static void
take_clear_bytes (QChannel      *channel,
                  QTlsTransport *transport)
{
  QTlsBlock *rest = &transport->wire->in;
  gsize length = q_tls_block_length (rest);
  gsize available;

  if (length == 0)
    return;

  memcpy (q_read_buffer_get_room (&channel->in, length, &available), rest->data + rest->start,
          length);
  q_read_buffer_added (&channel->in, length);
  q_tls_block_consume (rest, length);
}

static QStep
tls_end_step (QOp *op)
{
  QTlsEndOp *self = (QTlsEndOp *) op;
  QChannel *channel = op->channel;
  QTlsTransport *transport = (QTlsTransport *) channel->transport;
  gssize n;

  if (q_channel_is_closed (channel))
    return q_op_fail_closed_here (op);

  q_tls_transport_end (transport);
  n = q_transport_flush (channel->transport, op->patience);
  if (n < 0 && n != -EAGAIN && n != -EINTR)
    return q_op_fail_errno (op, Q_SOCKET_ERROR_SEND, (int) -n);
  if (n < 0)
    return q_op_wait_for (op, POLLOUT);

  n = q_read_fill (op, 1);
  if (n == 0)
    {
      /* A read may have met it before. */
      channel->at_end = FALSE;
      take_clear_bytes (channel, transport);
      return Q_STEP_DONE;
    }
  if (n < 0)
    return q_read_no_bytes (op, n, NULL, NULL);

  if (self->limit > 0 && q_read_buffer_length (&channel->in) > self->limit)
    return q_op_fail (op, Q_SOCKET_ERROR_TOO_LARGE,
                      "more than %" G_GSIZE_FORMAT " bytes came before the peer's end",
                      self->limit);

  return Q_STEP_AGAIN;
}

static const QOpClass tls_end_class = { tls_end_step, NULL, NULL };

void
q_tls_end_op_init (QTlsEndOp   *self,
                   const char  *name,
                   QChannel    *channel,
                   const QSink *sink,
                   gsize        limit)
{
  *self = (QTlsEndOp) {
    .parent = { .klass = &tls_end_class, .name = name, .channel = channel, .sink = sink },
    .limit = limit,
  };
}
