/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-event.h"

#include <string.h>

#include "q-socket-event-private.h"

#define ID 18446744073709551615u
#define COMMON(event) "{'event': <" event ">, 'source': <1>, 'id': <uint64 18446744073709551615>"
#define NUMBER(family) G_STRINGIFY (GLIB_SYSDEF_AF_ ## family)

typedef struct
{
  const char *path;
  const char *name;
  QReport report;
  const char *headers;
  const char *info;
} Case;

static const Case cases[] = {
  {
    "packet-read", "EVENT_PACKET_READ",
    { Q_SOCKET_EVENT_TYPE_PACKET_READ, 5, 12, 20, .port = -1 }, NULL,
    COMMON ("1") ", 'read': <int64 5>, 'total_read': <int64 12>, 'total_to_read': <int64 20>}",
  },
  {
    "packet-read/no-goal", "EVENT_PACKET_READ",
    { Q_SOCKET_EVENT_TYPE_PACKET_READ, 5, 5, -1, .port = -1 }, NULL,
    COMMON ("1") ", 'read': <int64 5>, 'total_read': <int64 5>}",
  },
  {
    "packet-read/zero", "EVENT_PACKET_READ",
    { Q_SOCKET_EVENT_TYPE_PACKET_READ, 0, 0, 0, .port = -1 }, NULL,
    COMMON ("1") ", 'read': <int64 0>, 'total_read': <int64 0>, 'total_to_read': <int64 0>}",
  },
  {
    "packet-sent", "EVENT_PACKET_SENT",
    { Q_SOCKET_EVENT_TYPE_PACKET_SENT, 1, G_MAXINT64 - 1, G_MAXINT64, .port = -1 }, NULL,
    COMMON ("2") ", 'sent': <int64 1>, 'total_sent': <int64 9223372036854775806>, "
    "'total_to_send': <int64 9223372036854775807>}",
  },
  {
    "channel-closed", "EVENT_CHANNEL_CLOSED",
    Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_CHANNEL_CLOSED), NULL,
    COMMON ("7") "}",
  },
  {
    "deleted", "EVENT_DELETED",
    Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_DELETED), NULL,
    COMMON ("8") "}",
  },
  {
    "hostname-lookup", "EVENT_HOSTNAME_LOOKUP",
    { Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP, -1, -1, -1, .port = -1,
      .name = "bücher.example", .service = "http" }, NULL,
    COMMON ("11") ", 'name': <'bücher.example'>, 'service': <'http'>}",
  },
  {
    "hostname-lookup/no-service", "EVENT_HOSTNAME_LOOKUP",
    { Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP, -1, -1, -1, .port = -1, .name = "a" }, NULL,
    COMMON ("11") ", 'name': <'a'>}",
  },
  {
    "hostname-lookup/empty-service", "EVENT_HOSTNAME_LOOKUP",
    { Q_SOCKET_EVENT_TYPE_HOSTNAME_LOOKUP, -1, -1, -1, .port = -1, .service = "" }, NULL,
    COMMON ("11") ", 'service': <''>}",
  },
  {
    "hostname-resolved/ipv4", "EVENT_HOSTNAME_RESOLVED",
    { Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED, -1, -1, -1, .port = 65535, .address = "127.0.0.1",
      .family = G_SOCKET_FAMILY_IPV4 }, NULL,
    COMMON ("12") ", 'address': <'127.0.0.1'>, 'port': <65535>, 'type': <" NUMBER (INET) ">, "
    "'typename': <'ipv4'>}",
  },
  {
    "hostname-resolved/port-0", "EVENT_HOSTNAME_RESOLVED",
    { Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED, -1, -1, -1, .port = 0, .address = "::1",
      .family = G_SOCKET_FAMILY_IPV6 }, NULL,
    COMMON ("12") ", 'address': <'::1'>, 'type': <" NUMBER (INET6) ">, 'typename': <'ipv6'>}",
  },
  {
    "hostname-resolved/no-family", "EVENT_HOSTNAME_RESOLVED",
    { Q_SOCKET_EVENT_TYPE_HOSTNAME_RESOLVED, -1, -1, -1, .port = 1, .address = "?" }, NULL,
    COMMON ("12") ", 'address': <'?'>, 'port': <1>}",
  },
  {
    "http-send-message", "EVENT_HTTP_SEND_MESSAGE",
    { Q_SOCKET_EVENT_TYPE_HTTP_SEND_MESSAGE, -1, -1, -1, .port = -1,
      .message = "GET / HTTP/1.1" },
    "{'Host': <'a'>, 'Accept': <['x', 'y']>}",
    COMMON ("13") ", 'message': <'GET / HTTP/1.1'>, "
    "'headers': <{'Host': <'a'>, 'Accept': <['x', 'y']>}>}",
  },
  {
    "http-send-message/no-headers", "EVENT_HTTP_SEND_MESSAGE",
    { Q_SOCKET_EVENT_TYPE_HTTP_SEND_MESSAGE, -1, -1, -1, .port = -1,
      .message = "HTTP/1.1 200 OK" }, NULL,
    COMMON ("13") ", 'message': <'HTTP/1.1 200 OK'>, 'headers': <@a{sv} {}>}",
  },
  {
    "http-message-received", "EVENT_HTTP_MESSAGE_RECEIVED",
    { Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED, -1, -1, -1, .port = -1 },
    "{'status_code': <200>}",
    COMMON ("14") ", 'headers': <{'status_code': <200>}>}",
  },
  {
    "connecting/ipv4", "EVENT_CONNECTING",
    { Q_SOCKET_EVENT_TYPE_CONNECTING, -1, -1, -1, .target = "localhost", .address = "127.0.0.1",
      .service = "http", .port = 80, .family = G_SOCKET_FAMILY_IPV4 }, NULL,
    COMMON ("18") ", 'target': <'localhost'>, 'type': <" NUMBER (INET) ">, 'typename': <'ipv4'>, "
    "'address': <'127.0.0.1'>, 'service': <'http'>, 'port': <80>}",
  },
  {
    "connecting/ipv6", "EVENT_CONNECTING",
    { Q_SOCKET_EVENT_TYPE_CONNECTING, -1, -1, -1, .target = "::1", .address = "::1",
      .port = 0, .family = G_SOCKET_FAMILY_IPV6 }, NULL,
    COMMON ("18") ", 'target': <'::1'>, 'type': <" NUMBER (INET6) ">, 'typename': <'ipv6'>, "
    "'address': <'::1'>, 'port': <0>}",
  },
  {
    "connecting/unix", "EVENT_CONNECTING",
    { Q_SOCKET_EVENT_TYPE_CONNECTING, -1, -1, -1, .target = "/s", .address = "/s",
      .service = "not for UNIX", .port = 1, .family = G_SOCKET_FAMILY_UNIX }, NULL,
    COMMON ("18") ", 'target': <'/s'>, 'type': <" NUMBER (UNIX) ">, 'typename': <'unix'>, "
    "'address': <'/s'>}",
  },
  {
    "connected", "EVENT_CONNECTED",
    Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_CONNECTED), NULL,
    COMMON ("19") "}",
  },
  {
    "start-ssl", "EVENT_START_SSL",
    Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_START_SSL), NULL,
    COMMON ("20") "}",
  },
  {
    "ssl-established", "EVENT_SSL_ESTABLISHED",
    { Q_SOCKET_EVENT_TYPE_SSL_ESTABLISHED, -1, -1, -1, .port = -1,
      .cipher = "TLS_AES_256_GCM_SHA384", .cipher_version = "TLSv1.3" }, NULL,
    COMMON ("21") ", 'cipher': <'TLS_AES_256_GCM_SHA384'>, 'cipher_version': <'TLSv1.3'>}",
  },
  {
    "overflow", "EVENT_OVERFLOW",
    { Q_SOCKET_EVENT_TYPE_OVERFLOW, 3, -1, -1, .port = -1 }, NULL,
    COMMON ("1000") ", 'lost': <int64 3>}",
  },
};

static GVariant *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  g_assert_no_error (error);

  return value;
}

static void
assert_counts (QSocketEvent *event,
               gint64        read,
               gint64        total_read,
               gint64        total_to_read,
               gint64        sent,
               gint64        total_sent,
               gint64        total_to_send)
{
  g_assert_cmpint (q_socket_event_get_read (event), ==, read);
  g_assert_cmpint (q_socket_event_get_total_read (event), ==, total_read);
  g_assert_cmpint (q_socket_event_get_total_to_read (event), ==, total_to_read);
  g_assert_cmpint (q_socket_event_get_sent (event), ==, sent);
  g_assert_cmpint (q_socket_event_get_total_sent (event), ==, total_sent);
  g_assert_cmpint (q_socket_event_get_total_to_send (event), ==, total_to_send);
}

static void
assert_texts (QSocketEvent  *event,
              const QReport *expected)
{
  g_assert_cmpstr (q_socket_event_get_name (event), ==, expected->name);
  g_assert_cmpstr (q_socket_event_get_service (event), ==, expected->service);
  g_assert_cmpstr (q_socket_event_get_address (event), ==, expected->address);
  g_assert_cmpstr (q_socket_event_get_target (event), ==, expected->target);
  g_assert_cmpstr (q_socket_event_get_message (event), ==, expected->message);
  g_assert_cmpstr (q_socket_event_get_cipher (event), ==, expected->cipher);
  g_assert_cmpstr (q_socket_event_get_cipher_version (event), ==, expected->cipher_version);
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  QReport report = c->report;
  g_autoptr (GVariant) headers = c->headers != NULL ? parse (c->headers) : NULL;
  g_autoptr (GVariant) expected = parse (c->info);
  g_autoptr (QSocketEvent) event = NULL;
  g_autoptr (GVariant) info = NULL;

  report.headers = headers;
  event = q_socket_event_new (ID, &report);

  g_assert_cmpint (q_socket_event_get_event_type (event), ==, report.type);
  g_assert_cmpstr (q_socket_event_get_event_name (event), ==, c->name);
  g_assert_cmpint (q_socket_event_get_source (event), ==, 1);
  g_assert_cmpuint (q_socket_event_get_id (event), ==, ID);
  g_assert_cmpint (q_socket_event_get_port (event), ==, report.port);
  g_assert_cmpint (q_socket_event_get_family (event), ==, report.family);
  g_assert_true (q_socket_event_get_headers (event) == headers);
  assert_texts (event, &report);

  info = q_socket_event_get_info (event);
  g_assert_false (g_variant_is_floating (info));
  g_assert_true (g_variant_is_of_type (info, G_VARIANT_TYPE_VARDICT));
  g_assert_true (g_variant_is_normal_form (info));
  g_assert_cmpvariant (info, expected);
}

/* Which of the six counts shows which number of the report. */
static void
test_counts (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      QReport report = { cases[i].report.type, 1, 2, 3, .port = -1 };
      g_autoptr (QSocketEvent) event = q_socket_event_new (1, &report);

      if (report.type == Q_SOCKET_EVENT_TYPE_PACKET_READ)
        assert_counts (event, 1, 2, 3, -1, -1, -1);
      else if (report.type == Q_SOCKET_EVENT_TYPE_PACKET_SENT)
        assert_counts (event, -1, -1, -1, 1, 2, 3);
      else if (report.type == Q_SOCKET_EVENT_TYPE_OVERFLOW)
        assert_counts (event, 1, -1, -1, -1, -1, -1);
      else
        assert_counts (event, -1, -1, -1, -1, -1, -1);
    }
}

static void
test_absent (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      QReport report = Q_REPORT_INIT (cases[i].report.type);
      g_autoptr (QSocketEvent) event = q_socket_event_new (0, &report);
      g_autoptr (GVariant) info = q_socket_event_get_info (event);
      gboolean http = report.type == Q_SOCKET_EVENT_TYPE_HTTP_SEND_MESSAGE ||
                      report.type == Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED;

      assert_counts (event, -1, -1, -1, -1, -1, -1);
      assert_texts (event, &report);
      g_assert_cmpint (q_socket_event_get_port (event), ==, -1);
      g_assert_cmpint (q_socket_event_get_family (event), ==, G_SOCKET_FAMILY_INVALID);
      g_assert_null (q_socket_event_get_headers (event));
      g_assert_cmpuint (g_variant_n_children (info), ==, http ? 4 : 3);
    }
}

static void
test_all_texts (void)
{
  const QReport expected = {
    Q_SOCKET_EVENT_TYPE_CONNECTED,
    .name = "the name", .service = "", .address = "the address", .target = "t",
    .message = "the message", .cipher = "the cipher", .cipher_version = "v",
  };
  g_autofree char *name = g_strdup (expected.name);
  g_autofree char *service = g_strdup (expected.service);
  g_autofree char *address = g_strdup (expected.address);
  g_autofree char *target = g_strdup (expected.target);
  g_autofree char *message = g_strdup (expected.message);
  g_autofree char *cipher = g_strdup (expected.cipher);
  g_autofree char *cipher_version = g_strdup (expected.cipher_version);
  QReport report = {
    Q_SOCKET_EVENT_TYPE_CONNECTED,
    .name = name, .service = service, .address = address, .target = target,
    .message = message, .cipher = cipher, .cipher_version = cipher_version,
  };
  g_autoptr (QSocketEvent) event = q_socket_event_new (1, &report);

  memset (name, 'x', strlen (name));
  memset (address, 'x', strlen (address));
  memset (target, 'x', strlen (target));
  memset (message, 'x', strlen (message));
  memset (cipher, 'x', strlen (cipher));
  memset (cipher_version, 'x', strlen (cipher_version));
  memset (&report, 0, sizeof report);

  assert_texts (event, &expected);
}

static void
test_not_utf8 (void)
{
  const char *raw = "/tmp/\xff\xc3(\xe2\x82";
  QReport report = {
    Q_SOCKET_EVENT_TYPE_CONNECTING, -1, -1, -1, .port = -1,
    .target = raw, .address = raw, .service = "plain", .family = G_SOCKET_FAMILY_UNIX,
  };
  g_autofree char *valid = g_utf8_make_valid (raw, -1);
  g_autoptr (QSocketEvent) event = q_socket_event_new (1, &report);
  g_autoptr (GVariant) info = q_socket_event_get_info (event);
  const char *address;

  g_assert_cmpstr (q_socket_event_get_target (event), ==, valid);
  g_assert_cmpstr (q_socket_event_get_address (event), ==, valid);
  g_assert_cmpstr (q_socket_event_get_service (event), ==, "plain");

  g_assert_true (g_variant_is_normal_form (info));
  g_assert_true (g_variant_lookup (info, "address", "&s", &address));
  g_assert_cmpstr (address, ==, valid);
}

typedef struct
{
  gpointer bytes;
  int *freed;
} Backing;

static void
backing_free (gpointer data)
{
  Backing *backing = data;

  g_atomic_int_inc (backing->freed);
  g_free (backing->bytes);
  g_free (backing);
}

/* An a{sv} of its own bytes, which counts in @freed when they go. */
static GVariant *
make_headers (gsize  size,
              int   *freed)
{
  g_autofree char *text = g_strnfill (size, 'h');
  g_autofree char *source = g_strdup_printf ("{'key': <'%s'>}", text);
  g_autoptr (GVariant) value = parse (source);
  gsize length = g_variant_get_size (value);
  Backing *backing = g_new (Backing, 1);

  backing->bytes = g_memdup2 (g_variant_get_data (value), length);
  backing->freed = freed;

  return g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE_VARDICT, backing->bytes,
                                                      length, FALSE, backing_free, backing));
}

static void
test_headers_life (void)
{
  int freed = 0;
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED);
  QSocketEvent *event;
  g_autoptr (GVariant) info = NULL;

  report.headers = make_headers (300000, &freed);
  event = q_socket_event_new (1, &report);
  g_clear_pointer (&report.headers, g_variant_unref);
  g_assert_cmpint (freed, ==, 0);

  info = q_socket_event_get_info (event);
  g_assert_true (g_variant_is_normal_form (info));
  g_assert_cmpuint (g_variant_get_size (info), >, 300000);

  q_socket_event_unref (q_socket_event_ref (event));
  g_assert_cmpint (freed, ==, 0);
  q_socket_event_unref (event);
  g_assert_cmpint (freed, ==, 1);

  g_assert_true (g_variant_is_normal_form (info));
}

static void
test_time (void)
{
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_CONNECTED);
  gint64 before = g_get_monotonic_time ();
  g_autoptr (QSocketEvent) event = q_socket_event_new (1, &report);
  gint64 after = g_get_monotonic_time ();

  g_assert_cmpint (q_socket_event_get_time (event), >=, before);
  g_assert_cmpint (q_socket_event_get_time (event), <=, after);
}

static void
test_overflow (void)
{
  g_autoptr (QSocketEvent) one = q_socket_event_new_overflow (1);
  g_autoptr (QSocketEvent) most = q_socket_event_new_overflow (G_MAXUINT64);

  g_assert_cmpint (q_socket_event_get_event_type (one), ==, Q_SOCKET_EVENT_TYPE_OVERFLOW);
  g_assert_cmpuint (q_socket_event_get_id (one), ==, 0);
  g_assert_cmpint (q_socket_event_get_read (one), ==, 1);
  g_assert_cmpint (q_socket_event_get_read (most), ==, G_MAXINT64);
}

static void
test_boxed (void)
{
  int freed = 0;
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED);
  g_auto (GValue) value = G_VALUE_INIT;
  QSocketEvent *event;
  QSocketEvent *copy;

  g_assert_cmpstr (g_type_name (Q_TYPE_SOCKET_EVENT), ==, "QSocketEvent");
  g_assert_true (G_TYPE_IS_BOXED (Q_TYPE_SOCKET_EVENT));

  report.headers = make_headers (1, &freed);
  event = q_socket_event_new (1, &report);
  g_variant_unref (report.headers);

  g_value_init (&value, Q_TYPE_SOCKET_EVENT);
  g_value_set_boxed (&value, event);
  copy = g_value_dup_boxed (&value);
  g_assert_true (copy == event);
  q_socket_event_unref (event);
  g_value_reset (&value);
  g_assert_cmpint (freed, ==, 0);
  g_boxed_free (Q_TYPE_SOCKET_EVENT, copy);
  g_assert_cmpint (freed, ==, 1);
}

static gpointer
ref_thread (gpointer data)
{
  QSocketEvent *event = data;

  for (int i = 0; i < 20000; i++)
    {
      QSocketEvent *again = q_socket_event_ref (event);

      g_assert_cmpint (q_socket_event_get_event_type (again), ==,
                       Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED);
      q_socket_event_unref (again);
    }

  q_socket_event_unref (event);

  return NULL;
}

static void
test_ref_threads (void)
{
  int freed = 0;
  QReport report = Q_REPORT_INIT (Q_SOCKET_EVENT_TYPE_HTTP_MESSAGE_RECEIVED);
  QSocketEvent *event;
  GThread *threads[4];

  report.headers = make_headers (1, &freed);
  event = q_socket_event_new (1, &report);
  g_variant_unref (report.headers);

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("ref", ref_thread, q_socket_event_ref (event));
  g_assert_cmpint (g_atomic_int_get (&freed), ==, 0);
  q_socket_event_unref (event);

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (freed, ==, 1);
}

static void
test_null (void)
{
  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*self != NULL*");
  g_assert_null (q_socket_event_ref (NULL));
  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*self != NULL*");
  q_socket_event_unref (NULL);
  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*self != NULL*");
  g_assert_cmpint (q_socket_event_get_read (NULL), ==, -1);
  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*self != NULL*");
  g_assert_null (q_socket_event_get_info (NULL));
  g_test_assert_expected_messages ();
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/event/socket-event/case/", cases[i].path, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }

  g_test_add_func ("/event/socket-event/counts", test_counts);
  g_test_add_func ("/event/socket-event/absent", test_absent);
  g_test_add_func ("/event/socket-event/all-texts", test_all_texts);
  g_test_add_func ("/event/socket-event/not-utf8", test_not_utf8);
  g_test_add_func ("/event/socket-event/headers-life", test_headers_life);
  g_test_add_func ("/event/socket-event/time", test_time);
  g_test_add_func ("/event/socket-event/overflow", test_overflow);
  g_test_add_func ("/event/socket-event/boxed", test_boxed);
  g_test_add_func ("/event/socket-event/ref-threads", test_ref_threads);
  g_test_add_func ("/event/socket-event/null", test_null);

  return g_test_run ();
}
