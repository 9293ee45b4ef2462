/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-handshake-op-private.h"

#include "q-i18n-private.h"
#include "q-ssl-verification.h"
#include "q-tls-database-private.h"

#include <sys/socket.h>

enum
{
  PHASE_START,
  PHASE_FIRST_BYTE,       /* a server waits for the client */
  PHASE_RUN,              /* GIO is at work */
};

/* GIO runs a handshake in a thread of its pool, and calls back in a main context. Each handshake
 * has a context of its own, which the operation iterates; so the callbacks, which check the
 * certificate and note the end, run in the thread that takes the operation's steps. Between two
 * steps the driver waits for the descriptors of that context. */
struct _QHandshake
{
  GMainContext *context;
  QTlsTransport *transport;     /* what the handshake prepares */
  int fd;                 /* the channel's */
  gboolean is_finished;   /* GIO's thread has ended its work, with @error if it failed */
  gboolean is_given_up;   /* the operation has ended before */
  gboolean is_rejected;   /* the peer's certificate was not accepted */
  GError *error;
};

/* ---- the handshake in GIO ---- */

static gboolean
accept_certificate_cb (GTlsConnection       *connection,
                       GTlsCertificate      *certificate,
                       GTlsCertificateFlags  errors,
                       QHandshake           *self)
{
  if (self->is_given_up)
    return FALSE;

  self->is_rejected = !q_tls_session_accepts (&self->transport->session, certificate);

  return !self->is_rejected;
}

static void
handshake_done_cb (GObject      *connection,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  QHandshake *self = user_data;

  g_tls_connection_handshake_finish (G_TLS_CONNECTION (connection), result, &self->error);
  self->is_finished = TRUE;
}

static QHandshake *
handshake_new (QTlsTransport *transport,
               int            fd)
{
  QHandshake *self = g_new0 (QHandshake, 1);
  GTlsConnection *connection = transport->session.connection;

  /* While the driver polls the descriptors of the context no thread owns it. Only with this flag
   * does a source that GIO's thread adds end such a poll. */
  self->context = g_main_context_new_with_flags (G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING);
  self->transport = transport;
  self->fd = fd;

  g_signal_connect (connection, "accept-certificate", G_CALLBACK (accept_certificate_cb), self);
  g_main_context_push_thread_default (self->context);
  g_tls_connection_handshake_async (connection, G_PRIORITY_DEFAULT, NULL, handshake_done_cb, self);
  g_main_context_pop_thread_default (self->context);

  return self;
}

/* Returns the transport, which is the caller's then. */
static QTlsTransport *
handshake_free (QHandshake *self)
{
  QTlsTransport *transport = self->transport;

  g_signal_handlers_disconnect_by_data (transport->session.connection, self);
  g_main_context_unref (self->context);
  g_clear_error (&self->error);
  g_free (self);

  return transport;
}

/* For a handshake whose result is not wanted any more. */
static gpointer
wait_and_free (gpointer data)
{
  QHandshake *self = data;

  while (!self->is_finished)
    g_main_context_iteration (self->context, TRUE);

  q_tls_transport_free (handshake_free (self));

  return NULL;
}

/* Ends the handshake and, with that, the use of the connection. If GIO's thread is at work the
 * shutdown ends its work at once, and this waits for that. If it has not begun, because the pool
 * is busy with other handshakes, it will not touch the connection when its turn comes; but that
 * may be late, so another thread waits for it. */
static void
handshake_give_up (QHandshake *self)
{
  QTlsBaseStream *base = self->transport->base;

  self->is_given_up = TRUE;
  atomic_store (&base->phase, Q_TLS_BASE_STREAM_DEAD);
  shutdown (self->fd, SHUT_RDWR);

  if (self->is_finished || atomic_load (&base->is_started))
    wait_and_free (self);
  else
    g_thread_unref (g_thread_new ("qsocket-handshake", wait_and_free, self));
}

/* ---- what GIO is given ---- */

/* The name or address of the server as a certificate has it: without the scope of an address, and
 * without the dot at the end of a full name. NULL for NULL. */
static char *
get_certified_name (const char *host)
{
  if (host == NULL)
    return NULL;
  if (strchr (host, ':') != NULL)
    return g_strndup (host, strcspn (host, "%"));

  return g_strndup (host, strlen (host) - g_str_has_suffix (host, "."));
}

/* What GIO checks the certificate against. A name is also sent as the server name (SNI). */
static GSocketConnectable *
new_identity (const char *name)
{
  GSocketAddress *address;

  if (name == NULL)
    return NULL;

  /* As a socket address it is not sent as a server name, in which addresses are not allowed. */
  address = g_inet_socket_address_new_from_string (name, 0);

  return address != NULL ? G_SOCKET_CONNECTABLE (address) : g_network_address_new (name, 0);
}

static GTlsConnection *
new_client (QHandshakeOp    *self,
            GType            type,
            QTlsBaseStream  *base,
            const char      *name,
            GError         **error)
{
  g_autoptr (GSocketConnectable) identity = new_identity (name);
  GTlsConnection *connection;

  connection = g_initable_new (type, NULL, error,
                               "base-io-stream", base,
                               "database", q_tls_database_get (),
                               "server-identity", identity,
                               NULL);
  if (connection != NULL && self->config->identity != NULL)
    g_tls_connection_set_certificate (connection, self->config->identity);

  return connection;
}

static GTlsConnection *
new_server (QHandshakeOp    *self,
            GType            type,
            QTlsBaseStream  *base,
            GError         **error)
{
  GTlsAuthenticationMode mode = self->config->verify_mode == Q_SSL_VERIFY_MODE_REQUIRE
                                ? G_TLS_AUTHENTICATION_REQUIRED : G_TLS_AUTHENTICATION_NONE;

  return g_initable_new (type, NULL, error,
                         "base-io-stream", base,
                         "database", q_tls_database_get (),
                         "certificate", self->config->identity,
                         "authentication-mode", mode,
                         NULL);
}

gboolean
q_handshake_check (const QTlsConfig  *config,
                   const char        *host,
                   gboolean           is_server,
                   int                socktype,
                   GError           **error)
{
  QSocketError code = Q_SOCKET_ERROR_SSL;
  const char *obstacle = NULL;

  if (socktype != SOCK_STREAM)
    {
      code = Q_SOCKET_ERROR_INVALID_ARGUMENT;
      obstacle = _("TLS needs a stream socket");
    }
  else if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    obstacle = _("GIO has no TLS here: the package glib-networking is missing");
  else if (config->trust_error != NULL)
    obstacle = config->trust_error;
  else if (is_server && config->identity == NULL)
    obstacle = _("a server needs a certificate and its private key");
  else if (!is_server && host == NULL && config->verify_mode != Q_SSL_VERIFY_MODE_NONE)
    obstacle = _("there is no name to check the server's certificate against: "
                 "set ssl-server-name");

  if (obstacle != NULL)
    g_set_error_literal (error, Q_SOCKET_ERROR, code, obstacle);

  return obstacle == NULL;
}

static QStep
begin (QHandshakeOp *self)
{
  QOp *op = &self->parent;
  GTlsBackend *backend = g_tls_backend_get_default ();
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_START_SSL);
  g_autofree char *name = get_certified_name (self->host);
  g_autoptr (QTlsBaseStream) base = NULL;
  g_autoptr (GError) error = NULL;
  GTlsConnection *connection;
  QTlsTransport *transport;

  q_sink_report (op->sink, &report);
  if (q_channel_is_closed (op->channel))
    return q_op_fail_closed_here (op);

  base = q_tls_base_stream_new (op->channel->fd);
  if (self->is_server)
    connection = new_server (self, g_tls_backend_get_server_connection_type (backend), base,
                             &error);
  else
    connection = new_client (self, g_tls_backend_get_client_connection_type (backend), base, name,
                             &error);
  if (connection == NULL)
    return q_op_fail (op, Q_SOCKET_ERROR_SSL, "%s", error->message);
  if (self->config->alpn != NULL)
    g_tls_connection_set_advertised_protocols (connection,
                                               (const char * const *) self->config->alpn);

  transport = q_tls_transport_new (&op->channel->plain, g_steal_pointer (&base), connection,
                                   self->config, name, self->is_server);
  self->handshake = handshake_new (transport, op->channel->fd);
  self->phase = PHASE_RUN;

  return Q_STEP_AGAIN;
}

/* ---- the end ---- */

static QStep
fail (QOp        *op,
      QHandshake *handshake)
{
  QTlsTransport *transport = handshake->transport;

  if (q_channel_is_closed (op->channel))
    return q_op_fail_closed_here (op);
  if (handshake->is_rejected)
    return q_op_fail (op, Q_SOCKET_ERROR_SSL, "%s: %s", transport->session.verification,
                      q_ssl_verification_reason (transport->session.verification));
  if (transport->base->at_eof)
    return q_op_fail (op, Q_SOCKET_ERROR_CLOSED,
                      _("the peer ended the connection during the handshake"));
  if (transport->base->system_error != 0)
    return q_op_fail_errno (op, Q_SOCKET_ERROR_CLOSED, transport->base->system_error);

  return q_op_fail (op, Q_SOCKET_ERROR_SSL, "%s", handshake->error->message);
}

static QStep
finish (QHandshakeOp *self)
{
  QOp *op = &self->parent;
  g_autofree char *objection = NULL;
  QStep step = Q_STEP_DONE;

  if (self->handshake->error != NULL)
    step = fail (op, self->handshake);
  else
    objection = q_tls_session_complete (&self->handshake->transport->session);
  if (objection != NULL)
    step = q_op_fail (op, Q_SOCKET_ERROR_SSL, "%s", objection);

  self->transport = handshake_free (g_steal_pointer (&self->handshake));
  if (step == Q_STEP_DONE)
    q_tls_transport_open (self->transport);
  else
    g_clear_pointer (&self->transport, q_tls_transport_free);

  return step;
}

/* ---- the steps ---- */

/* Runs the callbacks that are due, and waits for what brings the next ones. */
static QStep
run_callbacks (QHandshakeOp *self)
{
  GMainContext *context = self->handshake->context;
  QWait *wait = &self->parent.wait;
  int timeout_ms;
  int priority;
  int n;

  while (g_main_context_iteration (context, FALSE))
    continue;
  if (self->handshake->is_finished)
    return finish (self);

  if (!g_main_context_acquire (context))
    return Q_STEP_AGAIN;
  g_main_context_prepare (context, &priority);
  n = g_main_context_query (context, G_MAXINT, &timeout_ms, self->fds, G_N_ELEMENTS (self->fds));
  g_main_context_release (context);

  wait->fds = (struct pollfd *) self->fds;
  wait->n_fds = (guint) MIN (n, (int) G_N_ELEMENTS (self->fds));
  wait->until = timeout_ms < 0 ? Q_DEADLINE_NEVER
                               : g_get_monotonic_time () + (gint64) timeout_ms * 1000;

  return Q_STEP_WAIT;
}

static QStep
handshake_step (QOp *op)
{
  QHandshakeOp *self = (QHandshakeOp *) op;

  switch (self->phase)
    {
    case PHASE_START:
      /* A server begins when the client has sent something, so that a client that sends nothing
       * occupies no thread of GIO's. */
      if (self->is_server && !self->client_has_sent)
        {
          self->phase = PHASE_FIRST_BYTE;
          return q_op_wait_for (op, POLLIN);
        }
      return begin (self);
    case PHASE_FIRST_BYTE:
      return begin (self);
    case PHASE_RUN:
    default:
      return run_callbacks (self);
    }
}

static QStep
handshake_time_out (QOp *op)
{
  return q_op_fail (op, Q_SOCKET_ERROR_TIMEOUT, _("the TLS handshake was not done within %d ms"),
                    op->timeout_ms);
}

static void
handshake_abandon (QOp *op)
{
  QHandshakeOp *self = (QHandshakeOp *) op;

  if (self->handshake != NULL)
    handshake_give_up (g_steal_pointer (&self->handshake));
}

static const QOpClass handshake_class = {
  handshake_step, handshake_time_out, handshake_abandon,
};

void
q_handshake_op_init (QHandshakeOp     *self,
                     const char       *name,
                     QChannel         *channel,
                     const QSink      *sink,
                     QTlsConfig       *config,
                     const char       *host,
                     gboolean          is_server)
{
  *self = (QHandshakeOp) {
    .parent = { .klass = &handshake_class, .name = name, .channel = channel, .sink = sink },
    .config = config,
    .host = host,
    .is_server = is_server,
  };
}
