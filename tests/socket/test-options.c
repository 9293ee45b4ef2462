/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-feed.h"
#include "test-ssl-pair.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- charset ---- */

static void
test_charset_names (void)
{
  static const char * const cases[][2] = {
    { "latin1", "ISO-8859-1" }, { "iso-8859-1", "ISO-8859-1" }, { "utf8", "UTF-8" },
    { "UTF-8", "UTF-8" }, { "utf-8", "UTF-8" }, { "ascii", "US-ASCII" },
    { "us-ascii", "US-ASCII" }, { "cp1250", "WINDOWS-1250" }, { "utf-16", "UTF-16" },
    { "KOI8-R", "KOI8-R" },
  };
  static const char * const bad[] = { "", "no-such-charset", " ", "UTF-8 ", "UTF-8//TRANSLIT",
                                      "utf-8\n", "\xff" };
  g_autoptr (QSocket) sock = q_socket_new ();
  GError *error = NULL;

  g_assert_cmpstr (q_socket_get_charset (sock), ==, "UTF-8");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      q_socket_set_charset (sock, cases[i][0], &error);
      g_assert_no_error (error);
      g_assert_cmpstr (q_socket_get_charset (sock), ==, cases[i][1]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (q_socket_set_charset (sock, bad[i], &error));
      g_assert_true (g_str_has_prefix (error->message, "set_charset: "));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      test_assert_error (error, Q_SOCKET_ERROR_ENCODING);
      g_assert_cmpstr (q_socket_get_charset (sock), ==, "KOI8-R");
    }
}

/* It outlives closing and opening, and changes what has not been returned yet. */
static void
test_charset_lasts (void)
{
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_UNIX, &fd);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  GError *error = NULL;

  test_write (fd, "\xc3\xbc\xfc\xfc", 4);
  test_wait_arrived (sock, 4);
  first = q_socket_recv (sock, 2, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (first, ==, "\xc3\xbc");
  g_assert_null (q_socket_recv (sock, 1, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_ENCODING);
  g_assert_true (q_socket_set_charset (sock, "latin1", &error));
  second = q_socket_recv (sock, 1, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (second, ==, "\xc3\xbc");

  q_socket_close (sock, NULL);
  g_assert_cmpstr (q_socket_get_charset (sock), ==, "ISO-8859-1");
  g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  g_assert_cmpstr (q_socket_get_charset (sock), ==, "ISO-8859-1");
  close (fd);
  fd = accept (q_socket_get_socket (listener), NULL, NULL);
  g_assert_true (q_socket_send (sock, "\xc3\xbc", ENOUGH, NULL, &error));
  test_expect (fd, "\xfc", 1);
  test_write (fd, "\xe4", 1);
  third = q_socket_recv (sock, 1, ENOUGH, NULL, &error);
  g_assert_cmpstr (third, ==, "\xc3\xa4");
  close (fd);
  g_free (target);
}

/* ---- no-delay ---- */

static gboolean
get_kernel (int fd)
{
  int value = -1;
  socklen_t length = sizeof value;

  g_assert_no_errno (getsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &value, &length));

  return value != 0;
}

static void
assert_no_delay (QSocket  *sock,
                 gboolean  expected)
{
  g_assert_cmpint (q_socket_get_no_delay (sock), ==, expected);
  g_assert_cmpint (get_kernel (q_socket_get_socket (sock)), ==, expected);
}

static void
test_no_delay (void)
{
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) sock = q_socket_new ();
  GError *error = NULL;

  /* On by default, and remembered before, while and after the socket is open. */
  g_assert_true (q_socket_get_no_delay (sock));
  assert_no_delay (listener, TRUE);
  g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  assert_no_delay (sock, TRUE);

  for (int on = 0; on < 4; on++)
    {
      g_assert_true (q_socket_set_no_delay (sock, on % 2, &error));
      assert_no_delay (sock, on % 2);
      q_socket_close (sock, NULL);
      g_assert_cmpint (q_socket_get_no_delay (sock), ==, on % 2);
      g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
      assert_no_delay (sock, on % 2);
      g_assert_true (q_socket_bind (sock, "127.0.0.1:0", FALSE, &error));
      assert_no_delay (sock, on % 2);

      q_socket_close (sock, NULL);
      g_assert_true (q_socket_set_no_delay (sock, (on + 1) % 2, &error));
      g_assert_cmpint (q_socket_get_no_delay (sock), ==, (on + 1) % 2);
      g_assert_true (q_socket_connect_to (sock, target, ENOUGH, NULL, &error));
      assert_no_delay (sock, (on + 1) % 2);
    }

  /* Any true value is TRUE. */
  g_assert_true (q_socket_set_no_delay (sock, 42, &error));
  g_assert_cmpint (q_socket_get_no_delay (sock), ==, TRUE);
  q_socket_close (sock, NULL);
  g_assert_cmpint (q_socket_get_no_delay (sock), ==, TRUE);
  g_free (target);
}

/* Where the kernel knows no such thing it is remembered only. */
static void
test_no_delay_elsewhere (void)
{
  char *dir = test_make_dir ();
  g_autofree char *path = g_build_filename (dir, "socket", NULL);
  char *target;
  g_autoptr (QSocket) listener G_GNUC_UNUSED = test_listener (&target);
  g_autoptr (QSocket) sock = q_socket_new ();
  GError *error = NULL;

  g_assert_true (q_socket_bind (sock, path, FALSE, &error));
  g_assert_true (q_socket_get_no_delay (sock));
  g_assert_true (q_socket_set_no_delay (sock, FALSE, &error));
  g_assert_false (q_socket_get_no_delay (sock));

  g_assert_true (q_socket_bind_inet (sock, "127.0.0.1", NULL, FALSE, G_SOCKET_FAMILY_IPV4,
                                     G_SOCKET_TYPE_DATAGRAM, 0, &error));
  g_assert_false (q_socket_get_no_delay (sock));
  g_assert_true (q_socket_set_no_delay (sock, TRUE, &error));
  g_assert_true (q_socket_get_no_delay (sock));

  g_assert_true (q_socket_set_no_delay (sock, FALSE, &error));
  g_assert_true (q_socket_connect (sock, target, ENOUGH, NULL, &error));
  assert_no_delay (sock, FALSE);
  test_remove_dir (dir);
  g_free (target);
}

/* A descriptor from elsewhere is asked, not changed. */
static void
test_no_delay_adopted (void)
{
  char *target;
  g_autoptr (QSocket) listener = test_listener (&target);
  struct sockaddr_in in = { .sin_family = AF_INET };
  socklen_t length = sizeof in;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_autoptr (QSocket) sock = NULL;
  GError *error = NULL;

  g_assert_no_errno (getsockname (q_socket_get_socket (listener), (struct sockaddr *) &in,
                                  &length));
  g_assert_no_errno (connect (fd, (struct sockaddr *) &in, sizeof in));
  sock = q_socket_new_from_fd (fd, &error);
  g_assert_no_error (error);
  assert_no_delay (sock, FALSE);
  g_assert_true (q_socket_set_no_delay (sock, TRUE, &error));
  assert_no_delay (sock, TRUE);
  g_free (target);
}

/* ---- properties ---- */

typedef struct
{
  const char *name;
  GType type;
  guint64 initial;
  guint64 minimum;
  guint64 maximum;
} Property;

static const Property properties[] = {
  { "lookup-hostnames", G_TYPE_BOOLEAN, TRUE, FALSE, TRUE },
  { "max-header-size", G_TYPE_UINT, 65536, 1, G_MAXUINT },
  { "max-header-count", G_TYPE_UINT, 256, 1, G_MAXUINT },
  { "max-receive-size", G_TYPE_UINT64, 64 * 1024 * 1024, 0, G_MAXUINT64 },
};

static guint64
get_value (QSocket        *sock,
           const Property *property)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_object_get_property (G_OBJECT (sock), property->name, &value);
  g_assert_true (G_VALUE_TYPE (&value) == property->type);

  if (property->type == G_TYPE_BOOLEAN)
    return (guint64) g_value_get_boolean (&value);
  if (property->type == G_TYPE_UINT)
    return g_value_get_uint (&value);

  return g_value_get_uint64 (&value);
}

static void
set_value (QSocket        *sock,
           const Property *property,
           guint64         number)
{
  if (property->type == G_TYPE_BOOLEAN)
    g_object_set (sock, property->name, (gboolean) number, NULL);
  else if (property->type == G_TYPE_UINT)
    g_object_set (sock, property->name, (guint) number, NULL);
  else
    g_object_set (sock, property->name, number, NULL);
}

static guint64
get_with_getter (QSocket *sock,
                 guint    i)
{
  switch (i)
    {
    case 0:
      return (guint64) q_socket_get_lookup_hostnames (sock);
    case 1:
      return q_socket_get_max_header_size (sock);
    case 2:
      return q_socket_get_max_header_count (sock);
    default:
      return q_socket_get_max_receive_size (sock);
    }
}

static void
set_with_setter (QSocket *sock,
                 guint    i,
                 guint64  number)
{
  switch (i)
    {
    case 0:
      q_socket_set_lookup_hostnames (sock, (gboolean) number);
      break;
    case 1:
      q_socket_set_max_header_size (sock, (guint) number);
      break;
    case 2:
      q_socket_set_max_header_count (sock, (guint) number);
      break;
    default:
      q_socket_set_max_receive_size (sock, number);
      break;
    }
}

static void
count_notify (GObject    *object,
              GParamSpec *pspec,
              gpointer    n)
{
  ++*(int *) n;
}

static void
test_properties (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    {
      const Property *property = &properties[i];
      const guint64 values[] = { property->minimum, property->maximum, property->initial };
      g_autoptr (QSocket) sock = q_socket_new ();
      g_autofree char *signal = g_strconcat ("notify::", property->name, NULL);
      guint64 before = property->initial;
      int n = 0;
      int expected = 0;

      g_test_message ("property %s", property->name);
      g_assert_nonnull (g_object_class_find_property (G_OBJECT_GET_CLASS (sock),
                                                      property->name));
      g_assert_cmpuint (get_value (sock, property), ==, property->initial);
      g_signal_connect (sock, signal, G_CALLBACK (count_notify), &n);

      for (guint j = 0; j < 2 * G_N_ELEMENTS (values); j++)
        {
          guint64 value = values[j / 2];

          /* Each value twice: only a change is told. */
          if (i % 2 == 0)
            set_value (sock, property, value);
          else
            set_with_setter (sock, i, value);
          expected += value != before;
          before = value;
          g_assert_cmpuint (get_value (sock, property), ==, value);
          g_assert_cmpuint (get_with_getter (sock, i), ==, value);
          g_assert_cmpint (n, ==, expected);
        }
    }
}

static void
test_refused_values (void)
{
  g_autoptr (QSocket) sock = q_socket_new ();

  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*max_header_size > 0*");
  q_socket_set_max_header_size (sock, 0);
  g_test_expect_message ("QSocket", G_LOG_LEVEL_CRITICAL, "*max_header_count > 0*");
  q_socket_set_max_header_count (sock, 0);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (q_socket_get_max_header_size (sock), ==, 65536);
  g_assert_cmpuint (q_socket_get_max_header_count (sock), ==, 256);
}

static void
test_construct (void)
{
  g_autoptr (QSocket) sock = g_object_new (Q_TYPE_SOCKET, "lookup-hostnames", FALSE,
                                           "max-receive-size", (guint64) 7, NULL);

  g_assert_false (q_socket_get_lookup_hostnames (sock));
  g_assert_cmpuint (q_socket_get_max_receive_size (sock), ==, 7);
}

/* A copy is a new socket and nothing else. */
static void
test_copy (void)
{
  int fd;
  g_autoptr (QSocket) sock = test_pair (TEST_TCP4, &fd);
  g_autoptr (QSocket) copy = NULL;
  GError *error = NULL;

  g_assert_true (q_socket_set_charset (sock, "latin1", &error));
  g_assert_true (q_socket_set_no_delay (sock, FALSE, &error));
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    set_value (sock, &properties[i], properties[i].minimum);

  copy = q_socket_copy (sock);
  g_assert_true (copy != sock);
  g_assert_false (q_socket_is_open (copy));
  g_assert_cmpint (q_socket_get_socket (copy), ==, -1);
  g_assert_cmpstr (q_socket_get_charset (copy), ==, "UTF-8");
  g_assert_true (q_socket_get_no_delay (copy));
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    g_assert_cmpuint (get_value (copy, &properties[i]), ==, properties[i].initial);
  g_assert_cmpuint (q_socket_get_bytes_sent (copy), ==, 0);
  g_assert_true (q_socket_is_open (sock));
  close (fd);
}

/* ---- secure ---- */

/* A connection is secure from its handshake to its end. */
static void
test_is_secure (void)
{
  TestCerts *certs = test_certs_new ();
  g_autoptr (QSocket) closed = q_socket_new ();
  g_autoptr (QSocket) plain = NULL;
  QSocket *secure[2];
  int fd;

  plain = test_pair (TEST_TCP4, &fd);
  secure[0] = test_ssl_pair (certs, &secure[1]);

  g_assert_false (q_socket_is_secure (closed));
  g_assert_false (q_socket_is_secure (plain));
  for (guint i = 0; i < G_N_ELEMENTS (secure); i++)
    {
      g_assert_true (q_socket_is_secure (secure[i]));
      q_socket_close (secure[i], NULL);
      g_assert_false (q_socket_is_secure (secure[i]));
      g_object_unref (secure[i]);
    }

  test_certs_free (certs);
  close (fd);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/socket/options/charset/names", test_charset_names);
  g_test_add_func ("/socket/options/charset/lasts", test_charset_lasts);
  g_test_add_func ("/socket/options/no-delay", test_no_delay);
  g_test_add_func ("/socket/options/no-delay/elsewhere", test_no_delay_elsewhere);
  g_test_add_func ("/socket/options/no-delay/adopted", test_no_delay_adopted);
  g_test_add_func ("/socket/options/properties", test_properties);
  g_test_add_func ("/socket/options/properties/refused", test_refused_values);
  g_test_add_func ("/socket/options/properties/construct", test_construct);
  g_test_add_func ("/socket/options/copy", test_copy);
  g_test_add_func ("/socket/options/is-secure", test_is_secure);

  return g_test_run ();
}
