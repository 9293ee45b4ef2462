/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-ssl-verification.h"

#include <string.h>

#include "q-i18n-private.h"

static const struct
{
  const char *code;
  const char *reason;
} reasons[] = {
  { "X509_V_OK", N_("the certificate is valid") },
  { "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT", N_("the certificate of an issuer is missing") },
  { "X509_V_ERR_UNABLE_TO_GET_CRL", N_("there is no revocation list") },
  { "X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE",
    N_("the signature of a certificate cannot be decrypted") },
  { "X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE",
    N_("the signature of a revocation list cannot be decrypted") },
  { "X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
    N_("the public key of an issuer cannot be decoded") },
  { "X509_V_ERR_CERT_SIGNATURE_FAILURE", N_("the signature of a certificate is wrong") },
  { "X509_V_ERR_CRL_SIGNATURE_FAILURE", N_("the signature of a revocation list is wrong") },
  { "X509_V_ERR_CERT_NOT_YET_VALID", N_("the certificate is not yet valid") },
  { "X509_V_ERR_CERT_HAS_EXPIRED", N_("the certificate has expired") },
  { "X509_V_ERR_CRL_NOT_YET_VALID", N_("a revocation list is not yet valid") },
  { "X509_V_ERR_CRL_HAS_EXPIRED", N_("a revocation list has expired") },
  { "X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD",
    N_("the time from which a certificate is valid cannot be read") },
  { "X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD",
    N_("the time until which a certificate is valid cannot be read") },
  { "X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD",
    N_("the time from which a revocation list is valid cannot be read") },
  { "X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD",
    N_("the time until which a revocation list is valid cannot be read") },
  { "X509_V_ERR_OUT_OF_MEM", N_("there is not enough memory") },
  { "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT",
    N_("the certificate is signed by itself and not trusted") },
  { "X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN", N_("the root of the chain is not trusted") },
  { "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    N_("the issuer of the chain is not among the trusted ones") },
  { "X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    N_("the certificate came without its issuer, which is not trusted either") },
  { "X509_V_ERR_CERT_CHAIN_TOO_LONG", N_("the chain is too long") },
  { "X509_V_ERR_CERT_REVOKED", N_("the certificate was revoked") },
  { "X509_V_ERR_INVALID_CA", N_("an issuer may not issue certificates") },
  { "X509_V_ERR_PATH_LENGTH_EXCEEDED", N_("the chain is longer than an issuer allows") },
  { "X509_V_ERR_INVALID_PURPOSE", N_("the certificate is not for this purpose") },
  { "X509_V_ERR_CERT_UNTRUSTED", N_("the root of the chain is not trusted for this purpose") },
  { "X509_V_ERR_CERT_REJECTED", N_("the certificate does not meet the demands on security") },
  { "X509_V_ERR_SUBJECT_ISSUER_MISMATCH", N_("an issuer has another name") },
  { "X509_V_ERR_AKID_SKID_MISMATCH", N_("an issuer has another key identifier") },
  { "X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH", N_("an issuer has another name and serial number") },
  { "X509_V_ERR_KEYUSAGE_NO_CERTSIGN", N_("the key of an issuer may not sign certificates") },
  { "X509_V_ERR_APPLICATION_VERIFICATION", N_("the certificate was refused") },
  { "X509_V_ERR_HOSTNAME_MISMATCH", N_("the certificate is for another host") },
  { "X509_V_ERR_IP_ADDRESS_MISMATCH", N_("the certificate is for another IP address") },
};

/**
 * q_ssl_verification_reason:
 * @code: (nullable): the result of a verification, such as `"X509_V_ERR_CERT_HAS_EXPIRED"`
 *
 * Gets in words what the result of a verification means.
 *
 * The results are `X509_V_OK`, the `X509_V_ERR_` names that OpenSSL has, and among these
 * `X509_V_ERR_HOSTNAME_MISMATCH` and `X509_V_ERR_IP_ADDRESS_MISMATCH`.
 *
 * May be called from any thread.
 *
 * Returns: (transfer none) (nullable): a few words without a full stop, in the language of the
 *   program, such as `the certificate has expired`; `NULL` if @code is `NULL` or no such result
 *
 * Since: 1.0
 */
const char *
q_ssl_verification_reason (const char *code)
{
  if (code == NULL)
    return NULL;

  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    if (strcmp (reasons[i].code, code) == 0)
      return q_gettext (reasons[i].reason);

  return NULL;
}
