/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-session-private.h"

#include "q-i18n-private.h"
#include "q-ssl-certificate-private.h"
#include "q-tls-verify-private.h"

#include <errno.h>

void
q_tls_session_init (QTlsSession           *self,
                    const QTransportClass *klass,
                    GTlsConnection        *connection,
                    QTlsConfig            *config,
                    const char            *host,
                    gboolean               is_server)
{
  GIOStream *stream = G_IO_STREAM (connection);

  self->parent.klass = klass;
  self->connection = connection;
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream));
  self->config = q_tls_config_ref (config);
  self->host = g_strdup (host);
  self->is_server = is_server;
  g_mutex_init (&self->lock);
}

void
q_tls_session_clear (QTlsSession *self)
{
  g_object_unref (self->connection);
  g_clear_error (&self->errors[Q_TLS_READING]);
  g_clear_error (&self->errors[Q_TLS_WRITING]);
  q_tls_config_unref (self->config);
  g_free (self->host);
  g_free (self->cipher);
  g_mutex_clear (&self->lock);
}

QTlsSession *
q_tls_session_of (QTransport *transport)
{
  return transport->klass->is_tls_session ? (QTlsSession *) transport : NULL;
}

/* ---- errors ---- */

gssize
q_tls_session_set_error (QTlsSession *self,
                         int          direction,
                         GError      *from)
{
  GError **error = &self->errors[direction];
  QSocketError code = Q_SOCKET_ERROR_SSL;
  const char *text = from->message;

  if (g_error_matches (from, G_TLS_ERROR, G_TLS_ERROR_EOF))
    {
      code = Q_SOCKET_ERROR_TRUNCATED;
      text = _("the peer ended the connection without a close_notify");
    }
  else if (self->has_sent_close_notify && direction == Q_TLS_WRITING)
    {
      text = _("this side has ended the TLS session");
    }

  if (*error == NULL)
    *error = g_error_new_literal (Q_SOCKET_ERROR, code, text);
  g_error_free (from);

  return -EPROTO;
}

const GError *
q_tls_session_get_error (QTransport *transport,
                         gboolean    of_writing)
{
  return ((QTlsSession *) transport)->errors[of_writing ? Q_TLS_WRITING : Q_TLS_READING];
}

gboolean
q_tls_session_may_have_data (QTransport *transport)
{
  return ((QTlsSession *) transport)->may_have_data;
}

/* ---- the peer's certificate ---- */

static const char *
verify (QTlsSession     *self,
        GTlsCertificate *certificate)
{
  g_autoptr (QSslCertificate) peer = q_ssl_certificate_new_from_tls_certificate (certificate);

  return peer != NULL
         ? q_tls_verify (q_tls_config_get_trust (self->config, NULL), peer, self->host,
                         !self->is_server)
         : "X509_V_ERR_CERT_REJECTED";
}

gboolean
q_tls_session_accepts (QTlsSession     *self,
                       GTlsCertificate *certificate)
{
  /* Any certificate will do. It is verified when the application asks for the result. */
  if (self->config->verify_mode == Q_SSL_VERIFY_MODE_NONE)
    return TRUE;

  self->verification = verify (self, certificate);

  return g_str_equal (self->verification, Q_TLS_VERIFIED);
}

const char *
q_tls_session_get_verification (QTlsSession *self)
{
  GTlsCertificate *certificate = g_tls_connection_get_peer_certificate (self->connection);
  const char *verification;

  g_mutex_lock (&self->lock);
  if (self->verification == NULL && certificate != NULL)
    self->verification = verify (self, certificate);
  verification = self->verification;
  g_mutex_unlock (&self->lock);

  return verification;
}

/* ---- what was agreed on ---- */

static const char *
get_version_name (GTlsProtocolVersion version)
{
  switch (version)
    {
    case G_TLS_PROTOCOL_VERSION_SSL_3_0:
      return "SSLv3";
    case G_TLS_PROTOCOL_VERSION_TLS_1_0:
      return "TLSv1";
    case G_TLS_PROTOCOL_VERSION_TLS_1_1:
      return "TLSv1.1";
    case G_TLS_PROTOCOL_VERSION_TLS_1_2:
      return "TLSv1.2";
    case G_TLS_PROTOCOL_VERSION_TLS_1_3:
      return "TLSv1.3";
    case G_TLS_PROTOCOL_VERSION_DTLS_1_0:
    case G_TLS_PROTOCOL_VERSION_DTLS_1_2:
    case G_TLS_PROTOCOL_VERSION_UNKNOWN:
    default:
      return "an unknown version";
    }
}

char *
q_tls_session_complete (QTlsSession *self)
{
  GTlsProtocolVersion version = g_tls_connection_get_protocol_version (self->connection);
  GTlsCertificate *peer = g_tls_connection_get_peer_certificate (self->connection);
  QSslVerifyMode mode = self->config->verify_mode;

  self->version = get_version_name (version);
  self->cipher = g_tls_connection_get_ciphersuite_name (self->connection);

  /* GIO has no way to set a minimum for the handshake itself. */
  if (version < self->config->minimum_version)
    return g_strdup_printf (_("the peer speaks %s at most, and %s is the least that is accepted"),
                            self->version, get_version_name (self->config->minimum_version));

  /* GIO asks about a certificate during the handshake, unless something made it skip that.
   * Whatever it was, no session goes on whose peer should have been verified and was not. */
  if (self->verification == NULL && mode != Q_SSL_VERIFY_MODE_NONE &&
      (!self->is_server || mode == Q_SSL_VERIFY_MODE_REQUIRE) &&
      (peer == NULL || !q_tls_session_accepts (self, peer)))
    return g_strdup (_("the peer's certificate was not verified"));

  return NULL;
}
