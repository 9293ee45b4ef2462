/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"
#include "q-ssl-certificate.h"
#include "q-ssl-private-key.h"

G_BEGIN_DECLS

/**
 * q_socket_set_certificate:
 * @self: a socket
 * @certificate: (nullable): the certificate with the others of its chain; `NULL` takes it away
 *
 * Sets the certificate that this side shows to its peers.
 *
 * Servers need one, clients rarely do. It is of use together with its private key, which may be
 * set before or after. The next handshake shows it; accepted sockets inherit it.
 *
 * Fails with [error@QSocket.SocketError] `CERTIFICATE` if the key that is there already is not
 * its key; nothing is changed then.
 *
 * May be called from any thread.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_certificate (QSocket          *self,
                                   QSslCertificate  *certificate,
                                   GError          **error);

/**
 * q_socket_set_certificate_pem:
 * @self: a socket
 * @pem: one certificate or more in PEM, that of this side first
 *
 * Sets the certificate that this side shows to its peers from its text.
 *
 * As [ctor@QSocket.SslCertificate.new_from_pem] and then
 * [method@QSocket.Socket.set_certificate].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_certificate_pem (QSocket     *self,
                                       const char  *pem,
                                       GError     **error);

/**
 * q_socket_set_certificate_der:
 * @self: a socket
 * @der: a certificate in DER
 *
 * Sets the certificate that this side shows to its peers from its bytes.
 *
 * As [ctor@QSocket.SslCertificate.new_from_der] and then
 * [method@QSocket.Socket.set_certificate].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_certificate_der (QSocket  *self,
                                       GBytes   *der,
                                       GError  **error);

/**
 * q_socket_set_private_key:
 * @self: a socket
 * @key: (nullable): the private key of the certificate; `NULL` takes it away
 *
 * Sets the private key of the certificate that this side shows to its peers.
 *
 * Fails with [error@QSocket.SocketError] `PRIVATE_KEY` if it is not the key of the certificate
 * that is there already; nothing is changed then.
 *
 * May be called from any thread.
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_private_key (QSocket         *self,
                                   QSslPrivateKey  *key,
                                   GError         **error);

/**
 * q_socket_set_private_key_pem:
 * @self: a socket
 * @pem: a private key in PEM
 * @password: (nullable): what it is encrypted with; `NULL` if it is not
 *
 * Sets the private key of the certificate that this side shows to its peers from its text.
 *
 * As [ctor@QSocket.SslPrivateKey.new_from_pem] and then
 * [method@QSocket.Socket.set_private_key].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_private_key_pem (QSocket     *self,
                                       const char  *pem,
                                       const char  *password,
                                       GError     **error);

/**
 * q_socket_set_private_key_der:
 * @self: a socket
 * @der: a private key in DER
 *
 * Sets the private key of the certificate that this side shows to its peers from its bytes.
 *
 * As [ctor@QSocket.SslPrivateKey.new_from_der] and then
 * [method@QSocket.Socket.set_private_key].
 *
 * Returns: `TRUE` on success, `FALSE` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_private_key_der (QSocket  *self,
                                       GBytes   *der,
                                       GError  **error);

G_END_DECLS
