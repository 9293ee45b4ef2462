/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-transport-private.h"

#include <errno.h>
#include <string.h>

#include "q-ssl-certificate-private.h"
#include "q-tls-verify-private.h"

/* As much as one record holds. */
#define MAX_RECORD 16384

/* ---- GIO's side ---- */

static void
enter (QTlsTransport *self)
{
  g_mutex_lock (&self->lock);
  g_atomic_pointer_set (&self->wire->user, g_thread_self ());
}

static void
leave (QTlsTransport *self)
{
  if (q_tls_block_length (&self->wire->out) > 0)
    g_atomic_int_set (&self->is_held, TRUE);
  g_atomic_pointer_set (&self->wire->user, NULL);
  g_mutex_unlock (&self->lock);
}

static gboolean
is_refused (QTlsTransport *self)
{
  return g_atomic_int_get (&self->wire->is_refused);
}

enum
{
  OF_READING,
  OF_WRITING,
};

/* Keeps the first error for good, in our words; takes over @from. To be called
 * inside. */
static gssize
keep_error (QTlsTransport *self,
            int            direction,
            GError        *from)
{
  GError **error = &self->errors[direction];

  if (*error == NULL && is_refused (self))
    *error = g_error_new_literal (Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL,
                                  "the peer asked for another handshake, which is refused");
  else if (*error == NULL && g_error_matches (from, G_TLS_ERROR, G_TLS_ERROR_EOF))
    *error = g_error_new_literal (Q_SOCKET_ERROR, Q_SOCKET_ERROR_TRUNCATED,
                                  "the peer ended the connection without a close_notify");
  else if (*error == NULL && self->is_ended && direction == OF_WRITING)
    *error = g_error_new_literal (Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL,
                                  "this side has ended the TLS session");
  else if (*error == NULL)
    *error = g_error_new_literal (Q_SOCKET_ERROR, Q_SOCKET_ERROR_SSL, from->message);

  g_error_free (from);

  return -Q_TRANSPORT_ERROR;
}

/* Returns bytes, 0 at the peer's close_notify, or a negative errno: -EAGAIN if
 * more has to come from the network first. */
static gssize
decrypt (QTlsTransport *self,
         void          *buffer,
         gsize          length)
{
  QTlsBlock *in = &self->wire->in;
  gsize before = q_tls_block_length (in);
  GError *error = NULL;
  gssize n;

  enter (self);
  n = g_pollable_input_stream_read_nonblocking (self->input, buffer, length, NULL, &error);
  if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) && !is_refused (self))
    {
      n = -EAGAIN;
      g_error_free (error);
    }
  else if (n < 0)
    {
      n = keep_error (self, OF_READING, error);
    }

  /* A read that was not filled has emptied its record; others may wait behind it. */
  self->may_have_more = n == (gssize) length ||
                        (q_tls_block_length (in) > 0 && q_tls_block_length (in) < before);
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
      gssize n = g_pollable_output_stream_write_nonblocking (self->output, bytes + done,
                                                             length - done, NULL, &error);

      if (n < 0)
        {
          keep_error (self, OF_WRITING, error);
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
  g_mutex_lock (&self->lock);
  q_tls_block_clear (&self->sending);
  self->sending = self->wire->out;
  self->wire->out = (QTlsBlock) { NULL };
  if (self->sending.data == NULL)
    g_atomic_int_set (&self->is_held, FALSE);
  g_mutex_unlock (&self->lock);

  return self->sending.data != NULL;
}

/* The caller has the send lock. */
static gssize
send_encrypted (QTlsTransport *self,
                QDeadline     *patience)
{
  QTransport *plain = &self->plain->parent;

  do
    while (q_tls_block_length (&self->sending) > 0)
      {
        struct iovec vector = {
          self->sending.data + self->sending.start, q_tls_block_length (&self->sending),
        };
        gssize n = plain->klass->write (plain, &vector, 1, patience);

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
tls_is_held (QTransport *transport)
{
  return g_atomic_int_get (&((QTlsTransport *) transport)->is_held);
}

static gssize
tls_flush (QTransport *transport,
           QDeadline  *patience)
{
  QTlsTransport *self = (QTlsTransport *) transport;
  gssize result;

  if (!tls_is_held (transport))
    return 0;

  g_mutex_lock (&self->send_lock);
  result = send_encrypted (self, patience);
  g_mutex_unlock (&self->send_lock);

  return result;
}

/* For who must not wait for another thread that sends just now. */
static void
flush_in_passing (QTlsTransport *self)
{
  if (!tls_is_held (&self->parent) || !g_mutex_trylock (&self->send_lock))
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
           QDeadline          *patience)
{
  QTlsTransport *self = (QTlsTransport *) transport;
  gssize n = tls_flush (transport, patience);

  if (n < 0)
    return n;

  enter (self);
  if (self->errors[OF_WRITING] != NULL)
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
      QDeadline     *patience)
{
  QTransport *plain = &self->plain->parent;
  QTlsBlock *in = &self->wire->in;
  guint8 *room;
  gssize n;

  /* GIO takes all there is, unless something is badly wrong. */
  if (q_tls_block_length (in) > Q_TLS_BATCH_SIZE)
    return -EIO;

  room = q_tls_block_get_room (in, Q_TLS_BATCH_SIZE);
  n = plain->klass->read (plain, room, Q_TLS_BATCH_SIZE, FALSE, patience);

  if (n > 0)
    in->end += (gsize) n;
  else if (n == 0)
    self->wire->at_end = TRUE;
  self->may_have_more |= n >= 0;

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

  while (self->may_have_more && done < length)
    {
      gssize n = decrypt (self, buffer + done, length - done);

      if (n <= 0 && n != -EAGAIN)
        {
          /* It comes up again when what was there before it is gone. */
          self->may_have_more = TRUE;
          return done > 0 ? (gssize) done : n;
        }
      done += (gsize) MAX (n, 0);
    }

  return done > 0 ? (gssize) done : -EAGAIN;
}

static gssize
tls_read (QTransport *transport,
          void       *buffer,
          gsize       length,
          gboolean    whole,
          QDeadline  *patience)
{
  QTlsTransport *self = (QTlsTransport *) transport;
  gssize n = decrypt_all (self, buffer, length);

  if (n != -EAGAIN)
    return n;

  /* Answers of the protocol must leave even if this side only reads. */
  flush_in_passing (self);
  n = fill (self, tls_is_held (transport) ? NULL : patience);
  if (n < 0)
    return n;

  /* What was no data is no reason to stay: there may be no end of it. */
  n = decrypt_all (self, buffer, length);

  return n == -EAGAIN ? -EINTR : n;
}

static gboolean
tls_has_more (QTransport *transport)
{
  return ((QTlsTransport *) transport)->may_have_more;
}

static void
tls_wait (QTransport    *transport,
          short          direction,
          struct pollfd *pollfd)
{
  QTlsTransport *self = (QTlsTransport *) transport;

  self->plain->parent.klass->wait (&self->plain->parent, direction, pollfd);
  if (tls_is_held (transport))
    pollfd->events |= POLLOUT;
}

/* ---- the end ---- */

void
q_tls_transport_end (QTlsTransport *self)
{
  enter (self);
  if (!self->is_ended && self->errors[OF_WRITING] == NULL)
    {
      self->is_ended = TRUE;
      g_output_stream_close (G_OUTPUT_STREAM (self->output), NULL, NULL);
    }
  leave (self);
  flush_in_passing (self);
}

static void
tls_end (QTransport *transport)
{
  q_tls_transport_end ((QTlsTransport *) transport);
}

static const GError *
tls_get_error (QTransport *transport,
               gboolean    of_writing)
{
  return ((QTlsTransport *) transport)->errors[of_writing ? OF_WRITING : OF_READING];
}

void
q_tls_transport_free (QTlsTransport *self)
{
  /* GIO says goodbye once more when its object goes. */
  g_atomic_int_set (&self->wire->phase, Q_TLS_WIRE_DEAD);
  g_object_unref (self->connection);
  g_object_unref (self->wire);

  q_tls_block_clear (&self->sending);
  g_clear_error (&self->errors[OF_READING]);
  g_clear_error (&self->errors[OF_WRITING]);
  q_tls_config_unref (self->config);
  g_free (self->host);
  g_free (self->cipher);
  g_mutex_clear (&self->lock);
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
  .is_held = tls_is_held,
  .has_more = tls_has_more,
  .end = tls_end,
  .get_error = tls_get_error,
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
                     QTlsWire        *wire,
                     GTlsConnection  *connection,
                     QTlsConfig      *config,
                     const char      *host,
                     gboolean         is_server)
{
  QTlsTransport *self = g_new0 (QTlsTransport, 1);
  GIOStream *stream = G_IO_STREAM (connection);

  self->parent.klass = &tls_class;
  self->plain = plain;
  self->wire = wire;
  self->connection = connection;
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream));
  self->config = q_tls_config_ref (config);
  self->host = g_strdup (host);
  self->is_server = is_server;
  g_mutex_init (&self->lock);
  g_mutex_init (&self->send_lock);

  return self;
}

/* ---- the peer ---- */

static const char *
judge (QTlsTransport   *self,
       GTlsCertificate *certificate)
{
  g_autoptr (QSslCertificate) peer = q_ssl_certificate_new_from_tls_certificate (certificate);

  return peer != NULL
         ? q_tls_verify (q_tls_config_get_trust (self->config, NULL), peer, self->host,
                         !self->is_server)
         : "X509_V_ERR_CERT_REJECTED";
}

gboolean
q_tls_transport_accepts (QTlsTransport   *self,
                         GTlsCertificate *certificate)
{
  /* Judged when somebody asks. */
  if (self->config->verify_mode == Q_SSL_VERIFY_MODE_NONE)
    return TRUE;

  self->verdict = judge (self, certificate);

  return g_str_equal (self->verdict, Q_TLS_VERIFIED);
}

const char *
q_tls_transport_get_verdict (QTlsTransport *self)
{
  GTlsCertificate *certificate = g_tls_connection_get_peer_certificate (self->connection);
  const char *verdict;

  g_mutex_lock (&self->lock);
  if (self->verdict == NULL && certificate != NULL)
    self->verdict = judge (self, certificate);
  verdict = self->verdict;
  g_mutex_unlock (&self->lock);

  return verdict;
}

/* ---- the beginning ---- */

static const char *
get_version_name (GTlsProtocolVersion version)
{
  switch (version)
    {
    case G_TLS_PROTOCOL_VERSION_SSL_3_0:
      return "SSLv3";
    case G_TLS_PROTOCOL_VERSION_TLS_1_0:
      return "TLSv1";
    case G_TLS_PROTOCOL_VERSION_TLS_1_1:
      return "TLSv1.1";
    case G_TLS_PROTOCOL_VERSION_TLS_1_2:
      return "TLSv1.2";
    case G_TLS_PROTOCOL_VERSION_TLS_1_3:
      return "TLSv1.3";
    case G_TLS_PROTOCOL_VERSION_DTLS_1_0:
    case G_TLS_PROTOCOL_VERSION_DTLS_1_2:
    case G_TLS_PROTOCOL_VERSION_UNKNOWN:
    default:
      return "an unknown version";
    }
}

char *
q_tls_transport_open (QTlsTransport *self)
{
  GTlsProtocolVersion version = g_tls_connection_get_protocol_version (self->connection);
  GTlsCertificate *peer = g_tls_connection_get_peer_certificate (self->connection);
  QSslVerifyMode mode = self->config->verify_mode;

  self->version = get_version_name (version);
  self->cipher = g_tls_connection_get_ciphersuite_name (self->connection);

  /* GIO cannot be told not to agree on less. */
  if (version < self->config->minimum_version)
    return g_strdup_printf ("the peer speaks %s at most, and %s is the least that is accepted",
                            self->version, get_version_name (self->config->minimum_version));

  /* A handshake that did not ask for a verdict is none to rely on. */
  if (self->verdict == NULL && mode != Q_SSL_VERIFY_MODE_NONE &&
      (!self->is_server || mode == Q_SSL_VERIFY_MODE_REQUIRE) &&
      (peer == NULL || !q_tls_transport_accepts (self, peer)))
    return g_strdup ("the peer's certificate was not verified");

  /* The peer's first bytes may have come with the end of the handshake. */
  self->may_have_more = TRUE;
  g_atomic_int_set (&self->wire->phase, Q_TLS_WIRE_DATA);

  return NULL;
}
