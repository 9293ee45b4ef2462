/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-stream-private.h"

#include "q-i18n-private.h"
#include "q-socket-close.h"
#include "q-socket-private.h"
#include "q-socket-recv.h"
#include "q-socket-send-call-private.h"
#include "q-socket-send.h"
#include "q-socket-source.h"

/* Three types: an input stream, an output stream, and the GIOStream that has both. Each has a weak
 * reference to the socket and calls its functions. Both streams are pollable, so that GIO runs
 * their asynchronous calls in the main context and not in a thread. */

/* The socket, and the channel that it must be open with: when the socket is opened again its old
 * streams must not use the new connection. */
typedef struct
{
  GWeakRef socket;
  QChannel *channel;
} SocketRef;

static void
socket_ref_init (SocketRef *ref)
{
  g_weak_ref_init (&ref->socket, NULL);
}

static void
socket_ref_set (SocketRef *ref,
                QSocket   *socket,
                QChannel  *channel)
{
  g_weak_ref_set (&ref->socket, socket);
  ref->channel = q_channel_ref (channel);
}

static void
socket_ref_clear (SocketRef *ref)
{
  g_weak_ref_clear (&ref->socket);
  g_clear_pointer (&ref->channel, q_channel_unref);
}

/* Sets @error to the error of GIO's domain that corresponds to @from, which this function takes
 * over: callers of a GIOStream expect no other domain. */
static void
translate_error (GError  *from,
                 GError **error)
{
  int code = G_IO_ERROR_FAILED;

  if (from->domain == Q_SOCKET_ERROR)
    switch ((QSocketError) from->code)
      {
      case Q_SOCKET_ERROR_TIMEOUT:
        code = G_IO_ERROR_WOULD_BLOCK;
        break;
      case Q_SOCKET_ERROR_NOT_OPEN:
      case Q_SOCKET_ERROR_CLOSED:
        code = G_IO_ERROR_CLOSED;
        break;
      case Q_SOCKET_ERROR_PENDING:
        code = G_IO_ERROR_PENDING;
        break;
      default:
        break;
      }
  else
    code = from->code;

  g_set_error_literal (error, G_IO_ERROR, code, from->message);
  g_error_free (from);
}

/* Returns a new reference to the socket. Fails with CLOSED if it was freed, closed or opened
 * anew. */
static QSocket *
get_socket (SocketRef  *ref,
            GError    **error)
{
  QSocket *socket = g_weak_ref_get (&ref->socket);

  if (socket != NULL && q_gate_get_present (&socket->gate) != &ref->channel->guarded)
    g_clear_object (&socket);

  if (socket == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("the connection is closed"));

  return socket;
}

/* ---- the input stream ---- */

#define Q_TYPE_SOCKET_INPUT (q_socket_input_get_type ())
G_DECLARE_FINAL_TYPE (QSocketInput, q_socket_input, Q, SOCKET_INPUT, GInputStream)

struct _QSocketInput
{
  GInputStream parent_instance;
  SocketRef socket_ref;
};

static gssize
input_read_with_timeout (SocketRef     *ref,
                         void          *buffer,
                         gsize          count,
                         int            timeout_ms,
                         GCancellable  *cancellable,
                         GError       **error)
{
  g_autoptr (QSocket) socket = get_socket (ref, error);
  GError *local = NULL;
  gssize n;

  if (socket == NULL)
    return -1;

  n = q_socket_recv_into (socket, buffer, MIN (count, 1), count, timeout_ms, cancellable, &local);
  if (n < 0)
    translate_error (local, error);

  return n;
}

static gssize
input_read (GInputStream  *stream,
            void          *buffer,
            gsize          count,
            GCancellable  *cancellable,
            GError       **error)
{
  return input_read_with_timeout (&Q_SOCKET_INPUT (stream)->socket_ref, buffer, count, -1,
                                  cancellable, error);
}

static gssize
input_read_nonblocking (GPollableInputStream  *stream,
                        void                  *buffer,
                        gsize                  count,
                        GError               **error)
{
  return input_read_with_timeout (&Q_SOCKET_INPUT (stream)->socket_ref, buffer, count, 0, NULL,
                                  error);
}

static gboolean
input_is_readable (GPollableInputStream *stream)
{
  g_autoptr (QSocket) socket = get_socket (&Q_SOCKET_INPUT (stream)->socket_ref, NULL);

  return socket == NULL || q_socket_is_data_available (socket, 0);
}

static GSource *
new_stream_source (gpointer      stream,
                   SocketRef    *ref,
                   GIOCondition  condition,
                   GCancellable *cancellable)
{
  g_autoptr (QSocket) socket = get_socket (ref, NULL);
  g_autoptr (GSource) source = socket != NULL
                               ? q_socket_create_source (socket, condition, NULL)
                               : g_idle_source_new ();

  return g_pollable_source_new_full (stream, source, cancellable);
}

static GSource *
input_create_source (GPollableInputStream *stream,
                     GCancellable         *cancellable)
{
  return new_stream_source (stream, &Q_SOCKET_INPUT (stream)->socket_ref, G_IO_IN, cancellable);
}

static void
input_pollable_init (GPollableInputStreamInterface *interface)
{
  interface->is_readable = input_is_readable;
  interface->create_source = input_create_source;
  interface->read_nonblocking = input_read_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (QSocketInput, q_socket_input, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      input_pollable_init))

static void
q_socket_input_finalize (GObject *object)
{
  socket_ref_clear (&Q_SOCKET_INPUT (object)->socket_ref);
  G_OBJECT_CLASS (q_socket_input_parent_class)->finalize (object);
}

static void
q_socket_input_class_init (QSocketInputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = q_socket_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = input_read;
}

static void
q_socket_input_init (QSocketInput *self)
{
  socket_ref_init (&self->socket_ref);
}

/* ---- the output stream ---- */

#define Q_TYPE_SOCKET_OUTPUT (q_socket_output_get_type ())
G_DECLARE_FINAL_TYPE (QSocketOutput, q_socket_output, Q, SOCKET_OUTPUT, GOutputStream)

struct _QSocketOutput
{
  GOutputStream parent_instance;
  SocketRef socket_ref;
};

static const QSocketMethod write_method = { "write to", &q_send_call_class };

/* Waits until the transport accepts some of the bytes. Returns how many it has accepted, or -1 with
 * @error set. */
static gssize
write_some (QSocket       *socket,
            const void    *buffer,
            gsize          count,
            int            timeout_ms,
            GCancellable  *cancellable,
            GError       **error)
{
  QSendCall send = {
    .call = { .method = &write_method, .socket = socket },
    .head = buffer, .head_length = count, .is_partial = TRUE,
  };
  GError *local = NULL;
  gsize accepted;
  gboolean ok;

  ok = q_socket_call_run (&send.call, timeout_ms, cancellable, &local);
  accepted = q_send_call_get_accepted (&send);
  if (!ok && accepted == 0)
    {
      g_propagate_error (error, local);
      return -1;
    }

  /* Bytes that the transport has accepted will be sent, so they must be counted even after an
   * error: the caller would write them once more. The next write meets the error again. */
  g_clear_error (&local);

  return (gssize) accepted;
}

static gssize
output_write_with_timeout (SocketRef     *ref,
                           const void    *buffer,
                           gsize          count,
                           int            timeout_ms,
                           GCancellable  *cancellable,
                           GError       **error)
{
  g_autoptr (QSocket) socket = get_socket (ref, error);
  GError *local = NULL;
  gssize n;

  if (socket == NULL)
    return -1;

  n = write_some (socket, buffer, count, timeout_ms, cancellable, &local);
  if (n < 0)
    translate_error (local, error);

  return n;
}

static gssize
output_write (GOutputStream  *stream,
              const void     *buffer,
              gsize           count,
              GCancellable   *cancellable,
              GError        **error)
{
  return output_write_with_timeout (&Q_SOCKET_OUTPUT (stream)->socket_ref, buffer, count, -1,
                                    cancellable, error);
}

static gssize
output_write_nonblocking (GPollableOutputStream  *stream,
                          const void             *buffer,
                          gsize                   count,
                          GError                **error)
{
  return output_write_with_timeout (&Q_SOCKET_OUTPUT (stream)->socket_ref, buffer, count, 0, NULL,
                                    error);
}

static gboolean
output_is_writable (GPollableOutputStream *stream)
{
  g_autoptr (QSocket) socket = get_socket (&Q_SOCKET_OUTPUT (stream)->socket_ref, NULL);

  return socket == NULL || q_socket_is_write_finished (socket, 0);
}

static GSource *
output_create_source (GPollableOutputStream *stream,
                      GCancellable          *cancellable)
{
  return new_stream_source (stream, &Q_SOCKET_OUTPUT (stream)->socket_ref, G_IO_OUT, cancellable);
}

static void
output_pollable_init (GPollableOutputStreamInterface *interface)
{
  interface->is_writable = output_is_writable;
  interface->create_source = output_create_source;
  interface->write_nonblocking = output_write_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (QSocketOutput, q_socket_output, G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      output_pollable_init))

static void
q_socket_output_finalize (GObject *object)
{
  socket_ref_clear (&Q_SOCKET_OUTPUT (object)->socket_ref);
  G_OBJECT_CLASS (q_socket_output_parent_class)->finalize (object);
}

static void
q_socket_output_class_init (QSocketOutputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = q_socket_output_finalize;
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = output_write;
}

static void
q_socket_output_init (QSocketOutput *self)
{
  socket_ref_init (&self->socket_ref);
}

/* ---- the pair ---- */

#define Q_TYPE_SOCKET_STREAM (q_socket_stream_get_type ())
G_DECLARE_FINAL_TYPE (QSocketStream, q_socket_stream, Q, SOCKET_STREAM, GIOStream)

struct _QSocketStream
{
  GIOStream parent_instance;
  SocketRef socket_ref;
  QSocketInput *input;
  QSocketOutput *output;
};

G_DEFINE_FINAL_TYPE (QSocketStream, q_socket_stream, G_TYPE_IO_STREAM)

static GInputStream *
stream_get_input (GIOStream *stream)
{
  return G_INPUT_STREAM (Q_SOCKET_STREAM (stream)->input);
}

static GOutputStream *
stream_get_output (GIOStream *stream)
{
  return G_OUTPUT_STREAM (Q_SOCKET_STREAM (stream)->output);
}

static gboolean
stream_close (GIOStream     *stream,
              GCancellable  *cancellable,
              GError       **error)
{
  QSocketStream *self = Q_SOCKET_STREAM (stream);
  g_autoptr (QSocket) socket = get_socket (&self->socket_ref, NULL);
  gboolean ok;

  ok = G_IO_STREAM_CLASS (q_socket_stream_parent_class)->close_fn (stream, cancellable, error);

  /* This drops the channel's reference to the stream, but GIO holds one while it closes. */
  if (socket != NULL)
    q_socket_close (socket, NULL);

  return ok;
}

/* Closing never waits, so this does not need the thread that GIO would run it in by default, and
 * channel-closed is emitted in the thread of the caller. */
static void
stream_close_async (GIOStream           *stream,
                    int                  io_priority,
                    GCancellable        *cancellable,
                    GAsyncReadyCallback  callback,
                    gpointer             user_data)
{
  GTask *task = g_task_new (stream, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, stream_close_async);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);

  if (stream_close (stream, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  g_object_unref (task);
}

static gboolean
stream_close_finish (GIOStream     *stream,
                     GAsyncResult  *result,
                     GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
q_socket_stream_finalize (GObject *object)
{
  QSocketStream *self = Q_SOCKET_STREAM (object);

  g_clear_object (&self->input);
  g_clear_object (&self->output);
  socket_ref_clear (&self->socket_ref);

  G_OBJECT_CLASS (q_socket_stream_parent_class)->finalize (object);
}

static void
q_socket_stream_class_init (QSocketStreamClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = q_socket_stream_finalize;
  stream_class->get_input_stream = stream_get_input;
  stream_class->get_output_stream = stream_get_output;
  stream_class->close_fn = stream_close;
  stream_class->close_async = stream_close_async;
  stream_class->close_finish = stream_close_finish;
}

static void
q_socket_stream_init (QSocketStream *self)
{
  socket_ref_init (&self->socket_ref);
  self->input = g_object_new (Q_TYPE_SOCKET_INPUT, NULL);
  self->output = g_object_new (Q_TYPE_SOCKET_OUTPUT, NULL);
}

GIOStream *
q_socket_stream_new (QSocket  *socket,
                     QChannel *channel)
{
  QSocketStream *self = g_object_new (Q_TYPE_SOCKET_STREAM, NULL);

  socket_ref_set (&self->socket_ref, socket, channel);
  socket_ref_set (&self->input->socket_ref, socket, channel);
  socket_ref_set (&self->output->socket_ref, socket, channel);

  return G_IO_STREAM (self);
}
