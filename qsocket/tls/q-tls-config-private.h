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

/* The settings of a TLS handshake. A config that several sockets or threads refer to does not
 * change any more: to change a setting, a socket makes a copy. */
typedef struct
{
  gatomicrefcount ref_count;

  QSslVerifyMode verify_mode;
  GTlsProtocolVersion minimum_version;
  char *server_name;      /* or NULL: the host that was connected to */
  char **alpn;            /* or NULL */

  QSslCertificate *certificate;
  QSslPrivateKey *key;
  GTlsCertificate *identity;    /* both in one object of GIO; NULL unless both are set */

  /* Setting a property cannot fail, so if a file of authorities or revocation lists could not be
   * read, this is why, and handshakes fail with it; else NULL. */
  char *trust_error;

  /* The arguments of q_tls_trust_new (), and the files that they were read from, or NULL. */
  char *ca_file;
  char *crl_file;
  GPtrArray *authorities;
  GPtrArray *added;
  GPtrArray *crls;

  GMutex lock;            /* of @trust */
  QTlsTrust *trust;       /* NULL until it is first needed */
} QTlsConfig;

/* A copy of @config, to be changed before it is shared; for NULL one with the default settings. */
QTlsConfig *q_tls_config_copy      (const QTlsConfig  *config);

QTlsConfig *q_tls_config_ref       (QTlsConfig        *config);

void        q_tls_config_unref     (QTlsConfig        *config);

/* Makes the identity anew if certificate and key are set. Fails with @code, which is CERTIFICATE or
 * PRIVATE_KEY, if they do not belong together. */
gboolean    q_tls_config_join      (QTlsConfig        *config,
                                    QSocketError       code,
                                    GError           **error);

/* The trust of these settings; it belongs to @config. Fails if the system's store is needed and
 * cannot be loaded. */
QTlsTrust  *q_tls_config_get_trust (QTlsConfig        *config,
                                    GError           **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (QTlsConfig, q_tls_config_unref)

G_END_DECLS
