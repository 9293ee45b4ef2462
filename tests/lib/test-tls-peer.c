/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/abstract.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DRIP_MS 5

/* After so much silence a peer that has flipped a bit takes it that both sides wait. */
#define STALL_MS 500

static void
check (int result)
{
  if (result < 0)
    g_error ("GnuTLS: %s", gnutls_strerror (result));
}

/* ---- certificates ---- */

static TestCerts *certs;

TestCerts *
test_tls_certs (void)
{
  static gsize done;

  if (g_once_init_enter (&done))
    {
      certs = test_certs_new ();
      g_once_init_leave (&done, 1);
    }

  return certs;
}

void
test_tls_certs_free (void)
{
  test_certs_free (test_tls_certs ());
}

void
test_tls_prepare (QSocket  *sock,
                  gboolean  is_server)
{
  g_autoptr (QSslCertificate) root = NULL;
  GError *error = NULL;

  if (is_server)
    {
      q_socket_set_certificate_pem (sock, test_certs_pem (test_tls_certs (), "leaf"), &error);
      g_assert_no_error (error);
      q_socket_set_private_key_pem (sock, test_certs_key (test_tls_certs (), "leaf"), NULL,
                                    &error);
      g_assert_no_error (error);
      return;
    }

  root = q_ssl_certificate_new_from_pem (test_certs_pem (test_tls_certs (), "root"), &error);
  g_assert_no_error (error);
  q_socket_add_ssl_trust (sock, root);
  q_socket_set_ssl_server_name (sock, "localhost");
}

/* ---- the wire ---- */

/* Does what the fault is, and fails. */
static gssize
break_off (TestTlsPeer *self)
{
  struct linger linger = { 1, 0 };

  if (!self->is_broken && self->fault.kind == TEST_FAULT_END)
    shutdown (self->fd, SHUT_WR);
  if (!self->is_broken && self->fault.kind == TEST_FAULT_RESET)
    {
      g_assert_no_errno (setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
      close (self->fd);
      self->fd = -1;
    }
  self->is_broken = TRUE;
  gnutls_transport_set_errno (self->session, EPIPE);

  return -1;
}

static gboolean
breaks (const TestTlsPeer *self)
{
  return self->fault.kind == TEST_FAULT_END || self->fault.kind == TEST_FAULT_RESET ||
         self->fault.kind == TEST_FAULT_SILENCE;
}

static void
flip (const TestTlsPeer *self,
      guint8            *bytes,
      gsize              length,
      gsize              before)
{
  gsize offset = self->fault.offset;

  if (self->fault.kind == TEST_FAULT_FLIP && offset >= before && offset < before + length)
    bytes[offset - before] ^= (guint8) (1 << offset * 5 % 8);
}

static gssize
push (gnutls_transport_ptr_t  data,
      const void             *bytes,
      gsize                   length)
{
  TestTlsPeer *self = data;
  g_autofree guint8 *copy = NULL;
  gssize n;

  if (self->captured != NULL)
    {
      g_byte_array_append (self->captured, bytes, length);
      return (gssize) length;
    }

  if (self->is_broken || (breaks (self) && self->fault.of_sent &&
                          self->n_sent == self->fault.offset))
    return break_off (self);
  if (breaks (self) && self->fault.of_sent)
    length = MIN (length, self->fault.offset - self->n_sent);
  if (self->fault.kind == TEST_FAULT_DRIP && self->n_sent >= self->fault.offset)
    {
      length = 1;
      g_usleep (DRIP_MS * 1000);
      if (g_atomic_int_get (&self->stop))
        return break_off (self);
    }

  copy = g_memdup2 (bytes, length);
  if (self->fault.of_sent)
    flip (self, copy, length, self->n_sent);
  while ((n = send (self->fd, copy, length, MSG_NOSIGNAL)) < 0 && errno == EINTR)
    continue;
  if (n < 0)
    gnutls_transport_set_errno (self->session, errno);
  else
    self->n_sent += (gsize) n;

  return n;
}

/* FALSE if there are none, and the stream has been ended for that. */
static gboolean
wait_for_bytes (TestTlsPeer *self)
{
  struct pollfd pollfd = { .fd = self->fd, .events = POLLIN };

  if (poll (&pollfd, 1, STALL_MS) != 0)
    return TRUE;
  shutdown (self->fd, SHUT_WR);
  self->is_stalled = TRUE;

  return FALSE;
}

static gssize
pull (gnutls_transport_ptr_t  data,
      void                   *buffer,
      gsize                   size)
{
  TestTlsPeer *self = data;
  gssize n;

  if (self->is_broken || (breaks (self) && !self->fault.of_sent &&
                          self->n_received == self->fault.offset))
    return break_off (self);
  if (breaks (self) && !self->fault.of_sent)
    size = MIN (size, self->fault.offset - self->n_received);

  if (self->fault.kind == TEST_FAULT_FLIP && !wait_for_bytes (self))
    return break_off (self);
  while ((n = recv (self->fd, buffer, size, 0)) < 0 && errno == EINTR)
    continue;
  if (n < 0)
    {
      gnutls_transport_set_errno (self->session, errno);
      return n;
    }

  if (!self->fault.of_sent)
    flip (self, buffer, (gsize) n, self->n_received);
  self->n_received += (gsize) n;

  return n;
}

static int
pull_timeout (gnutls_transport_ptr_t data,
              unsigned int           ms)
{
  return 1;
}

/* ---- the session ---- */

void
test_tls_peer_show (TestTlsPeer *self,
                    TestCert   **chain,
                    guint        n_chain,
                    guint        times)
{
  guint n = n_chain * times;
  g_autofree gnutls_pcert_st *list = g_new0 (gnutls_pcert_st, n);
  gnutls_privkey_t key;

  for (guint i = 0; i < n; i++)
    check (gnutls_pcert_import_x509 (&list[i], chain[i % n_chain]->certificate, 0));
  check (gnutls_privkey_init (&key));
  check (gnutls_privkey_import_x509 (key, chain[0]->key, GNUTLS_PRIVKEY_IMPORT_COPY));

  gnutls_certificate_free_keys (self->credentials);
  check (gnutls_certificate_set_key (self->credentials, NULL, 0, list, (int) n, key));
}

TestTlsPeer *
test_tls_peer_new (int         fd,
                   gboolean    is_server,
                   const char *priority)
{
  TestTlsPeer *self = g_new0 (TestTlsPeer, 1);
  TestCert *leaf = test_certs_get (test_tls_certs (), "leaf");

  self->fd = fd;
  self->is_server = is_server;
  check (gnutls_init (&self->session, is_server ? GNUTLS_SERVER : GNUTLS_CLIENT));
  check (gnutls_certificate_allocate_credentials (&self->credentials));
  if (is_server)
    test_tls_peer_show (self, &leaf, 1, 1);
  check (gnutls_priority_set_direct (self->session, priority != NULL ? priority : "NORMAL",
                                     NULL));
  check (gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, self->credentials));

  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_push_function (self->session, push);
  gnutls_transport_set_pull_function (self->session, pull);
  gnutls_transport_set_pull_timeout_function (self->session, pull_timeout);

  return self;
}

void
test_tls_peer_free (TestTlsPeer *self)
{
  g_assert_null (self->thread);

  gnutls_deinit (self->session);
  gnutls_certificate_free_credentials (self->credentials);
  if (self->fd >= 0)
    close (self->fd);
  if (self->captured != NULL)
    g_byte_array_unref (self->captured);
  g_free (self);
}

int
test_tls_peer_handshake (TestTlsPeer *self)
{
  int result;

  do
    result = gnutls_handshake (self->session);
  while (result < 0 && gnutls_error_is_fatal (result) == 0);

  return result;
}

static gpointer
handshake_thread (gpointer data)
{
  TestTlsPeer *self = data;
  int result = test_tls_peer_handshake (self);

  if (result < 0 && !self->is_broken)
    shutdown (self->fd, SHUT_RDWR);
  else if (result >= 0 && self->fault.kind == TEST_FAULT_FLIP)
    wait_for_bytes (self);

  return GINT_TO_POINTER (result);
}

void
test_tls_peer_start (TestTlsPeer *self)
{
  self->thread = test_thread (handshake_thread, self);
}

int
test_tls_peer_join (TestTlsPeer *self)
{
  return GPOINTER_TO_INT (g_thread_join (g_steal_pointer (&self->thread)));
}

/* ---- the data ---- */

void
test_tls_peer_send (TestTlsPeer *self,
                    const void  *bytes,
                    gsize        length)
{
  for (gsize done = 0; done < length;)
    {
      gssize n = gnutls_record_send (self->session, (const char *) bytes + done, length - done);

      check ((int) n);
      done += (gsize) n;
    }
}

/* What is only to be tried again is. */
static gssize
receive (TestTlsPeer *self,
         void        *buffer,
         gsize        size)
{
  gssize n;

  do
    n = gnutls_record_recv (self->session, buffer, size);
  while (n < 0 && gnutls_error_is_fatal ((int) n) == 0);

  return n;
}

void
test_tls_peer_expect (TestTlsPeer *self,
                      const void  *bytes,
                      gsize        length)
{
  g_autofree guint8 *got = g_malloc (length);

  for (gsize done = 0; done < length;)
    {
      gssize n = receive (self, got + done, length - done);

      check ((int) n);
      g_assert_cmpint (n, >, 0);
      done += (gsize) n;
    }
  g_assert_cmpmem (got, length, bytes, length);
}

GBytes *
test_tls_peer_read (TestTlsPeer *self,
                    gboolean    *is_clean)
{
  GByteArray *all = g_byte_array_new ();
  guint8 buffer[16384];
  gssize n;

  while ((n = receive (self, buffer, sizeof buffer)) > 0)
    g_byte_array_append (all, buffer, (guint) n);
  *is_clean = n == 0;

  return g_byte_array_free_to_bytes (all);
}

void
test_tls_peer_end (TestTlsPeer *self)
{
  check (gnutls_bye (self->session, GNUTLS_SHUT_WR));
}

void
test_tls_peer_capture (TestTlsPeer *self)
{
  g_assert_null (self->captured);
  self->captured = g_byte_array_new ();
}

GByteArray *
test_tls_peer_release (TestTlsPeer *self)
{
  return g_steal_pointer (&self->captured);
}

/* ---- connections ---- */

QSocket *
test_tls_pair (gboolean      sock_is_server,
               const char   *priority,
               TestTlsPeer **peer)
{
  GError *error = NULL;
  QSocket *sock;
  int fd;

  sock = test_pair (TEST_TCP4, &fd);
  test_tls_prepare (sock, sock_is_server);
  *peer = test_tls_peer_new (fd, !sock_is_server, priority);
  test_tls_peer_start (*peer);
  if (sock_is_server)
    q_socket_upgrade_server_to_ssl (sock, ENOUGH, NULL, &error);
  else
    q_socket_upgrade_client_to_ssl (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  check (test_tls_peer_join (*peer));

  return sock;
}

void
test_wait_fds (guint before)
{
  gint64 start = g_get_monotonic_time ();

  while (test_count_fds () > before)
    {
      g_assert_cmpint (test_elapsed_ms (start), <, ENOUGH);
      g_thread_yield ();
    }
}

QSocket *
test_adopted_pair (int *peer_fd)
{
  GError *error = NULL;
  QSocket *sock;
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
  sock = q_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  *peer_fd = fds[1];

  return sock;
}

int
test_listen_fd (char **target)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_no_errno (bind (fd, (struct sockaddr *) &address, length));
  g_assert_no_errno (listen (fd, 128));
  g_assert_no_errno (getsockname (fd, (struct sockaddr *) &address, &length));
  *target = g_strdup_printf ("127.0.0.1:%d", ntohs (address.sin_port));

  return fd;
}

int
test_accept_fd (int listener)
{
  int fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);
  int on = 1;

  g_assert_cmpint (fd, >=, 0);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  return fd;
}

int
test_connect_fd (const char *target)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  address.sin_port = htons ((guint16) atoi (strrchr (target, ':') + 1));
  g_assert_no_errno (connect (fd, (struct sockaddr *) &address, sizeof address));
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  return fd;
}
