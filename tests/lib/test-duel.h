/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Two threads that do one thing each in the same moment, often. What a race can do wrong lies
 * between two instructions, so both start from a point where they have waited for each other
 * without going to sleep, and one of them a little later, in each round by another difference. */
typedef struct
{
  void (*prepare)  (gpointer data);
  void (*sides[2]) (gpointer data);
  void (*check)    (gpointer data);     /* after both, in the caller's thread like prepare () */
} TestDuel;

/* Runs many rounds, or what can be done of them in part of a second: other programs may take
 * the processors, and then a round needs as long as two turns of the scheduler. */
void test_duel_run (const TestDuel *duel,
                    gpointer        data);

G_END_DECLS
