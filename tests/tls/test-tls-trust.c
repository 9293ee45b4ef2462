/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-trust-private.h"

#include <string.h>
#include <unistd.h>

#include "tls-trust-help.h"

static void
test_nobody (void)
{
  g_assert_cmpstr (verify (NULL, "leaf", "localhost"), ==, V ("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
  g_assert_cmpstr (verify (NULL, "server", "localhost"), ==,
                   V ("UNABLE_TO_GET_ISSUER_CERT_LOCALLY"));
  g_assert_cmpstr (verify (NULL, "root", NULL), ==, V ("DEPTH_ZERO_SELF_SIGNED_CERT"));
}

/* A certificate that is added is trusted, but its issuer is not, nor what that issued. */
static void
test_added (void)
{
  g_autoptr (GPtrArray) added = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) nobody = g_ptr_array_new ();
  g_autoptr (QTlsTrust) trust = NULL;
  GError *error = NULL;

  g_ptr_array_add (added, present ("self-signed"));
  g_ptr_array_add (added, present ("unknown-ca other-root"));
  trust = q_tls_trust_new (nobody, added, NULL, &error);
  g_assert_no_error (error);

  g_assert_cmpstr (verify (trust, "self-signed", "localhost"), ==, "X509_V_OK");
  g_assert_cmpstr (verify (trust, "self-signed", "example.org"), ==, V ("HOSTNAME_MISMATCH"));
  g_assert_cmpstr (verify (trust, "unknown-ca", "localhost"), ==, "X509_V_OK");
  g_assert_cmpstr (verify (trust, "unknown-chain", "localhost"), ==,
                   V ("UNABLE_TO_GET_ISSUER_CERT_LOCALLY"));
  g_assert_cmpstr (verify (trust, "leaf", "localhost"), ==,
                   V ("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
}

static void
test_system (void)
{
  g_autoptr (GPtrArray) added = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (QTlsTrust) first = q_tls_trust_get_system (NULL);
  g_autoptr (QTlsTrust) second = NULL;
  g_autoptr (QTlsTrust) own = NULL;
  GError *error = NULL;

  if (first == NULL)
    {
      g_test_skip ("there is no trust store");
      return;
    }

  second = q_tls_trust_new (NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (first == second);
  g_assert_cmpstr (verify (first, "leaf", "localhost"), ==, V ("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));

  g_ptr_array_add (added, present ("root"));
  own = q_tls_trust_new (NULL, added, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (own != first);
  g_assert_cmpstr (verify (own, "leaf", "localhost"), ==, "X509_V_OK");
}

/* What trusts the same is the same, as long as somebody has it. */
static void
test_shared (void)
{
  g_autoptr (GPtrArray) first_list = read_authorities ("server");
  g_autoptr (GPtrArray) second_list = read_authorities ("server");
  g_autoptr (GPtrArray) added = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) crls = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (QTlsTrust) first = NULL;
  g_autoptr (QTlsTrust) second = NULL;
  g_autoptr (QTlsTrust) more = NULL;
  g_autoptr (QTlsTrust) less = NULL;
  GError *error = NULL;

  first = q_tls_trust_new (first_list, NULL, NULL, &error);
  second = q_tls_trust_new (second_list, added, crls, &error);
  g_assert_true (first == second);

  g_ptr_array_add (added, present ("self-signed"));
  more = q_tls_trust_new (first_list, added, NULL, &error);
  g_ptr_array_set_size (second_list, 1);
  less = q_tls_trust_new (second_list, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (more != first && less != first && more != less);
  g_assert_cmpstr (verify (more, "self-signed", "localhost"), ==, "X509_V_OK");
  g_assert_cmpstr (verify (first, "self-signed", "localhost"), ==,
                   V ("DEPTH_ZERO_SELF_SIGNED_CERT"));

  /* Made anew after the last has gone. */
  g_clear_pointer (&first, q_tls_trust_unref);
  g_clear_pointer (&second, q_tls_trust_unref);
  first = q_tls_trust_new (first_list, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (verify (first, "self-signed", "localhost"), ==,
                   V ("DEPTH_ZERO_SELF_SIGNED_CERT"));
}

static gpointer
make_and_drop (gpointer data)
{
  for (guint i = 0; i < 2000; i++)
    {
      QTlsTrust *trust = q_tls_trust_new (data, NULL, NULL, NULL);

      g_assert_nonnull (trust);
      q_tls_trust_unref (trust);
    }

  return NULL;
}

/* The last reference goes while another thread looks for it. */
static void
test_shared_by_threads (void)
{
  g_autoptr (GPtrArray) list = read_authorities ("server");
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("trust", make_and_drop, list);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
assert_no_authorities (const char *path,
                       const char *pattern)
{
  GError *error = NULL;

  assert_refused (q_tls_trust_read_ca_file (path, "set_ca", &error), &error,
                  Q_SOCKET_ERROR_CERTIFICATE, pattern);
}

static void
test_files (void)
{
  g_autoptr (GPtrArray) list = read_authorities ("server");
  g_autofree char *path = NULL;
  GError *error = NULL;
  int fd = g_file_open_tmp ("qsocket-ca-XXXXXX", &path, &error);
  GBytes *der = test_cert_get_der (test_certs_get (certs, "root"));
  g_autofree char *damaged = g_strdup (test_certs_pem (certs, "root"));

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_assert_cmpuint (list->len, ==, 2);

  assert_no_authorities ("/nonexistent", "set_ca \"/nonexistent\": cannot be read: No such file *");
  assert_no_authorities ("/tmp", "set_ca \"/tmp\": cannot be read: Is a directory");
  assert_no_authorities ("/dev/null", "set_ca \"/dev/null\": cannot be read: Not a regular file");
  assert_no_authorities (path, "set_ca \"*\": there is nothing to read");
  assert_no_authorities (test_certs_path (certs, "root.key"),
                         "set_ca \"*\": there is no certificate");
  assert_no_authorities (test_certs_path (certs, "crl.pem"),
                         "set_ca \"*\": there is no certificate");

  g_file_set_contents (path, "garbage", -1, NULL);
  assert_no_authorities (path, "set_ca \"*\": certificate 1 is neither PEM nor *");
  damaged[100] = '!';
  g_file_set_contents (path, damaged, -1, NULL);
  assert_no_authorities (path, "set_ca \"*\": certificate 1 is damaged: Base64 *");
  g_file_set_contents (path, "0\3\2\1\1", 5, NULL);
  assert_no_authorities (path, "set_ca \"*\": item 1 cannot be read: *");

  g_file_set_contents (path, g_bytes_get_data (der, NULL), (gssize) g_bytes_get_size (der), NULL);
  g_clear_pointer (&list, g_ptr_array_unref);
  list = q_tls_trust_read_ca_file (path, "set_ca", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (list->len, ==, 1);
  g_assert_true (g_bytes_equal (list->pdata[0], der));
  g_bytes_unref (der);

  assert_refused (q_tls_trust_read_crl_file (path, "set_crl", &error), &error,
                  Q_SOCKET_ERROR_CERTIFICATE, "set_crl \"*\": item 1 cannot be read: *");
  g_unlink (path);
}

static void
test_file_size (void)
{
  g_autofree char *path = NULL;
  GError *error = NULL;
  int fd = g_file_open_tmp ("qsocket-ca-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_assert_cmpint (ftruncate (fd, 1 << 30), ==, 0);
  g_close (fd, NULL);
  assert_no_authorities (path, "set_ca \"*\": more than 16777216 bytes are too many");
  g_unlink (path);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certs = test_certs_new ();

  g_test_add_func ("/tls/trust/nobody", test_nobody);
  g_test_add_func ("/tls/trust/added", test_added);
  g_test_add_func ("/tls/trust/shared", test_shared);
  g_test_add_func ("/tls/trust/shared-by-threads", test_shared_by_threads);
  g_test_add_func ("/tls/trust/system", test_system);
  g_test_add_func ("/tls/trust/files", test_files);
  g_test_add_func ("/tls/trust/file-size", test_file_size);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
