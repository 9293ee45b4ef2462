/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-verify-private.h"

#include <string.h>

#include <gio/gio.h>
#include <gnutls/x509-ext.h>

#include "q-ssl-certificate-private.h"
#include "q-x509-chain-private.h"

#define OID_ALTERNATIVE_NAME "2.5.29.17"

/* The profile demands 112 bits of security, as the crypto libraries of current systems do by
 * default: RSA and DSA of 2048 bits, curves of 224 bits, and no SHA-1. */
#define VERIFY_FLAGS GNUTLS_PROFILE_TO_VFLAGS (GNUTLS_PROFILE_MEDIUM)

/* The name that OpenSSL has for a failure. */
#define V(name) "X509_V_ERR_" name

/* The certificates that the peer sent, in order: each is issued by the next. Behind them stands the
 * trust anchor, if there is one: the trusted authority that issued the last of them. */
typedef struct
{
  gnutls_x509_crt_t certificates[Q_SSL_MAX_CHAIN + 1];
  guint n_sent;
  guint n;                   /* with the trust anchor */
  gnutls_x509_crt_t anchor;  /* a copy, which path_clear () frees; or NULL */
} Path;

static void
path_init (Path                     *path,
           gnutls_x509_trust_list_t  list,
           gnutls_x509_crt_t        *chain,
           guint                     n)
{
  gnutls_x509_crt_t last;

  path->n_sent = q_x509_sort_chain (chain, n, path->certificates, Q_SSL_MAX_CHAIN);
  path->n = path->n_sent;

  last = path->certificates[path->n - 1];
  if (!q_x509_is_self_issued (last) &&
      gnutls_x509_trust_list_get_issuer (list, last, &path->anchor, GNUTLS_TL_GET_COPY) >= 0)
    path->certificates[path->n++] = path->anchor;
  else
    path->anchor = NULL;     /* GnuTLS may have written to it */
}

static void
path_clear (Path *path)
{
  if (path->anchor != NULL)
    gnutls_x509_crt_deinit (path->anchor);
}

static const char *
explain_missing_issuer (const Path *path)
{
  if (q_x509_is_self_issued (path->certificates[path->n_sent - 1]))
    return path->n_sent == 1 ? V ("DEPTH_ZERO_SELF_SIGNED_CERT") :
           V ("SELF_SIGNED_CERT_IN_CHAIN");

  return path->n_sent == 1 ? V ("UNABLE_TO_VERIFY_LEAF_SIGNATURE") :
         V ("UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
}

/* GnuTLS has one status for all constraints of an issuer; this finds out which one is violated. */
static const char *
explain_constraints (const Path *path)
{
  int n_below = 0;           /* the CAs between @issuer and the leaf, without self-issued ones */

  for (guint i = 1; i < path->n; i++)
    {
      gnutls_x509_crt_t issuer = path->certificates[i];
      guint key_usage;
      int limit = -1;

      if (gnutls_x509_crt_get_key_usage (issuer, &key_usage, NULL) >= 0 &&
          (key_usage & GNUTLS_KEY_KEY_CERT_SIGN) == 0)
        return V ("KEYUSAGE_NO_CERTSIGN");

      if (gnutls_x509_crt_get_basic_constraints (issuer, NULL, NULL, &limit) >= 0 &&
          limit >= 0 && n_below > limit)
        return V ("PATH_LENGTH_EXCEEDED");

      if (!q_x509_is_self_issued (issuer))
        n_below++;
    }

  return V ("CERT_REJECTED");
}

/* NULL if the list is valid: the issuer has signed it, and it is neither too new nor too old. */
static const char *
check_crl (gnutls_x509_crl_t crl,
           gnutls_x509_crt_t issuer)
{
  guint status = 0;

  if (gnutls_x509_crl_verify (crl, &issuer, 1, VERIFY_FLAGS, &status) < 0 ||
      (status & GNUTLS_CERT_SIGNATURE_FAILURE) != 0)
    return V ("CRL_SIGNATURE_FAILURE");
  if ((status & GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE) != 0)
    return V ("CRL_NOT_YET_VALID");
  if ((status & GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED) != 0)
    return V ("CRL_HAS_EXPIRED");

  return status == 0 ? NULL : V ("UNABLE_TO_GET_CRL");
}

/* Looks for @certificate in the lists of its issuer: CERT_REVOKED if it is in one of them; what is
 * wrong with a list if none is valid; else NULL, also if the issuer has no list. One valid list is
 * enough, since a file may have an old list and its successor. */
static const char *
check_revoked (gnutls_x509_crt_t        certificate,
               gnutls_x509_crt_t        issuer,
               const gnutls_x509_crl_t *crls,
               guint                    n_crls)
{
  const char *failure = NULL;
  gboolean has_valid = FALSE;

  for (guint i = 0; i < n_crls; i++)
    {
      const char *reason;

      if (!gnutls_x509_crl_check_issuer (crls[i], issuer))
        continue;
      if (gnutls_x509_crt_check_revocation (certificate, &crls[i], 1) == 1)
        return V ("CERT_REVOKED");

      reason = check_crl (crls[i], issuer);
      if (reason == NULL)
        has_valid = TRUE;
      else
        failure = reason;
    }

  return has_valid ? NULL : failure;
}

/* The same for all certificates of the path. GnuTLS itself also looks for them in the lists, but
 * only if nothing else is wrong with the chain, and it does not check the lists themselves. */
static const char *
check_all_revoked (const Path *path,
                   QTlsTrust  *trust)
{
  const char *failure = NULL;
  guint n_crls;
  const gnutls_x509_crl_t *crls = q_tls_trust_peek_crls (trust, &n_crls);

  for (guint i = 0; n_crls > 0 && i + 1 < path->n; i++)
    {
      const char *reason =
        check_revoked (path->certificates[i], path->certificates[i + 1], crls, n_crls);

      if (g_strcmp0 (reason, V ("CERT_REVOKED")) == 0)
        return reason;
      if (failure == NULL)
        failure = reason;
    }

  return failure;
}

/* A certificate without such a name is for no host: GnuTLS would compare the common name, which is
 * obsolete for that (RFC 9525). */
static gboolean
has_dns_name (gnutls_x509_crt_t certificate)
{
  gnutls_subject_alt_names_t names = NULL;
  gnutls_datum_t der = { NULL, 0 };
  gboolean has_one = FALSE;
  guint type = 0;

  if (gnutls_x509_crt_get_extension_by_oid2 (certificate, OID_ALTERNATIVE_NAME, 0, &der, NULL) < 0)
    return FALSE;

  if (gnutls_subject_alt_names_init (&names) >= 0)
    {
      if (gnutls_x509_ext_import_subject_alt_names (&der, names, 0) >= 0)
        for (guint i = 0; !has_one &&
             gnutls_subject_alt_names_get (names, i, &type, NULL, NULL) >= 0; i++)
          has_one = type == GNUTLS_SAN_DNSNAME;
      gnutls_subject_alt_names_deinit (names);
    }
  gnutls_free (der.data);

  return has_one;
}

/* NULL if the certificate is for this host. */
static const char *
check_host (gnutls_x509_crt_t  certificate,
            const char        *host)
{
  gsize length = strlen (host);
  g_autofree char *name = g_strndup (host, g_str_has_suffix (host, ".") ? length - 1 : length);
  g_autoptr (GInetAddress) ip = g_inet_address_new_from_string (name);

  if (ip != NULL)
    return gnutls_x509_crt_check_ip (certificate, g_inet_address_to_bytes (ip),
                                     (guint) g_inet_address_get_native_size (ip), 0) ?
           NULL : V ("IP_ADDRESS_MISMATCH");

  /* For ".example.org" GnuTLS would let the wildcard of "*.example.org" match the empty label. */
  return *name != '\0' && *name != '.' && has_dns_name (certificate) &&
         gnutls_x509_crt_check_hostname2 (certificate, name, 0) ?
         NULL : V ("HOSTNAME_MISMATCH");
}

/* GnuTLS may have found several reasons. This gives the most serious one, or NULL for none. */
static const char *
explain (guint       status,
         const Path *path,
         const char *revocation)
{
  if ((status & GNUTLS_CERT_REVOKED) != 0 ||
      g_strcmp0 (revocation, V ("CERT_REVOKED")) == 0)
    return V ("CERT_REVOKED");
  if ((status & GNUTLS_CERT_SIGNATURE_FAILURE) != 0)
    return V ("CERT_SIGNATURE_FAILURE");
  if ((status & GNUTLS_CERT_SIGNER_NOT_CA) != 0)
    return V ("INVALID_CA");
  if ((status & GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE) != 0)
    return explain_constraints (path);
  if ((status & GNUTLS_CERT_SIGNER_NOT_FOUND) != 0)
    return explain_missing_issuer (path);
  if ((status & GNUTLS_CERT_NOT_ACTIVATED) != 0)
    return V ("CERT_NOT_YET_VALID");
  if ((status & GNUTLS_CERT_EXPIRED) != 0)
    return V ("CERT_HAS_EXPIRED");
  if ((status & GNUTLS_CERT_PURPOSE_MISMATCH) != 0)
    return V ("INVALID_PURPOSE");
  if (revocation != NULL)
    return revocation;
  if ((status & (GNUTLS_CERT_INSECURE_ALGORITHM | GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS)) != 0)
    return V ("CERT_REJECTED");

  return status == 0 ? NULL : V ("APPLICATION_VERIFICATION");
}

static const char *
verify_chain (QTlsTrust                *trust,
              gnutls_x509_trust_list_t  list,
              gnutls_x509_crt_t        *chain,
              guint                     n,
              gboolean                  peer_is_server)
{
  gnutls_typed_vdata_st purpose = {
    .type = GNUTLS_DT_KEY_PURPOSE_OID,
    .data = (guint8 *) (peer_is_server ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT),
  };
  const char *reason;
  Path path = { { NULL } };
  guint status = 0;
  int result;

  path_init (&path, list, chain, n);
  result = gnutls_x509_trust_list_verify_crt2 (list, path.certificates, path.n_sent, &purpose, 1,
                                               VERIFY_FLAGS, &status, NULL);
  if (result < 0)
    reason = result == GNUTLS_E_MEMORY_ERROR ? V ("OUT_OF_MEM") : V ("APPLICATION_VERIFICATION");
  else
    reason = explain (status, &path, check_all_revoked (&path, trust));
  path_clear (&path);

  return reason;
}

const char *
q_tls_verify (QTlsTrust       *trust,
              QSslCertificate *peer,
              const char      *host,
              gboolean         peer_is_server)
{
  g_autoptr (GPtrArray) no_authorities = NULL;
  g_autoptr (QTlsTrust) empty_trust = NULL;
  gnutls_x509_trust_list_t list;
  gnutls_x509_crt_t *chain;
  const char *reason;
  guint n;

  if (trust == NULL)
    {
      no_authorities = g_ptr_array_new ();
      trust = empty_trust = q_tls_trust_new (no_authorities, NULL, NULL, NULL);
    }

  chain = q_ssl_certificate_peek_chain (peer, &n);
  list = q_tls_trust_lock (trust);
  reason = list != NULL && n > 0 ? verify_chain (trust, list, chain, n, peer_is_server) :
           V ("APPLICATION_VERIFICATION");
  q_tls_trust_unlock (trust);

  if (reason == NULL && host != NULL)
    reason = check_host (chain[0], host);

  return reason != NULL ? reason : Q_TLS_VERIFIED;
}
