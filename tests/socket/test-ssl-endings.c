/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-ssl-peer.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

/* How sessions with other programs begin and end while a connection goes on. */

static TestCerts *certs;

/* A socket that has just been connected to OpenSSL. */
typedef struct
{
  TestProgram *program;
  QSocket *sock;
} Pair;

static void
pair_init (Pair       *self,
           gboolean    is_server,
           const char *options)
{
  if (is_server)
    {
      g_autoptr (QSocket) listener = test_peer_listener (certs, "server");

      self->program = test_openssl_client (certs, listener, options);
      self->sock = test_peer_accept (listener);
    }
  else
    {
      g_autofree char *target = NULL;

      self->program = test_openssl_server (certs, "server", options, &target);
      self->sock = test_peer_client (certs);
      test_peer_connect (self->sock, target);
    }
}

static void
pair_clear (Pair *self)
{
  g_object_unref (self->sock);
  test_program_free (self->program);
}

/* Every test is done with both versions and in both roles. */
typedef struct
{
  gboolean is_server;
  const char *option;
  const char *name;
} Setting;

static const Setting settings[] = {
  { FALSE, "-tls1_3", "client/tls1.3" },
  { FALSE, "-tls1_2", "client/tls1.2" },
  { TRUE, "-tls1_3", "server/tls1.3" },
  { TRUE, "-tls1_2", "server/tls1.2" },
};

/* ---- the end ---- */

static void
expect_end (QSocket      *sock,
            QSocketError  code)
{
  GError *error = NULL;

  g_assert_null (q_socket_recv (sock, 0, ENOUGH, NULL, &error));
  test_assert_error (error, (int) code);
}

/* Of the programs of OpenSSL, the server takes leave only in this mode. */
static void
test_clean_end (gconstpointer data)
{
  const Setting *setting = data;
  g_autofree char *options = g_strconcat (setting->option,
                                          setting->is_server ? "" : " -rev", NULL);
  g_autoptr (GBytes) rest = NULL;
  GError *error = NULL;
  Pair pair;

  if (!test_program_is_here ("openssl"))
    return;

  pair_init (&pair, setting->is_server, options);
  if (setting->is_server)
    test_program_say (pair.program, "last words\n");
  else
    test_peer_send (pair.sock, "sdrow tsal\n");
  g_assert_true (q_socket_is_data_available (pair.sock, ENOUGH));
  if (setting->is_server)
    test_program_say (pair.program, "Q\n");
  else
    test_peer_send (pair.sock, "CLOSE\n");
  rest = q_socket_recv_binary (pair.sock, -1, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (rest, NULL), g_bytes_get_size (rest), "last words\n", 11);
  expect_end (pair.sock, Q_SOCKET_ERROR_CLOSED);
  expect_end (pair.sock, Q_SOCKET_ERROR_CLOSED);
  pair_clear (&pair);
}

/* The server closes the connection, and says nothing in TLS. */
static void
test_no_leave (gconstpointer data)
{
  const Setting *setting = data;
  Pair pair;

  if (!test_program_is_here ("openssl"))
    return;

  pair_init (&pair, FALSE, setting->option);
  test_peer_talk (pair.sock, pair.program);
  test_program_say (pair.program, "Q\n");
  expect_end (pair.sock, Q_SOCKET_ERROR_TRUNCATED);
  pair_clear (&pair);
}

static void
test_truncated (gconstpointer data)
{
  const Setting *setting = data;
  GError *error = NULL;
  Pair pair;

  if (!test_program_is_here ("openssl"))
    return;

  pair_init (&pair, setting->is_server, setting->option);
  test_peer_talk (pair.sock, pair.program);
  test_program_say (pair.program, "last words\n");
  g_assert_true (q_socket_is_data_available (pair.sock, ENOUGH));
  test_program_signal (pair.program, SIGKILL);
  g_assert_null (q_socket_recv_binary (pair.sock, -1, ENOUGH, NULL, &error));
  test_assert_error (error, Q_SOCKET_ERROR_TRUNCATED);
  test_peer_expect (pair.sock, "last words\n");
  expect_end (pair.sock, Q_SOCKET_ERROR_TRUNCATED);
  expect_end (pair.sock, Q_SOCKET_ERROR_TRUNCATED);
  pair_clear (&pair);
}

/* OpenSSL answers, and then closes the connection. */
static void
test_shutdown (gconstpointer data)
{
  const Setting *setting = data;
  GError *error = NULL;
  Pair pair;

  if (!test_program_is_here ("openssl"))
    return;

  pair_init (&pair, setting->is_server, setting->option);
  test_peer_talk (pair.sock, pair.program);
  q_socket_shutdown_ssl (pair.sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (q_socket_is_secure (pair.sock));
  g_assert_true (q_socket_is_open (pair.sock));
  expect_end (pair.sock, Q_SOCKET_ERROR_CLOSED);
  g_assert_cmpint (test_program_finish (pair.program), ==, 0);
  pair_clear (&pair);
}

/* ---- another handshake ---- */

/* Makes OpenSSL use new keys, and ask for the same if @command is "K\n". */
static void
update_keys (Pair          *pair,
             const Setting *setting,
             const char    *command)
{
  test_program_say (pair->program, command);
  if (setting->is_server)
    {
      test_program_wait_for (pair->program, "KEYUPDATE\n");
      return;
    }

  /* The server says so only together with what comes next. */
  do
    {
      test_peer_send (pair->sock, "are you done?\n");
      test_program_wait_for (pair->program, "are you done?\n");
    }
  while (strstr (test_program_get_output (pair->program), "SSL_do_handshake -> 1\n") == NULL);
}

static void
check_renegotiation (const Setting *setting)
{
  GError *error = NULL;
  Pair pair;

  pair_init (&pair, setting->is_server, setting->option);
  test_peer_talk (pair.sock, pair.program);
  test_program_say (pair.program, setting->is_server ? "R\n" : "r\n");
  g_assert_null (q_socket_recv (pair.sock, 0, ENOUGH, NULL, &error));
  g_assert_nonnull (strstr (error->message, "asked for another handshake"));
  test_assert_error (error, Q_SOCKET_ERROR_SSL);
  g_assert_false (q_socket_send (pair.sock, "nothing goes any more", ENOUGH, NULL, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_true (q_socket_close (pair.sock, NULL));
  pair_clear (&pair);
}

static void
test_renegotiation (gconstpointer data)
{
  if (!test_program_is_here ("openssl"))
    return;

  /* OpenSSL goes when it is refused, sometimes before this side has looked. */
  for (int i = 0; i < 10; i++)
    check_renegotiation (data);
}

static void
check_key_update (const Setting *setting,
                  const char    *command)
{
  Pair pair;

  if (!test_program_is_here ("openssl"))
    return;

  pair_init (&pair, setting->is_server, setting->option);
  test_peer_talk (pair.sock, pair.program);
  update_keys (&pair, setting, command);
  test_peer_talk (pair.sock, pair.program);
  test_peer_talk (pair.sock, pair.program);
  pair_clear (&pair);
}

static void
test_key_update (gconstpointer data)
{
  check_key_update (data, "k\n");
}

static void
test_key_update_both (gconstpointer data)
{
  check_key_update (data, "K\n");
}

#define N_UPDATES 6

typedef struct
{
  QSocket *sock;
  int n_received;
  gboolean is_enough;
} Traffic;

static gpointer
send_lines (gpointer data)
{
  Traffic *traffic = data;

  while (!g_atomic_int_get (&traffic->is_enough))
    test_peer_send (traffic->sock, "this is one of many lines that go while keys change, one way "
                    "and the other, in the middle of it\n");
  test_peer_send (traffic->sock, "the end\n");

  return NULL;
}

static gpointer
receive_lines (gpointer data)
{
  Traffic *traffic = data;

  for (int i = 0; i < N_UPDATES; i++)
    {
      test_peer_expect (traffic->sock, "hello\n");
      g_atomic_int_inc (&traffic->n_received);
    }

  return NULL;
}

/* While one thread sends and another receives. */
static void
test_key_update_busy (gconstpointer data)
{
  const Setting *setting = data;
  Traffic traffic = { NULL };
  GThread *sender;
  GThread *receiver;
  Pair pair;

  if (!test_program_is_here ("openssl"))
    return;

  pair_init (&pair, setting->is_server, setting->option);
  traffic.sock = pair.sock;
  sender = g_thread_new ("sender", send_lines, &traffic);
  receiver = g_thread_new ("receiver", receive_lines, &traffic);
  for (int i = 0; i < N_UPDATES; i++)
    {
      test_program_say (pair.program, i % 2 == 0 ? "K\n" : "k\n");
      test_program_wait_for (pair.program,
                             setting->is_server ? "KEYUPDATE\n" : "SSL_do_handshake -> 1\n");
      test_program_say (pair.program, "hello\n");

      /* A command counts only if it is the first of what OpenSSL reads at once. */
      while (g_atomic_int_get (&traffic.n_received) <= i)
        test_program_wait_for (pair.program, "one of many lines");
    }
  g_atomic_int_set (&traffic.is_enough, TRUE);
  test_program_wait_for (pair.program, "the end\n");
  g_thread_join (sender);
  g_thread_join (receiver);
  pair_clear (&pair);
}

/* ---- STARTTLS ---- */

static void
expect_command (QSocket    *sock,
                const char *verb)
{
  g_autoptr (GString) line = g_string_new (NULL);
  GError *error = NULL;

  while (!g_str_has_suffix (line->str, "\r\n"))
    {
      g_string_append_c (line, (char) q_socket_recv_u1 (sock, ENOUGH, NULL, &error));
      g_assert_no_error (error);
    }
  g_assert_true (g_str_has_prefix (line->str, verb));
}

static void
test_starttls_server (gconstpointer data)
{
  gboolean is_gnutls = g_str_equal (data, "gnutls-cli");
  g_autofree char *target = NULL;
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (TestProgram) client = NULL;
  g_autoptr (QSocket) sock = NULL;
  GError *error = NULL;

  if (!test_program_is_here (data))
    return;

  if (is_gnutls)
    client = test_program_start (-1, "gnutls-cli --starttls-proto=smtp --x509cafile=%s -p %d "
                                 "localhost", test_certs_path (certs, "root.pem"),
                                 q_socket_get_port (listener));
  else
    client = test_openssl_client (certs, listener, "-starttls smtp");
  sock = q_socket_accept (listener, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  test_peer_send (sock, "220 localhost ESMTP\r\n");
  expect_command (sock, "EHLO ");
  test_peer_send (sock, "250-localhost\r\n250 STARTTLS\r\n");
  expect_command (sock, "STARTTLS\r\n");
  test_peer_send (sock, "220 go ahead\r\n");
  test_ssl_identify (sock, certs, "server");
  q_socket_upgrade_server_to_ssl (sock, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (q_socket_is_secure (sock));
  test_peer_talk (sock, client);
  q_socket_close (sock, NULL);
  g_assert_cmpint (test_program_finish (client), ==, 0);
}

/* Clear, encrypted, clear, encrypted, clear: the first session this side ends, the second the
 * other. The first answer leaves together with what follows in clear text. */
static const char python_program[] =
  "import socket, ssl, sys\n"
  "listener = socket.socket (fileno=3)\n"
  "listener.settimeout (60)\n"
  "sock, _ = listener.accept ()\n"
  "context = ssl.SSLContext (ssl.PROTOCOL_TLS_SERVER)\n"
  "context.load_cert_chain (sys.argv[1])\n"
  "for i in range (2):\n"
  "  assert sock.recv (100) == b'STARTTLS\\r\\n'\n"
  "  sock.sendall (b'220 go ahead\\r\\n')\n"
  "  tls = context.wrap_socket (sock, server_side=True)\n"
  "  assert tls.recv (100) == b'hello'\n"
  "  tls.sendall (b'hello to you')\n"
  "  if i == 0:\n"
  "    assert tls.recv (100) == b''\n"
  "    tls.setsockopt (socket.IPPROTO_TCP, socket.TCP_CORK, 1)\n"
  "  sock = tls.unwrap ()\n"
  "  sock.sendall (b'clear again\\r\\n')\n"
  "  sock.setsockopt (socket.IPPROTO_TCP, socket.TCP_CORK, 0)\n";

static void
test_starttls_client (void)
{
  g_autofree char *target = NULL;
  g_autofree char *quoted = g_shell_quote (python_program);
  g_autoptr (QSocket) listener = test_listener (&target);
  g_autoptr (QSocket) sock = test_peer_client (certs);
  g_autoptr (TestProgram) python = NULL;
  GError *error = NULL;

  if (!test_program_is_here ("python3"))
    return;

  python = test_program_start (q_socket_steal_fd (listener, NULL), "python3 -c %s %s", quoted,
                               test_certs_path (certs, "server.both"));
  q_socket_connect (sock, target, ENOUGH, NULL, &error);
  g_assert_no_error (error);

  for (int i = 0; i < 2; i++)
    {
      test_peer_send (sock, "STARTTLS\r\n");
      test_peer_expect (sock, "220 go ahead\r\n");
      q_socket_upgrade_client_to_ssl (sock, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      test_peer_send (sock, "hello");
      test_peer_expect (sock, "hello to you");
      if (i == 1)
        expect_end (sock, Q_SOCKET_ERROR_CLOSED);
      q_socket_shutdown_ssl (sock, ENOUGH, NULL, &error);
      g_assert_no_error (error);
      g_assert_false (q_socket_is_secure (sock));
      test_peer_expect (sock, "clear again\r\n");
    }

  expect_end (sock, Q_SOCKET_ERROR_CLOSED);
  if (test_program_finish (python) != 0)
    g_error ("%s", test_program_get_output (python));
}

static void
add (const char      *name,
     GTestDataFunc    function,
     const char      *only)
{
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      g_autofree char *path = g_strdup_printf ("/socket/ssl-endings/%s/%s", name,
                                               settings[i].name);

      if (only == NULL || g_str_equal (settings[i].option, only))
        g_test_add_data_func (path, &settings[i], function);
    }
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certs = test_certs_new ();

  add ("clean", test_clean_end, NULL);
  g_test_add_data_func ("/socket/ssl-endings/no-leave/tls1.3", &settings[0], test_no_leave);
  g_test_add_data_func ("/socket/ssl-endings/no-leave/tls1.2", &settings[1], test_no_leave);
  add ("truncated", test_truncated, NULL);
  add ("shutdown", test_shutdown, NULL);
  add ("renegotiation", test_renegotiation, "-tls1_2");
  add ("key-update/one", test_key_update, "-tls1_3");
  add ("key-update/both", test_key_update_both, "-tls1_3");
  add ("key-update/busy", test_key_update_busy, "-tls1_3");
  g_test_add_data_func ("/socket/ssl-endings/starttls/server/openssl", "openssl",
                        test_starttls_server);
  g_test_add_data_func ("/socket/ssl-endings/starttls/server/gnutls", "gnutls-cli",
                        test_starttls_server);
  g_test_add_func ("/socket/ssl-endings/starttls/client", test_starttls_client);

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
