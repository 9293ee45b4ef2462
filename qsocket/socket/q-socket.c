/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-private.h"

#include <errno.h>

G_DEFINE_FINAL_TYPE (QSocket, q_socket, G_TYPE_OBJECT)

/* ---- opening and closing ---- */

/* From here on the socket is not open, and knows nothing of what it was open with.
 * With @only not even that happens if it is open with another channel. */
static QChannel *
take_channel (QSocket  *self,
              QChannel *only)
{
  g_autoptr (GIOStream) stream = NULL;
  QChannel *channel;

  g_mutex_lock (&self->lock);
  channel = atomic_load (&self->channel);
  if (only != NULL && channel != only)
    channel = NULL;
  if (channel != NULL)
    {
      atomic_store (&self->channel, NULL);
      g_clear_pointer (&self->hostname[0], g_free);
      g_clear_pointer (&self->hostname[1], g_free);
      stream = g_steal_pointer (&self->io_stream);
      if (self->handshaking != NULL)
        q_channel_close (self->handshaking);
    }
  g_mutex_unlock (&self->lock);

  return channel;
}

int
q_socket_steal_channel (QSocket   *self,
                        QChannel  *channel,
                        GError   **error)
{
  int fd;

  /* Nobody may make a GSocket meanwhile, which would believe the descriptor its own. */
  g_mutex_lock (&self->lock);
  fd = q_channel_steal_fd (channel);
  g_mutex_unlock (&self->lock);

  if (fd < 0)
    {
      if (q_channel_is_closed (channel))
        q_socket_set_not_open_error ("steal_fd", error);
      else
        g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_PENDING,
                             "steal_fd: a call uses the descriptor");
      return -1;
    }

  /* A close in another thread may have come after the descriptor was out. */
  if (take_channel (self, channel) != NULL)
    q_socket_retire (self, channel);

  return fd;
}

gboolean
q_socket_close_channel (QSocket *self)
{
  QChannel *channel = take_channel (self, NULL);
  gboolean closed;

  if (channel == NULL)
    return FALSE;

  /* What a parent process gathered is the parent's to send, and so is its goodbye. */
  if (!q_channel_is_inherited (channel))
    {
      q_socket_flush_for_close (self, channel);
      q_transport_send_close_notify (channel->transport);
    }
  atomic_store (&self->corked, FALSE);
  closed = q_channel_close (channel);
  q_socket_retire (self, channel);

  /* Not if another thread has just stolen the descriptor. */
  if (closed)
    q_socket_emit_type (self, Q_SOCKET_EVENT_TYPE_CHANNEL_CLOSED);

  return TRUE;
}

/* ---- life ---- */

QSocket *
q_socket_new (void)
{
  return g_object_new (Q_TYPE_SOCKET, NULL);
}

QSocket *
q_socket_copy (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return q_socket_new ();
}

QSocket *
q_socket_new_inheriting (QSocket *self)
{
  QSocket *inheriting = q_socket_new ();

  g_mutex_lock (&self->lock);
  inheriting->settings = self->settings;
  if (inheriting->settings.tls != NULL)
    q_tls_config_ref (inheriting->settings.tls);
  if (atomic_load (&self->queue) != NULL)
    atomic_store (&inheriting->queue, g_object_ref (atomic_load (&self->queue)));
  g_mutex_unlock (&self->lock);

  return inheriting;
}

gboolean
q_socket_shutdown (QSocket  *self,
                   GError  **error)
{
  g_autoptr (QChannel) channel = NULL;
  int result;
  int system_error;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  q_socket_abort_opening (self);
  channel = q_socket_ref_channel (self);
  if (channel == NULL || !q_channel_pin (channel))
    return TRUE;

  /* They were sent before it. */
  if (!q_channel_is_inherited (channel))
    q_socket_flush_for_close (self, channel);

  result = shutdown (channel->fd, SHUT_RDWR);
  system_error = errno;
  q_channel_unpin (channel);

  /* A connection that both sides, or a reset, have ended before is ended. */
  if (result == 0 || (system_error == ENOTCONN && (channel->kind == Q_CHANNEL_CLIENT ||
                                                   channel->kind == Q_CHANNEL_ACCEPTED)))
    return TRUE;

  g_set_error (error, Q_SOCKET_ERROR,
               system_error == ENOTCONN ? Q_SOCKET_ERROR_NOT_OPEN : Q_SOCKET_ERROR_SEND,
               "shutdown: %s", g_strerror (system_error));

  return FALSE;
}

gboolean
q_socket_close (QSocket  *self,
                GError  **error)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  /* Handlers may drop the last reference. */
  g_object_ref (self);

  q_socket_abort_opening (self);
  q_socket_close_channel (self);
  g_object_unref (self);

  return TRUE;
}

gboolean
q_socket_is_open (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  return atomic_load (&self->channel) != NULL;
}

gboolean
q_socket_is_secure (QSocket *self)
{
  QChannel *channel;
  gboolean is_secure;

  g_return_val_if_fail (Q_IS_SOCKET (self), FALSE);

  g_mutex_lock (&self->lock);
  channel = atomic_load (&self->channel);
  is_secure = channel != NULL && channel->transport->klass->is_secure;
  g_mutex_unlock (&self->lock);

  return is_secure;
}

int
q_socket_get_socket (QSocket *self)
{
  g_autoptr (QChannel) channel = NULL;

  g_return_val_if_fail (Q_IS_SOCKET (self), -1);

  channel = q_socket_ref_channel (self);

  return channel != NULL ? channel->fd : -1;
}

/* ---- GObject ---- */

static void
q_socket_dispose (GObject *object)
{
  QSocket *self = Q_SOCKET (object);

  self->is_disposed = TRUE;
  q_socket_close (self, NULL);

  /* A handler of channel-closed may have disposed of it before. */
  if (!self->is_deleted)
    {
      self->is_deleted = TRUE;
      q_socket_emit_type (self, Q_SOCKET_EVENT_TYPE_DELETED);
    }

  q_socket_set_event_queue_object (self, NULL);

  G_OBJECT_CLASS (q_socket_parent_class)->dispose (object);
}

static void
q_socket_finalize (GObject *object)
{
  QSocket *self = Q_SOCKET (object);

  q_socket_reap (self);
  g_free (self->hostname[0]);
  g_free (self->hostname[1]);
  g_clear_pointer (&self->settings.tls, q_tls_config_unref);
  g_cond_clear (&self->writer_left);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (q_socket_parent_class)->finalize (object);
}

static void
q_socket_class_init (QSocketClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = q_socket_dispose;
  object_class->finalize = q_socket_finalize;

  q_socket_install_properties (object_class);
  q_socket_install_signals (object_class);
}

static void
q_socket_init (QSocket *self)
{
  static guint64 last_id;

  self->id = __atomic_add_fetch (&last_id, 1, __ATOMIC_RELAXED);
  self->settings = q_socket_default_settings;
  self->sink = (QSink) { q_socket_wants_event, q_socket_emit, self };
  g_mutex_init (&self->lock);
  g_cond_init (&self->writer_left);
}
