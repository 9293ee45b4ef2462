/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>

#include "q-tls-input-private.h"

G_BEGIN_DECLS

/* The private key and the certificates of a PKCS#12 file. */
typedef struct
{
  gnutls_x509_privkey_t key;    /* the first; or NULL */
  GArray *certificates;         /* of gnutls_x509_crt_t, in the order of the file */
} QPkcs12;

/* Fails if the file is damaged or the password wrong. The caller clears @self in any case. */
gboolean q_pkcs12_read (QPkcs12          *self,
                        const QTlsInput  *input,
                        const char       *password,
                        GError          **error);

/* The certificate that belongs to the key, or without a key the first of the file, and then its
 * issuers: a GBytes of DER for each, at most @max. None if no certificate belongs to the key. */
GPtrArray *q_pkcs12_get_chain (QPkcs12 *self,
                               guint    max);

void q_pkcs12_clear (QPkcs12 *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QPkcs12, q_pkcs12_clear)

G_END_DECLS
