/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#define TEST_ASYNC_CALLS_ITSELF
#include "test-async-calls.h"

#include <string.h>

typedef struct
{
  GMainContext *context;
  GAsyncResult *result;
} Waiting;

/* One for each thread, for tests that leave no descriptor for another. */
static GPrivate contexts = G_PRIVATE_INIT ((GDestroyNotify) g_main_context_unref);

static void
begin (Waiting *waiting)
{
  GMainContext *context = g_private_get (&contexts);

  if (context == NULL)
    {
      context = g_main_context_new ();
      g_private_set (&contexts, context);
    }
  *waiting = (Waiting) { g_main_context_ref (context), NULL };
  g_main_context_push_thread_default (context);
}

void
test_async_rename (GError     **error,
                   const char  *from,
                   const char  *to)
{
  if (error != NULL && *error != NULL && g_str_has_prefix ((*error)->message, from))
    {
      char *message = g_strconcat (to, (*error)->message + strlen (from), NULL);

      g_free ((*error)->message);
      (*error)->message = message;
    }
}

static void
done_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Waiting *waiting = user_data;

  g_assert_null (waiting->result);
  waiting->result = g_object_ref (result);
}

/* The callback never comes from inside the call. */
static GAsyncResult *
wait_for (Waiting *waiting)
{
  g_assert_null (waiting->result);
  while (waiting->result == NULL)
    g_main_context_iteration (waiting->context, TRUE);

  return waiting->result;
}

static void
end (Waiting *waiting)
{
  g_main_context_pop_thread_default (waiting->context);
  g_object_unref (waiting->result);
  g_main_context_unref (waiting->context);
}

#define DEFINE_CALL(type, name, parameters, arguments) \
  type \
  test_async_ ## name (QSocket *self, parameters int timeout_ms, GCancellable *cancellable, \
                       GError **error) \
  { \
    Waiting waiting; \
    type result; \
    begin (&waiting); \
    q_socket_ ## name ## _async (self, arguments timeout_ms, G_PRIORITY_DEFAULT, cancellable, \
                                 done_cb, &waiting); \
    result = q_socket_ ## name ## _finish (self, wait_for (&waiting), error); \
    end (&waiting); \
    return result; \
  }

TEST_ASYNC_CALLS (DEFINE_CALL)
