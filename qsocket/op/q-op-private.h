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
 * blocks the calling thread (q_op_run ()), the other one is a source of a
 * GMainContext (q_op_start ()). A step does the same under both. */
typedef struct _QOp QOp;

typedef enum
{
  Q_STEP_DONE,
  Q_STEP_AGAIN,           /* the next step may be taken without waiting */
  Q_STEP_WAIT,            /* op->wait is what to wait for before the next step */
  Q_STEP_FAILED,          /* op->error is set */
} QStep;

typedef struct
{
  QStep (*step) (QOp *op);

  /* Called when the time is up: ends the operation, with Q_STEP_FAILED or
   * Q_STEP_DONE. NULL: it fails with Q_SOCKET_ERROR_TIMEOUT. */
  QStep (*time_out) (QOp *op);

  /* Called when the operation has failed or was cancelled: undoes what is half
   * done, so that nothing that arrived is lost. May be NULL. */
  void (*abandon) (QOp *op);
} QOpClass;

struct _QOp
{
  const QOpClass *klass;
  const char *name;             /* for messages, with its preposition: "recv from" */
  const char *target;           /* the other end for messages; NULL: that of @channel */
  QChannel *channel;            /* NULL while an operation makes the connection */
  const QSink *sink;            /* where events go */

  /* Set by the driver. */
  QDeadline *sleep_limit;       /* steps may sleep in the kernel (see QTransport); or NULL */
  gboolean is_blocking;         /* it has a thread, beside which the size of a buffer is nothing */
  int timeout_ms;               /* for messages */

  /* Set by the steps. */
  QWait wait;
  GError *error;
};

/* Fails @op with a message of the form `NAME "PEER": TEXT`. Returns Q_STEP_FAILED, as all that
 * follow but q_op_wait_for () and q_op_time_out (). */
QStep q_op_fail (QOp          *op,
                 QSocketError  code,
                 const char   *format,
                 ...) G_GNUC_PRINTF (3, 4);

/* Fails @op with the system's text for @system_error, an errno. If that is EPROTO and the
 * transport has an error of its own, code and text are those of that error. */
QStep q_op_fail_errno (QOp          *op,
                       QSocketError  code,
                       int           system_error);

/* Fails @op because another call of this process has closed the channel. */
QStep q_op_fail_closed_here (QOp *op);

/* Makes @op wait until its transport can be tried again to read (POLLIN) or to write (POLLOUT).
 * Returns Q_STEP_WAIT. */
QStep q_op_wait_for (QOp   *op,
                     short  direction);

/* For drivers: ends @op because its time is up. Returns Q_STEP_FAILED or Q_STEP_DONE. */
QStep q_op_time_out (QOp *op);

G_END_DECLS
