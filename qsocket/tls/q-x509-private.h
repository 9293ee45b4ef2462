/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>

G_BEGIN_DECLS

/* What OpenSSL calls the algorithm of a signature; NULL for one that is not listed. */
const char *q_x509_signature_name (const char *oid);

/* "RSA", "EC" and so on; NULL for one that is not listed. */
const char *q_x509_key_name (int algorithm);

/* A distinguished name as an a{sv}, see q_ssl_certificate_get_subject_hash (). */
GVariant *q_x509_name_to_variant (const gnutls_datum_t *name);

/* An a{sb}, see q_ssl_certificate_get_purpose_hash (). */
GVariant *q_x509_get_purposes (gnutls_x509_crt_t certificate);

gboolean q_x509_signs_itself (gnutls_x509_crt_t certificate);

/* Puts the first of @n certificates, and then of each the issuer as far as it is among them, into
 * @sorted, which has room for @max, and returns how many these are. None is taken twice, so that
 * a chain that leads in a circle ends. */
guint q_x509_sort_chain (const gnutls_x509_crt_t *certificates,
                         guint                    n,
                         gnutls_x509_crt_t       *sorted,
                         guint                    max);

/* A big-endian number in two's complement, as decimal text. */
char *q_x509_integer_to_text (const guint8 *bytes,
                              gsize         size);

G_END_DECLS
