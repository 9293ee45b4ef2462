/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-x509-der-private.h"

#define TAG_SEQUENCE 0x30

gnutls_datum_t
q_x509_bytes_to_datum (GBytes *bytes)
{
  gsize size;
  const void *data = g_bytes_get_data (bytes, &size);

  return (gnutls_datum_t) { (guint8 *) data, (guint) size };
}

GBytes *
q_x509_datum_to_bytes (gnutls_datum_t *datum)
{
  GBytes *bytes = g_bytes_new (datum->data, datum->size);

  gnutls_free (datum->data);
  datum->size = 0;

  return bytes;
}

gboolean
q_x509_is_der (const gnutls_datum_t *data)
{
  const guint8 *bytes = data->data;
  gsize size = data->size;
  gsize length = 0;
  guint n_bytes;

  if (size < 2 || bytes[0] != TAG_SEQUENCE)
    return FALSE;

  /* A length below 128 is one byte. Else that byte says how many bytes the length has. */
  if (bytes[1] < 0x80)
    return size == 2u + bytes[1];

  n_bytes = bytes[1] & 0x7f;
  if (n_bytes == 0 || n_bytes > 4 || size < 2 + n_bytes)
    return FALSE;

  for (guint i = 0; i < n_bytes; i++)
    length = length << 8 | bytes[2 + i];

  return size - 2 - n_bytes == length;
}

int
q_x509_import_certificate (gnutls_x509_crt_t    *certificate,
                           const gnutls_datum_t *der)
{
  int result = gnutls_x509_crt_init (certificate);

  if (result < 0)
    return result;

  result = gnutls_x509_crt_import (*certificate, der, GNUTLS_X509_FMT_DER);
  if (result < 0)
    g_clear_pointer (certificate, gnutls_x509_crt_deinit);

  return result;
}

int
q_x509_import_crl (gnutls_x509_crl_t    *crl,
                   const gnutls_datum_t *der)
{
  int result = gnutls_x509_crl_init (crl);

  if (result < 0)
    return result;

  result = gnutls_x509_crl_import (*crl, der, GNUTLS_X509_FMT_DER);
  if (result < 0)
    g_clear_pointer (crl, gnutls_x509_crl_deinit);

  return result;
}

GBytes *
q_x509_export_certificate (gnutls_x509_crt_t certificate)
{
  gnutls_datum_t der = { NULL, 0 };

  return gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_DER, &der) >= 0
         ? q_x509_datum_to_bytes (&der) : NULL;
}
