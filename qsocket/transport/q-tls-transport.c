/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-transport-private.h"

#include "q-thread-context-private.h"

#include <errno.h>

#include "q-i18n-private.h"

/* As much as one record holds. */
#define MAX_RECORD 16384

/* ---- calls into GIO ---- */

static gboolean
has_refused (QTlsTransport *self)
{
  return atomic_load (&self->base->has_refused);
}

/* Takes the session's lock. */
static void
begin_gio_call (QTlsTransport *self)
{
  g_mutex_lock (&self->session.lock);
  atomic_store (&self->base->caller, g_thread_self ());

  /* GIO runs another handshake as a task, whose result refers to the session. */
  if (self->allows_rehandshake)
    q_thread_context_push ();
}

static void
end_gio_call (QTlsTransport *self)
{
  if (q_tls_block_length (&self->base->out) > 0)
    atomic_store (&self->has_unsent, TRUE);
  atomic_store (&self->base->caller, NULL);
  g_mutex_unlock (&self->session.lock);
  if (self->allows_rehandshake)
    q_thread_context_pop (has_refused (self));
}

/* Takes over @from, which is what GIO says, and replaces it where more is known. To be
 * called within a call into GIO. Returns -EPROTO. */
static gssize
set_error (QTlsTransport *self,
           int            direction,
           GError        *from)
{
  int code = G_TLS_ERROR_MISC;
  const char *text = NULL;

  /* Nothing below GIO makes a write wait, so if GIO would it waits for such a handshake, whose
   * thread has not met the refusal yet. */
  if (has_refused (self) ||
      (direction == Q_TLS_WRITING && g_error_matches (from, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)))
    {
      text = _("the peer asked for another handshake, which is refused");
    }
  else if (direction == Q_TLS_READING && self->base->at_eof)
    {
      /* GIO reports an incomplete record before the end as a bad one. A record that is bad
       * though it is complete fails before the end is read. */
      code = G_TLS_ERROR_EOF;
      text = "the end";
    }

  if (text != NULL)
    {
      g_clear_error (&from);
      from = g_error_new_literal (G_TLS_ERROR, code, text);
    }

  return q_tls_session_set_error (&self->session, direction, from);
}

/* Returns how many bytes were decrypted, 0 at the peer's close_notify, or a negative errno:
 * -EAGAIN if more has to come from the network first. */
static gssize
decrypt (QTlsTransport *self,
         void          *buffer,
         gsize          length)
{
  QTlsBlock *in = &self->base->in;
  gsize before = q_tls_block_length (in);
  GError *error = NULL;
  gsize left;
  gssize n;

  begin_gio_call (self);
  n = g_pollable_input_stream_read_nonblocking (self->session.input, buffer, length, NULL, &error);
  if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) && !has_refused (self))
    {
      n = -EAGAIN;
      g_error_free (error);
    }
  else if (n < 0)
    {
      n = set_error (self, Q_TLS_READING, error);
    }

  /* A read that filled the buffer may have left a part of its record. A shorter one has not,
   * but there may be other records behind it. If no bytes came of it at all, going on is of
   * use only if GIO has consumed something, such as a session ticket, and there is more. */
  left = q_tls_block_length (in);
  self->session.may_have_data = n == (gssize) length ||
                                (left > 0 && (n > 0 || left < before));
  end_gio_call (self);

  return n;
}

/* Returns how many bytes were encrypted, or -EPROTO. To be called within a call into GIO. */
static gssize
encrypt (QTlsTransport *self,
         const guint8  *bytes,
         gsize          length)
{
  GError *error = NULL;
  gsize done = 0;

  while (done < length)
    {
      gssize n = g_pollable_output_stream_write_nonblocking (self->session.output, bytes + done,
                                                             length - done, NULL, &error);

      if (n < 0)
        {
          set_error (self, Q_TLS_WRITING, error);
          return done > 0 ? (gssize) done : -EPROTO;
        }
      done += (gsize) n;
    }

  return (gssize) done;
}

/* ---- sending ---- */

/* Fills @sending, which must be empty, with what has been encrypted meanwhile. Returns FALSE
 * if that is nothing. */
static gboolean
take_encrypted (QTlsTransport *self)
{
  g_mutex_lock (&self->session.lock);
  q_tls_block_clear (&self->sending);
  self->sending = self->base->out;
  self->base->out = (QTlsBlock) Q_TLS_BLOCK_INIT;
  if (self->sending.data == NULL)
    atomic_store (&self->has_unsent, FALSE);
  g_mutex_unlock (&self->session.lock);

  return self->sending.data != NULL;
}

/* Returns 0 when all is sent. To be called under the send lock. */
static gssize
send_encrypted (QTlsTransport *self,
                QDeadline     *sleep_limit)
{
  QTransport *plain = &self->plain->parent;

  do
    while (q_tls_block_length (&self->sending) > 0)
      {
        struct iovec vector = {
          self->sending.data + self->sending.start, q_tls_block_length (&self->sending),
        };
        gssize n = plain->klass->write (plain, &vector, 1, sleep_limit);

        if (n == -EINTR)
          continue;
        if (n < 0)
          return n;
        q_tls_block_consume (&self->sending, (gsize) n);
      }
  while (take_encrypted (self));

  return 0;
}

static gboolean
tls_has_unsent (QTransport *transport)
{
  return atomic_load (&((QTlsTransport *) transport)->has_unsent);
}

static gssize
tls_flush (QTransport *transport,
           QDeadline  *sleep_limit)
{
  QTlsTransport *self = (QTlsTransport *) transport;
  gssize result;

  if (!tls_has_unsent (transport))
    return 0;

  /* A thread that sends may sleep in the kernel with the lock, and then there is no room for
   * the bytes of others either. A close that waited for it would wait for ever. */
  if (sleep_limit != NULL)
    g_mutex_lock (&self->send_lock);
  else if (!g_mutex_trylock (&self->send_lock))
    return -EAGAIN;

  result = send_encrypted (self, sleep_limit);
  g_mutex_unlock (&self->send_lock);

  return result;
}

/* Sends what the kernel takes. Does nothing if another thread is sending; if that one does not
 * send the new bytes as well, has_unsent stays set. */
static void
try_to_flush (QTlsTransport *self)
{
  if (!tls_has_unsent (&self->session.parent) || !g_mutex_trylock (&self->send_lock))
    return;

  send_encrypted (self, NULL);
  g_mutex_unlock (&self->send_lock);
}

/* Small pieces that belong together share a record. */
static gssize
encrypt_gathered (QTlsTransport      *self,
                  const struct iovec *vectors,
                  int                 n_vectors)
{
  QTlsBlock block = Q_TLS_BLOCK_INIT;
  gsize length = q_tls_block_gather (&block, vectors, n_vectors, MAX_RECORD);
  gssize n = encrypt (self, block.data, length);

  q_tls_block_clear (&block);

  return n;
}

/* Takes a batch at most, since what is encrypted stays in memory until the kernel takes it. */
static gssize
tls_write (QTransport         *transport,
           const struct iovec *vectors,
           int                 n_vectors,
           QDeadline          *sleep_limit)
{
  QTlsTransport *self = (QTlsTransport *) transport;
  gssize n = tls_flush (transport, sleep_limit);

  if (n < 0)
    return n;

  begin_gio_call (self);
  if (self->session.errors[Q_TLS_WRITING] != NULL)
    n = -EPROTO;
  else if (n_vectors > 1 && vectors[0].iov_len < MAX_RECORD)
    n = encrypt_gathered (self, vectors, n_vectors);
  else
    n = encrypt (self, vectors[0].iov_base, MIN (vectors[0].iov_len, Q_TLS_BATCH_SIZE));
  end_gio_call (self);

  return n;
}

/* ---- receiving ---- */

/* Reads from the socket into base->in. Returns what the plain transport's read () does. */
static gssize
receive (QTlsTransport *self,
         QDeadline     *sleep_limit)
{
  QTransport *plain = &self->plain->parent;
  QTlsBlock *in = &self->base->in;
  guint8 *room;
  gssize n;

  /* GIO takes every record that is complete, and an incomplete one is much smaller. If there
   * is more, GIO has ceased to take anything. */
  if (q_tls_block_length (in) > Q_TLS_BATCH_SIZE)
    return -EIO;

  /* Uses all the room there is: encrypted, a batch is a little longer than Q_TLS_BATCH_SIZE,
   * and its last record should not need a second system call. */
  room = q_tls_block_get_room (in, Q_TLS_BATCH_SIZE);
  n = plain->klass->read (plain, room, in->size - in->end, FALSE, sleep_limit);

  if (n > 0)
    in->end += (gsize) n;
  else if (n == 0)
    self->base->at_eof = TRUE;
  self->session.may_have_data |= n >= 0;

  if (q_tls_block_length (in) == 0)
    q_tls_block_clear (in);

  return n;
}

/* Decrypts all that has been received, as far as @buffer has room for it. */
static gssize
decrypt_all (QTlsTransport *self,
             guint8        *buffer,
             gsize          length)
{
  gsize done = 0;

  while (self->session.may_have_data && done < length)
    {
      gssize n = decrypt (self, buffer + done, length - done);

      if (n <= 0 && n != -EAGAIN)
        {
          /* The bytes before an end or an error are returned first. The next read must then
           * get here again. */
          self->session.may_have_data = TRUE;
          return done > 0 ? (gssize) done : n;
        }
      done += (gsize) MAX (n, 0);
    }

  return done > 0 ? (gssize) done : -EAGAIN;
}

/* After this side has shut the socket down because the peer asked for another handshake,
 * that is what a failed read has to report. */
static gssize
fail_with_refusal (QTlsTransport *self)
{
  begin_gio_call (self);
  set_error (self, Q_TLS_READING, NULL);
  end_gio_call (self);

  return -EPROTO;
}

static gssize
tls_read (QTransport *transport,
          void       *buffer,
          gsize       length,
          gboolean    whole,
          QDeadline  *sleep_limit)
{
  QTlsTransport *self = (QTlsTransport *) transport;
  gssize n = decrypt_all (self, buffer, length);

  if (n != -EAGAIN)
    return n;

  /* Reading may have produced answers of the protocol, which must be sent even if this side
   * never writes. While they cannot be, the read must not sleep: see tls_wait (). */
  try_to_flush (self);
  n = receive (self, tls_has_unsent (transport) ? NULL : sleep_limit);
  if (n < 0 && n != -EAGAIN && n != -EINTR && has_refused (self))
    return fail_with_refusal (self);
  if (n < 0)
    return n;

  /* If what came holds no bytes for the application, the driver looks at the deadline before
   * the next try: a peer could send such records for ever. */
  n = decrypt_all (self, buffer, length);

  return n == -EAGAIN ? -EINTR : n;
}

static void
tls_wait (QTransport    *transport,
          short          direction,
          struct pollfd *pollfd)
{
  QTlsTransport *self = (QTlsTransport *) transport;

  self->plain->parent.klass->wait (&self->plain->parent, direction, pollfd);

  /* A read, too, goes on as soon as it can send. */
  if (tls_has_unsent (transport))
    pollfd->events |= POLLOUT;
}

/* ---- the end ---- */

static void
tls_send_close_notify (QTransport *transport)
{
  QTlsTransport *self = (QTlsTransport *) transport;

  begin_gio_call (self);
  if (!self->session.has_sent_close_notify && self->session.errors[Q_TLS_WRITING] == NULL)
    {
      self->session.has_sent_close_notify = TRUE;
      g_output_stream_close (G_OUTPUT_STREAM (self->session.output), NULL, NULL);
    }
  end_gio_call (self);
  try_to_flush (self);
}

/* GIO's connection and the task of a handshake that was refused refer to each other until a
 * call takes the result of the task, as a read does. It waits for the handshake's thread,
 * which ends as soon as it finds that the base stream is dead. */
static void
take_refused_handshake (QTlsTransport *self)
{
  guint8 byte;

  g_input_stream_read (G_INPUT_STREAM (self->session.input), &byte, sizeof byte, NULL, NULL);
}

void
q_tls_transport_free (QTlsTransport *self)
{
  /* GIO sends another close_notify when its object is finalized, and a dead stream drops it. */
  atomic_store (&self->base->phase, Q_TLS_BASE_STREAM_DEAD);
  if (has_refused (self))
    take_refused_handshake (self);
  q_tls_session_clear (&self->session);
  g_object_unref (self->base);

  q_tls_block_clear (&self->sending);
  g_mutex_clear (&self->send_lock);
  g_free (self);
}

static void
tls_free (QTransport *transport)
{
  q_tls_transport_free ((QTlsTransport *) transport);
}

static const QTransportClass tls_class = {
  .read = tls_read,
  .write = tls_write,
  .wait = tls_wait,
  .flush = tls_flush,
  .has_unsent = tls_has_unsent,
  .may_have_data = q_tls_session_may_have_data,
  .send_close_notify = tls_send_close_notify,
  .get_error = q_tls_session_get_error,
  .free = tls_free,
  .is_secure = TRUE,
  .is_tls_session = TRUE,
};

QTlsTransport *
q_tls_transport_of (QTransport *transport)
{
  return transport->klass == &tls_class ? (QTlsTransport *) transport : NULL;
}

QTlsTransport *
q_tls_transport_new (QPlainTransport *plain,
                     QTlsBaseStream  *base,
                     GTlsConnection  *connection,
                     QTlsConfig      *config,
                     const char      *host,
                     gboolean         is_server)
{
  QTlsTransport *self = g_new0 (QTlsTransport, 1);

  q_tls_session_init (&self->session, &tls_class, connection, config, host, is_server);
  self->plain = plain;
  self->base = base;
  g_mutex_init (&self->send_lock);

  return self;
}

void
q_tls_transport_open (QTlsTransport *self)
{
  GTlsConnection *connection = self->session.connection;

  self->allows_rehandshake = g_tls_connection_get_protocol_version (connection) <
                             G_TLS_PROTOCOL_VERSION_TLS_1_3;

  /* The peer's first bytes may have come together with the end of the handshake. */
  self->session.may_have_data = TRUE;
  atomic_store (&self->base->phase, Q_TLS_BASE_STREAM_DATA);
}
