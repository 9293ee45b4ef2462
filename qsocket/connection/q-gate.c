/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-gate-private.h"

#include "q-deadline-private.h"

/* ---- the object ---- */

void
q_guarded_init (QGuarded            *self,
                const QGuardedClass *klass)
{
  self->klass = klass;
  atomic_init (&self->state, 0);
  self->next = NULL;
}

/* A call that comes after the close adds itself and leaves again, so the state can be "closed, no
 * calls" more than once. The mark "released" ends that. */
static void
release_once (QGuarded *self)
{
  int expected = Q_GUARDED_CLOSED;

  if (atomic_compare_exchange_strong (&self->state, &expected,
                                      Q_GUARDED_CLOSED | Q_GUARDED_RELEASED))
    self->klass->release (self);
}

gboolean
q_guarded_enter (QGuarded *self)
{
  if ((atomic_fetch_add (&self->state, 1) & Q_GUARDED_CLOSED) == 0)
    return TRUE;

  q_guarded_leave (self);

  return FALSE;
}

void
q_guarded_leave (QGuarded *self)
{
  if (atomic_fetch_sub (&self->state, 1) == (Q_GUARDED_CLOSED | 1))
    release_once (self);
}

gboolean
q_guarded_close (QGuarded *self,
                 gboolean *is_used)
{
  int before;

  atomic_fetch_add (&self->state, 1);
  before = atomic_fetch_or (&self->state, Q_GUARDED_CLOSED);
  if ((before & Q_GUARDED_CLOSED) != 0)
    {
      q_guarded_leave (self);
      return FALSE;
    }

  *is_used = before > 1;

  return TRUE;
}

gboolean
q_guarded_steal (QGuarded *self)
{
  int expected = 1;

  return atomic_compare_exchange_strong (&self->state, &expected,
                                         Q_GUARDED_CLOSED | Q_GUARDED_RELEASED);
}

void
q_guarded_release_copy (QGuarded *self)
{
  atomic_store (&self->state, Q_GUARDED_CLOSED | Q_GUARDED_RELEASED);
  self->klass->release (self);
}

/* ---- the gate ---- */

void
q_gate_init (QGate *self)
{
  *self = (QGate) { .hooks = NULL };
  g_mutex_init (&self->lock);
  g_cond_init (&self->writer_left);
}

void
q_gate_clear (QGate *self)
{
  q_gate_collect (self);
  g_cond_clear (&self->writer_left);
  g_mutex_clear (&self->lock);
}

/* ---- claims ---- */

void
q_gate_drop_claim (QGate  *self,
                   QClaim  claim)
{
  atomic_store (&self->claims[claim], Q_CLAIM_FREE);

  if (claim == Q_CLAIM_WRITER && atomic_load (&self->n_waiting) > 0)
    {
      g_mutex_lock (&self->lock);
      g_cond_broadcast (&self->writer_left);
      g_mutex_unlock (&self->lock);
    }

  if (atomic_load (&self->put_off) != NULL)
    q_gate_collect (self);
}

QGuarded *
q_gate_enter (QGate    *self,
              QClaim    claim,
              gboolean *is_busy)
{
  QGuarded *present;

  *is_busy = !q_gate_take_claim (self, claim, Q_CLAIM_LASTING);
  if (*is_busy)
    return NULL;

  present = atomic_load (&self->present);
  if (present == NULL || !q_guarded_enter (present))
    {
      q_gate_drop_claim (self, claim);
      return NULL;
    }

  if (claim == Q_CLAIM_WRITER)
    atomic_store_explicit (&self->writer, g_thread_self (), memory_order_relaxed);

  return present;
}

void
q_gate_leave (QGate    *self,
              QClaim    claim,
              QGuarded *guarded)
{
  if (claim == Q_CLAIM_WRITER)
    atomic_store_explicit (&self->writer, NULL, memory_order_relaxed);
  q_guarded_leave (guarded);
  q_gate_drop_claim (self, claim);
}

gboolean
q_gate_wait_for_writer (QGate  *self,
                        gint64  until)
{
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  atomic_fetch_add (&self->n_waiting, 1);
  while (in_time && atomic_load (&self->claims[Q_CLAIM_WRITER]) == Q_CLAIM_LASTING)
    {
      /* The claim cannot end as long as its own thread waits: this is a callback of the call
       * that has it, or the call is an asynchronous one of the same thread. */
      if (atomic_load (&self->writer) == g_thread_self ())
        in_time = FALSE;
      else if (until == Q_DEADLINE_NEVER)
        g_cond_wait (&self->writer_left, &self->lock);
      else
        in_time = g_cond_wait_until (&self->writer_left, &self->lock, until);
    }
  atomic_fetch_sub (&self->n_waiting, 1);
  g_mutex_unlock (&self->lock);

  return in_time;
}

/* ---- the present object ---- */

QGuarded *
q_gate_ref_present (QGate *self)
{
  QGuarded *present;

  g_mutex_lock (&self->lock);
  present = atomic_load (&self->present);
  if (present != NULL)
    present->klass->ref (present);
  g_mutex_unlock (&self->lock);

  return present;
}

gboolean
q_gate_open (QGate    *self,
             QGuarded *guarded)
{
  gboolean is_stopped;

  g_mutex_lock (&self->lock);
  is_stopped = self->is_stopped;
  if (!is_stopped)
    {
      g_assert (atomic_load (&self->present) == NULL);
      atomic_store (&self->present, guarded);
    }
  g_mutex_unlock (&self->lock);

  return !is_stopped;
}

/* To be called with the lock held. A call may end, and its hook with it, as soon as the lock is
 * free; so no hook may stay in the list. */
static void
call_hooks (QGate *self)
{
  QStopHook *hook = g_steal_pointer (&self->hooks);

  while (hook != NULL)
    {
      QStopHook *next = g_steal_pointer (&hook->next);

      hook->stop (hook->data);
      hook = next;
    }
}

QGuarded *
q_gate_take (QGate    *self,
             QGuarded *only)
{
  QGuarded *present;

  g_mutex_lock (&self->lock);
  present = atomic_load (&self->present);
  if (only != NULL && present != only)
    present = NULL;
  if (present != NULL)
    {
      atomic_store (&self->present, NULL);
      call_hooks (self);
    }
  g_mutex_unlock (&self->lock);

  return present;
}

void
q_gate_put_off_free (QGate    *self,
                     QGuarded *guarded)
{
  g_mutex_lock (&self->lock);
  guarded->next = atomic_load (&self->put_off);
  atomic_store (&self->put_off, guarded);
  g_mutex_unlock (&self->lock);

  q_gate_collect (self);
}

void
q_gate_collect (QGate *self)
{
  QGuarded *guarded = NULL;

  g_mutex_lock (&self->lock);
  if (atomic_load (&self->claims[Q_CLAIM_READER]) == Q_CLAIM_FREE &&
      atomic_load (&self->claims[Q_CLAIM_WRITER]) == Q_CLAIM_FREE)
    guarded = atomic_exchange (&self->put_off, NULL);
  g_mutex_unlock (&self->lock);

  while (guarded != NULL)
    {
      QGuarded *next = g_steal_pointer (&guarded->next);

      guarded->klass->unref (guarded);
      guarded = next;
    }
}

/* ---- stopping ---- */

void
q_gate_begin_opening (QGate *self)
{
  g_mutex_lock (&self->lock);
  self->is_stopped = FALSE;
  g_mutex_unlock (&self->lock);
}

void
q_gate_stop (QGate *self)
{
  g_mutex_lock (&self->lock);
  self->is_stopped = TRUE;
  call_hooks (self);
  g_mutex_unlock (&self->lock);
}

void
q_gate_add_hook (QGate      *self,
                 QStopHook  *hook,
                 void      (*stop) (gpointer data),
                 gpointer    data)
{
  g_mutex_lock (&self->lock);
  *hook = (QStopHook) { .stop = stop, .data = data };
  if (self->is_stopped)
    {
      stop (data);
    }
  else
    {
      hook->next = self->hooks;
      self->hooks = hook;
    }
  g_mutex_unlock (&self->lock);
}

void
q_gate_remove_hook (QGate     *self,
                    QStopHook *hook)
{
  g_mutex_lock (&self->lock);
  for (QStopHook **place = &self->hooks; *place != NULL; place = &(*place)->next)
    if (*place == hook)
      {
        *place = g_steal_pointer (&hook->next);
        break;
      }
  g_mutex_unlock (&self->lock);
}
