/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* libuv: an event loop that runs until the pieces are through. */

#include "config.h"

#include "bench.h"

#include <errno.h>
#include <uv.h>

struct _BenchUv
{
  uv_loop_t loop;
  union
  {
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle;
  uv_write_t request;
  uv_buf_t piece;
  guint8 *buffer;
  gsize size;
  /* Bytes and operations still to come. */
  guint64 left;
  guint64 n;
};

static void
check (int         status,
       const char *what)
{
  if (status < 0)
    {
      errno = -status;
      bench_fail (what, NULL);
    }
}

BenchUv *
bench_uv_open (BenchSubject *self)
{
  BenchUv *uv = g_new0 (BenchUv, 1);

  uv->buffer = self->buffer;
  uv->size = self->workload->size;
  uv->piece = uv_buf_init ((char *) self->buffer, self->workload->size);
  check (uv_loop_init (&uv->loop), "uv_loop_init");
  if (self->workload->transport == BENCH_TCP)
    {
      check (uv_tcp_init (&uv->loop, &uv->handle.tcp), "uv_tcp_init");
      check (uv_tcp_open (&uv->handle.tcp, self->fd), "uv_tcp_open");
    }
  else
    {
      check (uv_pipe_init (&uv->loop, &uv->handle.pipe, 0), "uv_pipe_init");
      check (uv_pipe_open (&uv->handle.pipe, self->fd), "uv_pipe_open");
    }
  uv->handle.stream.data = uv;
  uv->request.data = uv;

  return uv;
}

void
bench_uv_close (BenchUv *uv)
{
  uv_close ((uv_handle_t *) &uv->handle, NULL);
  uv_run (&uv->loop, UV_RUN_DEFAULT);
  uv_loop_close (&uv->loop);
  g_free (uv);
}

/* Hands out what the current piece still lacks. */
static void
alloc_cb (uv_handle_t *handle,
          size_t       suggested,
          uv_buf_t    *buffer)
{
  BenchUv *uv = handle->data;

  *buffer = uv_buf_init ((char *) uv->buffer + uv->size - uv->left, uv->left);
}

static void
piece_read_cb (uv_stream_t    *stream,
               ssize_t         n,
               const uv_buf_t *buffer)
{
  BenchUv *uv = stream->data;

  check (n, "uv_read");
  uv->left -= n;
  if (uv->left > 0)
    return;
  if (--uv->n == 0)
    uv_read_stop (stream);
  uv->left = uv->size;
}

void
bench_uv_receive (BenchSubject *self,
                  guint64       n)
{
  BenchUv *uv = self->uv;

  uv->n = n;
  uv->left = uv->size;
  check (uv_read_start (&uv->handle.stream, alloc_cb, piece_read_cb), "uv_read_start");
  uv_run (&uv->loop, UV_RUN_DEFAULT);
}

static void
piece_written_cb (uv_write_t *request,
                  int         status)
{
  BenchUv *uv = request->data;

  check (status, "uv_write");
  if (--uv->n > 0)
    check (uv_write (&uv->request, &uv->handle.stream, &uv->piece, 1, piece_written_cb),
           "uv_write");
}

void
bench_uv_send (BenchSubject *self,
               guint64       n)
{
  BenchUv *uv = self->uv;

  uv->n = n;
  check (uv_write (&uv->request, &uv->handle.stream, &uv->piece, 1, piece_written_cb),
         "uv_write");
  uv_run (&uv->loop, UV_RUN_DEFAULT);
}

static void
ping_written_cb (uv_write_t *request,
                 int         status)
{
  check (status, "uv_write");
  g_free (request);
}

/* A request for each write: the answer may come before the callback of the write does. */
static void
ping (BenchUv *uv)
{
  uv_write_t *request = g_new (uv_write_t, 1);

  uv->left = uv->size;
  check (uv_write (request, &uv->handle.stream, &uv->piece, 1, ping_written_cb), "uv_write");
}

static void
pong_cb (uv_stream_t    *stream,
         ssize_t         n,
         const uv_buf_t *buffer)
{
  BenchUv *uv = stream->data;

  check (n, "uv_read");
  uv->left -= n;
  if (uv->left > 0)
    return;
  if (--uv->n > 0)
    ping (uv);
  else
    uv_read_stop (stream);
}

void
bench_uv_pingpong (BenchSubject *self,
                   guint64       n)
{
  BenchUv *uv = self->uv;

  uv->n = n;
  check (uv_read_start (&uv->handle.stream, alloc_cb, pong_cb), "uv_read_start");
  ping (uv);
  uv_run (&uv->loop, UV_RUN_DEFAULT);
}
