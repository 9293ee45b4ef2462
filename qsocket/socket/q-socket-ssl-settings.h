/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"
#include "q-ssl-certificate.h"
#include "q-ssl-verify-mode.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
QSslVerifyMode q_socket_get_ssl_verify_mode (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_ssl_verify_mode (QSocket        *self,
                                   QSslVerifyMode  mode);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_get_ssl_ca_file (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_ssl_ca_file (QSocket     *self,
                                   const char  *path,
                                   GError     **error);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_get_ssl_crl_file (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_ssl_crl_file (QSocket     *self,
                                    const char  *path,
                                    GError     **error);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_add_ssl_trust (QSocket         *self,
                             QSslCertificate *certificate);

QSOCKET_AVAILABLE_IN_1_0
const char *q_socket_get_ssl_server_name (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_ssl_server_name (QSocket    *self,
                                   const char *name);

QSOCKET_AVAILABLE_IN_1_0
char **q_socket_get_ssl_alpn_protocols (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_ssl_alpn (QSocket            *self,
                            const char * const *protocols);

QSOCKET_AVAILABLE_IN_1_0
GTlsProtocolVersion q_socket_get_ssl_minimum_version (QSocket *self);

QSOCKET_AVAILABLE_IN_1_0
void q_socket_set_ssl_minimum_version (QSocket             *self,
                                       GTlsProtocolVersion  version);

G_END_DECLS
