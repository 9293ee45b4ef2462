/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>

G_BEGIN_DECLS

/* The SHA-256 of a public key. A certificate belongs to a private key if both have the same. */
typedef struct
{
  gboolean is_known;        /* FALSE if GnuTLS does not know this kind of key */
  guint8 hash[32];
} QX509KeyId;

QX509KeyId q_x509_get_certificate_key_id (gnutls_x509_crt_t certificate);

QX509KeyId q_x509_get_private_key_id (gnutls_x509_privkey_t key);

/* FALSE also if one of the two is not known. */
gboolean q_x509_key_ids_match (const QX509KeyId *a,
                               const QX509KeyId *b);

/* The name of an algorithm of GnuTLS (gnutls_pk_algorithm_t), such as "RSA" or "EC"; NULL for one
 * that is not listed. */
const char *q_x509_key_name (int algorithm);

/* Makes an empty key to import into. The import fails if it needs a password that it was not
 * given: it never calls the function with which a program may have all keys of the process ask
 * the user. Returns a negative error code of GnuTLS, or success. */
int q_x509_init_private_key (gnutls_x509_privkey_t *key);

G_END_DECLS
