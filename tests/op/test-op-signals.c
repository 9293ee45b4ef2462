/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "links.h"
#include "q-accept-op-private.h"
#include "q-send-op-private.h"

#include <sys/time.h>

/* A signal every millisecond, with and without SA_RESTART. */

static void
on_alarm (int number)
{
}

static void
start_storm (gboolean restart)
{
  struct sigaction action = { .sa_handler = on_alarm, .sa_flags = restart ? SA_RESTART : 0 };
  struct itimerval every_ms = { { 0, 1000 }, { 0, 1000 } };

  g_assert_no_errno (sigaction (SIGALRM, &action, NULL));
  g_assert_no_errno (setitimer (ITIMER_REAL, &every_ms, NULL));
}

static void
stop_storm (void)
{
  struct itimerval never = { { 0, 0 }, { 0, 0 } };

  g_assert_no_errno (setitimer (ITIMER_REAL, &never, NULL));
}

/* Writes a pattern slowly, in pieces of changing size. */
static gpointer
slow_writer_thread (gpointer data)
{
  Link *link = data;
  guint8 bytes[1000];

  for (guint i = 0; i < 200; i++)
    {
      gsize length = (i * 37) % 999 + 1;

      memset (bytes, (int) i, length);
      test_write (link->peer, bytes, length);
      g_usleep (300);
    }

  return NULL;
}

static gsize
count_slow_bytes (void)
{
  gsize total = 0;

  for (guint i = 0; i < 200; i++)
    total += (i * 37) % 999 + 1;

  return total;
}

static void
check_slow_bytes (const guint8 *bytes)
{
  for (guint i = 0; i < 200; i++)
    for (gsize j = 0; j < (i * 37) % 999 + 1; j++)
      g_assert_cmpint (*bytes++, ==, (guint8) i);
}

static void
storm_read (Link *link,
            int   timeout_ms)
{
  gsize total = count_slow_bytes ();
  g_autofree guint8 *bytes = g_malloc (total);
  GThread *thread = start_thread (slow_writer_thread, link);
  g_autoptr (GError) error = NULL;
  QRecvOp op;

  q_recv_op_init_memory (&op, "read from", link->channel, &no_sink, bytes, total, total);
  q_op_run (&op.parent, timeout_ms, NULL, &error);
  g_assert_no_error (error);
  check_slow_bytes (bytes);
  g_thread_join (thread);
}

static gpointer
slow_reader_thread (gpointer data)
{
  Link *link = data;
  guint8 bytes[3000];
  gssize n;

  while ((n = recv (link->peer, bytes, sizeof bytes, 0)) > 0 && bytes[n - 1] != 'z')
    g_usleep (200);

  return NULL;
}

static void
storm_write (Link *link,
             int   timeout_ms)
{
  const gsize size = 600000;
  g_autofree char *bytes = g_malloc0 (size);
  g_autoptr (GError) error = NULL;
  GThread *thread;
  QSendOp op;

  bytes[size - 1] = 'z';
  thread = start_thread (slow_reader_thread, link);
  q_send_op_init (&op, "write to", link->channel, &no_sink, bytes, size / 2,
                   bytes + size / 2, size / 2);
  q_op_run (&op.parent, timeout_ms, NULL, &error);
  g_assert_no_error (error);
  g_thread_join (thread);
}

static gpointer
late_connect_thread (gpointer data)
{
  const QAddress *address = data;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  test_wait_in_kernel (getpid ());
  g_assert_no_errno (connect (fd, &address->sa, address->length));

  return GINT_TO_POINTER (fd);
}

static void
storm_accept (int timeout_ms)
{
  QAddress address;
  QChannel *channel = make_listener (&address);

  for (int i = 0; i < 2; i++)
    {
      gint64 start = g_get_monotonic_time ();
      g_autoptr (GError) error = NULL;
      GThread *thread;
      QAcceptOp op;

      q_accept_op_init (&op, "accept", channel, &no_sink);
      g_assert_true (q_op_run (&op.parent, 110, NULL, &error));
      g_assert_cmpint (op.fd, ==, -1);
      check_not_early (start, 110);

      thread = start_thread (late_connect_thread, &address);
      q_accept_op_init (&op, "accept", channel, &no_sink);
      g_assert_true (q_op_run (&op.parent, timeout_ms, NULL, &error));
      g_assert_cmpint (op.fd, >=, 0);
      close (op.fd);
      close (GPOINTER_TO_INT (g_thread_join (thread)));
    }

  q_channel_unref (channel);
}

/* Neither the result of a call nor its time depends on signals. A call that began to count anew
 * with each signal would not return. */
static void
test_storm (gconstpointer data)
{
  static const TestKind kinds[] = { TEST_TCP4, TEST_UNIX };
  gboolean restart = GPOINTER_TO_INT (data);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      Link link;

      link_open (&link, kinds[i]);
      start_storm (restart);

      for (int j = 0; j < 2; j++)
        {
          GError *error = NULL;
          gint64 start = g_get_monotonic_time ();

          g_assert_false (run_read (&link, 5, 110, NULL, &error));
          check_not_early (start, 110);
          test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
        }
      storm_read (&link, -1);
      storm_read (&link, ENOUGH);
      storm_write (&link, -1);
      storm_write (&link, ENOUGH);
      storm_accept (-1);
      storm_accept (ENOUGH);

      stop_storm ();
      link_close (&link);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/op/op-signals", GINT_TO_POINTER (FALSE), test_storm);
  g_test_add_data_func ("/op/op-signals/restart", GINT_TO_POINTER (TRUE), test_storm);

  return g_test_run ();
}
