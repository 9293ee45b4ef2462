/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-transport-private.h"

#include <errno.h>
#include <string.h>

/* As much as one record holds. */
#define MAX_RECORD 16384

/* ---- GIO's side ---- */

static gboolean
is_refused (QTlsTransport *self)
{
  return g_atomic_int_get (&self->base->is_refused);
}

/* When the peer asks for another handshake GIO begins it with a task, and tells the
 * main context of the caller when that is over. The application's may be one that
 * nobody runs, which would keep the message and with it the session, for good; so it
 * is one of the thread's own. */
typedef struct
{
  GMainContext *context;
  gboolean was_used;      /* a message may be there, or on its way */
} QOwnContext;

static void
own_context_free (gpointer data)
{
  QOwnContext *own = data;

  g_main_context_unref (own->context);
  g_free (own);
}

static GPrivate own_contexts = G_PRIVATE_INIT (own_context_free);

static void
push_own_context (void)
{
  QOwnContext *own = g_private_get (&own_contexts);

  if (own == NULL)
    {
      own = g_new0 (QOwnContext, 1);
      own->context = g_main_context_new ();
      g_private_set (&own_contexts, own);
    }
  g_main_context_push_thread_default (own->context);
}

static void
pop_own_context (QTlsTransport *self)
{
  QOwnContext *own = g_private_get (&own_contexts);

  g_main_context_pop_thread_default (own->context);
  own->was_used |= is_refused (self);
  while (own->was_used && g_main_context_iteration (own->context, FALSE))
    continue;
}

static void
enter (QTlsTransport *self)
{
  g_mutex_lock (&self->session.lock);
  g_atomic_pointer_set (&self->base->user, g_thread_self ());
  if (self->may_be_asked)
    push_own_context ();
}

static void
leave (QTlsTransport *self)
{
  if (q_tls_block_length (&self->base->out) > 0)
    g_atomic_int_set (&self->has_unsent, TRUE);
  g_atomic_pointer_set (&self->base->user, NULL);
  g_mutex_unlock (&self->session.lock);
  if (self->may_be_asked)
    pop_own_context (self);
}

/* To be called inside; takes over @from. GIO takes the end within a record for a bad
 * one; but a record that is there as a whole is looked at before the end is. */
static gssize
keep_error (QTlsTransport *self,
            int            direction,
            GError        *from)
{
  int code = G_TLS_ERROR_MISC;
  const char *text = NULL;

  /* Nothing below GIO makes a write wait, so if GIO would it waits for such a handshake, whose
   * thread has not met the refusal yet. */
  if (is_refused (self) ||
      (direction == Q_TLS_WRITING && g_error_matches (from, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)))
    {
      text = "the peer asked for another handshake, which is refused";
    }
  else if (direction == Q_TLS_READING && self->base->at_end)
    {
      code = G_TLS_ERROR_EOF;
      text = "the end";
    }

  if (text != NULL)
    {
      g_clear_error (&from);
      from = g_error_new_literal (G_TLS_ERROR, code, text);
    }

  return q_tls_session_keep_error (&self->session, direction, from);
}

/* Returns bytes, 0 at the peer's close_notify, or a negative errno: -EAGAIN if
 * more has to come from the network first. */
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

  enter (self);
  n = g_pollable_input_stream_read_nonblocking (self->session.input, buffer, length, NULL, &error);
  if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) && !is_refused (self))
    {
      n = -EAGAIN;
      g_error_free (error);
    }
  else if (n < 0)
    {
      n = keep_error (self, Q_TLS_READING, error);
    }

  /* A read that was not filled has emptied its record; others may wait behind it. What
   * was no data has at least been taken, unless there is not enough of it yet. */
  left = q_tls_block_length (in);
  self->session.may_have_data = n == (gssize) length ||
                                (left > 0 && (n > 0 || left < before));
  leave (self);

  return n;
}

/* Returns how many bytes were taken, or -Q_TRANSPORT_ERROR. To be called inside. */
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
          keep_error (self, Q_TLS_WRITING, error);
          return done > 0 ? (gssize) done : -Q_TRANSPORT_ERROR;
        }
      done += (gsize) n;
    }

  return (gssize) done;
}

/* ---- sending ---- */

/* Gets at what is encrypted once what was there before has left. */
static gboolean
take_encrypted (QTlsTransport *self)
{
  g_mutex_lock (&self->session.lock);
  q_tls_block_clear (&self->sending);
  self->sending = self->base->out;
  self->base->out = (QTlsBlock) { NULL };
  if (self->sending.data == NULL)
    g_atomic_int_set (&self->has_unsent, FALSE);
  g_mutex_unlock (&self->session.lock);

  return self->sending.data != NULL;
}

/* The caller has the send lock. */
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
  return g_atomic_int_get (&((QTlsTransport *) transport)->has_unsent);
}

static gssize
tls_flush (QTransport *transport,
           QDeadline  *sleep_limit)
{
  QTlsTransport *self = (QTlsTransport *) transport;
  gssize result;

  if (!tls_has_unsent (transport))
    return 0;

  g_mutex_lock (&self->send_lock);
  result = send_encrypted (self, sleep_limit);
  g_mutex_unlock (&self->send_lock);

  return result;
}

/* For who must not wait for another thread that sends just now. */
static void
flush_in_passing (QTlsTransport *self)
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
  QTlsBlock block = { NULL };
  guint8 *bytes = q_tls_block_get_room (&block, MAX_RECORD);
  gsize length = 0;
  gssize n;

  for (int i = 0; i < n_vectors && length < MAX_RECORD; i++)
    {
      gsize part = MIN (vectors[i].iov_len, MAX_RECORD - length);

      memcpy (bytes + length, vectors[i].iov_base, part);
      length += part;
    }

  n = encrypt (self, bytes, length);
  q_tls_block_clear (&block);

  return n;
}

/* A batch at most: that much is taken although the kernel may not want it yet. */
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

  enter (self);
  if (self->session.errors[Q_TLS_WRITING] != NULL)
    n = -Q_TRANSPORT_ERROR;
  else if (n_vectors > 1 && vectors[0].iov_len < MAX_RECORD)
    n = encrypt_gathered (self, vectors, n_vectors);
  else
    n = encrypt (self, vectors[0].iov_base, MIN (vectors[0].iov_len, Q_TLS_BATCH_SIZE));
  leave (self);

  return n;
}

/* ---- receiving ---- */

/* Gets what the network has; as the plain transport's read (). */
static gssize
fill (QTlsTransport *self,
      QDeadline     *sleep_limit)
{
  QTransport *plain = &self->plain->parent;
  QTlsBlock *in = &self->base->in;
  guint8 *room;
  gssize n;

  /* GIO takes all there is, unless something is badly wrong. */
  if (q_tls_block_length (in) > Q_TLS_BATCH_SIZE)
    return -EIO;

  /* All the room: a batch of the peer's is a little longer than its bytes, and the rest of it
   * would be a record in two pieces. */
  room = q_tls_block_get_room (in, Q_TLS_BATCH_SIZE);
  n = plain->klass->read (plain, room, in->size - in->end, FALSE, sleep_limit);

  if (n > 0)
    in->end += (gsize) n;
  else if (n == 0)
    self->base->at_end = TRUE;
  self->session.may_have_data |= n >= 0;

  if (q_tls_block_length (in) == 0)
    q_tls_block_clear (in);

  return n;
}

/* All that is there, as far as there is room. */
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
          /* It comes up again when what was there before it is gone. */
          self->session.may_have_data = TRUE;
          return done > 0 ? (gssize) done : n;
        }
      done += (gsize) MAX (n, 0);
    }

  return done > 0 ? (gssize) done : -EAGAIN;
}

/* It is the refusal that the connection broke off for. */
static gssize
fail_refused (QTlsTransport *self)
{
  enter (self);
  keep_error (self, Q_TLS_READING, NULL);
  leave (self);

  return -Q_TRANSPORT_ERROR;
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

  /* Answers of the protocol must leave even if this side only reads. */
  flush_in_passing (self);
  n = fill (self, tls_has_unsent (transport) ? NULL : sleep_limit);
  if (n < 0 && n != -EAGAIN && n != -EINTR && is_refused (self))
    return fail_refused (self);
  if (n < 0)
    return n;

  /* What was no data is no reason to stay: there may be no end of it. */
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
  if (tls_has_unsent (transport))
    pollfd->events |= POLLOUT;
}

/* ---- the end ---- */

void
q_tls_transport_end (QTlsTransport *self)
{
  enter (self);
  if (!self->session.is_ended && self->session.errors[Q_TLS_WRITING] == NULL)
    {
      self->session.is_ended = TRUE;
      g_output_stream_close (G_OUTPUT_STREAM (self->session.output), NULL, NULL);
    }
  leave (self);
  flush_in_passing (self);
}

static void
tls_end (QTransport *transport)
{
  q_tls_transport_end ((QTlsTransport *) transport);
}

/* The task of a handshake that was refused and GIO's object hold each other until
 * somebody takes the result; it is there as soon as the thread hears that the wire
 * is dead. */
static void
let_go_of_task (QTlsTransport *self)
{
  guint8 byte;

  g_input_stream_read (G_INPUT_STREAM (self->session.input), &byte, sizeof byte, NULL, NULL);
}

void
q_tls_transport_free (QTlsTransport *self)
{
  /* GIO says goodbye once more when its object goes. */
  g_atomic_int_set (&self->base->phase, Q_TLS_BASE_STREAM_DEAD);
  if (is_refused (self))
    let_go_of_task (self);
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
  .end = tls_end,
  .get_error = q_tls_session_get_error,
  .free = tls_free,
  .is_secure = TRUE,
};

gboolean
q_transport_is_tls (QTransport *transport)
{
  return transport->klass == &tls_class;
}

QTlsTransport *
q_tls_transport_new (QPlainTransport *plain,
                     QTlsBaseStream        *base,
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
  self->may_be_asked = g_tls_connection_get_protocol_version (self->session.connection) <
                       G_TLS_PROTOCOL_VERSION_TLS_1_3;

  /* The peer's first bytes may have come with the end of the handshake. */
  self->session.may_have_data = TRUE;
  g_atomic_int_set (&self->base->phase, Q_TLS_BASE_STREAM_DATA);
}
