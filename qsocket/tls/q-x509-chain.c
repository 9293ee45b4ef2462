/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-x509-private.h"

gboolean
q_x509_signs_itself (gnutls_x509_crt_t certificate)
{
  return gnutls_x509_crt_check_issuer (certificate, certificate) != 0;
}

/* The one not yet taken that issued @certificate, or @n. */
static guint
find_issuer (gnutls_x509_crt_t        certificate,
             const gnutls_x509_crt_t *certificates,
             const gboolean          *is_taken,
             guint                    n)
{
  guint i = 0;

  while (i < n &&
         (is_taken[i] || !gnutls_x509_crt_check_issuer (certificate, certificates[i])))
    i++;

  return i;
}

guint
q_x509_sort_chain (const gnutls_x509_crt_t *certificates,
                   guint                    n,
                   gnutls_x509_crt_t       *sorted,
                   guint                    max)
{
  g_autofree gboolean *is_taken = g_new0 (gboolean, n);
  guint next = 0;
  guint n_sorted = 0;

  while (next < n && n_sorted < max)
    {
      gnutls_x509_crt_t certificate = certificates[next];

      is_taken[next] = TRUE;
      sorted[n_sorted++] = certificate;
      next = q_x509_signs_itself (certificate) ? n :
             find_issuer (certificate, certificates, is_taken, n);
    }

  return n_sorted;
}
