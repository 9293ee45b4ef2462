/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

#include "q-http-grammar-private.h"

G_BEGIN_DECLS

/* A strict parser for the head of an HTTP/1 message (RFC 9112), whose bytes may
 * come in any pieces. The caller keeps all bytes of the head in one block and
 * passes that block again each time it has grown; the parser goes on where it
 * stopped. The block may be at another address then, since the parser keeps
 * offsets only. The parser itself must stay where it is, because it may point to
 * its own inline_fields. */
typedef enum
{
  Q_HTTP_MORE,        /* the bytes may be the beginning of a head */
  Q_HTTP_COMPLETE,    /* head_length bytes are a head */
  Q_HTTP_BROKEN,      /* the bytes are not the beginning of any head */
  Q_HTTP_TOO_LARGE,   /* the head has more bytes or fields than allowed */
} QHttpStatus;

/* A field; name and value are offsets in the block. */
typedef struct
{
  guint32 name;
  guint32 name_length;
  guint32 value;          /* without white space around it */
  guint32 value_length;
  guint32 hash;           /* of the lower-case name */

  /* Set by q_http_parser_to_variant (): */
  guint32 next;           /* index of the next field of the same name, or 0 */
  gboolean repeated;      /* whether a field before it has the same name */
} QHttpField;

typedef struct
{
  gsize max_size;
  guint max_fields;

  gsize position;         /* the offset of the next byte to parse */
  int state;
  gsize element_start;    /* where the method or the version begins */
  gsize head_length;
  QHttpTarget target_state;
  QHttpFraming framing;   /* of the field that is being parsed */
  gint64 content_length;  /* -1 if no field gave it */
  gboolean has_codings;   /* whether a field gave transfer codings */
  guint64 high_bits;      /* 0 if all values and the reason are ASCII */

  /* The start line; all but the numbers are offsets and lengths. */
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

/* @max_size limits the bytes of the head with its blank line. */
void q_http_parser_init (QHttpParser *parser,
                         gsize        max_size,
                         guint        max_fields);

void q_http_parser_clear (QHttpParser *parser);

/* Parses what is new in @data, which has all @length bytes since the head began. */
QHttpStatus q_http_parser_feed (QHttpParser  *parser,
                                const guint8 *data,
                                gsize         length);

G_END_DECLS
