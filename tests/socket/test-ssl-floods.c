/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-tls-peer.h"

#include <malloc.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  TestTlsPeer *peer;
  int stop;
  GThread *thread;
} Flood;

/* ---- what is sent in between ---- */

static int
send_empty (TestTlsPeer *peer)
{
  return (int) gnutls_record_send2 (peer->session, "", 0, 1, 0);
}

static int
send_warning (TestTlsPeer *peer)
{
  return gnutls_alert_send (peer->session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
}

static int
send_new_key (TestTlsPeer *peer)
{
  return gnutls_session_key_update (peer->session, 0);
}

static int
ask_for_key (TestTlsPeer *peer)
{
  return gnutls_session_key_update (peer->session, GNUTLS_KU_PEER);
}

typedef struct
{
  const char *name;
  const char *priority;
  int (*send) (TestTlsPeer *peer);
  guint n;
} Kind;

static const Kind kinds[] = {
  { "empty", TEST_TLS_13, send_empty, 100000 },
  { "warning/tls1.2", TEST_TLS_12, send_warning, 100000 },
  { "warning/tls1.3", TEST_TLS_13, send_warning, 100000 },
  { "new-key", TEST_TLS_13, send_new_key, 5000 },
  { "asked-key", TEST_TLS_13, ask_for_key, 5000 },
};

static const Kind *current;

static gpointer
flood (gpointer data)
{
  Flood *self = data;
  int result = 0;

  for (guint i = 0; i < current->n && result >= 0 && !g_atomic_int_get (&self->stop); i++)
    result = current->send (self->peer);
  g_test_message ("the peer ended with: %s", gnutls_strerror (MIN (result, 0)));
  if (result >= 0)
    result = (int) gnutls_record_send (self->peer->session, "data", 4);

  return GINT_TO_POINTER (result);
}

/* Either all of it is borne, or it is a typed error; and it takes no memory. */
static void
test_flood (gconstpointer data)
{
  TestTlsPeer *peer;
  QSocket *sock;
  Flood self = { 0 };
  g_autoptr (GBytes) got = NULL;
  GError *error = NULL;
  gint64 start = g_get_monotonic_time ();

  current = data;
  sock = test_tls_pair (FALSE, current->priority, &peer);
  self.peer = peer;
  self.thread = test_thread (flood, &self);
  got = q_socket_recv_binary (sock, 4, ENOUGH, NULL, &error);
  if (error != NULL)
    {
      g_test_message ("%s", error->message);
      g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL);
      g_assert_false (q_socket_send (sock, "x", 0, NULL, NULL) &&
                      q_socket_recv_binary (sock, 1, 0, NULL, NULL) != NULL);
      g_clear_error (&error);
    }
  else
    {
      g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), "data", 4);
    }
  g_test_message ("%d ms", (int) test_elapsed_ms (start));
  g_object_unref (sock);
  g_atomic_int_set (&self.stop, TRUE);
  g_thread_join (self.thread);
  test_tls_peer_free (peer);
}

/* It does not keep a call beyond its time: the flood does not end by itself. */
static void
test_deadline (gconstpointer data)
{
  static const Kind endless[] = {
    { NULL, TEST_TLS_13, send_empty, G_MAXUINT }, { NULL, TEST_TLS_12, send_warning, G_MAXUINT },
  };
  const Kind *kind = &endless[GPOINTER_TO_UINT (data)];
  TestTlsPeer *peer;
  QSocket *sock = test_tls_pair (FALSE, kind->priority, &peer);
  Flood self = { peer };

  current = kind;
  self.thread = test_thread (flood, &self);
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (GBytes) got = q_socket_recv_binary (sock, 1, 200, NULL, &error);

    g_assert_null (got);
    g_assert_true (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT) ||
                   g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL));
    g_test_message ("%s", error->message);
  }
  g_object_unref (sock);
  g_atomic_int_set (&self.stop, TRUE);
  g_thread_join (self.thread);
  test_tls_peer_free (peer);
}

/* ---- what is no TLS any more ---- */

static void
expect_broken (QSocket *sock)
{
  test_expect_bytes (sock, 5, "whole", 5);
  for (int times = 0; times < 3; times++)
    test_expect_failure (sock, 1, ENOUGH, Q_SOCKET_ERROR_SSL);
  test_expect_failure (sock, -1, ENOUGH, Q_SOCKET_ERROR_SSL);
  g_assert_true (q_socket_is_data_available (sock, 0));
  q_socket_close (sock, NULL);
}

static void
test_bad_records (gconstpointer version)
{
  static const char * const names[] = { "bad-mac", "too-large", "garbage", "clear", "bad-type" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (int is_server = 0; is_server <= 1; is_server++)
      {
        g_autoptr (TestTlsPeer) peer = NULL;
        g_autoptr (QSocket) sock = test_tls_pair (is_server != 0, version, &peer);
        g_autoptr (GByteArray) record = NULL;

        g_test_message ("%s", names[i]);
        test_tls_peer_send (peer, "whole", 5);
        test_tls_peer_capture (peer);
        test_tls_peer_send (peer, "broken", 6);
        record = test_tls_peer_release (peer);
        switch (i)
          {
          case 0:
            record->data[record->len - 1] ^= 1;
            break;
          case 1:
            g_byte_array_set_size (record, 5 + 16384 + 2049);
            memset (record->data + 5, 0, record->len - 5);
            record->data[3] = (guint8) ((record->len - 5) >> 8);
            record->data[4] = (guint8) (record->len - 5);
            break;
          case 2:
            memset (record->data, 0xa5, record->len);
            break;
          case 3:
            g_byte_array_set_size (record, 0);
            g_byte_array_append (record, (const guint8 *) "GET / HTTP/1.0\r\n\r\n", 18);
            break;
          default:
            record->data[0] = 99;
            break;
          }
        test_write (peer->fd, record->data, record->len);
        expect_broken (sock);
      }
}

/* What comes after the end is not there. */
static void
test_data_after_end (gconstpointer version)
{
  g_autoptr (TestTlsPeer) peer = NULL;
  g_autoptr (QSocket) sock = test_tls_pair (FALSE, version, &peer);
  g_autoptr (GByteArray) late = NULL;

  test_tls_peer_capture (peer);
  g_assert_cmpint (gnutls_alert_send (peer->session, GNUTLS_AL_WARNING, GNUTLS_A_CLOSE_NOTIFY),
                   ==, 0);
  test_tls_peer_send (peer, "late", 4);
  late = test_tls_peer_release (peer);
  test_write (peer->fd, late->data, late->len);
  test_wait_arrived (sock, late->len);
  test_expect_bytes (sock, -1, "", 0);
  test_expect_bytes (sock, -1, "", 0);
  test_expect_failure (sock, 1, ENOUGH, Q_SOCKET_ERROR_CLOSED);
}

/* ---- another handshake ---- */

static gpointer
rehandshake (gpointer data)
{
  TestTlsPeer *peer = data;
  char byte;
  int result = 0;

  if (peer->is_server)
    result = gnutls_rehandshake (peer->session);
  if (result == 0)
    result = gnutls_handshake (peer->session);
  while (result < 0 && gnutls_error_is_fatal (result) == 0)
    result = (int) gnutls_record_recv (peer->session, &byte, 1);

  return GINT_TO_POINTER (result);
}

static gpointer
send_all (gpointer data)
{
  g_autofree guint8 *bytes = g_malloc0 (TEST_TOO_MUCH);
  GError *error = NULL;

  g_assert_false (q_socket_send_data (Q_SOCKET (data), bytes, TEST_TOO_MUCH, ENOUGH, NULL, &error));

  return error;
}

static void
test_renegotiation (gconstpointer data)
{
  gboolean is_server = (GPOINTER_TO_UINT (data) & 1) != 0;
  gboolean is_writing = (GPOINTER_TO_UINT (data) & 2) != 0;
  guint before = 0;
  gsize memory = 0;

  for (int times = 0; times < 40; times++)
    {
      TestTlsPeer *peer;
      QSocket *sock = test_tls_pair (is_server, TEST_TLS_12, &peer);
      GThread *writer = is_writing ? test_thread (send_all, sock) : NULL;
      GThread *thread = test_thread (rehandshake, peer);

      test_expect_failure (sock, 1, ENOUGH, Q_SOCKET_ERROR_SSL);
      test_expect_failure (sock, 1, ENOUGH, Q_SOCKET_ERROR_SSL);
      if (is_writing)
        {
          g_autoptr (GError) error = g_thread_join (writer);

          g_test_message ("%s", error->message);
          if (!g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SEND))
            {
              g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL);
              g_assert_nonnull (strstr (error->message, "another handshake"));
            }
        }
      q_socket_close (sock, NULL);
      g_thread_join (thread);
      test_tls_peer_free (peer);
      g_object_unref (sock);
      if (times == 9)
        {
          memory = mallinfo2 ().uordblks;
          before = test_count_fds ();
        }
    }
  test_wait_fds (before + 5);

  /* A session is about 50 KiB. */
  g_test_message ("%d KiB", ((int) mallinfo2 ().uordblks - (int) memory) / 1024);
  if (!is_writing)
    g_assert_cmpuint (mallinfo2 ().uordblks, <, memory + 30 * 20 * 1024);
}

int
main (int   argc,
      char *argv[])
{
  static const char * const ways[] = { "client", "server", "client-writes", "server-writes" };
  int result;

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/ssl-floods/%s", kinds[i].name);

      g_test_add_data_func (path, &kinds[i], test_flood);
    }
  g_test_add_data_func ("/socket/ssl-floods/deadline/empty", GUINT_TO_POINTER (0), test_deadline);
  g_test_add_data_func ("/socket/ssl-floods/deadline/warning", GUINT_TO_POINTER (1),
                        test_deadline);
  g_test_add_data_func ("/socket/ssl-floods/bad-records/tls1.2", TEST_TLS_12, test_bad_records);
  g_test_add_data_func ("/socket/ssl-floods/bad-records/tls1.3", TEST_TLS_13, test_bad_records);
  g_test_add_data_func ("/socket/ssl-floods/after-end/tls1.2", TEST_TLS_12, test_data_after_end);
  g_test_add_data_func ("/socket/ssl-floods/after-end/tls1.3", TEST_TLS_13, test_data_after_end);
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/ssl-floods/renegotiation/%s", ways[i]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_renegotiation);
    }

  result = g_test_run ();
  test_tls_certs_free ();

  return result;
}
