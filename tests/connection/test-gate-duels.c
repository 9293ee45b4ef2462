/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "guarded-thing.h"
#include "q-deadline-private.h"
#include "test-duel.h"

typedef struct
{
  QGate gate;
  Thing *thing;
  QStopHook hook;
  int n_calls;
  int results[2];
  const struct _DuelCase *the_case;
} Duel;

typedef struct _DuelCase
{
  const char *name;
  void (*prepare)  (Duel *duel);        /* may be NULL */
  void (*sides[2]) (Duel *duel);
  void (*check)    (Duel *duel);
} DuelCase;

static void
prepare_open (Duel *duel)
{
  g_assert_true (q_gate_open (&duel->gate, thing_guarded (duel->thing)));
}

static void
end_thing (Duel  *duel,
           Thing *thing)
{
  gboolean is_used;

  if (q_guarded_close (thing_guarded (thing), &is_used))
    {
      thing_use_descriptor (thing);
      q_guarded_leave (thing_guarded (thing));
    }
  q_gate_put_off_free (&duel->gate, thing_guarded (thing));
}

static void
end_present (Duel *duel)
{
  QGuarded *taken = q_gate_take (&duel->gate, NULL);

  if (taken != NULL)
    end_thing (duel, (Thing *) taken);
}

static void
check_freed (Duel *duel)
{
  g_assert_cmpint (thing_load (&duel->thing->n_freed), ==, 1);
}

/* ---- entering, closing and stealing ---- */

static void
prepare_entered (Duel *duel)
{
  g_assert_true (q_guarded_enter (thing_guarded (duel->thing)));
}

static void
enter_and_leave (Duel *duel)
{
  Thing *thing = duel->thing;

  if (!q_guarded_enter (thing_guarded (thing)))
    return;

  for (int i = 0; i < 10; i++)
    {
      thing_use_descriptor (thing);
      g_assert_cmpint (thing_load (&thing->n_stolen), ==, 0);
    }
  q_guarded_leave (thing_guarded (thing));
}

static gboolean
close_and_leave (Duel *duel)
{
  Thing *thing = duel->thing;
  gboolean is_used;

  if (!q_guarded_close (thing_guarded (thing), &is_used))
    return FALSE;

  for (int i = 0; i < 10; i++)
    thing_use_descriptor (thing);
  q_guarded_leave (thing_guarded (thing));

  return TRUE;
}

static void
close_first (Duel *duel)
{
  duel->results[0] = close_and_leave (duel);
}

static void
close_second (Duel *duel)
{
  duel->results[1] = close_and_leave (duel);
}

static void
steal_or_leave (Duel *duel)
{
  Thing *thing = duel->thing;

  thing_use_descriptor (thing);
  duel->results[1] = q_guarded_steal (thing_guarded (thing));
  if (duel->results[1])
    thing_stolen (thing);
  else
    q_guarded_leave (thing_guarded (thing));
}

static void
check_closed_once (Duel *duel)
{
  g_assert_cmpint (duel->results[0] + duel->results[1], ==, 1);
  g_assert_cmpint (thing_load (&duel->thing->n_released), ==, !thing_load (&duel->thing->n_stolen));
  thing_unref (thing_guarded (duel->thing));
}

static void
check_stolen_or_open (Duel *duel)
{
  if (!duel->results[1])
    g_assert_true (close_and_leave (duel));
  g_assert_false (q_guarded_enter (thing_guarded (duel->thing)));
  thing_unref (thing_guarded (duel->thing));
}

/* ---- claims and memory ---- */

static void
use_briefly (Duel *duel)
{
  QGuarded *entered = q_gate_enter_briefly (&duel->gate, Q_CLAIM_READER);

  if (entered == NULL)
    return;

  for (int i = 0; i < 10; i++)
    thing_use_memory ((Thing *) entered, Q_CLAIM_READER);
  q_gate_leave_briefly (&duel->gate, Q_CLAIM_READER);
}

static void
use_lasting (Duel *duel)
{
  gboolean is_busy;
  QGuarded *entered = q_gate_enter (&duel->gate, Q_CLAIM_READER, &is_busy);

  g_assert_false (is_busy);
  if (entered == NULL)
    return;

  for (int i = 0; i < 10; i++)
    {
      thing_use_memory ((Thing *) entered, Q_CLAIM_READER);
      thing_use_descriptor ((Thing *) entered);
    }
  q_gate_leave (&duel->gate, Q_CLAIM_READER, entered);
}

static void
prepare_reader (Duel *duel)
{
  gboolean is_busy;

  prepare_open (duel);
  g_assert_nonnull (q_gate_enter (&duel->gate, Q_CLAIM_READER, &is_busy));
}

static void
leave_reader (Duel *duel)
{
  thing_use_memory (duel->thing, Q_CLAIM_READER);
  q_gate_leave (&duel->gate, Q_CLAIM_READER, thing_guarded (duel->thing));
}

static void
observe (Duel *duel)
{
  QGuarded *seen = q_gate_ref_present (&duel->gate);

  if (seen == NULL)
    return;

  for (int i = 0; i < 10; i++)
    g_assert_cmpint (thing_load (&((Thing *) seen)->n_freed), ==, 0);
  thing_unref (seen);
}

static void
check_collected (Duel *duel)
{
  q_gate_collect (&duel->gate);
  check_freed (duel);
}

static void
claim_first (Duel *duel)
{
  duel->results[0] = q_gate_take_claim (&duel->gate, Q_CLAIM_WRITER, Q_CLAIM_LASTING);
}

static void
claim_second (Duel *duel)
{
  duel->results[1] = q_gate_take_claim (&duel->gate, Q_CLAIM_WRITER, Q_CLAIM_BRIEF);
}

static void
check_claimed_once (Duel *duel)
{
  g_assert_cmpint (duel->results[0] + duel->results[1], ==, 1);
  q_gate_drop_claim (&duel->gate, Q_CLAIM_WRITER);
  end_thing (duel, duel->thing);
}

/* ---- waiting ---- */

static void
prepare_writer (Duel *duel)
{
  gboolean is_busy;

  prepare_open (duel);
  g_assert_nonnull (q_gate_enter (&duel->gate, Q_CLAIM_WRITER, &is_busy));
}

static void
leave_writer (Duel *duel)
{
  q_gate_leave (&duel->gate, Q_CLAIM_WRITER, thing_guarded (duel->thing));
}

static void
wait_for_writer (Duel *duel)
{
  g_assert_true (q_gate_wait_for_writer (&duel->gate, Q_DEADLINE_NEVER));
}

static void
check_end_present (Duel *duel)
{
  end_present (duel);
  check_freed (duel);
}

/* ---- stopping ---- */

static void
open_thing (Duel *duel)
{
  if (!q_gate_open (&duel->gate, thing_guarded (duel->thing)))
    end_thing (duel, duel->thing);
}

static void
stop_and_end (Duel *duel)
{
  q_gate_stop (&duel->gate);
  end_present (duel);
}

/* Whichever was first, a close that has returned leaves nothing open. */
static void
check_not_open (Duel *duel)
{
  g_assert_false (q_gate_is_open (&duel->gate));
  check_freed (duel);
}

static void
count_cb (gpointer data)
{
  int *n_calls = data;

  (*n_calls)++;
}

static void
add_hook (Duel *duel)
{
  q_gate_add_hook (&duel->gate, &duel->hook, count_cb, &duel->n_calls);
}

static void
remove_hook (Duel *duel)
{
  q_gate_remove_hook (&duel->gate, &duel->hook);
  duel->results[0] = duel->n_calls;
  memset (&duel->hook, THING_POISON, sizeof duel->hook);
}

static void
stop (Duel *duel)
{
  q_gate_stop (&duel->gate);
}

static void
check_called_once (Duel *duel)
{
  g_assert_cmpint (duel->n_calls, ==, 1);
  end_thing (duel, duel->thing);
}

static void
check_not_called_later (Duel *duel)
{
  g_assert_cmpint (duel->n_calls, ==, duel->results[0]);
  g_assert_cmpint (duel->n_calls, <=, 1);
  end_thing (duel, duel->thing);
}

static const DuelCase cases[] = {
  { "enter-close", NULL, { enter_and_leave, close_second }, check_closed_once },
  { "enter-steal", prepare_entered, { enter_and_leave, steal_or_leave }, check_stolen_or_open },
  { "close-close", NULL, { close_first, close_second }, check_closed_once },
  { "close-steal", prepare_entered, { close_first, steal_or_leave }, check_closed_once },
  { "brief-end", prepare_open, { use_briefly, end_present }, check_collected },
  { "lasting-end", prepare_open, { use_lasting, end_present }, check_freed },
  { "leave-end", prepare_reader, { leave_reader, end_present }, check_freed },
  { "observe-end", prepare_open, { observe, end_present }, check_freed },
  { "claim-claim", NULL, { claim_first, claim_second }, check_claimed_once },
  { "leave-wait", prepare_writer, { leave_writer, wait_for_writer }, check_end_present },
  { "open-stop", NULL, { open_thing, stop_and_end }, check_not_open },
  { "add-stop", NULL, { add_hook, stop }, check_called_once },
  { "remove-stop", add_hook, { remove_hook, stop }, check_not_called_later },
};

/* ---- in the same moment ---- */

static void
prepare_duel (gpointer data)
{
  const DuelCase *the_case = ((Duel *) data)->the_case;
  Duel *duel = data;

  *duel = (Duel) { .the_case = the_case, .thing = thing_new () };
  q_gate_init (&duel->gate);
  if (the_case->prepare != NULL)
    the_case->prepare (duel);
}

static void
first_side (gpointer data)
{
  Duel *duel = data;

  duel->the_case->sides[0] (duel);
}

static void
second_side (gpointer data)
{
  Duel *duel = data;

  duel->the_case->sides[1] (duel);
}

static void
check_duel (gpointer data)
{
  Duel *duel = data;

  duel->the_case->check (duel);
  q_gate_clear (&duel->gate);
  thing_finish (duel->thing);
}

static void
test_duel (gconstpointer data)
{
  static const TestDuel duel_of_gate = {
    prepare_duel, { first_side, second_side }, check_duel,
  };
  Duel duel = { .the_case = data };

  test_duel_run (&duel_of_gate, &duel);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/connection/gate-duels/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_duel);
    }

  return g_test_run ();
}
