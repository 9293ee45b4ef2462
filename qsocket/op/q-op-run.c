/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-op-run-private.h"

#include "q-wakeup-private.h"

/* How often to ask a cancellable for which the process has no descriptor left to poll. */
#define CANCEL_CHECK_US (20 * 1000)

/* Makes a descriptor that becomes readable when the cancellable is cancelled. GLib ends the
 * process if it can open no more, so whether it can is tried before. */
static gboolean
make_cancel_fd (GCancellable *cancellable,
                GPollFD      *cancel_fd)
{
  QWakeup probe = Q_WAKEUP_INIT;

  if (q_wakeup_open (&probe) < 0)
    return FALSE;

  q_wakeup_close (&probe);
  if (g_cancellable_make_pollfd (cancellable, cancel_fd))
    return TRUE;

  cancel_fd->fd = -1;

  return FALSE;
}

/* Sleeps until one of the descriptors is ready, the cancellable is cancelled, or the nearer of
 * @deadline and op->wait.until has come. If the deadline has passed it polls once without
 * waiting, since a call with a timeout of 0 uses what is ready. Returns FALSE if the time is
 * up. */
static gboolean
wait_once (QOp          *op,
           QDeadline    *deadline,
           GCancellable *cancellable,
           GPollFD      *cancel_fd)
{
  guint n_fds = op->wait.n_fds;
  struct pollfd *fds = g_newa (struct pollfd, n_fds + 1);
  gint64 until = op->wait.until;
  gint64 end;

  if (n_fds > 0)
    memcpy (fds, op->wait.fds, n_fds * sizeof *fds);

  /* The descriptor takes system calls to make, so it is made only for calls that wait. */
  if (cancellable != NULL && cancel_fd->fd < 0 && !make_cancel_fd (cancellable, cancel_fd))
    until = MIN (until, g_get_monotonic_time () + CANCEL_CHECK_US);
  end = MIN (q_deadline_get (deadline), until);
  fds[n_fds] = (struct pollfd) { cancel_fd->fd, POLLIN, 0 };

  return q_wait_poll (fds, n_fds + (cancel_fd->fd >= 0), end) != 0 ||
         q_deadline_get (deadline) > until;
}

static QStep
run_steps (QOp          *op,
           QDeadline    *deadline,
           GCancellable *cancellable,
           GPollFD      *cancel_fd)
{
  for (;;)
    {
      QStep step = op->klass->step (op);
      gboolean in_time = TRUE;

      if (step == Q_STEP_DONE || step == Q_STEP_FAILED)
        return step;

      if (step == Q_STEP_WAIT)
        in_time = wait_once (op, deadline, cancellable, cancel_fd);

      /* Also if there was no need to wait: with a fast peer that may go on for ever. */
      if (g_cancellable_set_error_if_cancelled (cancellable, &op->error))
        return Q_STEP_FAILED;
      if (!in_time || q_deadline_is_overrun (deadline))
        return q_op_time_out (op);
    }
}

gboolean
q_op_run (QOp           *op,
          int            timeout_ms,
          GCancellable  *cancellable,
          GError       **error)
{
  GPollFD cancel_fd = { .fd = -1 };
  QDeadline deadline = q_deadline_new (timeout_ms);
  QStep step;

  op->timeout_ms = timeout_ms;
  op->is_blocking = TRUE;

  if (g_cancellable_set_error_if_cancelled (cancellable, &op->error))
    {
      step = Q_STEP_FAILED;
    }
  else
    {
      /* A cancellable could not wake a thread that sleeps in the kernel; a close can. */
      op->sleep_limit = cancellable == NULL && timeout_ms != 0 ? &deadline : NULL;
      step = run_steps (op, &deadline, cancellable, &cancel_fd);
      op->sleep_limit = NULL;

      if (cancel_fd.fd >= 0)
        g_cancellable_release_fd (cancellable);
    }

  if (step == Q_STEP_DONE)
    return TRUE;

  if (op->klass->abandon != NULL)
    op->klass->abandon (op);
  g_propagate_error (error, g_steal_pointer (&op->error));

  return FALSE;
}
