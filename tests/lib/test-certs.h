/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>

G_BEGIN_DECLS

/* Certificates and keys that are made while a test runs, so that nothing expires and no key
 * lies in the repository. */

typedef enum
{
  TEST_KEY_EC,          /* P-256, the fastest to make */
  TEST_KEY_RSA,         /* 2048 bits */
  TEST_KEY_WEAK_RSA,    /* 1024 bits */
  TEST_KEY_ED25519,
} TestKeyType;

typedef enum
{
  TEST_PURPOSE_UNSAID,  /* no extended key usage */
  TEST_PURPOSE_SERVER,
  TEST_PURPOSE_CLIENT,
  TEST_PURPOSE_BOTH,
} TestPurpose;

typedef struct _TestCert TestCert;

/* What is 0 has a usual value. */
typedef struct
{
  const char *name;               /* in the zoo */
  const char *issuer;             /* in the zoo; NULL: signs itself */
  const char *common_name;        /* NULL: none */
  const char *organization;
  const char *dns[4];
  const char *ips[4];
  gboolean is_ca;
  int max_path;                   /* of a CA: 0 sets no limit, else the limit + 1 */
  guint key_usage;                /* GNUTLS_KEY_; 0: none for a leaf, a CA's for a CA */
  TestPurpose purpose;
  int from_days;                  /* the validity, relative to now; both 0: from -1 to 30 */
  int to_days;
  gint64 to_time;                 /* if not 0: the end in seconds since 1970, in place of to_days */
  guint64 serial;                 /* 0: a number of its own */
  TestKeyType key_type;
  gnutls_digest_algorithm_t digest;   /* 0: SHA-256 */
  TestCert *key_of;               /* NULL: a key of its own */
  gboolean is_damaged;            /* the signature does not fit */
} TestCertSpec;

/* One certificate with its key. */
struct _TestCert
{
  gnutls_x509_crt_t certificate;
  gnutls_x509_privkey_t key;
};

/* @issuer: NULL if it signs itself. */
TestCert *test_cert_new (const TestCertSpec *spec,
                         TestCert           *issuer);

void test_cert_free (TestCert *cert);

/* Only this certificate, without its issuers. */
char *test_cert_get_pem (TestCert *cert);

GBytes *test_cert_get_der (TestCert *cert);

/* PKCS#8, not encrypted. */
char *test_cert_get_key_pem (TestCert *cert);

/* A revocation list in PEM, issued and to be renewed so many days from now; @revoked may be
 * NULL. */
char *test_cert_make_crl (TestCert *issuer,
                          TestCert *revoked,
                          int       from_days,
                          int       to_days);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestCert, test_cert_free)

/* A zoo of them. Each is made when it is first asked for, in any thread, and lives as long as the
 * zoo. They are for localhost, 127.0.0.1 and ::1 where nothing else is said.
 *
 * root            the CA that is to be trusted
 * intermediate    a CA under root
 * server          a server under intermediate
 * leaf            a server right under root
 * client          a client under root, without a host name
 * both            a server and client under root
 * ed25519, rsa    servers under root with other keys
 * expired         a server of last month
 * not-yet-valid   a server of next month
 * wrong-host      a server called wrong.example.org
 * client-only     has the names of a server, and the purpose of a client
 * self-signed     a server that signs itself
 * other-root      a CA that nobody trusts
 * other-intermediate  a CA under other-root
 * unknown-ca      a server under other-root
 * unknown-chain   a server under other-intermediate
 * revoked         a server that the list "crl" of root revokes
 * under-leaf      a server whose issuer, leaf, is no CA
 * damaged         a server whose signature does not fit
 * weak-root, weak a CA and a server of 1024 bits and SHA-1
 * common-name     a server whose name is only in the common name
 * common-name-ip  a server whose address, 127.0.0.1, is only in the common name
 * wildcard        a server called *.example.org
 * wildcard-top    a server called *.org
 * no-ip           a server called localhost, without an address
 */
typedef struct _TestCerts TestCerts;

TestCerts *test_certs_new (void);

/* Also removes the files. */
void test_certs_free (TestCerts *certs);

TestCert *test_certs_get (TestCerts  *certs,
                          const char *name);

/* The certificate and the CAs above it, without the root: what a server presents. For "crl" the
 * revocation list of root. */
const char *test_certs_pem (TestCerts  *certs,
                            const char *name);

const char *test_certs_key (TestCerts  *certs,
                            const char *name);

/* A file for other programs, in a folder that only this user can read: NAME.pem is what
 * test_certs_pem () gives, NAME.key the key, NAME.both the two in one. */
const char *test_certs_path (TestCerts  *certs,
                             const char *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestCerts, test_certs_free)

G_END_DECLS
