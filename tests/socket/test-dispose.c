/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "closed-sockets.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

/* The end of the object, and handlers of the end. */

static void
note_event (QSocket      *sock,
            QSocketEvent *event,
            GString      *words)
{
  g_string_append_printf (words, "%s%s ", q_socket_event_get_event_name (event) + 6,
                          q_socket_is_open (sock) ? "(open)" : "");
}

static void
note_events (QSocket *sock,
             GString *words)
{
  g_signal_connect (sock, "channel-closed", G_CALLBACK (note_event), words);
  g_signal_connect (sock, "deleted", G_CALLBACK (note_event), words);
}

static void
note_gone (gpointer  words,
           GObject  *where)
{
  g_string_append (words, "gone");
}

static void
test_dispose_order (void)
{
  g_autoptr (GString) words = g_string_new (NULL);
  QSocket *sock;
  int fd;

  sock = test_pair (TEST_TCP4, &fd);
  note_events (sock, words);
  g_object_weak_ref (G_OBJECT (sock), note_gone, words);
  g_object_unref (sock);
  g_assert_cmpstr (words->str, ==, "CHANNEL_CLOSED DELETED gone");
  close (fd);

  g_string_truncate (words, 0);
  sock = q_socket_new ();
  note_events (sock, words);
  g_object_unref (sock);
  g_assert_cmpstr (words->str, ==, "DELETED ");
}

static void
test_run_dispose (void)
{
  g_autoptr (GString) words = g_string_new (NULL);
  g_autoptr (QEventQueue) queue = q_event_queue_new ();
  GError *error = NULL;
  QSocket *sock;
  int peer;
  int fd;

  sock = test_pair (TEST_TCP4, &peer);
  fd = q_socket_get_socket (sock);
  note_events (sock, words);
  q_socket_set_event_queue_object (sock, queue);

  g_object_run_dispose (G_OBJECT (sock));
  g_assert_cmpstr (words->str, ==, "CHANNEL_CLOSED DELETED ");
  g_assert_cmpint (fcntl (fd, F_GETFD), ==, -1);
  assert_not_open (sock);
  g_assert_cmpint (q_event_queue_get_length (queue), ==, 2);

  /* Said once, and it is the end. */
  g_object_run_dispose (G_OBJECT (sock));
  g_assert_false (q_socket_bind (sock, "127.0.0.1:0", FALSE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  g_assert_false (q_socket_connect (sock, "127.0.0.1:9", ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
  g_object_unref (sock);
  g_assert_cmpint (q_event_queue_get_length (queue), ==, 2);

  close (peer);
}

static void
reopen (QSocket      *sock,
        QSocketEvent *event,
        int          *n)
{
  GError *error = NULL;

  if ((*n)++ == 0)
    {
      g_assert_false (q_socket_is_open (sock));
      q_socket_bind (sock, "127.0.0.1:0", FALSE, &error);
      g_assert_no_error (error);
    }
}

static void
reopen_in_vain (QSocket      *sock,
                QSocketEvent *event,
                int          *n)
{
  GError *error = NULL;

  (*n)++;
  g_assert_false (q_socket_bind (sock, "127.0.0.1:0", FALSE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_CLOSED);
}

static void
close_again (QSocket      *sock,
             QSocketEvent *event,
             int          *n)
{
  (*n)++;
  g_assert_true (q_socket_close (sock, NULL));
}

static void
unref_it (QSocket      *sock,
          QSocketEvent *event,
          int          *n)
{
  if ((*n)++ == 0)
    g_object_unref (sock);
}

/* What handlers do while the socket is being closed, or is going away. */
static void
test_handlers (void)
{
  static const struct
  {
    const char *signal;
    GCallback handler;
    gboolean unrefs;
    int n;                      /* how often it is called */
  } rows[] = {
    { "channel-closed", G_CALLBACK (reopen), FALSE, 2 },
    { "channel-closed", G_CALLBACK (close_again), FALSE, 1 },
    { "channel-closed", G_CALLBACK (unref_it), TRUE, 1 },
    { "deleted", G_CALLBACK (reopen_in_vain), FALSE, 1 },
    { "deleted", G_CALLBACK (close_again), FALSE, 1 },
  };
  guint n_fds = test_count_fds ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      int n = 0;
      int fd;
      QSocket *sock = test_pair (TEST_UNIX, &fd);

      g_signal_connect (sock, rows[i].signal, rows[i].handler, &n);
      q_socket_close (sock, NULL);
      if (!rows[i].unrefs)
        g_object_unref (sock);
      g_assert_cmpint (n, ==, rows[i].n);
      close (fd);
      g_assert_cmpuint (test_count_fds (), ==, n_fds);
    }
}

static void
note_thread (QSocket      *sock,
             QSocketEvent *event,
             GThread     **thread)
{
  *thread = g_thread_self ();
}

typedef struct
{
  QSocket *sock;
  atomic_int tid;
} Reading;

static gpointer
read_to_the_last (gpointer data)
{
  Reading *reading = data;
  GError *error = NULL;

  atomic_store (&reading->tid, test_get_thread_id ());
  g_assert_cmpint (q_socket_recv_i1 (reading->sock, -1, NULL, &error), ==, 'x');
  g_assert_no_error (error);

  return NULL;
}

/* The call keeps the socket, which goes away when it returns. */
static void
test_last_unref (void)
{
  Reading reading = { NULL };
  GThread *deleted_in = NULL;
  GThread *thread;
  int fd;

  reading.sock = test_pair (TEST_TCP4, &fd);
  g_signal_connect (reading.sock, "deleted", G_CALLBACK (note_thread), &deleted_in);
  g_object_add_weak_pointer (G_OBJECT (reading.sock), (gpointer *) &reading.sock);
  thread = g_thread_new ("reader", read_to_the_last, &reading);
  while (atomic_load (&reading.tid) == 0)
    g_thread_yield ();
  test_wait_in_kernel (reading.tid);

  g_object_unref (reading.sock);
  g_assert_null (deleted_in);
  test_write_text (fd, "x");
  g_thread_ref (thread);
  g_thread_join (thread);
  g_assert_true (deleted_in == thread);
  g_assert_null (reading.sock);
  g_assert_cmpint (recv (fd, &(char) { 0 }, 1, 0), ==, 0);

  g_thread_unref (thread);
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/dispose/order", test_dispose_order);
  g_test_add_func ("/socket/dispose/run-dispose", test_run_dispose);
  g_test_add_func ("/socket/dispose/last-unref", test_last_unref);
  g_test_add_func ("/socket/dispose/handlers", test_handlers);

  return g_test_run ();
}
