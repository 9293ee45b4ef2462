/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-thread-context-private.h"

static gboolean
count (gpointer data)
{
  ++*(guint *) data;

  return G_SOURCE_REMOVE;
}

/* What GIO does when it begins a task, and when that is done. */
static void
deliver (GMainContext *context,
         guint        *n)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, count, n, NULL);
  g_source_attach (source, context);
}

static GMainContext *
get_context (void)
{
  GMainContext *context;

  q_thread_context_push ();
  context = g_main_context_ref_thread_default ();
  q_thread_context_pop (FALSE);

  return context;
}

static void
test_expected (void)
{
  guint n = 0;

  q_thread_context_push ();
  deliver (g_main_context_get_thread_default (), &n);
  deliver (g_main_context_get_thread_default (), &n);
  g_assert_cmpuint (n, ==, 0);
  q_thread_context_pop (TRUE);
  g_assert_cmpuint (n, ==, 2);
}

/* A result that comes later is delivered when the thread is here again. */
static void
test_late (void)
{
  g_autoptr (GMainContext) context = NULL;
  guint n = 0;

  q_thread_context_push ();
  context = g_main_context_ref_thread_default ();
  q_thread_context_pop (TRUE);

  deliver (context, &n);
  g_assert_cmpuint (n, ==, 0);
  q_thread_context_push ();
  q_thread_context_pop (FALSE);
  g_assert_cmpuint (n, ==, 1);
}

/* The application's context gets nothing, is not iterated, and comes back. */
static void
test_application (void)
{
  g_autoptr (GMainContext) application = g_main_context_new ();
  g_autoptr (GMainContext) own = NULL;
  guint n = 0;

  g_main_context_push_thread_default (application);
  deliver (application, &n);
  own = get_context ();
  g_assert_true (own != application);
  g_assert_true (own != g_main_context_default ());
  q_thread_context_push ();
  q_thread_context_pop (TRUE);
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (g_main_context_get_thread_default () == application);
  g_main_context_pop_thread_default (application);
}

static gpointer
get_in_thread (gpointer data)
{
  return get_context ();
}

/* A thread keeps its context, and shares it with no other thread. */
static void
test_threads (void)
{
  g_autoptr (GMainContext) mine = get_context ();
  g_autoptr (GMainContext) again = get_context ();
  GThread *thread = g_thread_new ("other", get_in_thread, NULL);
  g_autoptr (GMainContext) other = g_thread_join (thread);

  g_assert_true (mine == again);
  g_assert_true (mine != other);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/transport/thread-context/expected", test_expected);
  g_test_add_func ("/transport/thread-context/late", test_late);
  g_test_add_func ("/transport/thread-context/application", test_application);
  g_test_add_func ("/transport/thread-context/threads", test_threads);

  return g_test_run ();
}
