/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-private.h"
#include "q-socket-stream-private.h"

#include <errno.h>

G_DEFINE_FINAL_TYPE (QSocket, q_socket, G_TYPE_OBJECT)

/* ---- roles and channels ---- */

/* Frees the channels that were closed while somebody was inside, if nobody is. */
void
q_socket_reap (QSocket *self)
{
  QChannel *retired = NULL;

  g_mutex_lock (&self->lock);
  if (!atomic_load (&self->roles[Q_ROLE_READER]) && !atomic_load (&self->roles[Q_ROLE_WRITER]))
    retired = atomic_exchange (&self->retired, NULL);
  g_mutex_unlock (&self->lock);

  while (retired != NULL)
    {
      QChannel *next = retired->next_retired;

      q_channel_unref (retired);
      retired = next;
    }
}

void
q_socket_set_pending_error (QRole        role,
                            const char  *name,
                            GError     **error)
{
  static const char * const doings[Q_N_ROLES] = {
    "receives from this socket", "sends on this socket", "opens this socket",
  };

  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_PENDING,
               "%s: another call already %s", name, doings[role]);
}

void
q_socket_set_not_open_error (const char  *name,
                             GError     **error)
{
  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_NOT_OPEN,
               "%s: the socket is not open", name);
}

QChannel *
q_socket_enter (QSocket     *self,
                QRole        role,
                const char  *name,
                GError     **error)
{
  QChannel *channel;

  if (!q_socket_take_role (self, role))
    {
      q_socket_set_pending_error (role, name, error);
      return NULL;
    }

  channel = atomic_load (&self->channel);
  if (channel == NULL || !q_channel_pin (channel))
    {
      q_socket_give_role (self, role);
      q_socket_set_not_open_error (name, error);
      return NULL;
    }

  g_object_ref (self);

  return channel;
}

void
q_socket_leave (QSocket  *self,
                QRole     role,
                QChannel *channel)
{
  q_channel_unpin (channel);
  atomic_store (&self->roles[role], FALSE);

  if (atomic_load (&self->retired) != NULL)
    q_socket_reap (self);

  if (role == Q_ROLE_WRITER && atomic_load (&self->n_waiting) > 0)
    {
      g_mutex_lock (&self->lock);
      g_cond_broadcast (&self->writer_left);
      g_mutex_unlock (&self->lock);
    }

  g_object_unref (self);
}

gboolean
q_socket_wait_for_writer (QSocket   *self,
                          QDeadline *deadline)
{
  gint64 end = q_deadline_get (deadline);
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  atomic_fetch_add (&self->n_waiting, 1);
  while (in_time && atomic_load (&self->roles[Q_ROLE_WRITER]))
    {
      if (end == Q_DEADLINE_NEVER)
        g_cond_wait (&self->writer_left, &self->lock);
      else
        in_time = g_cond_wait_until (&self->writer_left, &self->lock, end);
    }
  atomic_fetch_sub (&self->n_waiting, 1);
  g_mutex_unlock (&self->lock);

  return in_time;
}

QChannel *
q_socket_ref_channel (QSocket *self)
{
  QChannel *channel;

  g_mutex_lock (&self->lock);
  channel = atomic_load (&self->channel);
  if (channel != NULL)
    q_channel_ref (channel);
  g_mutex_unlock (&self->lock);

  return channel;
}

void
q_socket_install_channel (QSocket  *self,
                          QChannel *channel)
{
  g_mutex_lock (&self->lock);
  g_assert (atomic_load (&self->channel) == NULL);
  __atomic_store_n (&self->bytes_sent, 0, __ATOMIC_RELAXED);
  atomic_store (&self->channel, channel);
  g_mutex_unlock (&self->lock);
}

static void
retire (QSocket  *self,
        QChannel *channel)
{
  g_mutex_lock (&self->lock);
  channel->next_retired = atomic_load (&self->retired);
  atomic_store (&self->retired, channel);
  g_mutex_unlock (&self->lock);

  q_socket_reap (self);
}

/* From here on the socket is not open, and knows nothing of what it was open with. */
static QChannel *
take_channel (QSocket *self)
{
  g_autoptr (GIOStream) stream = NULL;
  QChannel *channel;

  g_mutex_lock (&self->lock);
  channel = atomic_exchange (&self->channel, NULL);
  g_clear_pointer (&self->hostname[0], g_free);
  g_clear_pointer (&self->hostname[1], g_free);
  stream = g_steal_pointer (&self->io_stream);
  g_mutex_unlock (&self->lock);

  /* Whoever still has it must not close the next connection with it. */
  if (stream != NULL)
    q_socket_stream_detach (stream);

  return channel;
}

int
q_socket_steal_channel (QSocket  *self,
                        GError  **error)
{
  int fd = q_channel_steal_fd (atomic_load (&self->channel));

  if (fd < 0)
    {
      g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_PENDING,
                           "steal_fd: a call uses the descriptor");
      return -1;
    }

  retire (self, take_channel (self));
  q_socket_wake_sources (self);

  return fd;
}

gboolean
q_socket_close_channel (QSocket *self)
{
  QChannel *channel = take_channel (self);

  if (channel == NULL)
    return FALSE;

  q_socket_flush_for_close (self, channel);
  atomic_store (&self->corked, FALSE);
  q_channel_close (channel);
  retire (self, channel);
  q_socket_wake_sources (self);
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
q_socket_new_heir (QSocket *self)
{
  QSocket *heir = q_socket_new ();

  g_mutex_lock (&self->lock);
  heir->settings = self->settings;
  if (atomic_load (&self->queue) != NULL)
    atomic_store (&heir->queue, g_object_ref (atomic_load (&self->queue)));
  g_mutex_unlock (&self->lock);

  return heir;
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

  channel = q_socket_ref_channel (self);
  if (channel == NULL || !q_channel_pin (channel))
    return TRUE;

  result = shutdown (channel->fd, SHUT_RDWR);
  system_error = errno;
  q_channel_unpin (channel);

  if (result == 0)
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

  g_mutex_lock (&self->lock);
  if (self->connecting != NULL)
    q_connect_op_abort (self->connecting);
  g_mutex_unlock (&self->lock);

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

  q_socket_close (self, NULL);

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

  /* A handler of "deleted" may have opened it once more. */
  if (atomic_load (&self->channel) != NULL)
    q_channel_unref (atomic_exchange (&self->channel, NULL));
  g_free (self->hostname[0]);
  g_free (self->hostname[1]);
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
