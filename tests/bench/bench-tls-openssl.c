/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* OpenSSL. */

#include "config.h"

#include "bench-tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* What GnuTLS chooses by itself. */
#define GROUP "P-256"
#define SUITE "TLS_AES_256_GCM_SHA384"

typedef struct
{
  BenchAddress address;
  int fd;
  SSL_CTX *context;
} Listener;

static void
check (gboolean    ok,
       const char *what)
{
  g_autoptr (GError) error = NULL;

  if (ok)
    return;
  error = g_error_new_literal (G_TLS_ERROR, G_TLS_ERROR_MISC,
                               ERR_error_string (ERR_get_error (), NULL));
  bench_fail (what, error);
}

static SSL_CTX *
new_context (const SSL_METHOD *method)
{
  SSL_CTX *context = SSL_CTX_new (method);

  check (context != NULL, "SSL_CTX_new");
  check (SSL_CTX_set_min_proto_version (context, TLS1_3_VERSION) == 1, "version");
  check (SSL_CTX_set_ciphersuites (context, SUITE) == 1, "ciphersuites");
  check (SSL_CTX_set1_groups_list (context, GROUP) == 1, "groups");
  SSL_CTX_set_session_cache_mode (context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets (context, 0);

  return context;
}

static SSL_CTX *
new_server_context (void)
{
  const BenchTlsIdentity *identity = bench_tls_get_identity ();
  SSL_CTX *context = new_context (TLS_server_method ());
  BIO *certificate_bio = BIO_new_mem_buf (identity->certificate, -1);
  BIO *key_bio = BIO_new_mem_buf (identity->key, -1);
  X509 *certificate = PEM_read_bio_X509 (certificate_bio, NULL, NULL, NULL);
  EVP_PKEY *key = PEM_read_bio_PrivateKey (key_bio, NULL, NULL, NULL);

  check (SSL_CTX_use_certificate (context, certificate) == 1, "certificate");
  check (SSL_CTX_use_PrivateKey (context, key) == 1, "key");
  X509_free (certificate);
  EVP_PKEY_free (key);
  BIO_free (certificate_bio);
  BIO_free (key_bio);

  return context;
}

static SSL_CTX *
new_client_context (void)
{
  SSL_CTX *context = new_context (TLS_client_method ());
  X509_VERIFY_PARAM *parameters = SSL_CTX_get0_param (context);

  check (SSL_CTX_load_verify_file (context, bench_tls_get_identity ()->ca_file) == 1, "trust");
  check (X509_VERIFY_PARAM_set1_ip_asc (parameters, BENCH_TLS_HOST) == 1, "host");
  SSL_CTX_set_verify (context, SSL_VERIFY_PEER, NULL);

  return context;
}

static SSL *
new_end (SSL_CTX *context,
         int      fd)
{
  SSL *end = SSL_new (context);
  BIO *bio = BIO_new_socket (fd, BIO_CLOSE);

  check (end != NULL && bio != NULL, "SSL_new");
  SSL_set_bio (end, bio, bio);

  return end;
}

static gpointer
openssl_listen (BenchAddress *address)
{
  Listener *listener = g_new0 (Listener, 1);

  listener->fd = bench_listen (BENCH_TCP, NULL, address);
  listener->address = *address;
  listener->context = new_server_context ();

  return listener;
}

static gpointer
openssl_accept (gpointer data)
{
  Listener *listener = data;
  SSL *end = new_end (listener->context, bench_accept (listener->fd, &listener->address));

  check (SSL_accept (end) == 1, "SSL_accept");

  return end;
}

static gpointer
openssl_connect (const BenchAddress *address)
{
  static SSL_CTX *context;
  SSL *end;

  if (context == NULL)
    context = new_client_context ();
  end = new_end (context, bench_connect (address));
  check (SSL_connect (end) == 1, "SSL_connect");

  return end;
}

static void
openssl_send (gpointer      end,
              const guint8 *bytes,
              gsize         size)
{
  gsize done;

  check (SSL_write_ex (end, bytes, size, &done) == 1, "SSL_write");
}

static void
openssl_receive (gpointer  end,
                 guint8   *buffer,
                 gsize     size)
{
  gsize done = 0;

  while (done < size)
    {
      gsize n;

      check (SSL_read_ex (end, buffer + done, size - done, &n) == 1, "SSL_read");
      done += n;
    }
}

static void
openssl_close (gpointer end)
{
  SSL_shutdown (end);
  SSL_free (end);
}

const BenchTlsLibrary bench_tls_openssl = {
  openssl_listen, openssl_accept, openssl_connect, openssl_send, openssl_receive, openssl_close,
};
