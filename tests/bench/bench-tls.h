/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "bench.h"

G_BEGIN_DECLS

/* Who the server is, and whom the client trusts: the same for all libraries. All verify: chain,
 * purpose and address. */
typedef struct
{
  const char *certificate;    /* PEM */
  const char *key;            /* PEM */
  const char *ca;             /* PEM */
  const char *ca_file;
} BenchTlsIdentity;

/* What all that can be told what to use agree on; it is what the others choose. */
#define BENCH_TLS_PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM"
#define BENCH_TLS_HOST "127.0.0.1"

/* An end is a connection whose handshake is done. Whatever fails ends the process. */
struct _BenchTlsLibrary
{
  gpointer (*listen)  (BenchAddress *address);
  gpointer (*accept)  (gpointer listener);
  gpointer (*connect) (const BenchAddress *address);
  void     (*send)    (gpointer      end,
                       const guint8 *bytes,
                       gsize         size);
  /* Exactly so many bytes. */
  void     (*receive) (gpointer end,
                       guint8  *buffer,
                       gsize    size);
  /* Takes leave, and does not wait for the other side's. */
  void     (*close)   (gpointer end);
};

extern const BenchTlsLibrary bench_tls_gnutls;
extern const BenchTlsLibrary bench_tls_gio;
extern const BenchTlsLibrary bench_tls_qsocket;

/* Empty when built without it. */
extern const BenchTlsLibrary bench_tls_openssl;

const BenchTlsIdentity *bench_tls_get_identity (void);

G_END_DECLS
