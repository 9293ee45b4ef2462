/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"
#include "q-ssl-certificate.h"
#include "q-ssl-private-key.h"

G_BEGIN_DECLS

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_certificate (QSocket          *self,
                                   QSslCertificate  *certificate,
                                   GError          **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_certificate_pem (QSocket     *self,
                                       const char  *pem,
                                       GError     **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_certificate_der (QSocket  *self,
                                       GBytes   *der,
                                       GError  **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_private_key (QSocket         *self,
                                   QSslPrivateKey  *key,
                                   GError         **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_private_key_pem (QSocket     *self,
                                       const char  *pem,
                                       const char  *password,
                                       GError     **error);

QSOCKET_AVAILABLE_IN_1_0
gboolean q_socket_set_private_key_der (QSocket  *self,
                                       GBytes   *der,
                                       GError  **error);

G_END_DECLS
