/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-shutdown-ssl-op-private.h"

#include "q-i18n-private.h"
#include "q-recv-op-private.h"
#include "q-tls-transport-private.h"

#include <errno.h>

/* The bytes that arrived together with the peer's close_notify, and come after it, are not
 * encrypted. Moves them from the base stream to the receive buffer. */
static void
take_clear_bytes (QChannel      *channel,
                  QTlsTransport *transport)
{
  QTlsBlock *rest = &transport->base->in;
  gsize length = q_tls_block_length (rest);
  gsize available;

  if (length == 0)
    return;

  memcpy (q_recv_buffer_get_room (&channel->in, length, &available), rest->data + rest->start,
          length);
  q_recv_buffer_added (&channel->in, length);
  q_tls_block_consume (rest, length);
}

static QStep
shutdown_ssl_step (QOp *op)
{
  QShutdownSslOp *self = (QShutdownSslOp *) op;
  QChannel *channel = op->channel;
  QTlsTransport *transport = (QTlsTransport *) channel->transport;
  gssize n;

  if (q_channel_is_closed (channel))
    return q_op_fail_closed_here (op);

  q_transport_send_close_notify (channel->transport);
  n = q_transport_flush (channel->transport, op->sleep_limit);
  if (n < 0 && n != -EAGAIN && n != -EINTR)
    return q_op_fail_errno (op, Q_SOCKET_ERROR_SEND, (int) -n);
  if (n < 0)
    return q_op_wait_for (op, POLLOUT);

  n = q_recv_fill_buffer (op, 1);
  if (n == 0)
    {
      /* A read may have met the peer's close_notify before, and the connection goes on. */
      channel->at_end = FALSE;
      take_clear_bytes (channel, transport);
      return Q_STEP_DONE;
    }
  if (n < 0)
    return q_recv_handle_no_bytes (op, n);

  if (self->limit > 0 && q_recv_buffer_length (&channel->in) > self->limit)
    return q_op_fail (op, Q_SOCKET_ERROR_TOO_LARGE,
                      _("more than %zu bytes came before the peer's end"),
                      self->limit);

  return Q_STEP_AGAIN;
}

static const QOpClass shutdown_ssl_class = { shutdown_ssl_step, NULL, NULL };

void
q_shutdown_ssl_op_init (QShutdownSslOp *self,
                        const char     *name,
                        QChannel       *channel,
                        const QSink    *sink,
                        gsize           limit)
{
  *self = (QShutdownSslOp) {
    .parent = { .klass = &shutdown_ssl_class, .name = name, .channel = channel, .sink = sink },
    .limit = limit,
  };
}
