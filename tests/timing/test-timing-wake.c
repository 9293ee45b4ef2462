/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "blocked-calls.h"
#include "test-lateness.h"

/* A call that another thread ends returns within 50 ms of that. */

typedef struct
{
  const char *name;
  void (*open) (Victim *v);
  void (*call) (Victim *v);
} Blocking;

static const Blocking blockings[] = {
  { "recv", open_pair, call_recv },
  { "recv-waited", open_waited_pair, call_recv },
  { "recv-unix", open_unix_pair, call_recv },
  { "recv-large", open_pair, call_recv_large },
  { "recv-async", open_pair, call_recv_async },
  { "recv-udp", open_udp, call_recv },
  { "recv-unix-datagram", open_unix_datagram, call_recv },
  { "read-http-header", open_pair, call_read_http_header },
  { "send", open_pair, call_send },
  { "send-waited", open_waited_pair, call_send },
  { "send-unix", open_unix_pair, call_send },
  { "send-unix-datagram", open_unix_datagram, call_send_messages },
  { "accept", open_listener, call_accept },
  { "accept-unix", open_unix_listener, call_accept },
  { "connect-lookup", open_hanging_lookup, call_connect },
  { "connect-backlog", open_full_backlog, call_connect },
  { "connect-unix-backlog", open_full_unix_backlog, call_connect },
};

/* What each of them is ended by. Without a limit to its time, and without a cancellable, a call may
 * sleep in the kernel; else it polls. */
static const struct
{
  const char *name;
  End end;
  int timeout_ms;
  gboolean with_cancellable;
} ways[] = {
  { "close", END_CLOSE, -1, FALSE },
  { "close/limit", END_CLOSE, ENOUGH, FALSE },
  { "close/cancellable", END_CLOSE, -1, TRUE },
  { "cancel", END_CANCEL, -1, TRUE },
  { "cancel/limit", END_CANCEL, ENOUGH, TRUE },
  { "dispose", END_DISPOSE, -1, FALSE },
};

typedef struct
{
  Victim victim;
  End end;
} Blocked;

static void
make_call (gpointer data)
{
  Blocked *self = data;

  self->victim.call (&self->victim);
}

static void
interrupt (gpointer data)
{
  Blocked *self = data;

  end_call (&self->victim, self->end);
}

static void
test_wake (gconstpointer data)
{
  const Blocking *blocking = data;

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      TestLateness lateness = { .n_tries = 0 };

      while (lateness.n_tries < TEST_N_TRIES)
        {
          Blocked blocked = {
            { .peer_fd = -1, .call = blocking->call, .timeout_ms = ways[i].timeout_ms },
            ways[i].end,
          };

          blocking->open (&blocked.victim);
          if (ways[i].with_cancellable)
            blocked.victim.cancellable = g_cancellable_new ();
          test_lateness_add_interrupt (&lateness, make_call, interrupt, &blocked);
          g_assert_nonnull (blocked.victim.error);
          victim_clear (&blocked.victim);
        }
      test_lateness_check (&lateness, ways[i].name);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (blockings); i++)
    {
      g_autofree char *path = g_strdup_printf ("/timing/wake/%s", blockings[i].name);

      g_test_add_data_func (path, &blockings[i], test_wake);
    }

  return g_test_run ();
}
