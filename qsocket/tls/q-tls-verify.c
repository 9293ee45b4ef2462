/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-verify-private.h"

#include <string.h>

#include <gio/gio.h>
#include <gnutls/x509-ext.h>

#include "q-ssl-certificate-private.h"
#include "q-x509-private.h"

#define OID_ALTERNATIVE_NAME "2.5.29.17"

/* What 112 bits of security take, as on the rest of a current system: RSA and DSA of 2048 bits,
 * curves of 224 bits, and no SHA-1. */
#define VERIFY_FLAGS GNUTLS_PROFILE_TO_VFLAGS (GNUTLS_PROFILE_MEDIUM)

#define V(name) "X509_V_ERR_" name

/* The chain in order, as far as the peer sent it: each is issued by the next. */
typedef struct
{
  gnutls_x509_crt_t certificates[Q_SSL_MAX_CHAIN + 1];
  guint n_sent;
  guint n;                   /* with the trusted issuer of the last, if there is one */
  gnutls_x509_crt_t anchor;  /* that issuer, which is to be freed; or NULL */
} Path;

static void
path_init (Path                     *path,
           gnutls_x509_trust_list_t  list,
           gnutls_x509_crt_t        *chain,
           guint                     n)
{
  gnutls_x509_crt_t last;

  memset (path, 0, sizeof *path);
  path->n_sent = q_x509_sort_chain (chain, n, path->certificates, Q_SSL_MAX_CHAIN);
  path->n = path->n_sent;

  last = path->certificates[path->n - 1];
  if (!q_x509_signs_itself (last) &&
      gnutls_x509_trust_list_get_issuer (list, last, &path->anchor, GNUTLS_TL_GET_COPY) >= 0)
    path->certificates[path->n++] = path->anchor;
  else
    path->anchor = NULL;
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
  if (q_x509_signs_itself (path->certificates[path->n_sent - 1]))
    return path->n_sent == 1 ? V ("DEPTH_ZERO_SELF_SIGNED_CERT") :
           V ("SELF_SIGNED_CERT_IN_CHAIN");

  return path->n_sent == 1 ? V ("UNABLE_TO_VERIFY_LEAF_SIGNATURE") :
         V ("UNABLE_TO_GET_ISSUER_CERT_LOCALLY");
}

/* GnuTLS has one word for all that an issuer may forbid. */
static const char *
explain_constraints (const Path *path)
{
  int n_below = 0;           /* the CAs below that count for the limit of a path */

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

      if (!q_x509_signs_itself (issuer))
        n_below++;
    }

  return V ("CERT_REJECTED");
}

/* NULL if the list is good: the issuer's, and of now. */
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

/* What the lists of @issuer say of @certificate. One good list makes up for others of the same
 * issuer; an issuer without a list has revoked nothing. */
static const char *
check_revoked (gnutls_x509_crt_t        certificate,
               gnutls_x509_crt_t        issuer,
               const gnutls_x509_crl_t *crls,
               guint                    n_crls)
{
  const char *failure = NULL;
  gboolean is_good = FALSE;

  for (guint i = 0; i < n_crls; i++)
    {
      const char *reason;

      if (!gnutls_x509_crl_check_issuer (crls[i], issuer))
        continue;
      if (gnutls_x509_crt_check_revocation (certificate, &crls[i], 1) == 1)
        return V ("CERT_REVOKED");

      reason = check_crl (crls[i], issuer);
      if (reason == NULL)
        is_good = TRUE;
      else
        failure = reason;
    }

  return is_good ? NULL : failure;
}

/* GnuTLS alone looks only whether a certificate is in a list, and that only where all else is
 * right. CERT_REVOKED, what is wrong with the lists, or NULL. */
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

/* Without this GnuTLS would look for the name in the common name. */
static gboolean
has_dns_name (gnutls_x509_crt_t certificate)
{
  gnutls_subject_alt_names_t names;
  gnutls_datum_t der;
  gboolean has_one = FALSE;
  guint type;

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

/* NULL if the certificate is the one of the host. */
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

  /* GnuTLS would let a wildcard stand for the empty label of ".example.org". */
  return *name != '\0' && *name != '.' && has_dns_name (certificate) &&
         gnutls_x509_crt_check_hostname2 (certificate, name, 0) ?
         NULL : V ("HOSTNAME_MISMATCH");
}

/* The reasons in the order of their weight, where GnuTLS names several. */
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
  Path path;
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
  g_autoptr (GPtrArray) nobody = NULL;
  g_autoptr (QTlsTrust) empty = NULL;
  gnutls_x509_trust_list_t list;
  gnutls_x509_crt_t *chain;
  const char *reason;
  guint n;

  if (trust == NULL)
    {
      nobody = g_ptr_array_new ();
      trust = empty = q_tls_trust_new (nobody, NULL, NULL, NULL);
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
