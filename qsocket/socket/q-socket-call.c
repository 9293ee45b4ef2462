/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-call-private.h"

#include "q-op-async-private.h"
#include "q-op-run-private.h"

static void
clear_call (QSocketCall *call)
{
  if (call->method->klass->clear != NULL)
    call->method->klass->clear (call);
}

/* ---- blocking ---- */

gboolean
q_socket_call_run (QSocketCall   *call,
                   int            timeout_ms,
                   GCancellable  *cancellable,
                   GError       **error)
{
  gboolean ok;

  call->cancellable = cancellable;
  ok = call->method->klass->begin (call, error);
  if (ok)
    {
      ok = call->op == NULL || q_op_run (call->op, timeout_ms, cancellable, error);
      ok = call->method->klass->finish (call, ok, error);
    }
  clear_call (call);

  return ok;
}

/* ---- asynchronous ---- */

gpointer
q_socket_call_new (const QSocketMethod *method,
                   QSocket             *socket)
{
  QSocketCall *call = g_malloc0 (method->klass->size);

  call->method = method;
  call->socket = socket;

  return call;
}

static void
call_free (gpointer data)
{
  clear_call (data);
  g_free (data);
}

/* Returns the result of @call, or @error, which this function takes over like @task. */
static void
return_result (GTask       *task,
               QSocketCall *call,
               GError      *error)
{
  if (error != NULL)
    g_task_return_error (task, error);
  else if (call->method->klass->result == Q_CALL_POINTER)
    g_task_return_pointer (task, g_steal_pointer (&call->pointer),
                           call->method->klass->free_pointer);
  else
    g_task_return_boolean (task, TRUE);

  g_object_unref (task);
}

static void
finish_call (GTask  *task,
             GError *error)
{
  QSocketCall *call = g_task_get_task_data (task);
  GError *finish_error = NULL;

  call->method->klass->finish (call, error == NULL, error == NULL ? &finish_error : NULL);
  return_result (task, call, error != NULL ? error : finish_error);
}

static void
op_done_cb (QOp      *op,
            GError   *error,
            gpointer  task)
{
  finish_call (task, error);
}

static GTask *
new_task (const QSocketMethod *method,
          QSocket             *socket,
          GCancellable        *cancellable,
          GAsyncReadyCallback  callback,
          gpointer             user_data)
{
  GTask *task = g_task_new (socket, cancellable, callback, user_data);

  /* The parentheses keep the macro of that name from being used: it would name the task after
   * the text of the argument. */
  (g_task_set_source_tag) (task, method->tag);
  g_task_set_name (task, method->tag_name);

  /* If it checked the cancellable, the task would drop the result of an operation that had
   * succeeded before it was cancelled, and bytes taken from the stream would be lost. */
  g_task_set_check_cancellable (task, FALSE);

  return task;
}

void
q_socket_call_start (QSocketCall         *call,
                     int                  timeout_ms,
                     int                  io_priority,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  GTask *task = new_task (call->method, call->socket, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_priority (task, io_priority);
  g_task_set_task_data (task, call, call_free);
  call->cancellable = cancellable;

  if (!call->method->klass->begin (call, &error))
    return_result (task, call, error);
  else if (call->op == NULL)
    finish_call (task, NULL);
  else
    q_op_start (call->op, timeout_ms, io_priority, cancellable, op_done_cb, task);
}

void
q_socket_call_fail (const QSocketMethod *method,
                    QSocket             *socket,
                    GError              *error,
                    GCancellable        *cancellable,
                    GAsyncReadyCallback  callback,
                    gpointer             user_data)
{
  GTask *task = new_task (method, socket, cancellable, callback, user_data);

  g_task_return_error (task, error);
  g_object_unref (task);
}

/* ---- results ---- */

static GTask *
check_result (const QSocketMethod *method,
              QSocket             *socket,
              GAsyncResult        *result)
{
  g_return_val_if_fail (Q_IS_SOCKET (socket), NULL);
  g_return_val_if_fail (g_task_is_valid (result, socket), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, method->tag), NULL);

  return G_TASK (result);
}

gboolean
q_socket_call_finish_boolean (const QSocketMethod  *method,
                              QSocket              *socket,
                              GAsyncResult         *result,
                              GError              **error)
{
  GTask *task = check_result (method, socket, result);

  return task != NULL && g_task_propagate_boolean (task, error);
}

gpointer
q_socket_call_finish_pointer (const QSocketMethod  *method,
                              QSocket              *socket,
                              GAsyncResult         *result,
                              GError              **error)
{
  GTask *task = check_result (method, socket, result);

  return task != NULL ? g_task_propagate_pointer (task, error) : NULL;
}

gint64
q_socket_call_finish_integer (const QSocketMethod  *method,
                              QSocket              *socket,
                              GAsyncResult         *result,
                              GError              **error)
{
  GTask *task = check_result (method, socket, result);
  QSocketCall *call;

  if (task == NULL || !g_task_propagate_boolean (task, error))
    return 0;

  /* g_task_return_int () would cut it off where a gssize has 32 bits. */
  call = g_task_get_task_data (task);

  return call->integer;
}
