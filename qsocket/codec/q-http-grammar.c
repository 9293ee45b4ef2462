/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-http-grammar-private.h"

#include <string.h>

/* The grammar of single bytes. The tables of all 256 bytes are computed from these
 * predicates at compile time. */

#define IS_DIGIT(c) ((c) >= '0' && (c) <= '9')
#define IS_UPPER(c) ((c) >= 'A' && (c) <= 'Z')
#define IS_ALPHA(c) (IS_UPPER (c) || ((c) >= 'a' && (c) <= 'z'))
#define IS_ALNUM(c) (IS_ALPHA (c) || IS_DIGIT (c))
#define IS_TOKEN(c)                                                            \
  (IS_ALNUM (c) || (c) == '!' || ((c) >= '#' && (c) <= '\'') || (c) == '*' ||  \
   (c) == '+' || (c) == '-' || (c) == '.' || ((c) >= '^' && (c) <= '`') ||     \
   (c) == '|' || (c) == '~')
#define IS_TARGET(c) ((c) > 0x20 && (c) < 0x7f && (c) != '#')
#define IS_TEXT(c) ((c) == '\t' || ((c) >= 0x20 && (c) != 0x7f))
#define IS_SCHEME(c) (IS_ALNUM (c) || (c) == '+' || (c) == '-' || (c) == '.')
#define IS_HOST(c)                                                             \
  (IS_TARGET (c) && (c) != '/' && (c) != '?' && (c) != '@' && (c) != '[' &&    \
   (c) != ']' && (c) != ':')

#define CLASSES(c)                                                             \
  ((IS_TOKEN (c) ? Q_HTTP_TOKEN : 0) | (IS_TARGET (c) ? Q_HTTP_TARGET : 0) |   \
   (IS_TEXT (c) ? Q_HTTP_TEXT : 0) | (IS_SCHEME (c) ? Q_HTTP_SCHEME : 0) |     \
   (IS_HOST (c) ? Q_HTTP_HOST : 0))
#define LOWER(c) (IS_UPPER (c) ? (c) | 0x20 : IS_TOKEN (c) ? (c) : 0)

#define FOUR(of, c) of ((c)), of ((c) + 1), of ((c) + 2), of ((c) + 3)
#define SIXTEEN(of, c) FOUR (of, (c)), FOUR (of, (c) + 4), FOUR (of, (c) + 8), FOUR (of, (c) + 12)
#define ALL(of)                                                                \
  SIXTEEN (of, 0x00), SIXTEEN (of, 0x10), SIXTEEN (of, 0x20),                  \
  SIXTEEN (of, 0x30), SIXTEEN (of, 0x40), SIXTEEN (of, 0x50),                  \
  SIXTEEN (of, 0x60), SIXTEEN (of, 0x70), SIXTEEN (of, 0x80),                  \
  SIXTEEN (of, 0x90), SIXTEEN (of, 0xa0), SIXTEEN (of, 0xb0),                  \
  SIXTEEN (of, 0xc0), SIXTEEN (of, 0xd0), SIXTEEN (of, 0xe0),                  \
  SIXTEEN (of, 0xf0)

const guint8 q_http_classes[256] = { ALL (CLASSES) };
const guint8 q_http_lower[256] = { ALL (LOWER) };

QHttpTarget
q_http_target_begin (const guint8 *method,
                     gsize         method_length)
{
  if (method_length == 7 && memcmp (method, "OPTIONS", 7) == 0)
    return Q_HTTP_TARGET_FIRST_OPTIONS;
  if (method_length == 7 && memcmp (method, "CONNECT", 7) == 0)
    return Q_HTTP_TARGET_FIRST_CONNECT;

  return Q_HTTP_TARGET_FIRST;
}

static QHttpTarget
first_target_byte (guint8 byte)
{
  if (byte == '/')
    return Q_HTTP_TARGET_ANY;

  return g_ascii_isalpha (byte) ? Q_HTTP_TARGET_SCHEME : Q_HTTP_TARGET_BROKEN;
}

static QHttpTarget
step_if (gboolean    right,
         QHttpTarget next)
{
  return right ? next : Q_HTTP_TARGET_BROKEN;
}

QHttpTarget
q_http_target_step (QHttpTarget state,
                    guint8      byte)
{
  switch (state)
    {
    case Q_HTTP_TARGET_FIRST_OPTIONS:
      return byte == '*' ? Q_HTTP_TARGET_STAR : first_target_byte (byte);

    case Q_HTTP_TARGET_FIRST:
      return first_target_byte (byte);

    case Q_HTTP_TARGET_SCHEME:
      return byte == ':' ? Q_HTTP_TARGET_DIGITS : step_if (q_http_is (byte, Q_HTTP_SCHEME), state);

    /* A target that ended in these digits would have the authority form, which only
     * CONNECT may use: so it may not end here. */
    case Q_HTTP_TARGET_DIGITS:
      if (g_ascii_isdigit (byte))
        return state;
      G_GNUC_FALLTHROUGH;

    case Q_HTTP_TARGET_ANY:
      return step_if (q_http_is (byte, Q_HTTP_TARGET), Q_HTTP_TARGET_ANY);

    case Q_HTTP_TARGET_FIRST_CONNECT:
      return byte == '[' ? Q_HTTP_TARGET_LITERAL
                         : step_if (q_http_is (byte, Q_HTTP_HOST), Q_HTTP_TARGET_HOST);

    case Q_HTTP_TARGET_HOST:
      return byte == ':' ? Q_HTTP_TARGET_PORT : step_if (q_http_is (byte, Q_HTTP_HOST), state);

    case Q_HTTP_TARGET_LITERAL_REST:
      if (byte == ']')
        return Q_HTTP_TARGET_LITERAL_END;
      G_GNUC_FALLTHROUGH;

    case Q_HTTP_TARGET_LITERAL:
      return step_if (byte == ':' || q_http_is (byte, Q_HTTP_HOST), Q_HTTP_TARGET_LITERAL_REST);

    case Q_HTTP_TARGET_LITERAL_END:
      return step_if (byte == ':', Q_HTTP_TARGET_PORT);

    case Q_HTTP_TARGET_PORT:
    case Q_HTTP_TARGET_PORT_REST:
      return step_if (g_ascii_isdigit (byte), Q_HTTP_TARGET_PORT_REST);

    case Q_HTTP_TARGET_STAR:
    case Q_HTTP_TARGET_BROKEN:
    default:
      return Q_HTTP_TARGET_BROKEN;
    }
}

QHttpFramingKind
q_http_framing_kind (const guint8 *name,
                     gsize         name_length)
{
  if (name_length == 14 && g_ascii_strncasecmp ((const char *) name, "content-length", 14) == 0)
    return Q_HTTP_FRAMING_LENGTH;
  if (name_length == 17 && g_ascii_strncasecmp ((const char *) name, "transfer-encoding", 17) == 0)
    return Q_HTTP_FRAMING_CODINGS;

  return Q_HTTP_FRAMING_NONE;
}

/* Whether the bytes of a coding so far are the beginning of a known one, or with
 * @whole, all of it. */
static gboolean
coding_is_known (const QHttpFraming *framing,
                 gboolean            whole)
{
  static const char * const codings[] = {
    "chunked", "gzip", "x-gzip", "compress", "x-compress", "deflate",
  };

  for (guint i = 0; i < G_N_ELEMENTS (codings); i++)
    if (strncmp (codings[i], framing->coding, framing->coding_length) == 0 &&
        (!whole || codings[i][framing->coding_length] == '\0'))
      return TRUE;

  return FALSE;
}

static gboolean
coding_is_chunked (const QHttpFraming *framing)
{
  return framing->coding_length == 7 && memcmp (framing->coding, "chunked", 7) == 0;
}

static gboolean
step_length (QHttpFraming *framing,
             guint8        byte)
{
  gint64 digit = g_ascii_digit_value ((char) byte);
  gint64 length = MAX (framing->length, 0);

  if (q_http_is_space (byte))
    return framing->ended = TRUE;

  if (digit < 0 || framing->ended || length > (G_MAXINT64 - digit) / 10)
    return FALSE;

  framing->length = length * 10 + digit;

  return TRUE;
}

static gboolean
step_codings (QHttpFraming *framing,
              guint8        byte)
{
  if (byte == ',')
    {
      /* "chunked" must be the last coding. */
      if (!coding_is_known (framing, TRUE) || coding_is_chunked (framing))
        return FALSE;

      framing->coding_length = 0;
      framing->ended = FALSE;
      return TRUE;
    }

  if (q_http_is_space (byte))
    {
      framing->ended = framing->coding_length > 0;
      return !framing->ended || coding_is_known (framing, TRUE);
    }

  if (framing->ended || !q_http_is (byte, Q_HTTP_TOKEN) ||
      framing->coding_length == sizeof framing->coding)
    return FALSE;

  framing->coding[framing->coding_length++] = (char) q_http_lower[byte];

  return coding_is_known (framing, FALSE);
}

gboolean
q_http_framing_step (QHttpFraming *framing,
                     guint8        byte)
{
  switch (framing->kind)
    {
    case Q_HTTP_FRAMING_LENGTH:
      return step_length (framing, byte);

    case Q_HTTP_FRAMING_CODINGS:
      return step_codings (framing, byte);

    case Q_HTTP_FRAMING_NONE:
    default:
      return q_http_is (byte, Q_HTTP_TEXT);
    }
}

gboolean
q_http_framing_end (QHttpFraming *framing,
                    gboolean      is_request)
{
  switch (framing->kind)
    {
    case Q_HTTP_FRAMING_LENGTH:
      return framing->length >= 0;

    case Q_HTTP_FRAMING_CODINGS:
      return coding_is_known (framing, TRUE) && (!is_request || coding_is_chunked (framing));

    case Q_HTTP_FRAMING_NONE:
    default:
      return TRUE;
    }
}
