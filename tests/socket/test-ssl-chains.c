/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <gnutls/x509-ext.h>
#include <string.h>

static void
check (int result)
{
  if (result < 0)
    g_error ("GnuTLS: %s", gnutls_strerror (result));
}

/* Connects to a server that shows these. That the error is no TIMEOUT shows that the chain was
 * judged, and not given up. */
static void
expect_refused (TestCert   **chain,
                guint        n_chain,
                guint        times,
                const char  *priority)
{
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = NULL;
  gint64 start = g_get_monotonic_time ();
  GError *error = NULL;
  int fd;

  sock = test_pair (TEST_TCP4, &fd);
  test_tls_prepare (sock, FALSE);
  peer = test_tls_peer_new (fd, TRUE, priority);
  test_tls_peer_show (peer, chain, n_chain, times);
  test_tls_peer_start (peer);
  g_assert_false (q_socket_upgrade_client_to_ssl (sock, ENOUGH, NULL, &error));
  test_tls_peer_join (peer);
  g_test_message ("%d ms: %s", (int) test_elapsed_ms (start), error->message);
  if (!g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED))
    g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL);
  g_clear_error (&error);
  g_assert_false (q_socket_is_open (sock));
}

/* Each of two CAs is the other's issuer. */
static void
run_cycle (void)
{
  TestCertSpec a_spec = { .common_name = "A", .is_ca = TRUE };
  TestCertSpec b_spec = { .common_name = "B", .is_ca = TRUE };
  TestCertSpec leaf_spec = { .common_name = "localhost", .dns = { "localhost" } };
  g_autoptr (TestCert) a = test_cert_new (&a_spec, NULL);
  g_autoptr (TestCert) b = test_cert_new (&b_spec, a);
  g_autoptr (TestCert) leaf = test_cert_new (&leaf_spec, a);
  TestCert *chain[] = { leaf, a, b };
  gnutls_x509_crt_t under_b;

  check (gnutls_x509_crt_init (&under_b));
  check (gnutls_x509_crt_set_version (under_b, 3));
  check (gnutls_x509_crt_set_key (under_b, a->key));
  check (gnutls_x509_crt_set_dn_by_oid (under_b, GNUTLS_OID_X520_COMMON_NAME, 0, "A", 1));
  check (gnutls_x509_crt_set_activation_time (under_b, time (NULL) - 1000));
  check (gnutls_x509_crt_set_expiration_time (under_b, time (NULL) + 1000));
  check (gnutls_x509_crt_set_serial (under_b, "\1\2", 2));
  check (gnutls_x509_crt_set_basic_constraints (under_b, 1, -1));
  check (gnutls_x509_crt_set_key_usage (under_b, GNUTLS_KEY_KEY_CERT_SIGN));
  check (gnutls_x509_crt_sign2 (under_b, b->certificate, b->key, GNUTLS_DIG_SHA256, 0));
  gnutls_x509_crt_deinit (a->certificate);
  a->certificate = under_b;

  expect_refused (chain, 3, 1, TEST_TLS_12);
  expect_refused (chain, 3, 1, TEST_TLS_13);
  expect_refused (chain, 3, 30, TEST_TLS_13);
}

/* GIO's certificates of such a chain hold each other, and stay for good: nobody but GIO
 * can mend that. So no leak is looked for in the process that meets them. */
static void
test_cycle (void)
{
  g_autofree char *options = g_strdup (g_getenv ("ASAN_OPTIONS"));

  if (g_test_subprocess ())
    {
      run_cycle ();
      return;
    }

  g_setenv ("ASAN_OPTIONS", "detect_leaks=0", TRUE);
  g_test_trap_subprocess (NULL, 0, 0);
  if (options != NULL)
    g_setenv ("ASAN_OPTIONS", options, TRUE);
  else
    g_unsetenv ("ASAN_OPTIONS");
  g_test_trap_assert_passed ();
}

static void
test_long (void)
{
  TestCert *chain[] = { test_certs_get (test_tls_certs (), "unknown-chain"),
                        test_certs_get (test_tls_certs (), "other-intermediate") };

  expect_refused (chain, 2, 20, NULL);
  expect_refused (chain, 2, 60, NULL);
  expect_refused (chain, 2, 2000, NULL);
}

static void
test_many_names (void)
{
  TestCertSpec spec = { .common_name = "localhost" };
  TestCert *root = test_certs_get (test_tls_certs (), "root");
  g_autoptr (TestCert) cert = test_cert_new (&spec, root);
  TestCert *chain[] = { cert };
  gnutls_subject_alt_names_t names;
  gnutls_datum_t extension;
  gnutls_x509_crt_t crt;

  check (gnutls_x509_crt_init (&crt));
  check (gnutls_x509_crt_set_version (crt, 3));
  check (gnutls_x509_crt_set_key (crt, cert->key));
  check (gnutls_x509_crt_set_activation_time (crt, time (NULL) - 1000));
  check (gnutls_x509_crt_set_expiration_time (crt, time (NULL) + 1000));
  check (gnutls_x509_crt_set_serial (crt, "\1\3", 2));
  check (gnutls_subject_alt_names_init (&names));
  for (int i = 0; i < 5000; i++)
    {
      g_autofree char *name = g_strdup_printf ("h%d.example.org", i);
      gnutls_datum_t datum = { (guint8 *) name, (guint) strlen (name) };

      check (gnutls_subject_alt_names_set (names, GNUTLS_SAN_DNSNAME, &datum, NULL));
    }
  check (gnutls_x509_ext_export_subject_alt_names (names, &extension));
  check (gnutls_x509_crt_set_extension_by_oid (crt, "2.5.29.17", extension.data, extension.size,
                                               0));
  gnutls_subject_alt_names_deinit (names);
  gnutls_free (extension.data);
  check (gnutls_x509_crt_sign2 (crt, root->certificate, root->key, GNUTLS_DIG_SHA256, 0));
  gnutls_x509_crt_deinit (cert->certificate);
  cert->certificate = crt;

  expect_refused (chain, 1, 1, NULL);
}

static void
test_weak (void)
{
  TestCertSpec spec = { .common_name = "localhost", .dns = { "localhost" },
                        .key_type = TEST_KEY_WEAK_RSA };
  TestCert *root = test_certs_get (test_tls_certs (), "root");
  g_autoptr (TestCert) short_key = test_cert_new (&spec, root);
  TestCert *chain[] = { short_key };

  expect_refused (chain, 1, 1, "NORMAL:%VERIFY_ALLOW_SIGN_WITH_SHA1:-VERS-ALL:+VERS-TLS1.2");
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/ssl-chains/cycle", test_cycle);
  g_test_add_func ("/socket/ssl-chains/long", test_long);
  g_test_add_func ("/socket/ssl-chains/many-names", test_many_names);
  g_test_add_func ("/socket/ssl-chains/weak", test_weak);

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
