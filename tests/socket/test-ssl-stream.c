/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char * const versions[] = { TEST_TLS_12, TEST_TLS_13 };

/* What is encrypted, for the test to send as it likes. */
static GByteArray *
seal (TestTlsPeer *peer,
      const void  *bytes,
      gsize        length)
{
  test_tls_peer_capture (peer);
  test_tls_peer_send (peer, bytes, length);

  return test_tls_peer_release (peer);
}

/* ---- reading in vain loses nothing ---- */

static void
expect_time_out (QSocket *sock,
                 gssize   size)
{
  gint64 start = g_get_monotonic_time ();

  test_expect_failure (sock, size, 60, Q_SOCKET_ERROR_TIMEOUT);
  g_assert_cmpint (test_elapsed_ms (start), >=, 60);
}

static void
test_read_timeout (gconstpointer version)
{
  g_autofree guint8 *bytes = test_pattern (60000);
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (FALSE, version, &peer);
  static const gsize cuts[] = { 0, 1, 4, 5, 6, 700, 16000 };
  gsize done = 0;

  expect_time_out (sock, 0);
  expect_time_out (sock, 1);
  expect_time_out (sock, 100000);
  expect_time_out (sock, -1);

  /* In the middle of a record. */
  for (guint i = 0; i < G_N_ELEMENTS (cuts); i++)
    {
      g_autoptr (GByteArray) record = seal (peer, bytes + done, 16384);

      test_write (peer->fd, record->data, cuts[i]);
      expect_time_out (sock, i % 2 == 0 ? 16384 : 0);
      test_write (peer->fd, record->data + cuts[i], record->len - cuts[i]);
      test_expect_bytes (sock, 16384, bytes + done, 16384);
      done = i % 3 * 1000;
    }

  /* What is wanted spans records, and not all of them have come. */
  test_tls_peer_send (peer, bytes, 20000);
  expect_time_out (sock, 50000);
  test_tls_peer_send (peer, bytes + 20000, 40000);
  test_expect_bytes (sock, 50000, bytes, 50000);
  test_expect_bytes (sock, 10000, bytes + 50000, 10000);
  expect_time_out (sock, 1);
}

static void
test_all_that_is_there (gconstpointer version)
{
  g_autofree guint8 *bytes = test_pattern (60000);
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (TRUE, version, &peer);
  g_autoptr (GByteArray) records = seal (peer, bytes, 50000);
  g_autoptr (GByteArray) more = seal (peer, bytes + 50000, 10000);

  /* One and a half records less than all of it. */
  test_write (peer->fd, records->data, records->len);
  test_write (peer->fd, more->data, 500);
  test_wait_arrived (sock, records->len + 500);
  test_expect_bytes (sock, 0, bytes, 50000);
  test_expect_failure (sock, 0, 0, Q_SOCKET_ERROR_TIMEOUT);
  test_write (peer->fd, more->data + 500, more->len - 500);
  test_expect_bytes (sock, 0, bytes + 50000, 10000);
}

static void
test_to_end (gconstpointer version)
{
  g_autofree guint8 *bytes = test_pattern (200000);

  for (int is_clean = 0; is_clean <= 1; is_clean++)
    for (int is_server = 0; is_server <= 1; is_server++)
      {
        g_autoptr (TestTlsPeer) peer = NULL;
        g_autoptr (QSocket) sock = test_tls_pair (is_server != 0, version, &peer);

        test_tls_peer_send (peer, bytes, 200000);
        if (is_clean)
          {
            test_tls_peer_end (peer);
            test_expect_bytes (sock, -1, bytes, 200000);
            test_expect_bytes (sock, -1, "", 0);
            test_expect_failure (sock, 1, ENOUGH, Q_SOCKET_ERROR_CLOSED);
            g_assert_true (q_socket_is_data_available (sock, 0));

            /* This side may still send. */
            g_assert_true (q_socket_send (sock, "late", ENOUGH, NULL, NULL));
            test_tls_peer_expect (peer, "late", 4);
          }
        else
          {
            test_end_stream (peer->fd);
            test_expect_failure (sock, -1, ENOUGH, Q_SOCKET_ERROR_TRUNCATED);
            test_expect_bytes (sock, 1000, bytes, 1000);
            test_expect_failure (sock, -1, ENOUGH, Q_SOCKET_ERROR_TRUNCATED);
            test_expect_bytes (sock, 199000, bytes + 1000, 199000);
            test_expect_failure (sock, -1, ENOUGH, Q_SOCKET_ERROR_TRUNCATED);
            test_expect_failure (sock, 0, ENOUGH, Q_SOCKET_ERROR_TRUNCATED);
            g_assert_true (q_socket_is_data_available (sock, 0));
          }
      }
}

/* The end within a record, and by a reset. */
static void
test_broken_off (gconstpointer version)
{
  for (int is_reset = 0; is_reset <= 1; is_reset++)
    {
      g_autoptr (TestTlsPeer) peer = NULL;
      g_autoptr (QSocket) sock = test_tls_pair (FALSE, version, &peer);
      g_autoptr (GError) error = NULL;
      g_autoptr (GByteArray) record = NULL;
      g_autoptr (GBytes) got = NULL;

      test_tls_peer_send (peer, "whole", 5);
      record = seal (peer, "half of it", 10);
      test_write (peer->fd, record->data, record->len - 3);
      test_expect_bytes (sock, 5, "whole", 5);
      if (is_reset)
        test_reset (TEST_TCP4, &peer->fd);
      else
        test_end_stream (peer->fd);

      got = q_socket_recv_binary (sock, 1, ENOUGH, NULL, &error);
      g_assert_null (got);
      g_assert_nonnull (error);
      if (is_reset)
        g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_RECV);
      else
        g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TRUNCATED);
    }
}

/* ---- other kinds of reading and writing ---- */

static void
test_kinds (gconstpointer version)
{
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (FALSE, version, &peer);
  static const char header[] = "HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody";
  g_autoptr (GVariant) got = NULL;
  g_autofree char *text = NULL;
  GError *error = NULL;
  const char *value;

  /* An integer in two records, and a character in two. */
  test_tls_peer_send (peer, "\1\2", 2);
  test_expect_failure (sock, 4, 30, Q_SOCKET_ERROR_TIMEOUT);
  test_tls_peer_send (peer, "\3\4", 2);
  g_assert_cmpint (q_socket_recv_i4 (sock, ENOUGH, NULL, &error), ==, 0x01020304);
  g_assert_no_error (error);
  test_tls_peer_send (peer, "\xc3", 1);
  test_expect_failure (sock, 2, 30, Q_SOCKET_ERROR_TIMEOUT);
  test_tls_peer_send (peer, "\xa4", 1);
  text = q_socket_recv (sock, 2, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "ä");

  /* A header byte by byte, in the one record with the body at last. */
  for (guint i = 0; i < 20; i++)
    test_tls_peer_send (peer, header + i, 1);
  g_assert_null (q_socket_read_http_header (sock, 30, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  test_tls_peer_send (peer, header + 20, strlen (header) - 20);
  got = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (got, "a", "&s", &value));
  g_assert_cmpstr (value, ==, "b");
  test_expect_bytes (sock, 4, "body", 4);

  /* What is corked leaves as one record. */
  q_socket_cork (sock);
  for (int i = 0; i < 100; i++)
    g_assert_true (q_socket_send_i1 (sock, i, ENOUGH, NULL, NULL));
  g_assert_true (q_socket_send (sock, "end", ENOUGH, NULL, NULL));
  q_socket_uncork (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  {
    guint8 bytes[200];

    g_assert_cmpint (gnutls_record_recv (peer->session, bytes, sizeof bytes), ==, 103);
    g_assert_cmpint (bytes[99], ==, 99);
    g_assert_cmpmem (bytes + 100, 3, "end", 3);
  }
}

/* ---- writing in vain ---- */

/* A pair between which the kernel holds little and always the same. */
static QSocket *
make_small_pair (const char   *version,
                 TestTlsPeer **peer)
{
  QSocket *sock = test_tls_pair (FALSE, version, peer);

  test_fix_buffers (q_socket_get_socket (sock));
  test_fix_buffers ((*peer)->fd);

  return sock;
}

typedef struct
{
  TestTlsPeer *peer;
  GBytes *bytes;
  gboolean is_clean;
} Drain;

static gpointer
drain (gpointer data)
{
  Drain *self = data;

  self->bytes = test_tls_peer_read (self->peer, &self->is_clean);

  return NULL;
}

/* The peer got @length bytes of @bytes, then the others, and then a close_notify. */
static void
check_drained (Drain        *self,
               const guint8 *bytes,
               gsize         length,
               const char   *others)
{
  gsize size;
  const guint8 *got = g_bytes_get_data (self->bytes, &size);

  g_assert_true (self->is_clean);
  g_assert_cmpuint (size, ==, length + strlen (others));
  g_assert_cmpint (memcmp (got, bytes, length), ==, 0);
  g_assert_cmpmem (got + length, size - length, others, strlen (others));
  g_bytes_unref (self->bytes);
}

static void
test_write_timeout (gconstpointer version)
{
  g_autofree guint8 *bytes = test_pattern (TEST_TOO_MUCH);
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = make_small_pair (version, &peer);
  gint64 start = g_get_monotonic_time ();
  Drain drained = { peer };
  GError *error = NULL;
  GThread *thread;
  gsize accepted;

  g_assert_false (q_socket_send_data (sock, bytes, TEST_TOO_MUCH, 150, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  g_assert_cmpint (test_elapsed_ms (start), >=, 150);

  accepted = (gsize) q_socket_get_bytes_sent (sock);
  g_assert_cmpuint (accepted, >, 0);
  g_assert_cmpuint (accepted, <, TEST_TOO_MUCH);
  accepted += test_fill_kernel (sock, bytes + accepted, TEST_TOO_MUCH - accepted);
  g_assert_cmpuint (accepted, ==, q_socket_get_bytes_sent (sock));

  /* Another message, in vain, and then with success. */
  g_assert_false (q_socket_send (sock, "never", 50, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  g_assert_cmpuint (accepted, ==, q_socket_get_bytes_sent (sock));
  g_assert_false (q_socket_is_write_finished (sock, 0));

  thread = test_thread (drain, &drained);
  g_assert_true (q_socket_send (sock, "another", ENOUGH, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (accepted + 7, ==, q_socket_get_bytes_sent (sock));
  q_socket_close (sock, NULL);
  g_thread_join (thread);
  check_drained (&drained, bytes, accepted, "another");
}

typedef struct
{
  TestTlsPeer *peer;
  const guint8 *bytes;
  gsize length;
} Answer;

/* Answers when it has all. */
static gpointer
answer (gpointer data)
{
  Answer *self = data;

  test_tls_peer_expect (self->peer, (const char *) self->bytes, self->length);
  test_tls_peer_send (self->peer, "x", 1);

  return NULL;
}

/* A socket that writes no more sends the encrypted rest while it reads. */
static void
test_read_flushes (void)
{
  g_autofree guint8 *bytes = test_pattern (TEST_TOO_MUCH);
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = make_small_pair (TEST_TLS_13, &peer);
  Answer data = { peer, bytes, test_fill_kernel (sock, bytes, TEST_TOO_MUCH) };
  GThread *thread = test_thread (answer, &data);

  test_expect_bytes (sock, 1, "x", 1);
  g_thread_join (thread);
}

/* And while it is asked whether all has left. */
static void
test_question_flushes (void)
{
  g_autofree guint8 *bytes = test_pattern (TEST_TOO_MUCH);
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = make_small_pair (TEST_TLS_13, &peer);
  Answer data = { peer, bytes, test_fill_kernel (sock, bytes, TEST_TOO_MUCH) };
  GThread *thread;

  g_assert_false (q_socket_is_write_finished (sock, 20));
  thread = test_thread (answer, &data);
  g_assert_true (q_socket_is_write_finished (sock, ENOUGH));
  g_thread_join (thread);
  test_expect_bytes (sock, 1, "x", 1);
}

int
main (int   argc,
      char *argv[])
{
  static const struct
  {
    const char *name;
    void (*run) (gconstpointer version);
  } cases[] = {
    { "read-timeout", test_read_timeout },
    { "all-that-is-there", test_all_that_is_there },
    { "to-end", test_to_end },
    { "broken-off", test_broken_off },
    { "kinds", test_kinds },
    { "write-timeout", test_write_timeout },
  };
  int result;

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint v = 0; v < G_N_ELEMENTS (versions); v++)
      {
        g_autofree char *path = g_strdup_printf ("/socket/ssl-stream/%s/tls1.%u", cases[i].name,
                                                 2 + v);

        g_test_add_data_func (path, versions[v], cases[i].run);
      }
  g_test_add_func ("/socket/ssl-stream/read-flushes", test_read_flushes);
  g_test_add_func ("/socket/ssl-stream/question-flushes", test_question_flushes);

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
