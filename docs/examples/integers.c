/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Sends records, each of them its length as an integer and then its text, and receives them again.
 * Prints how many writes that takes without and with corking.
 *
 *     integers */

#include <string.h>

#include <qsocket/qsocket.h>

#define TIMEOUT_MS 5000
#define MAX_RECORD_SIZE 1000

static const char *records[] = { "one", "twenty-two", "", "three hundred and thirty-three" };

static gboolean
send_record (QSocket     *socket,
             const char  *text,
             GError     **error)
{
  gsize length = strlen (text);

  return q_socket_send_i4 (socket, length, TIMEOUT_MS, NULL, error) &&
         q_socket_send_data (socket, (const guint8 *) text, length, TIMEOUT_MS, NULL, error);
}

static char *
recv_record (QSocket  *socket,
             GError  **error)
{
  GError *length_error = NULL;
  gint32 length = q_socket_recv_i4 (socket, TIMEOUT_MS, NULL, &length_error);

  /* 0 is a valid length, so only the error shows whether the call has failed. */
  if (length_error != NULL)
    {
      g_propagate_error (error, length_error);
      return NULL;
    }

  /* A length that comes from the network may be any number. */
  if (length < 0 || length > MAX_RECORD_SIZE)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%d is no good length", length);
      return NULL;
    }

  /* For a read a size of 0 means all bytes that have arrived, so it must not be used here. */
  return length == 0 ? g_strdup ("") : q_socket_recv (socket, length, TIMEOUT_MS, NULL, error);
}

static gboolean
send_all (QSocket  *socket,
          gboolean  corked,
          GError  **error)
{
  if (corked)
    q_socket_cork (socket);

  for (guint i = 0; i < G_N_ELEMENTS (records); i++)
    {
      if (!send_record (socket, records[i], error))
        return FALSE;
    }

  return !corked || q_socket_uncork (socket, TIMEOUT_MS, NULL, error);
}

static gboolean
recv_all (QSocket  *socket,
          GError  **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (records); i++)
    {
      g_autofree char *text = recv_record (socket, error);

      if (text == NULL)
        return FALSE;

      g_print (" \"%s\"", text);
    }

  return TRUE;
}

static void
packet_sent_cb (QSocket      *socket,
                QSocketEvent *event,
                gpointer      user_data)
{
  guint *writes = user_data;

  (*writes)++;
}

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QSocket) listener = q_socket_new ();
  g_autoptr (QSocket) sender = q_socket_new ();
  g_autoptr (QSocket) receiver = NULL;
  g_autofree char *target = NULL;
  guint writes = 0;

  if (q_socket_bind (listener, "127.0.0.1:0", TRUE, &error) &&
      q_socket_listen (listener, 1, &error))
    {
      target = g_strdup_printf ("127.0.0.1:%d", q_socket_get_port (listener));
      if (q_socket_connect (sender, target, TIMEOUT_MS, NULL, &error))
        receiver = q_socket_accept (listener, TIMEOUT_MS, NULL, &error);
    }

  g_signal_connect (sender, "packet-sent", G_CALLBACK (packet_sent_cb), &writes);

  for (gboolean corked = FALSE; receiver != NULL && error == NULL && corked <= TRUE; corked++)
    {
      writes = 0;

      if (send_all (sender, corked, &error) && recv_all (receiver, &error))
        g_print (" came in %u writes, %s\n", writes, corked ? "corked" : "not corked");
    }

  if (receiver == NULL || error != NULL)
    g_printerr ("integers: %s\n", error != NULL ? error->message : "nobody connected");
  return receiver != NULL && error == NULL ? 0 : 1;
}
