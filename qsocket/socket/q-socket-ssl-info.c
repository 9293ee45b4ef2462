/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-ssl-info.h"

#include "q-socket-events-private.h"
#include "q-socket-open-private.h"
#include "q-socket-ssl-info-private.h"
#include "q-ssl-certificate-private.h"
#include "q-tls-session-private.h"

/* Returns the TLS session of the open channel. Until unlock_session () the lock of @channel is
 * held, so that the session is not replaced. Returns NULL, without a lock, if there is no TLS. */
static QTlsSession *
lock_session (QSocket   *self,
              QChannel **channel)
{
  QTlsSession *session;

  *channel = q_socket_ref_channel (self);
  if (*channel == NULL)
    return NULL;

  g_mutex_lock (&(*channel)->lock);
  session = q_tls_session_of ((*channel)->transport);
  if (session != NULL)
    return session;

  g_mutex_unlock (&(*channel)->lock);
  g_clear_pointer (channel, q_channel_unref);

  return NULL;
}

static void
unlock_session (QChannel *channel)
{
  g_mutex_unlock (&channel->lock);
  q_channel_unref (channel);
}

/* Copies what the handshake has agreed on. Both are NULL if there is no TLS. */
static void
get_cipher (QSocket  *self,
            char    **name,
            char    **version)
{
  QChannel *channel = NULL;
  QTlsSession *session = lock_session (self, &channel);

  *name = NULL;
  *version = NULL;
  if (session == NULL)
    return;

  *name = g_strdup (session->cipher);
  *version = g_strdup (session->version);
  unlock_session (channel);
}

/**
 * q_socket_get_ssl_cipher_name:
 * @self: a socket
 *
 * Gets the cipher suite in use, by its name in the TLS registry: `TLS_AES_256_GCM_SHA384`.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the name; `NULL` without TLS
 *
 * Since: 1.0
 */
char *
q_socket_get_ssl_cipher_name (QSocket *self)
{
  g_autofree char *version = NULL;
  char *name;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  get_cipher (self, &name, &version);

  return name;
}

/**
 * q_socket_get_ssl_cipher_version:
 * @self: a socket
 *
 * Gets the version of TLS in use: `TLSv1.3` or `TLSv1.2`; with a lower
 * [property@QSocket.Socket:ssl-minimum-version] also `TLSv1.1` or `TLSv1`.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the version; `NULL` without TLS
 *
 * Since: 1.0
 */
char *
q_socket_get_ssl_cipher_version (QSocket *self)
{
  g_autofree char *name = NULL;
  char *version;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  get_cipher (self, &name, &version);

  return version;
}

/* Returns a new reference to GIO's connection, or NULL if there is no TLS. */
static GTlsConnection *
ref_connection (QSocket *self)
{
  GTlsConnection *connection;
  QChannel *channel = NULL;
  QTlsSession *session = lock_session (self, &channel);

  if (session == NULL)
    return NULL;

  connection = g_object_ref (session->connection);
  unlock_session (channel);

  return connection;
}

/**
 * q_socket_get_ssl_alpn:
 * @self: a socket
 *
 * Gets the application protocol that the two sides agreed on, one of those in
 * [property@QSocket.Socket:ssl-alpn].
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the protocol, such as `http/1.1`; `NULL` without TLS or
 *   without an agreement
 *
 * Since: 1.0
 */
char *
q_socket_get_ssl_alpn (QSocket *self)
{
  g_autoptr (GTlsConnection) connection = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  connection = ref_connection (self);

  return connection != NULL
         ? g_strdup (g_tls_connection_get_negotiated_protocol (connection)) : NULL;
}

/**
 * q_socket_get_peer_certificate:
 * @self: a socket
 *
 * Gets the certificate that the peer has shown, with the others of its chain that the peer sent, 32
 * at most.
 *
 * May be called from any thread.
 *
 * Returns: (transfer full) (nullable): the certificate; `NULL` without TLS, or if the peer has
 *   shown none, as most clients do
 *
 * Since: 1.0
 */
QSslCertificate *
q_socket_get_peer_certificate (QSocket *self)
{
  g_autoptr (GTlsConnection) connection = NULL;
  GTlsCertificate *certificate;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  connection = ref_connection (self);
  certificate = connection != NULL ? g_tls_connection_get_peer_certificate (connection) : NULL;

  return certificate != NULL ? q_ssl_certificate_new_from_tls_certificate (certificate) : NULL;
}

/**
 * q_socket_verify_peer_certificate:
 * @self: a socket
 *
 * Verifies the certificate that the peer has shown: whether it chains to one that is trusted, is
 * valid now, and is for this host and this purpose.
 *
 * With [enum@QSocket.SslVerifyMode] `NONE` the handshake accepts any certificate, and this call
 * tells whether it is a good one, before anything is sent. With the other modes the certificate of
 * an open connection was verified in the handshake. The verification is done once for each session,
 * with the settings that the session began with, and never uses the network.
 * [func@QSocket.ssl_verification_reason] describes the result.
 *
 * May be called from any thread.
 *
 * Returns: (transfer none) (nullable): `X509_V_OK` or the name of what is wrong, such as
 *   `X509_V_ERR_CERT_HAS_EXPIRED`; `NULL` without TLS or without a certificate of the peer
 *
 * Since: 1.0
 */
const char *
q_socket_verify_peer_certificate (QSocket *self)
{
  QTlsSession *session;
  const char *verification;
  QChannel *channel = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  session = lock_session (self, &channel);
  if (session == NULL)
    return NULL;

  verification = q_tls_session_get_verification (session);
  unlock_session (channel);

  return verification;
}

void
q_socket_emit_ssl_established (QSocket *self)
{
  g_autofree char *name = NULL;
  g_autofree char *version = NULL;
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED);

  get_cipher (self, &name, &version);
  report.cipher = name;
  report.cipher_version = version;
  q_socket_emit (self, &report);
}
