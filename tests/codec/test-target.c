/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-target-private.h"

#include <string.h>

#include "q-socket-error.h"

#define FIVE "abcde"
#define FIFTY FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE FIVE
#define HUNDRED FIFTY FIFTY
#define HOST_253 HUNDRED HUNDRED FIFTY "abc"
#define PATH_107 "/" HUNDRED FIVE "f"

#define ANY G_SOCKET_FAMILY_INVALID
#define V4 G_SOCKET_FAMILY_IPV4
#define V6 G_SOCKET_FAMILY_IPV6

static const struct
{
  const char *text;
  const char *host;
  const char *service;
  GSocketFamily family;
} good_everywhere[] = {
  { "example.org:80", "example.org", "80", ANY },
  { "example.org.:80", "example.org.", "80", ANY },
  { "localhost:http", "localhost", "http", ANY },
  { "localhost:0", "localhost", "0", ANY },
  { "localhost:65535", "localhost", "65535", ANY },
  { "localhost:0080", "localhost", "0080", ANY },
  { "localhost:0x50", "localhost", "0x50", ANY },
  { "localhost:whois++", "localhost", "whois++", ANY },
  { "localhost:z39.50", "localhost", "z39.50", ANY },
  { "m\xc3\xbcnchen.example:80", "m\xc3\xbcnchen.example", "80", ANY },
  { "under_score:80", "under_score", "80", ANY },
  { HOST_253 ":80", HOST_253, "80", ANY },
  { "127.0.0.1:80", "127.0.0.1", "80", V4 },
  { "0.0.0.0:0", "0.0.0.0", "0", V4 },
  { "127.1:80", "127.1", "80", ANY },
  { "256.0.0.1:80", "256.0.0.1", "80", ANY },
  { "::1:80", "::1", "80", V6 },
  { ":::0", "::", "0", V6 },
  { "::1:0", "::1", "0", V6 },
  { "2001:db8::5:443", "2001:db8::5", "443", V6 },
  { "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8", "9", V6 },
  { "::ffff:1.2.3.4:80", "::ffff:1.2.3.4", "80", V6 },
  { "fe80::1%lo:80", "fe80::1%lo", "80", V6 },
  { "fe80::1%nope:80", "fe80::1%nope", "80", V6 },
  { "[::1]:80", "::1", "80", V6 },
  { "[::]:http", "::", "http", V6 },
  { "[fe80::1%lo]:80", "fe80::1%lo", "80", V6 },
  { "[localhost]:80", "localhost", "80", V6 },
};

static const struct
{
  const char *text;
  const char *host;
  const char *service;
  GSocketFamily family;
} good_in_bind[] = {
  { "*:80", "*", "80", ANY },
  { "*:", "*", "", ANY },
  { "[*]:0", "*", "0", V6 },
  { "localhost:", "localhost", "", ANY },
  { "127.0.0.1:", "127.0.0.1", "", V4 },
  { "[::1]:", "::1", "", V6 },
  { ":::", "::", "", V6 },
};

static const char * const bad[] = {
  "",
  ":",
  "::",
  "::1",
  ":80",
  "[]:80",
  "[",
  "[::1]",
  "[::1",
  "[::1]80",
  "[::1]:80:90",
  "[::1]x:80",
  "[[::1]]:80",
  "x[::1]:80",
  "[a:b]:80",
  "[127.0.0.1]:80",
  "[fe80::1%]:80",
  "[fe80::1%a%b]:80",
  "[/tmp/socket]:80",
  "a:b:c",
  "a::80",
  "1:2:3:4:5:6:7:8:9:10",
  "12345::1:80",
  "::1%:80",
  "host%eth0:80",
  "127.0.0.1%lo:80",
  "user@host:80",
  "http://host:80",
  "/tmp/socket:1",
  "host name:80",
  " host:80",
  "host\t:80",
  "host\x7f:80",
  "ho\nst:80",
  "host\xff:80",
  "ho]st:80",
  HOST_253 "d:80",
  "host:65536",
  "host:99999999999999999999999999",
  "host:-1",
  "host:+80",
  "host: 80",
  "host:80 ",
  "host:80\n",
  "host:ht\xc3\xa9",
  "host:http=",
  "host:" FIFTY FIVE FIVE FIVE,
  PATH_107 "x",
  "[*::1]:80",
  NULL,
};

static const char * const bad_in_connect[] = {
  "*:80", "*:", "[*]:80", "localhost:", "127.0.0.1:", "[::1]:", ":::", NULL,
};

static void
assert_parses (const char    *text,
               gboolean       service_optional,
               const char    *host,
               const char    *service,
               GSocketFamily  family)
{
  g_auto (QTarget) target = Q_TARGET_INIT;
  g_autoptr (GError) error = NULL;

  q_target_parse (text, service_optional, &target, &error);
  g_assert_no_error (error);
  g_assert_null (target.path);
  g_assert_cmpstr (target.host, ==, host);
  g_assert_cmpstr (target.service, ==, service);
  g_assert_cmpint (target.family, ==, family);
}

static void
assert_refused (const char *text,
                gboolean    service_optional)
{
  QTarget target = { (char *) "", (char *) "", (char *) "", G_SOCKET_FAMILY_UNIX };
  g_autofree char *escaped = g_strescape (text, NULL);
  g_autoptr (GError) error = NULL;

  g_test_message ("target \"%s\"", escaped);

  g_assert_false (q_target_parse (text, service_optional, &target, &error));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (strlen (error->message), <, 150);
  g_assert_true (g_str_is_ascii (error->message));
  g_assert_null (strpbrk (error->message, "\n\t\x7f"));
  g_assert_null (target.path);
  g_assert_null (target.host);
  g_assert_null (target.service);
  g_assert_cmpint (target.family, ==, G_SOCKET_FAMILY_INVALID);
}

static void
test_good (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good_everywhere); i++)
    {
      assert_parses (good_everywhere[i].text, FALSE, good_everywhere[i].host,
                     good_everywhere[i].service, good_everywhere[i].family);
      assert_parses (good_everywhere[i].text, TRUE, good_everywhere[i].host,
                     good_everywhere[i].service, good_everywhere[i].family);
    }
}

static void
test_good_in_bind (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good_in_bind); i++)
    assert_parses (good_in_bind[i].text, TRUE, good_in_bind[i].host, good_in_bind[i].service,
                   good_in_bind[i].family);
}

static void
test_bad (void)
{
  for (guint i = 0; bad[i] != NULL; i++)
    {
      assert_refused (bad[i], FALSE);
      assert_refused (bad[i], TRUE);
    }
}

static void
test_bad_in_connect (void)
{
  for (guint i = 0; bad_in_connect[i] != NULL; i++)
    assert_refused (bad_in_connect[i], FALSE);
}

static void
test_path (void)
{
  static const char * const paths[] = { "8080", "/tmp/socket", "host name", "\xff", PATH_107 };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_auto (QTarget) target = Q_TARGET_INIT;
      g_autoptr (GError) error = NULL;

      q_target_parse (paths[i], FALSE, &target, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (target.path, ==, paths[i]);
      g_assert_null (target.host);
      g_assert_null (target.service);
      g_assert_cmpint (target.family, ==, G_SOCKET_FAMILY_INVALID);
    }
}

static void
test_long_garbage (void)
{
  g_autofree char *garbage = g_strnfill (10240, '\x01');
  g_autofree char *with_service = g_strconcat (garbage, ":80", NULL);
  g_autofree char *in_brackets = g_strconcat ("[", garbage, "]:80", NULL);

  assert_refused (garbage, FALSE);
  assert_refused (with_service, FALSE);
  assert_refused (in_brackets, TRUE);
}

static void
test_message (void)
{
  g_auto (QTarget) target = Q_TARGET_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_false (q_target_parse ("a\"b\n:80", FALSE, &target, &error));
  g_assert_nonnull (strstr (error->message, "host \"a\\\"b\\n\" "));
  g_clear_error (&error);

  g_assert_false (q_target_parse ("localhost:65536", FALSE, &target, &error));
  g_assert_cmpstr (error->message, ==, "port \"65536\" is over 65535");
}

static void
test_check_host (void)
{
  static const char * const good[] = { "localhost", "127.0.0.1", "::1", "fe80::1%lo", HOST_253 };
  static const char * const bad_hosts[] = { "", "*", "[::1]", "a:b", "a%b", "a b", "::1%",
                                            HOST_253 "d" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (q_target_check_host (good[i], &error));
      g_assert_no_error (error);
    }

  for (guint i = 0; i < G_N_ELEMENTS (bad_hosts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (q_target_check_host (bad_hosts[i], &error));
      g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_check_service (void)
{
  static const struct
  {
    const char *service;
    int port;
  } good[] = {
    { "0", 0 }, { "80", 80 }, { "65535", 65535 }, { "00000000000000000080", 80 },
    { "http", -1 }, { "0x50", -1 }, { "8080a", -1 }, { "c-a.b_d/e*f+", -1 },
  };
  static const char * const bad_services[] = { "", "65536", "4294967376", "-1", "+1", " 1", "1 ",
                                               "a b", "a:b", "\xc3\xa9", "18446744073709551696" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      int port = -4711;

      g_assert_true (q_target_check_service (good[i].service, &port, &error));
      g_assert_no_error (error);
      g_assert_cmpint (port, ==, good[i].port);
    }

  for (guint i = 0; i < G_N_ELEMENTS (bad_services); i++)
    {
      g_autoptr (GError) error = NULL;
      int port = -4711;

      g_assert_false (q_target_check_service (bad_services[i], &port, &error));
      g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT);
      g_assert_cmpint (port, ==, -4711);
    }
}

static void
test_check_path (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (q_target_check_path ("[:]", &error));
  g_assert_true (q_target_check_path (PATH_107, &error));
  g_assert_no_error (error);

  g_assert_false (q_target_check_path (PATH_107 "x", &error));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT);
  g_assert_true (g_str_has_prefix (error->message, "path \"/abcde"));
  g_assert_true (g_str_has_suffix (error->message, "...\" is too long for a UNIX socket"));
  g_clear_error (&error);

  g_assert_false (q_target_check_path ("", &error));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/codec/target/good", test_good);
  g_test_add_func ("/codec/target/good-in-bind", test_good_in_bind);
  g_test_add_func ("/codec/target/bad", test_bad);
  g_test_add_func ("/codec/target/bad-in-connect", test_bad_in_connect);
  g_test_add_func ("/codec/target/path", test_path);
  g_test_add_func ("/codec/target/long-garbage", test_long_garbage);
  g_test_add_func ("/codec/target/message", test_message);
  g_test_add_func ("/codec/target/check-host", test_check_host);
  g_test_add_func ("/codec/target/check-service", test_check_service);
  g_test_add_func ("/codec/target/check-path", test_check_path);

  return g_test_run ();
}
