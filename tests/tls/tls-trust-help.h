/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib/gstdio.h>

#include "q-tls-verify-private.h"
#include "tls-help.h"

#define V(name) "X509_V_ERR_" name

/* What is presented, as text. */
static inline char *
join (const char *presented)
{
  g_auto (GStrv) names = g_strsplit (presented, " ", -1);
  g_autoptr (GString) pem = g_string_new (NULL);

  for (guint i = 0; names[i] != NULL; i++)
    g_string_append (pem, test_certs_pem (certs, names[i]));

  return g_string_free (g_steal_pointer (&pem), FALSE);
}

static inline QSslCertificate *
present (const char *presented)
{
  g_autofree char *pem = join (presented);

  return load_pem (pem);
}

static inline GPtrArray *
read_authorities (const char *name)
{
  g_autofree char *file = g_strconcat (name, ".pem", NULL);
  GError *error = NULL;
  GPtrArray *list = q_tls_trust_read_ca_file (test_certs_path (certs, file), "set_ca", &error);

  g_assert_no_error (error);

  return list;
}

/* @crl: the text of a revocation list, or NULL. */
static inline QTlsTrust *
make_trust (const char *root,
            const char *crl)
{
  g_autoptr (GPtrArray) authorities = read_authorities (root);
  g_autoptr (GPtrArray) crls = NULL;
  GError *error = NULL;
  QTlsTrust *trust;

  if (crl != NULL)
    {
      g_autofree char *path = NULL;
      int fd = g_file_open_tmp ("qsocket-crl-XXXXXX", &path, &error);

      g_assert_no_error (error);
      g_file_set_contents (path, crl, -1, &error);
      g_assert_no_error (error);
      crls = q_tls_trust_read_crl_file (path, "set_crl", &error);
      g_assert_no_error (error);
      g_close (fd, NULL);
      g_unlink (path);
    }

  trust = q_tls_trust_new (authorities, NULL, crls, &error);
  g_assert_no_error (error);

  return trust;
}

static inline const char *
verify (QTlsTrust  *trust,
        const char *presented,
        const char *host)
{
  g_autoptr (QSslCertificate) peer = present (presented);

  return q_tls_verify (trust, peer, host, TRUE);
}
