/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-duel.h"

#include <stdatomic.h>

#define N_ROUNDS 50000

/* Microseconds. */
#define BUDGET (300 * 1000)

/* The longest difference is a few hundred instructions. */
#define N_DIFFERENCES 128

typedef struct
{
  const TestDuel *duel;
  gpointer data;
  atomic_uint n_arrived;
  gboolean is_over;       /* published by an arrival */
} Meeting;

/* Returns when both have come as often as the caller, who has @n_met. */
static void
meet (Meeting *meeting,
      guint   *n_met)
{
  ++*n_met;
  atomic_fetch_add (&meeting->n_arrived, 1);
  for (guint i = 1; atomic_load (&meeting->n_arrived) < 2 * *n_met; i++)
    if (i % 1000 == 0)
      g_thread_yield ();
}

static void
hesitate (guint round,
          guint side)
{
  guint difference = round % N_DIFFERENCES;

  if (difference % 2 != side)
    return;
  for (volatile guint i = 0; i < difference; i++)
    ;
}

/* A thread that has waited long may be yielding when the other one comes, and so be late. They
 * meet twice, for both are awake after the first time. Returns FALSE if it was the last time. */
static gboolean
run_side (Meeting *meeting,
          guint   *n_met,
          guint    round,
          guint    side)
{
  meet (meeting, n_met);
  meet (meeting, n_met);
  if (meeting->is_over)
    return FALSE;

  hesitate (round, side);
  meeting->duel->sides[side] (meeting->data);
  meet (meeting, n_met);

  return TRUE;
}

static gpointer
second_side (gpointer data)
{
  Meeting *meeting = data;
  guint n_met = 0;
  guint round = 0;

  while (run_side (meeting, &n_met, round, 1))
    round++;

  return NULL;
}

void
test_duel_run (const TestDuel *duel,
               gpointer        data)
{
  Meeting meeting = { .duel = duel, .data = data };
  GThread *thread = g_thread_new ("second", second_side, &meeting);
  gint64 end = g_get_monotonic_time () + BUDGET;
  guint n_met = 0;
  guint round;

  for (round = 0; round < N_ROUNDS && g_get_monotonic_time () < end; round++)
    {
      duel->prepare (data);
      run_side (&meeting, &n_met, round, 0);
      duel->check (data);
    }

  meeting.is_over = TRUE;
  run_side (&meeting, &n_met, round, 0);
  g_thread_join (thread);
  g_test_message ("%u rounds", round);
}
