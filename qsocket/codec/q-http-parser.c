/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-http-parser-private.h"

#include <string.h>

/* Which element the next byte belongs to, in the order in which they stand in a
 * head: those before STATE_FIELD are the start line. */
enum
{
  STATE_START,
  STATE_START_LF,         /* the LF of a blank line before the start line */
  STATE_FIRST,            /* the first byte behind that blank line */
  STATE_WORD,             /* a method, or the "HTTP" of a status line */
  STATE_TARGET,
  STATE_VERSION,
  STATE_STATUS_CODE,
  STATE_REASON,
  STATE_LINE_LF,

  STATE_FIELD,            /* the first byte of a field or of the blank line */
  STATE_NAME,
  STATE_SPACE,            /* white space before a value */
  STATE_VALUE,
  STATE_FIELD_LF,
  STATE_END_LF,

  STATE_COMPLETE,
  STATE_BROKEN,
  STATE_TOO_LARGE,
};

#define VERSION "HTTP/1."
#define VERSION_LENGTH 7

void
q_http_parser_init (QHttpParser *parser,
                    gsize        max_size,
                    guint        max_fields)
{
  /* All but the inline fields, which are set as they are parsed: most heads use only
   * a few of them. */
  memset (parser, 0, G_STRUCT_OFFSET (QHttpParser, inline_fields));

  parser->max_size = max_size;
  parser->max_fields = max_fields;
  parser->state = STATE_START;
  parser->content_length = -1;
  parser->fields = parser->inline_fields;
  parser->fields_allocated = G_N_ELEMENTS (parser->inline_fields);
}

void
q_http_parser_clear (QHttpParser *parser)
{
  if (parser->fields != parser->inline_fields)
    g_free (parser->fields);

  parser->fields = parser->inline_fields;
  parser->fields_allocated = G_N_ELEMENTS (parser->inline_fields);
  parser->n_fields = 0;
}

static QHttpStatus
stop (QHttpParser *parser,
      int          state,
      gsize        at,
      QHttpStatus  status)
{
  parser->state = state;
  parser->position = at;

  return status;
}

static QHttpStatus
proceed (QHttpParser *parser,
         int          state,
         gsize        at)
{
  return stop (parser, state, at, Q_HTTP_MORE);
}

static QHttpStatus
broken (QHttpParser *parser,
        gsize        at)
{
  return stop (parser, STATE_BROKEN, at, Q_HTTP_BROKEN);
}

/* Skips text up to a byte that is not text, eight bytes at a time. Among the bytes
 * of a word whose high bit is clear, subtracting 0x20 sets it in those below 0x20.
 * The same is done for 0x7f, which an exclusive or makes 0. The borrow may set the
 * high bit of the byte behind such a one by mistake, so only the first is used. */
static inline gsize
skip_text (QHttpParser  *parser,
           const guint8 *data,
           gsize         at,
           gsize         limit)
{
  const guint64 ones = G_GUINT64_CONSTANT (0x0101010101010101);
  guint64 seen = 0;

  while (limit - at >= 8)
    {
      guint64 word, rubout, found;

      memcpy (&word, data + at, 8);
      word = GUINT64_FROM_LE (word);
      seen |= word;

      rubout = word ^ (ones * 0x7f);
      found = ((word - ones * 0x20) & ~word) | ((rubout - ones) & ~rubout);
      found &= ones * 0x80;

      if (found == 0)
        {
          at += 8;
          continue;
        }

      at += __builtin_ctzll (found) / 8;
      if (data[at] != '\t')
        break;
      at++;
    }

  while (at < limit && q_http_is (data[at], Q_HTTP_TEXT))
    seen |= data[at++];

  parser->high_bits |= seen & (ones * 0x80);

  return at;
}

/* The first byte of the start line, or a blank line before it. RFC 9112 §2.2 asks
 * to ignore at least one, since some clients send one behind a body; a second one
 * is an error. */
static QHttpStatus
parse_before (QHttpParser  *parser,
              const guint8 *data)
{
  gsize at = parser->position;

  if (parser->state == STATE_START_LF)
    return data[at] == '\n' ? proceed (parser, STATE_FIRST, at + 1) : broken (parser, at);

  if (parser->state == STATE_START && data[at] == '\r')
    return proceed (parser, STATE_START_LF, at + 1);

  if (!q_http_is (data[at], Q_HTTP_TOKEN))
    return broken (parser, at);

  parser->method = at;
  parser->element_start = at;

  return proceed (parser, STATE_WORD, at + 1);
}

static QHttpStatus
parse_word (QHttpParser  *parser,
            const guint8 *data,
            gsize         limit)
{
  const guint8 *word = data + parser->element_start;
  gsize at = parser->position;
  gsize length;

  while (at < limit && q_http_is (data[at], Q_HTTP_TOKEN))
    at++;

  if (at == limit)
    return proceed (parser, STATE_WORD, at);

  length = at - parser->element_start;

  if (data[at] == ' ')
    {
      parser->method_length = length;
      parser->target = at + 1;
      parser->target_state = q_http_target_begin (word, length);
      return proceed (parser, STATE_TARGET, at + 1);
    }

  if (data[at] == '/' && length == 4 && memcmp (word, VERSION, 4) == 0)
    {
      parser->is_response = TRUE;
      return proceed (parser, STATE_VERSION, at + 1);
    }

  return broken (parser, at);
}

static QHttpStatus
parse_target (QHttpParser  *parser,
              const guint8 *data,
              gsize         limit)
{
  gsize at = parser->position;

  while (at < limit && data[at] != ' ')
    {
      parser->target_state = q_http_target_step (parser->target_state, data[at]);
      if (parser->target_state == Q_HTTP_TARGET_BROKEN)
        return broken (parser, at);

      at++;
      if (parser->target_state == Q_HTTP_TARGET_ANY)
        while (at < limit && q_http_is (data[at], Q_HTTP_TARGET))
          at++;
    }

  if (at == limit)
    return proceed (parser, STATE_TARGET, at);

  if (!q_http_target_is_whole (parser->target_state))
    return broken (parser, at);

  parser->target_length = at - parser->target;
  parser->element_start = at + 1;

  return proceed (parser, STATE_VERSION, at + 1);
}

/* The version, which begins at element_start, and the byte behind it. */
static QHttpStatus
parse_version (QHttpParser  *parser,
               const guint8 *data,
               gsize         limit)
{
  gsize at = parser->position;

  for (; at < limit; at++)
    {
      gsize index = at - parser->element_start;

      if (index < VERSION_LENGTH && data[at] == VERSION[index])
        continue;

      if (index == VERSION_LENGTH && (data[at] == '0' || data[at] == '1'))
        parser->minor_version = data[at] - '0';
      else if (index == VERSION_LENGTH + 1 && parser->is_response && data[at] == ' ')
        return proceed (parser, STATE_STATUS_CODE, at + 1);
      else if (index == VERSION_LENGTH + 1 && !parser->is_response && data[at] == '\r')
        return proceed (parser, STATE_LINE_LF, at + 1);
      else
        return broken (parser, at);
    }

  return proceed (parser, STATE_VERSION, at);
}

static QHttpStatus
parse_status_code (QHttpParser  *parser,
                   const guint8 *data,
                   gsize         limit)
{
  gsize at = parser->position;

  for (; at < limit; at++)
    {
      gboolean whole = parser->status_code >= 100;

      if (whole && data[at] == '\r')
        return proceed (parser, STATE_LINE_LF, at + 1);

      if (whole && data[at] == ' ')
        {
          parser->reason = at + 1;
          return proceed (parser, STATE_REASON, at + 1);
        }

      /* The first digit is not 0, so that three digits make at least 100. */
      if (whole || !g_ascii_isdigit (data[at]) || (parser->status_code == 0 && data[at] == '0'))
        return broken (parser, at);

      parser->status_code = parser->status_code * 10 + (data[at] - '0');
    }

  return proceed (parser, STATE_STATUS_CODE, at);
}

static QHttpStatus
parse_reason (QHttpParser  *parser,
              const guint8 *data,
              gsize         limit)
{
  gsize at = skip_text (parser, data, parser->position, limit);

  if (at == limit)
    return proceed (parser, STATE_REASON, at);

  if (data[at] != '\r')
    return broken (parser, at);

  parser->reason_length = at - parser->reason;

  return proceed (parser, STATE_LINE_LF, at + 1);
}

static QHttpStatus
parse_start_line (QHttpParser  *parser,
                  const guint8 *data,
                  gsize         limit)
{
  switch (parser->state)
    {
    case STATE_WORD:
      return parse_word (parser, data, limit);

    case STATE_TARGET:
      return parse_target (parser, data, limit);

    case STATE_VERSION:
      return parse_version (parser, data, limit);

    case STATE_STATUS_CODE:
      return parse_status_code (parser, data, limit);

    case STATE_REASON:
      return parse_reason (parser, data, limit);

    case STATE_LINE_LF:
      if (data[parser->position] == '\n')
        return proceed (parser, STATE_FIELD, parser->position + 1);
      return broken (parser, parser->position);

    default:
      return parse_before (parser, data);
    }
}

static void
begin_field (QHttpParser *parser,
             gsize        at)
{
  QHttpField *field;

  if (G_UNLIKELY (parser->n_fields == parser->fields_allocated))
    {
      gboolean is_inline = parser->fields == parser->inline_fields;

      parser->fields_allocated *= 2;
      parser->fields = g_renew (QHttpField, is_inline ? NULL : parser->fields,
                                parser->fields_allocated);
      if (is_inline)
        memcpy (parser->fields, parser->inline_fields, sizeof parser->inline_fields);
    }

  field = &parser->fields[parser->n_fields];
  field->name = at;
  field->hash = 0;
}

static inline gsize
skip_name (QHttpField   *field,
           const guint8 *data,
           gsize         at,
           gsize         limit)
{
  guint32 hash = field->hash;

  for (; at < limit; at++)
    {
      guint8 lower = q_http_lower[data[at]];

      if (lower == 0)
        break;

      hash = (hash << 5 | hash >> 27) ^ lower;
    }

  field->hash = hash;

  return at;
}

/* Ends a name at its colon. FALSE if no field of this name may follow those before
 * it. A message must give its length in one way only: where it gives two, a proxy
 * and a server could disagree where the message ends, and an attacker could hide a
 * second message in the first (request smuggling). */
static gboolean
end_name (QHttpParser  *parser,
          const guint8 *data,
          gsize         at)
{
  QHttpField *field = &parser->fields[parser->n_fields];

  field->name_length = at - field->name;
  parser->framing.kind = q_http_framing_kind (data + field->name, field->name_length);

  switch (parser->framing.kind)
    {
    case Q_HTTP_FRAMING_LENGTH:
      parser->framing = (QHttpFraming) Q_HTTP_FRAMING_INIT (Q_HTTP_FRAMING_LENGTH);
      return !parser->has_codings;

    case Q_HTTP_FRAMING_CODINGS:
      parser->framing = (QHttpFraming) Q_HTTP_FRAMING_INIT (Q_HTTP_FRAMING_CODINGS);
      return !parser->has_codings && parser->content_length < 0 && parser->minor_version > 0;

    case Q_HTTP_FRAMING_NONE:
    default:
      return TRUE;
    }
}

static gsize
skip_framing (QHttpParser  *parser,
              const guint8 *data,
              gsize         at,
              gsize         limit)
{
  while (at < limit && q_http_framing_step (&parser->framing, data[at]))
    at++;

  return at;
}

/* Ends a field at the CR behind its value. FALSE if the value is wrong. */
static gboolean
end_value (QHttpParser  *parser,
           const guint8 *data,
           gsize         at)
{
  QHttpField *field = &parser->fields[parser->n_fields++];
  QHttpFraming *framing = &parser->framing;

  while (at > field->value && q_http_is_space (data[at - 1]))
    at--;
  field->value_length = at - field->value;

  if (G_LIKELY (framing->kind == Q_HTTP_FRAMING_NONE))
    return TRUE;

  if (!q_http_framing_end (framing, !parser->is_response))
    return FALSE;

  if (framing->kind == Q_HTTP_FRAMING_CODINGS)
    return parser->has_codings = TRUE;

  if (parser->content_length >= 0 && parser->content_length != framing->length)
    return FALSE;

  parser->content_length = framing->length;

  return TRUE;
}

/* All fields in one function whose cases fall through to the next: for a field that
 * is there as a whole, the switch is entered only once. */
static QHttpStatus
parse_fields (QHttpParser  *parser,
              const guint8 *data,
              gsize         limit)
{
  gsize at = parser->position;
  int state = parser->state;

  for (; at < limit; at++)
    switch (state)
      {
      case STATE_FIELD:
        if (data[at] == '\r')
          {
            state = STATE_END_LF;
            continue;
          }
        if (!q_http_is (data[at], Q_HTTP_TOKEN))
          return broken (parser, at);
        if (parser->n_fields == parser->max_fields)
          return stop (parser, STATE_TOO_LARGE, at, Q_HTTP_TOO_LARGE);
        begin_field (parser, at);
        G_GNUC_FALLTHROUGH;

      case STATE_NAME:
        at = skip_name (&parser->fields[parser->n_fields], data, at, limit);
        if (at == limit)
          return proceed (parser, STATE_NAME, at);
        if (data[at] != ':' || !end_name (parser, data, at))
          return broken (parser, at);
        at++;
        G_GNUC_FALLTHROUGH;

      case STATE_SPACE:
        while (at < limit && q_http_is_space (data[at]))
          at++;
        if (at == limit)
          return proceed (parser, STATE_SPACE, at);
        parser->fields[parser->n_fields].value = at;
        G_GNUC_FALLTHROUGH;

      case STATE_VALUE:
        if (G_LIKELY (parser->framing.kind == Q_HTTP_FRAMING_NONE))
          at = skip_text (parser, data, at, limit);
        else
          at = skip_framing (parser, data, at, limit);
        if (at == limit)
          return proceed (parser, STATE_VALUE, at);
        if (data[at] != '\r' || !end_value (parser, data, at))
          return broken (parser, at);
        state = STATE_FIELD_LF;
        continue;

      case STATE_FIELD_LF:
        if (data[at] != '\n')
          return broken (parser, at);
        state = STATE_FIELD;
        continue;

      case STATE_END_LF:
        if (data[at] != '\n')
          return broken (parser, at);
        parser->head_length = at + 1;
        return stop (parser, STATE_COMPLETE, at + 1, Q_HTTP_COMPLETE);
      }

  return proceed (parser, state, at);
}

static QHttpStatus
get_final_status (QHttpParser *parser)
{
  switch (parser->state)
    {
    case STATE_COMPLETE:
      return Q_HTTP_COMPLETE;

    case STATE_BROKEN:
      return Q_HTTP_BROKEN;

    case STATE_TOO_LARGE:
      return Q_HTTP_TOO_LARGE;

    default:
      return Q_HTTP_MORE;
    }
}

QHttpStatus
q_http_parser_feed (QHttpParser  *parser,
                    const guint8 *data,
                    gsize         length)
{
  gsize limit = MIN (length, parser->max_size);
  QHttpStatus status = get_final_status (parser);

  while (status == Q_HTTP_MORE && parser->position < limit)
    {
      if (parser->state < STATE_FIELD)
        status = parse_start_line (parser, data, limit);
      else
        status = parse_fields (parser, data, limit);
    }

  /* The head is not complete, and one more byte would exceed the limit. */
  if (status == Q_HTTP_MORE && parser->position == parser->max_size)
    return stop (parser, STATE_TOO_LARGE, parser->position, Q_HTTP_TOO_LARGE);

  return status;
}
