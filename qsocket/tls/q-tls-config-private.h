/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket-error.h"
#include "q-ssl-certificate.h"
#include "q-ssl-private-key.h"
#include "q-ssl-verify-mode.h"
#include "q-tls-trust-private.h"

G_BEGIN_DECLS

/* All that a handshake has to know before it begins. Never changes once it is
 * shared: who wants another one makes a copy. */
typedef struct
{
  gatomicrefcount ref_count;

  QSslVerifyMode verify_mode;
  GTlsProtocolVersion minimum_version;
  char *server_name;      /* or NULL: the host that was connected to */
  char **alpn;            /* or NULL */

  QSslCertificate *certificate;
  QSslPrivateKey *key;
  GTlsCertificate *identity;    /* the two in GIO's form; NULL unless both are there */

  char *trust_error;           /* what a property was set to and cannot be; or NULL */

  /* What a peer must chain to, as q_tls_trust_new () takes it, and where it is from. */
  char *ca_file;
  char *crl_file;
  GPtrArray *authorities;
  GPtrArray *added;
  GPtrArray *crls;

  GMutex lock;
  QTlsTrust *trust;       /* made when it is first needed, under the lock */
} QTlsConfig;

/* A copy of @config to change before anybody else sees it; of NULL one with the
 * usual settings. */
QTlsConfig *q_tls_config_copy      (const QTlsConfig  *config);

QTlsConfig *q_tls_config_ref       (QTlsConfig        *config);

void        q_tls_config_unref     (QTlsConfig        *config);

/* Puts certificate and key together if both are there. Fails with CERTIFICATE or
 * PRIVATE_KEY, as @code says, if they do not belong together. */
gboolean    q_tls_config_join      (QTlsConfig        *config,
                                    QSocketError       code,
                                    GError           **error);

/* Whom the config trusts. Fails if the system's store cannot be loaded. */
QTlsTrust  *q_tls_config_get_trust (QTlsConfig        *config,
                                    GError           **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QTlsConfig, q_tls_config_unref)

G_END_DECLS
