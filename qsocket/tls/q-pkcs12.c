/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-pkcs12-private.h"

#include <gnutls/pkcs12.h>

#include "q-i18n-private.h"
#include "q-x509-chain-private.h"
#include "q-x509-der-private.h"
#include "q-x509-key-private.h"

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
  gnutls_x509_crt_t certificate = NULL;
  int result = q_x509_import_certificate (&certificate, der);

  if (result >= 0)
    g_array_append_val (self->certificates, certificate);

  return result;
}

static int
set_key (QPkcs12              *self,
         const gnutls_datum_t *der,
         const char           *password,
         guint                 flags)
{
  int result = q_x509_init_private_key (&self->key);

  return result < 0 ? result :
         gnutls_x509_privkey_import_pkcs8 (self->key, der, GNUTLS_X509_FMT_DER, password, flags);
}

/* Adds a certificate, or the first key. Elements of other types, such as revocation lists, are
 * skipped. */
static int
add_element (QPkcs12             *self,
             gnutls_pkcs12_bag_t  bag,
             guint                i,
             const char          *password)
{
  int type = gnutls_pkcs12_bag_get_type (bag, i);
  gnutls_datum_t data = { NULL, 0 };
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

/* The elements of a PKCS#12 file are in bags, and a bag may be encrypted as a whole. */
static int
add_bag (QPkcs12         *self,
         gnutls_pkcs12_t  pkcs12,
         int              i,
         const char      *password)
{
  gnutls_pkcs12_bag_t bag = NULL;
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
    return 0;   /* that was the last bag */

  /* What was read until the failure must not stay when the next password is tried. */
  q_pkcs12_clear (self);
  pkcs12_init (self);

  return result;
}

/* Tries no password and the empty one before @password, since a file that needs none is to be read
 * with any. These two are encoded differently, and programs mix them up. */
static int
parse_with_passwords (QPkcs12         *self,
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
               const QTlsInput  *input,
               const char       *password,
               GError          **error)
{
  gnutls_pkcs12_t pkcs12 = NULL;
  int result;

  pkcs12_init (self);

  result = gnutls_pkcs12_init (&pkcs12);
  if (result < 0)
    {
      q_tls_input_set_error (input, error, result, _("cannot read PKCS#12"));
      return FALSE;
    }

  result = gnutls_pkcs12_import (pkcs12, &input->data, GNUTLS_X509_FMT_DER, 0);
  if (result < 0)
    q_tls_input_set_error (input, error, result, _("this is no PKCS#12 file"));
  else if ((result = parse_with_passwords (self, pkcs12, password)) < 0)
    q_tls_input_set_error (input, error, result, password != NULL ?
                           _("wrong password, or a damaged file") :
                           _("the file is encrypted and no password was given, or it is damaged"));
  gnutls_pkcs12_deinit (pkcs12);

  return result >= 0;
}

/* Moves the certificate that belongs to the key to the first place. FALSE if there is none. */
static gboolean
put_leaf_first (QPkcs12 *self)
{
  gnutls_x509_crt_t *list = (gnutls_x509_crt_t *) (void *) self->certificates->data;
  QX509KeyId key_id;

  if (self->key == NULL)
    return TRUE;

  key_id = q_x509_get_private_key_id (self->key);
  for (guint i = 0; i < self->certificates->len; i++)
    {
      gnutls_x509_crt_t certificate = list[i];
      QX509KeyId id = q_x509_get_certificate_key_id (certificate);

      if (!q_x509_key_ids_match (&id, &key_id))
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
      GBytes *der = q_x509_export_certificate (sorted[i]);

      if (der == NULL)
        break;

      g_ptr_array_add (ders, der);
    }

  return ders;
}
