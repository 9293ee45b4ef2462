/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The part of the grammar of RFC 9112 and RFC 9110 that the parser and the writer
 * of heads share. Elements of more than one byte are state machines that take one
 * byte at a time, so that the parser can refuse a head at the first wrong byte,
 * without waiting for the end of the element. */

/* The elements that a byte may be part of. */
enum
{
  Q_HTTP_TOKEN = 1 << 0,    /* a method, a field name, a coding */
  Q_HTTP_TARGET = 1 << 1,   /* a request target: visible ASCII without "#" */
  Q_HTTP_TEXT = 1 << 2,     /* a field value, a reason: no control character but tab */
  Q_HTTP_SCHEME = 1 << 3,   /* the scheme of a URI after its first letter */
  Q_HTTP_HOST = 1 << 4,     /* the host of an authority: a target byte other than "/?@[]:" */
};

extern G_GNUC_INTERNAL const guint8 q_http_classes[256];

/* The lower-case form of a token byte; 0 for any other byte. */
extern G_GNUC_INTERNAL const guint8 q_http_lower[256];

static inline gboolean
q_http_is (guint8 byte,
           guint  classes)
{
  return (q_http_classes[byte] & classes) != 0;
}

static inline gboolean
q_http_is_space (guint8 byte)
{
  return byte == ' ' || byte == '\t';
}

/* Where in a request target the next byte is. The method decides which forms the
 * target may have: CONNECT takes the authority form ("host:port") only; all others
 * take the origin form ("/path") and the absolute form ("http://host/path"), and
 * OPTIONS takes "*" as well. */
typedef enum
{
  Q_HTTP_TARGET_BROKEN,
  Q_HTTP_TARGET_FIRST,
  Q_HTTP_TARGET_FIRST_OPTIONS,
  Q_HTTP_TARGET_FIRST_CONNECT,
  Q_HTTP_TARGET_SCHEME,
  Q_HTTP_TARGET_DIGITS,       /* only digits came after "scheme:" */
  Q_HTTP_TARGET_HOST,
  Q_HTTP_TARGET_LITERAL,      /* the first byte of an address in brackets */
  Q_HTTP_TARGET_LITERAL_REST,
  Q_HTTP_TARGET_LITERAL_END,
  Q_HTTP_TARGET_PORT,         /* the first digit of a port */

  /* The target may end in the states from here on. */
  Q_HTTP_TARGET_ANY,          /* any target byte may follow */
  Q_HTTP_TARGET_STAR,
  Q_HTTP_TARGET_PORT_REST,
} QHttpTarget;

QHttpTarget q_http_target_begin (const guint8 *method,
                                 gsize         method_length);

QHttpTarget q_http_target_step (QHttpTarget state,
                                guint8      byte);

static inline gboolean
q_http_target_is_whole (QHttpTarget state)
{
  return state >= Q_HTTP_TARGET_ANY;
}

/* The fields that tell where the message ends. */
typedef enum
{
  Q_HTTP_FRAMING_NONE,
  Q_HTTP_FRAMING_LENGTH,    /* Content-Length */
  Q_HTTP_FRAMING_CODINGS,   /* Transfer-Encoding */
} QHttpFramingKind;

QHttpFramingKind q_http_framing_kind (const guint8 *name,
                                      gsize         name_length);

/* How far the value of such a field is parsed. The white space before the value is
 * not passed to it. */
typedef struct
{
  QHttpFramingKind kind;
  gint64 length;            /* the Content-Length of the digits so far; -1 before the first */
  char coding[12];          /* the coding whose name is being parsed, in lower case */
  guint coding_length;
  gboolean ended;           /* white space ended the number or the name before it */
} QHttpFraming;

#define Q_HTTP_FRAMING_INIT(kind) { (kind), -1, "", 0, FALSE }

/* Parses one byte. FALSE if no valid value begins with the bytes so far. */
gboolean q_http_framing_step (QHttpFraming *framing,
                              guint8        byte);

/* Whether the value is valid if it ends here. The last coding of a request must be
 * "chunked". */
gboolean q_http_framing_end (QHttpFraming *framing,
                             gboolean      is_request);

G_END_DECLS
