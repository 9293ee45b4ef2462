/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"
#include "test-lateness.h"
#include "test-resolver.h"

#include <sys/socket.h>
#include <unistd.h>

/* Calls without TLS that wait, and what ends them. Each is made with a new socket. */

#define TIMEOUT_MS 60

typedef struct
{
  QSocket *sock;
  int fd;               /* the other end */
  GThread *drip;
  int stop;             /* atomic: the drip ends */
  guint8 *bytes;
  int timeout_ms;
  GCancellable *cancellable;
  GError *error;
} Fixture;

typedef struct
{
  const char *name;
  void (*set_up) (Fixture *fixture);
  void (*make_call) (gpointer data);
} Call;

/* ---- the calls ---- */

static void
set_up_lookup (Fixture *fixture)
{
  test_resolver_hang ();
  fixture->sock = q_socket_new ();
}

static void
make_lookup (gpointer data)
{
  Fixture *self = data;

  q_socket_connect (self->sock, "host.example:1", self->timeout_ms, self->cancellable,
                    &self->error);
}

static void
set_up_accept (Fixture *fixture)
{
  g_autofree char *target = NULL;

  fixture->sock = test_listener (&target);
}

static void
make_accept (gpointer data)
{
  Fixture *self = data;

  g_assert_null (q_socket_accept (self->sock, self->timeout_ms, self->cancellable, &self->error));
}

static void
set_up_pair (Fixture *fixture)
{
  fixture->sock = test_pair (TEST_TCP4, &fixture->fd);
}

/* Until it is stopped, or the socket is closed. */
static gpointer
drip_thread (gpointer data)
{
  Fixture *self = data;

  while (!g_atomic_int_get (&self->stop) && send (self->fd, "x", 1, MSG_NOSIGNAL) == 1)
    g_usleep (5000);

  return NULL;
}

static void
set_up_drip (Fixture *fixture)
{
  set_up_pair (fixture);
  fixture->drip = test_thread (drip_thread, fixture);
}

static void
make_read (gpointer data)
{
  Fixture *self = data;

  g_assert_null (q_socket_recv_binary (self->sock, 1000000, self->timeout_ms, self->cancellable,
                                       &self->error));
}

static void
make_text_read (gpointer data)
{
  Fixture *self = data;

  g_assert_null (q_socket_recv (self->sock, 1000, self->timeout_ms, self->cancellable,
                                &self->error));
}

static void
make_header_read (gpointer data)
{
  Fixture *self = data;

  g_assert_null (q_socket_read_http_header (self->sock, self->timeout_ms, self->cancellable,
                                            &self->error));
}

static void
set_up_write (Fixture *fixture)
{
  set_up_pair (fixture);
  test_fix_buffers (q_socket_get_socket (fixture->sock));
  test_fix_buffers (fixture->fd);
  fixture->bytes = g_malloc0 (TEST_TOO_MUCH);
}

static void
make_write (gpointer data)
{
  Fixture *self = data;

  g_assert_false (q_socket_send_data (self->sock, self->bytes, TEST_TOO_MUCH, self->timeout_ms,
                                      self->cancellable, &self->error));
}

static void
make_http_write (gpointer data)
{
  Fixture *self = data;
  g_autoptr (GBytes) body = g_bytes_new_static (self->bytes, TEST_TOO_MUCH);

  g_assert_false (q_socket_send_http_message (self->sock, "PUT", "/", "1.1", NULL, body,
                                              self->timeout_ms, self->cancellable, &self->error));
}

static const Call calls[] = {
  { "lookup", set_up_lookup, make_lookup },
  { "accept", set_up_accept, make_accept },
  { "read", set_up_pair, make_read },
  { "read-drip", set_up_drip, make_read },
  { "read-text", set_up_drip, make_text_read },
  { "read-header", set_up_drip, make_header_read },
  { "write", set_up_write, make_write },
  { "write-http", set_up_write, make_http_write },
};

/* ---- what ends them ---- */

typedef enum
{
  BY_TIME,
  BY_CLOSE,
  BY_CANCEL,
  N_ENDINGS,
} Ending;

static const char * const ending_names[] = { "time", "close", "cancel" };

static void
close_socket (gpointer data)
{
  Fixture *self = data;

  g_assert_true (q_socket_close (self->sock, NULL));
}

static void
cancel (gpointer data)
{
  Fixture *self = data;

  g_cancellable_cancel (self->cancellable);
}

static void
tear_down (Fixture *self)
{
  g_object_unref (self->sock);
  g_object_unref (self->cancellable);
  g_clear_error (&self->error);
  g_atomic_int_set (&self->stop, TRUE);
  if (self->drip != NULL)
    g_thread_join (self->drip);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->bytes);
}

static void
test_call (gconstpointer data)
{
  const Call *call = &calls[GPOINTER_TO_UINT (data) % G_N_ELEMENTS (calls)];
  Ending ending = (Ending) (GPOINTER_TO_UINT (data) / G_N_ELEMENTS (calls));
  TestLateness lateness = { { 0 } };

  for (int i = 0; i < TEST_N_TRIES; i++)
    {
      Fixture fixture = {
        .fd = -1,
        .timeout_ms = ending == BY_TIME ? TIMEOUT_MS : -1,
        .cancellable = g_cancellable_new (),
      };

      call->set_up (&fixture);
      if (ending == BY_TIME)
        test_lateness_add_deadline (&lateness, TIMEOUT_MS, call->make_call, &fixture);
      else
        test_lateness_add_interrupt (&lateness, call->make_call,
                                     ending == BY_CLOSE ? close_socket : cancel, &fixture);
      tear_down (&fixture);
    }
  if (call->set_up == set_up_lookup)
    test_resolver_restore ();
  test_lateness_check (&lateness, call->name);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (calls) * N_ENDINGS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/timing/%s/%s",
                                               calls[i % G_N_ELEMENTS (calls)].name,
                                               ending_names[i / G_N_ELEMENTS (calls)]);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_call);
    }

  return g_test_run ();
}
