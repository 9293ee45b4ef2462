/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"
#include "q-ssl-certificate.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
char *q_socket_get_ssl_cipher_name (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
char *q_socket_get_ssl_cipher_version (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
char *q_socket_get_ssl_alpn (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
QSslCertificate *q_socket_get_peer_certificate (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_verify_peer_certificate (QSocket *self);

G_END_DECLS
