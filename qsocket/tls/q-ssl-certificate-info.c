/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* The fields of a certificate: the part of QSslCertificate that describes the leaf. */

#include "config.h"

#include "q-ssl-certificate.h"

#include <string.h>

#include <gnutls/abstract.h>

#include "q-ssl-certificate-private.h"
#include "q-vardict-private.h"
#include "q-x509-der-private.h"
#include "q-x509-integer-private.h"
#include "q-x509-key-private.h"
#include "q-x509-names-private.h"
#include "q-x509-purposes-private.h"

/* Room for an object identifier in dotted form. */
#define MAX_OID 128

typedef int (*GetRawName) (gnutls_x509_crt_t  certificate,
                           gnutls_datum_t    *dn);

static GVariant *
get_name (QSslCertificate *self,
          GetRawName       get_raw_dn)
{
  gnutls_datum_t dn = { NULL, 0 };
  GVariant *name;

  get_raw_dn (q_ssl_certificate_peek_leaf (self), &dn);
  name = q_x509_name_to_variant (&dn);
  gnutls_free (dn.data);

  return name;
}

GVariant *
q_ssl_certificate_get_subject_hash (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  return get_name (self, gnutls_x509_crt_get_raw_dn);
}

GVariant *
q_ssl_certificate_get_issuer_hash (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  return get_name (self, gnutls_x509_crt_get_raw_issuer_dn);
}

typedef int (*ReadBytes) (gnutls_x509_crt_t  certificate,
                          void              *buffer,
                          size_t            *size);

/* Calls @read twice: without room it gives the size, and then the bytes. */
static GBytes *
read_bytes (QSslCertificate *self,
            ReadBytes        read)
{
  gnutls_x509_crt_t leaf = q_ssl_certificate_peek_leaf (self);
  gsize size = 0;
  g_autofree guint8 *buffer = NULL;

  read (leaf, NULL, &size);
  buffer = g_malloc (MAX (size, 1));
  if (read (leaf, buffer, &size) < 0)
    size = 0;

  return g_bytes_new_take (g_steal_pointer (&buffer), size);
}

/* In GnuTLS the type of the buffer is char. */
static int
read_signature (gnutls_x509_crt_t  certificate,
                void              *buffer,
                size_t            *size)
{
  return gnutls_x509_crt_get_signature (certificate, buffer, size);
}

char *
q_ssl_certificate_get_serial_number (QSslCertificate *self)
{
  g_autoptr (GBytes) bytes = NULL;
  const void *data;
  gsize size;

  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  bytes = read_bytes (self, gnutls_x509_crt_get_serial);
  data = g_bytes_get_data (bytes, &size);

  return q_x509_integer_to_text (data, size);
}

int
q_ssl_certificate_get_version (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), 0);

  return MAX (gnutls_x509_crt_get_version (q_ssl_certificate_peek_leaf (self)), 0);
}

static GDateTime *
to_date (time_t time)
{
  /* A certificate without an end has 99991231235959Z in it (RFC 5280). GnuTLS gives a number of
   * its own for that, which is another time. */
  if (time == GNUTLS_X509_NO_WELL_DEFINED_EXPIRATION)
    return g_date_time_new_utc (9999, 12, 31, 23, 59, 59);

  return time != (time_t) -1 ? g_date_time_new_from_unix_utc (time) : NULL;
}

GDateTime *
q_ssl_certificate_get_not_before_date (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  return to_date (gnutls_x509_crt_get_activation_time (q_ssl_certificate_peek_leaf (self)));
}

GDateTime *
q_ssl_certificate_get_not_after_date (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  return to_date (gnutls_x509_crt_get_expiration_time (q_ssl_certificate_peek_leaf (self)));
}

GBytes *
q_ssl_certificate_get_signature (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  return read_bytes (self, read_signature);
}

char *
q_ssl_certificate_get_signature_type (QSslCertificate *self)
{
  char oid[MAX_OID] = "";
  gsize size = sizeof oid;
  const char *name;

  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  if (gnutls_x509_crt_get_signature_oid (q_ssl_certificate_peek_leaf (self), oid, &size) < 0)
    return g_strdup ("unknown");

  name = q_x509_signature_name (oid);

  return g_strdup (name != NULL ? name : oid);
}

GBytes *
q_ssl_certificate_get_public_key (QSslCertificate *self)
{
  gnutls_pubkey_t key = NULL;
  gnutls_datum_t der = { NULL, 0 };
  GBytes *bytes = NULL;

  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  if (gnutls_pubkey_init (&key) < 0)
    return NULL;

  if (gnutls_pubkey_import_x509 (key, q_ssl_certificate_peek_leaf (self), 0) >= 0 &&
      gnutls_pubkey_export2 (key, GNUTLS_X509_FMT_DER, &der) >= 0)
    bytes = q_x509_datum_to_bytes (&der);
  gnutls_pubkey_deinit (key);

  return bytes;
}

char *
q_ssl_certificate_get_public_key_algorithm (QSslCertificate *self)
{
  gnutls_x509_crt_t leaf;
  char oid[MAX_OID] = "";
  gsize size = sizeof oid;
  const char *name;

  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  leaf = q_ssl_certificate_peek_leaf (self);
  name = q_x509_key_name (gnutls_x509_crt_get_pk_algorithm (leaf, NULL));
  if (name == NULL && gnutls_x509_crt_get_pk_oid (leaf, oid, &size) >= 0)
    name = oid;

  return g_strdup (name != NULL ? name : "unknown");
}

GVariant *
q_ssl_certificate_get_purpose_hash (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  return q_x509_get_purposes (q_ssl_certificate_peek_leaf (self));
}

static void
add_text (QVardict   *info,
          const char *key,
          const char *text)
{
  q_vardict_add_string (info, key, strlen (key), text, strlen (text));
}

/* Frees @variant. */
static void
add_and_free_variant (QVardict   *info,
                      const char *key,
                      GVariant   *variant)
{
  q_vardict_add_variant (info, key, variant);
  g_variant_unref (variant);
}

/* Frees @date. Adds nothing for NULL, a date that cannot be read. */
static void
add_and_free_date (QVardict   *info,
                   const char *key,
                   GDateTime  *date)
{
  g_autofree char *text = NULL;

  if (date == NULL)
    return;

  text = g_date_time_format_iso8601 (date);
  add_text (info, key, text);
  g_date_time_unref (date);
}

GVariant *
q_ssl_certificate_get_info (QSslCertificate *self)
{
  g_autofree char *serial_number = q_ssl_certificate_get_serial_number (self);
  g_autofree char *signature_type = q_ssl_certificate_get_signature_type (self);
  QVardict info;

  /* Without a certificate the calls above have already printed a warning. */
  if (serial_number == NULL || signature_type == NULL)
    return NULL;

  q_vardict_init (&info, 1024);
  q_vardict_add_int32 (&info, "version", q_ssl_certificate_get_version (self));
  add_text (&info, "serialNumber", serial_number);
  add_and_free_variant (&info, "subject", q_ssl_certificate_get_subject_hash (self));
  add_and_free_variant (&info, "issuer", q_ssl_certificate_get_issuer_hash (self));
  add_and_free_variant (&info, "purposes", q_ssl_certificate_get_purpose_hash (self));
  add_and_free_date (&info, "notBefore", q_ssl_certificate_get_not_before_date (self));
  add_and_free_date (&info, "notAfter", q_ssl_certificate_get_not_after_date (self));
  add_text (&info, "signatureType", signature_type);

  return q_vardict_end (&info);
}
