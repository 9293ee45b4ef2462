/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"
#include "test-peer.h"
#include "test-resolver.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- peers that do not answer ---- */

typedef enum
{
  SILENT_NAME,            /* a name whose lookup hangs */
  SILENT_TCP,             /* a listener that drops what comes */
  SILENT_UNIX,            /* the same, which UNIX sockets tell at once */
  N_SILENT,
} SilentKind;

typedef struct
{
  SilentKind kind;
  char *target;
  char *dir;
  int listener;
  int queued;             /* fills the listener's backlog */
} Silent;

static int
listen_without_backlog (Silent          *self,
                        struct sockaddr *address,
                        socklen_t        length)
{
  struct pollfd pollfd = { .events = POLLIN };

  self->listener = pollfd.fd = socket (address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_no_errno (bind (self->listener, address, length));
  g_assert_no_errno (getsockname (self->listener, address, &length));
  g_assert_no_errno (listen (self->listener, 0));

  self->queued = socket (address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_no_errno (connect (self->queued, address, length));
  g_assert_cmpint (poll (&pollfd, 1, -1), ==, 1);

  return self->listener;
}

static void
silent_init (Silent     *self,
             SilentKind  kind)
{
  struct sockaddr_in in = { .sin_family = AF_INET };
  struct sockaddr_un un = { .sun_family = AF_UNIX };

  *self = (Silent) { .kind = kind, .listener = -1, .queued = -1 };

  switch (kind)
    {
    case SILENT_TCP:
      in.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
      listen_without_backlog (self, (struct sockaddr *) &in, sizeof in);
      self->target = g_strdup_printf ("127.0.0.1:%d", ntohs (in.sin_port));
      break;
    case SILENT_UNIX:
      self->dir = test_make_dir ();
      self->target = g_build_filename (self->dir, "socket", NULL);
      g_strlcpy (un.sun_path, self->target, sizeof un.sun_path);
      listen_without_backlog (self, (struct sockaddr *) &un, sizeof un);
      break;
    case SILENT_NAME:
    case N_SILENT:
    default:
      test_resolver_hang ();
      self->target = g_strdup ("hanging.example:80");
      break;
    }
}

static void
silent_clear (Silent *self)
{
  if (self->kind == SILENT_NAME)
    test_resolver_restore ();
  if (self->listener >= 0)
    close (self->listener);
  if (self->queued >= 0)
    close (self->queued);
  if (self->dir != NULL)
    test_remove_dir (self->dir);
  g_free (self->target);
}

/* ---- a call in another thread ---- */

typedef struct
{
  QSocket *sock;
  const char *target;
  int timeout_ms;
  GCancellable *cancellable;
  gboolean binds;

  GMutex lock;
  GCond changed;
  gboolean has_begun;
  GThread *thread;
  gboolean ok;
  GError *error;
} Attempt;

static void
begun (QSocket      *sock,
       QSocketEvent *event,
       gpointer      user_data)
{
  Attempt *self = user_data;

  g_mutex_lock (&self->lock);
  self->has_begun = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static gpointer
attempt_thread (gpointer data)
{
  Attempt *self = data;

  if (self->binds)
    self->ok = q_socket_bind (self->sock, self->target, FALSE, &self->error);
  else
    self->ok = q_socket_connect (self->sock, self->target, self->timeout_ms, self->cancellable,
                                 &self->error);

  return NULL;
}

/* Returns when the call is under way. */
static void
attempt_start (Attempt *self,
               Silent  *silent)
{
  const char *signal = silent->kind == SILENT_NAME ? "hostname-lookup" : "connecting";

  self->target = silent->target;
  self->has_begun = FALSE;
  self->error = NULL;
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  g_signal_connect (self->sock, signal, G_CALLBACK (begun), self);
  self->thread = g_thread_new ("attempt", attempt_thread, self);

  g_mutex_lock (&self->lock);
  while (!self->has_begun)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
  if (silent->kind == SILENT_NAME)
    test_resolver_wait_until_asked (1);
}

static void
attempt_join (Attempt *self)
{
  g_thread_join (self->thread);
  g_signal_handlers_disconnect_by_data (self->sock, self);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
}

/* A peer that does not answer, and a socket that would connect to it. */
typedef struct
{
  Silent silent;
  Attempt attempt;
  GCancellable *cancellable;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  kind)
{
  silent_init (&fixture->silent, GPOINTER_TO_INT (kind));
  fixture->attempt = (Attempt) { .sock = q_socket_new (), .timeout_ms = -1 };
  fixture->cancellable = g_cancellable_new ();
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  kind)
{
  silent_clear (&fixture->silent);
  g_clear_object (&fixture->attempt.sock);
  g_object_unref (fixture->cancellable);
}

static void
assert_still_useful (QSocket *sock)
{
  char *target;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);
  GError *error = NULL;

  g_assert_false (q_socket_is_open (sock));
  g_assert_cmpint (q_socket_get_socket (sock), ==, -1);
  q_socket_connect (sock, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_free (target);
}

/* ---- time ---- */

static void
test_timeout (Fixture       *fixture,
              gconstpointer  kind)
{
  static const int timeouts[] = { 0, 1, 30, 90, 150 };
  const char *target = fixture->silent.target;

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      g_autoptr (GString) log = g_string_new (NULL);
      g_autoptr (QSocket) sock = q_socket_new ();
      g_autofree char *prefix = g_strdup_printf ("connect to \"%s\": ", target);
      g_autofree char *suffix = g_strdup_printf (" within %d ms", timeouts[i]);
      gint64 start = g_get_monotonic_time ();
      GError *error = NULL;

      test_log_signals (sock, log);
      g_assert_false (q_socket_connect (sock, target, timeouts[i], NULL, &error));
      g_assert_cmpint (test_elapsed_ms (start), >=, timeouts[i]);
      g_assert_true (g_str_has_prefix (error->message, prefix));
      g_assert_true (g_str_has_suffix (error->message, suffix));
      test_assert_error (error, Q_SOCKET_ERROR_CONNECT);
      g_assert_false (q_socket_is_open (sock));
      g_assert_null (strstr (log->str, "CONNECTED"));
      g_assert_null (strstr (log->str, "CLOSED"));
    }
}

/* With no time at all what answers at once still answers. */
static void
test_no_time (void)
{
  char *target;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);
  g_autoptr (QSocket) unix_listener = q_socket_new ();
  char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "socket", NULL);
  g_autoptr (QSocket) sock = q_socket_new ();
  GError *error = NULL;

  g_assert_true (q_socket_bind (unix_listener, path, FALSE, &error));
  g_assert_true (q_socket_listen (unix_listener, 0, &error));

  q_socket_connect (sock, target, 0, NULL, &error);
  g_assert_no_error (error);
  q_socket_connect (sock, path, 0, NULL, &error);
  g_assert_no_error (error);

  q_socket_close (unix_listener, NULL);
  test_remove_dir (dir);
  g_free (target);
}

/* A listener with a full backlog takes the connection once it has room. */
static void
test_unix_backlog (Fixture       *fixture,
                   gconstpointer  kind)
{
  GError *error = NULL;
  int first;
  int second;

  attempt_start (&fixture->attempt, &fixture->silent);

  first = accept (fixture->silent.listener, NULL, NULL);
  second = accept (fixture->silent.listener, NULL, NULL);
  g_assert_cmpint (second, >=, 0);
  attempt_join (&fixture->attempt);
  g_assert_no_error (fixture->attempt.error);

  test_write_text (second, "hello");
  g_assert_cmpint (q_socket_recv_i1 (fixture->attempt.sock, ENOUGH, NULL, &error), ==,
                   'h');
  g_assert_no_error (error);

  close (first);
  close (second);
}

/* ---- from other threads ---- */

/* The error says that the call did not come to an end by itself. */
static void
assert_interrupted (Fixture *fixture,
                    GQuark   domain,
                    int      code)
{
  Attempt *attempt = &fixture->attempt;

  attempt_join (attempt);
  g_assert_false (attempt->ok);
  g_assert_error (attempt->error, domain, code);
  g_clear_error (&attempt->error);
  assert_still_useful (attempt->sock);
}

static void
test_close (Fixture       *fixture,
            gconstpointer  kind)
{
  /* With a cancellable the call waits in another way. */
  for (int i = 0; i < 4; i++)
    {
      GError *error = NULL;

      fixture->attempt.timeout_ms = i % 2 == 0 ? -1 : ENOUGH;
      fixture->attempt.cancellable = i < 2 ? NULL : fixture->cancellable;
      attempt_start (&fixture->attempt, &fixture->silent);
      g_assert_true (q_socket_close (fixture->attempt.sock, &error));
      g_assert_no_error (error);
      assert_interrupted (fixture, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
    }
}

static void
test_shutdown (Fixture       *fixture,
               gconstpointer  kind)
{
  GError *error = NULL;

  attempt_start (&fixture->attempt, &fixture->silent);
  g_assert_true (q_socket_shutdown (fixture->attempt.sock, &error));
  g_assert_no_error (error);
  assert_interrupted (fixture, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
}

static void
test_cancel (Fixture       *fixture,
             gconstpointer  kind)
{
  fixture->attempt.cancellable = fixture->cancellable;
  attempt_start (&fixture->attempt, &fixture->silent);
  g_cancellable_cancel (fixture->cancellable);
  assert_interrupted (fixture, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_cancelled_before (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) sock = q_socket_new ();
  GError *error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (q_socket_connect (sock, target, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (q_socket_is_data_available (listener, 0));
  assert_still_useful (sock);
  g_free (target);
}

/* While one call opens the socket all others that would are refused; the first
 * one goes on. */
static void
test_pending (void)
{
  static const char * const addresses[] = { "127.0.0.1", NULL };
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autofree char *name = g_strdup_printf ("name.example:%d", q_socket_get_port (listener));
  Attempt attempt = { .sock = q_socket_new (), .timeout_ms = ENOUGH };
  QSocket *sock = attempt.sock;
  GError *error = NULL;
  Silent silent;

  silent_init (&silent, SILENT_NAME);
  g_free (silent.target);
  silent.target = g_steal_pointer (&name);
  attempt_start (&attempt, &silent);

  g_assert_false (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  g_assert_true (g_str_has_prefix (error->message, "connect: "));
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
  g_assert_false (q_socket_connect_unix (sock, "/tmp/x", G_SOCKET_TYPE_STREAM, 0, ENOUGH, NULL,
                                         &error));
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
  g_assert_false (q_socket_bind (sock, "127.0.0.1:0", FALSE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
  g_assert_false (q_socket_bind_port (sock, 0, FALSE, &error));
  test_assert_error (error, Q_SOCKET_ERROR_PENDING);
  g_assert_false (q_socket_send_i1 (sock, 1, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  g_assert_null (q_socket_recv_binary (sock, 0, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_NOT_OPEN);
  g_assert_false (q_socket_is_open (sock));

  /* The lookup that hangs answers now. */
  test_resolver_answer (addresses, 0);
  test_resolver_restore ();
  attempt_join (&attempt);
  g_assert_no_error (attempt.error);
  g_assert_true (q_socket_is_open (sock));
  g_assert_cmpint (q_socket_get_port (sock), ==, q_socket_get_port (listener));

  g_free (silent.target);
  g_free (target);
  g_object_unref (sock);
}

/* A bind waits for names too. */
static void
test_close_during_bind (Fixture       *fixture,
                        gconstpointer  kind)
{
  QSocket *sock = fixture->attempt.sock;

  fixture->attempt.binds = TRUE;

  for (int i = 0; i < 2; i++)
    {
      GError *error = NULL;

      attempt_start (&fixture->attempt, &fixture->silent);
      g_assert_false (q_socket_bind (sock, "127.0.0.1:0", FALSE, &error));
      test_assert_error (error, Q_SOCKET_ERROR_PENDING);
      g_assert_false (q_socket_connect (sock, "127.0.0.1:1", 0, NULL, &error));
      test_assert_error (error, Q_SOCKET_ERROR_PENDING);
      if (i == 0)
        g_assert_true (q_socket_close (sock, &error));
      else
        g_assert_true (q_socket_shutdown (sock, &error));
      g_assert_no_error (error);
      assert_interrupted (fixture, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
    }
}

/* Whatever the moment: once connecting has begun, a close leaves nothing open. */
static void
test_close_at_any_moment (void)
{
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  Silent reachable = { .kind = SILENT_TCP, .target = target };
  guint n_connected = 0;

  for (guint i = 0; i < 1500; i++)
    {
      Attempt attempt = { .sock = q_socket_new (), .timeout_ms = ENOUGH };
      g_autoptr (QSocket) server = NULL;

      attempt_start (&attempt, &reachable);
      for (volatile guint j = 0; j < i * 20; j++)
        continue;
      q_socket_close (attempt.sock, NULL);
      attempt_join (&attempt);

      g_assert_false (q_socket_is_open (attempt.sock));
      if (attempt.ok)
        n_connected++;
      else
        test_assert_error (attempt.error, Q_SOCKET_ERROR_CLOSED);
      server = q_socket_accept (listener, 0, NULL, NULL);
      g_object_unref (attempt.sock);
    }

  g_test_message ("%u of 1500 were connected before they were closed", n_connected);
  g_free (target);
}

/* The last reference goes in the thread that waits. */
static void
test_unref (Fixture       *fixture,
            gconstpointer  kind)
{
  Attempt *attempt = &fixture->attempt;

  attempt->timeout_ms = 100;
  attempt_start (attempt, &fixture->silent);
  g_signal_handlers_disconnect_by_data (attempt->sock, attempt);
  g_clear_object (&attempt->sock);
  g_thread_join (attempt->thread);
  test_assert_error (attempt->error, Q_SOCKET_ERROR_CONNECT);

  g_mutex_clear (&attempt->lock);
  g_cond_clear (&attempt->changed);
}

int
main (int    argc,
      char **argv)
{
  static const char * const kinds[N_SILENT] = { "name", "tcp", "unix" };
  static const struct
  {
    const char *name;
    void (*function) (Fixture *fixture, gconstpointer kind);
  } tests[] = {
    { "timeout", test_timeout },
    { "close", test_close },
    { "shutdown", test_shutdown },
    { "cancel", test_cancel },
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    for (int kind = 0; kind < N_SILENT; kind++)
      {
        g_autofree char *path = g_strdup_printf ("/socket/connecting/%s/%s", tests[i].name,
                                                 kinds[kind]);

        g_test_add (path, Fixture, GINT_TO_POINTER (kind), set_up, tests[i].function, tear_down);
      }
  g_test_add_func ("/socket/connecting/no-time", test_no_time);
  g_test_add ("/socket/connecting/unix-backlog", Fixture, GINT_TO_POINTER (SILENT_UNIX), set_up,
              test_unix_backlog, tear_down);
  g_test_add_func ("/socket/connecting/cancelled-before", test_cancelled_before);
  g_test_add_func ("/socket/connecting/pending", test_pending);
  g_test_add ("/socket/connecting/close-during-bind", Fixture, GINT_TO_POINTER (SILENT_NAME),
              set_up, test_close_during_bind, tear_down);
  g_test_add_func ("/socket/connecting/close-at-any-moment", test_close_at_any_moment);
  g_test_add ("/socket/connecting/unref", Fixture, GINT_TO_POINTER (SILENT_NAME), set_up,
              test_unref, tear_down);

  return g_test_run ();
}
