/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

#include "q-tls-input-private.h"

G_BEGIN_DECLS

/* What a PKCS#12 file holds. */
typedef struct
{
  gnutls_x509_privkey_t key;    /* the first; or NULL */
  GArray *certificates;         /* of gnutls_x509_crt_t, in the order of the file */
} QPkcs12;

/* Fails if the file is damaged or the password wrong. @self is to be cleared in any case. */
gboolean q_pkcs12_read (QPkcs12          *self,
                        GBytes           *data,
                        const char       *password,
                        const QTlsErrorContext  *context,
                        GError          **error);

/* The certificate of the key, or the first without a key, and its issuers: a GBytes of DER for
 * each, at most @max. None if no certificate is the one of the key. */
GPtrArray *q_pkcs12_get_chain (QPkcs12 *self,
                               guint    max);

void q_pkcs12_clear (QPkcs12 *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QPkcs12, q_pkcs12_clear)

G_END_DECLS
