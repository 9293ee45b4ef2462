/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "guarded-thing.h"
#include "q-deadline-private.h"

#include <pthread.h>
#include <signal.h>

typedef struct
{
  QGate gate;
  Thing *thing;
  gint64 until;
  pthread_t id;           /* of the thread that waits */
  atomic_int has_begun;
  atomic_int is_leaving;
} Waiting;

static void
waiting_init (Waiting *waiting)
{
  *waiting = (Waiting) { .until = 0 };
  q_gate_init (&waiting->gate);
  waiting->thing = thing_open (&waiting->gate);
}

static void
waiting_clear (Waiting *waiting)
{
  thing_close (&waiting->gate, waiting->thing);
  q_gate_clear (&waiting->gate);
  thing_finish (waiting->thing);
}

static gpointer
wait_for_ever (gpointer data)
{
  Waiting *waiting = data;

  atomic_fetch_add (&waiting->has_begun, 1);
  g_assert_true (q_gate_wait_for_writer (&waiting->gate, Q_DEADLINE_NEVER));
  g_assert_true (atomic_load (&waiting->is_leaving));

  return NULL;
}

static gpointer
wait_in_vain (gpointer data)
{
  Waiting *waiting = data;

  g_assert_false (q_gate_wait_for_writer (&waiting->gate, waiting->until));
  g_assert_cmpint (g_get_monotonic_time (), >=, waiting->until);

  return NULL;
}

/* Without a writer, and also where the time is long up. A reader and an opener are no reason
 * to wait. */
static void
test_no_writer (void)
{
  Waiting waiting;

  waiting_init (&waiting);
  g_assert_true (q_gate_take_claim (&waiting.gate, Q_CLAIM_READER, Q_CLAIM_LASTING));
  g_assert_true (q_gate_take_claim (&waiting.gate, Q_CLAIM_OPENER, Q_CLAIM_LASTING));
  g_assert_true (q_gate_wait_for_writer (&waiting.gate, Q_DEADLINE_NEVER));
  g_assert_true (q_gate_wait_for_writer (&waiting.gate, 0));
  q_gate_drop_claim (&waiting.gate, Q_CLAIM_READER);
  q_gate_drop_claim (&waiting.gate, Q_CLAIM_OPENER);
  waiting_clear (&waiting);
}

static void
test_brief_writer (void)
{
  Waiting waiting;

  waiting_init (&waiting);
  g_assert_nonnull (q_gate_enter_briefly (&waiting.gate, Q_CLAIM_WRITER));
  g_assert_true (q_gate_wait_for_writer (&waiting.gate, Q_DEADLINE_NEVER));
  g_assert_true (q_gate_wait_for_writer (&waiting.gate, 0));
  q_gate_leave_briefly (&waiting.gate, Q_CLAIM_WRITER);
  waiting_clear (&waiting);
}

static void
test_own_writer (void)
{
  QGuarded *entered;
  Waiting waiting;
  gboolean is_busy;

  waiting_init (&waiting);
  entered = q_gate_enter (&waiting.gate, Q_CLAIM_WRITER, &is_busy);
  g_assert_nonnull (entered);
  g_assert_false (q_gate_wait_for_writer (&waiting.gate, Q_DEADLINE_NEVER));
  q_gate_leave (&waiting.gate, Q_CLAIM_WRITER, entered);

  /* Having been the writer once says nothing about later. */
  g_assert_true (q_gate_wait_for_writer (&waiting.gate, Q_DEADLINE_NEVER));
  waiting_clear (&waiting);
}

static void
test_wait_until (void)
{
  QGuarded *entered;
  Waiting waiting;
  gboolean is_busy;

  waiting_init (&waiting);
  entered = q_gate_enter (&waiting.gate, Q_CLAIM_WRITER, &is_busy);
  g_assert_nonnull (entered);

  for (gint64 us = 0; us <= 20000; us += 10000)
    {
      waiting.until = g_get_monotonic_time () + us;
      g_thread_join (g_thread_new ("wait", wait_in_vain, &waiting));
    }

  q_gate_leave (&waiting.gate, Q_CLAIM_WRITER, entered);
  waiting_clear (&waiting);
}

/* The thread that was the writer waits like any other for the next one. */
static void
test_wait_for_next (void)
{
  QGuarded *entered;
  Waiting waiting;
  gboolean is_busy;

  waiting_init (&waiting);
  entered = q_gate_enter (&waiting.gate, Q_CLAIM_WRITER, &is_busy);
  q_gate_leave (&waiting.gate, Q_CLAIM_WRITER, entered);
  g_assert_true (q_gate_take_claim (&waiting.gate, Q_CLAIM_WRITER, Q_CLAIM_LASTING));
  waiting.until = g_get_monotonic_time () + 10000;
  wait_in_vain (&waiting);
  q_gate_drop_claim (&waiting.gate, Q_CLAIM_WRITER);
  waiting_clear (&waiting);
}

/* A claim that was brief first is waited for as well. */
static void
test_made_lasting (void)
{
  Waiting waiting;

  waiting_init (&waiting);
  g_assert_nonnull (q_gate_enter_briefly (&waiting.gate, Q_CLAIM_WRITER));
  q_gate_make_lasting (&waiting.gate, Q_CLAIM_WRITER);
  waiting.until = g_get_monotonic_time () + 10000;
  wait_in_vain (&waiting);
  q_gate_drop_claim (&waiting.gate, Q_CLAIM_WRITER);
  waiting_clear (&waiting);
}

/* ---- waiting in other threads ---- */

static atomic_int n_signals;

static gpointer
wait_with_id (gpointer data)
{
  Waiting *waiting = data;

  waiting->id = pthread_self ();

  return wait_for_ever (waiting);
}

static void
count_signal (int number)
{
  atomic_fetch_add (&n_signals, 1);
}

/* Signals wake a thread that waits for a condition, without that having come true. */
static void
test_wait_interrupted (void)
{
  struct sigaction action = { .sa_handler = count_signal };
  struct sigaction before;
  QGuarded *entered;
  Waiting waiting;
  gboolean is_busy;
  GThread *thread;

  g_assert_no_errno (sigaction (SIGUSR1, &action, &before));
  waiting_init (&waiting);
  entered = q_gate_enter (&waiting.gate, Q_CLAIM_WRITER, &is_busy);
  thread = g_thread_new ("wait", wait_with_id, &waiting);
  while (!atomic_load (&waiting.has_begun))
    g_thread_yield ();

  /* Those that come before the last one was handled count as one. */
  while (atomic_load (&n_signals) < 100)
    {
      g_assert_cmpint (pthread_kill (waiting.id, SIGUSR1), ==, 0);
      g_thread_yield ();
    }

  atomic_store (&waiting.is_leaving, TRUE);
  q_gate_leave (&waiting.gate, Q_CLAIM_WRITER, entered);
  g_thread_join (thread);
  waiting_clear (&waiting);
  g_assert_no_errno (sigaction (SIGUSR1, &before, NULL));
}

#define N_WAITERS 3

/* All that wait are woken, in whatever moment the writer leaves: if one is not, this hangs. */
static void
test_writer_leaves (gconstpointer data)
{
  gboolean by_drop = GPOINTER_TO_INT (data);

  for (int round = 0; round < 100; round++)
    {
      GThread *threads[N_WAITERS];
      Waiting waiting;
      gboolean is_busy;
      QGuarded *entered;

      waiting_init (&waiting);
      entered = q_gate_enter (&waiting.gate, Q_CLAIM_WRITER, &is_busy);
      g_assert_nonnull (entered);
      for (int i = 0; i < N_WAITERS; i++)
        threads[i] = g_thread_new ("wait", wait_for_ever, &waiting);
      while (atomic_load (&waiting.has_begun) < round % (N_WAITERS + 1))
        g_thread_yield ();
      for (int i = 0; i < round % 10; i++)
        g_thread_yield ();

      atomic_store (&waiting.is_leaving, TRUE);
      if (by_drop)
        {
          q_guarded_leave (entered);
          q_gate_drop_claim (&waiting.gate, Q_CLAIM_WRITER);
        }
      else
        {
          q_gate_leave (&waiting.gate, Q_CLAIM_WRITER, entered);
        }

      for (int i = 0; i < N_WAITERS; i++)
        g_thread_join (threads[i]);
      waiting_clear (&waiting);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/connection/gate-wait/no-writer", test_no_writer);
  g_test_add_func ("/connection/gate-wait/brief-writer", test_brief_writer);
  g_test_add_func ("/connection/gate-wait/own-writer", test_own_writer);
  g_test_add_func ("/connection/gate-wait/until", test_wait_until);
  g_test_add_func ("/connection/gate-wait/for-next", test_wait_for_next);
  g_test_add_func ("/connection/gate-wait/made-lasting", test_made_lasting);
  g_test_add_func ("/connection/gate-wait/interrupted", test_wait_interrupted);
  g_test_add_data_func ("/connection/gate-wait/leaves", GINT_TO_POINTER (FALSE),
                        test_writer_leaves);
  g_test_add_data_func ("/connection/gate-wait/drops", GINT_TO_POINTER (TRUE), test_writer_leaves);

  return g_test_run ();
}
