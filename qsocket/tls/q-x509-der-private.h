/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>

G_BEGIN_DECLS

/* Certificates and revocation lists in DER, the binary form of X.509. Functions that return an
 * int return an error code of GnuTLS, which is negative, or else success. */

/* The bytes in the type that GnuTLS uses for them. They still belong to @bytes and must not be
 * changed, although the type allows it. */
gnutls_datum_t q_x509_bytes_to_datum (GBytes *bytes);

/* Copies bytes that GnuTLS allocated, and frees @datum. */
GBytes *q_x509_datum_to_bytes (gnutls_datum_t *datum);

/* Whether @data is one ASN.1 SEQUENCE, as a certificate, a key and a revocation list are, and has
 * no bytes behind it. */
gboolean q_x509_is_der (const gnutls_datum_t *data);

/* On success the caller frees @certificate with gnutls_x509_crt_deinit (). */
int q_x509_import_certificate (gnutls_x509_crt_t    *certificate,
                               const gnutls_datum_t *der);

/* On success the caller frees @crl with gnutls_x509_crl_deinit (). */
int q_x509_import_crl (gnutls_x509_crl_t    *crl,
                       const gnutls_datum_t *der);

/* NULL if GnuTLS has no memory for it. */
GBytes *q_x509_export_certificate (gnutls_x509_crt_t certificate);

G_END_DECLS
