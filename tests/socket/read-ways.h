/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "test-feed.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MIB (1024 * 1024)

/* One read in every way there is. */

typedef enum
{
  WAY_FOREVER,
  WAY_TIMED,
  WAY_CANCELLABLE,
  WAY_ASYNC,
  WAY_INTO,
  N_WAYS,
} Way;

static inline void
keep_result (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  GAsyncResult **kept = data;

  *kept = g_object_ref (result);
}

static inline GBytes *
recv_async (QSocket       *sock,
            gssize         size,
            int            timeout_ms,
            GCancellable  *cancellable,
            GError       **error)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GAsyncResult) result = NULL;

  g_main_context_push_thread_default (context);
  q_socket_recv_binary_async (sock, size, timeout_ms, G_PRIORITY_DEFAULT, cancellable,
                              keep_result, &result);
  g_assert_null (result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);

  return q_socket_recv_binary_finish (sock, result, error);
}

static inline GBytes *
recv_into (QSocket  *sock,
           gsize     size,
           GError  **error)
{
  guint8 *bytes = g_malloc (size + 1);
  gssize n;

  bytes[size] = 0xca;
  n = q_socket_recv_into (sock, bytes, size, size, ENOUGH, NULL, error);
  g_assert_cmpint (bytes[size], ==, 0xca);

  if (n >= 0)
    return g_bytes_new_take (bytes, (gsize) n);

  g_free (bytes);

  return NULL;
}

static inline GBytes *
recv_in_way (QSocket  *sock,
             gssize    size,
             Way       way,
             GError  **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  switch (way)
    {
    case WAY_FOREVER:
      return q_socket_recv_binary (sock, size, -1, NULL, error);
    case WAY_TIMED:
      return q_socket_recv_binary (sock, size, ENOUGH, NULL, error);
    case WAY_CANCELLABLE:
      return q_socket_recv_binary (sock, size, ENOUGH, cancellable, error);
    case WAY_ASYNC:
      return recv_async (sock, size, ENOUGH, NULL, error);
    case WAY_INTO:
    case N_WAYS:
    default:
      if (size > 0)
        return recv_into (sock, (gsize) size, error);
      return q_socket_recv_binary (sock, size, -1, NULL, error);
    }
}
