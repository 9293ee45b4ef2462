/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib-object.h>

#include "q-version-macros.h"

G_BEGIN_DECLS

#define Q_TYPE_SSL_PRIVATE_KEY (q_ssl_private_key_get_type ())

QSOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (QSslPrivateKey, q_ssl_private_key, Q, SSL_PRIVATE_KEY, GObject)

QSOCKET_AVAILABLE_IN_1_0
QSslPrivateKey *q_ssl_private_key_new_from_pem (const char  *pem,
                                                const char  *password,
                                                GError     **error);

QSOCKET_AVAILABLE_IN_1_0
QSslPrivateKey *q_ssl_private_key_new_from_der (GBytes  *der,
                                                GError **error);

QSOCKET_AVAILABLE_IN_1_0
QSslPrivateKey *q_ssl_private_key_new_from_file (const char  *path,
                                                 const char  *password,
                                                 GError     **error);

QSOCKET_AVAILABLE_IN_1_0
QSslPrivateKey *q_ssl_private_key_new_from_pkcs12 (GBytes      *data,
                                                   const char  *password,
                                                   GError     **error);

QSOCKET_AVAILABLE_IN_1_0
GVariant *q_ssl_private_key_get_info (QSslPrivateKey *self);

QSOCKET_AVAILABLE_IN_1_0
const char *q_ssl_private_key_get_type_name (QSslPrivateKey *self);

QSOCKET_AVAILABLE_IN_1_0
int q_ssl_private_key_get_version (QSslPrivateKey *self);

QSOCKET_AVAILABLE_IN_1_0
int q_ssl_private_key_get_bit_length (QSslPrivateKey *self);

QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_private_key_get_pem (QSslPrivateKey *self);

QSOCKET_AVAILABLE_IN_1_0
GBytes *q_ssl_private_key_get_der (QSslPrivateKey *self);

G_END_DECLS
