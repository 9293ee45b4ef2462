/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-channel-private.h"
#include "q-report-private.h"
#include "q-socket-error.h"
#include "q-wait-private.h"

G_BEGIN_DECLS

/* An operation is a machine of steps that never wait. A step tries, and says
 * what is to be waited for before the next one. Two drivers run the steps: one
 * blocks the calling thread (q_op_run ()), one lives in a GMainContext
 * (q_op_start ()). No operation knows its driver. */
typedef struct _QOp QOp;

typedef enum
{
  Q_STEP_DONE,
  Q_STEP_AGAIN,           /* moved on; step again */
  Q_STEP_WAIT,            /* op->wait says for what */
  Q_STEP_FAILED,          /* op->error says why */
} QStep;

typedef struct
{
  QStep (*step) (QOp *op);

  /* The time is up. Either fails the operation and returns Q_STEP_FAILED, or
   * ends it without an error; NULL means an ordinary Q_SOCKET_ERROR_TIMEOUT. */
  QStep (*time_out) (QOp *op);

  /* The operation failed or was cancelled: undo what is half done, so that
   * nothing that arrived is lost. May be NULL. */
  void (*abandon) (QOp *op);
} QOpClass;

struct _QOp
{
  const QOpClass *klass;
  const char *name;             /* for messages, with its preposition: "recv from" */
  const char *target;           /* the other end for messages, or NULL to ask the channel */
  QChannel *channel;            /* NULL until there is one */
  const QSink *sink;
  QDeadline *sleep_limit;    /* set by a driver whose steps may sleep in the kernel */
  gboolean is_blocking;         /* a thread waits along, and memory counts for nothing */
  int timeout_ms;               /* for messages */
  QWait wait;
  GError *error;
};

/* Fails @op with a message of the form `NAME "PEER": TEXT`. */
QStep q_op_fail (QOp          *op,
                 QSocketError  code,
                 const char   *format,
                 ...) G_GNUC_PRINTF (3, 4);

/* The same with the system's words for @system_error; or, if that is
 * EPROTO and the transport has an error of its own, with that one's code and words. */
QStep q_op_fail_errno (QOp          *op,
                       QSocketError  code,
                       int           system_error);

/* The channel was closed by another call of this process. */
QStep q_op_fail_closed_here (QOp *op);

/* Says that @op waits for its transport to be readable (POLLIN) or writable. */
QStep q_op_wait_for (QOp   *op,
                     short  direction);

/* What a driver calls when the time is up. */
QStep q_op_time_out (QOp *op);

/* The blocking driver. Returns TRUE if @op is done; else sets @error. Uses no
 * main context and no thread. */
gboolean q_op_run (QOp           *op,
                   int            timeout_ms,
                   GCancellable  *cancellable,
                   GError       **error);

/* The driver for main contexts. Runs @op, which must stay where it is, in the
 * caller's thread-default context, and calls @done there when it is done
 * or has failed (then with an error that @done owns). Never from inside q_op_start (). */
typedef void (*QOpDoneFunc) (QOp      *op,
                             GError   *error,
                             gpointer  user_data);

void q_op_start (QOp          *op,
                 int           timeout_ms,
                 int           io_priority,
                 GCancellable *cancellable,
                 QOpDoneFunc   done,
                 gpointer      user_data);

G_END_DECLS
