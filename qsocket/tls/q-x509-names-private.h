/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>

G_BEGIN_DECLS

/* The name that OpenSSL has for the signature algorithm with this object identifier; NULL for one
 * that is not listed. */
const char *q_x509_signature_name (const char *oid);

/* A distinguished name in DER as the a{sv} of q_ssl_certificate_get_subject_hash (), which is not
 * floating; empty if the name cannot be read. */
GVariant *q_x509_name_to_variant (const gnutls_datum_t *name);

G_END_DECLS
