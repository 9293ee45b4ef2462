/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* How long calls work the processor. That is counted for their thread alone, so other programs do
 * not count. */

static gint64
get_thread_time_us (void)
{
  struct timespec time;

  g_assert_no_errno (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time));

  return (gint64) time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

/* ---- a call that waits does not work ---- */

/* The peer takes nothing any more but may still speak. What is corked cannot be sent, and the read
 * waits nevertheless. */
static void
test_wait_corked (gconstpointer kind)
{
  g_autoptr (GError) error = NULL;
  gint64 used;
  int fd;
  g_autoptr (QSocket) sock = test_pair (GPOINTER_TO_INT (kind), &fd);

  q_socket_cork (sock);
  g_assert_no_errno (shutdown (q_socket_get_socket (sock), SHUT_WR));
  q_socket_send (sock, "in vain", ENOUGH, NULL, &error);
  g_assert_no_error (error);

  used = get_thread_time_us ();
  g_assert_null (q_socket_recv_binary (sock, 1, 600, NULL, &error));
  used = get_thread_time_us () - used;
  test_assert_error (error, Q_SOCKET_ERROR_TIMEOUT);
  g_test_message ("600 ms of waiting took %d us of work", (int) used);
  g_assert_cmpint (used, <, 60 * 1000);
  close (fd);
}

/* ---- a main loop has its turn every 10 ms ---- */

#define TURN_US (10 * 1000)
#define LARGE (32 * 1024 * 1024)

/* When its thread last came out of a poll, by the clock that counts its work. */
static gint64 turn_began_us;
static gint64 longest_turn_us;

static void
end_turn (void)
{
  longest_turn_us = MAX (longest_turn_us, get_thread_time_us () - turn_began_us);
}

static int
poll_between_turns (GPollFD *fds,
                    guint    n_fds,
                    int      timeout)
{
  int result;

  end_turn ();
  result = g_poll (fds, n_fds, timeout);
  turn_began_us = get_thread_time_us ();

  return result;
}

typedef struct
{
  const char *name;
  gboolean is_read;
  void (*begin) (QSocket *sock, GAsyncReadyCallback done, gpointer data);
} LongCall;

static guint8 *text;

static void
begin_recv (QSocket             *sock,
            GAsyncReadyCallback  done,
            gpointer             data)
{
  q_socket_recv_async (sock, -1, ENOUGH, G_PRIORITY_DEFAULT, NULL, done, data);
}

static void
begin_recv_binary (QSocket             *sock,
                   GAsyncReadyCallback  done,
                   gpointer             data)
{
  q_socket_recv_binary_async (sock, LARGE, ENOUGH, G_PRIORITY_DEFAULT, NULL, done, data);
}

static void
begin_send_binary (QSocket             *sock,
                   GAsyncReadyCallback  done,
                   gpointer             data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, LARGE);

  q_socket_send_binary_async (sock, bytes, ENOUGH, G_PRIORITY_DEFAULT, NULL, done, data);
}

static const LongCall long_calls[] = {
  { "recv", TRUE, begin_recv },
  { "recv-binary", TRUE, begin_recv_binary },
  { "send-binary", FALSE, begin_send_binary },
};

static void
note_done (GObject      *object,
           GAsyncResult *result,
           gpointer      data)
{
  *(gboolean *) data = TRUE;
}

static gpointer
write_all_thread (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);

  test_write (fd, text, LARGE);
  test_end_stream (fd);

  return NULL;
}

static void
test_turns (gconstpointer data)
{
  const LongCall *call = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  GThread *thread = NULL;
  gboolean is_done = FALSE;
  TestDrain drain;
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_UNIX, &fd);

  q_socket_set_max_receive_size (sock, 2 * (guint64) LARGE);
  if (call->is_read)
    thread = test_thread (write_all_thread, GINT_TO_POINTER (fd));
  else
    test_drain_start (&drain, fd);

  longest_turn_us = 0;
  g_main_context_push_thread_default (context);
  g_main_context_set_poll_func (context, poll_between_turns);
  turn_began_us = get_thread_time_us ();
  call->begin (sock, note_done, &is_done);
  while (!is_done)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);

  g_test_message ("the longest turn took %d us", (int) longest_turn_us);
  g_assert_cmpint (longest_turn_us, <, TURN_US);

  if (thread != NULL)
    {
      g_thread_join (thread);
    }
  else
    {
      q_socket_close (sock, NULL);
      g_bytes_unref (test_drain_join (&drain));
    }
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  static const TestKind kinds[] = { TEST_TCP4, TEST_UNIX };
  int status;

  g_test_init (&argc, &argv, NULL);

  text = g_malloc (LARGE);
  memset (text, 'x', LARGE);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *path = g_strdup_printf ("/timing/work/wait-corked/%s",
                                               test_kind_name (kinds[i]));

      g_test_add_data_func (path, GINT_TO_POINTER (kinds[i]), test_wait_corked);
    }
  for (guint i = 0; i < G_N_ELEMENTS (long_calls); i++)
    {
      g_autofree char *path = g_strdup_printf ("/timing/work/turns/%s", long_calls[i].name);

      g_test_add_data_func (path, &long_calls[i], test_turns);
    }
  status = g_test_run ();
  g_free (text);

  return status;
}
