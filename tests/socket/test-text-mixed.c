/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "text-cases.h"

#include <sys/socket.h>
#include <unistd.h>

/* ---- text and other reads in turn ---- */

/* The piece of a character that text left behind begins the next read, whatever
 * that is. */
static void
test_then_others (TestKind kind)
{
  static const char wire[] = "a\xe4\xb8\xad" "GET / HTTP/1.0\r\n\r\n";
  g_autoptr (GError) error = NULL;

  for (int way = 0; way < 7; way++)
    {
      g_autoptr (GVariant) header = NULL;
      const char *method;
      char memory[4];
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      test_write (fd, wire, sizeof wire - 1);
      test_wait_arrived (sock, sizeof wire - 1);
      expect_text (sock, 3, "a");

      switch (way)
        {
        case 0:
          test_expect_bytes (sock, 3, "\xe4\xb8\xad", 3);
          break;
        case 1:
          g_assert_cmpint (q_socket_recv_into (sock, memory, 3, 3, ENOUGH, NULL, &error), ==, 3);
          g_assert_cmpmem (memory, 3, "\xe4\xb8\xad", 3);
          break;
        case 2:
          g_assert_cmphex (q_socket_recv_u2 (sock, ENOUGH, NULL, &error), ==, 0xe4b8);
          g_assert_cmphex (q_socket_recv_u1 (sock, ENOUGH, NULL, &error), ==, 0xad);
          break;
        case 3:
          /* Nothing is lost by a read that fails in between. */
          test_expect_bytes (sock, 1, "\xe4", 1);
          expect_error (sock, 2, 0, Q_SOCKET_ERROR_ENCODING);
          test_expect_bytes (sock, 2, "\xb8\xad", 2);
          break;
        case 4:
          q_socket_set_charset (sock, "ISO-8859-1", &error);
          expect_text (sock, 2, "\xc3\xa4\xc2\xb8");
          q_socket_set_charset (sock, "utf8", &error);
          test_expect_bytes (sock, 1, "\xad", 1);
          break;
        case 5:
          q_socket_set_charset (sock, "UTF-16LE", &error);
          expect_text (sock, 2, "\xeb\xa3\xa4");
          test_expect_bytes (sock, 1, "\xad", 1);
          break;
        default:
          expect_text (sock, 1, "\xe4\xb8\xad");
          q_socket_set_charset (sock, "UTF-16LE", &error);
          expect_text (sock, 1, "");
          break;
        }

      g_assert_no_error (error);
      header = q_socket_read_http_header (sock, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (g_variant_is_of_type (header, G_VARIANT_TYPE_VARDICT));
      g_assert_true (g_variant_lookup (header, "method", "&s", &method));
      g_assert_cmpstr (method, ==, "GET");
      close (fd);
    }
}

/* What text keeps belongs to its connection. */
static void
test_kept_until_reopen (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) accepted = NULL;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  test_write_text (fd, "a\xe4\xb8");
  test_wait_arrived (sock, 3);
  expect_text (sock, 0, "a");
  q_socket_connect (sock, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  accepted = q_socket_accept (listener, ENOUGH, NULL, &error);
  send_ok (accepted, "\xc3\xa9");
  expect_text (sock, 0, "\xc3\xa9");
  close (fd);
}

static void
test_set_charset (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  test_write_text (fd, "\xc3\xa9\xe9\xc3\xa9");
  test_wait_arrived (sock, 5);
  expect_text (sock, 2, "\xc3\xa9");

  /* What is in the buffer counts as well. */
  q_socket_set_charset (sock, "latin1", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (q_socket_get_charset (sock), ==, "ISO-8859-1");
  expect_text (sock, 1, "\xc3\xa9");

  g_assert_false (q_socket_set_charset (sock, "no-such-charset", &error));
  test_assert_error (error, Q_SOCKET_ERROR_ENCODING);
  g_assert_false (q_socket_set_charset (sock, "", &error));
  test_assert_error (error, Q_SOCKET_ERROR_ENCODING);
  g_assert_cmpstr (q_socket_get_charset (sock), ==, "ISO-8859-1");
  expect_text (sock, 1, "\xc3\x83");
  expect_text (sock, 1, "\xc2\xa9");

  send_ok (sock, "\xc3\xa9");
  q_socket_set_charset (sock, "UTF-8", &error);
  send_ok (sock, "\xc3\xa9");
  test_expect (fd, "\xe9\xc3\xa9", 3);
  close (fd);
}

/* ---- sending ---- */

static void
test_send_impossible (TestKind kind)
{
  static const struct { const char *charset, *text; } rows[] = {
    { "US-ASCII", "caf\xc3\xa9" },
    { "ISO-8859-1", "5 \xe2\x82\xac" },
    { "SHIFT_JIS", "a\xf0\x9f\x98\x80" },
    { "ISO-2022-JP", "\xe6\x97\xa5\xf0\x9f\x98\x80" },
    { "ISO-2022-JP", "escape \x1b itself" },
    { "UTF-8", "not \xff UTF-8" },
    { "UTF-8", "cut \xe4\xb8" },
    { "UTF-16", "not \xff UTF-8" },
    { "ISO-8859-1", "surrogate \xed\xa0\x80" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    for (int corked = 0; corked < 2; corked++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (GBytes) got = NULL;
        int fd;
        g_autoptr (QSocket) sock = pair_for (kind, rows[i].charset, &fd);

        if (corked)
          q_socket_cork (sock);
        g_assert_false (q_socket_send (sock, rows[i].text, ENOUGH, NULL, &error));
        test_assert_error (error, Q_SOCKET_ERROR_ENCODING);
        g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, 0);
        q_socket_close (sock, NULL);
        got = test_read_to_end (fd);
        g_assert_cmpuint (g_bytes_get_size (got), ==, 0);
        close (fd);
      }
}

/* The order is the machine's own business, so the mark itself says what to expect. */
static void
expect_utf16 (int         fd,
              gboolean    with_mark,
              const char *ascii)
{
  static gboolean lsb_first;
  guint8 unit[2];

  if (with_mark)
    {
      g_assert_cmpint (recv (fd, unit, 2, MSG_WAITALL), ==, 2);
      lsb_first = unit[0] == 0xff;
      g_assert_cmphex (unit[lsb_first ? 0 : 1], ==, 0xff);
      g_assert_cmphex (unit[lsb_first ? 1 : 0], ==, 0xfe);
    }

  for (; *ascii != '\0'; ascii++)
    {
      guint8 expected[2] = { lsb_first ? (guint8) *ascii : 0, lsb_first ? 0 : (guint8) *ascii };

      test_expect (fd, (const char *) expected, 2);
    }
}

static void
test_mark_once (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) accepted = NULL;
  int fd;
  g_autoptr (QSocket) sock = pair_for (kind, "UTF-16", &fd);

  /* What sent nothing has sent no mark. */
  send_ok (sock, "");
  g_assert_false (q_socket_send (sock, "\xff", ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_ENCODING);
  q_socket_cork (sock);
  send_ok (sock, "one");
  send_ok (sock, "two");
  q_socket_uncork (sock, ENOUGH, NULL, &error);
  send_ok (sock, "three");
  expect_utf16 (fd, TRUE, "onetwothree");
  close (fd);

  for (int i = 0; i < 2; i++)
    {
      q_socket_connect (sock, target, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_clear_object (&accepted);
      accepted = q_socket_accept (listener, ENOUGH, NULL, &error);
      send_ok (sock, "again");
      send_ok (sock, "more");
      expect_utf16 (q_socket_get_socket (accepted), TRUE, "againmore");
    }
}

/* The mark, too, leaves only with the text: after a cancelled send it is still due. */
static void
test_mark_after_failure (TestKind kind)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  int fd;
  g_autoptr (QSocket) sock = pair_for (kind, "UTF-16", &fd);

  g_cancellable_cancel (cancellable);
  g_assert_false (q_socket_send (sock, "lost", ENOUGH, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  send_ok (sock, "found");
  expect_utf16 (fd, TRUE, "found");
  close (fd);
}

/* Both ends ours, and both change their charset now and then. */
static void
test_round_trip (TestKind kind)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (QSocket) accepted = NULL;
  g_autoptr (QSocket) sock = test_socket_pair (kind, &accepted);

  for (int round = 0; round < 3; round++)
    for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
      {
        g_autoptr (GString) got = g_string_new (NULL);

        q_socket_set_charset (sock, samples[i].charset, &error);
        q_socket_set_charset (accepted, samples[i].charset, &error);
        g_assert_no_error (error);
        send_ok (sock, samples[i].text);
        while (got->len < strlen (samples[i].text))
          {
            g_autofree char *part = recv_ok (accepted, 0);

            g_string_append (got, part);
          }
        g_assert_cmpstr (got->str, ==, samples[i].text);
      }
}

static void
test_max_receive_size (TestKind kind)
{
  int fd;
  g_autoptr (QSocket) sock = pair_for (kind, "UTF-16LE", &fd);

  /* It counts bytes, too. */
  q_socket_set_max_receive_size (sock, 5);
  test_write (fd, "a\0b\0c\0", 6);
  test_end_stream (fd);
  expect_error (sock, -1, -1, Q_SOCKET_ERROR_TOO_LARGE);
  expect_error (sock, -1, -1, Q_SOCKET_ERROR_TOO_LARGE);
  q_socket_set_max_receive_size (sock, 6);
  expect_text (sock, -1, "abc");
  expect_text (sock, -1, "");
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  static const TestCase cases[] = {
    { "then-others", test_then_others },
    { "kept-until-reopen", test_kept_until_reopen },
    { "set-charset", test_set_charset },
    { "send-impossible", test_send_impossible },
    { "mark-once", test_mark_once },
    { "mark-after-failure", test_mark_after_failure },
    { "round-trip", test_round_trip },
    { "max-receive-size", test_max_receive_size },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("text-mixed", cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
