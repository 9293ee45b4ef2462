/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Connect, accept, one byte, close: both sides in one process and one thread, since
 * the kernel completes a local connection before anybody accepts it.
 */

#include "config.h"

#include "bench.h"

#include <gio/gunixsocketaddress.h>
#include <netinet/tcp.h>
#include <unistd.h>

typedef struct
{
  BenchAddress address;
  int listener;
} RawServer;

static void
prepare_raw (BenchSubject *self)
{
  RawServer *server = g_new0 (RawServer, 1);

  server->listener = bench_listen (self->workload->transport, self->path, &server->address);
  self->data = server;
}

static void
raw_round (BenchSubject *self)
{
  RawServer *server = self->data;
  int client = bench_connect (&server->address);
  int accepted = bench_accept (server->listener, &server->address);
  char byte = '*';

  if (send (client, &byte, 1, MSG_NOSIGNAL) != 1 || recv (accepted, &byte, 1, 0) != 1)
    bench_fail ("sending a byte", NULL);
  close (client);
  close (accepted);
}

typedef struct
{
  GSocket *socket;
  GSocketAddress *address;
  GSocketListener *listener;
  GSocketClient *client;
} GioServer;

static void
prepare_gio (BenchSubject *self)
{
  gboolean tcp = self->workload->transport == BENCH_TCP;
  g_autoptr (GError) error = NULL;
  GioServer *server = g_new0 (GioServer, 1);
  g_autoptr (GSocketAddress) wanted
    = tcp ? g_inet_socket_address_new_from_string ("127.0.0.1", 0)
          : g_unix_socket_address_new (self->path);

  server->socket = g_socket_new (g_socket_address_get_family (wanted), G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_DEFAULT, &error);
  if (server->socket == NULL
      || !g_socket_bind (server->socket, wanted, FALSE, &error)
      || !g_socket_listen (server->socket, &error))
    bench_fail ("g_socket_listen", error);
  server->address = g_socket_get_local_address (server->socket, NULL);
  self->data = server;
}

static void
prepare_gio_streams (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;
  GioServer *server;

  prepare_gio (self);
  server = self->data;
  server->client = g_socket_client_new ();
  server->listener = g_socket_listener_new ();
  if (!g_socket_listener_add_socket (server->listener, server->socket, NULL, &error))
    bench_fail ("g_socket_listener_add_socket", error);
}

static void
gsocket_no_delay (BenchSubject *self,
                  GSocket      *socket)
{
  g_autoptr (GError) error = NULL;

  if (self->workload->transport == BENCH_TCP
      && !g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, &error))
    bench_fail ("g_socket_set_option", error);
}

static void
gsocket_round (BenchSubject *self)
{
  GioServer *server = self->data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) client = NULL;
  g_autoptr (GSocket) accepted = NULL;
  char byte = '*';

  client = g_socket_new (g_socket_address_get_family (server->address), G_SOCKET_TYPE_STREAM,
                         G_SOCKET_PROTOCOL_DEFAULT, &error);
  if (client == NULL || !g_socket_connect (client, server->address, NULL, &error))
    bench_fail ("g_socket_connect", error);
  accepted = g_socket_accept (server->socket, NULL, &error);
  if (accepted == NULL)
    bench_fail ("g_socket_accept", error);
  gsocket_no_delay (self, client);
  gsocket_no_delay (self, accepted);
  if (g_socket_send (client, &byte, 1, NULL, &error) != 1
      || g_socket_receive (accepted, &byte, 1, NULL, &error) != 1)
    bench_fail ("sending a byte", error);
  g_socket_close (client, NULL);
  g_socket_close (accepted, NULL);
}

static void
gstream_round (BenchSubject *self)
{
  GioServer *server = self->data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) client = NULL;
  g_autoptr (GSocketConnection) accepted = NULL;
  char byte = '*';

  client = g_socket_client_connect (server->client, G_SOCKET_CONNECTABLE (server->address), NULL,
                                    &error);
  if (client == NULL)
    bench_fail ("g_socket_client_connect", error);
  accepted = g_socket_listener_accept (server->listener, NULL, NULL, &error);
  if (accepted == NULL)
    bench_fail ("g_socket_listener_accept", error);
  gsocket_no_delay (self, g_socket_connection_get_socket (client));
  gsocket_no_delay (self, g_socket_connection_get_socket (accepted));
  if (g_output_stream_write (g_io_stream_get_output_stream (G_IO_STREAM (client)), &byte, 1, NULL,
                             &error) != 1
      || g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (accepted)), &byte, 1,
                              NULL, &error) != 1)
    bench_fail ("sending a byte", error);
  g_io_stream_close (G_IO_STREAM (client), NULL, NULL);
  g_io_stream_close (G_IO_STREAM (accepted), NULL, NULL);
}

typedef struct
{
  QSocket *listener;
  char *target;
  int timeout_ms;
} QServer;

static void
prepare_qsocket_forever (BenchSubject *self)
{
  QServer *server = g_new0 (QServer, 1);
  g_autoptr (GError) error = NULL;
  gboolean ok;

  server->listener = q_socket_new ();
  server->timeout_ms = -1;
  if (self->workload->transport == BENCH_TCP)
    ok = q_socket_bind_inet (server->listener, "127.0.0.1", "0", FALSE, G_SOCKET_FAMILY_IPV4,
                             G_SOCKET_TYPE_STREAM, IPPROTO_TCP, &error);
  else
    ok = q_socket_bind_unix (server->listener, self->path, G_SOCKET_TYPE_STREAM, 0, &error);
  if (!ok || !q_socket_listen (server->listener, BENCH_BACKLOG, &error))
    bench_fail ("q_socket_listen", error);

  server->target = self->workload->transport == BENCH_TCP
                     ? g_strdup_printf ("127.0.0.1:%d", q_socket_get_port (server->listener))
                     : g_strdup (self->path);
  self->data = server;
}

static void
prepare_qsocket (BenchSubject *self)
{
  QServer *server;

  prepare_qsocket_forever (self);
  server = self->data;
  server->timeout_ms = BENCH_TIMEOUT_MS;
}

static void
qsocket_round (BenchSubject *self)
{
  QServer *server = self->data;
  g_autoptr (GError) error = NULL;
  g_autoptr (QSocket) client = q_socket_new ();
  g_autoptr (QSocket) accepted = NULL;
  guint8 byte = '*';

  if (!q_socket_connect_to (client, server->target, server->timeout_ms, NULL, &error))
    bench_fail ("q_socket_connect_to", error);
  accepted = q_socket_accept (server->listener, server->timeout_ms, NULL, &error);
  if (accepted == NULL)
    bench_fail ("q_socket_accept", error);
  if (!q_socket_send_data (client, &byte, 1, server->timeout_ms, NULL, &error)
      || q_socket_recv_into (accepted, &byte, 1, 1, server->timeout_ms, NULL, &error) != 1)
    bench_fail ("sending a byte", error);
  q_socket_close (client, NULL);
  q_socket_close (accepted, NULL);
}

static const BenchVariant tcp_variants[] = {
  { "raw", BENCH_API_RAW, prepare_raw, { raw_round } },
  { "gsocket", BENCH_API_GSOCKET, prepare_gio, { gsocket_round } },
  { "gstream", BENCH_API_GSTREAM, prepare_gio_streams, { gstream_round } },
  { "python", BENCH_API_PYTHON, .python = "connect-tcp" },
  { "qsocket", BENCH_API_QSOCKET, prepare_qsocket, { qsocket_round } },
  { "qsocket, -1", BENCH_API_QSOCKET, prepare_qsocket_forever, { qsocket_round } },
  { NULL }
};

static const BenchVariant unix_variants[] = {
  { "raw", BENCH_API_RAW, prepare_raw, { raw_round } },
  { "gsocket", BENCH_API_GSOCKET, prepare_gio, { gsocket_round } },
  { "gstream", BENCH_API_GSTREAM, prepare_gio_streams, { gstream_round } },
  { "python", BENCH_API_PYTHON, .python = "connect-unix" },
  { "qsocket", BENCH_API_QSOCKET, prepare_qsocket, { qsocket_round } },
  { "qsocket, -1", BENCH_API_QSOCKET, prepare_qsocket_forever, { qsocket_round } },
  { NULL }
};

static const BenchGoal tcp_goals[] = {
  { "qsocket", BENCH_GOAL_RATIO, 0.85, "raw" },
  { NULL }
};

static const BenchGoal unix_goals[] = {
  { "qsocket", BENCH_GOAL_RATIO, 0.78, "raw" },
  { NULL }
};

const BenchWorkload bench_connect_workloads[] = {
  { "connect-tcp", "connect, accept, one byte, close over TCP, both sides", "connection",
    BENCH_TCP, TRUE, 1, NULL, tcp_variants, tcp_goals, "raw", 500 },
  { "connect-unix", "connect, accept, one byte, close over UNIX, both sides", "connection",
    BENCH_UNIX, TRUE, 1, NULL, unix_variants, unix_goals, "raw", 500 },
  { NULL }
};
