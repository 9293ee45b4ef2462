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

/**
 * q_ssl_certificate_get_subject_hash:
 * @self: a certificate
 *
 * Gets the name of the subject, whom the certificate is about, as a dictionary.
 *
 * The keys are the long names of OpenSSL, such as `commonName`, `organizationName`,
 * `organizationalUnitName`, `countryName` or `emailAddress`, in the order of the certificate. An
 * attribute without such a name has its object identifier as the key, in dotted form. The value
 * is `s`, or `as` if the name occurs more than once.
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`; it may be empty
 *
 * Since: 1.0
 */
GVariant *
q_ssl_certificate_get_subject_hash (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  return get_name (self, gnutls_x509_crt_get_raw_dn);
}

/**
 * q_ssl_certificate_get_issuer_hash:
 * @self: a certificate
 *
 * Gets the name of the issuer, who signed the certificate, as a dictionary like that of
 * [method@QSocket.SslCertificate.get_subject_hash].
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`; it may be empty
 *
 * Since: 1.0
 */
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

/* A ReadBytes: the function of GnuTLS has a buffer of char. */
static int
read_signature (gnutls_x509_crt_t  certificate,
                void              *buffer,
                size_t            *size)
{
  return gnutls_x509_crt_get_signature (certificate, buffer, size);
}

/**
 * q_ssl_certificate_get_serial_number:
 * @self: a certificate
 *
 * Gets the serial number that the issuer gave to the certificate.
 *
 * It is text because it may have any size; 20 bytes are common.
 *
 * Returns: (transfer full): a decimal number; it begins with `-` if the certificate, against
 *   the rules, has a negative one
 *
 * Since: 1.0
 */
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

/**
 * q_ssl_certificate_get_version:
 * @self: a certificate
 *
 * Gets the version of the format: 3 for almost all, 1 for certificates without extensions.
 *
 * Returns: the version, from 1 on; 0 if it cannot be read
 *
 * Since: 1.0
 */
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

/**
 * q_ssl_certificate_get_not_before_date:
 * @self: a certificate
 *
 * Gets when the certificate begins to be valid.
 *
 * Returns: (transfer full) (nullable): the time in UTC, or `NULL` if it cannot be read or lies
 *   before 1970
 *
 * Since: 1.0
 */
GDateTime *
q_ssl_certificate_get_not_before_date (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  return to_date (gnutls_x509_crt_get_activation_time (q_ssl_certificate_peek_leaf (self)));
}

/**
 * q_ssl_certificate_get_not_after_date:
 * @self: a certificate
 *
 * Gets when the certificate ceases to be valid; that second is the last one.
 *
 * Returns: (transfer full) (nullable): the time in UTC, or `NULL` if it cannot be read or lies
 *   before 1970
 *
 * Since: 1.0
 */
GDateTime *
q_ssl_certificate_get_not_after_date (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  return to_date (gnutls_x509_crt_get_expiration_time (q_ssl_certificate_peek_leaf (self)));
}

/**
 * q_ssl_certificate_get_signature:
 * @self: a certificate
 *
 * Gets the signature of the issuer.
 *
 * Returns: (transfer full): the bytes of the signature
 *
 * Since: 1.0
 */
GBytes *
q_ssl_certificate_get_signature (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  return read_bytes (self, read_signature);
}

/**
 * q_ssl_certificate_get_signature_type:
 * @self: a certificate
 *
 * Gets the algorithm of the signature by the name that OpenSSL has for it, such as
 * `sha256WithRSAEncryption`, `ecdsa-with-SHA256` or `ED25519`.
 *
 * Returns: (transfer full): the name, or the object identifier in dotted form if it has none
 *
 * Since: 1.0
 */
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

/**
 * q_ssl_certificate_get_public_key:
 * @self: a certificate
 *
 * Gets the public key as a SubjectPublicKeyInfo in DER format.
 *
 * Returns: (transfer full) (nullable): the bytes, or `NULL` if the algorithm is unknown
 *
 * Since: 1.0
 */
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

/**
 * q_ssl_certificate_get_public_key_algorithm:
 * @self: a certificate
 *
 * Gets the algorithm of the public key: `RSA`, `RSA-PSS`, `EC`, `Ed25519`, `Ed448`, `DSA`,
 * `X25519`, `X448` or `DH`.
 *
 * Returns: (transfer full): the name, or the object identifier in dotted form if it is another
 *
 * Since: 1.0
 */
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

/**
 * q_ssl_certificate_get_purpose_hash:
 * @self: a certificate
 *
 * Gets what the certificate may be used for, as far as it says so itself.
 *
 * The keys are `SSLclient`, `SSLserver`, `netscapeSSLserver`, `SMIMEsigning`,
 * `SMIMEencryption`, `CRLsigning`, `anyPurpose` and `OCSPhelper`, and each of them with `CA`
 * behind it: whether it may issue certificates for that purpose. The rules are those of
 * OpenSSL; they look at the basic constraints and the key usages.
 *
 * Returns: (transfer full): a dictionary of type `a{sb}`
 *
 * Since: 1.0
 */
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

/**
 * q_ssl_certificate_get_info:
 * @self: a certificate
 *
 * Gets what the certificate says as a dictionary.
 *
 * | key | type | value |
 * | --- | --- | --- |
 * | `version` | `i` | [method@QSocket.SslCertificate.get_version] |
 * | `serialNumber` | `s` | [method@QSocket.SslCertificate.get_serial_number] |
 * | `subject` | `a{sv}` | [method@QSocket.SslCertificate.get_subject_hash] |
 * | `issuer` | `a{sv}` | [method@QSocket.SslCertificate.get_issuer_hash] |
 * | `purposes` | `a{sb}` | [method@QSocket.SslCertificate.get_purpose_hash] |
 * | `notBefore` | `s` | [method@QSocket.SslCertificate.get_not_before_date], as ISO 8601 |
 * | `notAfter` | `s` | [method@QSocket.SslCertificate.get_not_after_date], as ISO 8601 |
 * | `signatureType` | `s` | [method@QSocket.SslCertificate.get_signature_type] |
 *
 * The dates look like `2030-12-31T23:59:59Z`; one that cannot be read is left out.
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`
 *
 * Since: 1.0
 */
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
