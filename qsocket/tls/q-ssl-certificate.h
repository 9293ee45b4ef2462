/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "q-version-macros.h"

G_BEGIN_DECLS

#define Q_TYPE_SSL_CERTIFICATE (q_ssl_certificate_get_type ())

QSOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (QSslCertificate, q_ssl_certificate, Q, SSL_CERTIFICATE, GObject)

QSOCKET_AVAILABLE_IN_1_0
QSslCertificate *q_ssl_certificate_new_from_pem (const char  *pem,
                                                 GError     **error);

QSOCKET_AVAILABLE_IN_1_0
QSslCertificate *q_ssl_certificate_new_from_der (GBytes  *der,
                                                 GError **error);

QSOCKET_AVAILABLE_IN_1_0
QSslCertificate *q_ssl_certificate_new_from_file (const char  *path,
                                                  GError     **error);

QSOCKET_AVAILABLE_IN_1_0
QSslCertificate *q_ssl_certificate_new_from_pkcs12 (GBytes      *data,
                                                    const char  *password,
                                                    GError     **error);

QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_certificate_get_pem (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
GBytes *q_ssl_certificate_get_der (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
GVariant *q_ssl_certificate_get_info (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
GVariant *q_ssl_certificate_get_subject_hash (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
GVariant *q_ssl_certificate_get_issuer_hash (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_certificate_get_serial_number (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
int q_ssl_certificate_get_version (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
GDateTime *q_ssl_certificate_get_not_before_date (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
GDateTime *q_ssl_certificate_get_not_after_date (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
GBytes *q_ssl_certificate_get_signature (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_certificate_get_signature_type (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
GBytes *q_ssl_certificate_get_public_key (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_certificate_get_public_key_algorithm (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
GVariant *q_ssl_certificate_get_purpose_hash (QSslCertificate *self);

QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_certificate_get_fingerprint (QSslCertificate *self,
                                         GChecksumType    checksum_type);

QSOCKET_AVAILABLE_IN_1_0
GTlsCertificate *q_ssl_certificate_get_tls_certificate (QSslCertificate *self);

G_END_DECLS
