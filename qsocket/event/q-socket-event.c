/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-event.h"

#include <string.h>

#include "q-socket-event-private.h"

/* The kind of object that an event comes from. Other kinds, such as files, have other
 * numbers in programs that handle their events too; here there are only sockets. */
#define SOURCE_SOCKET 1

typedef enum
{
  TEXT_NAME,
  TEXT_SERVICE,
  TEXT_ADDRESS,
  TEXT_TARGET,
  TEXT_MESSAGE,
  TEXT_CIPHER,
  TEXT_CIPHER_VERSION,
  N_TEXTS,
} QSocketEventText;

/* After an event is made, only its reference count changes, so every thread may read
 * the rest without a lock. */
struct _QSocketEvent
{
  gatomicrefcount ref_count;
  QSocketEventType type;
  guint64 id;
  gint64 time;
  gint64 step;
  gint64 total;
  gint64 goal;
  GSocketFamily family;
  int port;
  GVariant *headers;
  const char *texts[N_TEXTS];   /* NULL, or pointing into storage */
  char storage[];
};

/**
 * QSocketEvent:
 *
 * One thing that happened to a [class@QSocket.Socket].
 *
 * A signal of the socket passes an event to its handlers, and a [class@QSocket.EventQueue] hands
 * it out later, perhaps in another thread. An event never changes and does not depend on its
 * socket: [method@QSocket.SocketEvent.ref] keeps it as long as you like. Its methods may be called
 * from any thread.
 *
 * What an event tells depends on its type. Accessors that are not for its type return -1, `NULL`
 * or `G_SOCKET_FAMILY_INVALID`. All texts are UTF-8: bytes of a name that are not UTF-8 are
 * replaced by U+FFFD. [method@QSocket.SocketEvent.get_info] gives the same as a dictionary.
 *
 * Since: 1.0
 */
G_DEFINE_BOXED_TYPE (QSocketEvent, q_socket_event, q_socket_event_ref, q_socket_event_unref)

/* Language bindings and GVariant take only UTF-8, but the name of a UNIX socket, for
 * one, may have any bytes. A text that is not UTF-8 is replaced in @texts by a
 * corrected copy, which is also in @repaired, to be freed. Sets the size of each
 * text in @sizes and returns their sum. */
static gsize
prepare_texts (const char **texts,
               gsize       *sizes,
               char       **repaired)
{
  gsize sum = 0;

  for (guint i = 0; i < N_TEXTS; i++)
    {
      const char *end;

      if (texts[i] == NULL)
        continue;

      if (!g_utf8_validate (texts[i], -1, &end))
        {
          texts[i] = repaired[i] = g_utf8_make_valid (texts[i], -1);
          end = texts[i] + strlen (texts[i]);
        }

      sizes[i] = (gsize) (end - texts[i]) + 1;
      sum += sizes[i];
    }

  return sum;
}

static void
store_texts (QSocketEvent       *self,
             const char * const *texts,
             const gsize        *sizes)
{
  char *next = self->storage;

  for (guint i = 0; i < N_TEXTS; i++)
    {
      if (texts[i] == NULL)
        {
          self->texts[i] = NULL;
          continue;
        }

      self->texts[i] = memcpy (next, texts[i], sizes[i]);
      next += sizes[i];
    }
}

QSocketEvent *
q_socket_event_new (guint64        id,
                    const QReport *report)
{
  const char *texts[N_TEXTS] = {
    [TEXT_NAME] = report->name,
    [TEXT_SERVICE] = report->service,
    [TEXT_ADDRESS] = report->address,
    [TEXT_TARGET] = report->target,
    [TEXT_MESSAGE] = report->message,
    [TEXT_CIPHER] = report->cipher,
    [TEXT_CIPHER_VERSION] = report->cipher_version,
  };
  gsize sizes[N_TEXTS] = { 0, };
  char *repaired[N_TEXTS] = { NULL, };
  gsize sum = prepare_texts (texts, sizes, repaired);
  QSocketEvent *self = g_malloc (sizeof (QSocketEvent) + sum);

  g_atomic_ref_count_init (&self->ref_count);
  self->type = report->type;
  self->id = id;
  self->time = g_get_monotonic_time ();
  self->step = report->step;
  self->total = report->total;
  self->goal = report->goal;
  self->family = report->family;
  self->port = report->port;
  self->headers = report->headers != NULL ? g_variant_ref (report->headers) : NULL;
  store_texts (self, texts, sizes);

  if (sum > 0)
    for (guint i = 0; i < N_TEXTS; i++)
      g_free (repaired[i]);

  return self;
}

QSocketEvent *
q_socket_event_new_overflow (guint64 n_lost)
{
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_OVERFLOW);

  report.step = (gint64) MIN (n_lost, (guint64) G_MAXINT64);

  return q_socket_event_new (0, &report);
}

/**
 * q_socket_event_ref: (skip)
 * @self: an event
 *
 * Adds a reference to an event. Any thread may do so.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
QSocketEvent *
q_socket_event_ref (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/**
 * q_socket_event_unref: (skip)
 * @self: (transfer full): an event
 *
 * Drops a reference to an event, which is freed with its last one. Any thread may do so.
 *
 * Since: 1.0
 */
void
q_socket_event_unref (QSocketEvent *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->headers, g_variant_unref);
  g_free (self);
}

/**
 * q_socket_event_get_event_type:
 * @self: an event
 *
 * Gets what happened.
 *
 * Returns: the type of the event
 *
 * Since: 1.0
 */
QSocketEventType
q_socket_event_get_event_type (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->type;
}

/**
 * q_socket_event_get_event_name:
 * @self: an event
 *
 * Gets the name of the type, such as `"EVENT_PACKET_READ"`. It never changes.
 *
 * Returns: (transfer none): the name
 *
 * Since: 1.0
 */
const char *
q_socket_event_get_event_name (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  switch (self->type)
    {
    case Q_SOCKET_EVENT_TYPE_PACKET_READ:
      return "EVENT_PACKET_READ";
    case Q_SOCKET_EVENT_TYPE_PACKET_SENT:
      return "EVENT_PACKET_SENT";
    case Q_SOCKET_EVENT_TYPE_CHANNEL_CLOSED:
      return "EVENT_CHANNEL_CLOSED";
    case Q_SOCKET_EVENT_TYPE_DELETED:
      return "EVENT_DELETED";
    case Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP:
      return "EVENT_HOSTNAME_LOOKUP";
    case Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED:
      return "EVENT_HOSTNAME_RESOLVED";
    case Q_SOCKET_EVENT_TYPE_HTTP_SEND_MESSAGE:
      return "EVENT_HTTP_SEND_MESSAGE";
    case Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED:
      return "EVENT_HTTP_MESSAGE_RECEIVED";
    case Q_SOCKET_EVENT_TYPE_CONNECTING:
      return "EVENT_CONNECTING";
    case Q_SOCKET_EVENT_TYPE_CONNECTED:
      return "EVENT_CONNECTED";
    case Q_SOCKET_EVENT_TYPE_START_SSL:
      return "EVENT_START_SSL";
    case Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED:
      return "EVENT_SSL_ESTABLISHED";
    case Q_SOCKET_EVENT_TYPE_OVERFLOW:
      return "EVENT_OVERFLOW";
    }

  g_assert_not_reached ();
}

/**
 * q_socket_event_get_source:
 * @self: an event
 *
 * Gets the kind of object that the event comes from.
 *
 * In this library it is always a socket, whose number is 1. The number is there for programs that
 * also handle events of other kinds of objects.
 *
 * Returns: 1
 *
 * Since: 1.0
 */
int
q_socket_event_get_source (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return SOURCE_SOCKET;
}

/**
 * q_socket_event_get_id:
 * @self: an event
 *
 * Gets the number of the socket that the event comes from.
 *
 * It tells apart the sockets that share a queue. A [class@QSocket.Socket] keeps its number when it
 * connects anew, and no other socket of the same process ever gets it.
 *
 * Returns: the number of the socket; 0 for `OVERFLOW`, which comes from a queue
 *
 * Since: 1.0
 */
guint64
q_socket_event_get_id (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->id;
}

/**
 * q_socket_event_get_time:
 * @self: an event
 *
 * Gets when the event happened, on the clock of [func@GLib.get_monotonic_time].
 *
 * The time of an `OVERFLOW` is that of the latest loss.
 *
 * Returns: the time in microseconds
 *
 * Since: 1.0
 */
gint64
q_socket_event_get_time (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->time;
}

/**
 * q_socket_event_get_read:
 * @self: an event
 *
 * Gets the number of bytes that this step of a receiving call brought (`PACKET_READ`), or the
 * number of events that a full queue had to drop (`OVERFLOW`).
 *
 * Returns: the number, or -1 for other types
 *
 * Since: 1.0
 */
gint64
q_socket_event_get_read (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->type == Q_SOCKET_EVENT_TYPE_PACKET_READ ||
         self->type == Q_SOCKET_EVENT_TYPE_OVERFLOW ? self->step : -1;
}

/**
 * q_socket_event_get_total_read:
 * @self: an event
 *
 * Gets the number of bytes that the receiving call has by now (`PACKET_READ`).
 *
 * Returns: the number of bytes, this step included, or -1 for other types
 *
 * Since: 1.0
 */
gint64
q_socket_event_get_total_read (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->type == Q_SOCKET_EVENT_TYPE_PACKET_READ ? self->total : -1;
}

/**
 * q_socket_event_get_total_to_read:
 * @self: an event
 *
 * Gets the number of bytes that the receiving call wants (`PACKET_READ`).
 *
 * Returns: the number of bytes, or -1 if the call takes any number, and for other types
 *
 * Since: 1.0
 */
gint64
q_socket_event_get_total_to_read (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->type == Q_SOCKET_EVENT_TYPE_PACKET_READ ? self->goal : -1;
}

/**
 * q_socket_event_get_sent:
 * @self: an event
 *
 * Gets the number of bytes that left with this write (`PACKET_SENT`).
 *
 * Returns: the number of bytes, or -1 for other types
 *
 * Since: 1.0
 */
gint64
q_socket_event_get_sent (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->type == Q_SOCKET_EVENT_TYPE_PACKET_SENT ? self->step : -1;
}

/**
 * q_socket_event_get_total_sent:
 * @self: an event
 *
 * Gets the number of bytes of the sending call that have left by now (`PACKET_SENT`).
 *
 * Returns: the number of bytes, this write included, or -1 for other types
 *
 * Since: 1.0
 */
gint64
q_socket_event_get_total_sent (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->type == Q_SOCKET_EVENT_TYPE_PACKET_SENT ? self->total : -1;
}

/**
 * q_socket_event_get_total_to_send:
 * @self: an event
 *
 * Gets the number of bytes that the sending call is to send (`PACKET_SENT`).
 *
 * Returns: the number of bytes, or -1 for other types
 *
 * Since: 1.0
 */
gint64
q_socket_event_get_total_to_send (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->type == Q_SOCKET_EVENT_TYPE_PACKET_SENT ? self->goal : -1;
}

/**
 * q_socket_event_get_name:
 * @self: an event
 *
 * Gets the name or literal address that is looked up (`HOSTNAME_LOOKUP`).
 *
 * Returns: (transfer none) (nullable): the name, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
const char *
q_socket_event_get_name (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->texts[TEXT_NAME];
}

/**
 * q_socket_event_get_service:
 * @self: an event
 *
 * Gets the service or port as the caller gave it (`HOSTNAME_LOOKUP`, `CONNECTING`).
 *
 * Returns: (transfer none) (nullable): the service, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
const char *
q_socket_event_get_service (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->texts[TEXT_SERVICE];
}

/**
 * q_socket_event_get_address:
 * @self: an event
 *
 * Gets the address that was found or is tried, as text: numbers, or the path of a UNIX socket
 * (`HOSTNAME_RESOLVED`, `CONNECTING`).
 *
 * Returns: (transfer none) (nullable): the address, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
const char *
q_socket_event_get_address (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->texts[TEXT_ADDRESS];
}

/**
 * q_socket_event_get_port:
 * @self: an event
 *
 * Gets the port of the address (`HOSTNAME_RESOLVED`, `CONNECTING`).
 *
 * Returns: the port in host byte order, or -1 if there is none
 *
 * Since: 1.0
 */
int
q_socket_event_get_port (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, -1);

  return self->port;
}

/**
 * q_socket_event_get_family:
 * @self: an event
 *
 * Gets the family of the address (`HOSTNAME_RESOLVED`, `CONNECTING`).
 *
 * Returns: the family, or `G_SOCKET_FAMILY_INVALID` if there is none
 *
 * Since: 1.0
 */
GSocketFamily
q_socket_event_get_family (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, G_SOCKET_FAMILY_INVALID);

  return self->family;
}

/**
 * q_socket_event_get_target:
 * @self: an event
 *
 * Gets what the caller wants to connect to (`CONNECTING`).
 *
 * Returns: (transfer none) (nullable): the target, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
const char *
q_socket_event_get_target (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->texts[TEXT_TARGET];
}

/**
 * q_socket_event_get_message:
 * @self: an event
 *
 * Gets the start line of the HTTP message, without its line end (`HTTP_SEND_MESSAGE`).
 *
 * Returns: (transfer none) (nullable): the line, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
const char *
q_socket_event_get_message (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->texts[TEXT_MESSAGE];
}

/**
 * q_socket_event_get_headers:
 * @self: an event
 *
 * Gets the HTTP header, of type `a{sv}`: as the caller gave it (`HTTP_SEND_MESSAGE`) or as it was
 * received and returned to the caller (`HTTP_MESSAGE_RECEIVED`).
 *
 * Returns: (transfer none) (nullable): the header, or `NULL`, also if the caller gave none; lives
 *   as long as the event
 *
 * Since: 1.0
 */
GVariant *
q_socket_event_get_headers (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->headers;
}

/**
 * q_socket_event_get_cipher:
 * @self: an event
 *
 * Gets the name of the cipher that the handshake chose (`SSL_ESTABLISHED`).
 *
 * Returns: (transfer none) (nullable): the cipher, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
const char *
q_socket_event_get_cipher (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->texts[TEXT_CIPHER];
}

/**
 * q_socket_event_get_cipher_version:
 * @self: an event
 *
 * Gets the protocol that the handshake chose, such as `"TLSv1.3"` (`SSL_ESTABLISHED`).
 *
 * Returns: (transfer none) (nullable): the protocol, or `NULL`; lives as long as the event
 *
 * Since: 1.0
 */
const char *
q_socket_event_get_cipher_version (QSocketEvent *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->texts[TEXT_CIPHER_VERSION];
}
