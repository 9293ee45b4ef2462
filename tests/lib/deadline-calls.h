/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "test-feed.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Every call that has a deadline, behind one signature, for peers that keep it waiting. */

/* What drips: the start of a header, a text, and bytes. It lasts for ten seconds. */
#define N_DROPS 500
#define DRIP_MS 20

static char drops[N_DROPS + 1];

/* What is sent: bytes, and text as well. */
static guint8 *pattern;

/* To be called once, before the calls. */
static inline void
deadline_calls_set_up (void)
{
  static const char start[] = "GET / HTTP/1.1\r\nHost: ";

  for (gsize i = 0; i < N_DROPS; i++)
    drops[i] = (char) ('a' + i % 23);
  memcpy (drops, start, sizeof start - 1);

  pattern = test_pattern (TEST_OVERFLOW);
  for (gsize i = 0; i < TEST_OVERFLOW; i++)
    pattern[i] = pattern[i] % 127 + 1;
}

/* ---- reading ---- */

typedef struct
{
  const char *name;
  void (*run) (QSocket *sock, int timeout_ms, GCancellable *cancellable, GError **error);
  gsize n_drops;                /* so many are not enough for it; 0: all are not */
} Call;

#define BYTES_CALL(name, size) \
  static inline void \
  name (QSocket *sock, int timeout_ms, GCancellable *cancellable, GError **error) \
  { \
    GBytes *got = q_socket_recv_binary (sock, size, timeout_ms, cancellable, error); \
  \
    g_clear_pointer (&got, g_bytes_unref); \
  }

#define TEXT_CALL(name, size) \
  static inline void \
  name (QSocket *sock, int timeout_ms, GCancellable *cancellable, GError **error) \
  { \
    g_free (q_socket_recv (sock, size, timeout_ms, cancellable, error)); \
  }

#define INTO_CALL(name, minimum, size) \
  static inline void \
  name (QSocket *sock, int timeout_ms, GCancellable *cancellable, GError **error) \
  { \
    g_autofree guint8 *memory = g_malloc (size); \
  \
    q_socket_recv_into (sock, memory, minimum, size, timeout_ms, cancellable, error); \
  }

BYTES_CALL (binary_small, 1000)
BYTES_CALL (binary_large, 100000)
BYTES_CALL (binary_to_end, -1)
TEXT_CALL (text_small, 1000)
TEXT_CALL (text_large, 100000)
TEXT_CALL (text_to_end, -1)
INTO_CALL (into_small, 1000, 1000)
INTO_CALL (into_large, 100000, 100000)
INTO_CALL (into_some, 999, 200000)

static inline void
integer (QSocket       *sock,
         int            timeout_ms,
         GCancellable  *cancellable,
         GError       **error)
{
  q_socket_recv_i8 (sock, timeout_ms, cancellable, error);
}

static inline void
header (QSocket       *sock,
        int            timeout_ms,
        GCancellable  *cancellable,
        GError       **error)
{
  GVariant *got = q_socket_read_http_header (sock, timeout_ms, cancellable, error);

  g_clear_pointer (&got, g_variant_unref);
}

static inline void
keep_result (GObject      *object,
             GAsyncResult *result,
             gpointer      data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static inline void
binary_async (QSocket       *sock,
              int            timeout_ms,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GAsyncResult) result = NULL;
  GBytes *got;

  g_main_context_push_thread_default (context);
  q_socket_recv_binary_async (sock, 100000, timeout_ms, G_PRIORITY_DEFAULT, cancellable,
                              keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  got = q_socket_recv_binary_finish (sock, result, error);
  g_clear_pointer (&got, g_bytes_unref);
}

static const Call reads[] = {
  { "binary-small", binary_small },
  { "binary-large", binary_large },
  { "binary-to-end", binary_to_end },
  { "binary-async", binary_async },
  { "text-small", text_small },
  { "text-large", text_large },
  { "text-to-end", text_to_end },
  { "into-small", into_small },
  { "into-large", into_large },
  { "into-some", into_some },
  { "integer", integer, 7 },
  { "header", header },
};

/* ---- sending ---- */

static inline void
send_bytes (QSocket       *sock,
            int            timeout_ms,
            GCancellable  *cancellable,
            GError       **error)
{
  q_socket_send_data (sock, pattern, TEST_OVERFLOW, timeout_ms, cancellable, error);
}

static inline void
send_text (QSocket       *sock,
           int            timeout_ms,
           GCancellable  *cancellable,
           GError       **error)
{
  q_socket_send (sock, (const char *) pattern + TEST_OVERFLOW - 500000, timeout_ms, cancellable,
                 error);
}

static inline void
send_response (QSocket       *sock,
               int            timeout_ms,
               GCancellable  *cancellable,
               GError       **error)
{
  g_autoptr (GBytes) body = g_bytes_new_static (pattern, 500000);

  q_socket_send_http_response (sock, 200, "OK", "1.1", NULL, body, timeout_ms, cancellable, error);
}

static inline void
send_integer (QSocket       *sock,
              int            timeout_ms,
              GCancellable  *cancellable,
              GError       **error)
{
  q_socket_send_i8 (sock, 1, timeout_ms, cancellable, error);
}

static inline void
send_corked (QSocket       *sock,
             int            timeout_ms,
             GCancellable  *cancellable,
             GError       **error)
{
  q_socket_cork (sock);
  q_socket_send_i8 (sock, 1, timeout_ms, cancellable, NULL);
  q_socket_uncork (sock, timeout_ms, cancellable, error);
}

/* For the table it fails as the others do. */
static inline void
write_finished (QSocket       *sock,
                int            timeout_ms,
                GCancellable  *cancellable,
                GError       **error)
{
  if (!q_socket_is_write_finished (sock, timeout_ms))
    g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT, "not finished");
}

static inline void
data_available (QSocket       *sock,
                int            timeout_ms,
                GCancellable  *cancellable,
                GError       **error)
{
  if (!q_socket_is_data_available (sock, timeout_ms))
    g_set_error_literal (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT, "nothing available");
}

static const Call sends[] = {
  { "bytes", send_bytes },
  { "text", send_text },
  { "response", send_response },
  { "integer", send_integer },
  { "corked", send_corked },
  { "write-finished", write_finished },
  { "data-available", data_available },
};

/* ---- signals ---- */

static inline void
ignore_signal (int number)
{
}

/* A signal to this thread each few milliseconds, which does or does not restart
 * the system call that it interrupts. */
static inline timer_t
begin_storm (int flags)
{
  int number = flags == 0 ? SIGUSR1 : SIGUSR2;
  struct sigaction action = { .sa_handler = ignore_signal, .sa_flags = flags };
  struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = number };
  struct itimerspec interval = { { 0, 3000000 }, { 0, 3000000 } };
  timer_t timer;

  g_assert_no_errno (sigaction (number, &action, NULL));
  event._sigev_un._tid = gettid ();
  g_assert_no_errno (timer_create (CLOCK_MONOTONIC, &event, &timer));
  g_assert_no_errno (timer_settime (timer, 0, &interval, NULL));

  return timer;
}
