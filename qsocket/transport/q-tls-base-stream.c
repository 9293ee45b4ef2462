/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-base-stream-private.h"

#include "q-i18n-private.h"
#include "q-wait-private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static void
set_error (GError     **error,
           int          code,
           const char  *message)
{
  g_set_error_literal (error, G_IO_ERROR, code, message);
}

/* ---- the handshake: the socket ---- */

/* The handshake's operation makes its message from @system_error; GIO's is not shown. */
static gssize
fail_with_errno (QTlsBaseStream  *self,
                 int              system_error,
                 GError         **error)
{
  self->system_error = system_error;
  set_error (error, (int) g_io_error_from_errno (system_error), g_strerror (system_error));

  return -1;
}

/* There is no deadline here. An operation that gives the handshake up shuts the socket
 * down, which ends the wait. */
static void
wait_for (QTlsBaseStream *self,
          short           events)
{
  q_wait_poll_one (self->fd, events, Q_DEADLINE_NEVER);
}

/* Reads @count bytes at most into @buffer, and with the same system call more into @in,
 * where the next read finds them. */
static gssize
receive (QTlsBaseStream  *self,
         void            *buffer,
         gsize            count,
         GError         **error)
{
  struct iovec vectors[2] = { { buffer, count }, { NULL, Q_TLS_BATCH_SIZE } };
  struct msghdr message = { .msg_iov = vectors, .msg_iovlen = 2 };
  gssize n;

  vectors[1].iov_base = q_tls_block_get_room (&self->in, Q_TLS_BATCH_SIZE);

  while ((n = recvmsg (self->fd, &message, 0)) < 0)
    {
      if (errno == EAGAIN)
        wait_for (self, POLLIN);
      else if (errno != EINTR)
        break;
    }

  if (n > (gssize) count)
    {
      self->in.end += (gsize) n - count;
      return (gssize) count;
    }

  q_tls_block_clear (&self->in);
  self->at_eof |= n == 0;

  return n >= 0 ? n : fail_with_errno (self, errno, error);
}

static gssize
transmit (QTlsBaseStream  *self,
          const void      *buffer,
          gsize            count,
          GError         **error)
{
  gssize n;

  while ((n = send (self->fd, buffer, count, MSG_NOSIGNAL)) < 0)
    {
      /* A peer that breaks off the handshake has often sent an alert that says why. GnuTLS
       * goes on to read it only if the write seems to have worked. */
      if (errno == EPIPE || errno == ECONNRESET)
        return (gssize) count;
      if (errno == EAGAIN)
        wait_for (self, POLLOUT);
      else if (errno != EINTR)
        return fail_with_errno (self, errno, error);
    }

  return n;
}

/* ---- both phases ---- */

/* Every read and write begins with this. It stores is_started and then loads the phase,
 * while a thread that gives the handshake up stores the phase DEAD and then loads
 * is_started. As all four are sequentially consistent, at least one of the threads sees
 * what the other one stored: either the read or write leaves the descriptor alone, or the
 * other thread waits for the end of the handshake's thread before it lets the descriptor
 * be closed. */
static QTlsBaseStreamPhase
start_call (QTlsBaseStream *self)
{
  atomic_store (&self->is_started, TRUE);

  return (QTlsBaseStreamPhase) atomic_load (&self->phase);
}

static gboolean
is_caller (QTlsBaseStream *self)
{
  return atomic_load (&self->caller) == g_thread_self ();
}

/* Only versions of TLS before 1.3 let the peer ask for another handshake. That would change
 * the certificate or the keys behind the application's back, so it ends the connection. */
static gssize
refuse_handshake (QTlsBaseStream  *self,
                  GError         **error)
{
  atomic_store (&self->has_refused, TRUE);
  shutdown (self->fd, SHUT_RDWR);
  set_error (error, G_IO_ERROR_CONNECTION_CLOSED, "refused");

  return -1;
}

static gssize
base_read (QTlsBaseStream  *self,
           void            *buffer,
           gsize            count,
           GError         **error)
{
  QTlsBaseStreamPhase phase = start_call (self);
  gsize length;

  if (phase == Q_TLS_BASE_STREAM_DEAD)
    return 0;
  if (phase == Q_TLS_BASE_STREAM_DATA && !is_caller (self))
    return refuse_handshake (self, error);

  length = MIN (count, q_tls_block_length (&self->in));
  if (length > 0)
    {
      memcpy (buffer, self->in.data + self->in.start, length);
      q_tls_block_consume (&self->in, length);
      return (gssize) length;
    }

  if (phase == Q_TLS_BASE_STREAM_HANDSHAKE)
    return receive (self, buffer, count, error);
  if (self->at_eof)
    return 0;

  set_error (error, G_IO_ERROR_WOULD_BLOCK, "nothing is there");

  return -1;
}

static gssize
base_write (QTlsBaseStream  *self,
            const void      *buffer,
            gsize            count,
            GError         **error)
{
  QTlsBaseStreamPhase phase = start_call (self);

  if (phase == Q_TLS_BASE_STREAM_DEAD)
    return (gssize) count;
  if (phase == Q_TLS_BASE_STREAM_HANDSHAKE)
    return transmit (self, buffer, count, error);
  if (!is_caller (self))
    return refuse_handshake (self, error);

  if (q_tls_block_length (&self->out) + count > Q_TLS_BASE_STREAM_MAX_OUT)
    {
      set_error (error, G_IO_ERROR_NO_SPACE, _("the peer asks for answers and does not read them"));
      return -1;
    }

  q_tls_block_append (&self->out, buffer, count);

  return (gssize) count;
}

/* ---- what both streams have in common ---- */

/* GIO demands pollable streams. It never waits for these, so they claim to be always ready;
 * the interfaces' default functions then make an ordinary call of a non-blocking one, and
 * those do not block after the handshake. */
static GSource *
new_ready_source (gpointer      stream,
                  GCancellable *cancellable)
{
  g_autoptr (GSource) idle = g_idle_source_new ();

  return g_pollable_source_new_full (stream, idle, cancellable);
}

/* ---- the input stream ---- */

#define Q_TYPE_TLS_BASE_INPUT (q_tls_base_input_get_type ())
G_DECLARE_FINAL_TYPE (QTlsBaseInput, q_tls_base_input, Q, TLS_BASE_INPUT, GInputStream)

struct _QTlsBaseInput
{
  GInputStream parent_instance;
  QTlsBaseStream *base;   /* without a reference, since it owns this stream */
};

static gssize
input_read (GInputStream  *stream,
            void          *buffer,
            gsize          count,
            GCancellable  *cancellable,
            GError       **error)
{
  return base_read (((QTlsBaseInput *) stream)->base, buffer, count, error);
}

static gboolean
input_is_readable (GPollableInputStream *stream)
{
  return TRUE;
}

static GSource *
input_create_source (GPollableInputStream *stream,
                     GCancellable         *cancellable)
{
  return new_ready_source (stream, cancellable);
}

static void
input_pollable_init (GPollableInputStreamInterface *interface)
{
  interface->is_readable = input_is_readable;
  interface->create_source = input_create_source;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (QTlsBaseInput, q_tls_base_input, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      input_pollable_init))

static void
q_tls_base_input_class_init (QTlsBaseInputClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = input_read;
}

static void
q_tls_base_input_init (QTlsBaseInput *self)
{
}

/* ---- the output stream ---- */

#define Q_TYPE_TLS_BASE_OUTPUT (q_tls_base_output_get_type ())
G_DECLARE_FINAL_TYPE (QTlsBaseOutput, q_tls_base_output, Q, TLS_BASE_OUTPUT, GOutputStream)

struct _QTlsBaseOutput
{
  GOutputStream parent_instance;
  QTlsBaseStream *base;   /* without a reference, since it owns this stream */
};

static gssize
output_write (GOutputStream  *stream,
              const void     *buffer,
              gsize           count,
              GCancellable   *cancellable,
              GError        **error)
{
  return base_write (((QTlsBaseOutput *) stream)->base, buffer, count, error);
}

static gboolean
output_is_writable (GPollableOutputStream *stream)
{
  return TRUE;
}

static GSource *
output_create_source (GPollableOutputStream *stream,
                      GCancellable          *cancellable)
{
  return new_ready_source (stream, cancellable);
}

static void
output_pollable_init (GPollableOutputStreamInterface *interface)
{
  interface->is_writable = output_is_writable;
  interface->create_source = output_create_source;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (QTlsBaseOutput, q_tls_base_output, G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      output_pollable_init))

static void
q_tls_base_output_class_init (QTlsBaseOutputClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = output_write;
}

static void
q_tls_base_output_init (QTlsBaseOutput *self)
{
}

/* ---- the pair ---- */

G_DEFINE_FINAL_TYPE (QTlsBaseStream, q_tls_base_stream, G_TYPE_IO_STREAM)

static GInputStream *
base_get_input (GIOStream *stream)
{
  return Q_TLS_BASE_STREAM (stream)->input;
}

static GOutputStream *
base_get_output (GIOStream *stream)
{
  return Q_TLS_BASE_STREAM (stream)->output;
}

/* A TLS session may end, and the connection stay. */
static gboolean
base_close (GIOStream     *stream,
            GCancellable  *cancellable,
            GError       **error)
{
  return TRUE;
}

static void
q_tls_base_stream_finalize (GObject *object)
{
  QTlsBaseStream *self = Q_TLS_BASE_STREAM (object);

  q_tls_block_clear (&self->in);
  q_tls_block_clear (&self->out);
  g_clear_object (&self->input);
  g_clear_object (&self->output);

  G_OBJECT_CLASS (q_tls_base_stream_parent_class)->finalize (object);
}

static void
q_tls_base_stream_class_init (QTlsBaseStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = q_tls_base_stream_finalize;
  stream_class->get_input_stream = base_get_input;
  stream_class->get_output_stream = base_get_output;
  stream_class->close_fn = base_close;
}

static void
q_tls_base_stream_init (QTlsBaseStream *self)
{
  self->input = g_object_new (Q_TYPE_TLS_BASE_INPUT, NULL);
  self->output = g_object_new (Q_TYPE_TLS_BASE_OUTPUT, NULL);
  Q_TLS_BASE_INPUT (self->input)->base = self;
  Q_TLS_BASE_OUTPUT (self->output)->base = self;
}

QTlsBaseStream *
q_tls_base_stream_new (int fd)
{
  QTlsBaseStream *self = g_object_new (Q_TYPE_TLS_BASE_STREAM, NULL);

  self->fd = fd;

  return self;
}
