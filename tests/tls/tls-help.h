/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "q-socket-error.h"
#include "q-ssl-certificate.h"
#include "test-certs.h"
#include "test-openssl.h"

/* The zoo of the program. */
static TestCerts *certs;

static inline QSslCertificate *
load_pem (const char *pem)
{
  GError *error = NULL;
  QSslCertificate *certificate = q_ssl_certificate_new_from_pem (pem, &error);

  g_assert_no_error (error);
  g_assert_nonnull (certificate);

  return certificate;
}

static inline QSslCertificate *
load (const char *name)
{
  return load_pem (test_certs_pem (certs, name));
}

static inline QSslCertificate *
load_cert (TestCert *cert)
{
  g_autofree char *pem = test_cert_get_pem (cert);

  return load_pem (pem);
}

/* That nothing was made, with this error, which is cleared. */
static inline void
assert_refused (gconstpointer   made,
                GError        **error,
                QSocketError    code,
                const char     *pattern)
{
  g_assert_null (made);
  g_assert_error (*error, Q_SOCKET_ERROR, (int) code);
  if (!g_pattern_match_simple (pattern, (*error)->message))
    g_error ("'%s' does not match '%s'", (*error)->message, pattern);
  g_clear_error (error);
}

/* A test case for each element of @list, called after the element. */
#define ADD_ALL(prefix, list, function) \
  for (guint i = 0; i < G_N_ELEMENTS (list); i++) \
    { \
      g_autofree char *path = g_strconcat (prefix "/", list[i].name, NULL); \
      g_test_add_data_func (path, &list[i], function); \
    }
