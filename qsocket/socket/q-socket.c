/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket.h"

#include "q-enum-types.h"
#include "q-socket-close.h"
#include "q-socket-events-private.h"
#include "q-socket-events.h"
#include "q-socket-options.h"
#include "q-socket-settings-private.h"
#include "q-socket-ssl-settings-private.h"

G_DEFINE_FINAL_TYPE (QSocket, q_socket, G_TYPE_OBJECT)

/* ---- properties ---- */

/* What a getter returns and a setter takes. */
typedef enum
{
  KIND_BOOLEAN,
  KIND_UINT,
  KIND_UINT64,
  KIND_ENUM,
  KIND_STRING,
  KIND_STRV,
} PropertyKind;

typedef struct
{
  const char *name;
  PropertyKind kind;
  union
  {
    gboolean (*get_boolean) (QSocket *self);
    guint (*get_uint) (QSocket *self);
    guint64 (*get_uint64) (QSocket *self);
    int (*get_enum) (QSocket *self);
    const char *(*get_string) (QSocket *self);
    char **(*get_strv) (QSocket *self);
  };
  union
  {
    void (*set_boolean) (QSocket *self, gboolean value);
    void (*set_uint) (QSocket *self, guint value);
    void (*set_uint64) (QSocket *self, guint64 value);
    void (*set_enum) (QSocket *self, int value);
    void (*set_string) (QSocket *self, const char *value);
    void (*set_strv) (QSocket *self, const char * const *value);
  };
  gint64 minimum;
  gint64 default_value;   /* of numbers, enums and booleans */
  GType (*get_enum_type) (void);
} PropertyRow;

/* Enums have a type of their own in the signatures of their functions. */
static int
get_verify_mode (QSocket *self)
{
  return (int) q_socket_get_ssl_verify_mode (self);
}

static void
set_verify_mode (QSocket *self,
                 int      mode)
{
  q_socket_set_ssl_verify_mode (self, (QSslVerifyMode) mode);
}

static int
get_minimum_version (QSocket *self)
{
  return (int) q_socket_get_ssl_minimum_version (self);
}

static void
set_minimum_version (QSocket *self,
                     int      version)
{
  q_socket_set_ssl_minimum_version (self, (GTlsProtocolVersion) version);
}

static const PropertyRow properties[] = {
  { "lookup-hostnames", KIND_BOOLEAN,
    .get_boolean = q_socket_get_lookup_hostnames, .set_boolean = q_socket_set_lookup_hostnames,
    .default_value = Q_SOCKET_DEFAULT_LOOKUP_HOSTNAMES },
  { "max-header-size", KIND_UINT,
    .get_uint = q_socket_get_max_header_size, .set_uint = q_socket_set_max_header_size,
    .minimum = 1, .default_value = Q_SOCKET_DEFAULT_MAX_HEADER_SIZE },
  { "max-header-count", KIND_UINT,
    .get_uint = q_socket_get_max_header_count, .set_uint = q_socket_set_max_header_count,
    .minimum = 1, .default_value = Q_SOCKET_DEFAULT_MAX_HEADER_COUNT },
  { "max-receive-size", KIND_UINT64,
    .get_uint64 = q_socket_get_max_receive_size, .set_uint64 = q_socket_set_max_receive_size,
    .default_value = Q_SOCKET_DEFAULT_MAX_RECEIVE_SIZE },
  { "ssl-verify-mode", KIND_ENUM, .get_enum_type = q_ssl_verify_mode_get_type,
    .get_enum = get_verify_mode, .set_enum = set_verify_mode,
    .default_value = Q_SSL_VERIFY_MODE_PEER },
  { "ssl-ca-file", KIND_STRING,
    .get_string = q_socket_get_ssl_ca_file, .set_string = q_socket_set_ssl_ca_file_property },
  { "ssl-crl-file", KIND_STRING,
    .get_string = q_socket_get_ssl_crl_file, .set_string = q_socket_set_ssl_crl_file_property },
  { "ssl-server-name", KIND_STRING,
    .get_string = q_socket_get_ssl_server_name, .set_string = q_socket_set_ssl_server_name },
  { "ssl-alpn", KIND_STRV,
    .get_strv = q_socket_get_ssl_alpn_protocols, .set_strv = q_socket_set_ssl_alpn },
  { "ssl-minimum-version", KIND_ENUM, .get_enum_type = g_tls_protocol_version_get_type,
    .get_enum = get_minimum_version, .set_enum = set_minimum_version,
    .default_value = G_TLS_PROTOCOL_VERSION_TLS_1_2 },
};

/* Property numbers begin with 1. */
static const PropertyRow *
get_row (guint prop_id)
{
  return prop_id >= 1 && prop_id <= G_N_ELEMENTS (properties) ? &properties[prop_id - 1] : NULL;
}

static GParamSpec *
new_param_spec (const PropertyRow *row)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  switch (row->kind)
    {
    case KIND_BOOLEAN:
      return g_param_spec_boolean (row->name, NULL, NULL, row->default_value != 0, flags);
    case KIND_UINT:
      return g_param_spec_uint (row->name, NULL, NULL, (guint) row->minimum, G_MAXUINT,
                                (guint) row->default_value, flags);
    case KIND_UINT64:
      return g_param_spec_uint64 (row->name, NULL, NULL, (guint64) row->minimum, G_MAXUINT64,
                                  (guint64) row->default_value, flags);
    case KIND_ENUM:
      return g_param_spec_enum (row->name, NULL, NULL, row->get_enum_type (),
                                (int) row->default_value, flags);
    case KIND_STRING:
      return g_param_spec_string (row->name, NULL, NULL, NULL, flags);
    case KIND_STRV:
    default:
      return g_param_spec_boxed (row->name, NULL, NULL, G_TYPE_STRV, flags);
    }
}

static void
q_socket_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  const PropertyRow *row = get_row (prop_id);
  QSocket *self = Q_SOCKET (object);

  if (row == NULL)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      return;
    }

  switch (row->kind)
    {
    case KIND_BOOLEAN:
      g_value_set_boolean (value, row->get_boolean (self));
      break;
    case KIND_UINT:
      g_value_set_uint (value, row->get_uint (self));
      break;
    case KIND_UINT64:
      g_value_set_uint64 (value, row->get_uint64 (self));
      break;
    case KIND_ENUM:
      g_value_set_enum (value, row->get_enum (self));
      break;
    case KIND_STRING:
      g_value_set_string (value, row->get_string (self));
      break;
    case KIND_STRV:
    default:
      g_value_take_boxed (value, row->get_strv (self));
      break;
    }
}

static void
q_socket_set_property (GObject      *object,
                       guint         prop_id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  const PropertyRow *row = get_row (prop_id);
  QSocket *self = Q_SOCKET (object);

  if (row == NULL)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      return;
    }

  switch (row->kind)
    {
    case KIND_BOOLEAN:
      row->set_boolean (self, g_value_get_boolean (value));
      break;
    case KIND_UINT:
      row->set_uint (self, g_value_get_uint (value));
      break;
    case KIND_UINT64:
      row->set_uint64 (self, g_value_get_uint64 (value));
      break;
    case KIND_ENUM:
      row->set_enum (self, g_value_get_enum (value));
      break;
    case KIND_STRING:
      row->set_string (self, g_value_get_string (value));
      break;
    case KIND_STRV:
    default:
      row->set_strv (self, g_value_get_boxed (value));
      break;
    }
}

/* ---- life ---- */

static void
q_socket_dispose (GObject *object)
{
  QSocket *self = Q_SOCKET (object);

  atomic_store (&self->is_disposed, TRUE);
  q_socket_close (self, NULL);

  /* A handler of channel-closed may have disposed of it before. */
  if (!self->is_deleted)
    {
      self->is_deleted = TRUE;
      q_socket_emit_type (self, Q_SOCKET_EVENT_TYPE_DELETED);
    }

  q_socket_set_event_queue_object (self, NULL);

  G_OBJECT_CLASS (q_socket_parent_class)->dispose (object);
}

static void
q_socket_finalize (GObject *object)
{
  QSocket *self = Q_SOCKET (object);

  q_gate_clear (&self->gate);
  g_clear_pointer (&self->counters, g_atomic_rc_box_release);
  g_clear_pointer (&self->settings.tls, q_tls_config_unref);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (q_socket_parent_class)->finalize (object);
}

static void
q_socket_class_init (QSocketClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = q_socket_dispose;
  object_class->finalize = q_socket_finalize;
  object_class->get_property = q_socket_get_property;
  object_class->set_property = q_socket_set_property;

  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    g_object_class_install_property (object_class, i + 1, new_param_spec (&properties[i]));
  q_socket_install_signals (object_class);
}

static void
q_socket_init (QSocket *self)
{
  static _Atomic guint64 last_id;

  self->id = atomic_fetch_add_explicit (&last_id, 1, memory_order_relaxed) + 1;
  self->settings = q_socket_default_settings;
  self->sink = (QSink) { q_socket_wants_event, q_socket_emit, self };
  q_gate_init (&self->gate);
  g_mutex_init (&self->lock);
}

QSocket *
q_socket_new (void)
{
  return g_object_new (Q_TYPE_SOCKET, NULL);
}

QSocket *
q_socket_copy (QSocket *self)
{
  g_return_val_if_fail (Q_IS_SOCKET (self), NULL);

  return q_socket_new ();
}
