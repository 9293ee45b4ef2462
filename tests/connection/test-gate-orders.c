/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "guarded-thing.h"

/* ---- the thing: every order ---- */

typedef enum
{
  ENTER,
  LEAVE,
  CLOSE,
  STEAL,
  N_THING_STEPS,
} ThingStep;

typedef struct
{
  int n_inside;           /* who has to leave, a closer included */
  gboolean is_closed;
  gboolean is_stolen;
  int n_released;
} ThingModel;

/* Only what has entered leaves or steals. */
static gboolean
is_thing_step_allowed (const ThingModel *model,
                       ThingStep         step)
{
  return (step != LEAVE && step != STEAL) || model->n_inside > 0;
}

static void
leave_model (ThingModel *model)
{
  model->n_inside--;
  if (model->n_inside == 0 && model->is_closed && !model->is_stolen)
    model->n_released = 1;
}

/* Does a step to the model, and to @guarded unless that is NULL. */
static void
do_thing_step (ThingModel *model,
               QGuarded   *guarded,
               ThingStep   step)
{
  gboolean expected = !model->is_closed;
  gboolean is_used = -1;
  gboolean result = expected;

  switch (step)
    {
    case ENTER:
      if (guarded != NULL)
        result = q_guarded_enter (guarded);
      model->n_inside += expected;
      break;
    case LEAVE:
      if (guarded != NULL)
        q_guarded_leave (guarded);
      leave_model (model);
      break;
    case CLOSE:
      if (guarded != NULL)
        {
          result = q_guarded_close (guarded, &is_used);
          if (result)
            g_assert_cmpint (is_used, ==, model->n_inside > 0);
        }
      model->n_inside += expected;
      model->is_closed = TRUE;
      break;
    case STEAL:
    default:
      expected = !model->is_closed && model->n_inside == 1;
      result = expected;
      if (guarded != NULL)
        result = q_guarded_steal (guarded);
      if (expected)
        *model = (ThingModel) { .is_closed = TRUE, .is_stolen = TRUE };
      break;
    }

  g_assert_cmpint (result, ==, expected);
}

static void
run_thing_steps (const ThingStep *steps,
                 int              n_steps)
{
  ThingModel model = { 0 };
  Thing *thing = thing_new ();
  QGuarded *guarded = thing_guarded (thing);

  for (int i = 0; i < n_steps; i++)
    {
      do_thing_step (&model, guarded, steps[i]);
      g_assert_cmpint (thing_load (&thing->n_released), ==, model.n_released);
      g_assert_cmpint (q_guarded_is_closed (guarded), ==, model.is_closed);
    }

  do_thing_step (&model, guarded, CLOSE);
  while (model.n_inside > 0)
    do_thing_step (&model, guarded, LEAVE);
  if (model.is_stolen)
    thing_stolen (thing);

  thing_unref (guarded);
  thing_finish (thing);
}

#define N_STEPS 8

static void
explore_thing (const ThingModel *before,
               ThingStep        *steps,
               int               n_steps)
{
  if (n_steps == N_STEPS)
    {
      run_thing_steps (steps, n_steps);
      return;
    }

  for (ThingStep step = 0; step < N_THING_STEPS; step++)
    {
      ThingModel model = *before;

      if (!is_thing_step_allowed (&model, step))
        continue;
      do_thing_step (&model, NULL, step);
      steps[n_steps] = step;
      explore_thing (&model, steps, n_steps + 1);
    }
}

static void
test_thing_orders (void)
{
  ThingModel model = { 0 };
  ThingStep steps[N_STEPS];

  explore_thing (&model, steps, 0);
}

/* A child process has the count of calls that only its parent makes. */
static void
test_release_copy (void)
{
  Thing *thing = thing_new ();
  QGuarded *guarded = thing_guarded (thing);
  gboolean is_used;

  g_assert_true (q_guarded_enter (guarded));
  g_assert_true (q_guarded_enter (guarded));
  g_assert_true (q_guarded_close (guarded, &is_used));
  g_assert_true (is_used);
  q_guarded_release_copy (guarded);
  g_assert_cmpint (thing_load (&thing->n_released), ==, 1);

  g_assert_false (q_guarded_enter (guarded));
  g_assert_false (q_guarded_close (guarded, &is_used));
  g_assert_false (q_guarded_steal (guarded));

  thing_unref (guarded);
  thing_finish (thing);
}

/* ---- the gate: every order ---- */

typedef enum
{
  ENTER_READER,           /* or leave, if it has entered */
  ENTER_WRITER,
  BRIEF_READER,           /* likewise */
  BRIEF_WRITER,
  MAKE_LASTING,           /* the brief claim of the reader */
  OPENER,                 /* takes or drops that claim */
  OPEN,
  TAKE,                   /* closes it and puts off its end */
  COLLECT,
  N_GATE_STEPS,
} GateStep;

#define MAX_THINGS 8

typedef struct
{
  int claims[Q_N_CLAIMS]; /* kinds */
  int users[Q_N_CLAIMS];  /* which thing each of them has entered, or -1 */
  int present;            /* which thing, or -1 */
  int n_things;
  gboolean is_put_off[MAX_THINGS];
  gboolean is_freed[MAX_THINGS];
} GateModel;

typedef struct
{
  QGate gate;
  Thing *things[MAX_THINGS];
} GateFixture;

static gboolean
is_gate_step_allowed (const GateModel *model,
                      GateStep         step)
{
  switch (step)
    {
    case BRIEF_READER:
      return model->claims[Q_CLAIM_READER] != Q_CLAIM_LASTING;
    case BRIEF_WRITER:
      return model->claims[Q_CLAIM_WRITER] != Q_CLAIM_LASTING;
    case MAKE_LASTING:
      return model->claims[Q_CLAIM_READER] == Q_CLAIM_BRIEF;
    case OPEN:
      return model->present < 0;
    default:
      return TRUE;
    }
}

static void
collect_model (GateModel *model)
{
  if (model->claims[Q_CLAIM_READER] != Q_CLAIM_FREE ||
      model->claims[Q_CLAIM_WRITER] != Q_CLAIM_FREE)
    return;

  for (int i = 0; i < model->n_things; i++)
    {
      model->is_freed[i] |= model->is_put_off[i];
      model->is_put_off[i] = FALSE;
    }
}

/* What is entered is left again. A claim that never entered is only dropped. */
static void
do_enter_step (GateModel   *model,
               GateFixture *fixture,
               QClaim       claim)
{
  int user = model->users[claim];

  if (model->claims[claim] == Q_CLAIM_LASTING)
    {
      if (fixture != NULL && user >= 0)
        q_gate_leave (&fixture->gate, claim, thing_guarded (fixture->things[user]));
      else if (fixture != NULL)
        q_gate_drop_claim (&fixture->gate, claim);
      model->claims[claim] = Q_CLAIM_FREE;
      model->users[claim] = -1;
      collect_model (model);
      return;
    }

  if (fixture != NULL)
    {
      gboolean is_busy = -1;
      QGuarded *entered = q_gate_enter (&fixture->gate, claim, &is_busy);

      g_assert_cmpint (is_busy, ==, model->claims[claim] != Q_CLAIM_FREE);
      if (is_busy || model->present < 0)
        g_assert_null (entered);
      else
        g_assert_true (entered == thing_guarded (fixture->things[model->present]));
    }

  if (model->claims[claim] != Q_CLAIM_FREE)
    return;
  if (model->present < 0)
    {
      collect_model (model);
      return;
    }
  model->claims[claim] = Q_CLAIM_LASTING;
  model->users[claim] = model->present;
}

static void
do_brief_step (GateModel   *model,
               GateFixture *fixture,
               QClaim       claim)
{
  if (model->claims[claim] == Q_CLAIM_BRIEF)
    {
      if (fixture != NULL)
        q_gate_leave_briefly (&fixture->gate, claim);
      model->claims[claim] = Q_CLAIM_FREE;
      return;
    }

  if (fixture != NULL)
    {
      QGuarded *entered = q_gate_enter_briefly (&fixture->gate, claim);

      if (model->present < 0)
        g_assert_null (entered);
      else
        g_assert_true (entered == thing_guarded (fixture->things[model->present]));
    }

  if (model->present >= 0)
    model->claims[claim] = Q_CLAIM_BRIEF;
}

static void
do_opener_step (GateModel   *model,
                GateFixture *fixture)
{
  gboolean take = model->claims[Q_CLAIM_OPENER] == Q_CLAIM_FREE;

  if (fixture != NULL && take)
    g_assert_true (q_gate_take_claim (&fixture->gate, Q_CLAIM_OPENER, Q_CLAIM_LASTING));
  else if (fixture != NULL)
    q_gate_drop_claim (&fixture->gate, Q_CLAIM_OPENER);

  model->claims[Q_CLAIM_OPENER] = take ? Q_CLAIM_LASTING : Q_CLAIM_FREE;
  if (!take)
    collect_model (model);
}

static void
do_open_step (GateModel   *model,
              GateFixture *fixture)
{
  if (fixture != NULL)
    {
      Thing *thing = fixture->things[model->n_things] = thing_new ();

      g_assert_true (q_gate_open (&fixture->gate, thing_guarded (thing)));
    }
  model->present = model->n_things++;
}

static void
do_take_step (GateModel   *model,
              GateFixture *fixture)
{
  if (fixture != NULL)
    {
      QGuarded *taken = q_gate_take (&fixture->gate, NULL);
      gboolean is_used;

      g_assert_true (taken == NULL || model->present >= 0);
      if (model->present >= 0)
        {
          g_assert_true (taken == thing_guarded (fixture->things[model->present]));
          g_assert_true (q_guarded_close (taken, &is_used));
          q_guarded_leave (taken);
          q_gate_put_off_free (&fixture->gate, taken);
        }
    }

  if (model->present < 0)
    return;
  model->is_put_off[model->present] = TRUE;
  model->present = -1;
  collect_model (model);
}

static void
do_gate_step (GateModel   *model,
              GateFixture *fixture,
              GateStep     step)
{
  switch (step)
    {
    case ENTER_READER:
      do_enter_step (model, fixture, Q_CLAIM_READER);
      break;
    case ENTER_WRITER:
      do_enter_step (model, fixture, Q_CLAIM_WRITER);
      break;
    case BRIEF_READER:
      do_brief_step (model, fixture, Q_CLAIM_READER);
      break;
    case BRIEF_WRITER:
      do_brief_step (model, fixture, Q_CLAIM_WRITER);
      break;
    case MAKE_LASTING:
      if (fixture != NULL)
        q_gate_make_lasting (&fixture->gate, Q_CLAIM_READER);
      model->claims[Q_CLAIM_READER] = Q_CLAIM_LASTING;
      break;
    case OPENER:
      do_opener_step (model, fixture);
      break;
    case OPEN:
      do_open_step (model, fixture);
      break;
    case TAKE:
      do_take_step (model, fixture);
      break;
    case COLLECT:
    default:
      if (fixture != NULL)
        q_gate_collect (&fixture->gate);
      collect_model (model);
      break;
    }
}

static void
assert_gate (GateFixture     *fixture,
             const GateModel *model)
{
  QGuarded *present = q_gate_get_present (&fixture->gate);

  g_assert_cmpint (q_gate_is_open (&fixture->gate), ==, model->present >= 0);
  if (model->present >= 0)
    g_assert_true (present == thing_guarded (fixture->things[model->present]));
  else
    g_assert_null (present);

  for (int i = 0; i < model->n_things; i++)
    {
      Thing *thing = fixture->things[i];
      gboolean is_used = model->users[Q_CLAIM_READER] == i || model->users[Q_CLAIM_WRITER] == i;

      g_assert_cmpint (thing_load (&thing->n_freed), ==, model->is_freed[i]);
      g_assert_cmpint (thing_load (&thing->n_released), ==, model->present != i && !is_used);
    }
}

static const GateModel new_gate_model = { .users = { -1, -1, -1 }, .present = -1 };

static void
run_gate_steps (const GateStep *steps,
                int             n_steps)
{
  GateModel model = new_gate_model;
  GateFixture fixture;

  q_gate_init (&fixture.gate);
  for (int i = 0; i < n_steps; i++)
    {
      do_gate_step (&model, &fixture, steps[i]);
      assert_gate (&fixture, &model);
    }

  do_gate_step (&model, &fixture, TAKE);
  for (QClaim claim = 0; claim < Q_CLAIM_OPENER; claim++)
    if (model.claims[claim] == Q_CLAIM_BRIEF)
      do_brief_step (&model, &fixture, claim);
    else if (model.claims[claim] == Q_CLAIM_LASTING)
      do_enter_step (&model, &fixture, claim);
  assert_gate (&fixture, &model);

  q_gate_clear (&fixture.gate);
  for (int i = 0; i < model.n_things; i++)
    thing_finish (fixture.things[i]);
}

#define N_GATE_DEPTH 7

static void
explore_gate (const GateModel *before,
              GateStep        *steps,
              int              n_steps)
{
  if (n_steps == N_GATE_DEPTH)
    {
      run_gate_steps (steps, n_steps);
      return;
    }

  for (GateStep step = 0; step < N_GATE_STEPS; step++)
    {
      GateModel model = *before;

      if (!is_gate_step_allowed (&model, step))
        continue;
      do_gate_step (&model, NULL, step);
      steps[n_steps] = step;
      explore_gate (&model, steps, n_steps + 1);
    }
}

/* Claims, things that come and go, and when those are freed. With nothing open there is little
 * to explore, so each order begins with an open thing. */
static void
test_gate_orders (void)
{
  GateModel model = new_gate_model;
  GateStep steps[N_GATE_DEPTH] = { OPEN };

  do_gate_step (&model, NULL, OPEN);
  explore_gate (&model, steps, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/connection/gate-orders/thing", test_thing_orders);
  g_test_add_func ("/connection/gate-orders/release-copy", test_release_copy);
  g_test_add_func ("/connection/gate-orders/gate", test_gate_orders);

  return g_test_run ();
}
