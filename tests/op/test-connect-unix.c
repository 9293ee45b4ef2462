/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "connects.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

/* Connecting to UNIX paths, which waits only if the backlog of the listener is full. */

typedef struct
{
  char *dir;
  char *path;
  int listener;
  guint n_fds;
  Connect attempt;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->dir = test_make_dir ();
  fixture->path = g_build_filename (fixture->dir, "socket", NULL);
  fixture->listener = -1;
  g_main_context_default ();
  fixture->n_fds = test_count_fds ();
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  if (fixture->listener >= 0)
    close (fixture->listener);
  g_assert_cmpuint (test_count_fds (), ==, fixture->n_fds);
  g_free (fixture->path);
  test_remove_dir (fixture->dir);
}

static void
bind_to (Fixture *fixture,
         int      socktype,
         int      backlog)
{
  QAddress address;

  q_address_set_path (&address, fixture->path);
  fixture->listener = socket (AF_UNIX, socktype | SOCK_CLOEXEC, 0);
  g_assert_cmpint (fixture->listener, >=, 0);
  g_assert_no_errno (bind (fixture->listener, &address.sa, address.length));
  if (socktype != SOCK_DGRAM)
    g_assert_no_errno (listen (fixture->listener, backlog));
}

static void
begin (Fixture *fixture,
       int      socktype)
{
  QEndpoint endpoint = {
    .path = fixture->path, .port = -1, .family = G_SOCKET_FAMILY_UNIX, .socktype = socktype,
    .no_delay = TRUE,
  };

  connect_init (&fixture->attempt, &endpoint);
}

static void
check_reports (Fixture *fixture)
{
  g_autofree char *reports = g_strdup_printf ("connecting:%s,-,%s,-1", fixture->path,
                                              fixture->path);

  g_assert_cmpstr (fixture->attempt.reports, ==, reports);
}

static void
test_connects (Fixture       *fixture,
               gconstpointer  data)
{
  int socktype = GPOINTER_TO_INT (data);

  bind_to (fixture, socktype, 8);

  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    {
      struct stat status;

      begin (fixture, socktype);
      connect_drive (&fixture->attempt, driver, ENOUGH, NULL);
      g_assert_no_error (fixture->attempt.error);
      check_reports (fixture);
      g_assert_no_errno (fstat (fixture->attempt.op.fd, &status));
      g_assert_true (S_ISSOCK (status.st_mode));
      g_assert_cmpint (fcntl (fixture->attempt.op.fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
      g_assert_cmpint ((fcntl (fixture->attempt.op.fd, F_GETFL) & O_NONBLOCK) != 0, ==,
                       fixture->attempt.op.nonblocking);
      g_assert_cmpstr (fixture->attempt.op.address.un.sun_path, ==, fixture->path);
      connect_clear (&fixture->attempt);
    }
}

static void
check_failure (Fixture    *fixture,
               int         socktype,
               int         system_error)
{
  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    {
      g_autofree char *message = g_strdup_printf ("connect to \"the target\": %s",
                                                  g_strerror (system_error));

      begin (fixture, socktype);
      connect_drive (&fixture->attempt, driver, -1, NULL);
      g_assert_error (fixture->attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);
      g_assert_cmpstr (fixture->attempt.error->message, ==, message);
      check_reports (fixture);
      connect_clear (&fixture->attempt);
    }
}

static void
test_missing (Fixture       *fixture,
              gconstpointer  data)
{
  check_failure (fixture, SOCK_STREAM, ENOENT);
}

static void
test_dead (Fixture       *fixture,
           gconstpointer  data)
{
  bind_to (fixture, SOCK_STREAM, 1);
  close (fixture->listener);
  fixture->listener = -1;
  check_failure (fixture, SOCK_STREAM, ECONNREFUSED);
}

static void
test_other_type (Fixture       *fixture,
                 gconstpointer  data)
{
  bind_to (fixture, SOCK_SEQPACKET, 1);
  check_failure (fixture, SOCK_STREAM, EPROTOTYPE);
}

static void
test_no_socket (Fixture       *fixture,
                gconstpointer  data)
{
  g_assert_true (g_file_set_contents (fixture->path, "x", 1, NULL));
  check_failure (fixture, SOCK_STREAM, ECONNREFUSED);
}

/* ---- a full backlog ---- */

/* Connects until the backlog is full. */
static GArray *
fill_backlog (Fixture *fixture)
{
  GArray *fds = g_array_new (FALSE, FALSE, sizeof (int));
  QAddress address;
  int result;
  int fd;

  q_address_set_path (&address, fixture->path);
  do
    {
      fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      result = connect (fd, &address.sa, address.length);
      g_array_append_val (fds, fd);
    }
  while (result == 0);
  g_assert_cmpint (errno, ==, EAGAIN);

  return fds;
}

static void
close_all (GArray *fds)
{
  for (guint i = 0; i < fds->len; i++)
    close (g_array_index (fds, int, i));
  g_array_unref (fds);
}

static void
test_full (Fixture       *fixture,
           gconstpointer  data)
{
  static const int timeouts[] = { 0, 1, 50, 130 };
  GArray *fds;

  bind_to (fixture, SOCK_STREAM, 1);
  fds = fill_backlog (fixture);

  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
      {
        gint64 start = g_get_monotonic_time ();

        begin (fixture, SOCK_STREAM);
        connect_drive (&fixture->attempt, driver, timeouts[i], NULL);
        check_not_early (start, timeouts[i]);
        g_assert_error (fixture->attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);
        g_assert_nonnull (strstr (fixture->attempt.error->message, "no answer within"));
        check_reports (fixture);
        connect_clear (&fixture->attempt);
      }

  close_all (fds);
}

typedef enum
{
  FULL_ACCEPTED,
  FULL_ABORTED,
  FULL_CANCELLED,
  FULL_GONE,              /* the listener is closed */
} FullEnd;

typedef struct
{
  Fixture *fixture;
  FullEnd end;
  GCancellable *cancellable;
} Ender;

static gpointer
ender_thread (gpointer data)
{
  Ender *ender = data;

  test_wait_in_kernel (getpid ());

  switch (ender->end)
    {
    case FULL_ACCEPTED:
      close (accept4 (ender->fixture->listener, NULL, NULL, SOCK_CLOEXEC));
      break;
    case FULL_ABORTED:
      q_connect_op_abort (&ender->fixture->attempt.op);
      break;
    case FULL_CANCELLED:
      g_cancellable_cancel (ender->cancellable);
      break;
    case FULL_GONE:
    default:
      close (ender->fixture->listener);
      ender->fixture->listener = -1;
      break;
    }

  return NULL;
}

static void
test_full_ends (Fixture       *fixture,
                gconstpointer  data)
{
  FullEnd end = GPOINTER_TO_INT (data);

  for (DriverKind driver = 0; driver < N_DRIVERS; driver++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      Ender ender = { fixture, end, cancellable };
      GThread *thread;
      GArray *fds;

      g_unlink (fixture->path);
      bind_to (fixture, SOCK_STREAM, 1);
      fds = fill_backlog (fixture);
      begin (fixture, SOCK_STREAM);
      thread = start_thread (ender_thread, &ender);
      connect_drive (&fixture->attempt, driver, driver == DRIVE_BLOCKING ? -1 : ENOUGH,
                     end == FULL_CANCELLED ? cancellable : NULL);
      g_thread_join (thread);

      if (end == FULL_ACCEPTED)
        g_assert_no_error (fixture->attempt.error);
      else if (end == FULL_ABORTED)
        g_assert_error (fixture->attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
      else if (end == FULL_CANCELLED)
        g_assert_error (fixture->attempt.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_error (fixture->attempt.error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CONNECT);

      check_reports (fixture);
      connect_clear (&fixture->attempt);
      close_all (fds);
      if (fixture->listener >= 0)
        close (fixture->listener);
      fixture->listener = -1;
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, data, function) \
  g_test_add ("/op/connect-unix/" name, Fixture, GINT_TO_POINTER (data), set_up, function, \
              tear_down)

  ADD ("stream", SOCK_STREAM, test_connects);
  ADD ("datagram", SOCK_DGRAM, test_connects);
  ADD ("seqpacket", SOCK_SEQPACKET, test_connects);
  ADD ("missing", 0, test_missing);
  ADD ("dead", 0, test_dead);
  ADD ("other-type", 0, test_other_type);
  ADD ("no-socket", 0, test_no_socket);
  ADD ("full", 0, test_full);
  ADD ("full/accepted", FULL_ACCEPTED, test_full_ends);
  ADD ("full/aborted", FULL_ABORTED, test_full_ends);
  ADD ("full/cancelled", FULL_CANCELLED, test_full_ends);
  ADD ("full/gone", FULL_GONE, test_full_ends);

  return g_test_run ();
}
