/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <errno.h>

#include "q-recv-http-op-private.h"
#include "q-recv-op-private.h"
#include "scripted-transport.h"
#include "test-peer.h"

/* One table of reads, which is run by every driver: what is buffered, what the
 * transport does, and what the result must be. */

typedef enum
{
  READ_SIZED,             /* q_recv_op_init () */
  READ_MEMORY,            /* q_recv_op_init_memory () */
  READ_HTTP,              /* q_recv_http_op_init () */
} ReadKind;

/* Results that are no error code: done, or waiting for bytes that never come. */
enum
{
  READ_DONE = -1,
  READ_STUCK = -2,
};

typedef struct
{
  const char *name;
  ReadKind kind;
  QRecvResult result;
  gssize size;            /* READ_MEMORY: the minimum; READ_HTTP: the most bytes */
  gsize limit;            /* READ_MEMORY: the maximum; READ_HTTP: the most fields */
  gboolean exact;
  gboolean end_is_fine;
  const char *buffered;
  const char *pending;    /* bytes of an incomplete character, which the decoder holds */
  int pending_error;
  gboolean at_end;
  ScriptEntry script[12];

  int code;
  const char *got;
  gssize got_length;      /* 0: strlen () */
  const char *reports;
  const char *left;       /* what the next read would find */
  gssize left_length;     /* 0: strlen () */
  const char *left_pending;
  int left_error;
} ReadCase;

/* More than goes through the buffer. All of it is valid text, for reads of text. */
#define BIG_SIZE (3 * 1024 * 1024)
static char big[BIG_SIZE + 1];

/* The same, but the last byte is no text. */
static char big_bad[Q_RECV_DIRECT_SIZE + 1];

#define SCRIPT_BIG(offset, length) { SCRIPT_BYTES, big + (offset), length, 0 }

#define HEADER "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

static const ReadCase read_cases[] = {
  /* exactly so many */
  { .name = "size/at-hand", .size = 3, .buffered = "abcde",
    .code = READ_DONE, .got = "abc", .reports = "read:3/3/3", .left = "de" },
  { .name = "size/at-once", .size = 3, .script = { SCRIPT ("abcde") },
    .code = READ_DONE, .got = "abc", .reports = "read:3/3/3", .left = "de" },
  { .name = "size/in-pieces", .size = 5,
    .script = { SCRIPT ("a"), SCRIPT ("bc"), SCRIPT_FAIL (EAGAIN), SCRIPT ("de") },
    .code = READ_DONE, .got = "abcde", .reports = "read:1/1/5 read:2/3/5 read:2/5/5" },
  { .name = "size/buffered-and-more", .size = 4, .buffered = "ab", .script = { SCRIPT ("cdef") },
    .code = READ_DONE, .got = "abcd", .reports = "read:2/2/4 read:2/4/4", .left = "ef" },
  { .name = "size/interrupted", .size = 2,
    .script = { SCRIPT_FAIL (EINTR), SCRIPT ("a"), SCRIPT_FAIL (EINTR), SCRIPT ("b") },
    .code = READ_DONE, .got = "ab", .reports = "read:1/1/2 read:1/2/2" },
  { .name = "size/stuck", .size = 3, .script = { SCRIPT ("ab") },
    .code = READ_STUCK, .reports = "read:2/2/3", .left = "ab" },
  { .name = "size/nothing", .size = 3, .code = READ_STUCK, .reports = "" },
  { .name = "size/end-first", .size = 3, .script = { SCRIPT_EOF },
    .code = Q_SOCKET_ERROR_CLOSED, .reports = "" },
  { .name = "size/end-midway", .size = 3, .script = { SCRIPT ("ab"), SCRIPT_EOF },
    .code = Q_SOCKET_ERROR_CLOSED, .reports = "read:2/2/3", .left = "ab" },
  { .name = "size/end-known", .size = 3, .buffered = "ab", .at_end = TRUE,
    .code = Q_SOCKET_ERROR_CLOSED, .reports = "read:2/2/3", .left = "ab" },
  { .name = "size/end-known-but-enough", .size = 2, .buffered = "ab", .at_end = TRUE,
    .code = READ_DONE, .got = "ab", .reports = "read:2/2/2" },
  { .name = "size/error-first", .size = 3, .script = { SCRIPT_FAIL (ECONNRESET) },
    .code = Q_SOCKET_ERROR_RECV, .reports = "" },
  { .name = "size/error-midway", .size = 3, .script = { SCRIPT ("ab"), SCRIPT_FAIL (EIO) },
    .code = Q_SOCKET_ERROR_RECV, .reports = "read:2/2/3", .left = "ab" },
  { .name = "size/error-known", .size = 3, .buffered = "ab", .pending_error = EIO,
    .code = Q_SOCKET_ERROR_RECV, .reports = "read:2/2/3", .left = "ab" },
  { .name = "size/error-known-but-enough", .size = 2, .buffered = "ab", .pending_error = EIO,
    .code = READ_DONE, .got = "ab", .reports = "read:2/2/2", .left_error = EIO },

  /* what has arrived */
  { .name = "there/at-hand", .buffered = "abc",
    .code = READ_DONE, .got = "abc", .reports = "read:3/3/-1" },
  { .name = "there/comes", .script = { SCRIPT_FAIL (EAGAIN), SCRIPT ("abc"), SCRIPT ("de") },
    .code = READ_DONE, .got = "abc", .reports = "read:3/3/-1" },
  { .name = "there/stuck", .code = READ_STUCK, .reports = "" },
  { .name = "there/end", .script = { SCRIPT_EOF }, .code = Q_SOCKET_ERROR_CLOSED, .reports = "" },
  { .name = "there/error", .script = { SCRIPT_FAIL (EIO) },
    .code = Q_SOCKET_ERROR_RECV, .reports = "" },
  { .name = "there/drained", .script = { SCRIPT_BIG (0, 100000) },
    .code = READ_DONE, .got = big, .got_length = 100000, .reports = "read:100000/100000/-1" },
  { .name = "there/drained-to-error",
    .script = { SCRIPT_BIG (0, Q_RECV_BUFFER_MIN), SCRIPT_FAIL (ECONNRESET) },
    .code = READ_DONE, .got = big, .got_length = Q_RECV_BUFFER_MIN, .reports = "read:4096/4096/-1",
    .left_error = ECONNRESET },
  { .name = "there/drained-to-interruption",
    .script = { SCRIPT_BIG (0, Q_RECV_BUFFER_MIN), SCRIPT_FAIL (EINTR) },
    .code = READ_DONE, .got = big, .got_length = Q_RECV_BUFFER_MIN,
    .reports = "read:4096/4096/-1" },
  { .name = "there/drained-to-end",
    .script = { SCRIPT_BIG (0, Q_RECV_BUFFER_MIN), SCRIPT_EOF },
    .code = READ_DONE, .got = big, .got_length = Q_RECV_BUFFER_MIN,
    .reports = "read:4096/4096/-1" },

  /* until the end */
  { .name = "end/in-pieces", .size = -1, .buffered = "a", .script = { SCRIPT ("bc"), SCRIPT_EOF },
    .code = READ_DONE, .got = "abc", .reports = "read:1/1/-1 read:2/3/-1" },
  { .name = "end/any-negative", .size = G_MINSSIZE, .script = { SCRIPT ("bc"), SCRIPT_EOF },
    .code = READ_DONE, .got = "bc", .reports = "read:2/2/-1" },
  { .name = "end/nothing", .size = -1, .script = { SCRIPT_EOF },
    .code = READ_DONE, .got = "", .reports = "" },
  { .name = "end/known", .size = -1, .buffered = "abc", .at_end = TRUE,
    .code = READ_DONE, .got = "abc", .reports = "read:3/3/-1" },
  { .name = "end/stuck", .size = -1, .script = { SCRIPT ("abc") },
    .code = READ_STUCK, .reports = "read:3/3/-1", .left = "abc" },
  { .name = "end/error", .size = -1, .script = { SCRIPT ("abc"), SCRIPT_FAIL (ECONNRESET) },
    .code = Q_SOCKET_ERROR_RECV, .reports = "read:3/3/-1", .left = "abc" },
  { .name = "end/limit", .size = -1, .limit = 4, .script = { SCRIPT ("abcd"), SCRIPT_EOF },
    .code = READ_DONE, .got = "abcd", .reports = "read:4/4/-1" },
  { .name = "end/limit-passed", .size = -1, .limit = 4, .script = { SCRIPT ("abcdef") },
    .code = Q_SOCKET_ERROR_TOO_LARGE, .reports = "read:5/5/-1", .left = "abcdef" },
  { .name = "end/limit-passed-at-hand", .size = -1, .limit = 4, .buffered = "abcdef",
    .code = Q_SOCKET_ERROR_TOO_LARGE, .reports = "read:5/5/-1", .left = "abcdef" },
  { .name = "end/limit-and-error", .size = -1, .limit = 4,
    .script = { SCRIPT ("abcd"), SCRIPT_FAIL (EIO) },
    .code = Q_SOCKET_ERROR_RECV, .reports = "read:4/4/-1", .left = "abcd" },
  { .name = "end/limit-greatest", .size = -1, .limit = -1,
    .script = { SCRIPT ("abcd"), SCRIPT_EOF },
    .code = READ_DONE, .got = "abcd", .reports = "read:4/4/-1" },

  /* large ones, which avoid the buffer */
  { .name = "big/size", .size = 200000, .buffered = "#",
    .script = { SCRIPT_BIG (1, 99999), SCRIPT_FAIL (EAGAIN), SCRIPT_BIG (100000, 100000) },
    .code = READ_DONE, .got = big, .got_length = 200000,
    .reports = "read:1/1/200000 read:99999/100000/200000 read:100000/200000/200000" },
  { .name = "big/size-exactly-direct", .size = Q_RECV_DIRECT_SIZE,
    .script = { SCRIPT_BIG (0, Q_RECV_DIRECT_SIZE), SCRIPT ("x") },
    .code = READ_DONE, .got = big, .got_length = Q_RECV_DIRECT_SIZE,
    .reports = "read:65536/65536/65536" },
  { .name = "big/size-just-buffered", .size = Q_RECV_DIRECT_SIZE - 1,
    .script = { SCRIPT_BIG (0, Q_RECV_DIRECT_SIZE), SCRIPT ("x") },
    .code = READ_DONE, .got = big, .got_length = Q_RECV_DIRECT_SIZE - 1,
    .reports = "read:65535/65535/65535", .left = big + Q_RECV_DIRECT_SIZE - 1, .left_length = 1 },
  { .name = "big/size-grows", .size = BIG_SIZE, .script = { SCRIPT_BIG (0, BIG_SIZE) },
    .code = READ_DONE, .got = big, .got_length = BIG_SIZE,
    .reports = "read:1048576/1048576/3145728 read:1048576/2097152/3145728 "
               "read:1048576/3145728/3145728" },
  { .name = "big/size-stuck", .size = 200000, .buffered = "#", .script = { SCRIPT_BIG (1, 99999) },
    .code = READ_STUCK, .reports = "read:1/1/200000 read:99999/100000/200000",
    .left = big, .left_length = 100000 },
  { .name = "big/size-end", .size = 200000, .script = { SCRIPT_BIG (0, 9), SCRIPT_EOF },
    .code = Q_SOCKET_ERROR_CLOSED, .reports = "read:9/9/200000", .left = big, .left_length = 9 },
  { .name = "big/size-error", .size = 200000, .script = { SCRIPT_BIG (0, 9), SCRIPT_FAIL (EIO) },
    .code = Q_SOCKET_ERROR_RECV, .reports = "read:9/9/200000", .left = big, .left_length = 9 },
  { .name = "big/greatest-size-stuck", .size = G_MAXSSIZE, .script = { SCRIPT ("abc") },
    .code = READ_STUCK, .reports = "read:3/3/9223372036854775807", .left = "abc" },
  { .name = "big/end", .size = -1, .script = { SCRIPT_BIG (0, 300000), SCRIPT_EOF },
    .code = READ_DONE, .got = big, .got_length = 300000,
    .reports = "read:65536/65536/-1 read:65536/131072/-1 read:131072/262144/-1 "
               "read:37856/300000/-1" },
  { .name = "big/end-limit-passed", .size = -1, .limit = 100000,
    .script = { SCRIPT_BIG (0, 300000) },
    .code = Q_SOCKET_ERROR_TOO_LARGE, .reports = "read:65536/65536/-1 read:34465/100001/-1",
    .left = big, .left_length = 100001 },
  { .name = "big/end-limit-reached", .size = -1, .limit = 100000,
    .script = { SCRIPT_BIG (0, 100000), SCRIPT_EOF },
    .code = READ_DONE, .got = big, .got_length = 100000,
    .reports = "read:65536/65536/-1 read:34464/100000/-1" },
  { .name = "big/text", .result = Q_RECV_TO_TEXT, .size = 100000,
    .script = { SCRIPT_BIG (0, 50000), SCRIPT_BIG (50000, 60000) },
    .code = READ_DONE, .got = big, .got_length = 100000,
    .reports = "read:50000/50000/100000 read:50000/100000/100000" },
  { .name = "big/text-bad", .result = Q_RECV_TO_TEXT, .size = Q_RECV_DIRECT_SIZE,
    .script = { SCRIPT_BIG (0, Q_RECV_DIRECT_SIZE - 1), SCRIPT ("\xff") },
    .code = Q_SOCKET_ERROR_ENCODING, .reports = "read:65535/65535/65536 read:1/65536/65536",
    .left = big_bad },

  /* into memory */
  { .name = "memory/exact", .kind = READ_MEMORY, .size = 4, .limit = 4, .buffered = "a",
    .script = { SCRIPT ("bcdef") },
    .code = READ_DONE, .got = "abcd", .reports = "read:1/1/4 read:3/4/4", .left = "ef" },
  { .name = "memory/between", .kind = READ_MEMORY, .size = 2, .limit = 4,
    .script = { SCRIPT ("a"), SCRIPT ("bc"), SCRIPT ("def") },
    .code = READ_DONE, .got = "abc", .reports = "read:1/1/-1 read:2/3/-1" },
  { .name = "memory/more-than-fits", .kind = READ_MEMORY, .size = 2, .limit = 4,
    .script = { SCRIPT ("abcdef") },
    .code = READ_DONE, .got = "abcd", .reports = "read:4/4/-1", .left = "ef" },
  { .name = "memory/nothing-asked", .kind = READ_MEMORY, .script = { SCRIPT ("a") },
    .code = READ_DONE, .got = "", .reports = "" },
  { .name = "memory/no-minimum", .kind = READ_MEMORY, .limit = 4, .buffered = "ab",
    .code = READ_DONE, .got = "ab", .reports = "read:2/2/-1" },
  { .name = "memory/end", .kind = READ_MEMORY, .size = 4, .limit = 8,
    .script = { SCRIPT ("ab"), SCRIPT_EOF },
    .code = Q_SOCKET_ERROR_CLOSED, .reports = "read:2/2/-1", .left = "ab" },
  { .name = "memory/end-is-fine", .kind = READ_MEMORY, .size = 4, .limit = 8, .end_is_fine = TRUE,
    .script = { SCRIPT ("ab"), SCRIPT_EOF },
    .code = READ_DONE, .got = "ab", .reports = "read:2/2/-1" },
  { .name = "memory/end-is-fine-nothing", .kind = READ_MEMORY, .size = 4, .limit = 8,
    .end_is_fine = TRUE, .script = { SCRIPT_EOF }, .code = READ_DONE, .got = "", .reports = "" },
  { .name = "memory/stuck", .kind = READ_MEMORY, .size = 4, .limit = 8, .script = { SCRIPT ("ab") },
    .code = READ_STUCK, .reports = "read:2/2/-1", .left = "ab" },
  { .name = "memory/big", .kind = READ_MEMORY, .size = 100, .limit = 100000, .buffered = "#",
    .script = { SCRIPT_BIG (1, 20), SCRIPT_BIG (21, 120000) },
    .code = READ_DONE, .got = big, .got_length = 100000,
    .reports = "read:1/1/-1 read:20/21/-1 read:99979/100000/-1" },
  { .name = "memory/big-stuck", .kind = READ_MEMORY, .size = 90000, .limit = 100000,
    .buffered = "#", .script = { SCRIPT_BIG (1, 80000) },
    .code = READ_STUCK, .reports = "read:1/1/-1 read:80000/80001/-1",
    .left = big, .left_length = 80001 },
  { .name = "memory/big-end-is-fine", .kind = READ_MEMORY, .size = 90000, .limit = 100000,
    .end_is_fine = TRUE, .script = { SCRIPT_BIG (0, 80000), SCRIPT_EOF },
    .code = READ_DONE, .got = big, .got_length = 80000, .reports = "read:80000/80000/-1" },

  /* text */
  { .name = "text/size", .result = Q_RECV_TO_TEXT, .size = 5,
    .script = { SCRIPT ("a\xe2\x82\xac""bc") },
    .code = READ_DONE, .got = "a\xe2\x82\xac""b", .reports = "read:5/5/5", .left = "c" },
  { .name = "text/size-splits", .result = Q_RECV_TO_TEXT, .size = 3,
    .script = { SCRIPT ("a\xe2\x82\xac") },
    .code = READ_DONE, .got = "a", .reports = "read:3/3/3", .left = "\xac",
    .left_pending = "\xe2\x82" },
  { .name = "text/size-after-split", .result = Q_RECV_TO_TEXT, .size = 1, .pending = "\xe2\x82",
    .script = { SCRIPT ("\xac""z") },
    .code = READ_DONE, .got = "\xe2\x82\xac", .reports = "read:1/1/1", .left = "z" },
  { .name = "text/there-splits", .result = Q_RECV_TO_TEXT, .script = { SCRIPT ("a\xe2\x82") },
    .code = READ_DONE, .got = "a", .reports = "read:3/3/-1", .left_pending = "\xe2\x82" },
  { .name = "text/there-only-a-piece", .result = Q_RECV_TO_TEXT,
    .script = { SCRIPT ("\xe2"), SCRIPT_FAIL (EAGAIN), SCRIPT ("\x82"), SCRIPT ("\xac""a") },
    .code = READ_DONE, .got = "\xe2\x82\xac""a", .reports = "read:1/1/-1 read:1/2/-1 read:2/4/-1" },
  { .name = "text/there-piece-stuck", .result = Q_RECV_TO_TEXT, .script = { SCRIPT ("\xe2\x82") },
    .code = READ_STUCK, .reports = "read:2/2/-1", .left_pending = "\xe2\x82" },
  { .name = "text/there-piece-end", .result = Q_RECV_TO_TEXT,
    .script = { SCRIPT ("\xe2\x82"), SCRIPT_EOF },
    .code = Q_SOCKET_ERROR_ENCODING, .reports = "read:2/2/-1", .left_pending = "\xe2\x82" },
  { .name = "text/there-end", .result = Q_RECV_TO_TEXT, .script = { SCRIPT_EOF },
    .code = Q_SOCKET_ERROR_CLOSED, .reports = "" },
  { .name = "text/bad", .result = Q_RECV_TO_TEXT, .script = { SCRIPT ("ab\xff""c") },
    .code = Q_SOCKET_ERROR_ENCODING, .reports = "read:4/4/-1", .left = "ab\xff""c" },
  { .name = "text/bad-after-piece", .result = Q_RECV_TO_TEXT, .pending = "\xe2",
    .script = { SCRIPT ("zz") },
    .code = Q_SOCKET_ERROR_ENCODING, .reports = "read:2/2/-1", .left = "zz",
    .left_pending = "\xe2" },
  { .name = "text/end", .result = Q_RECV_TO_TEXT, .size = -1,
    .script = { SCRIPT ("a\xe2"), SCRIPT ("\x82\xac"), SCRIPT_EOF },
    .code = READ_DONE, .got = "a\xe2\x82\xac", .reports = "read:2/2/-1 read:2/4/-1" },
  { .name = "text/end-nothing", .result = Q_RECV_TO_TEXT, .size = -1, .script = { SCRIPT_EOF },
    .code = READ_DONE, .got = "", .reports = "" },
  { .name = "text/end-incomplete", .result = Q_RECV_TO_TEXT, .size = -1,
    .script = { SCRIPT ("a\xe2"), SCRIPT_EOF },
    .code = Q_SOCKET_ERROR_ENCODING, .reports = "read:2/2/-1", .left = "a\xe2" },
  { .name = "text/end-limit", .result = Q_RECV_TO_TEXT, .size = -1, .limit = 3,
    .script = { SCRIPT ("abcd"), SCRIPT_EOF },
    .code = Q_SOCKET_ERROR_TOO_LARGE, .reports = "read:4/4/-1", .left = "abcd" },
  { .name = "text/size-stuck", .result = Q_RECV_TO_TEXT, .size = 4, .pending = "\xe2",
    .script = { SCRIPT ("\x82\xac") },
    .code = READ_STUCK, .reports = "read:2/2/4", .left = "\x82\xac", .left_pending = "\xe2" },

  /* a peek, which takes nothing */
  { .name = "peek/at-hand", .result = Q_RECV_PEEK, .size = 1, .buffered = "ab",
    .code = READ_DONE, .reports = "", .left = "ab" },
  { .name = "peek/comes", .result = Q_RECV_PEEK, .size = 1,
    .script = { SCRIPT_FAIL (EAGAIN), SCRIPT_FAIL (EINTR), SCRIPT ("ab") },
    .code = READ_DONE, .reports = "", .left = "ab" },
  { .name = "peek/stuck", .result = Q_RECV_PEEK, .size = 1, .code = READ_STUCK, .reports = "" },
  { .name = "peek/end", .result = Q_RECV_PEEK, .size = 1, .script = { SCRIPT_EOF },
    .code = READ_DONE, .reports = "" },
  { .name = "peek/end-known", .result = Q_RECV_PEEK, .size = 1, .at_end = TRUE,
    .code = READ_DONE, .reports = "" },
  { .name = "peek/error", .result = Q_RECV_PEEK, .size = 1, .script = { SCRIPT_FAIL (EIO) },
    .code = READ_DONE, .reports = "", .left_error = EIO },
  { .name = "peek/error-known", .result = Q_RECV_PEEK, .size = 1, .pending_error = EIO,
    .code = READ_DONE, .reports = "", .left_error = EIO },

  /* HTTP */
  { .name = "http/at-hand", .kind = READ_HTTP, .size = 1000, .limit = 10, .buffered = HEADER "body",
    .code = READ_DONE, .got = "GET", .reports = "read:27/27/-1 message", .left = "body" },
  { .name = "http/in-pieces", .kind = READ_HTTP, .size = 1000, .limit = 10, .buffered = "GET /",
    .script = { SCRIPT (" HTTP/1.1\r\nHo"), SCRIPT_FAIL (EAGAIN), SCRIPT_FAIL (EINTR),
                SCRIPT ("st: a\r\n\r"), SCRIPT ("\n" HEADER) },
    .code = READ_DONE, .got = "GET",
    .reports = "read:5/5/-1 read:13/18/-1 read:8/26/-1 read:1/27/-1 message", .left = HEADER },
  { .name = "http/not-http", .kind = READ_HTTP, .size = 1000, .limit = 10,
    .script = { SCRIPT ("SSH-2.0-x\r\nmore") },
    .code = READ_DONE, .got = "SSH-2.0-x\r\nmore", .reports = "read:15/15/-1" },
  { .name = "http/not-http-up-to-blank-line", .kind = READ_HTTP, .size = 1000, .limit = 10,
    .script = { SCRIPT ("GET\r\n\r\nmore") },
    .code = READ_DONE, .got = "GET\r\n\r\n", .reports = "read:7/7/-1", .left = "more" },
  { .name = "http/stuck", .kind = READ_HTTP, .size = 1000, .limit = 10,
    .script = { SCRIPT ("GET / HT") },
    .code = READ_STUCK, .reports = "read:8/8/-1", .left = "GET / HT" },
  { .name = "http/end-first", .kind = READ_HTTP, .size = 1000, .limit = 10,
    .script = { SCRIPT_EOF }, .code = Q_SOCKET_ERROR_CLOSED, .reports = "" },
  { .name = "http/end-midway", .kind = READ_HTTP, .size = 1000, .limit = 10,
    .script = { SCRIPT ("GET / HT"), SCRIPT_EOF },
    .code = Q_SOCKET_ERROR_CLOSED, .reports = "read:8/8/-1", .left = "GET / HT" },
  { .name = "http/end-known", .kind = READ_HTTP, .size = 1000, .limit = 10, .at_end = TRUE,
    .code = Q_SOCKET_ERROR_CLOSED, .reports = "" },
  { .name = "http/error-midway", .kind = READ_HTTP, .size = 1000, .limit = 10,
    .script = { SCRIPT ("GET / HT"), SCRIPT_FAIL (ECONNRESET) },
    .code = Q_SOCKET_ERROR_RECV, .reports = "read:8/8/-1", .left = "GET / HT" },
  { .name = "http/error-known", .kind = READ_HTTP, .size = 1000, .limit = 10,
    .buffered = "GET", .pending_error = EIO,
    .code = Q_SOCKET_ERROR_RECV, .reports = "read:3/3/-1", .left = "GET" },
  { .name = "http/error-known-but-complete", .kind = READ_HTTP, .size = 1000, .limit = 10,
    .buffered = HEADER, .pending_error = EIO,
    .code = READ_DONE, .got = "GET", .reports = "read:27/27/-1 message", .left_error = EIO },
  { .name = "http/size-fits", .kind = READ_HTTP, .size = 27, .limit = 1,
    .script = { SCRIPT (HEADER) },
    .code = READ_DONE, .got = "GET", .reports = "read:27/27/-1 message" },
  { .name = "http/size-passed", .kind = READ_HTTP, .size = 26, .limit = 1,
    .script = { SCRIPT ("GET / "), SCRIPT ("HTTP/1.1\r\nHost: a\r\n\r\n") },
    .code = Q_SOCKET_ERROR_TOO_LARGE, .reports = "read:6/6/-1", .left = HEADER },
  { .name = "http/fields-passed", .kind = READ_HTTP, .size = 1000, .limit = 1,
    .script = { SCRIPT ("GET / HTTP/1.1\r\nA: a\r\nB: b\r\n\r\n") },
    .code = Q_SOCKET_ERROR_TOO_LARGE, .reports = "",
    .left = "GET / HTTP/1.1\r\nA: a\r\nB: b\r\n\r\n" },
};

/* ---- running one ---- */

typedef struct
{
  const ReadCase *the_case;
  ScriptedTransport script;
  QChannel *channel;
  ReportLog log;
  union
  {
    QOp op;
    QRecvOp read;
    QRecvHttpOp http;
  };
  guint8 *memory;
} ReadRun;

static inline void
fill_big (void)
{
  for (gsize i = 0; i < BIG_SIZE; i++)
    big[i] = (char) ('#' + (i + i / 89 + i / 4099) % 90);

  memcpy (big_bad, big, Q_RECV_DIRECT_SIZE - 1);
  big_bad[Q_RECV_DIRECT_SIZE - 1] = '\xff';
}

static inline guint
count_entries (const ReadCase *the_case)
{
  guint n = 0;

  while (n < G_N_ELEMENTS (the_case->script) &&
         (the_case->script[n].bytes != NULL || the_case->script[n].kind != SCRIPT_BYTES))
    n++;

  return n;
}

static inline void
read_run_init (ReadRun        *run,
               const ReadCase *the_case)
{
  QChannel *channel;

  *run = (ReadRun) { .the_case = the_case };
  scripted_transport_init (&run->script, the_case->script, count_entries (the_case));
  report_log_init (&run->log);
  channel = run->channel = scripted_channel_new (&run->script);
  channel->at_end = the_case->at_end;
  channel->pending_error = the_case->pending_error;
  channel->decoder = q_text_decoder_new ("UTF-8");

  if (the_case->buffered != NULL)
    q_recv_buffer_put_back (&channel->in, (const guint8 *) the_case->buffered,
                            strlen (the_case->buffered));
  if (the_case->pending != NULL)
    {
      gsize length;

      g_free (q_text_decoder_convert (channel->decoder, (const guint8 *) the_case->pending,
                                      strlen (the_case->pending), FALSE, &length, NULL));
    }

  switch (the_case->kind)
    {
    case READ_MEMORY:
      run->memory = g_malloc ((gsize) the_case->limit + 1);
      q_recv_op_init_memory (&run->read, "read from", channel, &run->log.sink, run->memory,
                             (gsize) the_case->size, (gsize) the_case->limit);
      break;
    case READ_HTTP:
      q_recv_http_op_init (&run->http, "read from", channel, &run->log.sink,
                           (gsize) the_case->size, (guint) the_case->limit);
      return;
    case READ_SIZED:
    default:
      q_recv_op_init (&run->read, "read from", channel, &run->log.sink, the_case->result,
                      the_case->size, (gsize) the_case->limit);
      break;
    }

  run->read.refuses_short_message = the_case->exact;
  run->read.completes_at_end |= the_case->end_is_fine;
}

static inline gsize
length_of (const char *bytes,
           gssize      length)
{
  return length > 0 ? (gsize) length : bytes != NULL ? strlen (bytes) : 0;
}

static inline void
assert_same (const void *bytes,
             gsize       n_bytes,
             const char *expected,
             gsize       n_expected)
{
  g_assert_cmpuint (n_bytes, ==, n_expected);
  if (n_bytes > 0)
    g_assert_true (memcmp (bytes, expected, n_bytes) == 0);
}

static inline void
check_header (GVariant   *header,
              const char *expected)
{
  const char *method;

  g_assert_nonnull (header);
  if (g_variant_is_of_type (header, G_VARIANT_TYPE_STRING))
    {
      g_assert_cmpstr (g_variant_get_string (header, NULL), ==, expected);
    }
  else
    {
      g_assert_true (g_variant_lookup (header, "method", "&s", &method));
      g_assert_cmpstr (method, ==, expected);
    }
}

static inline void
check_result (ReadRun *run)
{
  const ReadCase *the_case = run->the_case;
  gsize n_expected = length_of (the_case->got, the_case->got_length);

  if (the_case->kind == READ_HTTP)
    {
      check_header (run->http.header, the_case->got);
    }
  else if (the_case->kind == READ_MEMORY)
    {
      assert_same (run->memory, run->read.length, the_case->got, n_expected);
    }
  else if (the_case->result == Q_RECV_TO_TEXT)
    {
      assert_same (run->read.text, run->read.length, the_case->got, n_expected);
      g_assert_cmpint (run->read.text[run->read.length], ==, 0);
    }
  else if (the_case->result == Q_RECV_TO_BYTES)
    {
      gsize n_bytes;
      const void *bytes = g_bytes_get_data (run->read.bytes, &n_bytes);

      assert_same (bytes, n_bytes, the_case->got, n_expected);
    }
}

/* Compares the result with the table, and frees everything. Takes over @error, which the driver
 * returned, NULL for done. */
static inline void
read_run_finish (ReadRun *run,
                 GError  *error)
{
  const ReadCase *the_case = run->the_case;
  QChannel *channel = run->channel;
  g_autofree char *reports = report_log_take (&run->log);
  const guint8 *pending = NULL;
  gsize n_pending = q_text_decoder_peek_pending (channel->decoder, &pending);

  switch (the_case->code)
    {
    case READ_DONE:
      g_assert_no_error (error);
      check_result (run);
      break;
    case READ_STUCK:
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT);
      break;
    default:
      g_assert_error (error, Q_SOCKET_ERROR, the_case->code);
      break;
    }
  g_clear_error (&error);

  if (the_case->code != READ_DONE && the_case->kind == READ_SIZED)
    {
      g_assert_null (run->read.bytes);
      g_assert_null (run->read.text);
      g_assert_null (run->read.memory);
    }

  g_assert_cmpstr (reports, ==, the_case->reports);
  assert_same (q_recv_buffer_bytes (&channel->in), q_recv_buffer_length (&channel->in),
               the_case->left, length_of (the_case->left, the_case->left_length));
  assert_same (pending, n_pending, the_case->left_pending, length_of (the_case->left_pending, 0));
  g_assert_cmpint (channel->pending_error, ==, the_case->left_error);

  if (the_case->kind == READ_HTTP)
    {
      g_clear_pointer (&run->http.header, g_variant_unref);
      q_recv_http_op_clear (&run->http);
    }
  else
    {
      g_clear_pointer (&run->read.bytes, g_bytes_unref);
      g_clear_pointer (&run->read.text, g_free);
    }
  g_free (run->memory);
  q_channel_unref (channel);
  report_log_clear (&run->log);
  scripted_transport_clear (&run->script);
}
