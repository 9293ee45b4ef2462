/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* The measured side: its connection as each API sees it, and the steps that most
 * workloads are made of.
 */

#include "config.h"

#include "bench.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the peers read and write at a time. */
#define PEER_BLOCK (256 * 1024)
#define PAGE_SIZE 4096

/* Ends this process: the measurement has no result, the others go on. */
void
bench_fail (const char   *what,
            const GError *error)
{
  fprintf (stderr, "bench: %s: %s\n", what,
           error != NULL ? error->message : errno != 0 ? g_strerror (errno) : "ended early");
  _exit (EXIT_FAILURE);
}

static void
set_no_delay (int fd)
{
  int on = 1;

  if (setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    bench_fail ("setsockopt", NULL);
}

/* Listens on the loopback at a free port, or at @path. Returns the descriptor and fills
 * @address. */
int
bench_listen (BenchTransport  transport,
              const char     *path,
              BenchAddress   *address)
{
  int fd;

  *address = (BenchAddress) { .length = sizeof address->tcp };
  if (transport == BENCH_TCP)
    {
      address->tcp.sin_family = AF_INET;
      address->tcp.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
    }
  else
    {
      address->local.sun_family = AF_UNIX;
      g_strlcpy (address->local.sun_path, path, sizeof address->local.sun_path);
      address->length = sizeof address->local;
    }

  fd = socket (address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0
      || bind (fd, &address->any, address->length) != 0
      || listen (fd, BENCH_BACKLOG) != 0
      || getsockname (fd, &address->any, &address->length) != 0)
    bench_fail ("listening", NULL);

  return fd;
}

/* The address as QSocket takes it. */
char *
bench_address_to_target (const BenchAddress *address)
{
  if (address->any.sa_family == AF_INET)
    return g_strdup_printf ("127.0.0.1:%d", ntohs (address->tcp.sin_port));

  return g_strdup (address->local.sun_path);
}

int
bench_connect (const BenchAddress *address)
{
  int fd = socket (address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || connect (fd, &address->any, address->length) != 0)
    bench_fail ("connect", NULL);
  if (address->any.sa_family == AF_INET)
    set_no_delay (fd);

  return fd;
}

int
bench_accept (int                 listener,
              const BenchAddress *address)
{
  int fd = accept4 (listener, NULL, NULL, SOCK_CLOEXEC);

  if (fd < 0)
    bench_fail ("accept", NULL);
  if (address->any.sa_family == AF_INET)
    set_no_delay (fd);

  return fd;
}

static void
open_gio (BenchSubject *self,
          BenchApi      api)
{
  g_autoptr (GError) error = NULL;

  self->fd = bench_connect (self->address);
  self->gsocket = g_socket_new_from_fd (self->fd, &error);
  if (self->gsocket == NULL)
    bench_fail ("g_socket_new_from_fd", error);

  if (api == BENCH_API_GSTREAM)
    {
      self->stream = G_IO_STREAM (g_socket_connection_factory_create_connection (self->gsocket));
      self->input = g_object_ref (g_io_stream_get_input_stream (self->stream));
      self->output = g_object_ref (g_io_stream_get_output_stream (self->stream));
    }
}

/* QSocket opens its connections itself, as in most programs: it does more with a
 * descriptor that is its own. */
static void
open_qsocket (BenchSubject *self)
{
  g_autofree char *target = bench_address_to_target (self->address);
  g_autoptr (GError) error = NULL;

  self->socket = q_socket_new ();
  if (!q_socket_connect_to (self->socket, target, BENCH_TIMEOUT_MS, NULL, &error))
    bench_fail ("q_socket_connect_to", error);
}

static void
open_adopted (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;

  self->fd = bench_connect (self->address);
  self->socket = q_socket_new_from_fd (self->fd, &error);
  if (self->socket == NULL)
    bench_fail ("q_socket_new_from_fd", error);
}

static void
open_connection (BenchSubject *self,
                 BenchApi      api)
{
  switch (api)
    {
    case BENCH_API_GSOCKET:
    case BENCH_API_GSTREAM:
      open_gio (self, api);
      break;
    case BENCH_API_QSOCKET:
      open_qsocket (self);
      break;
    case BENCH_API_ADOPTED:
      open_adopted (self);
      break;
    case BENCH_API_UV:
      self->fd = bench_connect (self->address);
      self->uv = bench_uv_open (self);
      break;
    case BENCH_API_RAW:
    case BENCH_API_PYTHON:
    default:
      self->fd = bench_connect (self->address);
      break;
    }
}

void
bench_subject_open (BenchSubject       *self,
                    const BenchVariant *variant)
{
  void *buffer;

  /* At the start of a page for all: a copy from page to page whose target lies a little
   * further into its page, as in what malloc maps, takes three times as long on some CPUs. */
  if (posix_memalign (&buffer, PAGE_SIZE, MAX (self->workload->size, 1)) != 0)
    bench_fail ("posix_memalign", NULL);
  self->buffer = buffer;
  /* No zeros: they are what an integer read returns when it fails. */
  memset (self->buffer, 0x2a, self->workload->size);
  self->bytes = g_bytes_new_static (self->buffer, self->workload->size);

  if (self->workload->peer != NULL)
    open_connection (self, variant->api);
  if (variant->prepare != NULL)
    variant->prepare (self);
}

void
bench_subject_close (BenchSubject *self)
{
  g_clear_object (&self->input);
  g_clear_object (&self->output);
  g_clear_object (&self->stream);
  g_clear_object (&self->gsocket);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->socket);
  if (self->uv != NULL)
    bench_uv_close (self->uv);
  g_bytes_unref (self->bytes);
  free (self->buffer);
}

void
bench_raw_send (BenchSubject *self)
{
  gsize done = 0;

  while (done < self->workload->size)
    {
      ssize_t n = send (self->fd, self->buffer + done, self->workload->size - done, MSG_NOSIGNAL);

      if (n > 0)
        done += n;
      else if (errno != EINTR)
        bench_fail ("send", NULL);
    }
}

void
bench_raw_receive (BenchSubject *self)
{
  gsize done = 0;

  while (done < self->workload->size)
    {
      ssize_t n = recv (self->fd, self->buffer + done, self->workload->size - done, 0);

      if (n > 0)
        done += n;
      else if (n == 0 || errno != EINTR)
        bench_fail ("recv", NULL);
    }
}

void
bench_gsocket_send (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;
  gsize done = 0;

  while (done < self->workload->size)
    {
      gssize n = g_socket_send (self->gsocket, (const char *) self->buffer + done,
                                self->workload->size - done, self->cancellable, &error);

      if (n < 0)
        bench_fail ("g_socket_send", error);
      done += n;
    }
}

void
bench_gsocket_receive (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;
  gsize done = 0;

  while (done < self->workload->size)
    {
      gssize n = g_socket_receive (self->gsocket, (char *) self->buffer + done,
                                   self->workload->size - done, self->cancellable, &error);

      if (n <= 0)
        bench_fail ("g_socket_receive", error);
      done += n;
    }
}

void
bench_gstream_send (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;

  if (!g_output_stream_write_all (self->output, self->buffer, self->workload->size, NULL,
                                  self->cancellable, &error))
    bench_fail ("g_output_stream_write_all", error);
}

void
bench_gstream_receive (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;
  gsize done;

  if (!g_input_stream_read_all (self->input, self->buffer, self->workload->size, &done,
                                self->cancellable, &error)
      || done < self->workload->size)
    bench_fail ("g_input_stream_read_all", error);
}

void
bench_qsocket_send (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;

  if (!q_socket_send_data (self->socket, self->buffer, self->workload->size, BENCH_TIMEOUT_MS,
                           self->cancellable, &error))
    bench_fail ("q_socket_send_data", error);
}

void
bench_qsocket_receive (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;
  gsize size = self->workload->size;

  if (q_socket_recv_into (self->socket, self->buffer, size, size, BENCH_TIMEOUT_MS,
                          self->cancellable, &error) != (gssize) size)
    bench_fail ("q_socket_recv_into", error);
}

void
bench_peer_source (int      fd,
                   gboolean is_slow)
{
  g_autofree guint8 *block = g_malloc (PEER_BLOCK);
  ssize_t n;

  memset (block, 0x2a, PEER_BLOCK);
  do
    n = send (fd, block, PEER_BLOCK, MSG_NOSIGNAL);
  while (n > 0);
}

void
bench_peer_sink (int      fd,
                 gboolean is_slow)
{
  g_autofree guint8 *block = g_malloc (PEER_BLOCK);
  ssize_t n;

  do
    n = recv (fd, block, PEER_BLOCK, 0);
  while (n > 0);
}
