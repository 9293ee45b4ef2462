/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-x509-chain-private.h"

gboolean
q_x509_is_self_issued (gnutls_x509_crt_t certificate)
{
  return gnutls_x509_crt_check_issuer (certificate, certificate) != 0;
}

/* The index of a certificate that is not used yet and issued @certificate; @n if there is none. */
static guint
find_issuer (gnutls_x509_crt_t        certificate,
             const gnutls_x509_crt_t *certificates,
             const gboolean          *is_used,
             guint                    n)
{
  guint i = 0;

  while (i < n &&
         (is_used[i] || !gnutls_x509_crt_check_issuer (certificate, certificates[i])))
    i++;

  return i;
}

guint
q_x509_sort_chain (const gnutls_x509_crt_t *certificates,
                   guint                    n,
                   gnutls_x509_crt_t       *sorted,
                   guint                    max)
{
  g_autofree gboolean *is_used = g_new0 (gboolean, n);
  guint next = 0;
  guint n_sorted = 0;

  while (next < n && n_sorted < max)
    {
      gnutls_x509_crt_t certificate = certificates[next];

      is_used[next] = TRUE;
      sorted[n_sorted++] = certificate;
      next = q_x509_is_self_issued (certificate) ? n :
             find_issuer (certificate, certificates, is_used, n);
    }

  return n_sorted;
}
