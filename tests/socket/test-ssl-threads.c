/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

/* One thread does all that the peer does, for GnuTLS bears no two of them. */
typedef struct
{
  TestTlsPeer *peer;
  const guint8 *bytes;
  gsize length;
  guint n_updates;      /* spread over what is sent */
  gsize n_sent;
  gsize n_received;
} Both;

static gssize
pull_at_once (gnutls_transport_ptr_t  data,
              void                   *buffer,
              gsize                   size)
{
  TestTlsPeer *peer = data;
  gssize n = recv (peer->fd, buffer, size, MSG_DONTWAIT);

  if (n < 0)
    gnutls_transport_set_errno (peer->session, errno);

  return n;
}

static gssize
push_at_once (gnutls_transport_ptr_t  data,
              const void             *bytes,
              gsize                   length)
{
  TestTlsPeer *peer = data;
  gssize n = send (peer->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

  if (n < 0)
    gnutls_transport_set_errno (peer->session, errno);

  return n;
}

static gboolean
try_again (gssize n)
{
  return n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED;
}

static void
receive_some (Both *self)
{
  guint8 buffer[16384];
  gssize n = gnutls_record_recv (self->peer->session, buffer, sizeof buffer);

  if (try_again (n))
    return;
  g_assert_cmpint (n, >, 0);
  g_assert_cmpuint (self->n_received + (gsize) n, <=, self->length);
  g_assert_cmpint (memcmp (buffer, self->bytes + self->n_received, (gsize) n), ==, 0);
  self->n_received += (gsize) n;
}

static gpointer
both_ways (gpointer data)
{
  Both *self = data;
  gnutls_session_t session = self->peer->session;
  gsize next_update = self->n_updates > 0 ? self->length / (self->n_updates + 1) : G_MAXSIZE;
  gsize piece = 0;

  while (self->n_sent < self->length || self->n_received < self->length)
    {
      struct pollfd pollfd = { self->peer->fd, POLLIN, 0 };

      if (self->n_sent < self->length)
        pollfd.events |= POLLOUT;
      if (gnutls_record_check_pending (session) == 0)
        poll (&pollfd, 1, -1);

      if (self->n_received < self->length)
        receive_some (self);
      if (self->n_sent < self->length)
        {
          gssize n;

          if (piece == 0 && self->n_sent >= next_update)
            {
              int result;

              do
                result = gnutls_session_key_update (session, GNUTLS_KU_PEER);
              while (try_again (result));
              g_assert_cmpint (result, ==, 0);
              next_update += self->length / (self->n_updates + 1);
            }
          if (piece == 0)
            piece = MIN (self->length - self->n_sent, 16384);
          n = gnutls_record_send (session, self->bytes + self->n_sent, piece);
          if (try_again (n))
            continue;
          g_assert_cmpint (n, >, 0);
          self->n_sent += (gsize) n;
          piece = 0;
        }
    }

  return NULL;
}

typedef struct
{
  QSocket *sock;
  const guint8 *bytes;
  gsize length;
} Writer;

static gpointer
write_all (gpointer data)
{
  Writer *self = data;
  GError *error = NULL;

  for (gsize done = 0; done < self->length;)
    {
      gsize part = MIN (self->length - done, 1 + done % 100000);

      q_socket_send_data (self->sock, self->bytes + done, part, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      done += part;
    }

  return NULL;
}

static void
run_both (gboolean     is_server,
          const char  *version,
          gsize        length,
          guint        n_updates,
          int          buffer_size)
{
  g_autofree guint8 *bytes = test_pattern (length);
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (is_server, version, &peer);
  Both both = { peer, bytes, length, n_updates };
  Writer writer = { sock, bytes, length };
  GThread *threads[2];

  if (buffer_size > 0)
    {
      int fd = q_socket_get_socket (sock);

      setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &buffer_size, sizeof buffer_size);
      setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &buffer_size, sizeof buffer_size);
      setsockopt (peer->fd, SOL_SOCKET, SO_SNDBUF, &buffer_size, sizeof buffer_size);
      setsockopt (peer->fd, SOL_SOCKET, SO_RCVBUF, &buffer_size, sizeof buffer_size);
    }
  gnutls_transport_set_pull_function (peer->session, pull_at_once);
  gnutls_transport_set_push_function (peer->session, push_at_once);

  threads[0] = test_thread (both_ways, &both);
  threads[1] = test_thread (write_all, &writer);
  for (gsize done = 0; done < length;)
    {
      gsize part = MIN (length - done, 1 + done % 70000);

      test_expect_bytes (sock, (gssize) part, bytes + done, part);
      done += part;
    }
  g_thread_join (threads[0]);
  g_thread_join (threads[1]);
}

static void
test_key_updates (void)
{
  /* GnuTLS bears eight of them in a second. */
  for (int times = 0; times < 6; times++)
    run_both (times % 2 != 0, TEST_TLS_13, 4 * 1024 * 1024, 6, 0);
}

static void
test_small_buffers (gconstpointer version)
{
  run_both (FALSE, version, 20 * 1024 * 1024, 0, 64 * 1024);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/ssl-threads/key-updates", test_key_updates);
  g_test_add_data_func ("/socket/ssl-threads/small-buffers/tls1.2", TEST_TLS_12,
                        test_small_buffers);
  g_test_add_data_func ("/socket/ssl-threads/small-buffers/tls1.3", TEST_TLS_13,
                        test_small_buffers);

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
