/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* GnuTLS by itself, with its default transport: the base of the others. */

#include "config.h"

#include "bench-tls.h"

#include <gnutls/gnutls.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  gnutls_session_t session;
  int fd;
} End;

typedef struct
{
  BenchAddress address;
  int fd;
} Listener;

static void
check (int         result,
       const char *what)
{
  g_autoptr (GError) error = NULL;

  if (result >= 0)
    return;
  error = g_error_new_literal (G_TLS_ERROR, G_TLS_ERROR_MISC, gnutls_strerror (result));
  bench_fail (what, error);
}

static gnutls_datum_t
datum (const char *text)
{
  return (gnutls_datum_t) { (guchar *) text, (guint) strlen (text) };
}

static gnutls_certificate_credentials_t
new_credentials (void)
{
  const BenchTlsIdentity *identity = bench_tls_get_identity ();
  gnutls_datum_t certificate = datum (identity->certificate);
  gnutls_datum_t key = datum (identity->key);
  gnutls_datum_t ca = datum (identity->ca);
  gnutls_certificate_credentials_t credentials;

  check (gnutls_certificate_allocate_credentials (&credentials), "credentials");
  check (gnutls_certificate_set_x509_trust_mem (credentials, &ca, GNUTLS_X509_FMT_PEM), "trust");
  check (gnutls_certificate_set_x509_key_mem (credentials, &certificate, &key,
                                              GNUTLS_X509_FMT_PEM), "key");

  return credentials;
}

static End *
new_end (int   fd,
         guint role)
{
  static gnutls_certificate_credentials_t credentials[2];
  static gnutls_priority_t priority;
  gnutls_certificate_credentials_t *mine = &credentials[role == GNUTLS_CLIENT];
  End *end = g_new0 (End, 1);
  int result;

  if (*mine == NULL)
    *mine = new_credentials ();
  if (g_once_init_enter (&priority))
    {
      gnutls_priority_t value;

      check (gnutls_priority_init (&value, BENCH_TLS_PRIORITY, NULL), "priority");
      g_once_init_leave (&priority, value);
    }

  end->fd = fd;
  check (gnutls_init (&end->session, role), "gnutls_init");
  check (gnutls_priority_set (end->session, priority), "priority");
  check (gnutls_credentials_set (end->session, GNUTLS_CRD_CERTIFICATE, *mine), "credentials");
  if (role == GNUTLS_CLIENT)
    gnutls_session_set_verify_cert (end->session, BENCH_TLS_HOST, 0);
  gnutls_transport_set_int (end->session, fd);

  do
    result = gnutls_handshake (end->session);
  while (result < 0 && !gnutls_error_is_fatal (result));
  check (result, "gnutls_handshake");

  return end;
}

static gpointer
gnutls_end_listen (BenchAddress *address)
{
  Listener *listener = g_new0 (Listener, 1);

  listener->fd = bench_listen (BENCH_TCP, NULL, address);
  listener->address = *address;

  return listener;
}

static gpointer
gnutls_end_accept (gpointer data)
{
  Listener *listener = data;

  return new_end (bench_accept (listener->fd, &listener->address), GNUTLS_SERVER);
}

static gpointer
gnutls_end_connect (const BenchAddress *address)
{
  return new_end (bench_connect (address), GNUTLS_CLIENT);
}

static void
gnutls_end_send (gpointer      data,
                 const guint8 *bytes,
                 gsize         size)
{
  End *end = data;
  gsize done = 0;

  while (done < size)
    {
      gssize n = gnutls_record_send (end->session, bytes + done, size - done);

      if (n > 0)
        done += (gsize) n;
      else if (n < 0 && gnutls_error_is_fatal ((int) n))
        check ((int) n, "gnutls_record_send");
    }
}

static void
gnutls_end_receive (gpointer  data,
                    guint8   *buffer,
                    gsize     size)
{
  End *end = data;
  gsize done = 0;

  while (done < size)
    {
      gssize n = gnutls_record_recv (end->session, buffer + done, size - done);

      if (n == 0)
        bench_fail ("gnutls_record_recv", NULL);
      if (n > 0)
        done += (gsize) n;
      else if (gnutls_error_is_fatal ((int) n))
        check ((int) n, "gnutls_record_recv");
    }
}

static void
gnutls_end_close (gpointer data)
{
  End *end = data;

  gnutls_bye (end->session, GNUTLS_SHUT_WR);
  gnutls_deinit (end->session);
  close (end->fd);
  g_free (end);
}

const BenchTlsLibrary bench_tls_gnutls = {
  gnutls_end_listen, gnutls_end_accept, gnutls_end_connect, gnutls_end_send, gnutls_end_receive,
  gnutls_end_close,
};
