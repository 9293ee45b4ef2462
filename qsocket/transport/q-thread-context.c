/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-thread-context-private.h"

typedef struct
{
  GMainContext *context;
  gboolean expects_results;
} QThreadContext;

static void
thread_context_free (gpointer data)
{
  QThreadContext *self = data;

  g_main_context_unref (self->context);
  g_free (self);
}

static GPrivate thread_contexts = G_PRIVATE_INIT (thread_context_free);

void
q_thread_context_push (void)
{
  QThreadContext *self = g_private_get (&thread_contexts);

  if (self == NULL)
    {
      self = g_new0 (QThreadContext, 1);
      self->context = g_main_context_new ();
      g_private_set (&thread_contexts, self);
    }

  g_main_context_push_thread_default (self->context);
}

void
q_thread_context_pop (gboolean expects_results)
{
  QThreadContext *self = g_private_get (&thread_contexts);

  g_main_context_pop_thread_default (self->context);

  /* Most threads never expect any, and do without the system calls. */
  self->expects_results |= expects_results;
  while (self->expects_results && g_main_context_iteration (self->context, FALSE))
    continue;
}
