/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-op-private.h"
#include "q-socket-private.h"

G_BEGIN_DECLS

/* What a public call does: the blocking form makes one on its stack and runs it, the
 * asynchronous form makes it on the heap and starts it. */
typedef struct _QSocketCall QSocketCall;

typedef enum
{
  Q_CALL_BOOLEAN,           /* there is no result but that it succeeded */
  Q_CALL_POINTER,         /* call->pointer, which may be NULL */
  Q_CALL_INTEGER,         /* call->integer */
} QCallResult;

typedef struct
{
  gsize size;             /* of the structure that begins with the call */

  /* Takes the claims and makes an operation ready for the driver; without an operation all
   * is done already. Returns FALSE if it cannot, and then no claim is held. */
  gboolean (*begin)  (QSocketCall  *call,
                      GError      **error);

  /* The operation is over, and @ok says whether it succeeded: takes the results and drops
   * the claims. May turn success into failure. */
  gboolean (*finish) (QSocketCall  *call,
                      gboolean      ok,
                      GError      **error);

  /* Frees what the call owns. May be NULL. */
  void     (*clear)  (QSocketCall  *call);

  QCallResult result;
  GDestroyNotify free_pointer;
} QSocketCallClass;

/* One row for each public call, which its blocking form, its asynchronous form and the finish
 * function share. */
typedef struct
{
  const char *name;               /* for messages, with its preposition: "recv from" */
  const QSocketCallClass *klass;

  /* of the asynchronous form, where there is one */
  gpointer tag;                   /* the public function */
  const char *tag_name;
} QSocketMethod;

/* The row of q_socket_NAME () and q_socket_NAME_async (). */
#define Q_SOCKET_METHOD(NAME, PREPOSITION, call_class) \
  { #NAME " " PREPOSITION, call_class, q_socket_##NAME##_async, "[qsocket] " #NAME "_async" }

struct _QSocketCall
{
  const QSocketMethod *method;
  QSocket *socket;
  GCancellable *cancellable;
  QOp *op;                        /* NULL: nothing left to do */

  gpointer pointer;
  gint64 integer;
};

gboolean q_socket_call_run (QSocketCall   *call,
                            int            timeout_ms,
                            GCancellable  *cancellable,
                            GError       **error);

/* Memory for q_socket_call_start (), with the fields above it filled in. */
gpointer q_socket_call_new (const QSocketMethod *method,
                            QSocket             *socket);

/* Takes over @call. */
void     q_socket_call_start (QSocketCall         *call,
                              int                  timeout_ms,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data);

/* The same for a call that fails before it begins; takes over @error. */
void     q_socket_call_fail (const QSocketMethod *method,
                             QSocket             *socket,
                             GError              *error,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data);

/* What the public finish functions do. */
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
