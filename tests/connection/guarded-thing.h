/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-gate-private.h"

#include <string.h>

/* A guarded thing that counts what is done to it. When the last reference goes its memory is
 * not given back to the allocator before the test ends, only overwritten: so every later write
 * into it is found, whatever the allocator would have done with it. */
typedef struct
{
  struct
  {
    QGuarded guarded;
    int work[Q_N_CLAIMS]; /* plain memory that the holder of each claim may change */
  } poisoned;

  int descriptor;         /* read by the calls that have entered, -1 once released */
  atomic_int n_refs;
  atomic_int n_released;
  atomic_int n_stolen;
  atomic_int n_freed;
} Thing;

#define THING_DESCRIPTOR 7
#define THING_POISON 0xa5

static inline int
thing_load (atomic_int *count)
{
  /* Relaxed, so that a test does not order what the gate leaves without order. */
  return atomic_load_explicit (count, memory_order_relaxed);
}

static inline int
thing_add (atomic_int *count)
{
  return atomic_fetch_add_explicit (count, 1, memory_order_relaxed);
}

static inline void
thing_release (QGuarded *guarded)
{
  Thing *thing = (Thing *) guarded;

  g_assert_cmpint (thing_load (&thing->n_freed), ==, 0);
  g_assert_cmpint (thing_load (&thing->n_stolen), ==, 0);
  g_assert_cmpint (thing_add (&thing->n_released), ==, 0);
  thing->descriptor = -1;
}

static inline void
thing_ref (QGuarded *guarded)
{
  Thing *thing = (Thing *) guarded;

  g_assert_cmpint (atomic_fetch_add (&thing->n_refs, 1), >, 0);
}

static inline void
thing_unref (QGuarded *guarded)
{
  Thing *thing = (Thing *) guarded;
  int before = atomic_fetch_sub (&thing->n_refs, 1);

  g_assert_cmpint (before, >, 0);
  if (before > 1)
    return;

  g_assert_cmpint (thing_add (&thing->n_freed), ==, 0);
  memset (&thing->poisoned, THING_POISON, sizeof thing->poisoned);
}

static const QGuardedClass thing_class = { thing_release, thing_ref, thing_unref };

static inline Thing *
thing_new (void)
{
  Thing *thing = g_new0 (Thing, 1);

  q_guarded_init (&thing->poisoned.guarded, &thing_class);
  thing->descriptor = THING_DESCRIPTOR;
  atomic_init (&thing->n_refs, 1);

  return thing;
}

static inline QGuarded *
thing_guarded (Thing *thing)
{
  return &thing->poisoned.guarded;
}

/* Opens a new one in @gate. */
static inline Thing *
thing_open (QGate *gate)
{
  Thing *thing = thing_new ();

  g_assert_true (q_gate_open (gate, thing_guarded (thing)));

  return thing;
}

/* Closes what is open, which is @thing. */
static inline void
thing_close (QGate *gate,
             Thing *thing)
{
  QGuarded *guarded = thing_guarded (thing);
  gboolean is_used;

  g_assert_true (q_gate_take (gate, NULL) == guarded);
  g_assert_true (q_guarded_close (guarded, &is_used));
  q_guarded_leave (guarded);
  q_gate_put_off_free (gate, guarded);
}

/* What a call does that holds @claim: it uses the memory alone. */
static inline void
thing_use_memory (Thing  *thing,
                  QClaim  claim)
{
  g_assert_cmpint (thing_load (&thing->n_freed), ==, 0);
  thing->poisoned.work[claim]++;
}

/* What a call does that has entered. */
static inline void
thing_use_descriptor (Thing *thing)
{
  g_assert_cmpint (thing_load (&thing->n_freed), ==, 0);
  g_assert_cmpint (thing_load (&thing->n_released), ==, 0);
  g_assert_cmpint (thing->descriptor, ==, THING_DESCRIPTOR);
}

/* Notes that the descriptor was stolen by the caller. */
static inline void
thing_stolen (Thing *thing)
{
  g_assert_cmpint (thing_load (&thing->n_released), ==, 0);
  g_assert_cmpint (thing_add (&thing->n_stolen), ==, 0);
}

/* After everything: released or stolen once, freed once, and not touched since. */
static inline void
thing_finish (Thing *thing)
{
  const guint8 *bytes = (const guint8 *) &thing->poisoned;

  g_assert_cmpint (thing_load (&thing->n_released) + thing_load (&thing->n_stolen), ==, 1);
  g_assert_cmpint (thing_load (&thing->n_freed), ==, 1);
  for (gsize i = 0; i < sizeof thing->poisoned; i++)
    g_assert_cmpint (bytes[i], ==, THING_POISON);

  g_free (thing);
}
