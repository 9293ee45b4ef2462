/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "guarded-thing.h"

static void
assert_free (QGate  *gate,
             QClaim  claim)
{
  g_assert_true (q_gate_take_claim (gate, claim, Q_CLAIM_LASTING));
  q_gate_drop_claim (gate, claim);
}

/* ---- claims ---- */

static void
test_nothing_open (void)
{
  QGate gate;
  gboolean is_busy;

  q_gate_init (&gate);

  for (QClaim claim = 0; claim < Q_N_CLAIMS; claim++)
    {
      is_busy = TRUE;
      g_assert_null (q_gate_enter (&gate, claim, &is_busy));
      g_assert_false (is_busy);
      g_assert_null (q_gate_enter_briefly (&gate, claim));
      assert_free (&gate, claim);
    }

  g_assert_false (q_gate_is_open (&gate));
  g_assert_null (q_gate_get_present (&gate));
  g_assert_null (q_gate_ref_present (&gate));
  g_assert_null (q_gate_take (&gate, NULL));
  q_gate_collect (&gate);
  q_gate_clear (&gate);
}

static void
assert_busy (QGate  *gate,
             QClaim  claim)
{
  gboolean is_busy = FALSE;

  g_assert_false (q_gate_take_claim (gate, claim, Q_CLAIM_LASTING));
  g_assert_false (q_gate_take_claim (gate, claim, Q_CLAIM_BRIEF));
  g_assert_null (q_gate_enter_briefly (gate, claim));
  g_assert_null (q_gate_enter (gate, claim, &is_busy));
  g_assert_true (is_busy);
}

/* One at a time of each claim, whatever the kinds of the first and the second. */
static void
test_second_refused (void)
{
  QGate gate;
  Thing *thing;

  q_gate_init (&gate);
  thing = thing_open (&gate);

  for (QClaim claim = 0; claim < Q_N_CLAIMS; claim++)
    {
      gboolean is_busy = TRUE;
      QGuarded *entered = q_gate_enter (&gate, claim, &is_busy);

      g_assert_true (entered == thing_guarded (thing));
      g_assert_false (is_busy);
      assert_busy (&gate, claim);
      for (QClaim other = 0; other < Q_N_CLAIMS; other++)
        if (other != claim)
          assert_free (&gate, other);
      q_gate_leave (&gate, claim, entered);

      g_assert_true (q_gate_enter_briefly (&gate, claim) == thing_guarded (thing));
      assert_busy (&gate, claim);
      q_gate_leave_briefly (&gate, claim);

      g_assert_true (q_gate_enter_briefly (&gate, claim) == thing_guarded (thing));
      q_gate_make_lasting (&gate, claim);
      assert_busy (&gate, claim);
      q_gate_drop_claim (&gate, claim);
      assert_free (&gate, claim);
    }

  thing_close (&gate, thing);
  q_gate_clear (&gate);
  thing_finish (thing);
}

/* A thing is closed before it is taken away, as where its descriptor is stolen. */
static void
test_late_enter (void)
{
  QGate gate;
  Thing *thing;
  gboolean is_used = TRUE;
  gboolean is_busy = TRUE;

  q_gate_init (&gate);
  thing = thing_open (&gate);
  g_assert_true (q_guarded_close (thing_guarded (thing), &is_used));
  g_assert_false (is_used);

  g_assert_null (q_gate_enter (&gate, Q_CLAIM_READER, &is_busy));
  g_assert_false (is_busy);
  assert_free (&gate, Q_CLAIM_READER);
  g_assert_cmpint (thing_load (&thing->n_released), ==, 0);
  q_guarded_leave (thing_guarded (thing));
  g_assert_cmpint (thing_load (&thing->n_released), ==, 1);

  g_assert_true (q_gate_take (&gate, NULL) == thing_guarded (thing));
  q_gate_put_off_free (&gate, thing_guarded (thing));
  q_gate_clear (&gate);
  thing_finish (thing);
}

/* A claim that was ended briefly collects nothing; the next claim that ends does. */
static void
test_brief_ends_quietly (void)
{
  QGate gate;
  Thing *thing;

  for (QClaim claim = 0; claim < Q_N_CLAIMS; claim++)
    {
      q_gate_init (&gate);
      thing = thing_open (&gate);
      g_assert_nonnull (q_gate_enter_briefly (&gate, Q_CLAIM_READER));
      thing_close (&gate, thing);
      g_assert_cmpint (thing_load (&thing->n_released), ==, 1);
      q_gate_leave_briefly (&gate, Q_CLAIM_READER);
      g_assert_cmpint (thing_load (&thing->n_freed), ==, 0);

      assert_free (&gate, claim);
      g_assert_cmpint (thing_load (&thing->n_freed), ==, 1);
      q_gate_clear (&gate);
      thing_finish (thing);
    }
}

static void
test_clear_frees (void)
{
  QGate gate;
  Thing *things[3];

  q_gate_init (&gate);
  for (gsize i = 0; i < G_N_ELEMENTS (things); i++)
    {
      things[i] = thing_open (&gate);
      g_assert_nonnull (q_gate_enter_briefly (&gate, Q_CLAIM_WRITER));
      thing_close (&gate, things[i]);
      q_gate_leave_briefly (&gate, Q_CLAIM_WRITER);
    }
  q_gate_clear (&gate);
  for (gsize i = 0; i < G_N_ELEMENTS (things); i++)
    thing_finish (things[i]);
}

/* ---- the present thing ---- */

static void
test_ref_present (void)
{
  QGate gate;
  Thing *thing;
  QGuarded *present;

  q_gate_init (&gate);
  thing = thing_open (&gate);
  present = q_gate_ref_present (&gate);
  g_assert_true (present == thing_guarded (thing));
  thing_close (&gate, thing);
  g_assert_cmpint (thing_load (&thing->n_freed), ==, 0);
  g_assert_false (q_guarded_enter (present));
  thing_unref (present);

  q_gate_clear (&gate);
  thing_finish (thing);
}

static void
test_take_only (void)
{
  QGate gate;
  Thing *first;
  Thing *second;

  q_gate_init (&gate);
  first = thing_open (&gate);
  thing_ref (thing_guarded (first));
  thing_close (&gate, first);
  g_assert_null (q_gate_take (&gate, thing_guarded (first)));

  second = thing_open (&gate);
  g_assert_null (q_gate_take (&gate, thing_guarded (first)));
  g_assert_true (q_gate_get_present (&gate) == thing_guarded (second));
  g_assert_true (q_gate_take (&gate, thing_guarded (second)) == thing_guarded (second));
  g_assert_false (q_gate_is_open (&gate));
  g_assert_null (q_gate_take (&gate, thing_guarded (second)));

  g_assert_true (q_gate_open (&gate, thing_guarded (second)));
  thing_close (&gate, second);
  thing_unref (thing_guarded (first));
  q_gate_clear (&gate);
  thing_finish (first);
  thing_finish (second);
}

/* ---- stopping ---- */

static void
count_cb (gpointer data)
{
  int *n_calls = data;

  (*n_calls)++;
}

static void
test_open_stopped (void)
{
  Thing *thing = thing_new ();
  QGate gate;

  q_gate_init (&gate);
  q_gate_begin_opening (&gate);
  q_gate_stop (&gate);
  q_gate_stop (&gate);
  g_assert_false (q_gate_open (&gate, thing_guarded (thing)));
  g_assert_false (q_gate_is_open (&gate));
  g_assert_cmpint (thing_load (&thing->n_refs), ==, 1);

  /* Only the opener that was there is stopped, not the next. */
  q_gate_begin_opening (&gate);
  g_assert_true (q_gate_open (&gate, thing_guarded (thing)));
  thing_close (&gate, thing);
  q_gate_clear (&gate);
  thing_finish (thing);
}

static void
test_stop_keeps_open (void)
{
  QGate gate;
  Thing *thing;

  q_gate_init (&gate);
  thing = thing_open (&gate);
  q_gate_stop (&gate);
  g_assert_true (q_gate_get_present (&gate) == thing_guarded (thing));
  thing_close (&gate, thing);
  q_gate_clear (&gate);
  thing_finish (thing);
}

#define N_HOOKS 4

/* Every set of hooks, removed in both directions: those are called that were not removed. */
static void
test_hooks (void)
{
  for (int mask = 0; mask < 1 << N_HOOKS; mask++)
    for (int backwards = 0; backwards < 2; backwards++)
      {
        QStopHook hooks[N_HOOKS];
        int n_calls[N_HOOKS] = { 0 };
        QGate gate;

        q_gate_init (&gate);
        for (int i = 0; i < N_HOOKS; i++)
          q_gate_add_hook (&gate, &hooks[i], count_cb, &n_calls[i]);
        for (int i = 0; i < N_HOOKS; i++)
          {
            int which = backwards ? N_HOOKS - 1 - i : i;

            if ((mask & (1 << which)) == 0)
              continue;
            q_gate_remove_hook (&gate, &hooks[which]);
            q_gate_remove_hook (&gate, &hooks[which]);
            memset (&hooks[which], THING_POISON, sizeof hooks[which]);
          }

        q_gate_stop (&gate);
        q_gate_stop (&gate);
        for (int i = 0; i < N_HOOKS; i++)
          g_assert_cmpint (n_calls[i], ==, (mask & (1 << i)) == 0);
        q_gate_clear (&gate);
      }
}

/* A hook that was called is out of the list: its memory may go without a removal. */
static void
test_called_hook_is_out (void)
{
  QStopHook first;
  QStopHook second;
  int n_first = 0;
  int n_second = 0;
  QGate gate;

  q_gate_init (&gate);
  q_gate_add_hook (&gate, &first, count_cb, &n_first);
  q_gate_stop (&gate);
  g_assert_cmpint (n_first, ==, 1);
  memset (&first, THING_POISON, sizeof first);

  q_gate_begin_opening (&gate);
  q_gate_add_hook (&gate, &second, count_cb, &n_second);
  q_gate_stop (&gate);
  g_assert_cmpint (n_first, ==, 1);
  g_assert_cmpint (n_second, ==, 1);

  /* And it can be added again. */
  q_gate_begin_opening (&gate);
  q_gate_add_hook (&gate, &second, count_cb, &n_second);
  q_gate_stop (&gate);
  g_assert_cmpint (n_second, ==, 2);
  q_gate_clear (&gate);
}

static void
test_hook_when_stopped (void)
{
  QStopHook hook;
  int n_calls = 0;
  QGate gate;

  q_gate_init (&gate);
  q_gate_stop (&gate);
  q_gate_add_hook (&gate, &hook, count_cb, &n_calls);
  g_assert_cmpint (n_calls, ==, 1);
  q_gate_stop (&gate);
  g_assert_cmpint (n_calls, ==, 1);
  q_gate_remove_hook (&gate, &hook);
  memset (&hook, THING_POISON, sizeof hook);

  q_gate_begin_opening (&gate);
  q_gate_stop (&gate);
  g_assert_cmpint (n_calls, ==, 1);
  q_gate_clear (&gate);
}

/* A removal is right for a hook that was never added. */
static void
test_hook_never_added (void)
{
  QStopHook never = { NULL };
  QStopHook hook;
  int n_calls = 0;
  QGate gate;

  q_gate_init (&gate);
  q_gate_remove_hook (&gate, &never);
  q_gate_add_hook (&gate, &hook, count_cb, &n_calls);
  q_gate_remove_hook (&gate, &never);
  q_gate_stop (&gate);
  g_assert_cmpint (n_calls, ==, 1);
  q_gate_clear (&gate);
}

/* Taking the thing away stops the calls that have a hook, but no opener. */
static void
test_take_calls_hooks (void)
{
  QStopHook hook;
  int n_calls = 0;
  QGate gate;
  Thing *first;
  Thing *second;

  q_gate_init (&gate);
  q_gate_add_hook (&gate, &hook, count_cb, &n_calls);
  g_assert_null (q_gate_take (&gate, NULL));
  g_assert_cmpint (n_calls, ==, 0);

  first = thing_open (&gate);
  second = thing_new ();
  g_assert_null (q_gate_take (&gate, thing_guarded (second)));
  g_assert_cmpint (n_calls, ==, 0);
  thing_close (&gate, first);
  g_assert_cmpint (n_calls, ==, 1);

  q_gate_add_hook (&gate, &hook, count_cb, &n_calls);
  g_assert_cmpint (n_calls, ==, 1);
  g_assert_true (q_gate_open (&gate, thing_guarded (second)));
  thing_close (&gate, second);
  g_assert_cmpint (n_calls, ==, 2);

  q_gate_clear (&gate);
  thing_finish (first);
  thing_finish (second);
}

typedef struct
{
  QGate gate;
  QStopHook hook;
  atomic_int is_stopping;
  atomic_int is_removing;
  gboolean was_called;    /* plain: the removal orders it */
} Removal;

static void
stop_slowly (gpointer data)
{
  Removal *removal = data;

  atomic_store (&removal->is_stopping, TRUE);
  while (!atomic_load (&removal->is_removing))
    g_thread_yield ();
  for (int i = 0; i < 20; i++)
    g_thread_yield ();
  removal->was_called = TRUE;
}

static gpointer
remove_in_thread (gpointer data)
{
  Removal *removal = data;

  while (!atomic_load (&removal->is_stopping))
    g_thread_yield ();
  atomic_store (&removal->is_removing, TRUE);
  q_gate_remove_hook (&removal->gate, &removal->hook);
  g_assert_true (removal->was_called);
  memset (&removal->hook, THING_POISON, sizeof removal->hook);

  return NULL;
}

/* Once a removal has returned the hook is not running, for its memory goes. */
static void
test_remove_while_stopping (void)
{
  for (int round = 0; round < 20; round++)
    {
      Removal removal = { .was_called = FALSE };
      GThread *thread;

      q_gate_init (&removal.gate);
      q_gate_add_hook (&removal.gate, &removal.hook, stop_slowly, &removal);
      thread = g_thread_new ("remove", remove_in_thread, &removal);
      q_gate_stop (&removal.gate);
      g_thread_join (thread);
      q_gate_stop (&removal.gate);
      q_gate_clear (&removal.gate);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/connection/gate/nothing-open", test_nothing_open);
  g_test_add_func ("/connection/gate/second-refused", test_second_refused);
  g_test_add_func ("/connection/gate/late-enter", test_late_enter);
  g_test_add_func ("/connection/gate/brief-ends-quietly", test_brief_ends_quietly);
  g_test_add_func ("/connection/gate/clear-frees", test_clear_frees);
  g_test_add_func ("/connection/gate/ref-present", test_ref_present);
  g_test_add_func ("/connection/gate/take-only", test_take_only);
  g_test_add_func ("/connection/gate/stop/open", test_open_stopped);
  g_test_add_func ("/connection/gate/stop/keeps-open", test_stop_keeps_open);
  g_test_add_func ("/connection/gate/hook/sets", test_hooks);
  g_test_add_func ("/connection/gate/hook/called-is-out", test_called_hook_is_out);
  g_test_add_func ("/connection/gate/hook/when-stopped", test_hook_when_stopped);
  g_test_add_func ("/connection/gate/hook/never-added", test_hook_never_added);
  g_test_add_func ("/connection/gate/hook/take", test_take_calls_hooks);
  g_test_add_func ("/connection/gate/hook/remove-while-stopping", test_remove_while_stopping);

  return g_test_run ();
}
