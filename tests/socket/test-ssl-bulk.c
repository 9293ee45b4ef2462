/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-ssl-peer.h"

#include <string.h>
#include <unistd.h>

#define SIZE (8 * 1024 * 1024)

/* Several MiB in both directions at once, with OpenSSL at the other end. */

static TestCerts *certs;

static guint8 *
make_content (guint seed)
{
  guint8 *content = g_malloc (SIZE);

  for (guint i = 0; i < SIZE; i++)
    content[i] = (guint8) ((i ^ seed) * 2654435761u >> 24);

  return content;
}

typedef struct
{
  QSocket *sock;
  const guint8 *content;
} Sender;

static gpointer
sender_thread (gpointer data)
{
  Sender *sender = data;
  GError *error = NULL;

  /* In pieces of all sizes. */
  for (gsize done = 0, size = 1; done < SIZE; done += size, size = size * 3 % 100003)
    {
      size = MIN (size, SIZE - done);
      q_socket_send_data (sender->sock, sender->content + done, size, ENOUGH, NULL, &error);
      g_assert_no_error (error);
    }

  return NULL;
}

static void
check_same (const void *data,
            gsize       length,
            const void *expected)
{
  g_autofree char *got = g_compute_checksum_for_data (G_CHECKSUM_SHA256, data, length);
  g_autofree char *wanted = g_compute_checksum_for_data (G_CHECKSUM_SHA256, expected, SIZE);

  g_assert_cmpuint (length, ==, SIZE);
  g_assert_cmpstr (got, ==, wanted);
}

static void
exchange (QSocket    *sock,
          const void *mine,
          const void *theirs)
{
  Sender sender = { sock, mine };
  GThread *thread = g_thread_new ("sender", sender_thread, &sender);
  g_autoptr (GBytes) got = NULL;
  GError *error = NULL;

  got = q_socket_recv_binary (sock, SIZE, ENOUGH, NULL, &error);
  g_assert_no_error (error);
  g_thread_join (thread);
  check_same (g_bytes_get_data (got, NULL), g_bytes_get_size (got), theirs);
}

/* Reads and writes files: what else it says on its output would be in between. Its input does not
 * end before this side says so, since the server would end with it. */
static TestProgram *
start (const char *arguments,
       const char *dir)
{
  g_autofree char *script = g_strdup_printf ("cat %s/theirs - | openssl %s -quiet > %s/mine", dir,
                                             arguments, dir);
  g_autofree char *quoted = g_shell_quote (script);

  return test_program_start (-1, "sh -c %s", quoted);
}

static QSocket *
connect_to_openssl (const char   *option,
                    const char   *dir,
                    TestProgram **program)
{
  QSocket *client = test_peer_client (certs);
  g_autofree char *arguments = NULL;
  g_autofree char *target = NULL;
  int reservation;
  int port = test_reserve_port (&reservation);

  arguments = g_strdup_printf ("s_server -accept 127.0.0.1:%d -naccept 1 -cert %s -key %s %s",
                               port, test_certs_path (certs, "leaf.pem"),
                               test_certs_path (certs, "leaf.key"), option);
  *program = start (arguments, dir);
  test_program_wait_listening (*program, port);
  target = g_strdup_printf ("localhost:%d", port);
  test_peer_connect (client, target);
  close (reservation);

  return client;
}

static QSocket *
accept_openssl (const char   *option,
                const char   *dir,
                TestProgram **program)
{
  g_autoptr (QSocket) listener = test_peer_listener (certs, "leaf");
  g_autofree char *arguments = NULL;

  arguments = g_strdup_printf ("s_client -connect 127.0.0.1:%d %s", q_socket_get_port (listener),
                               option);
  *program = start (arguments, dir);

  return test_peer_accept (listener);
}

typedef struct
{
  const char *name;
  const char *option;
  QSocket *(*open) (const char *option, const char *dir, TestProgram **program);
} Case;

static const Case cases[] = {
  { "client/tls1.3", "-tls1_3", connect_to_openssl },
  { "client/tls1.2", "-tls1_2", connect_to_openssl },
  { "server/tls1.3", "-tls1_3", accept_openssl },
  { "server/tls1.2", "-tls1_2", accept_openssl },
};

static void
test_bulk (gconstpointer data)
{
  const Case *it = data;
  g_autofree guint8 *mine = make_content (1);
  g_autofree guint8 *theirs = make_content (2);
  g_autofree char *their_path = NULL;
  g_autofree char *my_path = NULL;
  g_autofree char *written = NULL;
  g_autoptr (TestProgram) program = NULL;
  g_autoptr (QSocket) sock = NULL;
  GError *error = NULL;
  gsize length;
  char *dir;

  if (!test_program_is_here ("openssl"))
    return;

  dir = test_make_dir ();
  their_path = g_build_filename (dir, "theirs", NULL);
  my_path = g_build_filename (dir, "mine", NULL);
  g_file_set_contents (their_path, (const char *) theirs, SIZE, &error);
  g_assert_no_error (error);

  sock = it->open (it->option, dir, &program);
  exchange (sock, mine, theirs);
  q_socket_close (sock, NULL);
  test_program_finish (program);
  g_file_get_contents (my_path, &written, &length, &error);
  g_assert_no_error (error);
  check_same (written, length, mine);
  test_remove_dir (dir);
}

int
main (int    argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  certs = test_certs_new ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/socket/ssl-bulk/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_bulk);
    }

  result = g_test_run ();
  test_certs_free (certs);

  return result;
}
