/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-ssl-certificate.h"

#include <stdatomic.h>

#include "q-gio-certificate-private.h"
#include "q-i18n-private.h"
#include "q-pkcs12-private.h"
#include "q-ssl-certificate-private.h"
#include "q-tls-input-private.h"
#include "q-x509-der-private.h"

/* Only @tls_certificate changes after construction, and only functions of GnuTLS that read are
 * called, so all threads may use a certificate without a lock. */
struct _QSslCertificate
{
  GObject parent_instance;

  gnutls_x509_crt_t *chain;
  guint n_certificates;
  GBytes *der;                                  /* of the leaf */
  _Atomic (GTlsCertificate *) tls_certificate;  /* NULL until it is first needed */
};

/**
 * QSslCertificate:
 *
 * An X.509 certificate, and the certificates of its issuers where they are known.
 *
 * The first certificate of such a chain, the leaf, is the one that all methods describe; only
 * [method@QSocket.SslCertificate.get_pem] and
 * [method@QSocket.SslCertificate.get_tls_certificate] give the whole chain. A chain has at most
 * 32 certificates.
 *
 * A certificate never changes, and its methods may be called from any thread. All texts are
 * UTF-8: bytes of a name that are not text are replaced by U+FFFD.
 *
 * Nothing here says whether a certificate can be trusted: it tells what the certificate claims.
 *
 * Since: 1.0
 */
G_DEFINE_FINAL_TYPE (QSslCertificate, q_ssl_certificate, G_TYPE_OBJECT)

static void
q_ssl_certificate_finalize (GObject *object)
{
  QSslCertificate *self = Q_SSL_CERTIFICATE (object);

  for (guint i = 0; i < self->n_certificates; i++)
    gnutls_x509_crt_deinit (self->chain[i]);
  g_free (self->chain);
  g_clear_pointer (&self->der, g_bytes_unref);
  if (self->tls_certificate != NULL)
    g_object_unref (self->tls_certificate);

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

gboolean
q_ssl_is_certificate (gpointer object)
{
  return Q_IS_SSL_CERTIFICATE (object) && Q_SSL_CERTIFICATE (object)->n_certificates > 0;
}

/* Imports @ders (GBytes) up to the first that GnuTLS refuses, and returns the error of GnuTLS for
 * that, or 0. */
static int
import (QSslCertificate *self,
        GPtrArray       *ders)
{
  self->chain = g_new0 (gnutls_x509_crt_t, ders->len);

  for (guint i = 0; i < ders->len; i++)
    {
      gnutls_datum_t der = q_x509_bytes_to_datum (ders->pdata[i]);
      int result = q_x509_import_certificate (&self->chain[i], &der);

      if (result < 0)
        return result;

      self->n_certificates = i + 1;
    }

  return 0;
}

static QSslCertificate *
new_from_ders (GPtrArray        *ders,
               const QTlsInput  *input,
               GError          **error)
{
  g_autoptr (QSslCertificate) self = g_object_new (Q_TYPE_SSL_CERTIFICATE, NULL);
  int result = import (self, ders);

  if (result < 0)
    {
      q_tls_input_set_error (input, error, result, _("certificate %u cannot be read"),
                             self->n_certificates + 1);
      return NULL;
    }

  self->der = g_bytes_ref (ders->pdata[0]);

  return g_steal_pointer (&self);
}

static QSslCertificate *
new_from_input (const QTlsInput  *input,
                GError          **error)
{
  g_autoptr (GPtrArray) ders =
    q_tls_input_split (input, Q_TLS_CERTIFICATES, Q_SSL_MAX_CHAIN, error);

  return ders != NULL ? new_from_ders (ders, input, error) : NULL;
}

/**
 * q_ssl_certificate_new_from_pem:
 * @pem: text with one or more certificates in PEM format, the leaf first; at most 1 MiB
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a certificate, or a chain of certificates, from text.
 *
 * The chain keeps the order of the text. Private keys, other blocks and any text between the
 * blocks are skipped.
 *
 * `CERTIFICATE`: there is no certificate, there are more than 32, one is damaged, or the text is
 * too long.
 *
 * Returns: (transfer full): the certificate, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSslCertificate *
q_ssl_certificate_new_from_pem (const char  *pem,
                                GError     **error)
{
  g_auto (QTlsInput) input = Q_TLS_INPUT_INIT (Q_SOCKET_ERROR_CERTIFICATE, "new_from_pem");

  g_return_val_if_fail (pem != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return q_tls_input_set_text (&input, pem, error) ? new_from_input (&input, error) : NULL;
}

/**
 * q_ssl_certificate_new_from_der:
 * @der: exactly one certificate in DER format; at most 1 MiB
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a certificate from bytes.
 *
 * `CERTIFICATE`: the bytes are no certificate, or there are more behind it.
 *
 * Returns: (transfer full): the certificate, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSslCertificate *
q_ssl_certificate_new_from_der (GBytes  *der,
                                GError **error)
{
  g_auto (QTlsInput) input = Q_TLS_INPUT_INIT (Q_SOCKET_ERROR_CERTIFICATE, "new_from_der");

  g_return_val_if_fail (der != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!q_tls_input_set_bytes (&input, der, error))
    return NULL;

  if (!q_x509_is_der (&input.data))
    {
      q_tls_input_set_error (&input, error, 0,
                             _("this is not exactly one certificate in DER format"));
      return NULL;
    }

  return new_from_input (&input, error);
}

/**
 * q_ssl_certificate_new_from_file:
 * @path: (type filename): the name of a file, PEM or DER
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a certificate, or a chain of certificates, from a file.
 *
 * The content is that of [ctor@QSocket.SslCertificate.new_from_pem] or
 * [ctor@QSocket.SslCertificate.new_from_der]. Only regular files are read; the call does not
 * wait for the writer of a FIFO.
 *
 * `CERTIFICATE`: the file cannot be read, is a directory, a FIFO or a device, has more than
 * 1 MiB, or does not hold certificates.
 *
 * Returns: (transfer full): the certificate, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSslCertificate *
q_ssl_certificate_new_from_file (const char  *path,
                                 GError     **error)
{
  g_auto (QTlsInput) input = Q_TLS_INPUT_INIT (Q_SOCKET_ERROR_CERTIFICATE, "new_from_file");

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return q_tls_input_read_file (&input, path, Q_TLS_MAX_INPUT, error) ?
         new_from_input (&input, error) : NULL;
}

/**
 * q_ssl_certificate_new_from_pkcs12:
 * @data: the content of a PKCS#12 file (`.p12`, `.pfx`); at most 1 MiB
 * @password: (nullable): the password of the file, or `NULL`; ignored if it has none
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a certificate, or a chain of certificates, from the content of a PKCS#12 file.
 *
 * The certificate that belongs to the private key comes first, then its issuers. Without a
 * private key the first certificate of the file takes its place.
 * [ctor@QSocket.SslPrivateKey.new_from_pkcs12] gives the key.
 *
 * `CERTIFICATE`: no PKCS#12 file, no certificate in it, a wrong password, or none where one is
 * needed.
 *
 * Returns: (transfer full): the certificate, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSslCertificate *
q_ssl_certificate_new_from_pkcs12 (GBytes      *data,
                                   const char  *password,
                                   GError     **error)
{
  g_auto (QTlsInput) input = Q_TLS_INPUT_INIT (Q_SOCKET_ERROR_CERTIFICATE, "new_from_pkcs12");
  g_auto (QPkcs12) content = { NULL, };
  g_autoptr (GPtrArray) ders = NULL;

  g_return_val_if_fail (data != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!q_tls_input_set_bytes (&input, data, error) ||
      !q_pkcs12_read (&content, &input, password, error))
    return NULL;

  ders = q_pkcs12_get_chain (&content, Q_SSL_MAX_CHAIN);
  if (ders->len == 0)
    {
      q_tls_input_set_error (&input, error, 0, content.certificates->len == 0 ?
                             _("there is no certificate in the file") :
                             _("no certificate in the file belongs to the private key"));
      return NULL;
    }

  return new_from_ders (ders, &input, error);
}

QSslCertificate *
q_ssl_certificate_new_from_tls_certificate (GTlsCertificate *tls_certificate)
{
  g_autoptr (QSslCertificate) self = g_object_new (Q_TYPE_SSL_CERTIFICATE, NULL);
  g_autoptr (GPtrArray) ders = q_gio_certificate_get_ders (tls_certificate, Q_SSL_MAX_CHAIN);

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

gnutls_x509_crt_t
q_ssl_certificate_peek_leaf (QSslCertificate *self)
{
  return self->n_certificates > 0 ? self->chain[0] : NULL;
}

/**
 * q_ssl_certificate_get_pem:
 * @self: a certificate
 *
 * Gets the whole chain as text in PEM format, the leaf first.
 *
 * Returns: (transfer full): the text
 *
 * Since: 1.0
 */
char *
q_ssl_certificate_get_pem (QSslCertificate *self)
{
  g_autoptr (GString) text = NULL;

  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  text = g_string_new (NULL);
  for (guint i = 0; i < self->n_certificates; i++)
    {
      gnutls_datum_t pem = { NULL, 0 };

      if (gnutls_x509_crt_export2 (self->chain[i], GNUTLS_X509_FMT_PEM, &pem) < 0)
        continue;

      g_string_append_len (text, (const char *) pem.data, pem.size);
      gnutls_free (pem.data);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

/**
 * q_ssl_certificate_get_der:
 * @self: a certificate
 *
 * Gets the certificate, without its issuers, as bytes in DER format.
 *
 * Returns: (transfer full): the bytes
 *
 * Since: 1.0
 */
GBytes *
q_ssl_certificate_get_der (QSslCertificate *self)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  return g_bytes_ref (self->der);
}

/**
 * q_ssl_certificate_get_fingerprint:
 * @self: a certificate
 * @checksum_type: the kind of checksum, such as `G_CHECKSUM_SHA256`
 *
 * Gets the checksum of the certificate in DER format, by which people compare certificates.
 *
 * Returns: (transfer full): the checksum in lower-case hexadecimal digits
 *
 * Since: 1.0
 */
char *
q_ssl_certificate_get_fingerprint (QSslCertificate *self,
                                   GChecksumType    checksum_type)
{
  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);
  g_return_val_if_fail (g_checksum_type_get_length (checksum_type) > 0, NULL);

  return g_compute_checksum_for_bytes (checksum_type, self->der);
}

/**
 * q_ssl_certificate_get_tls_certificate:
 * @self: a certificate
 *
 * Gets the same certificate as an object of GIO, for code that works with those.
 *
 * The chain follows through [property@Gio.TlsCertificate:issuer].
 *
 * Returns: (transfer none) (nullable): the certificate, or `NULL` if the TLS module of GIO is
 *   not installed; lives as long as @self
 *
 * Since: 1.0
 */
GTlsCertificate *
q_ssl_certificate_get_tls_certificate (QSslCertificate *self)
{
  GTlsCertificate *found;
  GTlsCertificate *made;

  g_return_val_if_fail (q_ssl_is_certificate (self), NULL);

  found = atomic_load (&self->tls_certificate);
  if (found != NULL)
    return found;

  made = q_gio_certificate_new (self->chain, self->n_certificates, NULL, NULL);
  if (made == NULL)
    return NULL;

  /* Another thread may have made one meanwhile; @found is that one then. */
  if (atomic_compare_exchange_strong (&self->tls_certificate, &found, made))
    return made;

  g_object_unref (made);

  return found;
}
