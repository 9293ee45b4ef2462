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
  gnutls_x509_privkey_t key;          /* or NULL */
  gnutls_x509_crt_t *chain;           /* that of the key, the leaf first; or NULL */
  guint n_chain;
  gnutls_x509_crt_t *extra;           /* other certificates; or NULL */
  guint n_extra;
} QPkcs12;

/* Fails, and leaves nothing in @self, if the file is damaged or the password wrong. */
gboolean q_pkcs12_read (QPkcs12          *self,
                        GBytes           *data,
                        const char       *password,
                        const QTlsBlame  *blame,
                        GError          **error);

void q_pkcs12_clear (QPkcs12 *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QPkcs12, q_pkcs12_clear)

G_END_DECLS
