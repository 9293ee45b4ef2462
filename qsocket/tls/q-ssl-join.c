/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-ssl-join-private.h"

#include <string.h>

#include "q-secret-private.h"
#include "q-socket-error.h"
#include "q-ssl-certificate-private.h"
#include "q-ssl-private-key-private.h"

gboolean
q_ssl_key_matches (QSslCertificate *certificate,
                   QSslPrivateKey  *key)
{
  const guint8 *id = q_ssl_private_key_peek_id (key);
  guint8 certificate_id[Q_SSL_KEY_ID_SIZE];

  return id != NULL && q_ssl_certificate_get_key_id (certificate, certificate_id) &&
         memcmp (id, certificate_id, sizeof certificate_id) == 0;
}

static GByteArray *
copy_certificate (gnutls_x509_crt_t certificate)
{
  GByteArray *array = g_byte_array_new ();
  gnutls_datum_t der;

  if (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_DER, &der) >= 0)
    {
      g_byte_array_append (array, der.data, der.size);
      gnutls_free (der.data);
    }

  return array;
}

static GByteArray *
copy_key (QSslPrivateKey *key)
{
  g_autoptr (GBytes) der = q_ssl_private_key_get_der (key);
  gsize size;
  const void *data = g_bytes_get_data (der, &size);
  /* Of the right size from the start: an array that grows leaves a copy behind. */
  GByteArray *array = g_byte_array_sized_new ((guint) size);

  return g_byte_array_append (array, data, (guint) size);
}

/* The backend has its own form of the key by now. */
static void
wipe_key (GByteArray *array)
{
  gnutls_memset (array->data, 0, array->len);
  g_byte_array_unref (array);
}

static GTlsCertificate *
make_one (gnutls_x509_crt_t   certificate,
          GTlsCertificate    *issuer,
          QSslPrivateKey     *key,
          GError            **error)
{
  GType type = g_tls_backend_get_certificate_type (g_tls_backend_get_default ());
  g_autoptr (GByteArray) der = copy_certificate (certificate);
  GByteArray *key_der;
  gpointer made;

  if (key == NULL)
    return g_initable_new (type, NULL, error, "certificate", der, "issuer", issuer, NULL);

  key_der = copy_key (key);
  made = g_initable_new (type, NULL, error, "certificate", der, "issuer", issuer,
                         "private-key", key_der, NULL);
  wipe_key (key_der);

  return made;
}

GTlsCertificate *
q_ssl_join (QSslCertificate  *certificate,
            QSslPrivateKey   *key,
            GError          **error)
{
  g_autoptr (GTlsCertificate) made = NULL;
  g_autoptr (GError) reason = NULL;
  gnutls_x509_crt_t *chain;
  guint n;

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL,
                           "the TLS module of GIO is missing: install glib-networking");
      return NULL;
    }

  chain = q_ssl_certificate_peek_chain (certificate, &n);
  if (n == 0)
    g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CERTIFICATE,
                         "the certificate is empty");

  for (guint i = n; i-- > 0; )
    {
      GTlsCertificate *next = make_one (chain[i], made, i == 0 ? key : NULL, &reason);

      if (next == NULL)
        {
          g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CERTIFICATE,
                       "certificate %u cannot be used: %s", i + 1, reason->message);
          return NULL;
        }

      g_clear_object (&made);
      made = next;
    }

  return g_steal_pointer (&made);
}
