/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "test-feed.h"

#include <string.h>

/* What the tests of text share. */

#define LATIN "Gr\xc3\xb6\xc3\x9f" "e"
#define ASTRAL "a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80z"
#define JAPANESE "a\xe6\x97\xa5\xe6\x9c\xac z\xe8\xaa\x9e"

/* A text and what it is on the wire, byte for byte. */
typedef struct
{
  const char *name;
  const char *charset;
  const char *text;
  const char *wire;
  gsize length;
  gboolean only_read;
} Sample;

#define WIRE(bytes) bytes, sizeof bytes - 1

static const Sample samples[] = {
  { "ascii", "US-ASCII", "plain", WIRE ("plain") },
  { "utf-8", "UTF-8", ASTRAL, WIRE (ASTRAL) },
  { "latin-1", "ISO-8859-1", LATIN, WIRE ("Gr\xf6\xdf" "e") },
  { "utf-16-le-mark", "UTF-16", ASTRAL,
    WIRE ("\xff\xfe" "a\0\xe9\0\x2d\x4e\x3d\xd8\x00\xdez\0"), TRUE },
  { "utf-16-be-mark", "UTF-16", ASTRAL,
    WIRE ("\xfe\xff\0a\0\xe9\x4e\x2d\xd8\x3d\xde\x00\0z"), TRUE },
  { "utf-16-no-mark", "UTF-16", ASTRAL, WIRE ("\0a\0\xe9\x4e\x2d\xd8\x3d\xde\x00\0z"), TRUE },
  { "utf-16le", "UTF-16LE", ASTRAL, WIRE ("a\0\xe9\0\x2d\x4e\x3d\xd8\x00\xdez\0") },
  { "utf-16be", "UTF-16BE", ASTRAL, WIRE ("\0a\0\xe9\x4e\x2d\xd8\x3d\xde\x00\0z") },
  { "gb18030", "GB18030", ASTRAL, WIRE ("a\xa8\xa6\xd6\xd0\x94\x39\xfc\x36z") },
  { "shift-jis", "SHIFT_JIS", JAPANESE, WIRE ("a\x93\xfa\x96\x7b z\x8c\xea") },
  { "iso-2022-jp", "ISO-2022-JP", JAPANESE,
    WIRE ("a\x1b$B\x46\x7c\x4b\x5c\x1b(B z\x1b$B\x38\x6c\x1b(B") },
};

static inline QSocket *
pair_for (TestKind    kind,
          const char *charset,
          int        *fd)
{
  QSocket *sock = test_pair (kind, fd);
  g_autoptr (GError) error = NULL;

  q_socket_set_charset (sock, charset, &error);
  g_assert_no_error (error);

  return sock;
}

static inline char *
recv_ok (QSocket *sock,
         gssize   size)
{
  g_autoptr (GError) error = NULL;
  char *text = q_socket_recv (sock, size, ENOUGH, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (g_utf8_validate (text, -1, NULL));

  return text;
}

static inline void
expect_text (QSocket    *sock,
             gssize      size,
             const char *text)
{
  g_autofree char *got = recv_ok (sock, size);

  g_assert_cmpstr (got, ==, text);
}

static inline void
expect_error (QSocket      *sock,
              gssize        size,
              int           timeout_ms,
              QSocketError  code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = q_socket_recv (sock, size, timeout_ms, NULL, &error);

  g_assert_error (error, Q_SOCKET_ERROR, (int) code);
  g_assert_null (text);
}

static inline void
send_ok (QSocket    *sock,
         const char *text)
{
  g_autoptr (GError) error = NULL;

  q_socket_send (sock, text, ENOUGH, NULL, &error);
  g_assert_no_error (error);
}
