/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-op-private.h"

#include "q-wakeup-private.h"

/* How often a cancellable is looked at that cannot be polled. */
#define LOOK_AGAIN_US (20 * 1000)

/* GLib ends the process if there is no descriptor left for this, so that is tried
 * before. */
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

/* Sleeps until one of the descriptors speaks, the cancellable is cancelled, or
 * the nearer of deadline and op->wait.until has come. With the deadline already
 * past it still asks once: what is ready counts even for a timeout of 0. Returns
 * FALSE if the time is up. */
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

  /* This costs system calls, so it is not done before it is needed. */
  if (cancellable != NULL && cancel_fd->fd < 0 && !make_cancel_fd (cancellable, cancel_fd))
    until = MIN (until, g_get_monotonic_time () + LOOK_AGAIN_US);
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

      /* Also where nothing was waited for: a peer may be faster than this. */
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
  QDeadline deadline;
  QStep step;

  op->timeout_ms = timeout_ms;
  op->is_blocking = TRUE;

  if (g_cancellable_set_error_if_cancelled (cancellable, &op->error))
    {
      step = Q_STEP_FAILED;
    }
  else
    {
      /* Only close and shutdown reach a call that sleeps in the kernel. */
      deadline = q_deadline_new (timeout_ms);
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
