/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-ssl-private-key.h"

#include <string.h>

#include <gnutls/x509.h>

#include "q-pkcs12-private.h"
#include "q-secret-private.h"
#include "q-ssl-private-key-private.h"
#include "q-tls-input-private.h"
#include "q-vardict-private.h"
#include "q-x509-private.h"

#define LABEL "PRIVATE KEY"

/* Nothing changes after construction, so every thread may read without a lock. */
struct _QSslPrivateKey
{
  GObject parent_instance;

  GBytes *der;              /* PKCS#8, plain, a QSecret */
  const char *type_name;
  guint n_bits;
  gboolean has_id;
  guint8 id[Q_SSL_KEY_ID_SIZE];
};

G_DEFINE_FINAL_TYPE (QSslPrivateKey, q_ssl_private_key, G_TYPE_OBJECT)

static void
q_ssl_private_key_finalize (GObject *object)
{
  QSslPrivateKey *self = Q_SSL_PRIVATE_KEY (object);

  g_clear_pointer (&self->der, g_bytes_unref);

  G_OBJECT_CLASS (q_ssl_private_key_parent_class)->finalize (object);
}

static void
q_ssl_private_key_class_init (QSslPrivateKeyClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = q_ssl_private_key_finalize;
}

static void
q_ssl_private_key_init (QSslPrivateKey *self)
{
}

/* A binding can make an object without any of the constructors; it holds nothing. */
static gboolean
is_key (QSslPrivateKey *self)
{
  return Q_IS_SSL_PRIVATE_KEY (self) && self->der != NULL;
}

static QSslPrivateKey *
new_from_key (gnutls_x509_privkey_t   key,
              const QTlsErrorContext        *context,
              GError                **error)
{
  g_autoptr (QSslPrivateKey) self = g_object_new (Q_TYPE_SSL_PRIVATE_KEY, NULL);
  gsize id_size = sizeof self->id;
  gnutls_datum_t der = { NULL, 0 };
  QSecret *secret;
  int result = gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_DER, NULL,
                                                  GNUTLS_PKCS_PLAIN, &der);

  if (result < 0)
    {
      q_tls_set_error (error, context, result, "the private key cannot be used");
      return NULL;
    }

  secret = q_secret_new (der.size);
  memcpy (secret->data, der.data, der.size);
  self->der = q_secret_to_bytes (secret, der.size);
  q_secret_clear_datum (&der);

  self->type_name = q_x509_key_name (gnutls_x509_privkey_get_pk_algorithm2 (key, &self->n_bits));
  if (self->type_name == NULL)
    self->type_name = "unknown";
  self->has_id =
    gnutls_x509_privkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, self->id, &id_size) >= 0;

  return g_steal_pointer (&self);
}

/* On success the caller frees @key. */
static int
import (gnutls_x509_privkey_t *key,
        const gnutls_datum_t  *data,
        gnutls_x509_crt_fmt_t  format,
        const char            *password)
{
  int result = gnutls_x509_privkey_init (key);

  if (result < 0)
    return result;

  q_tls_forbid_to_ask (*key);
  result = gnutls_x509_privkey_import2 (*key, data, format, password,
                                        password == NULL ? GNUTLS_PKCS_PLAIN : 0);
  if (result < 0)
    gnutls_x509_privkey_deinit (*key);

  return result;
}

/* GnuTLS takes a password that is not needed for a sign of encryption, so it comes second. */
static QSslPrivateKey *
new_from_block (const gnutls_datum_t   *data,
                gnutls_x509_crt_fmt_t   format,
                const char             *password,
                const QTlsErrorContext        *context,
                GError                **error)
{
  gnutls_x509_privkey_t key;
  QSslPrivateKey *self;
  int result = import (&key, data, format, NULL);

  if (result == GNUTLS_E_DECRYPTION_FAILED && password == NULL)
    q_tls_set_error (error, context, result, "the key is encrypted and no password was given");
  else if (result == GNUTLS_E_DECRYPTION_FAILED)
    {
      result = import (&key, data, format, password);
      if (result < 0)
        q_tls_set_error (error, context, result, "wrong password, or a damaged key");
    }
  else if (result < 0)
    q_tls_set_error (error, context, result, "the private key cannot be read");

  if (result < 0)
    return NULL;

  self = new_from_key (key, context, error);
  gnutls_x509_privkey_deinit (key);

  return self;
}

static gboolean
is_private_key (const QPemBlock *block)
{
  gsize size = strlen (LABEL);

  return block->label_length >= size &&
         memcmp (block->label + block->label_length - size, LABEL, size) == 0;
}

static QSslPrivateKey *
new_from_data (const void       *data,
               gsize             size,
               const char       *password,
               const QTlsErrorContext  *context,
               GError          **error)
{
  gnutls_datum_t rest = { (guint8 *) data, (guint) size };
  QPemBlock block;

  if (q_der_is_one (data, size))
    return new_from_block (&rest, GNUTLS_X509_FMT_DER, password, context, error);

  while (q_pem_next (&rest, &block))
    if (is_private_key (&block))
      return new_from_block (&block.text, GNUTLS_X509_FMT_PEM, password, context, error);

  q_tls_set_error (error, context, 0, "there is no private key, neither in PEM nor exactly one in "
                   "DER");

  return NULL;
}

QSslPrivateKey *
q_ssl_private_key_new_from_pem (const char  *pem,
                                const char  *password,
                                GError     **error)
{
  static const QTlsErrorContext context = { Q_SOCKET_ERROR_PRIVATE_KEY, "new_from_pem" };
  gsize size;

  g_return_val_if_fail (pem != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  size = strnlen (pem, Q_TLS_MAX_INPUT + 1);

  return q_tls_check_size (size, Q_TLS_MAX_INPUT, &context, error) ?
         new_from_data (pem, size, password, &context, error) : NULL;
}

QSslPrivateKey *
q_ssl_private_key_new_from_der (GBytes  *der,
                                GError **error)
{
  static const QTlsErrorContext context = { Q_SOCKET_ERROR_PRIVATE_KEY, "new_from_der" };
  const guint8 *data;
  gsize size;

  g_return_val_if_fail (der != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  data = g_bytes_get_data (der, &size);
  if (!q_tls_check_size (size, Q_TLS_MAX_INPUT, &context, error))
    return NULL;

  if (!q_der_is_one (data, size))
    {
      q_tls_set_error (error, &context, 0, "this is not exactly one private key in DER format");
      return NULL;
    }

  return new_from_data (data, size, NULL, &context, error);
}

QSslPrivateKey *
q_ssl_private_key_new_from_file (const char  *path,
                                 const char  *password,
                                 GError     **error)
{
  QTlsErrorContext context = { Q_SOCKET_ERROR_PRIVATE_KEY, NULL };
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

  return new_from_data (data, size, password, &context, error);
}

QSslPrivateKey *
q_ssl_private_key_new_from_pkcs12 (GBytes      *data,
                                   const char  *password,
                                   GError     **error)
{
  static const QTlsErrorContext context = { Q_SOCKET_ERROR_PRIVATE_KEY, "new_from_pkcs12" };
  g_auto (QPkcs12) content = { NULL, };

  g_return_val_if_fail (data != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!q_pkcs12_read (&content, data, password, &context, error))
    return NULL;

  if (content.key == NULL)
    {
      q_tls_set_error (error, &context, 0, "there is no private key in the file");
      return NULL;
    }

  return new_from_key (content.key, &context, error);
}

const guint8 *
q_ssl_private_key_peek_id (QSslPrivateKey *self)
{
  return self->has_id ? self->id : NULL;
}

const char *
q_ssl_private_key_get_type_name (QSslPrivateKey *self)
{
  g_return_val_if_fail (is_key (self), NULL);

  return self->type_name;
}

int
q_ssl_private_key_get_version (QSslPrivateKey *self)
{
  g_return_val_if_fail (is_key (self), 0);

  return 1;
}

int
q_ssl_private_key_get_bit_length (QSslPrivateKey *self)
{
  g_return_val_if_fail (is_key (self), 0);

  return (int) self->n_bits;
}

GVariant *
q_ssl_private_key_get_info (QSslPrivateKey *self)
{
  QVardict info;

  g_return_val_if_fail (is_key (self), NULL);

  q_vardict_init (&info, 128);
  q_vardict_add_string (&info, "type", strlen ("type"), self->type_name,
                        strlen (self->type_name));
  q_vardict_add_int32 (&info, "version", q_ssl_private_key_get_version (self));
  q_vardict_add_int32 (&info, "bitLength", (gint32) self->n_bits);

  return q_vardict_end (&info);
}

char *
q_ssl_private_key_get_pem (QSslPrivateKey *self)
{
  gnutls_datum_t der;
  gnutls_datum_t pem;
  gsize size;
  char *text;

  g_return_val_if_fail (is_key (self), NULL);

  der.data = (guint8 *) g_bytes_get_data (self->der, &size);
  der.size = (guint) size;
  if (gnutls_pem_base64_encode2 (LABEL, &der, &pem) < 0)
    return NULL;

  text = g_strndup ((const char *) pem.data, pem.size);
  q_secret_clear_datum (&pem);

  return text;
}

GBytes *
q_ssl_private_key_get_der (QSslPrivateKey *self)
{
  g_return_val_if_fail (is_key (self), NULL);

  return g_bytes_ref (self->der);
}
