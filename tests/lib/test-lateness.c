/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-lateness.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "test-feed.h"

#define PROMISE_US (50 * 1000)

/* ---- deadlines ---- */

typedef struct
{
  int timeout_ms;
  int is_ready;         /* atomic */
  int has_begun;        /* atomic */
  gint64 end;
} Sleeper;

static gpointer
sleep_thread (gpointer data)
{
  Sleeper *self = data;

  /* Both begin when this thread runs, so that its creation counts for neither. */
  g_atomic_int_set (&self->is_ready, TRUE);
  while (!g_atomic_int_get (&self->has_begun))
    g_thread_yield ();
  poll (NULL, 0, self->timeout_ms);
  self->end = g_get_monotonic_time ();

  return NULL;
}

void
test_lateness_add_deadline (TestLateness *self,
                            int           timeout_ms,
                            TestCall      call,
                            gpointer      data)
{
  gint64 timeout_us = (gint64) timeout_ms * 1000;
  Sleeper sleeper = { .timeout_ms = timeout_ms };
  GThread *thread = test_thread (sleep_thread, &sleeper);
  gint64 start;
  gint64 end;

  g_assert_cmpuint (self->n_tries, <, TEST_N_TRIES);
  while (!g_atomic_int_get (&sleeper.is_ready))
    g_thread_yield ();

  start = g_get_monotonic_time ();
  g_atomic_int_set (&sleeper.has_begun, TRUE);
  call (data);
  end = g_get_monotonic_time ();
  g_thread_join (thread);

  g_assert_cmpint (end - start, >=, timeout_us);
  self->call_us[self->n_tries] = end - start - timeout_us;
  self->poll_us[self->n_tries++] = sleeper.end - start - timeout_us;
}

/* ---- interruptions ---- */

typedef struct
{
  TestCall call;
  gpointer data;
  int event_fd;
  gint64 end;
} Waiter;

static gpointer
call_thread (gpointer data)
{
  Waiter *self = data;

  self->call (self->data);
  self->end = g_get_monotonic_time ();

  return NULL;
}

static void
wait_for_event (gpointer data)
{
  struct pollfd pollfd = { .fd = *(int *) data, .events = POLLIN };

  poll (&pollfd, 1, -1);
}

void
test_lateness_add_interrupt (TestLateness *self,
                             TestCall      call,
                             TestCall      interrupt,
                             gpointer      data)
{
  int event_fd = eventfd (0, EFD_CLOEXEC);
  Waiter caller = { .call = call, .data = data };
  Waiter poller = { .call = wait_for_event, .data = &event_fd };
  GThread *poller_thread = test_thread_blocked (call_thread, &poller);
  GThread *caller_thread = test_thread_blocked (call_thread, &caller);
  gint64 moments[2];

  g_assert_cmpuint (self->n_tries, <, TEST_N_TRIES);
  moments[0] = g_get_monotonic_time ();
  interrupt (data);
  moments[1] = g_get_monotonic_time ();
  g_assert_no_errno (eventfd_write (event_fd, 1));
  g_thread_join (caller_thread);
  g_thread_join (poller_thread);
  close (event_fd);

  self->call_us[self->n_tries] = caller.end - moments[0];
  self->poll_us[self->n_tries++] = poller.end - moments[1];
}

/* ---- the verdict ---- */

static int
compare_times (const void *a,
               const void *b)
{
  gint64 x = *(const gint64 *) a;
  gint64 y = *(const gint64 *) b;

  return (x > y) - (x < y);
}

static gint64
get_median (gint64 *times)
{
  qsort (times, TEST_N_TRIES, sizeof *times, compare_times);

  return times[TEST_N_TRIES / 2];
}

void
test_lateness_check (TestLateness *self,
                     const char   *what)
{
  gint64 call_us;
  gint64 poll_us;

  g_assert_cmpuint (self->n_tries, ==, TEST_N_TRIES);
  call_us = get_median (self->call_us);
  poll_us = get_median (self->poll_us);

  g_test_message ("%s: %d us late, where poll () is %d us late", what, (int) call_us,
                  (int) poll_us);
  g_assert_cmpint (call_us, <=, poll_us + PROMISE_US);
}
