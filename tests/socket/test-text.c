/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "text-cases.h"

#include <unistd.h>

/* ---- good text ---- */

static void
test_send (TestKind kind)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      const Sample *sample = &samples[i];
      int fd;
      g_autoptr (QSocket) sock = pair_for (kind, sample->charset, &fd);

      for (int j = 0; j < 3 && !sample->only_read; j++)
        {
          send_ok (sock, sample->text);
          test_expect (fd, sample->wire, (gssize) sample->length);
          g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, ((guint) j + 1) * sample->length);
        }
      close (fd);
    }
}

/* One call for all of it, however it arrives; what comes behind stays. */
static void
test_recv_exactly (TestKind kind)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    for (gsize piece = 1; piece <= samples[i].length; piece++)
      {
        const Sample *sample = &samples[i];
        TestFeed feed;
        int fd;
        g_autoptr (QSocket) sock = pair_for (kind, sample->charset, &fd);

        test_feed_start (&feed, fd, sock, sample->wire, sample->length, piece, FALSE);
        expect_text (sock, (gssize) sample->length, sample->text);
        test_feed_join (&feed);
        test_write_text (fd, "behind");
        test_expect_bytes (sock, 6, "behind", 6);
        close (fd);
      }
}

/* Every cut between two calls, and every cut between three. */
static void
test_recv_cut (TestKind kind)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    for (gsize a = 1; a < samples[i].length; a++)
      for (gsize b = a; b < samples[i].length; b += kind == TEST_UNIX ? 1 : 5)
        {
          const Sample *sample = &samples[i];
          g_autofree char *first = NULL;
          g_autofree char *second = NULL;
          g_autofree char *third = NULL;
          g_autofree char *text = NULL;
          int fd;
          g_autoptr (QSocket) sock = pair_for (kind, sample->charset, &fd);

          test_write (fd, sample->wire, sample->length);
          first = recv_ok (sock, (gssize) a);
          second = b > a ? recv_ok (sock, (gssize) (b - a)) : g_strdup ("");
          third = recv_ok (sock, (gssize) (sample->length - b));
          text = g_strconcat (first, second, third, NULL);
          g_assert_cmpstr (text, ==, sample->text);
          close (fd);
        }
}

/* What is there: never nothing, never a piece of a character, and where a timeout
 * comes between any two bytes it is as if it had not. */
static void
test_recv_what_is_there (TestKind kind)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    for (int with_timeouts = 0; with_timeouts < 2; with_timeouts++)
      {
        const Sample *sample = &samples[i];
        g_autoptr (GString) all = g_string_new (NULL);
        TestFeed feed = { 0 };
        int fd;
        g_autoptr (QSocket) sock = pair_for (kind, sample->charset, &fd);

        if (!with_timeouts)
          test_feed_start (&feed, fd, sock, sample->wire, sample->length, 1, TRUE);
        for (gsize sent = 0; sent <= sample->length;)
          {
            g_autoptr (GError) error = NULL;
            g_autofree char *text = NULL;

            if (with_timeouts && sent < sample->length)
              {
                test_write (fd, sample->wire + sent, 1);
                test_wait_arrived (sock, 1);
              }
            else if (with_timeouts)
              {
                test_end_stream (fd);
              }
            sent += with_timeouts;

            text = q_socket_recv (sock, 0, with_timeouts && sent <= sample->length ? 0 : ENOUGH,
                                  NULL, &error);
            if (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED))
              break;
            if (with_timeouts && text == NULL)
              {
                g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT);
                continue;
              }
            g_assert_no_error (error);
            g_assert_true (g_utf8_validate (text, -1, NULL));
            g_assert_cmpstr (text, !=, "");
            g_string_append (all, text);
          }

        g_assert_cmpstr (all->str, ==, sample->text);
        if (!with_timeouts)
          test_feed_join (&feed);
        close (fd);
      }
}

static void
test_recv_to_end (TestKind kind)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    for (gsize piece = 1; piece <= samples[i].length; piece += samples[i].length - 1)
      for (gsize before = 0; before < samples[i].length; before += 3)
        {
          const Sample *sample = &samples[i];
          g_autofree char *first = NULL;
          g_autofree char *rest = NULL;
          g_autofree char *text = NULL;
          TestFeed feed;
          int fd;
          g_autoptr (QSocket) sock = pair_for (kind, sample->charset, &fd);

          test_feed_start (&feed, fd, sock, sample->wire, sample->length, piece, TRUE);
          first = before > 0 ? recv_ok (sock, (gssize) before) : g_strdup ("");
          rest = recv_ok (sock, -1);
          text = g_strconcat (first, rest, NULL);
          g_assert_cmpstr (text, ==, sample->text);
          test_feed_join (&feed);

          expect_text (sock, -1, "");
          expect_error (sock, 0, -1, Q_SOCKET_ERROR_CLOSED);
          expect_error (sock, 1, -1, Q_SOCKET_ERROR_CLOSED);
          close (fd);
        }
}

/* Long texts of three-byte characters, at sizes that cut them. */
static void
test_large (TestKind kind)
{
  static const gsize sizes[] = { 4096, 65534, 65535, 65536, 65537, 1000000, 3000000 };
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 1000000; i++)
    g_string_append_unichar (text, 0x4e00 + i % 20000);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GString) got = g_string_new (NULL);
      TestFeed feed;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      test_feed_start (&feed, fd, sock, text->str, text->len, G_MAXSIZE, TRUE);
      for (gsize have = 0; have < text->len; have += sizes[i])
        {
          gsize left = text->len - have;
          g_autofree char *part = recv_ok (sock, left > sizes[i] ? (gssize) sizes[i] : -1);

          g_string_append (got, part);
        }
      g_assert_cmpuint (got->len, ==, text->len);
      g_assert_cmpstr (got->str, ==, text->str);
      test_feed_join (&feed);
      close (fd);
    }
}

/* ---- what is no text ---- */

static const Sample bad[] = {
  { "utf-8-lone", "UTF-8", "", WIRE ("\x80") },
  { "utf-8-cut", "UTF-8", "a", WIRE ("a\xe4\xb8" "b") },
  { "utf-8-overlong", "UTF-8", "ab", WIRE ("ab\xc0\xaf") },
  { "utf-8-surrogate", "UTF-8", "", WIRE ("\xed\xa0\x80") },
  { "utf-8-nul", "UTF-8", "a", WIRE ("a\0b") },
  { "latin-1-nul", "ISO-8859-1", "\xc3\xa9", WIRE ("\xe9\0") },
  { "ascii-high", "US-ASCII", "ab", WIRE ("ab\x80") },
  { "utf-16-surrogate", "UTF-16", "a", WIRE ("\xfe\xff\0a\xdc\x00\0b") },
  { "utf-16-nul", "UTF-16", "", WIRE ("\xff\xfe\0\0") },
  { "utf-16le-surrogate", "UTF-16LE", "", WIRE ("\x00\xdc") },
  { "gb18030", "GB18030", "a", WIRE ("a\x81\x20") },
  { "shift-jis", "SHIFT_JIS", "a", WIRE ("a\x93\xff") },
  { "iso-2022-jp", "ISO-2022-JP", "", WIRE ("\x1b$B\xff\xff") },
};

/* The text before the bad bytes may have been returned, all the rest is there as
 * bytes: in one piece, or cut anywhere with a timeout in the cut. */
static void
test_bad (TestKind kind)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    for (gsize cut = 0; cut < bad[i].length; cut++)
      {
        const Sample *sample = &bad[i];
        g_autoptr (GError) error = NULL;
        g_autofree char *text = NULL;
        g_autofree char *converted = NULL;
        gsize before = 0;
        int fd;
        g_autoptr (QSocket) sock = pair_for (kind, sample->charset, &fd);

        if (cut > 0)
          {
            test_write (fd, sample->wire, cut);
            test_wait_arrived (sock, cut);
            text = q_socket_recv (sock, 0, 0, NULL, &error);
          }

        /* How many bytes the text was says the text itself. */
        if (text != NULL)
          {
            g_assert_true (g_str_has_prefix (sample->text, text));
            converted = g_convert (text, -1, sample->charset, "UTF-8", NULL, &before, &error);
            g_assert_no_error (error);
          }
        else if (cut > 0 && g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT))
          {
            g_clear_error (&error);
          }
        else if (cut > 0)
          {
            test_assert_error (error, Q_SOCKET_ERROR_ENCODING);
          }

        test_write (fd, sample->wire + cut, sample->length - cut);
        test_wait_arrived (sock, sample->length - cut);
        expect_error (sock, 0, -1, Q_SOCKET_ERROR_ENCODING);
        expect_error (sock, 0, -1, Q_SOCKET_ERROR_ENCODING);
        test_expect_bytes (sock, (gssize) (sample->length - before), sample->wire + before,
                           sample->length - before);
        close (fd);
      }
}

/* The same with sizes, where no text comes before. */
static void
test_bad_exactly (TestKind kind)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    for (int to_end = 0; to_end < 2; to_end++)
      {
        const Sample *sample = &bad[i];
        gssize size = to_end ? -1 : (gssize) sample->length;
        TestFeed feed;
        int fd;
        g_autoptr (QSocket) sock = pair_for (kind, sample->charset, &fd);

        test_feed_start (&feed, fd, sock, sample->wire, sample->length, 1, TRUE);
        expect_error (sock, size, -1, Q_SOCKET_ERROR_ENCODING);
        expect_error (sock, size, -1, Q_SOCKET_ERROR_ENCODING);
        test_feed_join (&feed);
        test_expect_bytes (sock, 1, sample->wire, 1);
        if (sample->length > 1)
          test_expect_bytes (sock, to_end ? -1 : 0, sample->wire + 1, sample->length - 1);
        test_expect_bytes (sock, -1, "", 0);
        close (fd);
      }
}

static void
test_bad_large (TestKind kind)
{
  g_autofree char *text = g_strnfill (200000, 'x');
  TestFeed feed;
  int fd;
  g_autoptr (QSocket) sock = test_pair (kind, &fd);

  text[199999] = (char) 0xff;
  test_feed_start (&feed, fd, sock, text, 200000, 50000, FALSE);
  expect_error (sock, 200000, -1, Q_SOCKET_ERROR_ENCODING);
  expect_error (sock, 200000, -1, Q_SOCKET_ERROR_ENCODING);
  test_feed_join (&feed);
  test_expect_bytes (sock, 200000, text, 200000);
  close (fd);
}

/* An unfinished character at the end of the stream is no text. */
static void
test_incomplete_at_end (TestKind kind)
{
  static const Sample cuts[] = {
    { "utf-8", "UTF-8", "", WIRE ("\xe4\xb8") },
    { "utf-8-after-text", "UTF-8", "ab", WIRE ("ab\xf0\x9f\x98") },
    { "utf-16le", "UTF-16LE", "a", WIRE ("a\0\x3d") },
    { "utf-16le-pair", "UTF-16LE", "", WIRE ("\x3d\xd8") },
    { "utf-16-half-mark", "UTF-16", "", WIRE ("\xff") },
    { "gb18030", "GB18030", "", WIRE ("\x94\x39\xfc") },
    { "shift-jis", "SHIFT_JIS", "a", WIRE ("a\x93") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cuts); i++)
    for (int step = 0; step < 4; step++)
      {
        const Sample *sample = &cuts[i];
        gsize length = sample->length;
        gsize before = 0;
        int fd;
        g_autoptr (QSocket) sock = pair_for (kind, sample->charset, &fd);

        test_write (fd, sample->wire, length);
        test_end_stream (fd);

        switch (step)
          {
          case 0:
            expect_error (sock, -1, -1, Q_SOCKET_ERROR_ENCODING);
            break;
          case 1:
            expect_error (sock, (gssize) length + 1, -1, Q_SOCKET_ERROR_CLOSED);
            break;
          default:
            /* The text, or nothing, then the piece with no more to come. */
            expect_text (sock, (gssize) length, sample->text);
            before = strlen (sample->text) * (g_str_has_prefix (sample->name, "utf-16le") ? 2 : 1);
            expect_error (sock, step == 2 ? 0 : 1, -1,
                          step == 2 ? Q_SOCKET_ERROR_ENCODING : Q_SOCKET_ERROR_CLOSED);
            expect_error (sock, -1, -1, Q_SOCKET_ERROR_ENCODING);
            break;
          }
        test_expect_bytes (sock, -1, sample->wire + before, length - before);
        expect_error (sock, 0, -1, Q_SOCKET_ERROR_CLOSED);
        close (fd);
      }
}

/* A mark or a shift alone is no text yet. As bytes it stays readable. */
static void
test_silent (TestKind kind)
{
  static const Sample silent[] = {
    { "utf-16", "UTF-16", "", WIRE ("\xff\xfe") },
    { "utf-16-and-half", "UTF-16", "", WIRE ("\xff\xfe\x3d") },
    { "iso-2022-jp", "ISO-2022-JP", "", WIRE ("\x1b$B") },
    { "iso-2022-jp-and-half", "ISO-2022-JP", "", WIRE ("\x1b$B\x46") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (silent); i++)
    for (int at_end = 0; at_end < 2; at_end++)
      {
        const Sample *sample = &silent[i];
        gboolean is_half = g_str_has_suffix (sample->name, "half");
        int fd;
        g_autoptr (QSocket) sock = pair_for (kind, sample->charset, &fd);

        test_write (fd, sample->wire, sample->length);
        test_wait_arrived (sock, sample->length);
        for (int j = 0; j < 3; j++)
          expect_error (sock, 0, 0, Q_SOCKET_ERROR_TIMEOUT);
        if (at_end)
          {
            test_end_stream (fd);
            expect_error (sock, 0, -1,
                          is_half ? Q_SOCKET_ERROR_ENCODING : Q_SOCKET_ERROR_CLOSED);
          }
        test_expect_bytes (sock, (gssize) sample->length, sample->wire, sample->length);
        close (fd);
      }
}

int
main (int    argc,
      char **argv)
{
  static const TestCase cases[] = {
    { "send", test_send },
    { "recv-exactly", test_recv_exactly },
    { "recv-cut", test_recv_cut },
    { "recv-what-is-there", test_recv_what_is_there },
    { "recv-to-end", test_recv_to_end },
    { "large", test_large },
    { "bad", test_bad },
    { "bad-exactly", test_bad_exactly },
    { "bad-large", test_bad_large },
    { "incomplete-at-end", test_incomplete_at_end },
    { "silent", test_silent },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("text", cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
