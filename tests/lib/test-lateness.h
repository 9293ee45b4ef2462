/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How late calls return, for the tests of the suite "timing". A machine that has much else to do
 * is late with everything, so each call is measured beside a thread that waits in a bare poll ()
 * for the same deadline or for the same moment, and what counts is how much later the call is. */

/* How often a test takes the measure before it asks for the verdict: the median of so many tries
 * does not move when a few of them are interrupted. */
#define TEST_N_TRIES 9

typedef void (*TestCall) (gpointer data);

typedef struct
{
  gint64 call_us[TEST_N_TRIES];
  gint64 poll_us[TEST_N_TRIES];
  guint n_tries;
} TestLateness;

/* Makes a call that is to return after @timeout_ms, and asserts that it is not early. */
void test_lateness_add_deadline (TestLateness *self,
                                 int           timeout_ms,
                                 TestCall      call,
                                 gpointer      data);

/* Makes a call in another thread, which waits until @interrupt ends it, from this thread. */
void test_lateness_add_interrupt (TestLateness *self,
                                  TestCall      call,
                                  TestCall      interrupt,
                                  gpointer      data);

/* Asserts, after TEST_N_TRIES, that the call is not later than poll () by more than the 50 ms that
 * QSocket promises. */
void test_lateness_check (TestLateness *self,
                          const char   *what);

G_END_DECLS
