/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-tls-database-private.h"

#define Q_TYPE_TLS_DATABASE (q_tls_database_get_type ())
G_DECLARE_FINAL_TYPE (QTlsDatabase, q_tls_database, Q, TLS_DATABASE, GTlsDatabase)

struct _QTlsDatabase
{
  GTlsDatabase parent_instance;
};

G_DEFINE_FINAL_TYPE (QTlsDatabase, q_tls_database, G_TYPE_TLS_DATABASE)

static GTlsCertificateFlags
verify_chain (GTlsDatabase             *database,
              GTlsCertificate          *chain,
              const char               *purpose,
              GSocketConnectable       *identity,
              GTlsInteraction          *interaction,
              GTlsDatabaseVerifyFlags   flags,
              GCancellable             *cancellable,
              GError                  **error)
{
  return G_TLS_CERTIFICATE_UNKNOWN_CA;
}

static void
q_tls_database_class_init (QTlsDatabaseClass *klass)
{
  G_TLS_DATABASE_CLASS (klass)->verify_chain = verify_chain;
}

static void
q_tls_database_init (QTlsDatabase *self)
{
}

GTlsDatabase *
q_tls_database_get (void)
{
  static GTlsDatabase *database;

  if (g_once_init_enter (&database))
    g_once_init_leave (&database, g_object_new (Q_TYPE_TLS_DATABASE, NULL));

  return database;
}
