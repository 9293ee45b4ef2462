/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "test-full.h"
#include "test-peer.h"

G_BEGIN_DECLS

/* What tests of sending and receiving share: tables that run over every kind of
 * connection, and peers that live in a thread of their own. */

typedef struct
{
  const char *name;
  void (*run) (TestKind kind);
} TestCase;

/* Adds each case for each kind as /socket/SUBJECT/KIND/NAME. */
void test_add_cases (const char     *subject,
                     const TestCase *cases,
                     gsize           n_cases);

/* Calls @function in a thread that owns nothing. */
GThread *test_thread (GThreadFunc function,
                      gpointer    data);

/* The same for a thread that begins a call that has to wait, and returns when it waits in the
 * kernel: the call has by then claimed what it needs of its socket, so that another one of its
 * kind is PENDING. */
GThread *test_thread_blocked (GThreadFunc function,
                              gpointer    data);

/* A peer that writes @bytes to @fd in pieces, each as soon as @reader has taken
 * the one before out of the kernel (where two may still meet on their way), and
 * then may @end the stream. One that drips writes a byte every @interval_ms,
 * whatever the reader does. @bytes must outlive it. */
typedef struct
{
  int fd;
  int reader_fd;
  guint64 arrived_before;
  const guint8 *bytes;
  gsize length;
  gsize piece;
  int interval_ms;
  gboolean end;
  gboolean stop;
  GThread *thread;
} TestFeed;

void test_feed_start (TestFeed   *feed,
                      int         fd,
                      QSocket    *reader,
                      const void *bytes,
                      gsize       length,
                      gsize       piece,
                      gboolean    end);

void test_drip_start (TestFeed   *feed,
                      int         fd,
                      const void *bytes,
                      gsize       length,
                      int         interval_ms);

/* Waits until all is written. */
void test_feed_join (TestFeed *feed);

/* Makes it end before its next piece; returns how many bytes it wrote. */
gsize test_feed_stop (TestFeed *feed);

/* A peer that reads up to the end. */
typedef struct
{
  int fd;
  GBytes *bytes;
  GThread *thread;
} TestDrain;

void    test_drain_start (TestDrain *drain,
                          int        fd);
GBytes *test_drain_join  (TestDrain *drain);

/* Bytes that tell their own place. */
guint8 *test_pattern (gsize length);

/* Ends what @fd sends, with the end of the stream or with a reset. */
void test_end_stream (int fd);
void test_reset      (TestKind  kind,
                      int      *fd);

/* Waits, without reading, until @length bytes have arrived at @sock, or more. */
void test_wait_arrived (QSocket *sock,
                        gsize    length);

/* Reads so many bytes, as recv_binary () counts them, and compares. */
void test_expect_bytes (QSocket    *sock,
                        gssize      size,
                        const void *bytes,
                        gsize       length);

/* Reads so many bytes, and fails. */
void test_expect_failure (QSocket      *sock,
                          gssize        size,
                          int           timeout_ms,
                          QSocketError  code);

/* How long this thread has worked the processor. */
gint64 test_thread_time_ms (void);

/* Waits until the thread that wrote its number to @tid sleeps in the kernel. */
void test_wait_asleep (const int *tid);

G_END_DECLS
