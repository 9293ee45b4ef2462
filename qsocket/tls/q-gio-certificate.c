/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-gio-certificate-private.h"

#include "q-i18n-private.h"
#include "q-secret-private.h"
#include "q-socket-error.h"
#include "q-x509-der-private.h"

/* An array that grows would leave copies of a key in freed memory, so it has its size at once. */
static GByteArray *
copy_bytes (GBytes *bytes)
{
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);

  return g_byte_array_append (g_byte_array_sized_new ((guint) size), data, (guint) size);
}

static GByteArray *
copy_certificate (gnutls_x509_crt_t certificate)
{
  g_autoptr (GBytes) der = q_x509_export_certificate (certificate);

  return der != NULL ? copy_bytes (der) : g_byte_array_new ();
}

static GTlsCertificate *
make_one (gnutls_x509_crt_t   certificate,
          GTlsCertificate    *issuer,
          GBytes             *key_der,
          GError            **error)
{
  GType type = g_tls_backend_get_certificate_type (g_tls_backend_get_default ());
  g_autoptr (GByteArray) der = copy_certificate (certificate);
  GByteArray *key;
  gpointer made;

  if (key_der == NULL)
    return g_initable_new (type, NULL, error, "certificate", der, "issuer", issuer, NULL);

  key = copy_bytes (key_der);
  made = g_initable_new (type, NULL, error, "certificate", der, "issuer", issuer,
                         "private-key", key, NULL);

  /* The module has made its own copy of the key. */
  gnutls_memset (key->data, 0, key->len);
  g_byte_array_unref (key);

  return made;
}

GTlsCertificate *
q_gio_certificate_new (const gnutls_x509_crt_t  *chain,
                       guint                     n,
                       GBytes                   *key_der,
                       GError                  **error)
{
  g_autoptr (GTlsCertificate) made = NULL;
  g_autoptr (GError) reason = NULL;

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL,
                           _("the TLS module of GIO is missing: install glib-networking"));
      return NULL;
    }

  if (n == 0)
    {
      g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CERTIFICATE,
                           _("the certificate is empty"));
      return NULL;
    }

  /* Each object is given its issuer when it is made, so the last of the chain comes first. */
  for (guint i = n; i-- > 0; )
    {
      GTlsCertificate *next = make_one (chain[i], made, i == 0 ? key_der : NULL, &reason);

      if (next == NULL)
        {
          g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CERTIFICATE,
                       _("certificate %u cannot be used: %s"), i + 1, reason->message);
          return NULL;
        }

      g_clear_object (&made);
      made = next;
    }

  return g_steal_pointer (&made);
}

GPtrArray *
q_gio_certificate_get_ders (GTlsCertificate *certificate,
                            guint            max)
{
  GPtrArray *ders = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  for (; certificate != NULL && ders->len < max;
       certificate = g_tls_certificate_get_issuer (certificate))
    {
      g_autoptr (GByteArray) array = NULL;
      g_autoptr (GBytes) der = NULL;

      g_object_get (certificate, "certificate", &array, NULL);
      if (array == NULL)
        break;

      /* GIO finds issuers by their names only, so two certificates may be each other's issuers. */
      der = g_bytes_new (array->data, array->len);
      if (g_ptr_array_find_with_equal_func (ders, der, g_bytes_equal, NULL))
        break;

      g_ptr_array_add (ders, g_steal_pointer (&der));
    }

  return ders;
}
