/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-ssl-private-key.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <gnutls/pkcs11.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "q-gio-certificate-private.h"
#include "q-ssl-certificate-private.h"
#include "q-tls-identity-private.h"
#include "tls-help.h"

#define NO_PASSWORD "*: the key is encrypted and no password was given: Decryption has failed."
#define WRONG_PASSWORD "*: wrong password, or a damaged key: *"

static QSslPrivateKey *
from_pem (const char *pem,
          const char *password)
{
  GError *error = NULL;
  QSslPrivateKey *key = q_ssl_private_key_new_from_pem (pem, password, &error);

  g_assert_no_error (error);
  g_assert_nonnull (key);

  return key;
}

static void
refuse_pem (const char *pem,
            const char *password,
            const char *pattern)
{
  GError *error = NULL;

  assert_refused (q_ssl_private_key_new_from_pem (pem, password, &error), &error,
                  Q_SOCKET_ERROR_PRIVATE_KEY, pattern);
}

/* That it is the key called @name. The bytes may differ: some forms hold the public key too. */
static void
assert_same (QSslPrivateKey *key,
             const char     *name)
{
  g_autoptr (QSslCertificate) certificate = load (name);

  g_assert_true (q_tls_identity_matches (certificate, key));
}

typedef struct
{
  const char *name;
  const char *certificate;
  const char *type_name;
  int n_bits;
} KindCase;

static const KindCase kind_cases[] = {
  { "ec", "leaf", "EC", 256 },
  { "rsa", "rsa", "RSA", 2048 },
  { "ed25519", "ed25519", "Ed25519", 256 },
  { "weak", "weak", "RSA", 1024 },
};

static void
test_kind (gconstpointer data)
{
  const KindCase *c = data;
  g_autoptr (QSslPrivateKey) key = from_pem (test_certs_key (certs, c->certificate), NULL);
  g_autoptr (QSslPrivateKey) again = NULL;
  g_autoptr (GBytes) der = q_ssl_private_key_get_der (key);
  g_autofree char *pem = q_ssl_private_key_get_pem (key);
  g_autoptr (GVariant) info = q_ssl_private_key_get_info (key);
  g_autofree char *text = g_variant_print (info, FALSE);
  g_autofree char *expected = g_strdup_printf ("{'type': <'%s'>, 'version': <1>, "
                                               "'bitLength': <%d>}", c->type_name, c->n_bits);
  GError *error = NULL;

  g_assert_cmpstr (q_ssl_private_key_get_type_name (key), ==, c->type_name);
  g_assert_cmpint (q_ssl_private_key_get_bit_length (key), ==, c->n_bits);
  g_assert_cmpint (q_ssl_private_key_get_version (key), ==, 1);
  g_assert_cmpstr (text, ==, expected);
  assert_same (key, c->certificate);
  g_assert_cmpstr (pem, ==, test_certs_key (certs, c->certificate));

  again = q_ssl_private_key_new_from_der (der, &error);
  g_assert_no_error (error);
  assert_same (again, c->certificate);
}

/* What openssl makes of a key, from its standard input. */
typedef struct
{
  const char *name;
  const char *certificate;
  const char *arguments;
  gboolean is_encrypted;     /* with the password "secret" */
} FormCase;

static const FormCase form_cases[] = {
  { "pkcs1", "rsa", "rsa -traditional", FALSE },
  { "pkcs1-der", "rsa", "rsa -traditional -outform DER", FALSE },
  { "sec1", "leaf", "ec", FALSE },
  { "sec1-der", "leaf", "ec -outform DER", FALSE },
  { "pkcs8-der", "leaf", "pkcs8 -topk8 -nocrypt -outform DER", FALSE },
  { "pkcs8-encrypted", "rsa", "pkcs8 -topk8 -passout pass:secret", TRUE },
  { "pkcs8-encrypted-ec", "leaf", "pkcs8 -topk8 -passout pass:secret", TRUE },
  { "pkcs8-encrypted-ed25519", "ed25519", "pkcs8 -topk8 -passout pass:secret", TRUE },
  { "pkcs8-encrypted-der", "rsa", "pkcs8 -topk8 -outform DER -passout pass:secret", TRUE },
  { "pkcs8-3des", "rsa", "pkcs8 -topk8 -v2 des3 -passout pass:secret", TRUE },
  { "proc-type-aes", "rsa", "rsa -traditional -aes128 -passout pass:secret", TRUE },
  { "proc-type-aes256", "rsa", "rsa -traditional -aes256 -passout pass:secret", TRUE },
  { "proc-type-3des", "rsa", "rsa -traditional -des3 -passout pass:secret", TRUE },
  { "proc-type-ec", "leaf", "ec -aes128 -passout pass:secret", TRUE },
};

/* As a file, since that is the one way for PEM and DER, with a password and without. */
static QSslPrivateKey *
read_bytes (GBytes      *content,
            const char  *password,
            GError     **error)
{
  g_autofree char *path = NULL;
  QSslPrivateKey *key;
  int fd = g_file_open_tmp ("qsocket-key-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_file_set_contents (path, g_bytes_get_data (content, NULL),
                       (gssize) g_bytes_get_size (content), NULL);
  key = q_ssl_private_key_new_from_file (path, password, error);
  g_unlink (path);

  return key;
}

static void
accept_bytes (GBytes     *content,
              const char *password,
              const char *name)
{
  GError *error = NULL;
  g_autoptr (QSslPrivateKey) key = read_bytes (content, password, &error);

  g_assert_no_error (error);
  assert_same (key, name);
}

static void
refuse_bytes (GBytes     *content,
              const char *password,
              const char *pattern)
{
  GError *error = NULL;

  assert_refused (read_bytes (content, password, &error), &error,
                  Q_SOCKET_ERROR_PRIVATE_KEY, pattern);
}

static void
test_form (gconstpointer data)
{
  const FormCase *c = data;
  g_autoptr (GBytes) form = NULL;

  if (!test_has_openssl ())
    return;

  form = test_openssl (c->arguments, test_certs_key (certs, c->certificate));
  accept_bytes (form, "secret", c->certificate);

  if (c->is_encrypted)
    {
      refuse_bytes (form, NULL, NO_PASSWORD);
      refuse_bytes (form, "wrong", WRONG_PASSWORD);
      refuse_bytes (form, "", WRONG_PASSWORD);
    }
  else
    {
      accept_bytes (form, NULL, c->certificate);
      accept_bytes (form, "", c->certificate);
    }
}

static void
test_scrypt (void)
{
  g_autofree char *pem = NULL;

  if (!test_has_openssl ())
    return;

  pem = test_openssl_text ("pkcs8 -topk8 -scrypt -passout pass:secret",
                           test_certs_key (certs, "leaf"));
  refuse_pem (pem, "secret", "new_from_pem: *");
}

static void
test_der_encrypted (void)
{
  g_autoptr (GBytes) der = NULL;
  GError *error = NULL;

  if (!test_has_openssl ())
    return;

  der = test_openssl ("pkcs8 -topk8 -outform DER -passout pass:secret",
                      test_certs_key (certs, "leaf"));
  assert_refused (q_ssl_private_key_new_from_der (der, &error), &error,
                  Q_SOCKET_ERROR_PRIVATE_KEY, NO_PASSWORD);
}

static void
test_combined (void)
{
  g_autofree char *both = g_strconcat ("Some text\n", test_certs_pem (certs, "server"),
                                       "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
                                       "-----END EC PARAMETERS-----\n",
                                       test_certs_key (certs, "server"),
                                       test_certs_key (certs, "leaf"), NULL);
  g_autoptr (QSslPrivateKey) key = from_pem (both, NULL);

  assert_same (key, "server");
}

static void
test_pem_errors (void)
{
  g_autofree char *large = g_strnfill (1024 * 1024 + 1, 'x');
  g_autofree char *damaged = g_strdup (test_certs_key (certs, "leaf"));
  g_autofree char *cut = g_strndup (damaged, strlen (damaged) - 40);

  refuse_pem ("", NULL, "new_from_pem: there is nothing to read");
  refuse_pem ("garbage", NULL, "new_from_pem: there is no private key*");
  refuse_pem (test_certs_pem (certs, "leaf"), NULL, "new_from_pem: there is no private key*");
  refuse_pem (large, NULL, "new_from_pem: more than 1048576 bytes are too many");
  refuse_pem (cut, NULL, "new_from_pem: the private key cannot be read: *");
  memset (damaged + 40, 'A', 40);
  refuse_pem (damaged, NULL, "new_from_pem: the private key cannot be read: *");
  refuse_pem ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", NULL,
              "new_from_pem: the private key cannot be read: *");
  refuse_pem ("-----BEGIN PRIVATE KEY-----", NULL,
              "new_from_pem: the private key cannot be read: *");
  refuse_pem ("-----BEGIN ", "secret", "new_from_pem: there is no private key*");
}

static void
refuse_der (const void *data,
            gsize       size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  GError *error = NULL;

  assert_refused (q_ssl_private_key_new_from_der (bytes, &error), &error,
                  Q_SOCKET_ERROR_PRIVATE_KEY, "new_from_der: *");
}

static void
test_der_errors (void)
{
  g_autoptr (QSslPrivateKey) key = from_pem (test_certs_key (certs, "leaf"), NULL);
  g_autoptr (GBytes) der = q_ssl_private_key_get_der (key);
  gsize size;
  const guint8 *data = g_bytes_get_data (der, &size);
  g_autofree guint8 *changed = g_malloc0 (size + 1);

  memcpy (changed, data, size);
  refuse_der (changed, 0);
  refuse_der (changed, 1);
  refuse_der (changed, size - 1);
  refuse_der (changed, size + 1);
  refuse_der ("0\0", 2);
  refuse_der ("0\200\0\0", 4);
  refuse_der ("garbage", 7);
  refuse_der (test_certs_key (certs, "leaf"), strlen (test_certs_key (certs, "leaf")));
}

static void
refuse_file (const char *path,
             const char *pattern)
{
  GError *error = NULL;

  assert_refused (q_ssl_private_key_new_from_file (path, "secret", &error), &error,
                  Q_SOCKET_ERROR_PRIVATE_KEY, pattern);
}

static void
test_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("qsocket-key-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "key", NULL);
  g_autoptr (QSslPrivateKey) key = NULL;
  GError *error = NULL;
  int fd;

  key = q_ssl_private_key_new_from_file (test_certs_path (certs, "server.both"), NULL, &error);
  g_assert_no_error (error);
  assert_same (key, "server");

  refuse_file (folder, "new_from_file \"*\": cannot be read: Is a directory");
  refuse_file (path, "new_from_file \"*\": cannot be read: No such file or directory");
  refuse_file ("", "new_from_file \"\": cannot be read: No such file or directory");
  refuse_file ("/dev/zero", "new_from_file \"/dev/zero\": cannot be read: Not a regular file");

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  refuse_file (path, "new_from_file \"*\": cannot be read: Not a regular file");
  g_unlink (path);

  fd = g_open (path, O_CREAT | O_WRONLY, 0600);
  refuse_file (path, "new_from_file \"*\": there is nothing to read");
  g_assert_cmpint (ftruncate (fd, 1024 * 1024), ==, 0);
  refuse_file (path, "new_from_file \"*\": there is no private key*");
  g_assert_cmpint (ftruncate (fd, 1 << 30), ==, 0);
  refuse_file (path, "new_from_file \"*\": more than 1048576 bytes are too many");
  g_close (fd, NULL);

  g_unlink (path);
  g_rmdir (folder);
}

/* A PKCS#12 file of "server", its chain and the key, made by openssl. */
typedef struct
{
  const char *name;
  const char *arguments;
  const char *password;      /* that is right; NULL: none, so each is right */
  gboolean has_key;
  guint n_certificates;
} Pkcs12Case;

static const Pkcs12Case pkcs12_cases[] = {
  { "password", "-passout pass:secret", "secret", TRUE, 2 },
  { "old-ciphers", "-legacy -passout pass:secret", "secret", TRUE, 2 },
  { "empty-password", "-passout pass:", NULL, TRUE, 2 },
  { "not-protected", "-keypbe NONE -certpbe NONE -nomac -passout pass:", NULL, TRUE, 2 },
  { "no-mac", "-nomac -passout pass:secret", "secret", TRUE, 2 },
  { "only-mac", "-keypbe NONE -certpbe NONE -passout pass:secret", "secret", TRUE, 2 },
  { "no-key", "-nokeys -passout pass:secret", "secret", FALSE, 2 },
  { "no-certificate", "-nocerts -passout pass:secret", "secret", TRUE, 0 },
};

static void
accept_pkcs12 (const Pkcs12Case *c,
               GBytes           *data,
               const char       *password)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QSslPrivateKey) key = q_ssl_private_key_new_from_pkcs12 (data, password, &error);
  g_autoptr (QSslCertificate) certificate = NULL;

  if (c->has_key)
    {
      g_assert_no_error (error);
      assert_same (key, "server");
    }
  else
    assert_refused (key, &error, Q_SOCKET_ERROR_PRIVATE_KEY,
                    "new_from_pkcs12: there is no private key in the file");

  certificate = q_ssl_certificate_new_from_pkcs12 (data, password, &error);
  if (c->n_certificates > 0)
    {
      g_autofree char *pem = q_ssl_certificate_get_pem (certificate);

      g_assert_no_error (error);
      g_assert_cmpstr (pem, ==, test_certs_pem (certs, "server"));
    }
  else
    g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CERTIFICATE);
}

static void
refuse_pkcs12 (GBytes     *data,
               const char *password,
               const char *pattern)
{
  GError *error = NULL;

  assert_refused (q_ssl_certificate_new_from_pkcs12 (data, password, &error), &error,
                  Q_SOCKET_ERROR_CERTIFICATE, pattern);
  assert_refused (q_ssl_private_key_new_from_pkcs12 (data, password, &error), &error,
                  Q_SOCKET_ERROR_PRIVATE_KEY, pattern);
}

static void
test_pkcs12 (gconstpointer data)
{
  const Pkcs12Case *c = data;
  g_autofree char *arguments = g_strconcat ("pkcs12 -export ", c->arguments, NULL);
  g_autofree char *input = g_strconcat (test_certs_key (certs, "server"),
                                        test_certs_pem (certs, "server"), NULL);
  g_autoptr (GBytes) file = NULL;

  if (!test_has_openssl ())
    return;

  file = test_openssl (arguments, input);

  if (c->password != NULL)
    {
      accept_pkcs12 (c, file, c->password);
      refuse_pkcs12 (file, NULL, "new_from_pkcs12: the file is encrypted and no password *: *.");
      refuse_pkcs12 (file, "", "new_from_pkcs12: wrong password, or a damaged file: *.");
      refuse_pkcs12 (file, "wrong", "new_from_pkcs12: wrong password, or a damaged file: *.");
    }
  else
    {
      accept_pkcs12 (c, file, NULL);
      accept_pkcs12 (c, file, "");
      accept_pkcs12 (c, file, "superfluous");
    }
}

/* The leaf comes first also if the file has it last, and what does not belong to it not at all. */
static void
test_pkcs12_order (void)
{
  g_autofree char *chain = g_strdup (test_certs_pem (certs, "server"));
  g_autofree char *folder = g_dir_make_tmp ("qsocket-p12-XXXXXX", NULL);
  g_autofree char *others = g_strconcat (test_certs_pem (certs, "other-root"),
                                         test_certs_pem (certs, "root"),
                                         test_certs_pem (certs, "intermediate"), NULL);
  g_autofree char *path = g_build_filename (folder, "others.pem", NULL);
  g_autofree char *arguments = g_strconcat ("pkcs12 -export -passout pass: -certfile ", path,
                                            NULL);
  g_autofree char *leaf = test_cert_get_pem (test_certs_get (certs, "server"));
  g_autofree char *input = g_strconcat (test_certs_key (certs, "server"), leaf, NULL);
  g_autofree char *expected = g_strconcat (chain, test_certs_pem (certs, "root"), NULL);
  g_autoptr (QSslCertificate) certificate = NULL;
  g_autoptr (GBytes) file = NULL;
  g_autofree char *pem = NULL;
  GError *error = NULL;

  if (test_has_openssl ())
    {
      g_file_set_contents (path, others, -1, NULL);
      file = test_openssl (arguments, input);
      certificate = q_ssl_certificate_new_from_pkcs12 (file, NULL, &error);
      g_assert_no_error (error);
      pem = q_ssl_certificate_get_pem (certificate);
      g_assert_cmpstr (pem, ==, expected);
    }

  g_unlink (path);
  g_rmdir (folder);
}

static void
test_pkcs12_errors (void)
{
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autoptr (GBytes) garbage = g_bytes_new_static ("garbage", 7);
  g_autoptr (GBytes) large = g_bytes_new_take (g_malloc0 (1024 * 1024 + 1), 1024 * 1024 + 1);

  refuse_pkcs12 (empty, "secret", "new_from_pkcs12: there is nothing to read");
  refuse_pkcs12 (garbage, "secret", "new_from_pkcs12: this is no PKCS#12 file: *.");
  refuse_pkcs12 (large, "secret", "new_from_pkcs12: more than 1048576 bytes are too many");
}

static void
test_matches (void)
{
  static const char * const names[] = { "server", "leaf", "rsa", "weak", "ed25519" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint j = 0; j < G_N_ELEMENTS (names); j++)
      {
        g_autoptr (QSslCertificate) certificate = load (names[i]);
        g_autoptr (QSslPrivateKey) key = from_pem (test_certs_key (certs, names[j]), NULL);

        g_assert_cmpint (q_tls_identity_matches (certificate, key), ==, i == j);
      }
}

static void
test_join (gconstpointer data)
{
  const KindCase *c = data;
  g_autoptr (QSslCertificate) certificate = load (c->certificate);
  g_autoptr (QSslPrivateKey) key = from_pem (test_certs_key (certs, c->certificate), NULL);
  g_autoptr (QSslCertificate) back = NULL;
  g_autoptr (GTlsCertificate) joined = NULL;
  g_autoptr (GByteArray) key_der = NULL;
  g_autoptr (GBytes) expected = q_ssl_private_key_get_der (key);
  g_autoptr (GBytes) found = NULL;
  g_autofree char *pem = NULL;
  GError *error = NULL;

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_test_skip ("the TLS module of GIO is not installed");
      return;
    }

  joined = q_tls_identity_new (certificate, key, &error);
  g_assert_no_error (error);

  back = q_ssl_certificate_new_from_tls_certificate (joined);
  pem = q_ssl_certificate_get_pem (back);
  g_assert_cmpstr (pem, ==, test_certs_pem (certs, c->certificate));

  g_object_get (joined, "private-key", &key_der, NULL);
  g_assert_nonnull (key_der);
  found = g_bytes_new (key_der->data, key_der->len);
  g_assert_true (g_bytes_equal (found, expected));
}

static int
fail_to_ask (void       *user_data,
             int         attempt,
             const char *token_url,
             const char *token_label,
             unsigned    flags,
             char       *pin,
             size_t      pin_max)
{
  g_assert_not_reached ();
}

/* Also if the program has a function for all keys of the process. */
static void
test_never_asks (void)
{
  static const char * const forms[] = {
    "pkcs8 -topk8 -passout pass:secret", "ec -aes128 -passout pass:secret",
  };

  if (!test_has_openssl ())
    return;

  gnutls_pkcs11_set_pin_function (fail_to_ask, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autofree char *pem = test_openssl_text (forms[i], test_certs_key (certs, "leaf"));

      refuse_pem (pem, NULL, NO_PASSWORD);
      refuse_pem (pem, "wrong", WRONG_PASSWORD);
      g_object_unref (from_pem (pem, "secret"));
    }
  gnutls_pkcs11_set_pin_function (NULL, NULL);
}

static void
test_empty (void)
{
  g_autoptr (QSslPrivateKey) key = g_object_new (Q_TYPE_SSL_PRIVATE_KEY, NULL);
  g_autoptr (QSslCertificate) empty = g_object_new (Q_TYPE_SSL_CERTIFICATE, NULL);
  g_autoptr (QSslCertificate) certificate = load ("leaf");
  GError *error = NULL;

  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*is_key*failed*");
  g_assert_null (q_ssl_private_key_get_pem (key));
  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*is_key*failed*");
  g_assert_null (q_ssl_private_key_get_info (key));
  g_test_assert_expected_messages ();

  g_assert_false (q_tls_identity_matches (certificate, key));
  g_assert_false (q_tls_identity_matches (empty, key));
  if (g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    assert_refused (q_gio_certificate_new (NULL, 0, NULL, &error), &error,
                    Q_SOCKET_ERROR_CERTIFICATE, "the certificate is empty");
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certs = test_certs_new ();

  ADD_ALL ("/tls/private-key/kind", kind_cases, test_kind)
  ADD_ALL ("/tls/private-key/form", form_cases, test_form)
  ADD_ALL ("/tls/private-key/pkcs12", pkcs12_cases, test_pkcs12)
  ADD_ALL ("/tls/private-key/join", kind_cases, test_join)
  g_test_add_func ("/tls/private-key/form/scrypt", test_scrypt);
  g_test_add_func ("/tls/private-key/never-asks", test_never_asks);
  g_test_add_func ("/tls/private-key/form/combined", test_combined);
  g_test_add_func ("/tls/private-key/errors/pem", test_pem_errors);
  g_test_add_func ("/tls/private-key/errors/der", test_der_errors);
  g_test_add_func ("/tls/private-key/errors/der-encrypted", test_der_encrypted);
  g_test_add_func ("/tls/private-key/errors/files", test_files);
  g_test_add_func ("/tls/private-key/errors/empty-object", test_empty);
  g_test_add_func ("/tls/private-key/pkcs12/order", test_pkcs12_order);
  g_test_add_func ("/tls/private-key/pkcs12/errors", test_pkcs12_errors);
  g_test_add_func ("/tls/private-key/matches", test_matches);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
