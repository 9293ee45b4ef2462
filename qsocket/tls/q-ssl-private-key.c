/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-ssl-private-key.h"

#include <string.h>

#include "q-i18n-private.h"
#include "q-pem-private.h"
#include "q-pkcs12-private.h"
#include "q-secret-private.h"
#include "q-ssl-private-key-private.h"
#include "q-tls-input-private.h"
#include "q-vardict-private.h"
#include "q-x509-der-private.h"

/* The label of PKCS#8 in PEM; other formats have labels that end with it. */
#define LABEL "PRIVATE KEY"

/* Nothing changes after construction, so all threads may use a key without a lock. */
struct _QSslPrivateKey
{
  GObject parent_instance;

  GBytes *der;              /* PKCS#8, not encrypted, in a QSecret */
  const char *type_name;
  guint n_bits;
  QX509KeyId id;
};

/**
 * QSslPrivateKey:
 *
 * The private key that belongs to a [class@QSocket.SslCertificate].
 *
 * The formats are PKCS#8, plain or encrypted, and the older ones of RSA (PKCS#1) and elliptic
 * curves (SEC1), in PEM also encrypted with the header `Proc-Type: 4,ENCRYPTED`. Nobody is ever
 * asked for a password: an encrypted key is read with the one given, or not at all. A password
 * that is not needed is ignored.
 *
 * A key never changes, and its methods may be called from any thread. The object overwrites its
 * memory of the key before that is freed.
 *
 * Since: 1.0
 */
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

/* A binding can make an object without any of the constructors, which holds no key. */
static gboolean
is_key (QSslPrivateKey *self)
{
  return Q_IS_SSL_PRIVATE_KEY (self) && self->der != NULL;
}

static QSslPrivateKey *
new_from_key (gnutls_x509_privkey_t   key,
              const QTlsInput        *input,
              GError                **error)
{
  g_autoptr (QSslPrivateKey) self = g_object_new (Q_TYPE_SSL_PRIVATE_KEY, NULL);
  gnutls_datum_t der = { NULL, 0 };
  QSecret *secret;
  int result = gnutls_x509_privkey_export2_pkcs8 (key, GNUTLS_X509_FMT_DER, NULL,
                                                  GNUTLS_PKCS_PLAIN, &der);

  if (result < 0)
    {
      q_tls_input_set_error (input, error, result, _("the private key cannot be used"));
      return NULL;
    }

  secret = q_secret_new (der.size);
  memcpy (secret->data, der.data, der.size);
  self->der = q_secret_to_bytes (secret, der.size);
  q_secret_clear_datum (&der);

  self->type_name = q_x509_key_name (gnutls_x509_privkey_get_pk_algorithm2 (key, &self->n_bits));
  if (self->type_name == NULL)
    self->type_name = "unknown";
  self->id = q_x509_get_private_key_id (key);

  return g_steal_pointer (&self);
}

/* On success the caller frees @key. */
static int
import (gnutls_x509_privkey_t *key,
        const gnutls_datum_t  *data,
        gnutls_x509_crt_fmt_t  format,
        const char            *password)
{
  int result = q_x509_init_private_key (key);

  if (result < 0)
    return result;

  result = gnutls_x509_privkey_import2 (*key, data, format, password,
                                        password == NULL ? GNUTLS_PKCS_PLAIN : 0);
  if (result < 0)
    g_clear_pointer (key, gnutls_x509_privkey_deinit);

  return result;
}

/* Given a password, GnuTLS expects an encrypted key and refuses a plain one. A password that is not
 * needed is to be ignored, so the key is first read without it. */
static QSslPrivateKey *
new_from_block (const gnutls_datum_t   *data,
                gnutls_x509_crt_fmt_t   format,
                const char             *password,
                const QTlsInput        *input,
                GError                **error)
{
  gnutls_x509_privkey_t key = NULL;
  QSslPrivateKey *self;
  int result = import (&key, data, format, NULL);

  if (result == GNUTLS_E_DECRYPTION_FAILED && password == NULL)
    q_tls_input_set_error (input, error, result,
                           _("the key is encrypted and no password was given"));
  else if (result == GNUTLS_E_DECRYPTION_FAILED)
    {
      result = import (&key, data, format, password);
      if (result < 0)
        q_tls_input_set_error (input, error, result, _("wrong password, or a damaged key"));
    }
  else if (result < 0)
    q_tls_input_set_error (input, error, result, _("the private key cannot be read"));

  if (result < 0)
    return NULL;

  self = new_from_key (key, input, error);
  gnutls_x509_privkey_deinit (key);

  return self;
}

/* Such as "PRIVATE KEY", "ENCRYPTED PRIVATE KEY" or "RSA PRIVATE KEY". */
static gboolean
is_private_key (const QPemBlock *block)
{
  gsize size = strlen (LABEL);

  return block->label_length >= size &&
         memcmp (block->label + block->label_length - size, LABEL, size) == 0;
}

static QSslPrivateKey *
new_from_input (const QTlsInput  *input,
                const char       *password,
                GError          **error)
{
  gnutls_datum_t rest = input->data;
  QPemBlock block = { NULL };

  if (q_x509_is_der (&rest))
    return new_from_block (&rest, GNUTLS_X509_FMT_DER, password, input, error);

  while (q_pem_next (&rest, &block))
    if (is_private_key (&block))
      return new_from_block (&block.text, GNUTLS_X509_FMT_PEM, password, input, error);

  q_tls_input_set_error (input, error, 0,
                         _("there is no private key, neither in PEM nor exactly one in DER"));

  return NULL;
}

/**
 * q_ssl_private_key_new_from_pem:
 * @pem: text with a private key in PEM format; at most 1 MiB
 * @password: (nullable): the password of the key, or `NULL`
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a private key from text.
 *
 * The first private key is taken; certificates and other blocks are skipped.
 *
 * `PRIVATE_KEY`: there is no private key, it is damaged, or its kind is unknown; the password is
 * wrong, or there is none where one is needed.
 *
 * Returns: (transfer full): the key, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSslPrivateKey *
q_ssl_private_key_new_from_pem (const char  *pem,
                                const char  *password,
                                GError     **error)
{
  g_auto (QTlsInput) input = Q_TLS_INPUT_INIT (Q_SOCKET_ERROR_PRIVATE_KEY, "new_from_pem");

  g_return_val_if_fail (pem != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return q_tls_input_set_text (&input, pem, error) ?
         new_from_input (&input, password, error) : NULL;
}

/**
 * q_ssl_private_key_new_from_der:
 * @der: exactly one private key in DER format, not encrypted; at most 1 MiB
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a private key from bytes.
 *
 * [ctor@QSocket.SslPrivateKey.new_from_file] also reads encrypted ones.
 *
 * `PRIVATE_KEY`: the bytes are no private key, there are more behind it, or it is encrypted.
 *
 * Returns: (transfer full): the key, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSslPrivateKey *
q_ssl_private_key_new_from_der (GBytes  *der,
                                GError **error)
{
  g_auto (QTlsInput) input = Q_TLS_INPUT_INIT (Q_SOCKET_ERROR_PRIVATE_KEY, "new_from_der");

  g_return_val_if_fail (der != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!q_tls_input_set_bytes (&input, der, error))
    return NULL;

  if (!q_x509_is_der (&input.data))
    {
      q_tls_input_set_error (&input, error, 0,
                             _("this is not exactly one private key in DER format"));
      return NULL;
    }

  return new_from_input (&input, NULL, error);
}

/**
 * q_ssl_private_key_new_from_file:
 * @path: (type filename): the name of a file, PEM or DER
 * @password: (nullable): the password of the key, or `NULL`
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a private key from a file.
 *
 * The content is that of [ctor@QSocket.SslPrivateKey.new_from_pem], or one key in DER format.
 * Only regular files are read; the call does not wait for the writer of a FIFO.
 *
 * `PRIVATE_KEY`: the file cannot be read, is a directory, a FIFO or a device, has more than
 * 1 MiB, or does not hold a private key; the password is wrong, or there is none where one is
 * needed.
 *
 * Returns: (transfer full): the key, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSslPrivateKey *
q_ssl_private_key_new_from_file (const char  *path,
                                 const char  *password,
                                 GError     **error)
{
  g_auto (QTlsInput) input = Q_TLS_INPUT_INIT (Q_SOCKET_ERROR_PRIVATE_KEY, "new_from_file");

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return q_tls_input_read_file (&input, path, Q_TLS_MAX_INPUT, error) ?
         new_from_input (&input, password, error) : NULL;
}

/**
 * q_ssl_private_key_new_from_pkcs12:
 * @data: the content of a PKCS#12 file (`.p12`, `.pfx`); at most 1 MiB
 * @password: (nullable): the password of the file, or `NULL`; ignored if it has none
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads the private key from the content of a PKCS#12 file.
 *
 * [ctor@QSocket.SslCertificate.new_from_pkcs12] gives its certificate.
 *
 * `PRIVATE_KEY`: no PKCS#12 file, no private key in it, a wrong password, or none where one is
 * needed.
 *
 * Returns: (transfer full): the key, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSslPrivateKey *
q_ssl_private_key_new_from_pkcs12 (GBytes      *data,
                                   const char  *password,
                                   GError     **error)
{
  g_auto (QTlsInput) input = Q_TLS_INPUT_INIT (Q_SOCKET_ERROR_PRIVATE_KEY, "new_from_pkcs12");
  g_auto (QPkcs12) content = { NULL, };

  g_return_val_if_fail (data != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!q_tls_input_set_bytes (&input, data, error) ||
      !q_pkcs12_read (&content, &input, password, error))
    return NULL;

  if (content.key == NULL)
    {
      q_tls_input_set_error (&input, error, 0, _("there is no private key in the file"));
      return NULL;
    }

  return new_from_key (content.key, &input, error);
}

const QX509KeyId *
q_ssl_private_key_peek_id (QSslPrivateKey *self)
{
  return &self->id;
}

/**
 * q_ssl_private_key_get_type_name:
 * @self: a private key
 *
 * Gets the algorithm of the key: `RSA`, `RSA-PSS`, `EC`, `Ed25519`, `Ed448`, `DSA`, `X25519`,
 * `X448` or `DH`.
 *
 * Returns: (transfer none): the name; `unknown` if it is another
 *
 * Since: 1.0
 */
const char *
q_ssl_private_key_get_type_name (QSslPrivateKey *self)
{
  g_return_val_if_fail (is_key (self), NULL);

  return self->type_name;
}

/**
 * q_ssl_private_key_get_version:
 * @self: a private key
 *
 * Gets the version of the format, which is always the same.
 *
 * Returns: 1
 *
 * Since: 1.0
 */
int
q_ssl_private_key_get_version (QSslPrivateKey *self)
{
  g_return_val_if_fail (is_key (self), 0);

  return 1;
}

/**
 * q_ssl_private_key_get_bit_length:
 * @self: a private key
 *
 * Gets the size of the key, such as 2048 for RSA or 256 for the curve P-256.
 *
 * Returns: the size in bits
 *
 * Since: 1.0
 */
int
q_ssl_private_key_get_bit_length (QSslPrivateKey *self)
{
  g_return_val_if_fail (is_key (self), 0);

  return (int) self->n_bits;
}

/**
 * q_ssl_private_key_get_info:
 * @self: a private key
 *
 * Gets what kind of key it is as a dictionary.
 *
 * | key | type | value |
 * | --- | --- | --- |
 * | `type` | `s` | [method@QSocket.SslPrivateKey.get_type_name] |
 * | `version` | `i` | [method@QSocket.SslPrivateKey.get_version] |
 * | `bitLength` | `i` | [method@QSocket.SslPrivateKey.get_bit_length] |
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`
 *
 * Since: 1.0
 */
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

/**
 * q_ssl_private_key_get_pem:
 * @self: a private key
 *
 * Gets the key as text: PKCS#8 in PEM format, **not encrypted**, also if it was read with a
 * password.
 *
 * Returns: (transfer full): the text; overwrite it before you free it
 *
 * Since: 1.0
 */
char *
q_ssl_private_key_get_pem (QSslPrivateKey *self)
{
  gnutls_datum_t der;
  gnutls_datum_t pem = { NULL, 0 };
  char *text;

  g_return_val_if_fail (is_key (self), NULL);

  der = q_x509_bytes_to_datum (self->der);
  if (gnutls_pem_base64_encode2 (LABEL, &der, &pem) < 0)
    return NULL;

  text = g_strndup ((const char *) pem.data, pem.size);
  q_secret_clear_datum (&pem);

  return text;
}

/**
 * q_ssl_private_key_get_der:
 * @self: a private key
 *
 * Gets the key as bytes: PKCS#8 in DER format, **not encrypted**, also if it was read with a
 * password.
 *
 * Returns: (transfer full): the bytes, which are overwritten when the last reference goes
 *
 * Since: 1.0
 */
GBytes *
q_ssl_private_key_get_der (QSslPrivateKey *self)
{
  g_return_val_if_fail (is_key (self), NULL);

  return g_bytes_ref (self->der);
}
