/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-verify-private.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>
#include <gnutls/x509-ext.h>

#include "q-ssl-certificate-private.h"
#include "q-ssl-verification.h"
#include "tls-trust-help.h"

typedef struct
{
  const char *name;
  const char *presented;    /* names in the zoo, the leaf first; it brings the CAs above it */
  const char *host;
  gboolean is_client;       /* of the peer */
  const char *code;
  int openssl;              /* OpenSSL's number, 0 for good; -1: it sees that in another way */
} Case;

/* Against a trust in "root" that knows its revocation list. */
static const Case cases[] = {
  { "good/chain", "server", "localhost", FALSE, "X509_V_OK", 0 },
  { "good/leaf", "leaf", "localhost", FALSE, "X509_V_OK", 0 },
  { "good/ed25519", "ed25519", "localhost", FALSE, "X509_V_OK", 0 },
  { "good/rsa", "rsa", "localhost", FALSE, "X509_V_OK", 0 },
  { "good/both", "both", "localhost", FALSE, "X509_V_OK", 0 },
  { "good/both-client", "both", NULL, TRUE, "X509_V_OK", 0 },
  { "good/client", "client", NULL, TRUE, "X509_V_OK", 0 },
  { "good/root-sent", "leaf root", "localhost", FALSE, "X509_V_OK", 0 },
  { "good/root-itself", "root", NULL, FALSE, "X509_V_OK", -1 },
  { "good/extra-certificate", "server client", "localhost", FALSE, "X509_V_OK", 0 },
  { "good/unrelated-first", "leaf other-root", "localhost", FALSE, "X509_V_OK", 0 },
  { "good/no-host", "wrong-host", NULL, FALSE, "X509_V_OK", 0 },

  { "self-signed", "self-signed", "localhost", FALSE, V ("DEPTH_ZERO_SELF_SIGNED_CERT"), 18 },
  { "unknown/leaf", "unknown-ca", "localhost", FALSE, V ("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), 20 },
  { "unknown/chain", "unknown-chain", "localhost", FALSE,
    V ("UNABLE_TO_GET_ISSUER_CERT_LOCALLY"), -1 },
  { "unknown/with-root", "unknown-ca other-root", "localhost", FALSE,
    V ("SELF_SIGNED_CERT_IN_CHAIN"), 19 },
  { "unknown/with-all", "unknown-chain other-root", "localhost", FALSE,
    V ("SELF_SIGNED_CERT_IN_CHAIN"), 19 },
  { "unknown/only-leaf-fits", "unknown-ca leaf", "localhost", FALSE,
    V ("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), 20 },

  { "expired", "expired", "localhost", FALSE, V ("CERT_HAS_EXPIRED"), 10 },
  { "not-yet-valid", "not-yet-valid", "localhost", FALSE, V ("CERT_NOT_YET_VALID"), 9 },
  { "revoked", "revoked", "localhost", FALSE, V ("CERT_REVOKED"), 23 },
  { "purpose/client-as-server", "client-only", "localhost", FALSE, V ("INVALID_PURPOSE"), 26 },
  { "purpose/server-as-client", "server", NULL, TRUE, V ("INVALID_PURPOSE"), 26 },
  { "not-a-ca", "under-leaf", "localhost", FALSE, V ("INVALID_CA"), 79 },
  { "damaged", "damaged", "localhost", FALSE, V ("CERT_SIGNATURE_FAILURE"), 7 },

  { "host/other", "wrong-host", "localhost", FALSE, V ("HOSTNAME_MISMATCH"), 62 },
  { "host/case", "leaf", "LocalHost", FALSE, "X509_V_OK", 0 },
  { "host/dot", "leaf", "localhost.", FALSE, "X509_V_OK", -1 },
  { "host/two-dots", "leaf", "localhost..", FALSE, V ("HOSTNAME_MISMATCH"), 62 },
  { "host/only-dot", "leaf", ".", FALSE, V ("HOSTNAME_MISMATCH"), -1 },
  { "host/empty", "leaf", "", FALSE, V ("HOSTNAME_MISMATCH"), -1 },
  { "host/longer", "leaf", "localhost.example.org", FALSE, V ("HOSTNAME_MISMATCH"), 62 },
  { "host/shorter", "leaf", "localhos", FALSE, V ("HOSTNAME_MISMATCH"), 62 },
  { "host/common-name", "common-name", "localhost", FALSE, V ("HOSTNAME_MISMATCH"), -1 },
  { "host/common-name-ip", "common-name-ip", "127.0.0.1", FALSE, V ("IP_ADDRESS_MISMATCH"), 64 },

  { "ip/v4", "leaf", "127.0.0.1", FALSE, "X509_V_OK", -1 },
  { "ip/v4-dot", "leaf", "127.0.0.1.", FALSE, "X509_V_OK", -1 },
  { "ip/v4-other", "leaf", "127.0.0.2", FALSE, V ("IP_ADDRESS_MISMATCH"), -1 },
  { "ip/v6", "leaf", "::1", FALSE, "X509_V_OK", -1 },
  { "ip/v6-long", "leaf", "0:0:0:0:0:0:0:1", FALSE, "X509_V_OK", -1 },
  { "ip/v6-other", "leaf", "::2", FALSE, V ("IP_ADDRESS_MISMATCH"), -1 },
  { "ip/only-name", "no-ip", "127.0.0.1", FALSE, V ("IP_ADDRESS_MISMATCH"), -1 },

  { "wildcard/one-label", "wildcard", "a.example.org", FALSE, "X509_V_OK", 0 },
  { "wildcard/two-labels", "wildcard", "a.b.example.org", FALSE, V ("HOSTNAME_MISMATCH"), 62 },
  { "wildcard/no-label", "wildcard", "example.org", FALSE, V ("HOSTNAME_MISMATCH"), 62 },
  { "wildcard/empty-label", "wildcard", ".example.org", FALSE, V ("HOSTNAME_MISMATCH"), -1 },
  { "wildcard/top", "wildcard-top", "example.org", FALSE, V ("HOSTNAME_MISMATCH"), 62 },
  { "wildcard/common-name", "wildcard", "wildcard", FALSE, V ("HOSTNAME_MISMATCH"), 62 },

  /* Of several reasons the heaviest is told. */
  { "order/revoked-host", "revoked", "example.org", FALSE, V ("CERT_REVOKED"), -1 },
  { "order/expired-host", "expired", "example.org", FALSE, V ("CERT_HAS_EXPIRED"), -1 },
  { "order/expired-purpose", "expired", NULL, TRUE, V ("CERT_HAS_EXPIRED"), 10 },
};

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (QTlsTrust) trust = make_trust ("root", test_certs_pem (certs, "crl"));
  g_autoptr (QSslCertificate) peer = present (c->presented);

  g_assert_cmpstr (q_tls_verify (trust, peer, c->host, !c->is_client), ==, c->code);
  g_assert_nonnull (q_ssl_verification_reason (c->code));
}

/* OpenSSL's own verdict: 0, or the number of the first error it prints. */
static int
ask_openssl (const Case *c)
{
  g_autofree char *pem = join (c->presented);
  g_autofree char *path = NULL;
  g_autofree char *output = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) argv = NULL;
  GError *error = NULL;
  int fd = g_file_open_tmp ("qsocket-peer-XXXXXX", &path, &error);
  const char *found;

  g_assert_no_error (error);
  g_file_set_contents (path, pem, -1, &error);
  g_assert_no_error (error);
  g_close (fd, NULL);

  g_strv_builder_add_many (builder, "openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile",
                           test_certs_path (certs, "root.pem"), "-untrusted", path, "-purpose",
                           c->is_client ? "sslclient" : "sslserver", NULL);
  if (c->openssl == 23)
    g_strv_builder_add_many (builder, "-crl_check", "-CRLfile",
                             test_certs_path (certs, "crl.pem"), NULL);
  if (c->host != NULL)
    g_strv_builder_add_many (builder, g_hostname_is_ip_address (c->host) ? "-verify_ip" :
                             "-verify_hostname", c->host, NULL);
  g_strv_builder_add (builder, path);
  argv = g_strv_builder_end (builder);

  process = g_subprocess_newv ((const char * const *) argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                               G_SUBPROCESS_FLAGS_STDERR_MERGE, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_unlink (path);

  if (g_subprocess_get_successful (process))
    return 0;

  found = strstr (output, "error ");
  g_test_message ("%s", output);
  g_assert_nonnull (found);

  return atoi (found + strlen ("error "));
}

static void
test_openssl_agrees (gconstpointer data)
{
  const Case *c = data;

  if (test_has_openssl ())
    g_assert_cmpint (ask_openssl (c), ==, c->openssl);
}

static void
test_weak (void)
{
  g_autoptr (QTlsTrust) trust = make_trust ("weak-root", NULL);

  g_assert_cmpstr (verify (trust, "weak", "localhost"), ==, V ("CERT_REJECTED"));
}

typedef struct
{
  const char *name;
  TestCertSpec spec;
  const char *code;
} WeakCase;

#define LOCALHOST .common_name = "localhost", .dns = { "localhost" }

/* Each under the good root. */
static const WeakCase weak_cases[] = {
  { "rsa-1024", { LOCALHOST, .key_type = TEST_KEY_WEAK_RSA }, V ("CERT_REJECTED") },
  { "sha-1", { LOCALHOST, .digest = GNUTLS_DIG_SHA1 }, V ("CERT_REJECTED") },
  { "sha-384", { LOCALHOST, .digest = GNUTLS_DIG_SHA384 }, "X509_V_OK" },
};

static void
test_weak_leaf (gconstpointer data)
{
  const WeakCase *c = data;
  g_autoptr (QTlsTrust) trust = make_trust ("root", NULL);
  g_autoptr (TestCert) cert = test_cert_new (&c->spec, test_certs_get (certs, "root"));
  g_autofree char *pem = test_cert_get_pem (cert);
  g_autoptr (QSslCertificate) peer = load_pem (pem);

  g_assert_cmpstr (q_tls_verify (trust, peer, "localhost", TRUE), ==, c->code);
}

/* root → CAs with these specs → leaf */
typedef struct
{
  const char *name;
  TestCertSpec authorities[3];
  const char *code;
} IssuerCase;

static const IssuerCase issuer_cases[] = {
  { "path-length/enough", { { .common_name = "A", .is_ca = TRUE, .max_path = 2 },
                            { .common_name = "B", .is_ca = TRUE } }, "X509_V_OK" },
  { "path-length/exceeded", { { .common_name = "A", .is_ca = TRUE, .max_path = 1 },
                              { .common_name = "B", .is_ca = TRUE } },
    V ("PATH_LENGTH_EXCEEDED") },
  { "path-length/exceeded-by-two", { { .common_name = "A", .is_ca = TRUE, .max_path = 2 },
                                     { .common_name = "B", .is_ca = TRUE },
                                     { .common_name = "C", .is_ca = TRUE } },
    V ("PATH_LENGTH_EXCEEDED") },
  { "key-usage/no-cert-sign", { { .common_name = "A", .is_ca = TRUE,
                                  .key_usage = GNUTLS_KEY_CRL_SIGN } },
    V ("KEYUSAGE_NO_CERTSIGN") },
  { "expired", { { .common_name = "A", .is_ca = TRUE, .from_days = -3, .to_days = -1 } },
    V ("CERT_HAS_EXPIRED") },
  { "not-yet-valid", { { .common_name = "A", .is_ca = TRUE, .from_days = 1, .to_days = 3 } },
    V ("CERT_NOT_YET_VALID") },
  { "purpose", { { .common_name = "A", .is_ca = TRUE, .purpose = TEST_PURPOSE_CLIENT } },
    V ("INVALID_PURPOSE") },
  { "weak", { { .common_name = "A", .is_ca = TRUE, .key_type = TEST_KEY_WEAK_RSA } },
    V ("CERT_REJECTED") },
  { "damaged", { { .common_name = "A", .is_ca = TRUE, .is_damaged = TRUE } },
    V ("CERT_SIGNATURE_FAILURE") },
};

static void
test_issuer (gconstpointer data)
{
  const IssuerCase *c = data;
  static const TestCertSpec leaf_spec = { LOCALHOST };
  g_autoptr (QTlsTrust) trust = make_trust ("root", NULL);
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func ((GDestroyNotify) test_cert_free);
  g_autoptr (GString) pem = g_string_new (NULL);
  g_autoptr (QSslCertificate) peer = NULL;
  TestCert *issuer = test_certs_get (certs, "root");

  for (guint i = 0; i < G_N_ELEMENTS (c->authorities) && c->authorities[i].is_ca; i++)
    {
      issuer = test_cert_new (&c->authorities[i], issuer);
      g_ptr_array_add (made, issuer);
    }
  g_ptr_array_add (made, test_cert_new (&leaf_spec, issuer));

  for (guint i = made->len; i-- > 0; )
    {
      g_autofree char *one = test_cert_get_pem (made->pdata[i]);

      g_string_append (pem, one);
    }

  peer = load_pem (pem->str);
  g_assert_cmpstr (q_tls_verify (trust, peer, "localhost", TRUE), ==, c->code);
}

typedef struct
{
  const char *name;
  const char *issuer;       /* of the list */
  const char *revoked;
  int from_days;
  int to_days;
  const char *presented;
  const char *code;
} CrlCase;

static const CrlCase crl_cases[] = {
  { "other-certificate", "root", "client", -1, 1, "leaf", "X509_V_OK" },
  { "nobody", "root", NULL, -1, 1, "leaf", "X509_V_OK" },
  { "leaf", "root", "leaf", -1, 1, "leaf", V ("CERT_REVOKED") },
  { "intermediate", "root", "intermediate", -1, 1, "server", V ("CERT_REVOKED") },
  { "by-intermediate", "intermediate", "server", -1, 1, "server", V ("CERT_REVOKED") },
  { "expired", "root", NULL, -2, -1, "leaf", V ("CRL_HAS_EXPIRED") },
  { "not-yet-valid", "root", NULL, 1, 2, "leaf", V ("CRL_NOT_YET_VALID") },
  { "expired-and-revoked", "root", "leaf", -2, -1, "leaf", V ("CERT_REVOKED") },
  { "expired-of-intermediate", "intermediate", NULL, -2, -1, "server", V ("CRL_HAS_EXPIRED") },
  { "of-another-issuer", "other-root", "leaf", -1, 1, "leaf", "X509_V_OK" },
};

static void
test_crl (gconstpointer data)
{
  const CrlCase *c = data;
  TestCert *revoked = c->revoked != NULL ? test_certs_get (certs, c->revoked) : NULL;
  g_autofree char *crl = test_cert_make_crl (test_certs_get (certs, c->issuer), revoked,
                                             c->from_days, c->to_days);
  g_autoptr (QTlsTrust) trust = make_trust ("root", crl);

  g_assert_cmpstr (verify (trust, c->presented, "localhost"), ==, c->code);
}

/* An old list beside a new one of the same issuer. */
static void
test_crl_renewed (void)
{
  TestCert *root = test_certs_get (certs, "root");
  g_autofree char *old = test_cert_make_crl (root, NULL, -2, -1);
  g_autofree char *new = test_cert_make_crl (root, NULL, -1, 1);
  g_autofree char *both = g_strconcat (old, new, NULL);
  g_autoptr (QTlsTrust) trust = make_trust ("root", both);

  g_assert_cmpstr (verify (trust, "leaf", "localhost"), ==, "X509_V_OK");
}

/* A list in the name of root that another key signed. */
static void
test_crl_forged (void)
{
  static const TestCertSpec spec = {
    .common_name = "QSocket Test Root", .organization = "QSocket", .is_ca = TRUE,
  };
  g_autoptr (TestCert) impostor = test_cert_new (&spec, NULL);
  g_autofree char *crl = test_cert_make_crl (impostor, NULL, -1, 1);
  g_autoptr (QTlsTrust) trust = make_trust ("root", crl);

  g_assert_cmpstr (verify (trust, "leaf", "localhost"), ==, V ("CRL_SIGNATURE_FAILURE"));
}

/* Two CAs that vouch for each other, without a root. */
static void
test_circle (void)
{
  static const TestCertSpec a_spec = { .common_name = "A", .is_ca = TRUE };
  static const TestCertSpec b_spec = { .common_name = "B", .is_ca = TRUE };
  static const TestCertSpec leaf_spec = { LOCALHOST };
  g_autoptr (TestCert) a_first = test_cert_new (&a_spec, NULL);
  g_autoptr (TestCert) b = test_cert_new (&b_spec, a_first);
  g_autoptr (TestCert) a = test_cert_new (&a_spec, b);
  g_autoptr (TestCert) leaf = test_cert_new (&leaf_spec, a);
  g_autoptr (QTlsTrust) trust = make_trust ("root", test_certs_pem (certs, "crl"));
  g_autoptr (GString) pem = g_string_new (NULL);
  g_autoptr (QSslCertificate) peer = NULL;
  TestCert *chain[] = { leaf, a, b, a, b, a_first };

  for (guint i = 0; i < G_N_ELEMENTS (chain); i++)
    {
      g_autofree char *one = test_cert_get_pem (chain[i]);

      g_string_append (pem, one);
    }

  peer = load_pem (pem->str);
  g_assert_cmpstr (q_tls_verify (trust, peer, "localhost", TRUE), !=, "X509_V_OK");
}

/* The same CA twice: the trusted root, and in the chain one with its key that another CA signed, as
 * old clients need it. That the other CA is unknown does not matter. */
static void
test_cross_signed (void)
{
  const TestCertSpec spec = {
    .common_name = "QSocket Test Root", .organization = "QSocket", .is_ca = TRUE,
    .key_of = test_certs_get (certs, "root"),
  };
  g_autoptr (TestCert) cross = test_cert_new (&spec, test_certs_get (certs, "other-root"));
  g_autoptr (QTlsTrust) trust = make_trust ("root", NULL);
  g_autoptr (QSslCertificate) peer = NULL;
  g_autofree char *cross_pem = test_cert_get_pem (cross);
  g_autofree char *chain = NULL;

  chain = g_strconcat (test_certs_pem (certs, "server"), cross_pem, NULL);
  peer = load_pem (chain);
  g_assert_cmpstr (q_tls_verify (trust, peer, "localhost", TRUE), ==, "X509_V_OK");
}

/* As long as a chain can be, and in the wrong order. */
static void
test_longest (void)
{
  static const TestCertSpec leaf_spec = { LOCALHOST };
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func ((GDestroyNotify) test_cert_free);
  g_autoptr (QTlsTrust) trust = make_trust ("root", NULL);
  g_autoptr (GString) pem = g_string_new (NULL);
  g_autoptr (QSslCertificate) peer = NULL;
  g_autofree char *leaf_pem = NULL;
  TestCert *issuer = test_certs_get (certs, "root");

  for (guint i = 1; i < Q_SSL_MAX_CHAIN; i++)
    {
      g_autofree char *name = g_strdup_printf ("CA %u", i);
      TestCertSpec spec = { .common_name = name, .is_ca = TRUE };
      g_autofree char *one = NULL;

      issuer = test_cert_new (&spec, issuer);
      g_ptr_array_add (made, issuer);
      one = test_cert_get_pem (issuer);
      g_string_append (pem, one);
    }
  g_ptr_array_add (made, test_cert_new (&leaf_spec, issuer));
  leaf_pem = test_cert_get_pem (made->pdata[made->len - 1]);
  g_string_prepend (pem, leaf_pem);

  peer = load_pem (pem->str);
  g_assert_cmpstr (q_tls_verify (trust, peer, "localhost", TRUE), ==, "X509_V_OK");
}

/* Ten thousand names, the right one last. */
static void
test_many_names (void)
{
  static const TestCertSpec spec = { LOCALHOST };
  g_autoptr (TestCert) cert = test_cert_new (&spec, test_certs_get (certs, "root"));
  TestCert *root = test_certs_get (certs, "root");
  g_autoptr (QTlsTrust) trust = make_trust ("root", NULL);
  g_autoptr (QSslCertificate) peer = NULL;
  g_autofree char *pem = NULL;
  gnutls_subject_alt_names_t names;
  gnutls_datum_t der;
  gint64 start;

  gnutls_subject_alt_names_init (&names);
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *name = g_strdup_printf ("host-%u.example.org", i);
      gnutls_datum_t datum = { (guint8 *) name, (guint) strlen (name) };

      gnutls_subject_alt_names_set (names, GNUTLS_SAN_DNSNAME, &datum, NULL);
    }
  gnutls_x509_ext_export_subject_alt_names (names, &der);
  gnutls_subject_alt_names_deinit (names);
  gnutls_x509_crt_set_extension_by_oid (cert->certificate, "2.5.29.17", der.data, der.size, 0);
  gnutls_free (der.data);
  gnutls_x509_crt_sign2 (cert->certificate, root->certificate, root->key, GNUTLS_DIG_SHA256, 0);
  pem = test_cert_get_pem (cert);

  start = g_get_monotonic_time ();
  peer = load_pem (pem);
  g_assert_cmpstr (q_tls_verify (trust, peer, "host-9999.example.org", TRUE), ==, "X509_V_OK");
  g_assert_cmpstr (q_tls_verify (trust, peer, "localhost", TRUE), ==, V ("HOSTNAME_MISMATCH"));
  g_test_message ("%" G_GINT64_FORMAT " us", g_get_monotonic_time () - start);
}

static gpointer
verify_often (gpointer trust)
{
  g_autoptr (QSslCertificate) good = present ("server");
  g_autoptr (QSslCertificate) bad = present ("revoked");

  for (guint i = 0; i < 20; i++)
    {
      g_assert_cmpstr (q_tls_verify (trust, good, "localhost", TRUE), ==, "X509_V_OK");
      g_assert_cmpstr (q_tls_verify (trust, bad, "localhost", TRUE), ==, V ("CERT_REVOKED"));
    }

  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (QTlsTrust) trust = make_trust ("root", test_certs_pem (certs, "crl"));
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("verify", verify_often, trust);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
test_reasons (void)
{
  g_assert_cmpstr (q_ssl_verification_reason ("X509_V_ERR_CERT_HAS_EXPIRED"), ==,
                   "the certificate has expired");
  g_assert_cmpstr (q_ssl_verification_reason ("X509_V_OK"), ==, "the certificate is valid");
  g_assert_null (q_ssl_verification_reason (NULL));
  g_assert_null (q_ssl_verification_reason (""));
  g_assert_null (q_ssl_verification_reason ("X509_V_ERR"));
  g_assert_null (q_ssl_verification_reason ("x509_v_ok"));
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certs = test_certs_new ();

  ADD_ALL ("/tls/verify/table", cases, test_case)
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (cases[i].openssl >= 0)
      {
        g_autofree char *path = g_strconcat ("/tls/verify/openssl/", cases[i].name, NULL);

        g_test_add_data_func (path, &cases[i], test_openssl_agrees);
      }
  ADD_ALL ("/tls/verify/issuer", issuer_cases, test_issuer)
  ADD_ALL ("/tls/verify/crl", crl_cases, test_crl)
  ADD_ALL ("/tls/verify/weak", weak_cases, test_weak_leaf)
  g_test_add_func ("/tls/verify/crl/renewed", test_crl_renewed);
  g_test_add_func ("/tls/verify/crl/forged", test_crl_forged);
  g_test_add_func ("/tls/verify/weak/chain", test_weak);
  g_test_add_func ("/tls/verify/cross-signed", test_cross_signed);
  g_test_add_func ("/tls/verify/hostile/circle", test_circle);
  g_test_add_func ("/tls/verify/hostile/longest", test_longest);
  g_test_add_func ("/tls/verify/hostile/many-names", test_many_names);
  g_test_add_func ("/tls/verify/threads", test_threads);
  g_test_add_func ("/tls/verify/reasons", test_reasons);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
