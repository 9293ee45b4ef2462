/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* TLS 1.3 with AES-256-GCM. Both ends are measured, with the same library, in two threads on one
 * CPU: what an end saves at the cost of the other does not count. Where it is the heap that
 * counts, the other end is GnuTLS in another process.
 */

#include "config.h"

#include "bench-tls.h"

#include "test-certs.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

static TestCerts *certs;
static BenchTlsIdentity identity;

static void
free_certs (void)
{
  test_certs_free (certs);
}

/* In the parent, so that all samples have the same. */
static void
make_identity (const char *name)
{
  if (certs == NULL)
    {
      certs = test_certs_new ();
      atexit (free_certs);
    }

  identity.certificate = test_certs_pem (certs, name);
  identity.key = test_certs_key (certs, name);
  identity.ca = test_certs_pem (certs, "root");
  identity.ca_file = test_certs_path (certs, "root.pem");
}

static void
make_ec_identity (void)
{
  make_identity ("leaf");
}

static void
make_rsa_identity (void)
{
  make_identity ("rsa");
}

const BenchTlsIdentity *
bench_tls_get_identity (void)
{
  return &identity;
}

#ifndef HAVE_OPENSSL
const BenchTlsLibrary bench_tls_openssl = { 0 };
#endif

gboolean
bench_tls_is_there (const BenchTlsLibrary *library)
{
  return library->connect != NULL;
}

/* ---- QSocket ---- */

static gpointer
qsocket_listen (BenchAddress *address)
{
  g_autoptr (GError) error = NULL;
  QSocket *listener = q_socket_new ();

  if (!q_socket_bind (listener, BENCH_TLS_HOST ":0", FALSE, &error)
      || !q_socket_listen (listener, BENCH_BACKLOG, &error)
      || !q_socket_set_certificate_pem (listener, identity.certificate, &error)
      || !q_socket_set_private_key_pem (listener, identity.key, NULL, &error))
    bench_fail ("q_socket_listen", error);

  *address = (BenchAddress) { .length = sizeof address->tcp };
  address->tcp.sin_family = AF_INET;
  address->tcp.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  address->tcp.sin_port = htons ((guint16) q_socket_get_port (listener));

  return listener;
}

static gpointer
qsocket_accept (gpointer listener)
{
  g_autoptr (GError) error = NULL;
  QSocket *end = q_socket_accept_ssl (listener, BENCH_TIMEOUT_MS, NULL, &error);

  if (end == NULL)
    bench_fail ("q_socket_accept_ssl", error);

  return end;
}

/* One object connects again and again, as long as it is free. */
static gpointer
qsocket_connect (const BenchAddress *address)
{
  static QSocket *client;
  g_autofree char *target = bench_address_to_target (address);
  g_autoptr (GError) error = NULL;

  if (client == NULL || q_socket_is_open (client))
    {
      client = q_socket_new ();
      if (!q_socket_set_ssl_ca_file (client, identity.ca_file, &error))
        bench_fail ("q_socket_set_ssl_ca_file", error);
    }
  if (!q_socket_connect_ssl (client, target, BENCH_TIMEOUT_MS, NULL, &error))
    bench_fail ("q_socket_connect_ssl", error);

  return g_object_ref (client);
}

static void
qsocket_send (gpointer      end,
              const guint8 *bytes,
              gsize         size)
{
  g_autoptr (GError) error = NULL;

  if (!q_socket_send_data (end, bytes, size, BENCH_TIMEOUT_MS, NULL, &error))
    bench_fail ("q_socket_send_data", error);
}

static void
qsocket_receive (gpointer  end,
                 guint8   *buffer,
                 gsize     size)
{
  g_autoptr (GError) error = NULL;

  if (q_socket_recv_into (end, buffer, size, size, BENCH_TIMEOUT_MS, NULL, &error)
      != (gssize) size)
    bench_fail ("q_socket_recv_into", error);
}

static void
qsocket_close (gpointer end)
{
  q_socket_close (end, NULL);
  g_object_unref (end);
}

const BenchTlsLibrary bench_tls_qsocket = {
  qsocket_listen, qsocket_accept, qsocket_connect, qsocket_send, qsocket_receive, qsocket_close,
};

/* ---- the other end, in another thread ---- */

typedef struct
{
  const BenchTlsLibrary *library;
  gsize size;
  BenchAddress address;
  gpointer listener;
  /* The measured end, unless each operation makes one. */
  gpointer end;
} Tls;

static gpointer
sink_thread (gpointer data)
{
  Tls *tls = data;
  g_autofree guint8 *buffer = g_malloc (tls->size);
  gpointer end = tls->library->accept (tls->listener);

  while (TRUE)
    tls->library->receive (end, buffer, tls->size);

  return NULL;
}

static gpointer
echo_thread (gpointer data)
{
  Tls *tls = data;
  g_autofree guint8 *buffer = g_malloc (tls->size);
  gpointer end = tls->library->accept (tls->listener);

  while (TRUE)
    {
      tls->library->receive (end, buffer, tls->size);
      tls->library->send (end, buffer, tls->size);
    }

  return NULL;
}

static gpointer
serve_thread (gpointer data)
{
  Tls *tls = data;

  while (TRUE)
    {
      gpointer end = tls->library->accept (tls->listener);
      guint8 byte;

      tls->library->receive (end, &byte, 1);
      tls->library->close (end);
    }

  return NULL;
}

static Tls *
start (BenchSubject *self,
       GThreadFunc   server)
{
  Tls *tls = g_new0 (Tls, 1);

  tls->library = self->variant->tls;
  tls->size = self->workload->size;
  tls->listener = tls->library->listen (&tls->address);
  self->data = tls;
  g_thread_unref (g_thread_new ("server", server, tls));

  return tls;
}

static void
prepare_bulk (BenchSubject *self)
{
  Tls *tls = start (self, sink_thread);

  tls->end = tls->library->connect (&tls->address);
}

static void
prepare_pingpong (BenchSubject *self)
{
  Tls *tls = start (self, echo_thread);

  tls->end = tls->library->connect (&tls->address);
}

static void
prepare_handshakes (BenchSubject *self)
{
  start (self, serve_thread);
}

static void
send_piece (BenchSubject *self)
{
  Tls *tls = self->data;

  tls->library->send (tls->end, self->buffer, tls->size);
}

static void
receive_piece (BenchSubject *self)
{
  Tls *tls = self->data;

  tls->library->receive (tls->end, self->buffer, tls->size);
}

static void
handshake (BenchSubject *self)
{
  Tls *tls = self->data;
  gpointer end = tls->library->connect (&tls->address);

  tls->library->send (end, self->buffer, 1);
  tls->library->close (end);
}

/* ---- the other end, in another process ---- */

static gboolean
is_other_process (void)
{
  pid_t pid = fork ();

  if (pid < 0)
    bench_fail ("fork", NULL);
  if (pid == 0)
    prctl (PR_SET_PDEATHSIG, SIGKILL);

  return pid == 0;
}

static void
exchange (const BenchTlsLibrary *library,
          gpointer               end,
          gboolean               is_first)
{
  guint8 byte = '*';

  if (is_first)
    library->send (end, &byte, 1);
  library->receive (end, &byte, 1);
  if (!is_first)
    library->send (end, &byte, 1);
}

static void
prepare_idle_servers (BenchSubject *self)
{
  Tls *tls = g_new0 (Tls, 1);

  tls->library = self->variant->tls;
  tls->listener = tls->library->listen (&tls->address);
  self->data = tls;

  if (is_other_process ())
    while (TRUE)
      exchange (&bench_tls_gnutls, bench_tls_gnutls.connect (&tls->address), TRUE);
}

static void
prepare_idle_clients (BenchSubject *self)
{
  Tls *tls = g_new0 (Tls, 1);

  tls->library = self->variant->tls;
  tls->listener = bench_tls_gnutls.listen (&tls->address);
  self->data = tls;

  if (is_other_process ())
    while (TRUE)
      exchange (&bench_tls_gnutls, bench_tls_gnutls.accept (tls->listener), FALSE);
}

static void
add_server (BenchSubject *self)
{
  Tls *tls = self->data;

  exchange (tls->library, tls->library->accept (tls->listener), FALSE);
}

static void
add_client (BenchSubject *self)
{
  Tls *tls = self->data;

  exchange (tls->library, tls->library->connect (&tls->address), TRUE);
}

/* ---- the table ---- */

#define VARIANT(name, library, ...) { name, .tls = &library, __VA_ARGS__ }
#define ALL_LIBRARIES(...) \
  VARIANT ("gnutls", bench_tls_gnutls, __VA_ARGS__), \
  VARIANT ("openssl", bench_tls_openssl, __VA_ARGS__), \
  VARIANT ("gtls", bench_tls_gio, __VA_ARGS__), \
  VARIANT ("qsocket", bench_tls_qsocket, __VA_ARGS__), \
  { NULL }

static const BenchVariant bulk[] = {
  ALL_LIBRARIES (.prepare = prepare_bulk, .steps = { send_piece })
};

static const BenchVariant pingpong[] = {
  ALL_LIBRARIES (.prepare = prepare_pingpong, .steps = { send_piece, receive_piece })
};

static const BenchVariant handshakes[] = {
  ALL_LIBRARIES (.prepare = prepare_handshakes, .steps = { handshake })
};

static const BenchVariant idle_servers[] = {
  ALL_LIBRARIES (.prepare = prepare_idle_servers, .steps = { add_server })
};

static const BenchVariant idle_clients[] = {
  ALL_LIBRARIES (.prepare = prepare_idle_clients, .steps = { add_client })
};

static const BenchGoal bulk_goals[] = {
  { "qsocket", BENCH_GOAL_RATIO, 1.05, "gnutls" },
  { NULL }
};

static const BenchGoal pingpong_goals[] = {
  { "qsocket", BENCH_GOAL_RATIO, 0.85, "gnutls" },
  { NULL }
};

static const BenchGoal ec_goals[] = {
  { "qsocket", BENCH_GOAL_RATIO, 0.55, "gnutls" },
  { NULL }
};

static const BenchGoal rsa_goals[] = {
  { "qsocket", BENCH_GOAL_RATIO, 0.75, "gnutls" },
  { NULL }
};

static const BenchGoal idle_server_goals[] = {
  { "qsocket", BENCH_GOAL_HEAP_KIB, 32 },
  { NULL }
};

static const BenchGoal idle_client_goals[] = {
  { "qsocket", BENCH_GOAL_HEAP_KIB, 48 },
  { NULL }
};

#define KIB ((gsize) 1024)
#define N_IDLE 50

const BenchWorkload bench_tls_workloads[] = {
  { "tls-bulk-64k", "bulk over TLS, both sides", "piece of 64 KiB", BENCH_TCP, TRUE, 64 * KIB,
    NULL, bulk, bulk_goals, "gnutls", 500, make_ec_identity },
  { "tls-bulk-1m", "bulk over TLS, both sides", "piece of 1 MiB", BENCH_TCP, TRUE, 1024 * KIB,
    NULL, bulk, bulk_goals, "gnutls", 100, make_ec_identity },
  { "tls-pingpong", "ping-pong over TLS, both sides; timeouts with gtls and qsocket",
    "64 bytes there and back", BENCH_TCP, TRUE, 64, NULL, pingpong, pingpong_goals, "gnutls", 1000,
    make_ec_identity },
  { "tls-handshake-ec", "connect, handshake with P-256, one byte, close, both sides",
    "connection", BENCH_TCP, TRUE, 1, NULL, handshakes, ec_goals, "gnutls", 50, make_ec_identity },
  { "tls-handshake-rsa", "connect, handshake with RSA-2048, one byte, close, both sides",
    "connection", BENCH_TCP, TRUE, 1, NULL, handshakes, rsa_goals, "gnutls", 50,
    make_rsa_identity },
  { "tls-idle-server", "heap of a server for connections on which a byte went there and back",
    "connection", BENCH_TCP, TRUE, 1, NULL, idle_servers, idle_server_goals, "gnutls", 0,
    make_ec_identity, N_IDLE },
  { "tls-idle-client", "heap of clients for connections on which a byte went there and back",
    "connection", BENCH_TCP, TRUE, 1, NULL, idle_clients, idle_client_goals, "gnutls", 0,
    make_ec_identity, N_IDLE },
  { NULL }
};
