/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-pkcs12-private.h"

#include <gnutls/pkcs12.h>

static void
free_list (gnutls_x509_crt_t *list,
           guint              n)
{
  for (guint i = 0; i < n; i++)
    gnutls_x509_crt_deinit (list[i]);
  gnutls_free (list);
}

void
q_pkcs12_clear (QPkcs12 *self)
{
  if (self->key != NULL)
    gnutls_x509_privkey_deinit (self->key);
  free_list (self->chain, self->n_chain);
  free_list (self->extra, self->n_extra);
  *self = (QPkcs12) { NULL, };
}

static gboolean
has_mac (gnutls_pkcs12_t pkcs12)
{
  return gnutls_pkcs12_mac_info (pkcs12, NULL, NULL, NULL, NULL, NULL) >= 0;
}

static int
parse (QPkcs12         *self,
       gnutls_pkcs12_t  pkcs12,
       const char      *password)
{
  int result = has_mac (pkcs12) ? gnutls_pkcs12_verify_mac (pkcs12, password) : 0;

  if (result >= 0)
    result = gnutls_pkcs12_simple_parse (pkcs12, password, &self->key, &self->chain,
                                         &self->n_chain, &self->extra, &self->n_extra, NULL,
                                         GNUTLS_PKCS12_SP_INCLUDE_SELF_SIGNED);
  if (result < 0)
    *self = (QPkcs12) { NULL, };

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
               const QTlsBlame  *blame,
               GError          **error)
{
  gsize size;
  const void *bytes = g_bytes_get_data (data, &size);
  gnutls_datum_t datum = { (guint8 *) bytes, (guint) size };
  gnutls_pkcs12_t pkcs12;
  int result;

  *self = (QPkcs12) { NULL, };
  if (!q_tls_check_size (size, Q_TLS_MAX_INPUT, blame, error))
    return FALSE;

  result = gnutls_pkcs12_init (&pkcs12);
  if (result < 0)
    {
      q_tls_set_error (error, blame, result, "cannot read PKCS#12");
      return FALSE;
    }

  result = gnutls_pkcs12_import (pkcs12, &datum, GNUTLS_X509_FMT_DER, 0);
  if (result < 0)
    q_tls_set_error (error, blame, result, "this is no PKCS#12 file");
  else if ((result = parse_with_any (self, pkcs12, password)) < 0)
    q_tls_set_error (error, blame, result, password != NULL ?
                     "wrong password, or a damaged file" :
                     "the file is encrypted and no password was given, or it is damaged");

  gnutls_pkcs12_deinit (pkcs12);

  return result >= 0;
}
