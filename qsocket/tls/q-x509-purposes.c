/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-x509-purposes-private.h"

#include <string.h>

#include <gnutls/x509-ext.h>

#include "q-x509-chain-private.h"

#define OID_EXTENDED_KEY_USAGE "2.5.29.37"
#define OID_NETSCAPE_TYPE "2.16.840.1.113730.1.1"

#define TAG_BIT_STRING 3

/* The bits in the byte of a Netscape certificate type, an extension from before X.509 had the
 * extended key usage. */
#define NS_SSL_CLIENT 0x80
#define NS_SSL_SERVER 0x40
#define NS_SMIME 0x20
#define NS_SSL_CA 0x04
#define NS_SMIME_CA 0x02
#define NS_OBJECT_CA 0x01
#define NS_ANY_CA (NS_SSL_CA | NS_SMIME_CA | NS_OBJECT_CA)

typedef enum
{
  USE_SERVER = 1 << 0,
  USE_CLIENT = 1 << 1,
  USE_EMAIL = 1 << 2,
} ExtendedUse;

/* Where a certificate has no key usage, or no extended one, all bits are set: it allows all. */
#define ANY_USE G_MAXUINT

/* What a certificate says about its uses. */
typedef struct
{
  gboolean is_constrained;   /* there are basic constraints, which say whether it is a CA */
  gboolean is_ca;
  gboolean is_old_root;      /* of version 1, which had no extensions, and issued by itself */
  gboolean has_key_usage;
  guint key_usage;
  guint extended;            /* of ExtendedUse */
  gboolean has_netscape;
  guint netscape;
} Uses;

/* The bits that a purpose demands; 0 demands nothing. */
typedef struct
{
  const char *name;
  guint extended;            /* at least one of these */
  guint key_usage[2];        /* at least one of these in each */
  guint netscape;            /* at least one of these, if the certificate has the extension */
  guint netscape_ca;         /* the same for a CA that only the Netscape type calls a CA */
} Purpose;

#define TLS_KEY_USAGE \
  (GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT | GNUTLS_KEY_KEY_AGREEMENT)

static const Purpose purposes[] = {
  { "SSLclient", USE_CLIENT, { GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_AGREEMENT },
    NS_SSL_CLIENT, NS_SSL_CA },
  { "SSLserver", USE_SERVER, { TLS_KEY_USAGE }, NS_SSL_SERVER, NS_SSL_CA },
  { "netscapeSSLserver", USE_SERVER, { TLS_KEY_USAGE, GNUTLS_KEY_KEY_ENCIPHERMENT },
    NS_SSL_SERVER, NS_SSL_CA },
  { "SMIMEsigning", USE_EMAIL, { GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_NON_REPUDIATION },
    NS_SMIME | NS_SSL_CLIENT, NS_SMIME_CA },
  { "SMIMEencryption", USE_EMAIL, { GNUTLS_KEY_KEY_ENCIPHERMENT }, NS_SMIME | NS_SSL_CLIENT,
    NS_SMIME_CA },
  { "CRLsigning", 0, { GNUTLS_KEY_CRL_SIGN }, 0, NS_ANY_CA },
  { "anyPurpose" },
  { "OCSPhelper", .netscape_ca = NS_ANY_CA },
};

static void
add_extended_use (Uses       *uses,
                  const char *oid)
{
  static const struct { const char *oid; guint use; } known[] = {
    { GNUTLS_KP_TLS_WWW_SERVER, USE_SERVER },
    { GNUTLS_KP_TLS_WWW_CLIENT, USE_CLIENT },
    { GNUTLS_KP_EMAIL_PROTECTION, USE_EMAIL },
    /* The server-gated cryptography of Netscape and of Microsoft. */
    { "2.16.840.1.113730.4.1", USE_SERVER },
    { "1.3.6.1.4.1.311.10.3.3", USE_SERVER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (strcmp (known[i].oid, oid) == 0)
      uses->extended |= known[i].use;
}

static void
read_extended (Uses              *uses,
               gnutls_x509_crt_t  certificate)
{
  gnutls_x509_key_purposes_t list = NULL;
  gnutls_datum_t der = { NULL, 0 };
  gnutls_datum_t oid = { NULL, 0 };

  uses->extended = ANY_USE;
  if (gnutls_x509_crt_get_extension_by_oid2 (certificate, OID_EXTENDED_KEY_USAGE, 0, &der,
                                             NULL) < 0)
    return;

  uses->extended = 0;
  if (gnutls_x509_key_purpose_init (&list) >= 0)
    {
      if (gnutls_x509_ext_import_key_purposes (&der, list, 0) >= 0)
        for (guint i = 0; gnutls_x509_key_purpose_get (list, i, &oid) >= 0; i++)
          add_extended_use (uses, (const char *) oid.data);
      gnutls_x509_key_purpose_deinit (list);
    }
  gnutls_free (der.data);
}

/* The extension is a BIT STRING: its tag, its length, the number of unused bits, and then the bits,
 * which are one byte. */
static void
read_netscape (Uses              *uses,
               gnutls_x509_crt_t  certificate)
{
  gnutls_datum_t der = { NULL, 0 };

  if (gnutls_x509_crt_get_extension_by_oid2 (certificate, OID_NETSCAPE_TYPE, 0, &der, NULL) < 0)
    return;

  uses->has_netscape = TRUE;
  if (der.size >= 4 && der.data[0] == TAG_BIT_STRING)
    uses->netscape = der.data[3];
  gnutls_free (der.data);
}

static void
read_uses (Uses              *uses,
           gnutls_x509_crt_t  certificate)
{
  guint is_ca = 0;

  uses->is_constrained =
    gnutls_x509_crt_get_basic_constraints (certificate, NULL, &is_ca, NULL) >= 0;
  uses->is_ca = is_ca != 0;
  uses->is_old_root = gnutls_x509_crt_get_version (certificate) == 1 &&
                      q_x509_is_self_issued (certificate);

  uses->has_key_usage = gnutls_x509_crt_get_key_usage (certificate, &uses->key_usage, NULL) >= 0;
  if (!uses->has_key_usage)
    uses->key_usage = ANY_USE;

  read_extended (uses, certificate);
  read_netscape (uses, certificate);
}

static gboolean
may_issue (const Purpose *purpose,
           const Uses    *uses)
{
  if ((uses->key_usage & GNUTLS_KEY_KEY_CERT_SIGN) == 0)
    return FALSE;
  if (uses->is_constrained)
    return uses->is_ca;
  if (uses->is_old_root || uses->has_key_usage)
    return TRUE;

  return (uses->netscape & NS_ANY_CA) != 0 && (uses->netscape & purpose->netscape_ca) != 0;
}

static gboolean
is_allowed (const Purpose *purpose,
            const Uses    *uses,
            gboolean       as_ca)
{
  if (purpose->extended != 0 && (uses->extended & purpose->extended) == 0)
    return FALSE;
  if (as_ca)
    return purpose->netscape_ca == 0 || may_issue (purpose, uses);

  for (guint i = 0; i < G_N_ELEMENTS (purpose->key_usage); i++)
    if (purpose->key_usage[i] != 0 && (uses->key_usage & purpose->key_usage[i]) == 0)
      return FALSE;

  return purpose->netscape == 0 || !uses->has_netscape ||
         (uses->netscape & purpose->netscape) != 0;
}

GVariant *
q_x509_get_purposes (gnutls_x509_crt_t certificate)
{
  GVariantBuilder builder;
  Uses uses = { FALSE };

  read_uses (&uses, certificate);

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sb}"));
  for (guint i = 0; i < G_N_ELEMENTS (purposes); i++)
    {
      g_autofree char *ca_name = g_strconcat (purposes[i].name, "CA", NULL);

      g_variant_builder_add (&builder, "{sb}", purposes[i].name,
                             is_allowed (&purposes[i], &uses, FALSE));
      g_variant_builder_add (&builder, "{sb}", ca_name, is_allowed (&purposes[i], &uses, TRUE));
    }

  return g_variant_ref_sink (g_variant_builder_end (&builder));
}
