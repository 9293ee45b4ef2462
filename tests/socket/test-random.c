/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"

#include <string.h>
#include <unistd.h>

/* Calls of every kind in random order, many of which run out of time or are
 * cancelled. Whatever comes of them, what they deliver is the stream, and what
 * they say left is what the peer gets. A failure is repeated with --seed. */

static const int timeouts[] = { 0, 0, 1, 2, ENOUGH, -1 };

static int
random_timeout (gboolean may_wait)
{
  return timeouts[g_test_rand_int_range (0, may_wait ? G_N_ELEMENTS (timeouts) : 4)];
}

/* Small mostly, but of every size now and then. */
static gsize
random_size (void)
{
  switch (g_test_rand_int_range (0, 10))
    {
    case 0:
      return (gsize) g_test_rand_int_range (1, 200000);
    case 1:
    case 2:
      return (gsize) g_test_rand_int_range (1, 10000);
    default:
      return (gsize) g_test_rand_int_range (1, 40);
    }
}

static GCancellable *
random_cancellable (void)
{
  GCancellable *cancellable = NULL;

  if (g_test_rand_int_range (0, 4) == 0)
    {
      cancellable = g_cancellable_new ();
      if (g_test_rand_bit ())
        g_cancellable_cancel (cancellable);
    }

  return cancellable;
}

/* The only errors that there may be. */
static void
check_error (GError *error)
{
  if (error != NULL &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
      !g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT))
    g_error ("unexpected: %s", error->message);
}

/* Printable, so that it is bytes and text alike. */
static guint8 *
make_text (gsize length)
{
  guint8 *text = test_pattern (length);

  for (gsize i = 0; i < length; i++)
    text[i] = text[i] % 95 + 32;

  return text;
}

/* ---- reading ---- */

static GBytes *
take_text (char *text)
{
  return text != NULL ? g_bytes_new_take (text, strlen (text)) : NULL;
}

static GBytes *
read_into (QSocket       *sock,
           gsize          size,
           int            timeout_ms,
           GCancellable  *cancellable,
           GError       **error)
{
  gsize minimum = (gsize) g_test_rand_int_range (0, (gint32) size + 1);
  guint8 *memory = g_malloc (size);
  gssize n = q_socket_recv_into (sock, memory, minimum, size, timeout_ms, cancellable, error);

  if (n >= 0)
    return g_bytes_new_take (memory, (gsize) n);

  g_free (memory);

  return NULL;
}

static GBytes *
read_integer (QSocket       *sock,
              int            timeout_ms,
              GCancellable  *cancellable,
              GError       **error)
{
  GError *local = NULL;
  guint64 value;
  gsize size;

  switch (g_test_rand_int_range (0, 4))
    {
    case 0:
      value = q_socket_recv_u1 (sock, timeout_ms, cancellable, &local);
      size = 1;
      break;
    case 1:
      value = q_socket_recv_u2_lsb (sock, timeout_ms, cancellable, &local);
      size = 2;
      break;
    case 2:
      value = (guint64) GUINT32_SWAP_LE_BE (q_socket_recv_u4 (sock, timeout_ms, cancellable,
                                                              &local));
      size = 4;
      break;
    default:
      value = (guint64) q_socket_recv_i8_lsb (sock, timeout_ms, cancellable, &local);
      size = 8;
      break;
    }

  if (local != NULL)
    {
      g_propagate_error (error, local);
      return NULL;
    }

  value = GUINT64_TO_LE (value);

  return g_bytes_new (&value, size);
}

/* It is no header, so it comes as a text. */
static GBytes *
read_header (QSocket       *sock,
             int            timeout_ms,
             GCancellable  *cancellable,
             GError       **error)
{
  g_autoptr (GVariant) header = q_socket_read_http_header (sock, timeout_ms, cancellable, error);

  return header != NULL ? take_text (g_variant_dup_string (header, NULL)) : NULL;
}

static GBytes *
read_somehow (QSocket       *sock,
              gboolean       may_wait,
              GError       **error)
{
  g_autoptr (GCancellable) cancellable = random_cancellable ();
  int timeout_ms = random_timeout (may_wait);
  gsize size = random_size ();

  switch (g_test_rand_int_range (0, 8))
    {
    case 0:
      return q_socket_recv_binary (sock, 0, timeout_ms, cancellable, error);
    case 1:
      return q_socket_recv_binary (sock, (gssize) size, random_timeout (FALSE), cancellable,
                                   error);
    case 2:
      return read_into (sock, size, random_timeout (FALSE), cancellable, error);
    case 3:
      return take_text (q_socket_recv (sock, 0, timeout_ms, cancellable, error));
    case 4:
      return take_text (q_socket_recv (sock, (gssize) size, random_timeout (FALSE), cancellable,
                                       error));
    case 5:
      return read_header (sock, random_timeout (FALSE), cancellable, error);
    case 6:
      q_socket_is_data_available (sock, random_timeout (FALSE));
      return NULL;
    default:
      return read_integer (sock, random_timeout (FALSE), cancellable, error);
    }
}

static void
test_reading (TestKind kind)
{
  for (int round = 0; round < 6; round++)
    {
      gsize length = round % 3 == 2 ? 1000000 : 30000;
      g_autofree guint8 *text = make_text (length);
      g_autoptr (QEventQueue) queue = q_event_queue_new ();
      g_autoptr (GError) error = NULL;
      gsize done = 0;
      TestFeed feed;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      /* Events choose other ways through the library. */
      if (round % 2 == 1)
        q_socket_set_event_queue_object (sock, queue);
      test_feed_start (&feed, fd, sock, text, length, random_size () + length / 3000, TRUE);

      while (done < length)
        {
          g_autoptr (GBytes) got = read_somehow (sock, TRUE, &error);
          gsize n = got != NULL ? g_bytes_get_size (got) : 0;

          /* Close to the end some ask for more than there will be. */
          if (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED))
            g_assert_cmpuint (length - done, <, 200000);
          else
            check_error (error);
          g_clear_error (&error);
          g_assert_cmpuint (n, <=, length - done);
          if (n > 0)
            g_assert_cmpint (memcmp (g_bytes_get_data (got, NULL), text + done, n), ==, 0);
          done += n;
        }

      test_expect_failure (sock, 1, -1, Q_SOCKET_ERROR_CLOSED);
      test_feed_join (&feed);
      close (fd);
    }
}

/* ---- writing ---- */

/* Sends what is next in the stream; returns its length. */
static gsize
write_somehow (QSocket        *sock,
               const guint8   *text,
               GError        **error)
{
  g_autoptr (GCancellable) cancellable = random_cancellable ();
  int timeout_ms = random_timeout (TRUE);
  gsize size = random_size ();
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *part = NULL;

  switch (g_test_rand_int_range (0, 5))
    {
    case 0:
      q_socket_send_data (sock, text, size, timeout_ms, cancellable, error);
      return size;
    case 1:
      bytes = g_bytes_new_static (text, size);
      q_socket_send_binary (sock, bytes, timeout_ms, cancellable, error);
      return size;
    case 2:
      part = g_strndup ((const char *) text, size);
      q_socket_send (sock, part, timeout_ms, cancellable, error);
      return size;
    case 3:
      q_socket_send_i1 (sock, text[0], timeout_ms, cancellable, error);
      return 1;
    default:
      q_socket_send_i4 (sock, (gint64) text[0] << 24 | text[1] << 16 | text[2] << 8 | text[3],
                        timeout_ms, cancellable, error);
      return 4;
    }
}

static void
change_cork (QSocket *sock)
{
  g_autoptr (GError) error = NULL;

  if (g_test_rand_bit ())
    q_socket_cork (sock);
  else
    q_socket_uncork (sock, random_timeout (TRUE), NULL, &error);
  check_error (error);
}

/* What a call took is what it was given, or, if it failed, what of it left: that
 * is how much more has left than all that was taken before. */
static void
test_writing (TestKind kind)
{
  for (int round = 0; round < 3; round++)
    {
      const gsize length = 4000000;
      g_autofree guint8 *text = make_text (length + 200000);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) got = NULL;
      gsize taken = 0;
      TestDrain drain;
      int fd;
      g_autoptr (QSocket) sock = test_pair (kind, &fd);

      /* First into a kernel that soon is full, then past a peer that reads. */
      for (int i = 0; i < 200; i++)
        {
          q_socket_send_data (sock, text + taken, random_size (), 0, NULL, &error);
          check_error (error);
          g_clear_error (&error);
          taken = (gsize) q_socket_get_bytes_sent (sock);
        }

      test_drain_start (&drain, fd);
      for (int i = 0; taken < length; i++)
        {
          gsize size;
          gsize left;

          if (i % 8 == 0)
            change_cork (sock);
          size = write_somehow (sock, text + taken, &error);
          left = (gsize) q_socket_get_bytes_sent (sock);
          if (error == NULL)
            taken += size;
          else
            taken = MAX (taken, left);
          check_error (error);
          g_clear_error (&error);
          g_assert_cmpuint (left, <=, taken);
        }

      q_socket_uncork (sock, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (q_socket_get_bytes_sent (sock), ==, taken);
      g_assert_true (q_socket_is_write_finished (sock, ENOUGH));
      q_socket_close (sock, NULL);
      got = test_drain_join (&drain);
      g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), text, taken);
      close (fd);
    }
}

int
main (int    argc,
      char **argv)
{
  static const TestCase cases[] = {
    { "read", test_reading },
    { "write", test_writing },
  };

  g_test_init (&argc, &argv, NULL);

  test_add_cases ("random", cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
