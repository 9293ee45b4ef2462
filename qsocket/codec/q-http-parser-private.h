/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

#include "q-http-grammar-private.h"

G_BEGIN_DECLS

/* An HTTP/1 head (RFC 9112), read strictly from bytes that may come in any
 * pieces. It works on bytes alone: the caller keeps them in one block, from the
 * first byte of the head on, and shows that block again each time it has grown.
 * No byte is looked at twice. The block may move between two calls; the parser
 * itself may not. */
typedef enum
{
  Q_HTTP_MORE,        /* so far it may become a head */
  Q_HTTP_COMPLETE,    /* head_length bytes are a head */
  Q_HTTP_BROKEN,      /* it cannot become a head */
  Q_HTTP_TOO_LARGE,   /* more bytes or fields than allowed */
} QHttpStatus;

typedef struct
{
  guint32 name;
  guint32 name_length;
  guint32 value;          /* without white space around it */
  guint32 value_length;
  guint32 hash;           /* of the lower-case name */

  /* Set by q_http_parser_to_variant (): */
  guint32 next;           /* the next field of that name, or 0 */
  gboolean repeated;      /* whether there is one before it */
} QHttpField;

typedef struct
{
  gsize max_size;
  guint max_fields;

  gsize position;         /* the next byte to look at */
  int state;
  gsize mark;             /* where the element under way began */
  gsize head_length;
  QHttpTarget target_state;
  QHttpFraming framing;   /* of the field under way */
  gint64 content_length;  /* -1 if no field gave it */
  gboolean has_codings;
  guint64 high_bits;      /* not 0 if a value or the reason may hold other than ASCII */

  /* the start line, as offsets */
  gboolean is_response;
  guint32 method_length;
  guint32 method;
  guint32 target;
  guint32 target_length;
  guint32 reason;
  guint32 reason_length;
  int status_code;
  int minor_version;

  QHttpField *fields;
  guint n_fields;
  guint fields_allocated;
  QHttpField inline_fields[32];
} QHttpParser;

/* Limits: bytes of the whole head with its blank line, and number of fields. */
void q_http_parser_init (QHttpParser *parser,
                         gsize        max_size,
                         guint        max_fields);

void q_http_parser_clear (QHttpParser *parser);

/* @data holds everything since the head began, @length bytes of it by now. */
QHttpStatus q_http_parser_feed (QHttpParser  *parser,
                                const guint8 *data,
                                gsize         length);

/* After Q_HTTP_COMPLETE: the hash, an a{sv}, as a full reference. */
GVariant *q_http_parser_to_variant (QHttpParser  *parser,
                                    const guint8 *data);

/* After Q_HTTP_BROKEN: how many of the @length bytes are to be returned as text:
 * up to and with the first blank line, else all. */
gsize q_http_text_length (const guint8 *data,
                          gsize         length);

/* The bytes as a GVariant of type s, as a full reference: UTF-8 if they are that,
 * else Latin-1. A NUL, which no GVariant string can hold, becomes U+FFFD. */
GVariant *q_http_text_to_variant (const guint8 *data,
                                  gsize         length);

G_END_DECLS
