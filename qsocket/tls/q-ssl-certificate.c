/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-ssl-certificate.h"

#include <string.h>

#include <gnutls/abstract.h>

#include "q-pkcs12-private.h"
#include "q-ssl-certificate-private.h"
#include "q-ssl-join-private.h"
#include "q-tls-input-private.h"
#include "q-x509-private.h"

#define MAX_OID 128

/* Nothing but @tls_certificate is set after construction, and of GnuTLS only functions that read
 * are called, so every thread may use it without a lock. */
struct _QSslCertificate
{
  GObject parent_instance;

  gnutls_x509_crt_t *chain;
  guint n_certificates;
  GBytes *der;                         /* of the leaf */
  GTlsCertificate *tls_certificate;    /* atomic; made when it is first asked for */
};

G_DEFINE_FINAL_TYPE (QSslCertificate, q_ssl_certificate, G_TYPE_OBJECT)

static void
q_ssl_certificate_finalize (GObject *object)
{
  QSslCertificate *self = Q_SSL_CERTIFICATE (object);

  for (guint i = 0; i < self->n_certificates; i++)
    gnutls_x509_crt_deinit (self->chain[i]);
  g_free (self->chain);
  g_clear_pointer (&self->der, g_bytes_unref);
  g_clear_object (&self->tls_certificate);

  G_OBJECT_CLASS (q_ssl_certificate_parent_class)->finalize (object);
}

static void
q_ssl_certificate_class_init (QSslCertificateClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = q_ssl_certificate_finalize;
}

static void
q_ssl_certificate_init (QSslCertificate *self)
{
}

/* A binding can make an object without any of the constructors; it holds nothing. */
static gboolean
is_certificate (QSslCertificate *self)
{
  return Q_IS_SSL_CERTIFICATE (self) && self->n_certificates > 0;
}

/* Imports @ders (GBytes) up to the first that GnuTLS refuses, and returns that refusal or 0. */
static int
import (QSslCertificate *self,
        GPtrArray       *ders)
{
  self->chain = g_new (gnutls_x509_crt_t, ders->len);

  for (guint i = 0; i < ders->len; i++)
    {
      gsize size;
      const void *data = g_bytes_get_data (ders->pdata[i], &size);
      gnutls_datum_t der = { (guint8 *) data, (guint) size };
      int result = gnutls_x509_crt_init (&self->chain[i]);

      if (result < 0)
        return result;

      self->n_certificates = i + 1;
      result = gnutls_x509_crt_import (self->chain[i], &der, GNUTLS_X509_FMT_DER);
      if (result < 0)
        {
          gnutls_x509_crt_deinit (self->chain[i]);
          self->n_certificates = i;
          return result;
        }
    }

  return 0;
}

static QSslCertificate *
new_from_ders (GPtrArray        *ders,
               const QTlsErrorContext  *context,
               GError          **error)
{
  g_autoptr (QSslCertificate) self = g_object_new (Q_TYPE_SSL_CERTIFICATE, NULL);
  int result = import (self, ders);

  if (result < 0)
    {
      q_tls_set_error (error, context, result, "certificate %u cannot be read",
                       self->n_certificates + 1);
      return NULL;
    }

  self->der = g_bytes_ref (ders->pdata[0]);

  return g_steal_pointer (&self);
}

static QSslCertificate *
new_from_data (const void       *data,
               gsize             size,
               const QTlsErrorContext  *context,
               GError          **error)
{
  g_autoptr (GPtrArray) ders =
    q_tls_split (data, size, Q_TLS_CERTIFICATES, Q_SSL_MAX_CHAIN, context, error);

  return ders != NULL ? new_from_ders (ders, context, error) : NULL;
}

QSslCertificate *
q_ssl_certificate_new_from_pem (const char  *pem,
                                GError     **error)
{
  static const QTlsErrorContext context = { Q_SOCKET_ERROR_CERTIFICATE, "new_from_pem" };
  gsize size;

  g_return_val_if_fail (pem != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  size = strnlen (pem, Q_TLS_MAX_INPUT + 1);

  return q_tls_check_size (size, Q_TLS_MAX_INPUT, &context, error) ?
         new_from_data (pem, size, &context, error) : NULL;
}

QSslCertificate *
q_ssl_certificate_new_from_der (GBytes  *der,
                                GError **error)
{
  static const QTlsErrorContext context = { Q_SOCKET_ERROR_CERTIFICATE, "new_from_der" };
  const guint8 *data;
  gsize size;

  g_return_val_if_fail (der != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  data = g_bytes_get_data (der, &size);
  if (!q_tls_check_size (size, Q_TLS_MAX_INPUT, &context, error))
    return NULL;

  if (!q_der_is_one (data, size))
    {
      q_tls_set_error (error, &context, 0, "this is not exactly one certificate in DER format");
      return NULL;
    }

  return new_from_data (data, size, &context, error);
}

QSslCertificate *
q_ssl_certificate_new_from_file (const char  *path,
                                 GError     **error)
{
  QTlsErrorContext context = { Q_SOCKET_ERROR_CERTIFICATE, NULL };
  g_autofree char *where = NULL;
  g_autoptr (GBytes) content = NULL;
  const void *data;
  gsize size;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  context.where = where = q_tls_name_file ("new_from_file", path);
  content = q_tls_read_file (path, Q_TLS_MAX_INPUT, &context, error);
  if (content == NULL)
    return NULL;

  data = g_bytes_get_data (content, &size);

  return new_from_data (data, size, &context, error);
}

QSslCertificate *
q_ssl_certificate_new_from_pkcs12 (GBytes      *data,
                                   const char  *password,
                                   GError     **error)
{
  static const QTlsErrorContext context = { Q_SOCKET_ERROR_CERTIFICATE, "new_from_pkcs12" };
  g_auto (QPkcs12) content = { NULL, };
  g_autoptr (GPtrArray) ders = NULL;

  g_return_val_if_fail (data != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!q_pkcs12_read (&content, data, password, &context, error))
    return NULL;

  ders = q_pkcs12_get_chain (&content, Q_SSL_MAX_CHAIN);
  if (ders->len == 0)
    {
      q_tls_set_error (error, &context, 0, content.certificates->len == 0 ?
                       "there is no certificate in the file" :
                       "no certificate in the file belongs to the private key");
      return NULL;
    }

  return new_from_ders (ders, &context, error);
}

static gboolean
contains (GPtrArray *list,
          GBytes    *bytes)
{
  return g_ptr_array_find_with_equal_func (list, bytes, g_bytes_equal, NULL);
}

QSslCertificate *
q_ssl_certificate_new_from_tls_certificate (GTlsCertificate *tls_certificate)
{
  g_autoptr (QSslCertificate) self = g_object_new (Q_TYPE_SSL_CERTIFICATE, NULL);
  g_autoptr (GPtrArray) ders = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  for (; tls_certificate != NULL && ders->len < Q_SSL_MAX_CHAIN;
       tls_certificate = g_tls_certificate_get_issuer (tls_certificate))
    {
      g_autoptr (GByteArray) array = NULL;
      g_autoptr (GBytes) der = NULL;

      g_object_get (tls_certificate, "certificate", &array, NULL);
      if (array == NULL)
        break;

      /* Issuers may lead in a circle: GIO looks for them by their names only. */
      der = g_bytes_new (array->data, array->len);
      if (contains (ders, der))
        break;

      g_ptr_array_add (ders, g_steal_pointer (&der));
    }

  import (self, ders);
  if (self->n_certificates == 0)
    return NULL;

  self->der = g_bytes_ref (ders->pdata[0]);

  return g_steal_pointer (&self);
}

gnutls_x509_crt_t *
q_ssl_certificate_peek_chain (QSslCertificate *self,
                              guint           *n_certificates)
{
  *n_certificates = self->n_certificates;

  return self->chain;
}

gboolean
q_ssl_certificate_get_key_id (QSslCertificate *self,
                              guint8           key_id[Q_SSL_KEY_ID_SIZE])
{
  gsize size = Q_SSL_KEY_ID_SIZE;

  return self->n_certificates > 0 &&
         gnutls_x509_crt_get_key_id (self->chain[0], GNUTLS_KEYID_USE_SHA256, key_id, &size) >= 0;
}

char *
q_ssl_certificate_get_pem (QSslCertificate *self)
{
  g_autoptr (GString) text = NULL;

  g_return_val_if_fail (is_certificate (self), NULL);

  text = g_string_new (NULL);
  for (guint i = 0; i < self->n_certificates; i++)
    {
      gnutls_datum_t pem;

      if (gnutls_x509_crt_export2 (self->chain[i], GNUTLS_X509_FMT_PEM, &pem) < 0)
        continue;

      g_string_append_len (text, (const char *) pem.data, pem.size);
      gnutls_free (pem.data);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

GBytes *
q_ssl_certificate_get_der (QSslCertificate *self)
{
  g_return_val_if_fail (is_certificate (self), NULL);

  return g_bytes_ref (self->der);
}

static GVariant *
get_name (QSslCertificate *self,
          int            (*get_raw_dn) (gnutls_x509_crt_t  certificate,
                                        gnutls_datum_t    *dn))
{
  gnutls_datum_t dn = { NULL, 0 };
  GVariant *name;

  get_raw_dn (self->chain[0], &dn);
  name = q_x509_name_to_variant (&dn);
  gnutls_free (dn.data);

  return name;
}

GVariant *
q_ssl_certificate_get_subject_hash (QSslCertificate *self)
{
  g_return_val_if_fail (is_certificate (self), NULL);

  return get_name (self, gnutls_x509_crt_get_raw_dn);
}

GVariant *
q_ssl_certificate_get_issuer_hash (QSslCertificate *self)
{
  g_return_val_if_fail (is_certificate (self), NULL);

  return get_name (self, gnutls_x509_crt_get_raw_issuer_dn);
}

typedef int (*ReadBytes) (gnutls_x509_crt_t  certificate,
                          void              *buffer,
                          size_t            *size);

/* What GnuTLS gives with a size of its own: it says how much when there is no room. */
static GBytes *
read_bytes (QSslCertificate *self,
            ReadBytes        read)
{
  gsize size = 0;
  g_autofree guint8 *buffer = NULL;

  read (self->chain[0], NULL, &size);
  buffer = g_malloc (MAX (size, 1));
  if (read (self->chain[0], buffer, &size) < 0)
    size = 0;

  return g_bytes_new_take (g_steal_pointer (&buffer), size);
}

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

  g_return_val_if_fail (is_certificate (self), NULL);

  bytes = read_bytes (self, gnutls_x509_crt_get_serial);
  data = g_bytes_get_data (bytes, &size);

  return q_x509_integer_to_text (data, size);
}

int
q_ssl_certificate_get_version (QSslCertificate *self)
{
  g_return_val_if_fail (is_certificate (self), 0);

  return MAX (gnutls_x509_crt_get_version (self->chain[0]), 0);
}

static GDateTime *
to_date (time_t time)
{
  /* The end of all times, for which GnuTLS has another moment. */
  if (time == GNUTLS_X509_NO_WELL_DEFINED_EXPIRATION)
    return g_date_time_new_utc (9999, 12, 31, 23, 59, 59);

  return time != (time_t) -1 ? g_date_time_new_from_unix_utc (time) : NULL;
}

GDateTime *
q_ssl_certificate_get_not_before_date (QSslCertificate *self)
{
  g_return_val_if_fail (is_certificate (self), NULL);

  return to_date (gnutls_x509_crt_get_activation_time (self->chain[0]));
}

GDateTime *
q_ssl_certificate_get_not_after_date (QSslCertificate *self)
{
  g_return_val_if_fail (is_certificate (self), NULL);

  return to_date (gnutls_x509_crt_get_expiration_time (self->chain[0]));
}

GBytes *
q_ssl_certificate_get_signature (QSslCertificate *self)
{
  g_return_val_if_fail (is_certificate (self), NULL);

  return read_bytes (self, read_signature);
}

char *
q_ssl_certificate_get_signature_type (QSslCertificate *self)
{
  char oid[MAX_OID];
  gsize size = sizeof oid;
  const char *name;

  g_return_val_if_fail (is_certificate (self), NULL);

  if (gnutls_x509_crt_get_signature_oid (self->chain[0], oid, &size) < 0)
    return g_strdup ("unknown");

  name = q_x509_signature_name (oid);

  return g_strdup (name != NULL ? name : oid);
}

GBytes *
q_ssl_certificate_get_public_key (QSslCertificate *self)
{
  gnutls_pubkey_t key;
  gnutls_datum_t der;
  GBytes *bytes = NULL;

  g_return_val_if_fail (is_certificate (self), NULL);

  if (gnutls_pubkey_init (&key) < 0)
    return NULL;

  if (gnutls_pubkey_import_x509 (key, self->chain[0], 0) >= 0 &&
      gnutls_pubkey_export2 (key, GNUTLS_X509_FMT_DER, &der) >= 0)
    {
      bytes = g_bytes_new (der.data, der.size);
      gnutls_free (der.data);
    }
  gnutls_pubkey_deinit (key);

  return bytes;
}

char *
q_ssl_certificate_get_public_key_algorithm (QSslCertificate *self)
{
  char oid[MAX_OID];
  gsize size = sizeof oid;
  const char *name;

  g_return_val_if_fail (is_certificate (self), NULL);

  name = q_x509_key_name (gnutls_x509_crt_get_pk_algorithm (self->chain[0], NULL));
  if (name == NULL && gnutls_x509_crt_get_pk_oid (self->chain[0], oid, &size) >= 0)
    name = oid;

  return g_strdup (name != NULL ? name : "unknown");
}

GVariant *
q_ssl_certificate_get_purpose_hash (QSslCertificate *self)
{
  g_return_val_if_fail (is_certificate (self), NULL);

  return q_x509_get_purposes (self->chain[0]);
}

char *
q_ssl_certificate_get_fingerprint (QSslCertificate *self,
                                   GChecksumType    checksum_type)
{
  g_return_val_if_fail (is_certificate (self), NULL);
  g_return_val_if_fail (g_checksum_type_get_length (checksum_type) > 0, NULL);

  return g_compute_checksum_for_bytes (checksum_type, self->der);
}

GTlsCertificate *
q_ssl_certificate_get_tls_certificate (QSslCertificate *self)
{
  GTlsCertificate *made;

  g_return_val_if_fail (is_certificate (self), NULL);

  if (g_atomic_pointer_get (&self->tls_certificate) == NULL)
    {
      made = q_ssl_join (self, NULL, NULL);
      if (made != NULL &&
          !g_atomic_pointer_compare_and_exchange (&self->tls_certificate, NULL, made))
        g_object_unref (made);
    }

  return g_atomic_pointer_get (&self->tls_certificate);
}
