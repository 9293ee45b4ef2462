/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-certs.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <gnutls/abstract.h>
#include <string.h>

#define DAY (24 * 60 * 60)

#define LOCAL .dns = { "localhost" }, .ips = { "127.0.0.1", "::1" }

static const TestCertSpec zoo[] = {
  { "root", NULL, "QSocket Test Root", .organization = "QSocket", .is_ca = TRUE },
  { "intermediate", "root", "QSocket Test Intermediate", .is_ca = TRUE },
  { "server", "intermediate", "localhost", LOCAL, .purpose = TEST_PURPOSE_SERVER },
  { "leaf", "root", "localhost", LOCAL },
  { "client", "root", "client", .purpose = TEST_PURPOSE_CLIENT },
  { "both", "root", "localhost", LOCAL, .purpose = TEST_PURPOSE_BOTH },
  { "ed25519", "root", "localhost", LOCAL, .key_type = TEST_KEY_ED25519 },
  { "rsa", "root", "localhost", LOCAL, .key_type = TEST_KEY_RSA },
  { "expired", "root", "localhost", LOCAL, .from_days = -30, .to_days = -1 },
  { "not-yet-valid", "root", "localhost", LOCAL, .from_days = 1, .to_days = 30 },
  { "wrong-host", "root", "wrong.example.org", .dns = { "wrong.example.org" } },
  { "client-only", "root", "localhost", LOCAL, .purpose = TEST_PURPOSE_CLIENT },
  { "self-signed", NULL, "localhost", LOCAL },
  { "other-root", NULL, "Other Root", .is_ca = TRUE },
  { "other-intermediate", "other-root", "Other Intermediate", .is_ca = TRUE },
  { "unknown-ca", "other-root", "localhost", LOCAL },
  { "unknown-chain", "other-intermediate", "localhost", LOCAL },
  { "revoked", "root", "localhost", LOCAL },
  { "under-leaf", "leaf", "localhost", LOCAL },
  { "damaged", "root", "localhost", LOCAL, .is_damaged = TRUE },
  { "weak-root", NULL, "Weak Root", .is_ca = TRUE, .key_type = TEST_KEY_WEAK_RSA,
    .digest = GNUTLS_DIG_SHA1 },
  { "weak", "weak-root", "localhost", LOCAL, .key_type = TEST_KEY_WEAK_RSA,
    .digest = GNUTLS_DIG_SHA1 },
  { "common-name", "root", "localhost" },
  { "common-name-ip", "root", "127.0.0.1" },
  { "wildcard", "root", "wildcard", .dns = { "*.example.org" } },
  { "wildcard-top", "root", "wildcard", .dns = { "*.org" } },
  { "no-ip", "root", "localhost", .dns = { "localhost" } },
};

struct _TestCerts
{
  GRecMutex lock;
  GHashTable *certs;    /* name → TestCert */
  GHashTable *texts;    /* file → its content */
  GHashTable *paths;    /* file → where it was written */
  char *folder;
};

static void
check (int result)
{
  if (result < 0)
    g_error ("GnuTLS: %s", gnutls_strerror (result));
}

static gnutls_x509_privkey_t
make_key (const TestCertSpec *spec)
{
  static const struct { gnutls_pk_algorithm_t algorithm; guint bits; } kinds[] = {
    [TEST_KEY_EC] = { GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1) },
    [TEST_KEY_RSA] = { GNUTLS_PK_RSA, 2048 },
    [TEST_KEY_WEAK_RSA] = { GNUTLS_PK_RSA, 1024 },
    [TEST_KEY_ED25519] = { GNUTLS_PK_EDDSA_ED25519, 0 },
  };
  gnutls_x509_privkey_t key;

  check (gnutls_x509_privkey_init (&key));
  if (spec->key_of != NULL)
    check (gnutls_x509_privkey_cpy (key, spec->key_of->key));
  else
    check (gnutls_x509_privkey_generate (key, kinds[spec->key_type].algorithm,
                                         kinds[spec->key_type].bits, 0));

  return key;
}

static void
set_names (gnutls_x509_crt_t   crt,
           const TestCertSpec *spec)
{
  if (spec->organization != NULL)
    check (gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0,
                                          spec->organization, strlen (spec->organization)));
  if (spec->common_name != NULL)
    check (gnutls_x509_crt_set_dn_by_oid (crt, GNUTLS_OID_X520_COMMON_NAME, 0,
                                          spec->common_name, strlen (spec->common_name)));

  for (guint i = 0; i < G_N_ELEMENTS (spec->dns) && spec->dns[i] != NULL; i++)
    check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_DNSNAME, spec->dns[i],
                                                 strlen (spec->dns[i]), GNUTLS_FSAN_APPEND));

  for (guint i = 0; i < G_N_ELEMENTS (spec->ips) && spec->ips[i] != NULL; i++)
    {
      g_autoptr (GInetAddress) ip = g_inet_address_new_from_string (spec->ips[i]);

      check (gnutls_x509_crt_set_subject_alt_name (crt, GNUTLS_SAN_IPADDRESS,
                                                   g_inet_address_to_bytes (ip),
                                                   g_inet_address_get_native_size (ip),
                                                   GNUTLS_FSAN_APPEND));
    }
}

static void
set_validity (gnutls_x509_crt_t   crt,
              const TestCertSpec *spec)
{
  gboolean is_usual = spec->from_days == 0 && spec->to_days == 0;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gint64 from = now + (is_usual ? -1 : spec->from_days) * DAY;
  gint64 to = now + (is_usual ? 30 : spec->to_days) * DAY;

  if (spec->to_time != 0)
    to = spec->to_time;

  check (gnutls_x509_crt_set_activation_time (crt, (time_t) from));
  check (gnutls_x509_crt_set_expiration_time (crt, (time_t) to));
}

static void
set_serial (gnutls_x509_crt_t   crt,
            const TestCertSpec *spec)
{
  static int last_serial = 4096;
  guint64 serial = spec->serial;
  guint8 bytes[1 + sizeof serial] = { 0, };    /* the first keeps it positive */

  if (serial == 0)
    serial = (guint64) g_atomic_int_add (&last_serial, 1);
  serial = GUINT64_TO_BE (serial);
  memcpy (bytes + 1, &serial, sizeof serial);
  check (gnutls_x509_crt_set_serial (crt, bytes, sizeof bytes));
}

static void
set_uses (gnutls_x509_crt_t   crt,
          const TestCertSpec *spec)
{
  guint key_usage = spec->key_usage;

  if (spec->is_ca)
    {
      check (gnutls_x509_crt_set_basic_constraints (crt, 1, spec->max_path - 1));
      if (key_usage == 0)
        key_usage = GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN;
    }

  if (key_usage != 0)
    check (gnutls_x509_crt_set_key_usage (crt, key_usage));
  if (spec->purpose == TEST_PURPOSE_SERVER || spec->purpose == TEST_PURPOSE_BOTH)
    check (gnutls_x509_crt_set_key_purpose_oid (crt, GNUTLS_KP_TLS_WWW_SERVER, 0));
  if (spec->purpose == TEST_PURPOSE_CLIENT || spec->purpose == TEST_PURPOSE_BOTH)
    check (gnutls_x509_crt_set_key_purpose_oid (crt, GNUTLS_KP_TLS_WWW_CLIENT, 0));
}

static void
set_key_ids (gnutls_x509_crt_t crt,
             gnutls_x509_crt_t issuer)
{
  guint8 id[64];
  gsize size = sizeof id;

  check (gnutls_x509_crt_get_key_id (crt, 0, id, &size));
  check (gnutls_x509_crt_set_subject_key_id (crt, id, size));
  size = sizeof id;
  check (gnutls_x509_crt_get_key_id (issuer, 0, id, &size));
  check (gnutls_x509_crt_set_authority_key_id (crt, id, size));
}

static gnutls_x509_crt_t
import (const guint8 *der,
        gsize         size)
{
  gnutls_datum_t datum = { (guint8 *) der, size };
  gnutls_x509_crt_t crt;

  check (gnutls_x509_crt_init (&crt));
  check (gnutls_x509_crt_import (crt, &datum, GNUTLS_X509_FMT_DER));

  return crt;
}

/* A signature of RSA stays a number of the same size if only its last bits change, and one of
 * ECDSA stays two numbers. */
static gnutls_x509_crt_t
seal (gnutls_x509_crt_t crt,
      gboolean          is_damaged)
{
  gnutls_datum_t der;
  gnutls_x509_crt_t sealed;

  check (gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_DER, &der));
  if (is_damaged)
    der.data[der.size - 1] ^= 1;
  sealed = import (der.data, der.size);
  gnutls_free (der.data);
  gnutls_x509_crt_deinit (crt);

  return sealed;
}

TestCert *
test_cert_new (const TestCertSpec *spec,
               TestCert           *issuer)
{
  TestCert *self = g_new0 (TestCert, 1);
  gnutls_digest_algorithm_t digest = spec->digest;
  gnutls_x509_crt_t crt;

  self->key = make_key (spec);
  if (digest == 0)
    digest = GNUTLS_DIG_SHA256;

  check (gnutls_x509_crt_init (&crt));
  check (gnutls_x509_crt_set_version (crt, 3));
  check (gnutls_x509_crt_set_key (crt, self->key));
  set_names (crt, spec);
  set_validity (crt, spec);
  set_serial (crt, spec);
  set_uses (crt, spec);
  set_key_ids (crt, issuer != NULL ? issuer->certificate : crt);

  /* An Ed25519 key has a digest of its own. */
  if ((issuer != NULL ? gnutls_x509_privkey_get_pk_algorithm (issuer->key) :
       gnutls_x509_privkey_get_pk_algorithm (self->key)) == GNUTLS_PK_EDDSA_ED25519)
    digest = GNUTLS_DIG_SHA512;

  check (gnutls_x509_crt_sign2 (crt, issuer != NULL ? issuer->certificate : crt,
                                issuer != NULL ? issuer->key : self->key, digest, 0));
  self->certificate = seal (crt, spec->is_damaged);

  return self;
}

void
test_cert_free (TestCert *self)
{
  gnutls_x509_crt_deinit (self->certificate);
  gnutls_x509_privkey_deinit (self->key);
  g_free (self);
}

/* Takes GnuTLS's memory. */
static char *
take_text (gnutls_datum_t *datum)
{
  char *text = g_strndup ((const char *) datum->data, datum->size);

  gnutls_free (datum->data);

  return text;
}

char *
test_cert_get_pem (TestCert *self)
{
  gnutls_datum_t pem;

  check (gnutls_x509_crt_export2 (self->certificate, GNUTLS_X509_FMT_PEM, &pem));

  return take_text (&pem);
}

GBytes *
test_cert_get_der (TestCert *self)
{
  gnutls_datum_t der;
  GBytes *bytes;

  check (gnutls_x509_crt_export2 (self->certificate, GNUTLS_X509_FMT_DER, &der));
  bytes = g_bytes_new (der.data, der.size);
  gnutls_free (der.data);

  return bytes;
}

char *
test_cert_get_key_pem (TestCert *self)
{
  gnutls_datum_t pem;

  check (gnutls_x509_privkey_export2_pkcs8 (self->key, GNUTLS_X509_FMT_PEM, NULL,
                                            GNUTLS_PKCS_PLAIN, &pem));

  return take_text (&pem);
}

char *
test_cert_make_crl (TestCert *issuer,
                    TestCert *revoked,
                    int       from_days,
                    int       to_days)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gnutls_x509_crl_t crl;
  gnutls_datum_t pem;

  check (gnutls_x509_crl_init (&crl));
  check (gnutls_x509_crl_set_version (crl, 2));
  check (gnutls_x509_crl_set_this_update (crl, now + from_days * DAY));
  check (gnutls_x509_crl_set_next_update (crl, now + to_days * DAY));
  check (gnutls_x509_crl_set_number (crl, "\1", 1));
  if (revoked != NULL)
    check (gnutls_x509_crl_set_crt (crl, revoked->certificate, now + from_days * DAY));
  check (gnutls_x509_crl_sign2 (crl, issuer->certificate, issuer->key, GNUTLS_DIG_SHA256, 0));
  check (gnutls_x509_crl_export2 (crl, GNUTLS_X509_FMT_PEM, &pem));
  gnutls_x509_crl_deinit (crl);

  return take_text (&pem);
}

TestCerts *
test_certs_new (void)
{
  TestCerts *self = g_new0 (TestCerts, 1);

  g_rec_mutex_init (&self->lock);
  self->certs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) test_cert_free);
  self->texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return self;
}

void
test_certs_free (TestCerts *self)
{
  GHashTableIter iter;
  gpointer path;

  g_hash_table_iter_init (&iter, self->paths);
  while (g_hash_table_iter_next (&iter, NULL, &path))
    g_unlink (path);
  if (self->folder != NULL)
    g_rmdir (self->folder);

  g_hash_table_unref (self->certs);
  g_hash_table_unref (self->texts);
  g_hash_table_unref (self->paths);
  g_free (self->folder);
  g_rec_mutex_clear (&self->lock);
  g_free (self);
}

static const TestCertSpec *
find_spec (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (zoo); i++)
    if (strcmp (zoo[i].name, name) == 0)
      return &zoo[i];

  g_error ("There is no test certificate called %s", name);
}

TestCert *
test_certs_get (TestCerts  *self,
                const char *name)
{
  G_GNUC_UNUSED g_autoptr (GRecMutexLocker) locker = g_rec_mutex_locker_new (&self->lock);
  TestCert *cert = g_hash_table_lookup (self->certs, name);
  const TestCertSpec *spec;

  if (cert != NULL)
    return cert;

  spec = find_spec (name);
  cert = test_cert_new (spec, spec->issuer != NULL ? test_certs_get (self, spec->issuer) : NULL);
  g_hash_table_insert (self->certs, g_strdup (name), cert);

  return cert;
}

/* The certificate and those above it; a root only if it is asked for itself. */
static char *
make_chain (TestCerts  *self,
            const char *name)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (const TestCertSpec *spec = find_spec (name); ; spec = find_spec (spec->issuer))
    {
      g_autofree char *pem = test_cert_get_pem (test_certs_get (self, spec->name));

      if (spec->issuer != NULL || text->len == 0)
        g_string_append (text, pem);
      if (spec->issuer == NULL)
        return g_string_free (g_steal_pointer (&text), FALSE);
    }
}

/* @file: NAME.pem, NAME.key or NAME.both. */
static char *
make_text (TestCerts  *self,
           const char *file)
{
  const char *dot = strrchr (file, '.');
  g_autofree char *name = g_strndup (file, dot != NULL ? dot - file : 0);

  if (strcmp (file, "crl.pem") == 0)
    return test_cert_make_crl (test_certs_get (self, "root"), test_certs_get (self, "revoked"),
                               -1, 30);
  if (g_str_has_suffix (file, ".pem"))
    return make_chain (self, name);
  if (g_str_has_suffix (file, ".key"))
    return test_cert_get_key_pem (test_certs_get (self, name));
  if (g_str_has_suffix (file, ".both"))
    return g_strconcat (test_certs_pem (self, name), test_certs_key (self, name), NULL);

  g_error ("There is no kind of file like %s", file);
}

static const char *
get_text (TestCerts  *self,
          const char *file)
{
  G_GNUC_UNUSED g_autoptr (GRecMutexLocker) locker = g_rec_mutex_locker_new (&self->lock);
  char *text = g_hash_table_lookup (self->texts, file);

  if (text == NULL)
    {
      text = make_text (self, file);
      g_hash_table_insert (self->texts, g_strdup (file), text);
    }

  return text;
}

const char *
test_certs_pem (TestCerts  *self,
                const char *name)
{
  g_autofree char *file = g_strconcat (name, ".pem", NULL);

  return get_text (self, file);
}

const char *
test_certs_key (TestCerts  *self,
                const char *name)
{
  g_autofree char *file = g_strconcat (name, ".key", NULL);

  return get_text (self, file);
}

const char *
test_certs_path (TestCerts  *self,
                 const char *file)
{
  G_GNUC_UNUSED g_autoptr (GRecMutexLocker) locker = g_rec_mutex_locker_new (&self->lock);
  char *path = g_hash_table_lookup (self->paths, file);
  GError *error = NULL;

  if (path != NULL)
    return path;

  if (self->folder == NULL)
    {
      self->folder = g_dir_make_tmp ("qsocket-certs-XXXXXX", &error);
      g_assert_no_error (error);
    }

  path = g_build_filename (self->folder, file, NULL);
  g_file_set_contents (path, get_text (self, file), -1, &error);
  g_assert_no_error (error);
  g_hash_table_insert (self->paths, g_strdup (file), path);

  return path;
}
