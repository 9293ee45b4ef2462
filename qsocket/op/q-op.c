/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-op-private.h"

#include "q-i18n-private.h"

#include <errno.h>

static QStep
fail_with (QOp          *op,
           QSocketError  code,
           const char   *text)
{
  g_autofree char *peer = NULL;

  if (op->target != NULL)
    peer = g_strescape (op->target, NULL);
  else if (op->channel != NULL)
    peer = q_channel_describe (op->channel);

  g_clear_error (&op->error);
  if (peer != NULL && *peer != '\0')
    g_set_error (&op->error, Q_SOCKET_ERROR, code, "%s \"%s\": %s", op->name, peer, text);
  else
    g_set_error (&op->error, Q_SOCKET_ERROR, code, _("%s an unnamed socket: %s"), op->name, text);

  return Q_STEP_FAILED;
}

QStep
q_op_fail (QOp          *op,
           QSocketError  code,
           const char   *format,
           ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  return fail_with (op, code, text);
}

QStep
q_op_fail_errno (QOp          *op,
                 QSocketError  code,
                 int           system_error)
{
  const GError *error = NULL;

  if (system_error == EPROTO && op->channel != NULL)
    error = q_transport_get_error (op->channel->transport, code == Q_SOCKET_ERROR_SEND);
  if (error == NULL)
    return fail_with (op, code, g_strerror (system_error));

  return fail_with (op, (QSocketError) error->code, error->message);
}

QStep
q_op_fail_closed_here (QOp *op)
{
  return fail_with (op, Q_SOCKET_ERROR_CLOSED, _("the socket was closed meanwhile"));
}

QStep
q_op_wait_for (QOp   *op,
               short  direction)
{
  QTransport *transport = op->channel->transport;

  transport->klass->wait (transport, direction, &op->wait.one);
  op->wait.fds = &op->wait.one;
  op->wait.n_fds = 1;
  op->wait.until = Q_DEADLINE_NEVER;

  return Q_STEP_WAIT;
}

QStep
q_op_time_out (QOp *op)
{
  if (op->klass->time_out != NULL)
    return op->klass->time_out (op);

  return q_op_fail (op, Q_SOCKET_ERROR_TIMEOUT, _("not done within %d ms"), op->timeout_ms);
}
