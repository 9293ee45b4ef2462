/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The grammar of RFC 9112 and RFC 9110 that the reader and the writer of heads
 * share. What needs more than one byte is a machine that takes byte after byte,
 * so that the reader knows at once that something cannot become right. */

/* What a byte may be part of. */
enum
{
  Q_HTTP_TOKEN = 1 << 0,    /* a method, a field name, a coding */
  Q_HTTP_TARGET = 1 << 1,   /* a request target: visible ASCII but "#" */
  Q_HTTP_TEXT = 1 << 2,     /* a field value, a reason: no control character but tab */
  Q_HTTP_SCHEME = 1 << 3,   /* the scheme of a URI, behind its first letter */
  Q_HTTP_HOST = 1 << 4,     /* the host of an authority: a target byte but "/?@[]:" */
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

/* A request target. Which forms it may have depends on the method: the origin
 * form ("/path") and the absolute form ("http://host/path") for all but CONNECT,
 * "*" for OPTIONS, the authority form ("host:port") for CONNECT alone. */
typedef enum
{
  Q_HTTP_TARGET_BROKEN,
  Q_HTTP_TARGET_FIRST,
  Q_HTTP_TARGET_FIRST_OPTIONS,
  Q_HTTP_TARGET_FIRST_CONNECT,
  Q_HTTP_TARGET_SCHEME,
  Q_HTTP_TARGET_DIGITS,       /* nothing but digits behind "scheme:" */
  Q_HTTP_TARGET_HOST,
  Q_HTTP_TARGET_LITERAL,      /* the first byte of an address in brackets */
  Q_HTTP_TARGET_LITERAL_REST,
  Q_HTTP_TARGET_LITERAL_END,
  Q_HTTP_TARGET_PORT,         /* the first digit of a port */

  /* From here on the target may end. */
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

/* The fields that say where a message ends. */
typedef enum
{
  Q_HTTP_FRAMING_NONE,
  Q_HTTP_FRAMING_LENGTH,    /* Content-Length */
  Q_HTTP_FRAMING_CODINGS,   /* Transfer-Encoding */
} QHttpFramingKind;

QHttpFramingKind q_http_framing_kind (const guint8 *name,
                                      gsize         name_length);

/* The value of such a field, without the white space before it. */
typedef struct
{
  QHttpFramingKind kind;
  gint64 length;            /* Content-Length so far; -1 without a digit */
  char coding[12];          /* the coding under way */
  guint coding_length;
  gboolean ended;           /* white space came: nothing may be added to the word before it */
} QHttpFraming;

#define Q_HTTP_FRAMING_INIT(kind) { (kind), -1, "", 0, FALSE }

/* FALSE if the value cannot become right any more. */
gboolean q_http_framing_step (QHttpFraming *framing,
                              guint8        byte);

/* Whether the value is right as it is. A request must end in "chunked". */
gboolean q_http_framing_end (QHttpFraming *framing,
                             gboolean      is_request);

G_END_DECLS
