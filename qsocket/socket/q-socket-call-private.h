/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-private.h"

G_BEGIN_DECLS

/* What a public call does, whoever drives it: the blocking form makes one on its
 * stack and runs it, the asynchronous one makes it on the heap and starts it. */
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

  /* Takes the socket's roles and makes an operation ready for the driver; without
   * one, all is done already. FALSE if it cannot, and nothing is taken. */
  gboolean (*begin)  (QSocketCall  *call,
                      GError      **error);

  /* The operation is over, and was successful or not: takes the results and gives the
   * roles back. May turn success into failure. */
  gboolean (*finish) (QSocketCall  *call,
                      gboolean      ok,
                      GError      **error);

  /* Frees what the call owns. May be NULL. */
  void     (*clear)  (QSocketCall  *call);

  QCallResult result;
  GDestroyNotify free_pointer;
} QSocketCallClass;

struct _QSocketCall
{
  const QSocketCallClass *klass;
  QSocket *socket;
  const char *name;               /* for messages, with its preposition */
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
gpointer q_socket_call_new (const QSocketCallClass *klass,
                            QSocket                *socket,
                            const char             *name);

/* Takes over @call. @tag is the public function, and @tag_name its name. */
void     q_socket_call_start (QSocketCall         *call,
                              gpointer             tag,
                              const char          *tag_name,
                              int                  timeout_ms,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data);

/* The same for a call that fails before it begins; takes over @error. */
void     q_socket_call_fail (QSocket             *socket,
                             gpointer             tag,
                             GError              *error,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data);

/* What the public finish functions do. */
gboolean q_socket_call_finish_boolean   (QSocket       *socket,
                                       GAsyncResult  *result,
                                       gpointer       tag,
                                       GError       **error);

gpointer q_socket_call_finish_pointer (QSocket       *socket,
                                       GAsyncResult  *result,
                                       gpointer       tag,
                                       GError       **error);

gint64   q_socket_call_finish_integer (QSocket       *socket,
                                       GAsyncResult  *result,
                                       gpointer       tag,
                                       GError       **error);

G_END_DECLS
