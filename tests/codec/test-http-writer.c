/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-http-writer-private.h"

#include <string.h>

#include "q-http-result-private.h"
#include "q-socket-error.h"

#define END "\r\n\r\n"

/* Of a request and of a response only one is set: method, or status. Headers are
 * GVariant text. Either the head is expected or a part of the message. */
typedef struct
{
  const char *name;
  const char *method;
  const char *path;
  guint status;
  const char *desc;
  const char *version;
  const char *headers;
  gsize body_length;
  const char *head;
  const char *message;
} Case;

#define REQUEST(method, path, version, headers, length) \
  (method), (path), 0, NULL, (version), (headers), (length)
#define RESPONSE(status, desc, version, headers, length) \
  NULL, NULL, (status), (desc), (version), (headers), (length)

#define GET(headers) REQUEST ("GET", "/", "1.1", headers, 0)
#define POST(headers, length) REQUEST ("POST", "/", "1.1", headers, length)

static const Case right[] = {
  { "get", GET (NULL), "GET / HTTP/1.1" END },
  { "get-1-0", REQUEST ("GET", "/", "1.0", "@a{sv} {}", 0), "GET / HTTP/1.0" END },
  { "get-empty-path", REQUEST ("GET", "", "1.1", NULL, 0), "GET / HTTP/1.1" END },
  { "get-no-path", REQUEST ("GET", NULL, "1.1", NULL, 0), "GET / HTTP/1.1" END },
  { "target-star", REQUEST ("OPTIONS", "*", "1.1", NULL, 0), "OPTIONS * HTTP/1.1" END },
  { "target-authority", REQUEST ("CONNECT", "h:1", "1.1", NULL, 0), "CONNECT h:1 HTTP/1.1" END },
  { "target-absolute", REQUEST ("GET", "http://h/a?b", "1.1", NULL, 0),
    "GET http://h/a?b HTTP/1.1" END },
  { "method-of-ones-own", REQUEST ("x-do_it", "/%20", "1.1", NULL, 0),
    "x-do_it /%20 HTTP/1.1" END },

  { "headers-in-order", GET ("{'Z': <'1'>, 'a-B_c': <'2'>, 'M': <''>}"),
    "GET / HTTP/1.1\r\nZ: 1\r\na-B_c: 2\r\nM: " END },
  { "headers-of-strings", GET ("{'Host': 'h', 'Accept': '*/*'}"),
    "GET / HTTP/1.1\r\nHost: h\r\nAccept: */*" END },
  { "headers-of-no-strings", GET ("@a{ss} {}"), "GET / HTTP/1.1" END },
  { "numbers", GET ("{'A': <-1>, 'B': <uint32 4294967295>, 'C': <int64 -9223372036854775808>,"
                    " 'D': <uint64 18446744073709551615>, 'E': <true>, 'F': <false>}"),
    "GET / HTTP/1.1\r\nA: -1\r\nB: 4294967295\r\nC: -9223372036854775808\r\n"
    "D: 18446744073709551615\r\nE: 1\r\nF: 0" END },
  { "lists", GET ("{'A': <['1', '2', '']>, 'B': <@as []>, 'C': <'3'>}"),
    "GET / HTTP/1.1\r\nA: 1\r\nA: 2\r\nA: \r\nC: 3" END },
  { "wrapped", GET ("{'A': <<'1'>>, 'B': <<<['2', '3']>>>, 'C': <<4>>}"),
    "GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nB: 3\r\nC: 4" END },
  { "same-name-twice", GET ("{'A': <'1'>, 'a': <'2'>, 'A': <'3'>}"),
    "GET / HTTP/1.1\r\nA: 1\r\na: 2\r\nA: 3" END },
  { "values-are-trimmed", GET ("{'A': <' \t b \t c\t '>, 'B': <' \t'>}"),
    "GET / HTTP/1.1\r\nA: b \t c\r\nB: " END },
  { "values-not-ascii", GET ("{'A': <'grüße €'>}"), "GET / HTTP/1.1\r\nA: grüße €" END },
  /* Case 58: U+010A and U+560A hold a line end only where 16 bits become 8. */
  { "58-look-alikes", GET ("{'A': <'a\\u010db\\u010ac\\u560dd\\u560a'>}"),
    "GET / HTTP/1.1\r\nA: ačbĊc嘍d嘊" END },
  { "40-no-aliases", GET ("{'Content_Length': <'x'>, 'Transfer_Encoding': <'y'>}"),
    "GET / HTTP/1.1\r\nContent_Length: x\r\nTransfer_Encoding: y" END },

  { "body", POST ("{'Content-Type': <'text/xml'>}", 4),
    "POST / HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Length: 4" END },
  { "body-of-get", REQUEST ("GET", "/", "1.0", NULL, 10),
    "GET / HTTP/1.0\r\nContent-Length: 10" END },
  { "body-length-given", POST ("{'content-LENGTH': <'4'>, 'A': <'b'>}", 4),
    "POST / HTTP/1.1\r\ncontent-LENGTH: 4\r\nA: b" END },
  { "body-length-given-as-number", POST ("{'Content-Length': <4>}", 4),
    "POST / HTTP/1.1\r\nContent-Length: 4" END },
  { "body-length-given-as-list", POST ("{'Content-Length': <[' 04 ']>}", 4),
    "POST / HTTP/1.1\r\nContent-Length: 04" END },
  { "body-length-given-as-empty-list", POST ("{'Content-Length': <@as []>}", 4),
    "POST / HTTP/1.1\r\nContent-Length: 4" END },
  { "body-chunked-by-caller", POST ("{'Transfer-Encoding': <'gzip, Chunked'>}", 4),
    "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, Chunked" END },
  { "no-body-post", POST (NULL, 0), "POST / HTTP/1.1\r\nContent-Length: 0" END },
  { "no-body-put", REQUEST ("PUT", "/", "1.0", NULL, 0),
    "PUT / HTTP/1.0\r\nContent-Length: 0" END },
  { "no-body-patch", REQUEST ("PATCH", "/", "1.1", "{'A': 'b'}", 0),
    "PATCH / HTTP/1.1\r\nA: b\r\nContent-Length: 0" END },
  { "no-body-delete", REQUEST ("DELETE", "/", "1.1", NULL, 0), "DELETE / HTTP/1.1" END },
  { "no-body-yet", POST ("{'Content-Length': <uint64 9223372036854775807>}", 0),
    "POST / HTTP/1.1\r\nContent-Length: 9223372036854775807" END },
  { "no-body-yet-chunked", POST ("{'Transfer-Encoding': <'chunked'>}", 0),
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked" END },

  { "response", RESPONSE (200, "OK", "1.1", "{'Connection': <'Keep-Alive'>}", 2),
    "HTTP/1.1 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2" END },
  { "response-no-body", RESPONSE (404, "Not Found", "1.0", NULL, 0),
    "HTTP/1.0 404 Not Found\r\nContent-Length: 0" END },
  { "response-no-desc", RESPONSE (599, NULL, "1.1", NULL, 0),
    "HTTP/1.1 599 \r\nContent-Length: 0" END },
  { "response-desc-not-ascii", RESPONSE (200, " Zurück\t!", "1.1", NULL, 0),
    "HTTP/1.1 200  Zurück\t!\r\nContent-Length: 0" END },
  { "response-100", RESPONSE (100, "Continue", "1.1", NULL, 0), "HTTP/1.1 100 Continue" END },
  { "response-199", RESPONSE (199, "", "1.1", "{'A': <'b'>}", 0), "HTTP/1.1 199 \r\nA: b" END },
  { "response-204", RESPONSE (204, "No", "1.1", NULL, 0), "HTTP/1.1 204 No" END },
  { "response-304", RESPONSE (304, "", "1.1", NULL, 0), "HTTP/1.1 304 " END },
  { "response-304-length", RESPONSE (304, "", "1.1", "{'Content-Length': <7>}", 0),
    "HTTP/1.1 304 \r\nContent-Length: 7" END },
  { "response-to-head", RESPONSE (200, "OK", "1.1", "{'Content-Length': <7>}", 0),
    "HTTP/1.1 200 OK\r\nContent-Length: 7" END },
  { "response-chunked", RESPONSE (200, "OK", "1.1", "{'Transfer-Encoding': <'chunked'>}", 0),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked" END },
  { "response-coded", RESPONSE (200, "OK", "1.1", "{'Transfer-Encoding': <'gzip'>}", 9),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip" END },
};

static const Case wrong[] = {
  { "51-method-cr", REQUEST ("GET\r\nA: b", "/", "1.1", NULL, 0),
    NULL, "method \"GET\\r\\nA: b\"" },
  { "57-method-space", REQUEST ("GE T", "/", "1.1", NULL, 0), NULL, "method \"GE T\"" },
  { "57-method-empty", REQUEST ("", "/", "1.1", NULL, 0), NULL, "method \"\"" },
  { "57-method-none", REQUEST (NULL, "/", "1.1", NULL, 0), NULL, "method \"\"" },
  { "57-method-not-ascii", REQUEST ("GÉT", "/", "1.1", NULL, 0), NULL, "method \"G\\303\\211T\"" },
  { "52-path-crlf", REQUEST ("GET", "/ HTTP/1.1\r\nA: b", "1.1", NULL, 0), NULL, "path \"/ HTTP" },
  { "52-path-lf", REQUEST ("GET", "/\n", "1.1", NULL, 0), NULL, "path \"/\\n\"" },
  { "57-path-space", REQUEST ("GET", "/a b", "1.1", NULL, 0), NULL, "path \"/a b\"" },
  { "57-path-tab", REQUEST ("GET", "/a\t", "1.1", NULL, 0), NULL, "path \"/a\\t\"" },
  { "52-path-fragment", REQUEST ("GET", "/a#b", "1.1", NULL, 0), NULL, "path" },
  { "52-path-not-ascii", REQUEST ("GET", "/ä", "1.1", NULL, 0), NULL, "path" },
  { "52-path-relative", REQUEST ("GET", "a", "1.1", NULL, 0), NULL, "path" },
  { "52-path-star", REQUEST ("GET", "*", "1.1", NULL, 0), NULL, "path" },
  { "52-path-authority", REQUEST ("GET", "h:80", "1.1", NULL, 0), NULL, "path" },
  { "52-path-of-connect", REQUEST ("CONNECT", "/", "1.1", NULL, 0), NULL, "path" },
  { "53-version-crlf", REQUEST ("GET", "/", "1.1\r\nA: b", NULL, 0), NULL, "version \"1.1\\r\\nA" },
  { "53-version-2", REQUEST ("GET", "/", "2", NULL, 0), NULL, "version \"2\"" },
  { "53-version-0.9", REQUEST ("GET", "/", "0.9", NULL, 0), NULL, "version" },
  { "53-version-whole", REQUEST ("GET", "/", "HTTP/1.1", NULL, 0), NULL, "version" },
  { "53-version-none", REQUEST ("GET", "/", NULL, NULL, 0), NULL, "version" },
  { "53-version-response", RESPONSE (200, "OK", "1.2", NULL, 0), NULL, "version" },

  { "54-name-crlf", GET ("{'A\\r\\nB': <'c'>}"), NULL, "header name \"A\\r\\nB\"" },
  { "54-name-lf", GET ("{'A\\n': <'c'>}"), NULL, "header name \"A\\n\"" },
  { "57-name-space", GET ("{'A B': <'c'>}"), NULL, "header name \"A B\"" },
  { "57-name-colon", GET ("{'A:': <'c'>}"), NULL, "header name \"A:\"" },
  { "57-name-empty", GET ("{'': <'c'>}"), NULL, "header name \"\"" },
  { "57-name-not-ascii", GET ("{'Ä': <'c'>}"), NULL, "header name \"\\303\\204\"" },
  { "57-name-of-nothing", GET ("{'A B': <@as []>}"), NULL, "header name \"A B\"" },
  { "57-name-of-string", GET ("{'A B': 'c'}"), NULL, "header name \"A B\"" },
  { "55-value-crlf", GET ("{'A': <'b\\r\\nC: d'>}"), NULL, "header \"A\" has a control" },
  { "55-value-cr", GET ("{'A': <'b\\r'>}"), NULL, "header \"A\" has a control" },
  { "55-value-lf-first", GET ("{'A': <'\\nb'>}"), NULL, "header \"A\" has a control" },
  { "55-value-escape", GET ("{'A': <'\\u001b[m'>}"), NULL, "header \"A\" has a control" },
  { "55-value-delete", GET ("{'A': <'\\u007f'>}"), NULL, "header \"A\" has a control" },
  { "55-value-in-list", GET ("{'A': <['b', 'c\\n']>}"), NULL, "header \"A\" has a control" },
  { "55-value-of-string", GET ("{'A': 'b\\n'}"), NULL, "header \"A\" has a control" },
  { "value-double", GET ("{'A': <1.5>}"), NULL, "header \"A\" is neither" },
  { "value-bytes", GET ("{'A': <b'b'>}"), NULL, "header \"A\" is neither" },
  { "value-int16", GET ("{'A': <int16 1>}"), NULL, "header \"A\" is neither" },
  { "value-nothing", GET ("{'A': <@ms nothing>}"), NULL, "header \"A\" is neither" },
  { "value-list-of-variants", GET ("{'A': <[<'b'>]>}"), NULL, "header \"A\" is neither" },
  { "value-object-path", GET ("{'A': <objectpath '/a'>}"), NULL, "header \"A\" is neither" },

  { "56-desc-crlf", RESPONSE (200, "OK\r\nA: b", "1.1", NULL, 0),
    NULL, "status message \"OK\\r\\nA: b\"" },
  { "56-desc-lf", RESPONSE (200, "O\nK", "1.1", NULL, 0), NULL, "status message \"O\\nK\"" },
  { "56-desc-not-utf-8", RESPONSE (200, "\xfc", "1.1", NULL, 0), NULL, "status message \"\\374\"" },
  { "61-status-99", RESPONSE (99, "OK", "1.1", NULL, 0), NULL, "status code \"99\"" },
  { "61-status-600", RESPONSE (600, "OK", "1.1", NULL, 0), NULL, "status code \"600\"" },
  { "61-status-1000", RESPONSE (1000, "OK", "1.1", NULL, 0), NULL, "status code \"1000\"" },
  { "61-status-largest", RESPONSE (G_MAXUINT, "OK", "1.1", NULL, 0), NULL, "status code" },
  { "60-body-with-100", RESPONSE (100, "C", "1.1", NULL, 1), NULL, "status code \"100\"" },
  { "60-body-with-204", RESPONSE (204, "N", "1.1", NULL, 1), NULL, "status code \"204\"" },
  { "60-body-with-304", RESPONSE (304, "N", "1.1", "{'Content-Length': <1>}", 1),
    NULL, "status code \"304\"" },

  { "59-length-too-small", POST ("{'content-length': <'3'>}", 4),
    NULL, "header \"content-length\" contradicts" },
  { "59-length-too-large", POST ("{'Content-Length': <5>}", 4), NULL, "contradicts" },
  { "59-length-0", POST ("{'Content-Length': <'0'>}", 4), NULL, "contradicts" },
  { "59-length-twice", POST ("{'Content-Length': <'4'>, 'CONTENT-LENGTH': <'4'>}", 4),
    NULL, "header \"CONTENT-LENGTH\" gives the length of the body once more" },
  { "59-length-list", POST ("{'Content-Length': <['4', '4']>}", 4), NULL, "once more" },
  { "59-length-twice-no-body", GET ("{'Content-Length': <['4', '4']>}"), NULL, "once more" },
  { "59-length-and-coding",
    POST ("{'Content-Length': <'4'>, 'Transfer-Encoding': <'chunked'>}", 4),
    NULL, "header \"Transfer-Encoding\" gives" },
  { "59-coding-and-length",
    POST ("{'Transfer-Encoding': <'chunked'>, 'Content-Length': <'4'>}", 0),
    NULL, "header \"Content-Length\" gives" },
  { "59-length-plus", GET ("{'Content-Length': <'+4'>}"), NULL, "not a decimal" },
  { "59-length-negative", GET ("{'Content-Length': <-4>}"), NULL, "not a decimal" },
  { "59-length-empty", GET ("{'Content-Length': <''>}"), NULL, "not a decimal" },
  { "59-length-comma", GET ("{'Content-Length': <'4, 4'>}"), NULL, "not a decimal" },
  { "59-length-2-to-the-63", GET ("{'Content-Length': <uint64 9223372036854775808>}"),
    NULL, "not a decimal" },
  { "59-coding-unknown", POST ("{'Transfer-Encoding': <'identity'>}", 0),
    NULL, "header \"Transfer-Encoding\" is not a list" },
  { "59-coding-not-chunked", POST ("{'Transfer-Encoding': <'gzip'>}", 0), NULL, "is not a list" },
  { "59-coding-empty", POST ("{'Transfer-Encoding': <''>}", 0), NULL, "is not a list" },
  { "59-coding-list",
    RESPONSE (200, "OK", "1.1", "{'Transfer-Encoding': <['gzip', 'chunked']>}", 0),
    NULL, "once more" },
  { "59-coding-1-0", REQUEST ("POST", "/", "1.0", "{'Transfer-Encoding': <'chunked'>}", 0),
    NULL, "version 1.0" },
};

/* The text has its type by itself or is meant to be an a{sv}. */
static GVariant *
parse_headers (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *headers;

  if (text == NULL)
    return NULL;

  headers = g_variant_parse (NULL, text, NULL, NULL, &error);
  g_assert_no_error (error);

  return headers;
}

static GString *
write_case (const Case  *test,
            char       **first_line,
            GError     **error)
{
  g_autoptr (GVariant) headers = parse_headers (test->headers);

  if (test->status > 0)
    return q_http_write_response (test->status, test->desc, test->version, headers,
                                  test->body_length, first_line, error);

  return q_http_write_request (test->method, test->path, test->version, headers,
                               test->body_length, first_line, error);
}

static void
test_right (gconstpointer user_data)
{
  const Case *test = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *first_line = NULL;
  GString *head = write_case (test, &first_line, &error);
  GString *again = write_case (test, NULL, &error);
  QHttpParser parser;

  g_assert_no_error (error);
  g_assert_cmpstr (head->str, ==, test->head);
  g_assert_cmpuint (head->len, ==, strlen (test->head));
  g_assert_cmpstr (again->str, ==, head->str);
  g_assert_true (g_str_has_prefix (test->head, first_line));
  g_assert_cmpmem (test->head + strlen (first_line), 2, "\r\n", 2);
  g_assert_null (strchr (first_line, '\r'));

  /* Reader and writer must agree. */
  q_http_parser_init (&parser, 65536, 256);
  g_assert_cmpint (q_http_parser_feed (&parser, (const guint8 *) head->str, head->len), ==,
                   Q_HTTP_COMPLETE);
  g_assert_cmpuint (parser.head_length, ==, head->len);
  q_http_parser_clear (&parser);

  g_string_free (head, TRUE);
  g_string_free (again, TRUE);
}

static void
test_wrong (gconstpointer user_data)
{
  const Case *test = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *first_line = NULL;

  g_assert_null (write_case (test, &first_line, &error));
  g_assert_null (write_case (test, NULL, NULL));

  g_assert_null (first_line);
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_HTTP);
  g_assert_nonnull (strstr (error->message, test->message));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  for (const char *c = error->message; *c != '\0'; c++)
    g_assert_false (g_ascii_iscntrl (*c));
}

static void
test_type_of_headers (void)
{
  static const char * const texts[] = { "'A: b'", "[('A', 'b')]", "{'A': 1}", "@a{sas} {}", "()",
                                        "{1: <'b'>}", "['A', 'b']" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GVariant) headers = parse_headers (texts[i]);
      g_autoptr (GError) of_request = NULL;
      g_autoptr (GError) of_response = NULL;

      g_assert_null (q_http_write_request ("GET", "/", "1.1", headers, 0, NULL, &of_request));
      g_assert_error (of_request, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (of_request->message, g_variant_get_type_string (headers)));

      g_assert_null (q_http_write_response (200, "", "1.1", headers, 0, NULL, &of_response));
      g_assert_error (of_response, Q_SOCKET_ERROR, Q_SOCKET_ERROR_INVALID_ARGUMENT);
    }
}

/* Case 63: nothing is cut, and an error about something long is not long. */
static void
test_long_values (void)
{
  const gsize length = 10 * 1024 * 1024;
  g_autofree char *value = g_strnfill (length, 'v');
  g_autoptr (GVariant) headers = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  GString *head;

  g_variant_builder_add (&builder, "{sv}", "A", g_variant_new_string (value));
  headers = g_variant_ref_sink (g_variant_builder_end (&builder));

  head = q_http_write_request ("GET", "/", "1.1", headers, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (head->len, ==, strlen ("GET / HTTP/1.1\r\nA: " END) + length);
  g_assert_true (g_str_has_suffix (head->str, "vvvv" END));
  g_string_free (head, TRUE);

  value[length - 1] = ' ';
  g_assert_null (q_http_write_request (value, "/", "1.1", NULL, 0, NULL, &error));
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_HTTP);
  g_assert_cmpuint (strlen (error->message), <, 200);
  g_assert_nonnull (strstr (error->message, "vvvv…\" is not a token"));
}

/* Headers that were serialised elsewhere may hold what no GVariant string holds;
 * GVariant itself gives an empty one then. */
static void
test_headers_not_normal (void)
{
  static const guint8 bytes[] = { 'A', '\0', 'b', 0xff, '\r', '\n', '\0', 2, 8 };
  g_autoptr (GVariant) headers = NULL;
  GString *head;

  headers = g_variant_new_from_data (G_VARIANT_TYPE ("a{ss}"), bytes, sizeof bytes,
                                     FALSE, NULL, NULL);
  g_variant_ref_sink (headers);

  head = q_http_write_request ("GET", "/", "1.1", headers, 0, NULL, NULL);
  g_assert_cmpstr (head->str, ==, "GET / HTTP/1.1\r\nA: " END);
  g_string_free (head, TRUE);
}

/* What was read can be written, and reads the same again. */
static void
test_round_trip (void)
{
  static const char head[] =
    "HTTP/1.1 200 Zur\xfc" "ck\r\nDate: now\r\nSet-Cookie: a=\xe4\r\nContent-Length: 0\r\n"
    "set-cookie: b=\xc3\xa4\r\nEmpty:\r\n\r\n";
  g_autoptr (GVariant) first = NULL;
  g_autoptr (GVariant) second = NULL;
  g_autoptr (GVariant) headers = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  const char *message;
  QHttpParser parser;
  GString *written;
  gsize n;

  q_http_parser_init (&parser, 1000, 10);
  g_assert_cmpint (q_http_parser_feed (&parser, (const guint8 *) head, sizeof head - 1), ==,
                   Q_HTTP_COMPLETE);
  first = q_http_parser_to_variant (&parser, (const guint8 *) head);
  q_http_parser_clear (&parser);

  /* The first three entries are those of the start line. */
  n = g_variant_n_children (first);
  for (gsize i = 3; i < n; i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (first, i);

      g_variant_builder_add_value (&builder, entry);
    }
  headers = g_variant_ref_sink (g_variant_builder_end (&builder));
  g_assert_true (g_variant_lookup (first, "status_message", "&s", &message));

  written = q_http_write_response (200, message, "1.1", headers, 0, NULL, &error);
  g_assert_no_error (error);

  q_http_parser_init (&parser, 1000, 10);
  g_assert_cmpint (q_http_parser_feed (&parser, (const guint8 *) written->str, written->len), ==,
                   Q_HTTP_COMPLETE);
  second = q_http_parser_to_variant (&parser, (const guint8 *) written->str);
  q_http_parser_clear (&parser);
  g_string_free (written, TRUE);

  g_assert_cmpvariant (first, second);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (right); i++)
    {
      g_autofree char *path = g_strconcat ("/codec/http-writer/right/", right[i].name, NULL);

      g_test_add_data_func (path, &right[i], test_right);
    }

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autofree char *path = g_strconcat ("/codec/http-writer/wrong/", wrong[i].name, NULL);

      g_test_add_data_func (path, &wrong[i], test_wrong);
    }

  g_test_add_func ("/codec/http-writer/type-of-headers", test_type_of_headers);
  g_test_add_func ("/codec/http-writer/long-values", test_long_values);
  g_test_add_func ("/codec/http-writer/headers-not-normal", test_headers_not_normal);
  g_test_add_func ("/codec/http-writer/round-trip", test_round_trip);

  return g_test_run ();
}
