/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-charset-private.h"

#include <errno.h>
#include <string.h>

#include "q-i18n-private.h"
#include "q-socket-error.h"

#define NAME_MAX_LENGTH 64

/* Keys are names as squeeze_name () returns them: upper case, no punctuation. */
static const struct
{
  const char *key;
  const char *canonical;
} aliases[] = {
  { "ANSIX341968", "US-ASCII" },
  { "ANSIX341986", "US-ASCII" },
  { "ASCII", "US-ASCII" },
  { "CSASCII", "US-ASCII" },
  { "CSUNICODE", "UNICODE" },
  { "EUCJP", "EUC-JP" },
  { "EUCKR", "EUC-KR" },
  { "EUCTW", "EUC-TW" },
  { "IBM367", "US-ASCII" },
  { "ISO10646UCS2", "UCS-2" },
  { "ISO10646UCS4", "UCS-4" },
  { "ISO646US", "US-ASCII" },
  { "KOI8R", "KOI8-R" },
  { "KOI8U", "KOI8-U" },
  { "MSKANJI", "SHIFT_JIS" },
  { "SHIFTJIS", "SHIFT_JIS" },
  { "SJIS", "SHIFT_JIS" },
  { "UCS2", "UCS-2" },
  { "UCS4", "UCS-4" },
  { "USASCII", "US-ASCII" },
  { "UTF16", "UTF-16" },
  { "UTF16BE", "UTF-16BE" },
  { "UTF16LE", "UTF-16LE" },
  { "UTF32", "UTF-32" },
  { "UTF32BE", "UTF-32BE" },
  { "UTF32LE", "UTF-32LE" },
  { "UTF7", "UTF-7" },
  { "UTF8", "UTF-8" },
};

/* The parts of ISO 8859 that are LATIN-1 to LATIN-10. */
static const guint8 latin_parts[] = { 1, 2, 3, 4, 9, 10, 13, 14, 15, 16 };

/* Names that iconv knows, but that mean how this machine keeps text in memory:
 * no charset to send text in. */
static const char * const machine_formats[] = { "CHAR", "INTERNAL", "WCHAR_T" };

/* iconv reads a text in one of these that has no byte order mark in the byte order
 * of the machine, so the decoder chooses one of the other two itself. */
static const QCharsetOrder orders[] = {
  { "UTF-16", "UTF-16BE", "UTF-16LE", 2 },
  { "UTF-32", "UTF-32BE", "UTF-32LE", 4 },
  { "UCS-2", "UCS-2BE", "UCS-2LE", 2 },
  { "UCS-4", "UCS-4BE", "UCS-4LE", 4 },
  { "UNICODE", "UCS-2BE", "UCS-2LE", 2 },
};

const QCharsetOrder *
q_charset_get_order (const char *charset)
{
  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    if (strcmp (charset, orders[i].charset) == 0)
      return &orders[i];

  return NULL;
}

/* The letters and digits of a name in upper case. A colon is kept too: behind it
 * stands a year, as in "ISO_8859-1:1987". */
static char *
squeeze_name (const char *name)
{
  g_autoptr (GString) squeezed = g_string_new (NULL);

  for (; *name != '\0'; name++)
    if (g_ascii_isalnum (*name) || *name == ':')
      g_string_append_c (squeezed, g_ascii_toupper (*name));

  return g_string_free (g_steal_pointer (&squeezed), FALSE);
}

/* The number behind @prefix; 0 if another prefix, no number or more than a number
 * is there. */
static guint
parse_number (const char *squeezed,
              const char *prefix,
              gboolean    may_have_year)
{
  const char *p = squeezed;
  guint number = 0;

  if (!g_str_has_prefix (p, prefix))
    return 0;

  p += strlen (prefix);
  while (g_ascii_isdigit (*p) && number < 1000)
    number = number * 10 + (guint) (*p++ - '0');

  if (may_have_year && p[0] == ':' && strlen (p) == 5 && strspn (p + 1, "0123456789") == 4)
    p += 5;

  return *p == '\0' ? number : 0;
}

static guint
parse_iso_8859_part (const char *squeezed)
{
  static const char * const latin_prefixes[] = { "LATIN", "L" };
  guint part = parse_number (squeezed, "ISO8859", TRUE);

  if (part == 0)
    part = parse_number (squeezed, "8859", FALSE);

  for (guint i = 0; part == 0 && i < G_N_ELEMENTS (latin_prefixes); i++)
    {
      guint latin = parse_number (squeezed, latin_prefixes[i], FALSE);

      if (latin >= 1 && latin <= G_N_ELEMENTS (latin_parts))
        part = latin_parts[latin - 1];
    }

  return part;
}

/* The usual spelling of a charset that has several, or NULL. The charset need not
 * exist, as a number in a name is not looked up. */
static char *
find_usual_name (const char *name)
{
  g_autofree char *squeezed = squeeze_name (name);
  guint part = parse_iso_8859_part (squeezed);
  guint page;

  if (part != 0)
    return g_strdup_printf ("ISO-8859-%u", part);

  page = parse_number (squeezed, "CP", FALSE);
  if (page == 0)
    page = parse_number (squeezed, "WINDOWS", FALSE);
  if (page >= 1250 && page <= 1258)
    return g_strdup_printf ("WINDOWS-%u", page);

  for (guint i = 0; i < G_N_ELEMENTS (aliases); i++)
    if (strcmp (squeezed, aliases[i].key) == 0)
      return g_strdup (aliases[i].canonical);

  return NULL;
}

/* iconv_open () accepts more than names: it ignores characters that cannot be in a
 * name, and a suffix //TRANSLIT or //IGNORE makes it replace or drop text. */
static gboolean
name_is_plain (const char *name)
{
  gsize length = strlen (name);

  if (length == 0 || length > NAME_MAX_LENGTH)
    return FALSE;

  for (; *name != '\0'; name++)
    if (!g_ascii_isalnum (*name) && strchr ("-_.:", *name) == NULL)
      return FALSE;

  return TRUE;
}

static gboolean
can_convert (const char *to,
             const char *from)
{
  GIConv conv = q_charset_open (to, from, NULL);

  if (conv == NULL)
    return FALSE;

  g_iconv_close (conv);

  return TRUE;
}

static gboolean
charset_exists (const char *charset)
{
  const QCharsetOrder *order = q_charset_get_order (charset);

  for (guint i = 0; i < G_N_ELEMENTS (machine_formats); i++)
    if (strcmp (charset, machine_formats[i]) == 0)
      return FALSE;

  if (strcmp (charset, "UTF-8") == 0 || strcmp (charset, "US-ASCII") == 0)
    return TRUE;

  if (order != NULL)
    return can_convert (charset, "UTF-8") && can_convert ("UTF-8", order->msb_first)
           && can_convert (order->msb_first, "UTF-8") && can_convert ("UTF-8", order->lsb_first);

  return can_convert (charset, "UTF-8") && can_convert ("UTF-8", charset);
}

static void
set_unknown_error (const char  *name,
                   GError     **error)
{
  g_autofree char *start = g_strndup (name, NAME_MAX_LENGTH);
  g_autofree char *escaped = g_strescape (start, NULL);

  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING, _("unknown charset \"%s\"%s"),
               escaped, strlen (name) > NAME_MAX_LENGTH ? "..." : "");
}

const char *
q_charset_canonical_name (const char  *name,
                          GError     **error)
{
  g_autofree char *usual = NULL;
  g_autofree char *upper = NULL;

  g_return_val_if_fail (name != NULL, NULL);

  if (!name_is_plain (name))
    {
      set_unknown_error (name, error);
      return NULL;
    }

  usual = find_usual_name (name);
  if (usual != NULL && charset_exists (usual))
    return g_intern_string (usual);

  upper = g_ascii_strup (name, -1);
  if (charset_exists (upper))
    return g_intern_string (upper);

  set_unknown_error (name, error);

  return NULL;
}

GIConv
q_charset_open (const char  *to,
                const char  *from,
                GError     **error)
{
  GIConv conv = g_iconv_open (to, from);
  int saved_errno = errno;

  if (conv != (GIConv) -1)
    return conv;

  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_ENCODING,
               _("no conversion from %s to %s: %s"), from, to, g_strerror (saved_errno));

  return NULL;
}

void
q_charset_buffer_clear (QCharsetBuffer *buffer)
{
  g_clear_pointer (&buffer->bytes, g_free);
  buffer->used = 0;
  buffer->size = 0;
}

static void
buffer_reserve (QCharsetBuffer *buffer,
                gsize           size)
{
  if (size <= buffer->size)
    return;

  buffer->bytes = g_realloc (buffer->bytes, size);
  buffer->size = size;
}

char *
q_charset_buffer_steal (QCharsetBuffer *buffer)
{
  char *bytes = g_realloc (buffer->bytes, buffer->used + 1);

  bytes[buffer->used] = '\0';
  buffer->bytes = NULL;
  q_charset_buffer_clear (buffer);

  return bytes;
}

static QCharsetStatus
convert_into (GIConv           conv,
              char           **input,
              gsize           *left,
              QCharsetBuffer  *output)
{
  while (TRUE)
    {
      char *end = output->bytes + output->used;
      gsize room = output->size - output->used;
      gsize result = g_iconv (conv, input, left, &end, &room);
      int saved_errno = errno;

      output->used = (gsize) (end - output->bytes);

      /* The result is the number of characters that were replaced. That of a flush
       * tells nothing: glibc's ISO-2022-CN-EXT returns 1 there. */
      if (result != (gsize) -1)
        return result == 0 || input == NULL ? Q_CHARSET_STATUS_DONE : Q_CHARSET_STATUS_BAD;
      if (saved_errno == EINVAL)
        return Q_CHARSET_STATUS_INCOMPLETE;
      if (saved_errno != E2BIG)
        return Q_CHARSET_STATUS_BAD;

      buffer_reserve (output, 2 * output->size);
    }
}

QCharsetStatus
q_charset_convert (GIConv           conv,
                   const guint8   **input,
                   gsize           *left,
                   QCharsetBuffer  *output)
{
  char *p = (char *) *input;
  QCharsetStatus status;

  /* Enough for nearly every text: three bytes for each two, and 32 for a byte order
   * mark or shift sequences. convert_into () makes more room where it is not. */
  buffer_reserve (output, output->used + *left + *left / 2 + 32);

  /* iconv would take a NULL input, which an empty one may be, for a flush. */
  if (*left == 0)
    return Q_CHARSET_STATUS_DONE;

  status = convert_into (conv, &p, left, output);
  *input = (const guint8 *) p;

  return status;
}

QCharsetStatus
q_charset_flush (GIConv          conv,
                 QCharsetBuffer *output)
{
  buffer_reserve (output, output->used + 32);

  return convert_into (conv, NULL, NULL, output);
}

void
q_charset_reset (GIConv conv)
{
  g_iconv (conv, NULL, NULL, NULL, NULL);
}

gssize
q_charset_try (GIConv       conv,
               const char  *text,
               gsize        length,
               char         bytes[Q_CHARSET_TRIAL_SIZE],
               gsize       *n_flushed)
{
  char *input = (char *) text;
  char *end = bytes;
  gsize left = length;
  gsize room = Q_CHARSET_TRIAL_SIZE;
  gsize room_before_flush;

  *n_flushed = 0;
  q_charset_reset (conv);
  if (g_iconv (conv, &input, &left, &end, &room) != 0)
    return -1;

  room_before_flush = room;
  if (g_iconv (conv, NULL, NULL, &end, &room) == (gsize) -1)
    return -1;

  *n_flushed = room_before_flush - room;

  return end - bytes;
}

gboolean
q_charset_has_shifts (GIConv conv)
{
  /* A Kana, a Han and a Hangul character: each charset with shift states leaves its
   * initial state for one of them, so that a flush has to write how to return. */
  static const char * const samples[] = { "\xe3\x81\x82", "\xe4\xb8\xad", "\xea\xb0\x80" };
  char bytes[Q_CHARSET_TRIAL_SIZE];
  gsize n_flushed;

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    if (q_charset_try (conv, samples[i], strlen (samples[i]), bytes, &n_flushed) > 0
        && n_flushed > 0)
      return TRUE;

  return FALSE;
}
