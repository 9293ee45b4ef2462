/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-channel-private.h"

#include "q-fork-private.h"
#include "q-wait-private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

QChannel *
q_channel_new (int           fd,
               QChannelKind  kind,
               GSocketFamily family,
               int           socktype,
               gboolean      nonblocking,
               gboolean      is_ours)
{
  QChannel *channel = g_new0 (QChannel, 1);

  g_atomic_ref_count_init (&channel->ref_count);
  channel->fd = fd;
  channel->kind = kind;
  channel->family = family;
  channel->socktype = socktype;
  channel->fork_generation = q_fork_get_generation ();
  channel->closed = (QWakeup) Q_WAKEUP_INIT;
  channel->restore_flags = is_ours ? 0 : -1;
  channel->restore_fd_flags = -1;
  q_plain_transport_init (&channel->plain, fd, nonblocking, is_ours);
  channel->plain.writes_by_piece = family == G_SOCKET_FAMILY_UNIX;
  channel->transport = &channel->plain.parent;

  return channel;
}

gboolean
q_channel_is_inherited (const QChannel *channel)
{
  return channel->fork_generation != q_fork_get_generation ();
}

QChannel *
q_channel_ref (QChannel *channel)
{
  g_atomic_ref_count_inc (&channel->ref_count);

  return channel;
}

static void
release_fd (QChannel *channel)
{
  /* The number is forgotten nowhere else, so a later reader of fd sees a stale
   * number at worst after q_channel_is_closed () said so. */
  if (channel->gsocket != NULL)
    g_socket_close (channel->gsocket, NULL);
  else
    close (channel->fd);
}

void
q_channel_unref (QChannel *channel)
{
  if (!g_atomic_ref_count_dec (&channel->ref_count))
    return;

  q_channel_close (channel);

  q_wakeup_close (&channel->closed);
  if (channel->transport->klass->free != NULL)
    channel->transport->klass->free (channel->transport);
  q_pending_clients_clear (&channel->pending_clients);
  q_recv_buffer_clear (&channel->in);
  g_free (channel->host);
  g_clear_pointer (&channel->decoder, q_text_decoder_free);
  g_clear_pointer (&channel->encoder, q_text_encoder_free);
  g_free (channel->out);
  g_free (channel->unix_path);
  g_clear_object (&channel->gsocket);
  g_clear_object (&channel->keep_alive);
  g_free (channel);
}

gboolean
q_channel_pin (QChannel *channel)
{
  if ((atomic_fetch_add (&channel->pins, 1) & Q_CHANNEL_CLOSED) == 0)
    return TRUE;

  q_channel_unpin (channel);

  return FALSE;
}

gboolean
q_channel_is_at_end (QChannel *channel)
{
  int more = 0;

  if (channel->socktype == SOCK_STREAM)
    return TRUE;

  /* A connection of messages has both an end and empty ones, and does not tell
   * them apart. Only the peer's last message cannot be seen to be empty. Datagrams
   * end only where this side was shut down. */
  return q_wait_check (channel->fd, POLLRDHUP) != 0 &&
         (ioctl (channel->fd, FIONREAD, &more) != 0 || more == 0);
}

/* Not to the sources of a parent process, which has the same descriptor. */
static void
tell_closed (QChannel *channel)
{
  if (!q_channel_is_inherited (channel))
    q_wakeup_signal (&channel->closed);
}

int
q_channel_get_closed_fd (QChannel *channel)
{
  int fd = q_wakeup_open (&channel->closed);

  /* A close that came before the descriptor was made did not signal it. */
  if (q_channel_is_closed (channel))
    tell_closed (channel);

  return fd;
}

/* Whoever brings the count of a closed channel to nothing closes the descriptor.
 * A late pin and its unpin bring it there once more, hence the second mark. */
static void
release_once (QChannel *channel)
{
  int expected = Q_CHANNEL_CLOSED;

  if (atomic_compare_exchange_strong (&channel->pins, &expected,
                                      Q_CHANNEL_CLOSED | Q_CHANNEL_RELEASED))
    release_fd (channel);
}

void
q_channel_unpin (QChannel *channel)
{
  if (atomic_fetch_sub (&channel->pins, 1) == (Q_CHANNEL_CLOSED | 1))
    release_once (channel);
}

/* Only the object and the process that made the file remove it, and only while
 * the name still stands for that very file. */
static void
remove_unix_file (QChannel *channel)
{
  struct stat now;

  if (channel->unix_path != NULL &&
      lstat (channel->unix_path, &now) == 0 &&
      S_ISSOCK (now.st_mode) &&
      now.st_dev == channel->unix_device &&
      now.st_ino == channel->unix_inode)
    unlink (channel->unix_path);
}

gboolean
q_channel_close (QChannel *channel)
{
  int before;

  /* A pin of our own keeps the descriptor what it is until we are done. */
  atomic_fetch_add (&channel->pins, 1);
  before = atomic_fetch_or (&channel->pins, Q_CHANNEL_CLOSED);

  if ((before & Q_CHANNEL_CLOSED) != 0)
    {
      q_channel_unpin (channel);
      return FALSE;
    }

  tell_closed (channel);

  if (q_channel_is_inherited (channel))
    {
      /* Those inside are threads of the parent and will never leave here. */
      atomic_store (&channel->pins, Q_CHANNEL_CLOSED | Q_CHANNEL_RELEASED);
      release_fd (channel);
      return TRUE;
    }

  remove_unix_file (channel);

  /* close () alone would wake nobody. */
  if (before > 1)
    shutdown (channel->fd, SHUT_RDWR);

  q_channel_unpin (channel);

  return TRUE;
}

int
q_channel_steal_fd (QChannel *channel)
{
  gboolean is_copy = channel->gsocket != NULL;
  int expected = 1;
  int fd;

  if (!q_channel_pin (channel))
    return -1;

  /* The GSocket insists on closing its own number. */
  fd = is_copy ? fcntl (channel->fd, F_DUPFD_CLOEXEC, 3) : channel->fd;

  if (fd < 0 ||
      !atomic_compare_exchange_strong (&channel->pins, &expected,
                                       Q_CHANNEL_CLOSED | Q_CHANNEL_RELEASED))
    {
      if (is_copy && fd >= 0)
        close (fd);
      q_channel_unpin (channel);
      return -1;
    }

  tell_closed (channel);
  if (is_copy)
    release_fd (channel);

  channel->plain.fd = fd;
  q_plain_transport_restore (&channel->plain);
  if (channel->restore_flags >= 0)
    fcntl (fd, F_SETFL, channel->restore_flags);
  if (channel->restore_fd_flags >= 0)
    fcntl (fd, F_SETFD, channel->restore_fd_flags);

  return fd;
}

void
q_channel_own_unix_file (QChannel   *channel,
                         const char *path)
{
  g_autofree char *here = g_get_current_dir ();
  struct stat made;

  if (lstat (path, &made) != 0)
    return;

  /* Absolute, for the working directory may change; but not simplified, since
   * "link/.." is not where the link is. */
  channel->unix_path = g_path_is_absolute (path) ? g_strdup (path)
                                                 : g_build_filename (here, path, NULL);
  channel->unix_device = made.st_dev;
  channel->unix_inode = made.st_ino;
}

QTransport *
q_channel_swap_transport (QChannel   *channel,
                          QTransport *transport)
{
  QTransport *before = channel->transport;

  channel->transport = transport;

  return before->klass->free != NULL ? before : NULL;
}

gboolean
q_channel_get_local_address (QChannel *channel,
                             QAddress *address)
{
  address->length = sizeof address->un;

  if (getsockname (channel->fd, &address->sa, &address->length) == 0)
    return TRUE;

  address->length = 0;

  return FALSE;
}

char *
q_channel_describe (QChannel *channel)
{
  QAddress local;

  if (channel->peer.length > 0)
    return q_address_describe (&channel->peer);

  if (!q_channel_is_closed (channel) && q_channel_get_local_address (channel, &local))
    return q_address_describe (&local);

  return g_strdup ("");
}

void
q_channel_unread_text (QChannel *channel)
{
  const guint8 *bytes;
  gsize length;

  if (channel->decoder == NULL)
    return;

  length = q_text_decoder_peek_pending (channel->decoder, &bytes);
  if (length == 0)
    return;

  q_recv_buffer_put_back (&channel->in, bytes, length);
  q_text_decoder_drop_pending (channel->decoder);
}
