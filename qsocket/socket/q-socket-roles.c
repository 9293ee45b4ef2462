/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-private.h"

#include <string.h>

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

/* Names come with a preposition: "recv from". */
static int
get_name_length (const char *name)
{
  return (int) strcspn (name, " ");
}

gboolean
q_socket_prefix_error (const char  *name,
                       GError     **error)
{
  g_prefix_error (error, "%.*s: ", get_name_length (name), name);

  return FALSE;
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
               "%.*s: another call already %s", get_name_length (name), name, doings[role]);
}

void
q_socket_set_not_open_error (const char  *name,
                             GError     **error)
{
  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_NOT_OPEN,
               "%.*s: the socket is not open", get_name_length (name), name);
}

gboolean
q_socket_borrow_writer (QSocket *self)
{
  int expected = Q_ROLE_FREE;

  if (!atomic_compare_exchange_strong (&self->roles[Q_ROLE_WRITER], &expected, Q_ROLE_LENT))
    return FALSE;

  atomic_store (&self->writer, g_thread_self ());

  return TRUE;
}

void
q_socket_return_writer (QSocket *self)
{
  atomic_store (&self->writer, NULL);
  q_socket_give_role (self, Q_ROLE_WRITER);
}

/* A handler that the flush itself calls must not wait for it. Nor must another
 * thread wait for long while a handler runs, which may never come to an end. */
static gboolean
take_role_after_flush (QSocket *self,
                       QRole    role)
{
  gint64 end = 0;

  while (!q_socket_take_role (self, role))
    {
      int state = atomic_load (&self->roles[role]);

      if (state == Q_ROLE_TAKEN || atomic_load (&self->writer) == g_thread_self ())
        return FALSE;
      if (state == Q_ROLE_TELLING)
        {
          gint64 now = g_get_monotonic_time ();

          if (end == 0)
            end = now + Q_DEADLINE_GRACE_US;
          if (now > end)
            return FALSE;
        }
      g_thread_yield ();
    }

  return TRUE;
}

QChannel *
q_socket_enter (QSocket     *self,
                QRole        role,
                const char  *name,
                GError     **error)
{
  QChannel *channel;

  if (!take_role_after_flush (self, role))
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

  if (role == Q_ROLE_WRITER)
    atomic_store_explicit (&self->writer, g_thread_self (), memory_order_relaxed);
  g_object_ref (self);

  return channel;
}

void
q_socket_leave (QSocket  *self,
                QRole     role,
                QChannel *channel)
{
  if (role == Q_ROLE_WRITER)
    atomic_store_explicit (&self->writer, NULL, memory_order_relaxed);
  q_channel_unpin (channel);
  atomic_store (&self->roles[role], Q_ROLE_FREE);

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

/* The short ways leave without a word, so it is looked at now and then as well. */
#define LOOK_AGAIN_US (5 * 1000)

gboolean
q_socket_wait_for_writer (QSocket   *self,
                          QDeadline *deadline)
{
  gint64 end = q_deadline_get (deadline);
  gboolean in_time = TRUE;

  g_mutex_lock (&self->lock);
  atomic_fetch_add (&self->n_waiting, 1);
  while (in_time && atomic_load (&self->roles[Q_ROLE_WRITER]) != Q_ROLE_FREE)
    {
      gint64 now = g_get_monotonic_time ();

      /* A handler that the writer itself calls would wait for ever. */
      in_time = now < end && atomic_load (&self->writer) != g_thread_self ();
      if (in_time)
        g_cond_wait_until (&self->writer_left, &self->lock, MIN (end, now + LOOK_AGAIN_US));
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

static void
install_locked (QSocket  *self,
                QChannel *channel)
{
  g_assert (atomic_load (&self->channel) == NULL);
  __atomic_store_n (&self->bytes_sent, 0, __ATOMIC_RELAXED);
  atomic_store (&self->channel, channel);
}

void
q_socket_install_channel (QSocket  *self,
                          QChannel *channel)
{
  g_mutex_lock (&self->lock);
  install_locked (self, channel);
  g_mutex_unlock (&self->lock);
}

/* ---- opening ---- */

gboolean
q_socket_begin_opening (QSocket     *self,
                        const char  *name,
                        GError     **error)
{
  if (!q_socket_take_role (self, Q_ROLE_OPENER))
    {
      q_socket_set_pending_error (Q_ROLE_OPENER, name, error);
      return FALSE;
    }

  /* A handler that always connects again would else never let go of it. */
  if (self->is_disposed)
    {
      q_socket_give_role (self, Q_ROLE_OPENER);
      g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED,
                           "the socket is being disposed of");
      return q_socket_prefix_error (name, error);
    }

  g_object_ref (self);
  q_socket_close_channel (self);

  g_mutex_lock (&self->lock);
  self->opening_aborted = FALSE;
  g_mutex_unlock (&self->lock);

  return TRUE;
}

void
q_socket_end_opening (QSocket *self)
{
  q_socket_give_role (self, Q_ROLE_OPENER);
  g_object_unref (self);
}

gboolean
q_socket_install_opened (QSocket  *self,
                         QChannel *channel)
{
  gboolean aborted;

  g_mutex_lock (&self->lock);
  aborted = self->opening_aborted;
  if (!aborted)
    install_locked (self, channel);
  g_mutex_unlock (&self->lock);

  if (aborted)
    q_channel_unref (channel);

  return !aborted;
}

void
q_socket_set_handshaking (QSocket  *self,
                          QChannel *channel)
{
  g_mutex_lock (&self->lock);
  self->handshaking = channel;
  if (channel != NULL && self->opening_aborted)
    q_channel_close (channel);
  g_mutex_unlock (&self->lock);
}

gboolean
q_socket_set_transport (QSocket    *self,
                        QChannel   *channel,
                        QTransport *transport)
{
  QTransport *unused = transport;
  gboolean is_open;

  /* Whoever asks about a session does so under the lock. */
  g_mutex_lock (&self->lock);
  is_open = atomic_load (&self->channel) == channel;
  if (is_open)
    unused = q_channel_swap_transport (channel, transport != NULL ? transport
                                                                  : &channel->plain.parent);
  g_mutex_unlock (&self->lock);

  if (unused != NULL)
    unused->klass->free (unused);

  return is_open;
}

gboolean
q_socket_has_unsent (QSocket *self)
{
  QChannel *channel;
  gboolean has_unsent;

  g_mutex_lock (&self->lock);
  channel = atomic_load (&self->channel);
  has_unsent = channel != NULL && q_channel_has_unsent (channel);
  g_mutex_unlock (&self->lock);

  return has_unsent;
}

void
q_socket_abort_opening (QSocket *self)
{
  g_mutex_lock (&self->lock);
  self->opening_aborted = TRUE;
  if (self->connecting != NULL)
    q_connect_op_abort (self->connecting);
  if (self->handshaking != NULL)
    q_channel_close (self->handshaking);
  if (self->binding != NULL)
    q_lookup_cancel (self->binding);
  g_mutex_unlock (&self->lock);
}

void
q_socket_retire (QSocket  *self,
                 QChannel *channel)
{
  g_mutex_lock (&self->lock);
  channel->next_retired = atomic_load (&self->retired);
  atomic_store (&self->retired, channel);
  g_mutex_unlock (&self->lock);

  q_socket_reap (self);
}
