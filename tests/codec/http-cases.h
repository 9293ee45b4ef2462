/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

/* Heads that are right, with their results, and heads that are not, with the
 * byte that breaks them. */

/* Bytes that may hold NUL. */
typedef struct
{
  const char *bytes;
  gsize length;
} Bytes;

#define B(literal) { (literal), sizeof (literal) - 1 }

/* A head and its result, as GVariant text. */
typedef struct
{
  const char *name;
  Bytes head;
  const char *result;
} Good;

/* What may still become a head, and what follows: its first byte breaks it. */
typedef struct
{
  const char *name;
  Bytes start;
  Bytes rest;
} Bad;

#define RQ "GET / HTTP/1.1\r\n"
#define RS "HTTP/1.1 200 OK\r\n"
#define RQ_IS "'http_version': <'1.1'>, 'method': <'GET'>, 'path': <'/'>"
#define RS_IS "'http_version': <'1.1'>, 'status_code': <200>, 'status_message': <'OK'>"

static const Good good_cases[] = {
  { "request", B (RQ "\r\n"), "{" RQ_IS "}" },
  { "request-1-0", B ("HEAD /a/b?c=d&e HTTP/1.0\r\nHost: h\r\n\r\n"),
    "{'http_version': <'1.0'>, 'method': <'HEAD'>, 'path': <'/a/b?c=d&e'>, 'host': <'h'>}" },
  { "method-is-a-token", B ("!#$%&'*+-.^_`|~aZ09 / HTTP/1.1\r\n\r\n"),
    "{'http_version': <'1.1'>, 'method': <\"!#$%&'*+-.^_`|~aZ09\">, 'path': <'/'>}" },
  { "method-http", B ("HTTP / HTTP/1.1\r\n\r\n"),
    "{'http_version': <'1.1'>, 'method': <'HTTP'>, 'path': <'/'>}" },
  { "target-all-bytes",
    B ("GET /!\"$%&'()*+,-.0:;<=>?@[\\]^_`{|}~ HTTP/1.1\r\n\r\n"),
    "{'http_version': <'1.1'>, 'method': <'GET'>,"
    " 'path': <'/!\"$%&\\'()*+,-.0:;<=>?@[\\\\]^_`{|}~'>}" },
  { "target-keeps-escapes", B ("GET //a/../%2e%00/HTTP/1.1 HTTP/1.0\r\n\r\n"),
    "{'http_version': <'1.0'>, 'method': <'GET'>, 'path': <'//a/../%2e%00/HTTP/1.1'>}" },
  { "target-absolute", B ("GET http://u@h:80/a?b HTTP/1.1\r\n\r\n"),
    "{'http_version': <'1.1'>, 'method': <'GET'>, 'path': <'http://u@h:80/a?b'>}" },
  { "target-absolute-urn", B ("GET urn:1:x HTTP/1.1\r\n\r\n"),
    "{'http_version': <'1.1'>, 'method': <'GET'>, 'path': <'urn:1:x'>}" },
  { "target-star", B ("OPTIONS * HTTP/1.1\r\n\r\n"),
    "{'http_version': <'1.1'>, 'method': <'OPTIONS'>, 'path': <'*'>}" },
  { "target-options-path", B ("OPTIONS /x HTTP/1.1\r\n\r\n"),
    "{'http_version': <'1.1'>, 'method': <'OPTIONS'>, 'path': <'/x'>}" },
  { "target-authority", B ("CONNECT example.org:443 HTTP/1.1\r\n\r\n"),
    "{'http_version': <'1.1'>, 'method': <'CONNECT'>, 'path': <'example.org:443'>}" },
  { "target-authority-ipv6", B ("CONNECT [::1]:443 HTTP/1.1\r\n\r\n"),
    "{'http_version': <'1.1'>, 'method': <'CONNECT'>, 'path': <'[::1]:443'>}" },

  { "response", B (RS "\r\n"), "{" RS_IS "}" },
  { "response-1-0", B ("HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n"),
    "{'http_version': <'1.0'>, 'status_code': <404>, 'status_message': <'Not Found'>,"
    " 'a': <'b'>}" },
  { "status-100", B ("HTTP/1.1 100 C\r\n\r\n"),
    "{'http_version': <'1.1'>, 'status_code': <100>, 'status_message': <'C'>}" },
  { "status-999", B ("HTTP/1.1 999 C\r\n\r\n"),
    "{'http_version': <'1.1'>, 'status_code': <999>, 'status_message': <'C'>}" },
  { "34-no-reason", B ("HTTP/1.1 204\r\n\r\n"), "{'http_version': <'1.1'>, 'status_code': <204>}" },
  { "34-no-reason-space", B ("HTTP/1.1 204 \r\n\r\n"),
    "{'http_version': <'1.1'>, 'status_code': <204>}" },
  { "35-reason-latin-1", B ("HTTP/1.1 200 Zur\xfc" "ck\t\x80\r\n\r\n"),
    "{'http_version': <'1.1'>, 'status_code': <200>,"
    " 'status_message': <'Zur\xc3\xbc" "ck\t\\u0080'>}" },
  { "35-reason-utf-8", B ("HTTP/1.1 200 Zur\xc3\xbc" "ck\r\n\r\n"),
    "{'http_version': <'1.1'>, 'status_code': <200>, 'status_message': <'Zur\xc3\xbc" "ck'>}" },

  { "names-become-lower-case", B (RQ "X-!#$%&'*+.^_`|~09aAzZ: no\r\n\r\n"),
    "{" RQ_IS ", \"x-!#$%&'*+.^_`|~09aazz\": <'no'>}" },
  { "order-of-arrival", B (RQ "Z: 1\r\nA: 2\r\nM: 3\r\na: 4\r\nZ:\r\n\r\n"),
    "{" RQ_IS ", 'z': <['1', '']>, 'a': <['2', '4']>, 'm': <'3'>}" },
  { "values-are-trimmed", B (RS "A:b\r\nC: \t d e\tf \t\r\nG:\r\nH: \t\r\n\r\n"),
    "{" RS_IS ", 'a': <'b'>, 'c': <'d e\tf'>, 'g': <''>, 'h': <''>}" },
  { "value-with-colons", B (RS "Date: 10:20:30\r\n\r\n"), "{" RS_IS ", 'date': <'10:20:30'>}" },
  { "17-values-latin-1", B (RS "A: \xa0" "b\x85\r\nB: gr\xfc\xdf" "e\r\nC: \xff\r\n\r\n"),
    "{" RS_IS ", 'a': <'\\u00a0b\\u0085'>, 'b': <'gr\xc3\xbc\xc3\x9f" "e'>, 'c': <'\\u00ff'>}" },
  { "17-values-utf-8", B (RS "A: \xe2\x82\xac" "1\r\n\r\n"), "{" RS_IS ", 'a': <'€1'>}" },
  { "17-values-each-by-itself", B (RS "A: \xc3\xbc\r\nB: \xfc\r\nA: \xfc\r\nA: x\r\n\r\n"),
    "{" RS_IS ", 'a': <['ü', 'ü', 'x']>, 'b': <'ü'>}" },
  { "17-overlong-is-latin-1", B (RS "A: \xc0\xaf\r\n\r\n"), "{" RS_IS ", 'a': <'À¯'>}" },

  { "25-one-blank-line-before", B ("\r\n" RQ "A: b\r\n\r\n"), "{" RQ_IS ", 'a': <'b'>}" },
  { "25-one-blank-line-before-response", B ("\r\n" RS "\r\n"), "{" RS_IS "}" },
  { "38-hosts", B (RQ "Host: a\r\nHost: b\r\n\r\n"), "{" RQ_IS ", 'host': <['a', 'b']>}" },

  { "2-lengths-equal", B (RQ "Content-Length: 5\r\ncontent-length: 05\r\n\r\n"),
    "{" RQ_IS ", 'content-length': <['5', '05']>}" },
  { "6-length-leading-zeros", B (RQ "Content-Length: 003\r\n\r\n"),
    "{" RQ_IS ", 'content-length': <'003'>}" },
  { "5-length-largest", B (RQ "Content-Length:\t9223372036854775807 \t\r\n\r\n"),
    "{" RQ_IS ", 'content-length': <'9223372036854775807'>}" },
  { "5-length-many-zeros", B (RQ "Content-Length: 00000000000000000000000000007\r\n\r\n"),
    "{" RQ_IS ", 'content-length': <'00000000000000000000000000007'>}" },
  { "7-chunked", B (RQ "Transfer-Encoding: Chunked\r\n\r\n"),
    "{" RQ_IS ", 'transfer-encoding': <'Chunked'>}" },
  { "7-codings",
    B (RQ "TRANSFER-ENCODING: gzip,x-gzip ,\tdeflate , compress,x-COMPRESS,chunked \r\n\r\n"),
    "{" RQ_IS ", 'transfer-encoding': "
    "<'gzip,x-gzip ,\tdeflate , compress,x-COMPRESS,chunked'>}" },
  { "8-response-not-chunked", B (RS "Transfer-Encoding: gzip\r\n\r\n"),
    "{" RS_IS ", 'transfer-encoding': <'gzip'>}" },
  { "40-no-aliases",
    B (RQ "Content_Length: x\r\nTransfer_Encoding: y\r\nContent-Length: 1\r\n"
       "Content-Lengths: z\r\nContent-Lengt: z\r\n\r\n"),
    "{" RQ_IS ", 'content_length': <'x'>, 'transfer_encoding': <'y'>, 'content-length': <'1'>,"
    " 'content-lengths': <'z'>, 'content-lengt': <'z'>}" },
  { "41-special-keys-win",
    B (RQ "Method: x\r\npath: y\r\nSTATUS_CODE: 1\r\nHttp_Version: 9\r\nstatus_message: no\r\n"
       "method: x\r\nstatus_cods: 2\r\n\r\n"),
    "{" RQ_IS ", 'status_cods': <'2'>}" },
  { "41-special-keys-win-response",
    B (RS "Method: x\r\npath: y\r\nstatus_code: 1\r\nhttp_version: 9\r\nstatus_message: no\r\n"
       "\r\n"),
    "{" RS_IS "}" },
};

static const Bad bad_cases[] = {
  /* Before and in the start line. */
  { "25-two-blank-lines", B ("\r\n"), B ("\r\n" RQ "\r\n") },
  { "25-lf-before", B (""), B ("\n" RQ "\r\n") },
  { "25-cr-before", B ("\r"), B (RQ "\r\n") },
  { "space-before", B (""), B (" " RQ "\r\n") },
  { "49-tls", B (""), B ("\x16\x03\x01\x02\x00\x01") },
  { "49-smtp", B ("220 mail.example.org"), B (" ESMTP ready\r\n") },
  { "49-ssh", B ("SSH-2.0-OpenSSH_9.2"), B ("\r\n") },
  { "49-html", B (""), B ("<html>") },
  { "49-utf-16", B ("G"), B ("\0E\0T\0") },
  { "15-nul-in-method", B ("GE"), B ("\0T / HTTP/1.1\r\n\r\n") },
  { "method-not-a-token", B ("GE"), B ("(T / HTTP/1.1\r\n\r\n") },
  { "method-high-byte", B ("G"), B ("\xc9T / HTTP/1.1\r\n\r\n") },
  { "32-http-0-9", B ("GET /"), B ("\r\n") },
  { "line-end-behind-method", B ("GET"), B ("\r\n\r\n") },
  { "36-two-spaces-first", B ("GET "), B (" / HTTP/1.1\r\n\r\n") },
  { "36-two-spaces-second", B ("GET / "), B (" HTTP/1.1\r\n\r\n") },
  { "36-tab-first", B ("GET"), B ("\t/ HTTP/1.1\r\n\r\n") },
  { "36-tab-second", B ("GET /"), B ("\tHTTP/1.1\r\n\r\n") },
  { "36-space-behind", B ("GET / HTTP/1.1"), B (" \r\n\r\n") },
  { "37-space-in-target", B ("GET /a "), B ("b HTTP/1.1\r\n\r\n") },
  { "37-cr-in-target", B ("GET /a"), B ("\rb HTTP/1.1\r\n\r\n") },
  { "37-lf-in-target", B ("GET /a"), B ("\nb HTTP/1.1\r\n\r\n") },
  { "15-nul-in-target", B ("GET /a"), B ("\0b HTTP/1.1\r\n\r\n") },
  { "37-del-in-target", B ("GET /a"), B ("\x7f HTTP/1.1\r\n\r\n") },
  { "37-fragment", B ("GET /a"), B ("#b HTTP/1.1\r\n\r\n") },
  { "37-fragment-absolute", B ("GET http://h/"), B ("#b HTTP/1.1\r\n\r\n") },
  { "37-not-ascii", B ("GET /"), B ("\xc3\xa4 HTTP/1.1\r\n\r\n") },
  { "37-star-without-options", B ("GET "), B ("* HTTP/1.1\r\n\r\n") },
  { "37-star-and-more", B ("OPTIONS *"), B ("/ HTTP/1.1\r\n\r\n") },
  { "37-options-in-lower-case", B ("options "), B ("* HTTP/1.1\r\n\r\n") },
  { "37-authority", B ("GET example.org:80"), B (" HTTP/1.1\r\n\r\n") },
  { "37-authority-ipv4", B ("GET "), B ("127.0.0.1:80 HTTP/1.1\r\n\r\n") },
  { "37-authority-ipv6", B ("GET "), B ("[::1]:80 HTTP/1.1\r\n\r\n") },
  { "37-user-at-host", B ("GET u"), B ("@h:80 HTTP/1.1\r\n\r\n") },
  { "37-no-slash", B ("GET index.html"), B (" HTTP/1.1\r\n\r\n") },
  { "37-relative", B ("GET a"), B ("/b HTTP/1.1\r\n\r\n") },
  { "37-scheme-alone", B ("GET http:"), B (" HTTP/1.1\r\n\r\n") },
  { "37-query-alone", B ("GET "), B ("?a HTTP/1.1\r\n\r\n") },
  { "37-connect-path", B ("CONNECT "), B ("/ HTTP/1.1\r\n\r\n") },
  { "37-connect-absolute", B ("CONNECT http:"), B ("//h:80 HTTP/1.1\r\n\r\n") },
  { "37-connect-star", B ("CONNECT *"), B (" HTTP/1.1\r\n\r\n") },
  { "37-connect-no-port", B ("CONNECT host"), B (" HTTP/1.1\r\n\r\n") },
  { "37-connect-empty-port", B ("CONNECT host:"), B (" HTTP/1.1\r\n\r\n") },
  { "37-connect-name-as-port", B ("CONNECT host:8"), B ("o HTTP/1.1\r\n\r\n") },
  { "37-connect-no-host", B ("CONNECT "), B (":80 HTTP/1.1\r\n\r\n") },
  { "37-connect-user", B ("CONNECT u"), B ("@h:80 HTTP/1.1\r\n\r\n") },
  { "37-connect-empty-literal", B ("CONNECT ["), B ("]:80 HTTP/1.1\r\n\r\n") },
  { "37-connect-behind-literal", B ("CONNECT [::1]"), B ("x:80 HTTP/1.1\r\n\r\n") },
  { "37-connect-open-literal", B ("CONNECT [::1"), B (" HTTP/1.1\r\n\r\n") },
  { "31-1.32", B ("GET / HTTP/1."), B ("32\r\n\r\n") },
  { "31-1.11", B ("GET / HTTP/1.1"), B ("1\r\n\r\n") },
  { "31-01.1", B ("GET / HTTP/"), B ("01.1\r\n\r\n") },
  { "31-2.0", B ("GET / HTTP/"), B ("2.0\r\n\r\n") },
  { "31-1.2", B ("GET / HTTP/1."), B ("2\r\n\r\n") },
  { "31-1.", B ("GET / HTTP/1."), B ("\r\n\r\n") },
  { "31-11", B ("GET / HTTP/1"), B ("1\r\n\r\n") },
  { "31-lower-case", B ("GET / "), B ("http/1.1\r\n\r\n") },
  { "31-other-protocol", B ("GET / "), B ("ICE/1.0\r\n\r\n") },
  { "31-nothing", B ("GET / "), B ("\r\n\r\n") },
  { "12-lf-ends-request-line", B ("GET / HTTP/1.1"), B ("\nA: b\n\n") },
  { "13-cr-ends-request-line", B ("GET / HTTP/1.1\r"), B ("A: b\r\r") },
  { "14-cr-cr-lf-ends-request-line", B ("GET / HTTP/1.1\r"), B ("\r\n\r\n") },

  { "31-response-lower-case", B ("http"), B ("/1.1 200 OK\r\n\r\n") },
  { "31-response-other-protocol", B ("ICE"), B ("/1.0 200 OK\r\n\r\n") },
  { "31-response-longer", B ("XHTTP"), B ("/1.0 200 OK\r\n\r\n") },
  { "31-response-2", B ("HTTP/"), B ("2 200 OK\r\n\r\n") },
  { "31-response-1.2", B ("HTTP/1."), B ("2 200 OK\r\n\r\n") },
  { "31-response-1.10", B ("HTTP/1.1"), B ("0 200 OK\r\n\r\n") },
  { "33-none", B ("HTTP/1.1"), B ("\r\n\r\n") },
  { "33-none-but-space", B ("HTTP/1.1 "), B ("\r\n\r\n") },
  { "33-two-spaces", B ("HTTP/1.1 "), B (" 200 OK\r\n\r\n") },
  { "33-tab", B ("HTTP/1.1"), B ("\t200 OK\r\n\r\n") },
  { "33-99", B ("HTTP/1.1 99"), B (" OK\r\n\r\n") },
  { "33-099", B ("HTTP/1.1 "), B ("099 OK\r\n\r\n") },
  { "33-1000", B ("HTTP/1.1 100"), B ("0 OK\r\n\r\n") },
  { "33-space-inside", B ("HTTP/1.1 2"), B (" 0 OK\r\n\r\n") },
  { "33-negative", B ("HTTP/1.1 "), B ("-20 OK\r\n\r\n") },
  { "33-letter", B ("HTTP/1.1 20"), B ("x OK\r\n\r\n") },
  { "33-tab-behind", B ("HTTP/1.1 200"), B ("\tOK\r\n\r\n") },
  { "15-nul-in-reason", B ("HTTP/1.1 200 O"), B ("\0K\r\n\r\n") },
  { "16-esc-in-reason", B ("HTTP/1.1 200 O"), B ("\x1b[31m\r\n\r\n") },
  { "16-del-in-reason", B ("HTTP/1.1 200 OK OK OK OK"), B ("\x7f\r\n\r\n") },
  { "12-lf-ends-status-line", B ("HTTP/1.1 200 OK"), B ("\n\n") },
  { "12-lf-ends-status-line-early", B ("HTTP/1.1 200"), B ("\n\n") },
  { "13-cr-in-reason", B ("HTTP/1.1 200 O\r"), B ("K\r\n\r\n") },

  /* In the fields. */
  { "9-space-before-colon", B (RQ "Host"), B (" : a\r\n\r\n") },
  { "9-tab-before-colon", B (RQ "Host"), B ("\t: a\r\n\r\n") },
  { "10-space-before-first-name", B (RQ), B (" Host: a\r\n\r\n") },
  { "10-tab-before-first-name", B (RS), B ("\tHost: a\r\n\r\n") },
  { "11-folded", B (RQ "A: b\r\n"), B (" c\r\n\r\n") },
  { "11-folded-with-tab", B (RQ "A: b\r\n"), B ("\tc: d\r\n\r\n") },
  { "11-folded-length", B (RQ "Content-Length: 1\r\n"), B (" 0\r\n\r\n") },
  { "12-lf-ends-field", B (RQ "A: b"), B ("\nC: d\r\n\r\n") },
  { "12-lf-ends-head", B (RQ "A: b\r\n"), B ("\n") },
  { "13-cr-in-value", B (RQ "A: b\r"), B ("c\r\n\r\n") },
  { "13-cr-ends-field", B (RQ "A: b\r"), B ("C: d\r\n\r\n") },
  { "14-cr-cr-lf", B (RQ "A: b\r"), B ("\r\n\r\n") },
  { "14-cr-cr-lf-ends-head", B (RQ "A: b\r\n\r"), B ("\r\n") },
  { "14-cr-x-ends-head", B (RQ "A: b\r\n\r"), B ("X: y\r\n\r\n") },
  { "15-nul-in-name", B (RQ "Ho"), B ("\0st: a\r\n\r\n") },
  { "15-nul-in-value", B (RQ "Host: a"), B ("\0b\r\n\r\n") },
  { "15-nul-as-value", B (RQ "Host:"), B ("\0\r\n\r\n") },
  { "16-esc-in-value", B (RQ "A: abcdefgh"), B ("\x1b\r\n\r\n") },
  { "16-del-in-value", B (RQ "A: abcdefghijklmnop"), B ("\x7f\r\n\r\n") },
  { "16-vt-in-value", B (RQ "A: a\tb"), B ("\x0b\r\n\r\n") },
  { "16-ff-before-value", B (RQ "A: "), B ("\x0c" "b\r\n\r\n") },
  { "18-parenthesis-in-name", B (RQ "A"), B ("(b): c\r\n\r\n") },
  { "18-quote-in-name", B (RQ), B ("\"A\": c\r\n\r\n") },
  { "18-slash-in-name", B (RQ "A"), B ("/b: c\r\n\r\n") },
  { "18-bom-in-name", B (RQ), B ("\xef\xbb\xbf" "A: c\r\n\r\n") },
  { "19-empty-name", B (RQ), B (": v\r\nB: c\r\n\r\n") },
  { "20-no-colon", B (RQ "Host"), B ("\r\nA: b\r\n\r\n") },
  { "20-no-colon-but-text", B (RQ "just"), B (" words\r\n\r\n") },

  /* What says where the message ends. */
  { "1-lengths-differ", B (RQ "Content-Length: 5\r\nContent-Length: 6"), B ("\r\n\r\n") },
  { "39-lengths-differ-in-case", B (RQ "CONTENT-LENGTH: 5\r\ncontent-length: 50"), B ("\r\n\r\n") },
  { "2-length-list", B (RQ "Content-Length: 5"), B (", 5\r\n\r\n") },
  { "3-length-and-coding", B (RQ "Content-Length: 5\r\nTransfer-Encoding"),
    B (": chunked\r\n\r\n") },
  { "3-coding-and-length", B (RS "Transfer-Encoding: chunked\r\nContent-Length"),
    B (": 5\r\n\r\n") },
  { "3-length-0-and-coding", B (RQ "Content-Length: 0\r\nTransfer-Encoding"),
    B (": chunked\r\n\r\n") },
  { "4-plus", B (RQ "Content-Length: "), B ("+5\r\n\r\n") },
  { "4-minus", B (RQ "Content-Length: "), B ("-1\r\n\r\n") },
  { "4-hexadecimal", B (RQ "Content-Length: 0"), B ("x10\r\n\r\n") },
  { "4-underscore", B (RQ "Content-Length: 1"), B ("_0\r\n\r\n") },
  { "4-two-numbers", B (RQ "Content-Length: 5 "), B ("5\r\n\r\n") },
  { "4-empty", B (RQ "Content-Length:"), B ("\r\n\r\n") },
  { "4-white-space", B (RQ "Content-Length: \t "), B ("\r\n\r\n") },
  { "4-semicolon", B (RQ "Content-Length: 5"), B (";\r\n\r\n") },
  { "4-comma", B (RQ "Content-Length: 5"), B (",\r\n\r\n") },
  { "4-fraction", B (RS "Content-Length: 5"), B (".0\r\n\r\n") },
  { "4-digit-of-another-script", B (RS "Content-Length: 5"), B ("\xd9\xa0\r\n\r\n") },
  { "5-2-to-the-63", B (RQ "Content-Length: 922337203685477580"), B ("8\r\n\r\n") },
  { "5-2-to-the-64-and-5", B (RQ "Content-Length: 1844674407370955162"), B ("1\r\n\r\n") },
  { "5-20-digits", B (RQ "Content-Length: 1000000000000000000"), B ("0\r\n\r\n") },
  { "7-chunked-twice", B (RQ "Transfer-Encoding: chunked"), B (", chunked\r\n\r\n") },
  { "7-chunked-not-last", B (RQ "Transfer-Encoding: chunked "), B (", gzip\r\n\r\n") },
  { "7-empty-element-first", B (RQ "Transfer-Encoding: "), B (",chunked\r\n\r\n") },
  { "7-empty-element", B (RQ "Transfer-Encoding: gzip, "), B (",chunked\r\n\r\n") },
  { "7-empty-element-last", B (RQ "Transfer-Encoding: gzip, "), B ("\r\n\r\n") },
  { "7-empty", B (RS "Transfer-Encoding: "), B ("\r\n\r\n") },
  { "7-xchunked", B (RQ "Transfer-Encoding: x"), B ("chunked\r\n\r\n") },
  { "7-chunkedx", B (RQ "Transfer-Encoding: chunked"), B ("x\r\n\r\n") },
  { "7-chunke", B (RQ "Transfer-Encoding: chunke"), B ("\r\n\r\n") },
  { "7-identity", B (RQ "Transfer-Encoding: "), B ("identity\r\n\r\n") },
  { "7-parameter", B (RQ "Transfer-Encoding: chunked"), B (";q=1\r\n\r\n") },
  { "7-quoted", B (RQ "Transfer-Encoding: "), B ("\"chunked\"\r\n\r\n") },
  { "7-two-words", B (RQ "Transfer-Encoding: gzip "), B ("chunked\r\n\r\n") },
  { "7-vt-before", B (RQ "Transfer-Encoding: "), B ("\x0b" "chunked\r\n\r\n") },
  { "7-nul-behind", B (RQ "Transfer-Encoding: chunked"), B ("\0\r\n\r\n") },
  { "7-two-fields", B (RQ "Transfer-Encoding: chunked\r\nTransfer-Encoding"),
    B (": gzip\r\n\r\n") },
  { "7-two-fields-response", B (RS "Transfer-Encoding: gzip\r\ntransfer-encoding"),
    B (": chunked\r\n\r\n") },
  { "7-http-1-0", B ("GET / HTTP/1.0\r\nTransfer-Encoding"), B (": chunked\r\n\r\n") },
  { "8-request-not-chunked", B (RQ "Transfer-Encoding: gzip"), B ("\r\n\r\n") },
};
