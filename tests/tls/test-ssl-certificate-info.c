/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-ssl-certificate.h"

#include <string.h>

#include "q-x509-integer-private.h"
#include "q-x509-names-private.h"
#include "tls-help.h"

/* Takes @variant, and prints it without the types. */
static void
assert_variant (GVariant   *variant,
                const char *expected)
{
  g_autofree char *text = g_variant_print (variant, FALSE);

  g_assert_false (g_variant_is_floating (variant));
  g_variant_unref (variant);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_info (void)
{
  static const TestCertSpec spec = {
    .common_name = "Bücher", .organization = "QSocket", .serial = 18446744073709551615u,
    .purpose = TEST_PURPOSE_SERVER, .key_usage = GNUTLS_KEY_DIGITAL_SIGNATURE,
  };
  g_autoptr (TestCert) cert = test_cert_new (&spec, test_certs_get (certs, "root"));
  g_autoptr (QSslCertificate) certificate = load_cert (cert);
  g_autoptr (GDateTime) from = q_ssl_certificate_get_not_before_date (certificate);
  g_autoptr (GDateTime) to = q_ssl_certificate_get_not_after_date (certificate);
  g_autofree char *from_text = g_date_time_format (from, "%Y-%m-%dT%H:%M:%SZ");
  g_autofree char *to_text = g_date_time_format (to, "%Y-%m-%dT%H:%M:%SZ");
  g_autofree char *expected = g_strdup_printf (
    "{'version': <3>, 'serialNumber': <'18446744073709551615'>, "
    "'subject': <{'organizationName': <'QSocket'>, 'commonName': <'Bücher'>}>, "
    "'issuer': <{'organizationName': <'QSocket'>, 'commonName': <'QSocket Test Root'>}>, "
    "'purposes': <{'SSLclient': false, 'SSLclientCA': false, 'SSLserver': true, "
    "'SSLserverCA': false, 'netscapeSSLserver': false, 'netscapeSSLserverCA': false, "
    "'SMIMEsigning': false, 'SMIMEsigningCA': false, 'SMIMEencryption': false, "
    "'SMIMEencryptionCA': false, 'CRLsigning': false, 'CRLsigningCA': false, "
    "'anyPurpose': true, 'anyPurposeCA': true, 'OCSPhelper': true, 'OCSPhelperCA': false}>, "
    "'notBefore': <'%s'>, 'notAfter': <'%s'>, 'signatureType': <'ecdsa-with-SHA256'>}",
    from_text, to_text);
  GVariant *info = q_ssl_certificate_get_info (certificate);

  g_assert_cmpstr (g_variant_get_type_string (info), ==, "a{sv}");
  g_assert_true (g_variant_is_normal_form (info));
  assert_variant (info, expected);
  assert_variant (q_ssl_certificate_get_subject_hash (certificate),
                  "{'organizationName': <'QSocket'>, 'commonName': <'Bücher'>}");
  g_assert_cmpint (q_ssl_certificate_get_version (certificate), ==, 3);
  g_assert_cmpint (g_date_time_difference (to, from), ==, 31 * G_TIME_SPAN_DAY);
  g_assert_cmpint (g_date_time_get_utc_offset (from), ==, 0);
}

typedef struct
{
  const char *name;
  const char *bytes;
  gsize size;
  const char *text;
} NumberCase;

static const NumberCase number_cases[] = {
  { "none", "", 0, "0" },
  { "zero", "\0", 1, "0" },
  { "one", "\1", 1, "1" },
  { "127", "\x7f", 1, "127" },
  { "128", "\0\x80", 2, "128" },
  { "-1", "\xff", 1, "-1" },
  { "-128", "\x80", 1, "-128" },
  { "-256", "\xff\0", 2, "-256" },
  { "billion", "\x3b\x9a\xca\0", 4, "1000000000" },
  { "2^64", "\1\0\0\0\0\0\0\0\0", 9, "18446744073709551616" },
  { "10^18", "\x0d\xe0\xb6\xb3\xa7\x64\0\0", 8, "1000000000000000000" },
  { "20-bytes", "\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    20, "730750818665451459101842416358141509827966271487" },
  { "-2^159", "\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20,
    "-730750818665451459101842416358141509827966271488" },
};

static void
test_number (gconstpointer data)
{
  const NumberCase *c = data;
  g_autofree char *text = q_x509_integer_to_text ((const guint8 *) c->bytes, c->size);

  g_assert_cmpstr (text, ==, c->text);
}

/* A name in DER: each part one SET with one attribute. */
typedef struct
{
  const char *name;
  const char *der;
  gsize size;
  const char *text;
} NameCase;

/* The object identifiers 2.5.4.3, 2.5.4.11, 2.5.4.45 and 1.2.3. */
#define CN "\6\3\x55\4\3"
#define OU "\6\3\x55\4\x0b"
#define UID "\6\3\x55\4\x2d"
#define OTHER "\6\2\x2a\3"

#define NAME(name, der, text) { name, der, sizeof (der) - 1, text }

static const NameCase name_cases[] = {
  NAME ("empty", "\x30\0", "{}"),
  NAME ("broken", "\x30\7", "{}"),
  NAME ("one", "\x30\x0e\x31\x0c\x30\x0a" CN "\x0c\3" "abc", "{'commonName': <'abc'>}"),
  NAME ("repeated", "\x30\x24\x31\x0a\x30\x08" OU "\x0c\1" "b" "\x31\x0a\x30\x08" CN "\x0c\1" "x"
        "\x31\x0a\x30\x08" OU "\x0c\1" "a",
        "{'organizationalUnitName': <['b', 'a']>, 'commonName': <'x'>}"),
  NAME ("two-in-one-set", "\x30\x16\x31\x14\x30\x08" OU "\x0c\1" "b" "\x30\x08" CN "\x0c\1" "x",
        "{'organizationalUnitName': <'b'>, 'commonName': <'x'>}"),
  NAME ("unknown", "\x30\x0b\x31\x09\x30\x07" OTHER "\x0c\1" "x", "{'1.2.3': <'x'>}"),
  NAME ("nul", "\x30\x0e\x31\x0c\x30\x0a" CN "\x0c\3" "a\0b",
        "{'commonName': <'a\xef\xbf\xbd" "b'>}"),
  NAME ("not-utf-8", "\x30\x0e\x31\x0c\x30\x0a" CN "\x0c\3" "a\xff" "b",
        "{'commonName': <'a\xef\xbf\xbd" "b'>}"),
  NAME ("teletex", "\x30\x0e\x31\x0c\x30\x0a" CN "\x14\3" "a\xfc" "b", "{'commonName': <'aüb'>}"),
  NAME ("bmp", "\x30\x0f\x31\x0d\x30\x0b" CN "\x1e\4" "\0a\0\xfc", "{'commonName': <'aü'>}"),
  NAME ("bmp-odd", "\x30\x0e\x31\x0c\x30\x0a" CN "\x1e\3" "\0ab",
        "{'commonName': <'\xef\xbf\xbd" "ab'>}"),
  NAME ("universal", "\x30\x0f\x31\x0d\x30\x0b" CN "\x1c\4" "\0\0\0\xfc", "{'commonName': <'ü'>}"),
  NAME ("bits", "\x30\x0d\x31\x0b\x30\x09" UID "\3\2" "\0\xab",
        "{'x500UniqueIdentifier': <'#00ab'>}"),
  NAME ("no-text", "\x30\x0b\x31\x09\x30\x07" CN "\x0c\0", "{'commonName': <''>}"),
};

static void
test_name (gconstpointer data)
{
  const NameCase *c = data;
  gnutls_datum_t der = { (guint8 *) c->der, (guint) c->size };

  assert_variant (q_x509_name_to_variant (&der), c->text);
}

/* In the years where others go wrong. */
typedef struct
{
  const char *name;
  gint64 time;
  const char *text;
} DateCase;

static const DateCase date_cases[] = {
  { "1999", 946684799, "1999-12-31T23:59:59Z" },
  { "2049", 2524607999, "2049-12-31T23:59:59Z" },
  { "2050", 2524608000, "2050-01-01T00:00:00Z" },
  { "2106", 4294197631 + 1, "2106-01-29T08:40:32Z" },
  { "2150", 5680281600, "2150-01-01T00:00:00Z" },
  { "9999", GNUTLS_X509_NO_WELL_DEFINED_EXPIRATION, "9999-12-31T23:59:59Z" },
};

static void
test_date (gconstpointer data)
{
  const DateCase *c = data;
  const TestCertSpec spec = { .common_name = "date", .to_time = c->time };
  g_autoptr (TestCert) cert = test_cert_new (&spec, test_certs_get (certs, "root"));
  g_autoptr (QSslCertificate) certificate = load_cert (cert);
  g_autoptr (GDateTime) date = q_ssl_certificate_get_not_after_date (certificate);
  g_autofree char *text = g_date_time_format_iso8601 (date);

  g_assert_cmpstr (text, ==, c->text);
}

typedef struct
{
  const char *name;
  const char *signature_type;
  const char *key_algorithm;
} AlgorithmCase;

static const AlgorithmCase algorithm_cases[] = {
  { "leaf", "ecdsa-with-SHA256", "EC" },
  { "rsa", "ecdsa-with-SHA256", "RSA" },
  { "ed25519", "ecdsa-with-SHA256", "Ed25519" },
  { "weak", "sha1WithRSAEncryption", "RSA" },
};

static void
test_algorithm (gconstpointer data)
{
  const AlgorithmCase *c = data;
  g_autoptr (QSslCertificate) certificate = load (c->name);
  g_autofree char *signature_type = q_ssl_certificate_get_signature_type (certificate);
  g_autofree char *key_algorithm = q_ssl_certificate_get_public_key_algorithm (certificate);
  g_autoptr (GBytes) signature = q_ssl_certificate_get_signature (certificate);

  g_assert_cmpstr (signature_type, ==, c->signature_type);
  g_assert_cmpstr (key_algorithm, ==, c->key_algorithm);
  g_assert_cmpuint (g_bytes_get_size (signature), >=, 64);
}

/* Certificates that openssl makes and signs itself. */
typedef struct
{
  const char *name;
  const char *key_arguments;
  const char *request_arguments;
  const char *signature_type;
  const char *key_algorithm;
} OpensslCase;

static const OpensslCase openssl_cases[] = {
  { "rsa-sha256", "-algorithm RSA", "-sha256", "sha256WithRSAEncryption", "RSA" },
  { "rsa-sha512", "-algorithm RSA", "-sha512", "sha512WithRSAEncryption", "RSA" },
  { "rsa-pss", "-algorithm RSA", "-sha256 -sigopt rsa_padding_mode:pss", "rsassaPss", "RSA" },
  { "rsa-pss-key", "-algorithm RSA-PSS", "-sha256", "rsassaPss", "RSA-PSS" },
  { "ec-sha384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "-sha384",
    "ecdsa-with-SHA384", "EC" },
  { "ed25519", "-algorithm ED25519", "", "ED25519", "Ed25519" },
  { "ed448", "-algorithm ED448", "", "ED448", "Ed448" },
  { "sha3", "-algorithm RSA", "-sha3-256", "RSA-SHA3-256", "RSA" },
  { "ripemd", "-algorithm RSA", "-ripemd160", "1.3.36.3.3.1.2", "RSA" },
  { "unknown-key", "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", "-sha256",
    "ecdsa-with-SHA256", "EC" },
};

static void
test_openssl_made (gconstpointer data)
{
  const OpensslCase *c = data;
  g_autofree char *make_key = g_strconcat ("genpkey ", c->key_arguments, NULL);
  g_autofree char *make_certificate =
    g_strconcat ("req -x509 -days 2 -subj /CN=x -key /dev/stdin",
                 *c->request_arguments != '\0' ? " " : "", c->request_arguments, NULL);
  g_autoptr (QSslCertificate) certificate = NULL;
  g_autofree char *key = NULL;
  g_autofree char *pem = NULL;
  g_autofree char *signature_type = NULL;
  g_autofree char *key_algorithm = NULL;

  if (!test_has_openssl ())
    return;

  key = test_openssl_text (make_key, NULL);
  pem = test_openssl_text (make_certificate, key);
  certificate = load_pem (pem);
  signature_type = q_ssl_certificate_get_signature_type (certificate);
  key_algorithm = q_ssl_certificate_get_public_key_algorithm (certificate);
  g_assert_cmpstr (signature_type, ==, c->signature_type);
  g_assert_cmpstr (key_algorithm, ==, c->key_algorithm);
}

static void
test_public_key (gconstpointer data)
{
  const AlgorithmCase *c = data;
  g_autoptr (QSslCertificate) certificate = load (c->name);
  g_autoptr (GBytes) key = q_ssl_certificate_get_public_key (certificate);
  g_autoptr (GBytes) expected = NULL;

  if (!test_has_openssl ())
    return;

  expected = test_openssl ("pkey -pubout -outform DER", test_certs_key (certs, c->name));
  g_assert_true (g_bytes_equal (key, expected));
}

/* "SHA256 Fingerprint=AB:CD…" */
static void
test_fingerprint (void)
{
  static const struct { GChecksumType type; const char *option; } types[] = {
    { G_CHECKSUM_MD5, "-md5" }, { G_CHECKSUM_SHA1, "-sha1" }, { G_CHECKSUM_SHA256, "-sha256" },
    { G_CHECKSUM_SHA384, "-sha384" }, { G_CHECKSUM_SHA512, "-sha512" },
  };
  g_autoptr (QSslCertificate) certificate = load ("leaf");

  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*checksum_type*failed*");
  g_assert_null (q_ssl_certificate_get_fingerprint (certificate, (GChecksumType) 99));
  g_test_assert_expected_messages ();

  if (!test_has_openssl ())
    return;

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *found = q_ssl_certificate_get_fingerprint (certificate, types[i].type);
      g_autofree char *arguments = g_strconcat ("x509 -noout -fingerprint ", types[i].option,
                                                NULL);
      g_autofree char *text = test_openssl_text (arguments, test_certs_pem (certs, "leaf"));
      g_auto (GStrv) parts = g_strsplit (g_strchomp (strchr (text, '=') + 1), ":", -1);
      g_autofree char *joined = g_strjoinv ("", parts);
      g_autofree char *expected = g_ascii_strdown (joined, -1);

      g_assert_cmpstr (found, ==, expected);
    }
}

typedef struct
{
  const char *name;
  TestCertSpec spec;
} PurposeCase;

#define USAGE(name) GNUTLS_KEY_ ## name

static const PurposeCase purpose_cases[] = {
  { "plain", { .common_name = "x" } },
  { "ca", { .common_name = "x", .is_ca = TRUE } },
  { "ca-crl-only", { .common_name = "x", .is_ca = TRUE, .key_usage = USAGE (CRL_SIGN) } },
  { "ca-client", { .common_name = "x", .is_ca = TRUE, .purpose = TEST_PURPOSE_CLIENT } },
  { "server", { .common_name = "x", .purpose = TEST_PURPOSE_SERVER } },
  { "client", { .common_name = "x", .purpose = TEST_PURPOSE_CLIENT } },
  { "both", { .common_name = "x", .purpose = TEST_PURPOSE_BOTH } },
  { "signing", { .common_name = "x", .key_usage = USAGE (DIGITAL_SIGNATURE) } },
  { "enciphering", { .common_name = "x", .key_usage = USAGE (KEY_ENCIPHERMENT) } },
  { "agreeing", { .common_name = "x", .key_usage = USAGE (KEY_AGREEMENT) } },
  { "repudiating", { .common_name = "x", .key_usage = USAGE (NON_REPUDIATION) } },
  { "cert-signing", { .common_name = "x", .key_usage = USAGE (KEY_CERT_SIGN) } },
};

/* What openssl calls the purposes. */
static const char * const purpose_names[][2] = {
  { "SSLclient", "SSL client" },
  { "SSLserver", "SSL server" },
  { "netscapeSSLserver", "Netscape SSL server" },
  { "SMIMEsigning", "S/MIME signing" },
  { "SMIMEencryption", "S/MIME encryption" },
  { "CRLsigning", "CRL signing" },
  { "anyPurpose", "Any Purpose" },
  { "OCSPhelper", "OCSP helper" },
};

static void
assert_purpose (GVariant   *purposes,
                const char *output,
                const char *key,
                const char *label)
{
  g_autofree char *line = g_strconcat ("\n", label, " : ", NULL);
  const char *found = strstr (output, line);
  gboolean is_allowed;

  g_assert_nonnull (found);
  g_assert_true (g_variant_lookup (purposes, key, "b", &is_allowed));
  g_test_message ("%s: %d", key, is_allowed);
  g_assert_cmpint (is_allowed, ==, !g_str_has_prefix (found + strlen (line), "No"));
}

static void
test_purposes (gconstpointer data)
{
  const PurposeCase *c = data;
  g_autoptr (TestCert) cert = test_cert_new (&c->spec, test_certs_get (certs, "root"));
  g_autoptr (QSslCertificate) certificate = load_cert (cert);
  g_autoptr (GVariant) purposes = q_ssl_certificate_get_purpose_hash (certificate);
  g_autofree char *pem = test_cert_get_pem (cert);
  g_autofree char *output = NULL;

  g_assert_cmpstr (g_variant_get_type_string (purposes), ==, "a{sb}");
  g_assert_cmpuint (g_variant_n_children (purposes), ==, 16);
  if (!test_has_openssl ())
    return;

  output = test_openssl_text ("x509 -noout -purpose", pem);
  for (guint i = 0; i < G_N_ELEMENTS (purpose_names); i++)
    {
      g_autofree char *ca_key = g_strconcat (purpose_names[i][0], "CA", NULL);
      g_autofree char *ca_label = g_strconcat (purpose_names[i][1], " CA", NULL);

      assert_purpose (purposes, output, purpose_names[i][0], purpose_names[i][1]);
      assert_purpose (purposes, output, ca_key, ca_label);
    }
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certs = test_certs_new ();

  g_test_add_func ("/tls/certificate/info", test_info);
  g_test_add_func ("/tls/certificate/fingerprint", test_fingerprint);
  ADD_ALL ("/tls/certificate/number", number_cases, test_number)
  ADD_ALL ("/tls/certificate/name", name_cases, test_name)
  ADD_ALL ("/tls/certificate/date", date_cases, test_date)
  ADD_ALL ("/tls/certificate/algorithm", algorithm_cases, test_algorithm)
  ADD_ALL ("/tls/certificate/public-key", algorithm_cases, test_public_key)
  ADD_ALL ("/tls/certificate/openssl", openssl_cases, test_openssl_made)
  ADD_ALL ("/tls/certificate/purposes", purpose_cases, test_purposes)

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
