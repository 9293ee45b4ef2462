/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* HTTP heads that follow each other without bodies, each into the form in which its
 * library hands it out.
 */

#include "config.h"

#include "bench.h"

#include <string.h>

#ifdef HAVE_LIBSOUP
#include <libsoup/soup.h>
#endif

#define BUFFER_SIZE (64 * 1024)
#define N_FIELDS 12

static const char head[] =
  "HTTP/1.1 200 OK\r\n"
  "Date: Sat, 22 Nov 2025 10:33:07 GMT\r\n"
  "Server: Apache/2.4.57 (Debian) OpenSSL/3.0.11\r\n"
  "Last-Modified: Tue, 04 Nov 2025 08:15:30 GMT\r\n"
  "ETag: \"2aa6-61d3b7c5e4f80-gzip\"\r\n"
  "Accept-Ranges: bytes\r\n"
  "Vary: Accept-Encoding, Accept-Language, Cookie\r\n"
  "Cache-Control: public, max-age=3600, stale-while-revalidate=86400\r\n"
  "Content-Type: text/html; charset=utf-8\r\n"
  "Content-Length: 0\r\n"
  "Strict-Transport-Security: max-age=63072000; includeSubDomains; preload\r\n"
  "Set-Cookie: session=8f14e45fceea167a5a36dedd4b; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"
  "X-Request-Id: 5e6f7a80-1b2c-4d3e-9f10-a1b2c3d4e5f6\r\n"
  "\r\n";

G_STATIC_ASSERT (sizeof head - 1 == 591);

static void
peer_heads (int      fd,
            gboolean is_slow)
{
  g_autoptr (GString) heads = g_string_new (NULL);

  for (guint i = 0; i < 400; i++)
    g_string_append_len (heads, head, sizeof head - 1);

  for (gsize done = 0;; done %= heads->len)
    {
      ssize_t n = send (fd, heads->str + done, heads->len - done, MSG_NOSIGNAL);

      if (n <= 0)
        return;
      done += n;
    }
}

/* What a program without a library would have: a buffer, and where the unread part is. */
typedef struct
{
  char bytes[BUFFER_SIZE];
  gsize start;
  gsize end;
} Buffer;

static void
prepare_buffer (BenchSubject *self)
{
  self->data = g_new0 (Buffer, 1);
}

/* Returns the next head up to its blank line, with the length of what to parse. */
static const char *
next_head (BenchSubject *self,
           gsize        *length)
{
  Buffer *buffer = self->data;

  for (;;)
    {
      const char *start = buffer->bytes + buffer->start;
      gsize available = buffer->end - buffer->start;
      const char *blank = memmem (start, available, "\r\n\r\n", 4);
      ssize_t n;

      if (blank != NULL)
        {
          *length = blank + 2 - start;
          buffer->start += *length + 2;
          return start;
        }

      memmove (buffer->bytes, start, available);
      n = recv (self->fd, buffer->bytes + available, sizeof buffer->bytes - available, 0);
      if (n <= 0)
        bench_fail ("recv", NULL);
      buffer->start = 0;
      buffer->end = available + n;
    }
}

/* The limit: where each field's name and value are, and nothing made of it. */
static void
scan_head (BenchSubject *self)
{
  gsize length;
  const char *line = next_head (self, &length);
  const char *end = line + length;
  guint n_fields = 0;

  line = (const char *) memchr (line, '\n', length) + 1;
  while (line < end)
    {
      const char *next = (const char *) memchr (line, '\n', end - line) + 1;

      n_fields += memchr (line, ':', next - line) != NULL;
      line = next;
    }
  if (n_fields != N_FIELDS)
    bench_fail ("scanning a head", NULL);
}

#ifdef HAVE_LIBSOUP
static void
soup_head (BenchSubject *self)
{
  gsize length;
  const char *text = next_head (self, &length);
  SoupMessageHeaders *headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  g_autofree char *reason = NULL;
  SoupHTTPVersion version;
  guint status;

  if (!soup_headers_parse_response (text, length, headers, &version, &status, &reason))
    bench_fail ("soup_headers_parse_response", NULL);
  soup_message_headers_unref (headers);
}
#else
#define soup_head NULL
#endif

static void
prepare_data_input (BenchSubject *self)
{
  g_autoptr (GInputStream) plain = g_steal_pointer (&self->input);

  self->input = G_INPUT_STREAM (g_data_input_stream_new (plain));
  g_buffered_input_stream_set_buffer_size (G_BUFFERED_INPUT_STREAM (self->input), BUFFER_SIZE);
  g_data_input_stream_set_newline_type (G_DATA_INPUT_STREAM (self->input),
                                        G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
}

static char *
read_line (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;
  char *line = g_data_input_stream_read_line (G_DATA_INPUT_STREAM (self->input), NULL, NULL,
                                              &error);

  if (line == NULL)
    bench_fail ("g_data_input_stream_read_line", error);

  return line;
}

/* What people write with GIO: lines, and a hash table with names in lower case. */
static void
read_lines (BenchSubject *self)
{
  g_autoptr (GHashTable) fields = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *status_line = read_line (self);

  for (;;)
    {
      g_autofree char *line = read_line (self);
      char *colon = strchr (line, ':');

      if (colon == NULL)
        break;
      g_hash_table_insert (fields, g_ascii_strdown (line, colon - line),
                           g_strdup (colon + 1 + strspn (colon + 1, " \t")));
    }
  if (!g_str_has_prefix (status_line, "HTTP/1.1 200") || g_hash_table_size (fields) != N_FIELDS)
    bench_fail ("reading a head", NULL);
}

static void
read_http_header (BenchSubject *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) header = q_socket_read_http_header (self->socket, BENCH_TIMEOUT_MS, NULL,
                                                           &error);

  if (header == NULL || !g_variant_is_of_type (header, G_VARIANT_TYPE_VARDICT))
    bench_fail ("q_socket_read_http_header", error);
}

static const BenchVariant readers[] = {
  { "scan", BENCH_API_RAW, prepare_buffer, { scan_head } },
  { "libsoup", BENCH_API_RAW, prepare_buffer, { soup_head } },
  { "gdatainput, hash", BENCH_API_GSTREAM, prepare_data_input, { read_lines } },
  { "read_http_header", BENCH_API_QSOCKET, .steps = { read_http_header } },
  { NULL }
};

static const BenchGoal goals[] = {
  { "read_http_header", BENCH_GOAL_RATIO, 1.8, "libsoup" },
  { "read_http_header", BENCH_GOAL_NS, 1300 },
  { NULL }
};

const BenchWorkload bench_http_workloads[] = {
  { "http", "HTTP heads over TCP, parsed", "head of 591 bytes, 12 fields", BENCH_TCP, FALSE, 0,
    peer_heads, readers, goals, "libsoup", 4000 },
  { NULL }
};
