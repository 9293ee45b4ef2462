/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-gio-tls-transport-private.h"

#include "q-wait-private.h"

#include <errno.h>

/* Makes of what a call into GIO returned what the transport's functions return. */
static gssize
translate (QGioTlsTransport *self,
           int               direction,
           gssize            n,
           GError           *error)
{
  if (n >= 0)
    return n;

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return q_tls_session_set_error (&self->session, direction, error);

  g_error_free (error);

  return -EAGAIN;
}

static gssize
gio_tls_read (QTransport *transport,
              void       *buffer,
              gsize       length,
              gboolean    whole,
              QDeadline  *sleep_limit)
{
  QGioTlsTransport *self = (QGioTlsTransport *) transport;
  GError *error = NULL;
  gssize n;

  g_mutex_lock (&self->session.lock);
  n = g_pollable_input_stream_read_nonblocking (self->session.input, buffer, length, NULL,
                                                &error);
  n = translate (self, Q_TLS_READING, n, error);
  g_mutex_unlock (&self->session.lock);
  self->session.may_have_data = n > 0;

  return n;
}

/* Returns 0 when GIO has taken all there was. To be called under the session's lock. */
static gssize
send_unsent (QGioTlsTransport *self)
{
  QTlsBlock *unsent = &self->unsent;
  gssize n = 0;

  while (n >= 0 && q_tls_block_length (unsent) > 0)
    {
      GError *error = NULL;

      n = g_pollable_output_stream_write_nonblocking (self->session.output,
                                                      unsent->data + unsent->start,
                                                      q_tls_block_length (unsent), NULL, &error);
      n = translate (self, Q_TLS_WRITING, n, error);
      if (n > 0)
        q_tls_block_consume (unsent, (gsize) n);
    }

  atomic_store (&self->has_unsent, q_tls_block_length (unsent) > 0);

  return MIN (n, 0);
}

static gssize
gio_tls_flush (QTransport *transport,
               QDeadline  *sleep_limit)
{
  QGioTlsTransport *self = (QGioTlsTransport *) transport;
  gssize result;

  g_mutex_lock (&self->session.lock);
  result = send_unsent (self);
  g_mutex_unlock (&self->session.lock);

  return result;
}

static gboolean
gio_tls_has_unsent (QTransport *transport)
{
  return atomic_load (&((QGioTlsTransport *) transport)->has_unsent);
}

static gssize
gio_tls_write (QTransport         *transport,
               const struct iovec *vectors,
               int                 n_vectors,
               QDeadline          *sleep_limit)
{
  QGioTlsTransport *self = (QGioTlsTransport *) transport;
  gssize result;

  g_mutex_lock (&self->session.lock);
  result = send_unsent (self);
  if (result == 0 && self->session.errors[Q_TLS_WRITING] != NULL)
    result = -EPROTO;

  /* These bytes count as written whether GIO takes them now or at the next call, which also
   * reports an error. */
  if (result == 0)
    {
      result = (gssize) q_tls_block_gather (&self->unsent, vectors, n_vectors, Q_TLS_BATCH_SIZE);
      send_unsent (self);
    }
  g_mutex_unlock (&self->session.lock);

  return result;
}

static void
gio_tls_wait (QTransport    *transport,
              short          direction,
              struct pollfd *pollfd)
{
  QGioTlsTransport *self = (QGioTlsTransport *) transport;

  self->plain->parent.klass->wait (&self->plain->parent, direction, pollfd);
}

/* GIO closes its stream with a blocking write, so this is only done if the kernel has room. */
static void
gio_tls_send_close_notify (QTransport *transport)
{
  QGioTlsTransport *self = (QGioTlsTransport *) transport;

  g_mutex_lock (&self->session.lock);
  if (!self->session.has_sent_close_notify && send_unsent (self) == 0 &&
      q_wait_check (self->plain->fd, POLLOUT) == POLLOUT)
    {
      self->session.has_sent_close_notify = TRUE;
      g_output_stream_close (G_OUTPUT_STREAM (self->session.output), NULL, NULL);
    }
  g_mutex_unlock (&self->session.lock);
}

static void
gio_tls_free (QTransport *transport)
{
  QGioTlsTransport *self = (QGioTlsTransport *) transport;

  q_tls_session_clear (&self->session);
  q_tls_block_clear (&self->unsent);
  g_free (self);
}

static const QTransportClass gio_tls_class = {
  .read = gio_tls_read,
  .write = gio_tls_write,
  .wait = gio_tls_wait,
  .flush = gio_tls_flush,
  .has_unsent = gio_tls_has_unsent,
  .may_have_data = q_tls_session_may_have_data,
  .send_close_notify = gio_tls_send_close_notify,
  .get_error = q_tls_session_get_error,
  .free = gio_tls_free,
  .is_secure = TRUE,
  .is_tls_session = TRUE,
};

/* Returns the name that the application had GIO check the server's certificate against, or
 * NULL. */
static char *
get_expected_host (GTlsConnection *connection)
{
  GSocketConnectable *identity = NULL;

  if (G_IS_TLS_CLIENT_CONNECTION (connection))
    identity = g_tls_client_connection_get_server_identity (G_TLS_CLIENT_CONNECTION (connection));

  if (G_IS_NETWORK_ADDRESS (identity))
    return g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (identity)));
  if (G_IS_NETWORK_SERVICE (identity))
    return g_strdup (g_network_service_get_domain (G_NETWORK_SERVICE (identity)));
  if (G_IS_INET_SOCKET_ADDRESS (identity))
    return g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (identity)));

  return NULL;
}

QGioTlsTransport *
q_gio_tls_transport_new (QPlainTransport *plain,
                         GTlsConnection  *connection,
                         QTlsConfig      *config)
{
  QGioTlsTransport *self = g_new0 (QGioTlsTransport, 1);
  g_autofree char *host = get_expected_host (connection);
  g_autofree char *objection = NULL;

  q_tls_session_init (&self->session, &gio_tls_class, g_object_ref (connection), config, host,
                      G_IS_TLS_SERVER_CONNECTION (connection));
  self->plain = plain;
  self->session.may_have_data = TRUE;

  /* The application has done the handshake and accepted its result. This call is only for what
   * it notes down in the session. */
  objection = q_tls_session_complete (&self->session);

  return self;
}
