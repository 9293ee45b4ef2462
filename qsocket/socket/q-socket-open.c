/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-open-private.h"

#include "q-i18n-private.h"
#include "q-send-op-private.h"
#include "q-socket-call-error-private.h"
#include "q-socket-events-private.h"

/* ---- using the open channel ---- */

QChannel *
q_socket_enter (QSocket     *self,
                QClaim       claim,
                const char  *name,
                GError     **error)
{
  gboolean is_busy;
  QGuarded *channel = q_gate_enter (&self->gate, claim, &is_busy);

  if (channel != NULL)
    g_object_ref (self);
  else if (is_busy)
    q_socket_set_pending_error (claim, name, error);
  else
    q_socket_set_not_open_error (name, error);

  return (QChannel *) channel;
}

void
q_socket_leave (QSocket  *self,
                QClaim    claim,
                QChannel *channel)
{
  q_gate_leave (&self->gate, claim, &channel->guarded);
  g_object_unref (self);
}

QChannel *
q_socket_ref_channel (QSocket *self)
{
  return (QChannel *) q_gate_ref_present (&self->gate);
}

/* ---- opening ---- */

gboolean
q_socket_begin_opening (QSocket     *self,
                        const char  *name,
                        GError     **error)
{
  if (!q_gate_take_claim (&self->gate, Q_CLAIM_OPENER, Q_CLAIM_LASTING))
    return q_socket_set_pending_error (Q_CLAIM_OPENER, name, error);

  /* Disposing emits channel-closed. A handler that then connects again would keep the socket alive
   * for ever. */
  if (atomic_load (&self->is_disposed))
    {
      q_gate_drop_claim (&self->gate, Q_CLAIM_OPENER);
      return q_socket_set_error (name, Q_SOCKET_ERROR_CLOSED, error,
                                 _("the socket is being disposed of"));
    }

  g_object_ref (self);
  q_socket_close_channel (self, NULL);
  q_gate_begin_opening (&self->gate);

  return TRUE;
}

void
q_socket_end_opening (QSocket *self)
{
  q_gate_drop_claim (&self->gate, Q_CLAIM_OPENER);
  g_object_unref (self);
}

gboolean
q_socket_open (QSocket  *self,
               QChannel *channel)
{
  QCounters *counters = g_atomic_rc_box_acquire (channel->counters);
  gboolean is_open = q_gate_open (&self->gate, &channel->guarded);

  if (is_open)
    {
      QCounters *before;

      g_mutex_lock (&self->lock);
      before = self->counters;
      self->counters = counters;
      g_mutex_unlock (&self->lock);
      counters = before;
    }
  else
    {
      q_channel_unref (channel);
    }

  g_clear_pointer (&counters, g_atomic_rc_box_release);

  return is_open;
}

/* ---- closing ---- */

/* Makes the socket a closed one and hands its channel, which is still open, to the caller. The
 * channel's reference to its GIO stream is dropped. Returns NULL if there is nothing to close. */
static QChannel *
detach_channel (QSocket  *self,
                QChannel *only)
{
  QGuarded *taken = q_gate_take (&self->gate, only != NULL ? &only->guarded : NULL);
  g_autoptr (GIOStream) stream = NULL;

  if (taken != NULL)
    stream = q_channel_begin_close ((QChannel *) taken);

  return (QChannel *) taken;
}

void
q_socket_close_channel (QSocket  *self,
                        QChannel *only)
{
  QChannel *channel = detach_channel (self, only);
  gboolean closed;

  if (channel == NULL)
    return;

  /* After a fork parent and child share the connection. Corked bytes and the close_notify of TLS
   * must be sent once, so the parent sends them and the child does not. */
  if (!q_channel_is_inherited (channel))
    {
      q_send_flush (channel, &self->sink);
      q_transport_send_close_notify (channel->transport);
    }
  closed = q_channel_close (channel);
  q_gate_put_off_free (&self->gate, &channel->guarded);

  /* FALSE means that q_socket_steal_fd () in another thread was faster. The connection goes on
   * then, so there is no event. */
  if (closed)
    q_socket_emit_type (self, Q_SOCKET_EVENT_TYPE_CHANNEL_CLOSED);
}

int
q_socket_steal_channel_fd (QSocket   *self,
                           QChannel  *channel,
                           GError   **error)
{
  int fd = q_channel_steal_fd (channel);

  if (fd < 0)
    {
      if (q_channel_is_closed (channel))
        q_socket_set_not_open_error ("steal_fd", error);
      else
        q_socket_set_error ("steal_fd", Q_SOCKET_ERROR_PENDING, error,
                            _("a call uses the descriptor"));
      return -1;
    }

  /* Nothing is to be taken if another thread has closed the socket since q_channel_steal_fd (). */
  if (detach_channel (self, channel) != NULL)
    q_gate_put_off_free (&self->gate, &channel->guarded);

  return fd;
}
