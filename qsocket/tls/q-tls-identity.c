/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-identity-private.h"

#include "q-gio-certificate-private.h"
#include "q-ssl-certificate-private.h"
#include "q-ssl-private-key-private.h"

gboolean
q_tls_identity_matches (QSslCertificate *certificate,
                        QSslPrivateKey  *key)
{
  gnutls_x509_crt_t leaf = q_ssl_certificate_peek_leaf (certificate);
  QX509KeyId id;

  if (leaf == NULL)
    return FALSE;

  id = q_x509_get_certificate_key_id (leaf);

  return q_x509_key_ids_match (&id, q_ssl_private_key_peek_id (key));
}

GTlsCertificate *
q_tls_identity_new (QSslCertificate  *certificate,
                    QSslPrivateKey   *key,
                    GError          **error)
{
  g_autoptr (GBytes) key_der = q_ssl_private_key_get_der (key);
  guint n;
  gnutls_x509_crt_t *chain = q_ssl_certificate_peek_chain (certificate, &n);

  return q_gio_certificate_new (chain, n, key_der, error);
}
