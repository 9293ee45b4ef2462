/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"
#include "q-socket-private.h"

G_BEGIN_DECLS

/* One public call while it runs. Its blocking form has the structure on the stack and calls
 * q_socket_call_run (), its asynchronous form has it on the heap and calls
 * q_socket_call_start (). */
typedef struct _QSocketCall QSocketCall;

typedef enum
{
  Q_CALL_BOOLEAN,         /* only whether the call succeeded */
  Q_CALL_POINTER,         /* call->pointer, which may be NULL */
  Q_CALL_INTEGER,         /* call->integer */
} QCallResult;

typedef struct
{
  gsize size;             /* of the structure that has the QSocketCall as its first member */

  /* Takes the claims of the call, and sets call->op to an operation that is ready for a driver, or
   * leaves it NULL if nothing remains to be done. On failure returns FALSE and holds no claim. */
  gboolean (*begin)  (QSocketCall  *call,
                      GError      **error);

  /* Called after a successful begin (), once the operation has ended. @ok says whether it
   * succeeded. Moves the results into @call and drops the claims. May return FALSE with @error
   * set although @ok is TRUE; if @ok is FALSE the error of the operation is set already. */
  gboolean (*finish) (QSocketCall  *call,
                      gboolean      ok,
                      GError      **error);

  /* Frees what the call owns, but neither the call nor its result. May be NULL. */
  void     (*clear)  (QSocketCall  *call);

  QCallResult result;
  GDestroyNotify free_pointer;    /* for a result that no finish function has taken */
} QSocketCallClass;

/* One row for each public call, which its blocking form, its asynchronous form and the finish
 * function share. */
typedef struct
{
  const char *name;               /* for messages, with a preposition: "recv from" */
  const QSocketCallClass *klass;

  /* Of the asynchronous form; NULL if there is none. */
  gpointer tag;                   /* the address of the public function */
  const char *tag_name;           /* the name of the task, for debuggers */
} QSocketMethod;

/* The row of q_socket_NAME () and q_socket_NAME_async (). */
#define Q_SOCKET_METHOD(NAME, PREPOSITION, call_class) \
  { #NAME " " PREPOSITION, call_class, q_socket_##NAME##_async, "[qsocket] " #NAME "_async" }

struct _QSocketCall
{
  const QSocketMethod *method;
  QSocket *socket;
  GCancellable *cancellable;
  QOp *op;                        /* NULL: begin () has done everything */

  gpointer pointer;
  gint64 integer;
};

/* The blocking form. @call stays the caller's, but what it owns is freed; the result stays. */
gboolean q_socket_call_run (QSocketCall   *call,
                            int            timeout_ms,
                            GCancellable  *cancellable,
                            GError       **error);

/* Allocates the structure of @method's class for q_socket_call_start (), zeroed but for method and
 * socket. The caller sets the rest. */
gpointer q_socket_call_new (const QSocketMethod *method,
                            QSocket             *socket);

/* The asynchronous form. Takes over @call. The callback is called from the thread-default main
 * context, never from inside this function. */
void     q_socket_call_start (QSocketCall         *call,
                              int                  timeout_ms,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data);

/* The asynchronous form of a call whose arguments are wrong: the callback gets @error, which this
 * function takes over. */
void     q_socket_call_fail (const QSocketMethod *method,
                             QSocket             *socket,
                             GError              *error,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data);

/* The bodies of the public finish functions. They return the result that @result holds; a
 * programmer's error, such as the result of another method, gives FALSE, NULL or 0. */
gboolean q_socket_call_finish_boolean (const QSocketMethod  *method,
                                       QSocket              *socket,
                                       GAsyncResult         *result,
                                       GError              **error);

gpointer q_socket_call_finish_pointer (const QSocketMethod  *method,
                                       QSocket              *socket,
                                       GAsyncResult         *result,
                                       GError              **error);

gint64   q_socket_call_finish_integer (const QSocketMethod  *method,
                                       QSocket              *socket,
                                       GAsyncResult         *result,
                                       GError              **error);

G_END_DECLS
