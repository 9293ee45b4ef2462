/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

#include "q-socket-error.h"

G_BEGIN_DECLS

/* The most bytes from which a certificate or a private key is read. */
#define Q_TLS_MAX_INPUT (1024 * 1024)

/* The bytes from which a function reads certificates, keys or revocation lists, and what the
 * messages of its errors begin with. */
typedef struct
{
  QSocketError code;        /* of all errors about this input */
  const char *function;     /* the name that the caller knows, such as "new_from_pem" */
  char *path;               /* for messages, in UTF-8; NULL if the input is not a file */
  gnutls_datum_t data;      /* lies in what the caller gave, or in @content */
  GBytes *content;          /* of the file, in a QSecret since it may be a key; or NULL */
} QTlsInput;

#define Q_TLS_INPUT_INIT(error_code, function_name) \
  { .code = (error_code), .function = (function_name) }

/* Each of these sets the data, and fails if there is none, or more than the limit. Text and bytes
 * are not copied. */
gboolean q_tls_input_set_text  (QTlsInput   *self,
                                const char  *text,
                                GError     **error);

gboolean q_tls_input_set_bytes (QTlsInput   *self,
                                GBytes      *bytes,
                                GError     **error);

/* Fails for all but regular files, and never waits for the writer of a FIFO. */
gboolean q_tls_input_read_file (QTlsInput   *self,
                                const char  *path,
                                gsize        max,
                                GError     **error);

/* Makes the message "FUNCTION: WHAT" or "FUNCTION "PATH": WHAT". If @result is negative, it is an
 * error of GnuTLS, and the text that GnuTLS has for it follows. */
void     q_tls_input_set_error (const QTlsInput  *self,
                                GError          **error,
                                int               result,
                                const char       *format,
                                ...) G_GNUC_PRINTF (4, 5);

typedef enum
{
  Q_TLS_CERTIFICATES,
  Q_TLS_CRLS,
} QTlsKind;

/* Finds all certificates, or all revocation lists, in PEM or DER: a GBytes in DER for each. Fails
 * if there is none, or more than @max. Blocks of PEM with something else are skipped. */
GPtrArray *q_tls_input_split (const QTlsInput  *self,
                              QTlsKind          kind,
                              guint             max,
                              GError          **error);

void     q_tls_input_clear     (QTlsInput *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (QTlsInput, q_tls_input_clear)

G_END_DECLS
