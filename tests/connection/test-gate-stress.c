/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "guarded-thing.h"
#include "q-deadline-private.h"

/* All that can be done to a gate, in several threads at once. Nothing here depends on which
 * order comes about; what must hold in each of them is asserted where it is done. The counts
 * of the test itself are relaxed atomics or plain memory, so that they order nothing: a thread
 * sanitizer then sees whether the gate does. */

#define N_THREADS 4
#define N_ROUNDS 100000

/* Microseconds: while other programs keep the processors busy each round may need a turn of the
 * scheduler, and then fewer rounds have to do. */
#define BUDGET (1000 * 1000)

typedef struct
{
  QGate gate;
  atomic_int is_held[Q_N_CLAIMS];
  int plain[Q_N_CLAIMS];  /* plain memory that the holder of each claim may change */
} Arena;

typedef struct
{
  Arena *arena;
  GRand *random;
  GPtrArray *things;      /* that this thread made */
  int n_done[16];
} Worker;

/* ---- claims ---- */

static void
begin_claim (Arena  *arena,
             QClaim  claim)
{
  g_assert_cmpint (thing_add (&arena->is_held[claim]), ==, 0);
  arena->plain[claim]++;
}

static void
end_claim (Arena  *arena,
           QClaim  claim)
{
  arena->plain[claim]++;
  g_assert_cmpint (atomic_fetch_sub_explicit (&arena->is_held[claim], 1, memory_order_relaxed),
                   ==, 1);
}

static QClaim
any_claim (Worker *worker)
{
  return g_rand_boolean (worker->random) ? Q_CLAIM_READER : Q_CLAIM_WRITER;
}

/* Lets another thread in between, now and then. */
static void
pause_here (Worker *worker)
{
  if (g_rand_int_range (worker->random, 0, 8) == 0)
    g_thread_yield ();
}

static gboolean
use_lasting (Worker *worker)
{
  Arena *arena = worker->arena;
  QClaim claim = any_claim (worker);
  gboolean is_busy;
  QGuarded *entered = q_gate_enter (&arena->gate, claim, &is_busy);

  if (entered == NULL)
    return FALSE;

  begin_claim (arena, claim);
  thing_use_memory ((Thing *) entered, claim);
  thing_use_descriptor ((Thing *) entered);
  pause_here (worker);
  if (claim == Q_CLAIM_WRITER)
    g_assert_false (q_gate_wait_for_writer (&arena->gate, Q_DEADLINE_NEVER));
  thing_use_memory ((Thing *) entered, claim);
  thing_use_descriptor ((Thing *) entered);
  end_claim (arena, claim);
  q_gate_leave (&arena->gate, claim, entered);

  return TRUE;
}

static gboolean
use_briefly (Worker *worker)
{
  Arena *arena = worker->arena;
  QClaim claim = any_claim (worker);
  QGuarded *entered = q_gate_enter_briefly (&arena->gate, claim);

  if (entered == NULL)
    return FALSE;

  begin_claim (arena, claim);
  thing_use_memory ((Thing *) entered, claim);
  pause_here (worker);
  thing_use_memory ((Thing *) entered, claim);
  end_claim (arena, claim);
  q_gate_leave_briefly (&arena->gate, claim);

  return TRUE;
}

static gboolean
make_lasting (Worker *worker)
{
  Arena *arena = worker->arena;
  QClaim claim = any_claim (worker);
  QGuarded *entered = q_gate_enter_briefly (&arena->gate, claim);

  if (entered == NULL)
    return FALSE;

  begin_claim (arena, claim);
  q_gate_make_lasting (&arena->gate, claim);
  thing_use_memory ((Thing *) entered, claim);
  pause_here (worker);
  thing_use_memory ((Thing *) entered, claim);
  end_claim (arena, claim);
  q_gate_drop_claim (&arena->gate, claim);

  return TRUE;
}

/* ---- closing ---- */

/* What follows when a thing was taken away: it is used once more, closed, and freed later. */
static void
end_thing (Worker   *worker,
           QGuarded *taken)
{
  gboolean is_used;

  g_assert_cmpint (thing_load (&((Thing *) taken)->n_freed), ==, 0);
  if (q_guarded_close (taken, &is_used))
    {
      thing_use_descriptor ((Thing *) taken);
      pause_here (worker);
      thing_use_descriptor ((Thing *) taken);
      q_guarded_leave (taken);
    }
  q_gate_put_off_free (&worker->arena->gate, taken);
}

static gboolean
close_present (Worker *worker)
{
  QGuarded *taken = q_gate_take (&worker->arena->gate, NULL);

  if (taken == NULL)
    return FALSE;

  end_thing (worker, taken);

  return TRUE;
}

/* One that was looked at earlier, and may be gone since. */
static gboolean
close_only (Worker *worker)
{
  QGuarded *seen = q_gate_ref_present (&worker->arena->gate);
  QGuarded *taken;

  if (seen == NULL)
    return FALSE;

  pause_here (worker);
  taken = q_gate_take (&worker->arena->gate, seen);
  g_assert_true (taken == NULL || taken == seen);
  if (taken != NULL)
    end_thing (worker, taken);
  thing_unref (seen);

  return taken != NULL;
}

/* With the claims of a reader and a writer, so that it is the present thing that is stolen. */
static gboolean
steal_claimed (Worker *worker)
{
  Arena *arena = worker->arena;
  QGuarded *present = q_gate_get_present (&arena->gate);

  if (present == NULL || !q_guarded_enter (present))
    return FALSE;

  thing_use_descriptor ((Thing *) present);
  if (!q_guarded_steal (present))
    {
      q_guarded_leave (present);
      return FALSE;
    }

  thing_stolen ((Thing *) present);
  pause_here (worker);
  if (q_gate_take (&arena->gate, present) != NULL)
    q_gate_put_off_free (&arena->gate, present);

  return TRUE;
}

static gboolean
steal (Worker *worker)
{
  Arena *arena = worker->arena;
  gboolean is_stolen = FALSE;

  if (!q_gate_take_claim (&arena->gate, Q_CLAIM_READER, Q_CLAIM_LASTING))
    return FALSE;
  begin_claim (arena, Q_CLAIM_READER);

  if (q_gate_take_claim (&arena->gate, Q_CLAIM_WRITER, Q_CLAIM_LASTING))
    {
      begin_claim (arena, Q_CLAIM_WRITER);
      is_stolen = steal_claimed (worker);
      end_claim (arena, Q_CLAIM_WRITER);
      q_gate_drop_claim (&arena->gate, Q_CLAIM_WRITER);
    }

  end_claim (arena, Q_CLAIM_READER);
  q_gate_drop_claim (&arena->gate, Q_CLAIM_READER);

  return is_stolen;
}

/* ---- opening ---- */

static void
count_cb (gpointer data)
{
  int *n_calls = data;

  (*n_calls)++;
}

static gboolean
open_claimed (Worker *worker)
{
  QGate *gate = &worker->arena->gate;
  Thing *thing = thing_new ();
  int n_calls = 0;
  QStopHook hook;
  gboolean is_open;

  g_ptr_array_add (worker->things, thing);

  close_present (worker);
  q_gate_begin_opening (gate);
  q_gate_add_hook (gate, &hook, count_cb, &n_calls);
  pause_here (worker);
  q_gate_remove_hook (gate, &hook);
  g_assert_cmpint (n_calls, >=, 0);
  g_assert_cmpint (n_calls, <=, 1);
  memset (&hook, THING_POISON, sizeof hook);

  is_open = q_gate_open (gate, thing_guarded (thing));

  /* Nothing starts an opener again that was stopped. */
  if (n_calls > 0)
    g_assert_false (is_open);
  if (!is_open)
    {
      gboolean is_used;

      g_assert_true (q_guarded_close (thing_guarded (thing), &is_used));
      g_assert_false (is_used);
      q_guarded_leave (thing_guarded (thing));
      thing_unref (thing_guarded (thing));
    }

  return is_open;
}

static gboolean
open_new (Worker *worker)
{
  Arena *arena = worker->arena;
  gboolean is_open;

  if (!q_gate_take_claim (&arena->gate, Q_CLAIM_OPENER, Q_CLAIM_LASTING))
    return FALSE;

  begin_claim (arena, Q_CLAIM_OPENER);
  is_open = open_claimed (worker);
  end_claim (arena, Q_CLAIM_OPENER);
  q_gate_drop_claim (&arena->gate, Q_CLAIM_OPENER);

  return is_open;
}

static gboolean
stop (Worker *worker)
{
  q_gate_stop (&worker->arena->gate);

  return TRUE;
}

/* ---- from outside ---- */

static gboolean
hook_on (Worker *worker)
{
  int n_calls = 0;
  QStopHook hook;

  q_gate_add_hook (&worker->arena->gate, &hook, count_cb, &n_calls);
  pause_here (worker);
  q_gate_remove_hook (&worker->arena->gate, &hook);
  g_assert_cmpint (n_calls, <=, 1);
  memset (&hook, THING_POISON, sizeof hook);

  return n_calls == 1;
}

static gboolean
observe (Worker *worker)
{
  QGuarded *seen = q_gate_ref_present (&worker->arena->gate);
  gboolean has_entered;

  if (seen == NULL)
    return FALSE;

  has_entered = q_guarded_enter (seen);
  if (has_entered)
    {
      thing_use_descriptor ((Thing *) seen);
      pause_here (worker);
      thing_use_descriptor ((Thing *) seen);
      q_guarded_leave (seen);
    }
  g_assert_cmpint (thing_load (&((Thing *) seen)->n_freed), ==, 0);
  thing_unref (seen);

  return has_entered;
}

static gboolean
collect (Worker *worker)
{
  q_gate_collect (&worker->arena->gate);

  return TRUE;
}

static gboolean
wait_for_ever (Worker *worker)
{
  g_assert_true (q_gate_wait_for_writer (&worker->arena->gate, Q_DEADLINE_NEVER));

  return TRUE;
}

static gboolean
wait_until (Worker *worker)
{
  gint64 until = g_get_monotonic_time () + g_rand_int_range (worker->random, 0, 50);
  gboolean has_left = q_gate_wait_for_writer (&worker->arena->gate, until);

  if (!has_left)
    g_assert_cmpint (g_get_monotonic_time (), >=, until);

  return has_left;
}

/* ---- all at once ---- */

static const struct
{
  const char *name;
  gboolean (*act) (Worker *worker);     /* returns whether it came to what it is for */
  int weight;
} actions[] = {
  { "lasting", use_lasting, 8 },
  { "briefly", use_briefly, 8 },
  { "made lasting", make_lasting, 3 },
  { "opened", open_new, 6 },
  { "closed", close_present, 2 },
  { "closed only", close_only, 1 },
  { "stolen", steal, 3 },
  { "stopped", stop, 1 },
  { "hook called", hook_on, 2 },
  { "observed", observe, 4 },
  { "collected", collect, 1 },
  { "waited", wait_for_ever, 2 },
  { "waited in time", wait_until, 1 },
};

static gsize
choose_action (Worker *worker)
{
  int total = 0;
  int chosen;
  gsize i = 0;

  for (gsize j = 0; j < G_N_ELEMENTS (actions); j++)
    total += actions[j].weight;

  chosen = g_rand_int_range (worker->random, 0, total);
  while (chosen >= actions[i].weight)
    chosen -= actions[i++].weight;

  return i;
}

static gpointer
work (gpointer data)
{
  gint64 end = g_get_monotonic_time () + BUDGET;
  Worker *worker = data;

  for (int round = 0; round < N_ROUNDS && g_get_monotonic_time () < end; round++)
    {
      gsize i = choose_action (worker);

      worker->n_done[i] += actions[i].act (worker);
      pause_here (worker);
    }

  return NULL;
}

static void
finish_worker (Worker *worker)
{
  for (guint i = 0; i < worker->things->len; i++)
    thing_finish (worker->things->pdata[i]);
  g_ptr_array_unref (worker->things);
  g_rand_free (worker->random);
}

static void
test_stress (void)
{
  Worker workers[N_THREADS];
  GThread *threads[N_THREADS];
  Arena arena = { .is_held = { 0 } };

  G_STATIC_ASSERT (G_N_ELEMENTS (actions) <= G_N_ELEMENTS (workers[0].n_done));

  q_gate_init (&arena.gate);
  for (int i = 0; i < N_THREADS; i++)
    {
      workers[i] = (Worker) {
        .arena = &arena,
        .random = g_rand_new_with_seed ((guint32) g_test_rand_int ()),
        .things = g_ptr_array_new (),
      };
      threads[i] = g_thread_new ("gate", work, &workers[i]);
    }
  for (int i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);

  close_present (&workers[0]);
  for (QClaim claim = 0; claim < Q_N_CLAIMS; claim++)
    g_assert_true (q_gate_take_claim (&arena.gate, claim, Q_CLAIM_BRIEF));
  for (QClaim claim = 0; claim < Q_N_CLAIMS; claim++)
    q_gate_leave_briefly (&arena.gate, claim);
  q_gate_clear (&arena.gate);

  for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
    {
      int n_done = 0;

      for (int j = 0; j < N_THREADS; j++)
        n_done += workers[j].n_done[i];
      g_test_message ("%s: %d", actions[i].name, n_done);
    }
  for (int i = 0; i < N_THREADS; i++)
    finish_worker (&workers[i]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/connection/gate-stress", test_stress);

  return g_test_run ();
}
