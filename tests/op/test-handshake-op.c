/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "drivers.h"
#include "links.h"
#include "q-accept-ssl-op-private.h"
#include "q-handshake-op-private.h"
#include "q-op-chain-private.h"
#include "q-shutdown-ssl-op-private.h"
#include "q-send-op-private.h"
#include "test-certs.h"

/* The operations of TLS, under both drivers. */

static TestCerts *certs;

/* ---- one side of a session ---- */

typedef struct
{
  QChannel *channel;
  QTlsConfig *config;
  gboolean is_server;
  Driver drive;
  int timeout_ms;
  GCancellable *cancellable;
  GError *error;
} Side;

static QTlsConfig *
new_config (gboolean is_server)
{
  QTlsConfig *config = q_tls_config_copy (NULL);
  GError *error = NULL;

  if (is_server)
    {
      config->certificate = q_ssl_certificate_new_from_pem (test_certs_pem (certs, "leaf"), &error);
      config->key = q_ssl_private_key_new_from_pem (test_certs_key (certs, "leaf"), NULL, &error);
      q_tls_config_join (config, Q_SOCKET_ERROR_CERTIFICATE, &error);
    }
  else
    {
      config->authorities = q_tls_trust_read_ca_file (test_certs_path (certs, "root.pem"), "test",
                                                      &error);
    }
  g_assert_no_error (error);

  return config;
}

static void
open_sides (Side   sides[2],
            Driver drive)
{
  int fds[2];

  make_tcp_pair (fds);
  for (int i = 0; i < 2; i++)
    sides[i] = (Side) {
      .channel = q_channel_new (fds[i], i == 0 ? Q_CHANNEL_CLIENT : Q_CHANNEL_ACCEPTED,
                                G_SOCKET_FAMILY_IPV4, SOCK_STREAM, FALSE, TRUE),
      .config = new_config (i == 1),
      .is_server = i == 1,
      .drive = drive,
      .timeout_ms = ENOUGH,
    };
}

static void
close_sides (Side sides[2])
{
  for (int i = 0; i < 2; i++)
    {
      q_channel_unref (sides[i].channel);
      q_tls_config_unref (sides[i].config);
      g_clear_error (&sides[i].error);
    }
}

static gpointer
shake_hands (gpointer data)
{
  Side *side = data;
  QHandshakeOp op;

  g_assert_true (q_channel_enter (side->channel));
  q_handshake_op_init (&op, "shake hands with", side->channel, &no_sink, side->config,
                       side->is_server ? NULL : "localhost", side->is_server);
  side->error = side->drive (&op.parent, side->timeout_ms, side->cancellable);
  g_assert_true ((op.transport != NULL) == (side->error == NULL));
  if (op.transport != NULL)
    q_channel_set_transport (side->channel, &op.transport->session.parent);
  q_channel_leave (side->channel);

  return NULL;
}

static void
shake_both (Side sides[2])
{
  GThread *thread = g_thread_new ("server", shake_hands, &sides[1]);

  shake_hands (&sides[0]);
  g_thread_join (thread);
}

/* ---- sending and receiving ---- */

static void
send_bytes (Side       *side,
            const void *bytes,
            gsize       length)
{
  QSendOp op;

  q_send_op_init (&op, "write to", side->channel, &no_sink, bytes, length, NULL, 0);
  g_assert_no_error (side->drive (&op.parent, ENOUGH, NULL));
}

static void
expect_bytes (Side       *side,
              const void *bytes,
              gsize       length)
{
  QRecvOp op;

  q_recv_op_init (&op, "read from", side->channel, &no_sink, Q_RECV_TO_BYTES, (gssize) length, 0);
  g_assert_no_error (side->drive (&op.parent, ENOUGH, NULL));
  g_assert_cmpmem (g_bytes_get_data (op.bytes, NULL), g_bytes_get_size (op.bytes), bytes, length);
  g_bytes_unref (op.bytes);
}

static void
test_session (gconstpointer data)
{
  Side sides[2];

  open_sides (sides, drivers[GPOINTER_TO_INT (data)].drive);
  shake_both (sides);
  g_assert_no_error (sides[0].error);
  g_assert_no_error (sides[1].error);

  send_bytes (&sides[0], "hello", 5);
  expect_bytes (&sides[1], "hello", 5);
  send_bytes (&sides[1], "hello back", 10);
  expect_bytes (&sides[0], "hello back", 10);

  close_sides (sides);
}

/* ---- the end ---- */

static gpointer
end_session (gpointer data)
{
  Side *side = data;
  QShutdownSslOp op;

  q_shutdown_ssl_op_init (&op, "end with", side->channel, &no_sink, 0);
  g_assert_no_error (side->drive (&op.parent, ENOUGH, NULL));
  g_assert_true (q_channel_set_transport (side->channel, NULL));

  return NULL;
}

static void
test_end (gconstpointer data)
{
  GThread *thread;
  Side sides[2];

  open_sides (sides, drivers[GPOINTER_TO_INT (data)].drive);
  shake_both (sides);

  /* Bytes that were still on their way are not lost. */
  send_bytes (&sides[0], "encrypted", 9);
  thread = g_thread_new ("server", end_session, &sides[1]);
  end_session (&sides[0]);
  g_thread_join (thread);
  send_bytes (&sides[0], "clear", 5);
  expect_bytes (&sides[1], "encryptedclear", 14);

  close_sides (sides);
}

/* ---- handshakes that do not end ---- */

/* GIO's thread drops its reference to the handshake's context a moment after the end. */
static void
expect_fds (guint n_fds)
{
  gint64 start = g_get_monotonic_time ();

  while (test_count_fds () != n_fds && test_elapsed_ms (start) < ENOUGH)
    g_thread_yield ();
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
test_time_out (gconstpointer data)
{
  guint n_fds;
  gint64 start;
  Side sides[2];

  /* GIO opens a descriptor with its first task, and keeps it. */
  g_type_ensure (G_TYPE_TASK);
  n_fds = test_count_fds ();

  for (int i = 0; i < 2; i++)
    {
      /* A peer that sends nothing, and one that sends a byte and then nothing. */
      for (int n = 0; n < 2; n++)
        {
          open_sides (sides, drivers[GPOINTER_TO_INT (data)].drive);
          test_write (sides[!i].channel->fd, "\x16", (gsize) n);
          sides[i].timeout_ms = 60;
          start = g_get_monotonic_time ();
          shake_hands (&sides[i]);
          test_assert_error (sides[i].error, Q_SOCKET_ERROR_TIMEOUT);
          check_not_early (start, 60);
          close_sides (sides);
        }
    }

  expect_fds (n_fds);
}

static gpointer
cancel_thread (gpointer data)
{
  Side *peer = data;
  guint8 hello[5];

  /* The client's first bytes show that GIO's thread is at work. */
  g_assert_cmpint (recv (peer->channel->fd, hello, sizeof hello, MSG_WAITALL), ==, sizeof hello);
  g_cancellable_cancel (peer->cancellable);

  return NULL;
}

static void
test_cancel (gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GThread *thread;
  Side sides[2];

  open_sides (sides, drivers[GPOINTER_TO_INT (data)].drive);
  sides[0].cancellable = sides[1].cancellable = cancellable;
  thread = g_thread_new ("cancel", cancel_thread, &sides[1]);
  shake_hands (&sides[0]);
  g_assert_error (sides[0].error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
  close_sides (sides);
}

static void
test_close (gconstpointer data)
{
  Side sides[2];

  open_sides (sides, drivers[GPOINTER_TO_INT (data)].drive);
  close (sides[1].channel->fd);
  sides[1].channel->fd = -1;
  shake_hands (&sides[0]);
  test_assert_error (sides[0].error, Q_SOCKET_ERROR_CLOSED);
  close_sides (sides);
}

/* ---- accepting clients that send ---- */

static void
test_accept_ssl (gconstpointer data)
{
  Driver drive = drivers[GPOINTER_TO_INT (data)].drive;
  QAddress address;
  g_autoptr (QChannel) listener = make_listener (&address);
  g_autoptr (GError) error = NULL;
  QAcceptSslOp op;
  int fds[3];

  for (int i = 0; i < 3; i++)
    {
      fds[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      g_assert_no_errno (connect (fds[i], &address.sa, address.length));
    }
  test_write_text (fds[1], "x");

  q_accept_ssl_op_init (&op, "accept on", listener, &no_sink);
  g_assert_no_error (drive (&op.parent, ENOUGH, NULL));
  q_accept_ssl_op_clear (&op);
  g_assert_cmpint (op.accept.fd, >=, 0);
  test_expect (op.accept.fd, "x", 1);
  close (op.accept.fd);

  /* The two others were kept, and are closed when the time is up. */
  q_accept_ssl_op_init (&op, "accept on", listener, &no_sink);
  error = drive (&op.parent, 20, NULL);
  q_accept_ssl_op_clear (&op);
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  for (int i = 0; i < 3; i++)
    {
      char byte;

      g_assert_cmpint (recv (fds[i], &byte, 1, 0), <=, 0);
      close (fds[i]);
    }

  q_accept_ssl_op_init (&op, "accept on", listener, &no_sink);
  g_assert_no_error (drive (&op.parent, 20, NULL));
  q_accept_ssl_op_clear (&op);
  g_assert_cmpint (op.accept.fd, ==, -1);
}

/* ---- a chain of operations ---- */

typedef struct
{
  QRecvOp first;
  QRecvOp second;
  guint n_next;
} TwoReads;

static QOp *
read_on (QOpChain *chain,
         QOp      *done)
{
  TwoReads *reads = chain->data;

  return reads->n_next++ == 0 ? &reads->second.parent : NULL;
}

static void
test_chain (gconstpointer data)
{
  Driver drive = drivers[GPOINTER_TO_INT (data)].drive;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  TwoReads reads = { .n_next = 0 };
  QOpChain chain;
  Link link;

  link_open (&link, TEST_TCP4);
  test_write_text (link.peer, "abcd");
  q_recv_op_init (&reads.first, "read from", link.channel, &no_sink, Q_RECV_TO_BYTES, 2, 0);
  q_recv_op_init (&reads.second, "read on from", link.channel, &no_sink, Q_RECV_TO_BYTES, 2, 0);
  q_op_chain_init (&chain, &reads.first.parent, read_on, &reads);
  g_assert_no_error (drive (&chain.parent, ENOUGH, NULL));
  g_assert_cmpuint (reads.n_next, ==, 2);
  g_assert_cmpmem (g_bytes_get_data (reads.second.bytes, NULL), 2, "cd", 2);
  g_bytes_unref (reads.first.bytes);
  g_bytes_unref (reads.second.bytes);

  /* One deadline for both operations; the bytes that came stay. */
  reads.n_next = 0;
  test_write_text (link.peer, "abc");
  q_recv_op_init (&reads.first, "read from", link.channel, &no_sink, Q_RECV_TO_BYTES, 2, 0);
  q_recv_op_init (&reads.second, "read on from", link.channel, &no_sink, Q_RECV_TO_BYTES, 2, 0);
  q_op_chain_init (&chain, &reads.first.parent, read_on, &reads);
  error = drive (&chain.parent, 40, NULL);
  g_assert_nonnull (strstr (error->message, "read on from"));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  check_not_early (start, 40);
  g_bytes_unref (reads.first.bytes);
  g_assert_cmpuint (q_recv_buffer_length (&link.channel->in), ==, 1);
  link_close (&link);
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char *name;
    void (*run) (gconstpointer data);
  } cases[] = {
    { "handshake/session", test_session },
    { "handshake/end", test_end },
    { "handshake/time-out", test_time_out },
    { "handshake/cancel", test_cancel },
    { "handshake/peer-closes", test_close },
    { "accept-ssl/silent", test_accept_ssl },
    { "chain/reads", test_chain },
  };
  int result;

  g_test_init (&argc, &argv, NULL);

  certs = test_certs_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (drivers); k++)
      {
        g_autofree char *path = g_strdup_printf ("/op/%s/%s", cases[i].name, drivers[k].name);

        g_test_add_data_func (path, GINT_TO_POINTER (k), cases[i].run);
      }

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
