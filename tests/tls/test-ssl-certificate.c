/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-ssl-certificate.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "q-ssl-certificate-private.h"
#include "tls-help.h"

static void
assert_pem (QSslCertificate *certificate,
            const char      *expected)
{
  g_autofree char *pem = q_ssl_certificate_get_pem (certificate);

  g_assert_cmpstr (pem, ==, expected);
}

static void
refuse_pem (const char *pem,
            const char *pattern)
{
  GError *error = NULL;

  assert_refused (q_ssl_certificate_new_from_pem (pem, &error), &error,
                  Q_SOCKET_ERROR_CERTIFICATE, pattern);
}

static void
test_chain (void)
{
  g_autoptr (QSslCertificate) server = load ("server");
  g_autoptr (GBytes) der = q_ssl_certificate_get_der (server);
  g_autoptr (GBytes) expected = test_cert_get_der (test_certs_get (certs, "server"));
  guint n;

  assert_pem (server, test_certs_pem (certs, "server"));
  g_assert_true (g_bytes_equal (der, expected));
  g_assert_nonnull (q_ssl_certificate_peek_chain (server, &n));
  g_assert_cmpuint (n, ==, 2);
}

/* Whatever the order means, it is the caller's. */
static void
test_chain_order (void)
{
  g_autofree char *text = g_strconcat (test_certs_pem (certs, "root"),
                                       test_certs_pem (certs, "leaf"),
                                       test_certs_pem (certs, "client"), NULL);
  g_autoptr (QSslCertificate) certificate = load_pem (text);

  assert_pem (certificate, text);
}

static void
test_mixed_text (void)
{
  g_autofree char *text = g_strconcat ("Bag Attributes\n  -----\n", test_certs_key (certs, "leaf"),
                                       test_certs_pem (certs, "leaf"), "-----BEGIN nothing\n",
                                       test_certs_pem (certs, "crl"),
                                       test_certs_pem (certs, "root"), "the end", NULL);
  g_autofree char *expected = g_strconcat (test_certs_pem (certs, "leaf"),
                                           test_certs_pem (certs, "root"), NULL);
  g_autoptr (QSslCertificate) certificate = load_pem (text);

  assert_pem (certificate, expected);
}

static void
test_pem_forms (void)
{
  const char *pem = test_certs_pem (certs, "leaf");
  g_auto (GStrv) lines = g_strsplit (pem, "\n", -1);
  g_autofree char *crlf = g_strjoinv ("\r\n", lines);
  g_auto (GStrv) halves = g_strsplit (pem, " CERTIFICATE", -1);
  g_autofree char *old_label = g_strjoinv (" X509 CERTIFICATE", halves);
  g_autofree char *no_line_end = g_strndup (pem, strlen (pem) - 1);
  const char *texts[] = { crlf, old_label, no_line_end };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (QSslCertificate) certificate = load_pem (texts[i]);

      assert_pem (certificate, pem);
    }
}

static void
test_pem_errors (void)
{
  const char *pem = test_certs_pem (certs, "leaf");
  g_autofree char *large = g_strnfill (1024 * 1024 + 1, 'x');
  g_autofree char *damaged = g_strdup (pem);
  g_autofree char *cut = g_strndup (pem, strlen (pem) - 30);
  g_autofree char *two = g_strconcat (pem, cut, NULL);
  g_autofree char *nested = g_strconcat (cut, pem, NULL);

  refuse_pem ("", "new_from_pem: there is nothing to read");
  refuse_pem ("garbage", "new_from_pem: certificate 1 is neither PEM nor exactly one in DER");
  refuse_pem (large, "new_from_pem: more than 1048576 bytes are too many");
  refuse_pem (test_certs_key (certs, "leaf"), "new_from_pem: there is no certificate");
  refuse_pem (test_certs_pem (certs, "crl"), "new_from_pem: there is no certificate");
  refuse_pem (cut, "new_from_pem: certificate 1 is damaged: *.");
  refuse_pem (two, "new_from_pem: certificate 2 is damaged: *.");
  refuse_pem (nested, "new_from_pem: certificate 1 is damaged: *.");
  refuse_pem ("-----BEGIN CERTIFICATE-----", "new_from_pem: certificate 1 is damaged: *.");
  refuse_pem ("-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n",
              "new_from_pem: certificate 1 cannot be read: *.");
  refuse_pem ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
              "new_from_pem: certificate 1 is neither *");
  damaged[60] = '!';
  refuse_pem (damaged, "new_from_pem: certificate 1 is damaged: *.");
}

static void
test_longest_chain (void)
{
  const char *pem = test_certs_pem (certs, "leaf");
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 32; i++)
    g_string_append (text, pem);
  g_object_unref (load_pem (text->str));

  g_string_append (text, pem);
  refuse_pem (text->str, "new_from_pem: there are more than 32 certificates");
}

static void
refuse_der (const void *data,
            gsize       size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  GError *error = NULL;

  assert_refused (q_ssl_certificate_new_from_der (bytes, &error), &error,
                  Q_SOCKET_ERROR_CERTIFICATE, "new_from_der: *");
}

static void
test_der (void)
{
  g_autoptr (GBytes) der = test_cert_get_der (test_certs_get (certs, "leaf"));
  g_autoptr (QSslCertificate) certificate = NULL;
  gsize size;
  const guint8 *data = g_bytes_get_data (der, &size);
  g_autofree guint8 *longer = g_malloc0 (size + 1);
  GError *error = NULL;

  certificate = q_ssl_certificate_new_from_der (der, &error);
  g_assert_no_error (error);
  assert_pem (certificate, test_certs_pem (certs, "leaf"));

  memcpy (longer, data, size);
  refuse_der (longer, size + 1);
  refuse_der (longer, size - 1);
  refuse_der (longer, 0);
  refuse_der (longer, 1);
  refuse_der ("0\200\0\0", 4);
  refuse_der ("0\204\377\377\377\377", 6);
  refuse_der ("garbage", 7);
  refuse_der (test_certs_pem (certs, "leaf"), strlen (test_certs_pem (certs, "leaf")));
}

/* No change of one byte makes it crash or hang. */
static void
test_der_damaged (void)
{
  g_autoptr (GBytes) der = test_cert_get_der (test_certs_get (certs, "both"));
  gsize size;
  const guint8 *data = g_bytes_get_data (der, &size);

  for (gsize i = 0; i < size; i++)
    {
      g_autofree guint8 *changed = g_memdup2 (data, size);
      g_autoptr (QSslCertificate) certificate = NULL;
      g_autoptr (GBytes) bytes = NULL;

      changed[i] ^= (guint8) (1 << (i % 8));
      bytes = g_bytes_new (changed, size);
      certificate = q_ssl_certificate_new_from_der (bytes, NULL);
      if (certificate != NULL)
        {
          g_clear_pointer (&bytes, g_bytes_unref);
          bytes = q_ssl_certificate_get_public_key (certificate);
          g_variant_unref (q_ssl_certificate_get_info (certificate));
        }
    }
}

static void
refuse_file (const char *path,
             const char *pattern)
{
  GError *error = NULL;

  assert_refused (q_ssl_certificate_new_from_file (path, &error), &error,
                  Q_SOCKET_ERROR_CERTIFICATE, pattern);
}

static void
test_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("qsocket-cert-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "file", NULL);
  g_autoptr (GBytes) der = test_cert_get_der (test_certs_get (certs, "leaf"));
  g_autoptr (QSslCertificate) certificate = NULL;
  GError *error = NULL;
  int fd;

  certificate = q_ssl_certificate_new_from_file (test_certs_path (certs, "server.both"), &error);
  g_assert_no_error (error);
  assert_pem (certificate, test_certs_pem (certs, "server"));
  g_clear_object (&certificate);

  refuse_file (path, "new_from_file \"*\": cannot be read: No such file or directory");
  refuse_file (folder, "new_from_file \"*\": cannot be read: Is a directory");
  refuse_file ("/dev/zero", "new_from_file \"/dev/zero\": cannot be read: Not a regular file");

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  refuse_file (path, "new_from_file \"*\": cannot be read: Not a regular file");
  g_unlink (path);

  g_file_set_contents (path, g_bytes_get_data (der, NULL), (gssize) g_bytes_get_size (der), NULL);
  certificate = q_ssl_certificate_new_from_file (path, &error);
  g_assert_no_error (error);
  assert_pem (certificate, test_certs_pem (certs, "leaf"));

  fd = g_open (path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  refuse_file (path, "new_from_file \"*\": there is nothing to read");
  g_assert_cmpint (ftruncate (fd, 1 << 30), ==, 0);
  refuse_file (path, "new_from_file \"*\": more than 1048576 bytes are too many");
  g_close (fd, NULL);

  g_unlink (path);
  g_rmdir (folder);
}

static gboolean
has_gio_tls (void)
{
  gboolean has_it = g_tls_backend_supports_tls (g_tls_backend_get_default ());

  if (!has_it)
    g_test_skip ("the TLS module of GIO is not installed");

  return has_it;
}

static void
test_gio (void)
{
  g_autoptr (QSslCertificate) server = load ("server");
  g_autoptr (QSslCertificate) back = NULL;
  GTlsCertificate *found;
  GTlsCertificate *issuer;

  if (!has_gio_tls ())
    return;

  found = q_ssl_certificate_get_tls_certificate (server);
  g_assert_true (G_IS_TLS_CERTIFICATE (found));
  g_assert_true (found == q_ssl_certificate_get_tls_certificate (server));
  issuer = g_tls_certificate_get_issuer (found);
  g_assert_nonnull (issuer);
  g_assert_null (g_tls_certificate_get_issuer (issuer));

  back = q_ssl_certificate_new_from_tls_certificate (found);
  assert_pem (back, test_certs_pem (certs, "server"));
}

/* A certificate of GIO whose issuer can be anything. */
typedef struct
{
  GTlsCertificate parent_instance;
  GByteArray *der;
  GTlsCertificate *issuer;     /* not owned */
} TestGioCertificate;

typedef GTlsCertificateClass TestGioCertificateClass;

static GType test_gio_certificate_get_type (void);

G_DEFINE_TYPE (TestGioCertificate, test_gio_certificate, G_TYPE_TLS_CERTIFICATE)

enum { PROP_CERTIFICATE = 1, PROP_PEM, PROP_KEY, PROP_KEY_PEM, PROP_ISSUER };

static void
test_gio_certificate_get_property (GObject    *object,
                                   guint       id,
                                   GValue     *value,
                                   GParamSpec *pspec)
{
  TestGioCertificate *self = (TestGioCertificate *) object;

  if (id == PROP_CERTIFICATE)
    g_value_set_boxed (value, self->der);
  else if (id == PROP_ISSUER)
    g_value_set_object (value, self->issuer);
}

static void
test_gio_certificate_set_property (GObject      *object,
                                   guint         id,
                                   const GValue *value,
                                   GParamSpec   *pspec)
{
}

static void
test_gio_certificate_finalize (GObject *object)
{
  g_clear_pointer (&((TestGioCertificate *) object)->der, g_byte_array_unref);
  G_OBJECT_CLASS (test_gio_certificate_parent_class)->finalize (object);
}

static void
test_gio_certificate_class_init (TestGioCertificateClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = test_gio_certificate_get_property;
  object_class->set_property = test_gio_certificate_set_property;
  object_class->finalize = test_gio_certificate_finalize;
  g_object_class_override_property (object_class, PROP_CERTIFICATE, "certificate");
  g_object_class_override_property (object_class, PROP_PEM, "certificate-pem");
  g_object_class_override_property (object_class, PROP_KEY, "private-key");
  g_object_class_override_property (object_class, PROP_KEY_PEM, "private-key-pem");
  g_object_class_override_property (object_class, PROP_ISSUER, "issuer");
}

static void
test_gio_certificate_init (TestGioCertificate *self)
{
}

/* @der: NULL for one that has no bytes. */
static TestGioCertificate *
new_gio (GBytes *der)
{
  TestGioCertificate *self = g_object_new (test_gio_certificate_get_type (), NULL);

  if (der != NULL)
    self->der = g_bytes_unref_to_array (g_bytes_ref (der));

  return self;
}

static guint
count (TestGioCertificate *certificate)
{
  g_autoptr (QSslCertificate) made =
    q_ssl_certificate_new_from_tls_certificate ((GTlsCertificate *) certificate);
  guint n = 0;

  if (made != NULL)
    q_ssl_certificate_peek_chain (made, &n);

  return n;
}

static void
test_gio_circle (void)
{
  g_autoptr (GBytes) first_der = test_cert_get_der (test_certs_get (certs, "leaf"));
  g_autoptr (GBytes) second_der = test_cert_get_der (test_certs_get (certs, "root"));
  TestGioCertificate *first = new_gio (first_der);
  TestGioCertificate *second = new_gio (second_der);
  TestGioCertificate *again = new_gio (first_der);

  first->issuer = (GTlsCertificate *) first;
  g_assert_cmpuint (count (first), ==, 1);
  first->issuer = (GTlsCertificate *) second;
  g_assert_cmpuint (count (first), ==, 2);
  second->issuer = (GTlsCertificate *) first;
  g_assert_cmpuint (count (first), ==, 2);
  second->issuer = (GTlsCertificate *) again;
  g_assert_cmpuint (count (first), ==, 2);

  g_object_unref (first);
  g_object_unref (second);
  g_object_unref (again);
}

static void
test_gio_broken (void)
{
  g_autoptr (GBytes) good_der = test_cert_get_der (test_certs_get (certs, "leaf"));
  g_autoptr (GBytes) bad_der = g_bytes_new_static ("garbage", 7);
  TestGioCertificate *good = new_gio (good_der);
  TestGioCertificate *bad = new_gio (bad_der);
  TestGioCertificate *empty = new_gio (NULL);

  g_assert_cmpuint (count (empty), ==, 0);
  g_assert_cmpuint (count (bad), ==, 0);
  good->issuer = (GTlsCertificate *) bad;
  g_assert_cmpuint (count (good), ==, 1);
  good->issuer = (GTlsCertificate *) empty;
  g_assert_cmpuint (count (good), ==, 1);

  g_object_unref (good);
  g_object_unref (bad);
  g_object_unref (empty);
}

static void
test_gio_long (void)
{
  static const TestCertSpec spec = { .common_name = "x" };
  TestCert *root = test_certs_get (certs, "root");
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < 40; i++)
    {
      g_autoptr (TestCert) cert = test_cert_new (&spec, root);
      g_autoptr (GBytes) der = test_cert_get_der (cert);
      TestGioCertificate *made = new_gio (der);

      if (i > 0)
        made->issuer = list->pdata[i - 1];
      g_ptr_array_add (list, made);
    }

  g_assert_cmpuint (count (list->pdata[30]), ==, 31);
  g_assert_cmpuint (count (list->pdata[31]), ==, 32);
  g_assert_cmpuint (count (list->pdata[39]), ==, 32);
}

static void
test_empty (void)
{
  g_autoptr (QSslCertificate) certificate = g_object_new (Q_TYPE_SSL_CERTIFICATE, NULL);

  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*is_certificate*failed*");
  g_assert_null (q_ssl_certificate_get_pem (certificate));
  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*is_certificate*failed*");
  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*is_certificate*failed*");
  g_assert_null (q_ssl_certificate_get_info (certificate));
  g_test_assert_expected_messages ();
}

static gpointer
ask_often (gpointer data)
{
  QSslCertificate *certificate = data;
  GTlsCertificate *first = q_ssl_certificate_get_tls_certificate (certificate);

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (GVariant) info = q_ssl_certificate_get_info (certificate);
      g_autoptr (GBytes) key = q_ssl_certificate_get_public_key (certificate);

      assert_pem (certificate, test_certs_pem (certs, "server"));
      g_assert_cmpuint (g_variant_n_children (info), ==, 8);
      g_assert_nonnull (key);
      g_assert_true (q_ssl_certificate_get_tls_certificate (certificate) == first);
    }

  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (QSslCertificate) certificate = load ("server");
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("ask", ask_often, certificate);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certs = test_certs_new ();

  g_test_add_func ("/tls/certificate/pem/chain", test_chain);
  g_test_add_func ("/tls/certificate/pem/order", test_chain_order);
  g_test_add_func ("/tls/certificate/pem/mixed-text", test_mixed_text);
  g_test_add_func ("/tls/certificate/pem/forms", test_pem_forms);
  g_test_add_func ("/tls/certificate/pem/errors", test_pem_errors);
  g_test_add_func ("/tls/certificate/pem/longest-chain", test_longest_chain);
  g_test_add_func ("/tls/certificate/der", test_der);
  g_test_add_func ("/tls/certificate/der/damaged", test_der_damaged);
  g_test_add_func ("/tls/certificate/files", test_files);
  g_test_add_func ("/tls/certificate/gio", test_gio);
  g_test_add_func ("/tls/certificate/gio/circle", test_gio_circle);
  g_test_add_func ("/tls/certificate/gio/broken", test_gio_broken);
  g_test_add_func ("/tls/certificate/gio/long", test_gio_long);
  g_test_add_func ("/tls/certificate/empty-object", test_empty);
  g_test_add_func ("/tls/certificate/threads", test_threads);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
