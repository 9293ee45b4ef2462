/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "scripted-transport.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const ScriptEntry *
get_entry (ScriptedTransport *self)
{
  return self->next < self->n_entries ? &self->entries[self->next] : NULL;
}

static gssize
scripted_read (QTransport *transport,
               void       *buffer,
               gsize       length,
               gboolean    whole,
               QDeadline  *sleep_limit)
{
  ScriptedTransport *self = (ScriptedTransport *) transport;
  const ScriptEntry *entry = get_entry (self);
  gsize left;

  self->n_reads++;
  if (entry == NULL)
    return -EAGAIN;

  switch (entry->kind)
    {
    case SCRIPT_BYTES:
      left = (entry->length >= 0 ? (gsize) entry->length : strlen (entry->bytes)) - self->offset;
      length = MIN (length, left);
      memcpy (buffer, entry->bytes + self->offset, length);
      self->offset += length;
      if (length == left)
        {
          self->next++;
          self->offset = 0;
        }
      return (gssize) length;
    case SCRIPT_END:
      return 0;
    case SCRIPT_ERROR:
    default:
      self->next++;
      return -entry->error;
    }
}

static gssize
scripted_write (QTransport         *transport,
                const struct iovec *vectors,
                int                 n_vectors,
                QDeadline          *sleep_limit)
{
  ScriptedTransport *self = (ScriptedTransport *) transport;
  const ScriptEntry *entry = get_entry (self);
  gsize room = G_MAXSSIZE;
  gsize before = self->written->len;

  self->n_writes++;
  if (entry != NULL)
    {
      self->next++;
      if (entry->kind != SCRIPT_BYTES)
        return entry->kind == SCRIPT_ERROR ? -entry->error : -EPIPE;
      room = (gsize) entry->length;
    }

  for (int i = 0; i < n_vectors && room > 0; i++)
    {
      gsize part = MIN (room, vectors[i].iov_len);

      g_byte_array_append (self->written, vectors[i].iov_base, (guint) part);
      room -= part;
    }

  return (gssize) (self->written->len - before);
}

static void
scripted_wait (QTransport    *transport,
               short          direction,
               struct pollfd *pollfd)
{
  ScriptedTransport *self = (ScriptedTransport *) transport;

  /* With a script left there is something to wake up for. */
  self->n_waits++;
  if (self->stuck != NULL && self->next >= self->n_entries)
    g_cancellable_cancel (self->stuck);
  *pollfd = (struct pollfd) {
    self->next < self->n_entries ? self->ready_fd : -1,
    direction,
    0,
  };
}

static const QTransportClass scripted_class = {
  .read = scripted_read, .write = scripted_write, .wait = scripted_wait, .is_secure = TRUE,
};

void
scripted_transport_init (ScriptedTransport *self,
                         const ScriptEntry *entries,
                         guint              n_entries)
{
  *self = (ScriptedTransport) {
    .parent = { &scripted_class },
    .entries = entries,
    .n_entries = n_entries,
    .written = g_byte_array_new (),
    .ready_fd = eventfd (1, EFD_CLOEXEC),
  };
  g_assert_cmpint (self->ready_fd, >=, 0);
}

void
scripted_transport_clear (ScriptedTransport *self)
{
  g_byte_array_unref (self->written);
  close (self->ready_fd);
}

QChannel *
scripted_channel_new (ScriptedTransport *self)
{
  QChannel *channel = q_channel_new (-1, Q_CHANNEL_CLIENT, G_SOCKET_FAMILY_IPV4, SOCK_STREAM,
                                     FALSE, FALSE);

  channel->transport = &self->parent;

  return channel;
}

static gboolean
log_wants (gpointer         owner,
           QSocketEventType type)
{
  return TRUE;
}

static void
log_report (gpointer       owner,
            const QReport *report)
{
  ReportLog *self = owner;

  if (self->words->len > 0)
    g_string_append_c (self->words, ' ');

  switch (report->type)
    {
    case Q_SOCKET_EVENT_TYPE_PACKET_READ:
    case Q_SOCKET_EVENT_TYPE_PACKET_SENT:
      g_string_append_printf (self->words,
                              "%s:%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
                              report->type == Q_SOCKET_EVENT_TYPE_PACKET_READ ? "read" : "sent",
                              report->step, report->total, report->goal);
      break;
    case Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP:
      g_string_append_printf (self->words, "lookup:%s,%s", report->name, report->service);
      break;
    case Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED:
      g_string_append_printf (self->words, "resolved:%s,%d", report->address, report->port);
      break;
    case Q_SOCKET_EVENT_TYPE_CONNECTING:
      g_string_append_printf (self->words, "connecting:%s,%s,%s,%d", report->target,
                              report->service != NULL ? report->service : "-",
                              report->address, report->port);
      break;
    case Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED:
      g_string_append (self->words, "message");
      break;
    default:
      g_assert_not_reached ();
    }
}

void
report_log_init (ReportLog *self)
{
  *self = (ReportLog) {
    .sink = { log_wants, log_report, self },
    .words = g_string_new (NULL),
  };
}

void
report_log_clear (ReportLog *self)
{
  g_string_free (self->words, TRUE);
}

char *
report_log_take (ReportLog *self)
{
  char *words = g_strndup (self->words->str, self->words->len);

  g_string_truncate (self->words, 0);

  return words;
}
