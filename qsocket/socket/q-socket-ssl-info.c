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

/* The session, with the channel's lock held until leave_session (). NULL without TLS. */
static QTlsSession *
enter_session (QSocket   *self,
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
leave_session (QChannel *channel)
{
  g_mutex_unlock (&channel->lock);
  q_channel_unref (channel);
}

char *
q_socket_get_ssl_cipher_name (QSocket *self)
{
  QTlsSession *session;
  QChannel *channel;
  char *name;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  session = enter_session (self, &channel);
  if (session == NULL)
    return NULL;

  name = g_strdup (session->cipher);
  leave_session (channel);

  return name;
}

char *
q_socket_get_ssl_cipher_version (QSocket *self)
{
  QTlsSession *session;
  QChannel *channel;
  char *version;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  session = enter_session (self, &channel);
  if (session == NULL)
    return NULL;

  version = g_strdup (session->version);
  leave_session (channel);

  return version;
}

static GTlsConnection *
ref_connection (QSocket *self)
{
  GTlsConnection *connection;
  QTlsSession *session;
  QChannel *channel;

  session = enter_session (self, &channel);
  if (session == NULL)
    return NULL;

  connection = g_object_ref (session->connection);
  leave_session (channel);

  return connection;
}

char *
q_socket_get_ssl_alpn (QSocket *self)
{
  g_autoptr (GTlsConnection) connection = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  connection = ref_connection (self);

  return connection != NULL
         ? g_strdup (g_tls_connection_get_negotiated_protocol (connection)) : NULL;
}

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

const char *
q_socket_verify_peer_certificate (QSocket *self)
{
  QTlsSession *session;
  const char *verification;
  QChannel *channel;

  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  session = enter_session (self, &channel);
  if (session == NULL)
    return NULL;

  verification = q_tls_session_get_verification (session);
  leave_session (channel);

  return verification;
}

void
q_socket_emit_ssl_established (QSocket *self)
{
  g_autofree char *cipher = q_socket_get_ssl_cipher_name (self);
  g_autofree char *version = q_socket_get_ssl_cipher_version (self);
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED);

  report.cipher = cipher;
  report.cipher_version = version;
  q_socket_emit (self, &report);
}
