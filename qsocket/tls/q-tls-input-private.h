/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>

#include "q-socket-error.h"

G_BEGIN_DECLS

/* What certificates and keys are read from: files, PEM and DER. */

/* The most that a certificate or key may take. */
#define Q_TLS_MAX_INPUT (1024 * 1024)

/* One error of this layer: of the function @where, with this code. */
typedef struct
{
  QSocketError code;
  const char *where;
} QTlsErrorContext;

/* "WHERE: WHAT", and behind it in GnuTLS's words what @result means, if it is negative. */
void q_tls_set_error (GError          **error,
                      const QTlsErrorContext  *context,
                      int               result,
                      const char       *format,
                      ...) G_GNUC_PRINTF (4, 5);

/* The function @name of a @path, as a QTlsErrorContext has it. */
char *q_tls_name_file (const char *name,
                       const char *path);

/* FALSE with an error if @size is 0 or more than @max. */
gboolean q_tls_check_size (gsize             size,
                           gsize             max,
                           const QTlsErrorContext  *context,
                           GError          **error);

/* The content of a regular file; no other is waited for, or read. The bytes are a QSecret. */
GBytes *q_tls_read_file (const char       *path,
                         gsize             max,
                         const QTlsErrorContext  *context,
                         GError          **error);

/* Whether the bytes are exactly one SEQUENCE, as certificates and keys are. */
gboolean q_der_is_one (const guint8 *data,
                       gsize         size);

/* Whether @data is to be read as PEM: it is not DER, and looks like it. */
gboolean q_tls_is_pem (const guint8 *data,
                       gsize         size);

/* A block of PEM, where it lies in the text. */
typedef struct
{
  const char *label;
  gsize label_length;
  gnutls_datum_t text;      /* from BEGIN to END */
} QPemBlock;

/* Finds the next block in what is left of @text, and moves @text behind it. A block without its
 * end goes as far as the text. */
gboolean q_pem_next (gnutls_datum_t *text,
                     QPemBlock      *block);

/* A program may have set a function for all keys that asks the user for a password; not here. */
void q_tls_forbid_to_ask (gnutls_x509_privkey_t key);

typedef enum
{
  Q_TLS_CERTIFICATES,
  Q_TLS_CRLS,
} QTlsKind;

/* All of a kind that are in @data, PEM or DER, as a GBytes of DER each: at least one, at most
 * @max. Other blocks are skipped. */
GPtrArray *q_tls_split (const guint8     *data,
                        gsize             size,
                        QTlsKind          kind,
                        guint             max,
                        const QTlsErrorContext  *context,
                        GError          **error);

G_END_DECLS
