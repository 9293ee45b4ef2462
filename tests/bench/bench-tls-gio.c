/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* GTlsConnection the usual way: over a GSocketConnection, with blocking streams. */

#include "config.h"

#include "bench-tls.h"

typedef struct
{
  BenchAddress address;
  int fd;
  GTlsCertificate *certificate;
} Listener;

static GIOStream *
new_base (int fd)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, &error);

  if (socket == NULL)
    bench_fail ("g_socket_new_from_fd", error);
  g_socket_set_timeout (socket, BENCH_TIMEOUT_S);

  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

static gpointer
finish_end (GIOStream *end,
            GError    *error)
{
  if (end == NULL
      || !g_tls_connection_handshake (G_TLS_CONNECTION (end), NULL, &error))
    bench_fail ("g_tls_connection_handshake", error);

  return end;
}

static gpointer
gio_listen (BenchAddress *address)
{
  const BenchTlsIdentity *identity = bench_tls_get_identity ();
  g_autofree char *pem = g_strconcat (identity->certificate, identity->key, NULL);
  g_autoptr (GError) error = NULL;
  Listener *listener = g_new0 (Listener, 1);

  listener->fd = bench_listen (BENCH_TCP, NULL, address);
  listener->address = *address;
  listener->certificate = g_tls_certificate_new_from_pem (pem, -1, &error);
  if (listener->certificate == NULL)
    bench_fail ("g_tls_certificate_new_from_pem", error);

  return listener;
}

static gpointer
gio_accept (gpointer data)
{
  Listener *listener = data;
  g_autoptr (GIOStream) base = new_base (bench_accept (listener->fd, &listener->address));
  GError *error = NULL;
  GIOStream *end = g_tls_server_connection_new (base, listener->certificate, &error);

  return finish_end (end, error);
}

static gpointer
gio_connect (const BenchAddress *address)
{
  static GTlsDatabase *database;
  g_autoptr (GIOStream) base = new_base (bench_connect (address));
  g_autoptr (GSocketAddress) identity = g_inet_socket_address_new_from_string (BENCH_TLS_HOST, 0);
  GError *error = NULL;
  GIOStream *end;

  if (database == NULL)
    database = g_tls_file_database_new (bench_tls_get_identity ()->ca_file, &error);
  if (database == NULL)
    bench_fail ("g_tls_file_database_new", error);

  end = g_tls_client_connection_new (base, G_SOCKET_CONNECTABLE (identity), &error);
  if (end != NULL)
    g_tls_connection_set_database (G_TLS_CONNECTION (end), database);

  return finish_end (end, error);
}

static void
gio_send (gpointer      end,
          const guint8 *bytes,
          gsize         size)
{
  g_autoptr (GError) error = NULL;

  if (!g_output_stream_write_all (g_io_stream_get_output_stream (end), bytes, size, NULL, NULL,
                                  &error))
    bench_fail ("g_output_stream_write_all", error);
}

static void
gio_receive (gpointer  end,
             guint8   *buffer,
             gsize     size)
{
  g_autoptr (GError) error = NULL;
  gsize done;

  if (!g_input_stream_read_all (g_io_stream_get_input_stream (end), buffer, size, &done, NULL,
                                &error)
      || done < size)
    bench_fail ("g_input_stream_read_all", error);
}

static void
gio_close (gpointer end)
{
  g_io_stream_close (end, NULL, NULL);
  g_object_unref (end);
}

const BenchTlsLibrary bench_tls_gio = {
  gio_listen, gio_accept, gio_connect, gio_send, gio_receive, gio_close,
};
