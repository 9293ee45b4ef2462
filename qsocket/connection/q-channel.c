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

static void
release_fd (QGuarded *guarded)
{
  QChannel *channel = (QChannel *) guarded;

  /* channel->fd keeps the number, since other threads may load it at this moment. They use it only
   * after q_channel_enter (). */
  if (channel->gsocket != NULL)
    g_socket_close (channel->gsocket, NULL);
  else
    close (channel->fd);
}

static void
ref_guarded (QGuarded *guarded)
{
  q_channel_ref ((QChannel *) guarded);
}

static void
unref_guarded (QGuarded *guarded)
{
  q_channel_unref ((QChannel *) guarded);
}

static const QGuardedClass channel_class = { release_fd, ref_guarded, unref_guarded };

QChannel *
q_channel_new (int           fd,
               QChannelKind  kind,
               GSocketFamily family,
               int           socktype,
               gboolean      nonblocking,
               gboolean      is_ours)
{
  QChannel *channel = g_new0 (QChannel, 1);

  q_guarded_init (&channel->guarded, &channel_class);
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
  channel->counters = g_atomic_rc_box_new0 (QCounters);
  g_mutex_init (&channel->lock);
  q_send_buffer_init (&channel->out);

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
  g_free (channel->hostnames[0]);
  g_free (channel->hostnames[1]);
  g_atomic_rc_box_release (channel->counters);
  g_clear_pointer (&channel->decoder, q_text_decoder_free);
  g_clear_pointer (&channel->encoder, q_text_encoder_free);
  q_send_buffer_clear (&channel->out);
  g_free (channel->unix_path);
  g_clear_object (&channel->gsocket);
  g_clear_object (&channel->keep_alive);
  g_clear_object (&channel->io_stream);
  g_mutex_clear (&channel->lock);
  g_free (channel);
}

gboolean
q_channel_poll (QChannel  *channel,
                short      direction,
                QDeadline *deadline)
{
  short ready;

  if (!q_channel_enter (channel))
    return FALSE;

  ready = q_wait_poll_one (channel->fd, direction, q_deadline_get (deadline));
  if (q_channel_is_closed (channel))
    ready = 0;
  q_channel_leave (channel);

  return ready != 0;
}

gboolean
q_channel_is_at_end (QChannel *channel)
{
  int more = 0;

  if (channel->socktype == SOCK_STREAM)
    return TRUE;

  /* On a SOCK_SEQPACKET socket the end and an empty message are read alike. It is the end if the
   * peer has shut down its side and nothing more is to be read, so an empty message that is the
   * peer's last one is not noticed. A datagram socket is at its end only if this side was shut
   * down. */
  return q_wait_check (channel->fd, POLLRDHUP) != 0 &&
         (ioctl (channel->fd, FIONREAD, &more) != 0 || more == 0);
}

/* In a child process the descriptor of the wake-up is that of the parent, whose sources must not
 * take the channel for closed. */
static void
signal_closed (QChannel *channel)
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
    signal_closed (channel);

  return fd;
}

/* Another program may have put a file of its own in that place meanwhile, so the path must still
 * name the very file that bind () made. */
static void
remove_unix_file (QChannel *channel)
{
  struct stat now = { 0 };

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
  gboolean is_used;

  if (!q_guarded_close (&channel->guarded, &is_used))
    return FALSE;

  signal_closed (channel);

  if (q_channel_is_inherited (channel))
    {
      q_guarded_release_copy (&channel->guarded);
      return TRUE;
    }

  remove_unix_file (channel);

  /* A close () wakes no thread that sleeps in a system call for the descriptor; this does. */
  if (is_used)
    shutdown (channel->fd, SHUT_RDWR);

  q_channel_leave (channel);

  return TRUE;
}

/* To be called with the channel's lock held, so that no GSocket is made meanwhile, which would
 * close the descriptor later. */
static int
steal_locked (QChannel *channel)
{
  gboolean is_copy = channel->gsocket != NULL;
  int fd;

  /* A GSocket cannot give its descriptor away, so it closes that, and the caller gets a copy. */
  fd = is_copy ? fcntl (channel->fd, F_DUPFD_CLOEXEC, 3) : channel->fd;
  if (fd < 0)
    return -1;

  if (!q_guarded_steal (&channel->guarded))
    {
      if (is_copy)
        close (fd);
      return -1;
    }

  signal_closed (channel);
  if (is_copy)
    release_fd (&channel->guarded);

  return fd;
}

int
q_channel_steal_fd (QChannel *channel)
{
  int fd;

  if (!q_channel_enter (channel))
    return -1;

  g_mutex_lock (&channel->lock);
  fd = steal_locked (channel);
  g_mutex_unlock (&channel->lock);

  if (fd < 0)
    {
      q_channel_leave (channel);
      return -1;
    }

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
  struct stat made = { 0 };

  if (lstat (path, &made) != 0)
    return;

  /* Absolute, since the working directory may change. Not simplified, since "link/.." is the parent
   * of what the link points to. */
  channel->unix_path = g_path_is_absolute (path) ? g_strdup (path)
                                                 : g_build_filename (here, path, NULL);
  channel->unix_device = made.st_dev;
  channel->unix_inode = made.st_ino;
}

/* ---- the transport ---- */

gboolean
q_channel_set_transport (QChannel   *channel,
                         QTransport *transport)
{
  QTransport *unused = transport;
  gboolean is_closing;

  g_mutex_lock (&channel->out.lock);
  g_mutex_lock (&channel->lock);
  is_closing = channel->is_closing;
  if (!is_closing)
    {
      unused = channel->transport;
      channel->transport = transport != NULL ? transport : &channel->plain.parent;
    }
  g_mutex_unlock (&channel->lock);
  g_mutex_unlock (&channel->out.lock);

  if (unused != NULL && unused->klass->free != NULL)
    unused->klass->free (unused);

  return !is_closing;
}

gboolean
q_channel_is_secure (QChannel *channel)
{
  gboolean is_secure;

  g_mutex_lock (&channel->lock);
  is_secure = channel->transport->klass->is_secure;
  g_mutex_unlock (&channel->lock);

  return is_secure;
}

gboolean
q_channel_has_unsent (QChannel *channel)
{
  gboolean has_unsent;

  g_mutex_lock (&channel->lock);
  has_unsent = q_send_buffer_length (&channel->out) > 0 ||
               q_transport_has_unsent (channel->transport);
  g_mutex_unlock (&channel->lock);

  return has_unsent;
}

GIOStream *
q_channel_begin_close (QChannel *channel)
{
  GIOStream *stream;

  g_mutex_lock (&channel->lock);
  channel->is_closing = TRUE;
  stream = g_steal_pointer (&channel->io_stream);
  g_mutex_unlock (&channel->lock);

  return stream;
}

/* ---- listeners ---- */

void
q_channel_become_listener (QChannel *channel)
{
  QPlainTransport *plain = &channel->plain;
  int flags = fcntl (channel->fd, F_GETFL);

  /* Between poll () and accept () a connection can disappear, and accept () would then block on a
   * blocking descriptor. */
  if ((flags & O_NONBLOCK) == 0)
    {
      /* A descriptor that other parts of the program know gets its flags back when it is stolen. */
      if (!plain->is_ours && channel->restore_flags < 0)
        channel->restore_flags = flags;
      fcntl (channel->fd, F_SETFL, flags | O_NONBLOCK);
    }

  /* The plain transport makes only descriptors of our own blocking. A receive, which fails on a
   * listener anyway, must not do that here. */
  atomic_store (&plain->nonblocking, TRUE);
  plain->is_ours = FALSE;
  channel->kind = Q_CHANNEL_LISTENING;
}

void
q_channel_check_listening (QChannel *channel)
{
  int value = FALSE;
  socklen_t length = sizeof value;

  if (channel->kind != Q_CHANNEL_LISTENING &&
      getsockopt (channel->fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value)
    q_channel_become_listener (channel);
}

/* ---- for messages ---- */

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
  QAddress local = { .length = 0 };

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
