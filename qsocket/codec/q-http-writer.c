/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-http-writer-private.h"

#include <string.h>

#include "q-http-grammar-private.h"
#include "q-i18n-private.h"
#include "q-socket-error.h"

typedef struct
{
  GString *head;
  gsize body_length;
  gboolean is_request;
  gboolean is_http_1_0;
  gboolean has_length;        /* a Content-Length was written */
  gboolean has_codings;       /* a Transfer-Encoding was written */
} Writer;

/* Sets the error HTTP and returns FALSE. The beginning of @text is quoted in the
 * message with its control characters escaped. */
static gboolean
refuse (GError     **error,
        const char  *what,
        const char  *text,
        const char  *why)
{
  g_autofree char *start = g_strndup (text, 60);
  g_autofree char *quoted = g_strescape (start, NULL);

  g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_HTTP,
               /* Translators: such as: HTTP method "a b" is not a token. The parts are below. */
               _("HTTP %s \"%s%s\" %s"),
               what, quoted, strlen (start) < strlen (text) ? "…" : "", why);

  return FALSE;
}

static gboolean
is_all (const char *text,
        guint       classes)
{
  while (*text != '\0' && q_http_is ((guint8) *text, classes))
    text++;

  return *text == '\0';
}

static gboolean
is_token (const char *text)
{
  return *text != '\0' && is_all (text, Q_HTTP_TOKEN);
}

static gboolean
is_target (const char *method,
           const char *target)
{
  QHttpTarget state = q_http_target_begin ((const guint8 *) method, strlen (method));

  for (; *target != '\0'; target++)
    state = q_http_target_step (state, (guint8) *target);

  return q_http_target_is_whole (state);
}

static gboolean
check_version (Writer      *writer,
               const char  *version,
               GError     **error)
{
  writer->is_http_1_0 = g_strcmp0 (version, "1.0") == 0;

  if (!writer->is_http_1_0 && g_strcmp0 (version, "1.1") != 0)
    return refuse (error, _("version"), version != NULL ? version : "",
                   _("is neither 1.0 nor 1.1"));

  return TRUE;
}

/* Checks a field that tells the length of the body: there may be only one such field,
 * and it must agree with the body. */
static gboolean
check_framing (Writer            *writer,
               QHttpFramingKind   kind,
               const char        *name,
               const char        *value,
               gsize              length,
               GError           **error)
{
  QHttpFraming framing = Q_HTTP_FRAMING_INIT (kind);
  gsize i = 0;

  while (i < length && q_http_framing_step (&framing, (guint8) value[i]))
    i++;

  if (i < length || !q_http_framing_end (&framing, writer->is_request))
    return refuse (error, _("header"), name, kind == Q_HTTP_FRAMING_LENGTH
                   ? _("is not a decimal number of bytes")
                   : _("is not a list of transfer codings with \"chunked\" at its end"));

  if (writer->has_length || writer->has_codings)
    return refuse (error, _("header"), name, _("gives the length of the body once more"));

  if (kind == Q_HTTP_FRAMING_CODINGS && writer->is_http_1_0)
    return refuse (error, _("header"), name, _("cannot be used with version 1.0"));

  if (kind == Q_HTTP_FRAMING_LENGTH && writer->body_length > 0 &&
      (guint64) framing.length != writer->body_length)
    return refuse (error, _("header"), name, _("contradicts the length of the body"));

  writer->has_length = kind == Q_HTTP_FRAMING_LENGTH;
  writer->has_codings = kind == Q_HTTP_FRAMING_CODINGS;

  return TRUE;
}

/* @name must be a token. White space around a value is left out, as a parser does
 * not take it for a part of the value either. */
static gboolean
append_field (Writer      *writer,
              const char  *name,
              const char  *value,
              GError     **error)
{
  QHttpFramingKind kind = q_http_framing_kind ((const guint8 *) name, strlen (name));
  gsize length;

  if (!is_all (value, Q_HTTP_TEXT))
    return refuse (error, _("header"), name, _("has a control character in its value"));

  while (q_http_is_space ((guint8) *value))
    value++;
  length = strlen (value);
  while (length > 0 && q_http_is_space ((guint8) value[length - 1]))
    length--;

  if (kind != Q_HTTP_FRAMING_NONE && !check_framing (writer, kind, name, value, length, error))
    return FALSE;

  g_string_append (writer->head, name);
  g_string_append (writer->head, ": ");
  g_string_append_len (writer->head, value, length);
  g_string_append (writer->head, "\r\n");

  return TRUE;
}

static gboolean
append_list (Writer      *writer,
             const char  *name,
             GVariant    *list,
             GError     **error)
{
  GVariantIter iter;
  const char *value;

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "&s", &value))
    if (!append_field (writer, name, value, error))
      return FALSE;

  return TRUE;
}

/* A number as text, or NULL if @value is not a number. */
static char *
format_number (GVariant *value)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      return g_strdup (g_variant_get_boolean (value) ? "1" : "0");

    case G_VARIANT_CLASS_INT32:
      return g_strdup_printf ("%" G_GINT32_FORMAT, g_variant_get_int32 (value));

    case G_VARIANT_CLASS_UINT32:
      return g_strdup_printf ("%" G_GUINT32_FORMAT, g_variant_get_uint32 (value));

    case G_VARIANT_CLASS_INT64:
      return g_strdup_printf ("%" G_GINT64_FORMAT, g_variant_get_int64 (value));

    case G_VARIANT_CLASS_UINT64:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, g_variant_get_uint64 (value));

    default:
      return NULL;
    }
}

static gboolean
append_value (Writer      *writer,
              const char  *name,
              GVariant    *value,
              GError     **error)
{
  g_autofree char *number = NULL;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr (GVariant) inner = g_variant_get_variant (value);

      return append_value (writer, name, inner, error);
    }

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return append_field (writer, name, g_variant_get_string (value, NULL), error);

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    return append_list (writer, name, value, error);

  number = format_number (value);
  if (number == NULL)
    return refuse (error, _("header"), name, _("is neither text nor a number nor a list of texts"));

  return append_field (writer, name, number, error);
}

static gboolean
append_headers (Writer    *writer,
                GVariant  *headers,
                GError   **error)
{
  gsize n;

  if (headers == NULL)
    return TRUE;

  if (!g_variant_is_of_type (headers, G_VARIANT_TYPE_VARDICT) &&
      !g_variant_is_of_type (headers, G_VARIANT_TYPE ("a{ss}")))
    {
      g_set_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT,
                   _("HTTP headers must be of type a{sv} or a{ss}, not %s"),
                   g_variant_get_type_string (headers));
      return FALSE;
    }

  n = g_variant_n_children (headers);
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (headers, i);
      g_autoptr (GVariant) value = g_variant_get_child_value (entry, 1);
      const char *name;

      g_variant_get_child (entry, 0, "&s", &name);
      if (!is_token (name))
        return refuse (error, _("header name"), name, _("is not a token"));
      if (!append_value (writer, name, value, error))
        return FALSE;
    }

  return TRUE;
}

/* Writes all that follows the start line. @needs_length says that the recipient
 * expects a body: if there is none, a Content-Length of 0 must tell so. */
static GString *
finish (Writer    *writer,
        GVariant  *headers,
        gboolean   needs_length,
        char     **first_line,
        GError   **error)
{
  g_autofree char *line = g_strndup (writer->head->str, writer->head->len);

  g_string_append (writer->head, "\r\n");

  if (!append_headers (writer, headers, error))
    {
      g_string_free (writer->head, TRUE);
      return NULL;
    }

  if (!writer->has_length && !writer->has_codings && (writer->body_length > 0 || needs_length))
    g_string_append_printf (writer->head, "Content-Length: %" G_GSIZE_FORMAT "\r\n",
                            writer->body_length);

  g_string_append (writer->head, "\r\n");

  if (first_line != NULL)
    *first_line = g_steal_pointer (&line);

  return writer->head;
}

GString *
q_http_write_request (const char  *method,
                      const char  *path,
                      const char  *http_version,
                      GVariant    *headers,
                      gsize        body_length,
                      char       **first_line,
                      GError     **error)
{
  Writer writer = { .body_length = body_length, .is_request = TRUE };
  gboolean expects_body;

  if (method == NULL || !is_token (method))
    {
      refuse (error, _("method"), method != NULL ? method : "", _("is not a token"));
      return NULL;
    }

  if (path == NULL || *path == '\0')
    path = "/";

  if (!is_target (method, path))
    {
      refuse (error, _("path"), path, _("is not a target for this method"));
      return NULL;
    }

  if (!check_version (&writer, http_version, error))
    return NULL;

  expects_body = g_str_equal (method, "POST") || g_str_equal (method, "PUT") ||
                 g_str_equal (method, "PATCH");

  writer.head = g_string_sized_new (256);
  g_string_append_printf (writer.head, "%s %s HTTP/%s", method, path, http_version);

  return finish (&writer, headers, expects_body, first_line, error);
}

GString *
q_http_write_response (guint        status_code,
                       const char  *desc,
                       const char  *http_version,
                       GVariant    *headers,
                       gsize        body_length,
                       char       **first_line,
                       GError     **error)
{
  Writer writer = { .body_length = body_length };
  gboolean never_has_body = status_code < 200 || status_code == 204 || status_code == 304;
  g_autofree char *code = g_strdup_printf ("%u", status_code);

  if (status_code < 100 || status_code > 599)
    {
      refuse (error, _("status code"), code, _("is outside 100 to 599"));
      return NULL;
    }

  if (desc == NULL)
    desc = "";

  if (!is_all (desc, Q_HTTP_TEXT) || !g_utf8_validate (desc, -1, NULL))
    {
      refuse (error, _("status message"), desc, _("is not text without control characters"));
      return NULL;
    }

  if (!check_version (&writer, http_version, error))
    return NULL;

  if (never_has_body && body_length > 0)
    {
      refuse (error, _("status code"), code, _("never has a body"));
      return NULL;
    }

  writer.head = g_string_sized_new (256);
  g_string_append_printf (writer.head, "HTTP/%s %s %s", http_version, code, desc);

  return finish (&writer, headers, !never_has_body, first_line, error);
}
