/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-async-private.h"
#include "q-op-run-private.h"

/* Both drivers behind one function: an operation must end alike under both. */

/* Returns the error, or NULL if the operation is done. */
typedef GError *(*Driver) (QOp          *op,
                           int           timeout_ms,
                           GCancellable *cancellable);

static inline GError *
drive_blocking (QOp          *op,
                int           timeout_ms,
                GCancellable *cancellable)
{
  GError *error = NULL;

  g_assert_cmpint (q_op_run (op, timeout_ms, cancellable, &error), ==, error == NULL);

  return error;
}

typedef struct
{
  guint n_calls;
  QOp *op;
  GError *error;
  GThread *thread;
} Done;

static inline void
done_cb (QOp      *op,
         GError   *error,
         gpointer  user_data)
{
  Done *done = user_data;

  done->n_calls++;
  done->op = op;
  done->error = error;
  done->thread = g_thread_self ();
}

static inline GError *
drive_async (QOp          *op,
             int           timeout_ms,
             GCancellable *cancellable)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Done done = { 0 };

  g_main_context_push_thread_default (context);
  q_op_start (op, timeout_ms, G_PRIORITY_DEFAULT, cancellable, done_cb, &done);
  g_assert_cmpuint (done.n_calls, ==, 0);
  while (done.n_calls == 0)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);

  g_assert_cmpuint (done.n_calls, ==, 1);
  g_assert_true (done.op == op);
  g_assert_true (done.thread == g_thread_self ());
  g_assert_null (op->error);
  g_assert_false (g_main_context_pending (context));

  return done.error;
}

static const struct
{
  const char *name;
  Driver drive;
} drivers[] = {
  { "blocking", drive_blocking },
  { "async", drive_async },
};
