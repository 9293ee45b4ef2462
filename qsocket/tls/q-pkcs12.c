/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-pkcs12-private.h"

#include <string.h>

#include <gnutls/pkcs12.h>

#include "q-x509-private.h"

#define KEY_ID_SIZE 32

static void
clear_certificate (gpointer data)
{
  gnutls_x509_crt_deinit (*(gnutls_x509_crt_t *) data);
}

static void
pkcs12_init (QPkcs12 *self)
{
  self->key = NULL;
  self->certificates = g_array_new (FALSE, FALSE, sizeof (gnutls_x509_crt_t));
  g_array_set_clear_func (self->certificates, clear_certificate);
}

void
q_pkcs12_clear (QPkcs12 *self)
{
  g_clear_pointer (&self->key, gnutls_x509_privkey_deinit);
  g_clear_pointer (&self->certificates, g_array_unref);
}

static int
add_certificate (QPkcs12              *self,
                 const gnutls_datum_t *der)
{
  gnutls_x509_crt_t certificate;
  int result = gnutls_x509_crt_init (&certificate);

  if (result < 0)
    return result;

  result = gnutls_x509_crt_import (certificate, der, GNUTLS_X509_FMT_DER);
  if (result >= 0)
    g_array_append_val (self->certificates, certificate);
  else
    gnutls_x509_crt_deinit (certificate);

  return result;
}

static int
set_key (QPkcs12              *self,
         const gnutls_datum_t *der,
         const char           *password,
         guint                 flags)
{
  int result = gnutls_x509_privkey_init (&self->key);

  if (result < 0)
    {
      self->key = NULL;
      return result;
    }

  q_tls_forbid_to_ask (self->key);

  return gnutls_x509_privkey_import_pkcs8 (self->key, der, GNUTLS_X509_FMT_DER, password, flags);
}

/* What is neither a certificate nor a key is of no interest here. */
static int
add_element (QPkcs12             *self,
             gnutls_pkcs12_bag_t  bag,
             guint                i,
             const char          *password)
{
  int type = gnutls_pkcs12_bag_get_type (bag, i);
  gnutls_datum_t data;
  int result = gnutls_pkcs12_bag_get_data (bag, i, &data);

  if (result < 0)
    return result;

  if (type == GNUTLS_BAG_CERTIFICATE)
    return add_certificate (self, &data);
  if (type == GNUTLS_BAG_PKCS8_KEY && self->key == NULL)
    return set_key (self, &data, NULL, GNUTLS_PKCS_PLAIN);
  if (type == GNUTLS_BAG_PKCS8_ENCRYPTED_KEY && self->key == NULL)
    return set_key (self, &data, password, password == NULL ? GNUTLS_PKCS_NULL_PASSWORD : 0);

  return 0;
}

/* The parts of a file, each of which is called a bag and may be encrypted as a whole. */
static int
add_bag (QPkcs12         *self,
         gnutls_pkcs12_t  pkcs12,
         int              i,
         const char      *password)
{
  gnutls_pkcs12_bag_t bag;
  int result = gnutls_pkcs12_bag_init (&bag);

  if (result < 0)
    return result;

  result = gnutls_pkcs12_get_bag (pkcs12, i, bag);
  if (result >= 0 && gnutls_pkcs12_bag_get_type (bag, 0) == GNUTLS_BAG_ENCRYPTED)
    result = gnutls_pkcs12_bag_decrypt (bag, password);

  for (int j = 0; result >= 0 && j < gnutls_pkcs12_bag_get_count (bag); j++)
    result = add_element (self, bag, (guint) j, password);
  gnutls_pkcs12_bag_deinit (bag);

  return result;
}

static int
parse (QPkcs12         *self,
       gnutls_pkcs12_t  pkcs12,
       const char      *password)
{
  gboolean has_mac = gnutls_pkcs12_mac_info (pkcs12, NULL, NULL, NULL, NULL, NULL) >= 0;
  int result = has_mac ? gnutls_pkcs12_verify_mac (pkcs12, password) : 0;

  for (int i = 0; result >= 0; i++)
    result = add_bag (self, pkcs12, i, password);
  if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
    return 0;   /* there are no more bags */

  q_pkcs12_clear (self);
  pkcs12_init (self);

  return result;
}

/* No password is either none or an empty one, which are two things in this format. Both come
 * first, since a password that is not needed does no harm. */
static int
parse_with_any (QPkcs12         *self,
                gnutls_pkcs12_t  pkcs12,
                const char      *password)
{
  int result = parse (self, pkcs12, NULL);

  if (result < 0)
    result = parse (self, pkcs12, "");
  if (result < 0 && password != NULL && *password != '\0')
    result = parse (self, pkcs12, password);

  return result;
}

gboolean
q_pkcs12_read (QPkcs12          *self,
               GBytes           *data,
               const char       *password,
               const QTlsErrorContext  *context,
               GError          **error)
{
  gsize size;
  const void *bytes = g_bytes_get_data (data, &size);
  gnutls_datum_t datum = { (guint8 *) bytes, (guint) size };
  gnutls_pkcs12_t pkcs12;
  int result;

  pkcs12_init (self);
  if (!q_tls_check_size (size, Q_TLS_MAX_INPUT, context, error))
    return FALSE;

  result = gnutls_pkcs12_init (&pkcs12);
  if (result < 0)
    {
      q_tls_set_error (error, context, result, "cannot read PKCS#12");
      return FALSE;
    }

  result = gnutls_pkcs12_import (pkcs12, &datum, GNUTLS_X509_FMT_DER, 0);
  if (result < 0)
    q_tls_set_error (error, context, result, "this is no PKCS#12 file");
  else if ((result = parse_with_any (self, pkcs12, password)) < 0)
    q_tls_set_error (error, context, result, password != NULL ?
                     "wrong password, or a damaged file" :
                     "the file is encrypted and no password was given, or it is damaged");
  gnutls_pkcs12_deinit (pkcs12);

  return result >= 0;
}

/* The certificate of the key, moved to the first place. */
static gboolean
put_leaf_first (QPkcs12 *self)
{
  gnutls_x509_crt_t *list = (gnutls_x509_crt_t *) (void *) self->certificates->data;
  guint8 key_id[KEY_ID_SIZE];
  gsize size = sizeof key_id;

  if (self->key == NULL)
    return TRUE;
  if (gnutls_x509_privkey_get_key_id (self->key, GNUTLS_KEYID_USE_SHA256, key_id, &size) < 0)
    return FALSE;

  for (guint i = 0; i < self->certificates->len; i++)
    {
      gnutls_x509_crt_t certificate = list[i];
      guint8 id[KEY_ID_SIZE];

      size = sizeof id;
      if (gnutls_x509_crt_get_key_id (certificate, GNUTLS_KEYID_USE_SHA256, id, &size) < 0 ||
          memcmp (id, key_id, sizeof id) != 0)
        continue;

      list[i] = list[0];
      list[0] = certificate;
      return TRUE;
    }

  return FALSE;
}

GPtrArray *
q_pkcs12_get_chain (QPkcs12 *self,
                    guint    max)
{
  GPtrArray *ders = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autofree gnutls_x509_crt_t *sorted = g_new (gnutls_x509_crt_t, max);
  guint n = 0;

  if (put_leaf_first (self))
    n = q_x509_sort_chain ((const gnutls_x509_crt_t *) (void *) self->certificates->data,
                           self->certificates->len, sorted, max);

  for (guint i = 0; i < n; i++)
    {
      gnutls_datum_t der;

      if (gnutls_x509_crt_export2 (sorted[i], GNUTLS_X509_FMT_DER, &der) < 0)
        break;

      g_ptr_array_add (ders, g_bytes_new (der.data, der.size));
      gnutls_free (der.data);
    }

  return ders;
}
