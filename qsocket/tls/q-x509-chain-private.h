/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>

G_BEGIN_DECLS

/* Whether the certificate names itself as its issuer. The signature is not verified. */
gboolean q_x509_is_self_issued (gnutls_x509_crt_t certificate);

/* Puts a chain in order. @sorted, which has room for @max, gets the first of @n certificates, then
 * its issuer, then the issuer of that, and so on until an issuer is not among the certificates.
 * Returns the number of certificates in @sorted. Each is used once only, so that the search also
 * ends if certificates issue each other. */
guint q_x509_sort_chain (const gnutls_x509_crt_t *certificates,
                         guint                    n,
                         gnutls_x509_crt_t       *sorted,
                         guint                    max);

G_END_DECLS
