/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-ssl-identity.h"

#include "q-socket-call-error-private.h"
#include "q-socket-settings-private.h"

/* Makes @config, which has a new certificate or a new key, the config of the socket. Takes it over.
 * Fails with @code if certificate and key do not belong together. */
static gboolean
apply_identity (QSocket       *self,
                const char    *name,
                QTlsConfig    *config,
                QSocketError   code,
                GError       **error)
{
  if (!q_tls_config_join (config, code, error))
    {
      q_tls_config_unref (config);
      return q_socket_prefix_error (name, error);
    }
  q_socket_end_tls_change (self, config, NULL);

  return TRUE;
}

static gboolean
apply_certificate (QSocket          *self,
                   const char       *name,
                   QSslCertificate  *certificate,
                   GError          **error)
{
  QTlsConfig *config = q_socket_begin_tls_change (self);

  g_set_object (&config->certificate, certificate);

  return apply_identity (self, name, config, Q_SOCKET_ERROR_CERTIFICATE, error);
}

/**
 * q_socket_set_certificate:
 * @self: a socket
 * @certificate: (nullable): the certificate with the others of its chain; `NULL` removes it
 *
 * Sets the certificate that this side shows to its peers.
 *
 * Servers need one, clients rarely do. It is used only together with its private key, which may be
 * set before or after. It is used from the next handshake on, and accepted sockets inherit it.
 *
 * Fails with [error@QSocket.SocketError] `CERTIFICATE` if a private key is set that does not belong
 * to it; nothing is changed then.
 *
 * May be called from any thread.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_set_certificate (QSocket          *self,
                          QSslCertificate  *certificate,
                          GError          **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (certificate == NULL || Q_IS_SSL_CERTIFICATE (certificate), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return apply_certificate (self, "set_certificate", certificate, error);
}

/**
 * q_socket_set_certificate_pem:
 * @self: a socket
 * @pem: one certificate or more in PEM, that of this side first
 *
 * Sets the certificate that this side shows to its peers from its text.
 *
 * It does the same as [ctor@QSocket.SslCertificate.new_from_pem] and then
 * [method@QSocket.Socket.set_certificate], and fails as they do.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_set_certificate_pem (QSocket     *self,
                              const char  *pem,
                              GError     **error)
{
  g_autoptr (QSslCertificate) certificate = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (pem != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  certificate = q_ssl_certificate_new_from_pem (pem, error);

  return certificate != NULL
         ? apply_certificate (self, "set_certificate_pem", certificate, error)
         : q_socket_prefix_error ("set_certificate_pem", error);
}

/**
 * q_socket_set_certificate_der:
 * @self: a socket
 * @der: a certificate in DER
 *
 * Sets the certificate that this side shows to its peers from its bytes.
 *
 * It does the same as [ctor@QSocket.SslCertificate.new_from_der] and then
 * [method@QSocket.Socket.set_certificate], and fails as they do.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_set_certificate_der (QSocket  *self,
                              GBytes   *der,
                              GError  **error)
{
  g_autoptr (QSslCertificate) certificate = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (der != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  certificate = q_ssl_certificate_new_from_der (der, error);

  return certificate != NULL
         ? apply_certificate (self, "set_certificate_der", certificate, error)
         : q_socket_prefix_error ("set_certificate_der", error);
}

static gboolean
apply_private_key (QSocket         *self,
                   const char      *name,
                   QSslPrivateKey  *key,
                   GError         **error)
{
  QTlsConfig *config = q_socket_begin_tls_change (self);

  g_set_object (&config->key, key);

  return apply_identity (self, name, config, Q_SOCKET_ERROR_PRIVATE_KEY, error);
}

/**
 * q_socket_set_private_key:
 * @self: a socket
 * @key: (nullable): the private key of the certificate; `NULL` removes it
 *
 * Sets the private key of the certificate that this side shows to its peers.
 *
 * It is used from the next handshake on, and accepted sockets inherit it.
 *
 * Fails with [error@QSocket.SocketError] `PRIVATE_KEY` if a certificate is set that does not belong
 * to it; nothing is changed then.
 *
 * May be called from any thread.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_set_private_key (QSocket         *self,
                          QSslPrivateKey  *key,
                          GError         **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (key == NULL || Q_IS_SSL_PRIVATE_KEY (key), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return apply_private_key (self, "set_private_key", key, error);
}

/**
 * q_socket_set_private_key_pem:
 * @self: a socket
 * @pem: a private key in PEM
 * @password: (nullable): the password that it is encrypted with; `NULL` if it is not encrypted
 *
 * Sets the private key of the certificate that this side shows to its peers from its text.
 *
 * It does the same as [ctor@QSocket.SslPrivateKey.new_from_pem] and then
 * [method@QSocket.Socket.set_private_key], and fails as they do.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_set_private_key_pem (QSocket     *self,
                              const char  *pem,
                              const char  *password,
                              GError     **error)
{
  g_autoptr (QSslPrivateKey) key = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (pem != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  key = q_ssl_private_key_new_from_pem (pem, password, error);

  return key != NULL ? apply_private_key (self, "set_private_key_pem", key, error)
                     : q_socket_prefix_error ("set_private_key_pem", error);
}

/**
 * q_socket_set_private_key_der:
 * @self: a socket
 * @der: a private key in DER
 *
 * Sets the private key of the certificate that this side shows to its peers from its bytes.
 *
 * It does the same as [ctor@QSocket.SslPrivateKey.new_from_der] and then
 * [method@QSocket.Socket.set_private_key], and fails as they do.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
gboolean
q_socket_set_private_key_der (QSocket  *self,
                              GBytes   *der,
                              GError  **error)
{
  g_autoptr (QSslPrivateKey) key = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (der != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  key = q_ssl_private_key_new_from_der (der, error);

  return key != NULL ? apply_private_key (self, "set_private_key_der", key, error)
                     : q_socket_prefix_error ("set_private_key_der", error);
}
