/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-x509-key-private.h"

#include <string.h>

QX509KeyId
q_x509_get_certificate_key_id (gnutls_x509_crt_t certificate)
{
  QX509KeyId id = { FALSE };
  gsize size = sizeof id.hash;

  id.is_known =
    gnutls_x509_crt_get_key_id (certificate, GNUTLS_KEYID_USE_SHA256, id.hash, &size) >= 0;

  return id;
}

QX509KeyId
q_x509_get_private_key_id (gnutls_x509_privkey_t key)
{
  QX509KeyId id = { FALSE };
  gsize size = sizeof id.hash;

  id.is_known =
    gnutls_x509_privkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, id.hash, &size) >= 0;

  return id;
}

gboolean
q_x509_key_ids_match (const QX509KeyId *a,
                      const QX509KeyId *b)
{
  return a->is_known && b->is_known && memcmp (a->hash, b->hash, sizeof a->hash) == 0;
}

const char *
q_x509_key_name (int algorithm)
{
  switch (algorithm)
    {
    case GNUTLS_PK_RSA:
      return "RSA";
    case GNUTLS_PK_RSA_PSS:
      return "RSA-PSS";
    case GNUTLS_PK_DSA:
      return "DSA";
    case GNUTLS_PK_DH:
      return "DH";
    case GNUTLS_PK_ECDSA:
      return "EC";
    case GNUTLS_PK_EDDSA_ED25519:
      return "Ed25519";
    case GNUTLS_PK_EDDSA_ED448:
      return "Ed448";
    case GNUTLS_PK_ECDH_X25519:
      return "X25519";
    case GNUTLS_PK_ECDH_X448:
      return "X448";
    default:
      return NULL;
    }
}

/* A function that is to ask the user for a password, and does not. */
static int
refuse_to_ask (void       *user_data,
               int         attempt,
               const char *token_url,
               const char *token_label,
               unsigned    flags,
               char       *pin,
               size_t      pin_max)
{
  /* GnuTLS returns this as the result of the import. */
  return GNUTLS_E_DECRYPTION_FAILED;
}

int
q_x509_init_private_key (gnutls_x509_privkey_t *key)
{
  int result = gnutls_x509_privkey_init (key);

  if (result < 0)
    {
      *key = NULL;
      return result;
    }

  gnutls_x509_privkey_set_pin_function (*key, refuse_to_ask, NULL);

  return result;
}
