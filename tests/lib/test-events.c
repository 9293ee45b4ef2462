/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-events.h"

#include <string.h>

const char * const test_signal_names[TEST_N_SIGNALS] = {
  "packet-read", "packet-sent", "channel-closed", "deleted", "hostname-lookup",
  "hostname-resolved", "http-send-message", "http-message-received", "connecting", "connected",
  "start-ssl", "ssl-established",
};

void
test_log_event (GString      *log,
                QSocketEvent *event)
{
  g_autoptr (GVariant) info = q_socket_event_get_info (event);
  g_autoptr (GVariant) payload = NULL;
  GVariantBuilder builder;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, info);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      if (!g_str_equal (key, "event") && !g_str_equal (key, "source") && !g_str_equal (key, "id"))
        g_variant_builder_add (&builder, "{sv}", key, value);
      g_variant_unref (value);
    }
  payload = g_variant_ref_sink (g_variant_builder_end (&builder));

  g_assert_true (g_str_has_prefix (q_socket_event_get_event_name (event), "EVENT_"));
  g_string_append (log, q_socket_event_get_event_name (event) + strlen ("EVENT_"));
  if (g_variant_n_children (payload) > 0)
    {
      g_autofree char *text = g_variant_print (payload, TRUE);

      g_string_append_printf (log, " %s", text);
    }
  g_string_append_c (log, '\n');
}

static void
log_signal (QSocket      *sock,
            QSocketEvent *event,
            gpointer      log)
{
  test_log_event (log, event);
}

void
test_log_signals (QSocket *sock,
                  GString *log)
{
  for (guint i = 0; i < TEST_N_SIGNALS; i++)
    g_signal_connect (sock, test_signal_names[i], G_CALLBACK (log_signal), log);
}

void
test_log_queue (GString     *log,
                GAsyncQueue *queue)
{
  QSocketEvent *event;

  while ((event = g_async_queue_try_pop (queue)) != NULL)
    {
      test_log_event (log, event);
      q_socket_event_unref (event);
    }
}
