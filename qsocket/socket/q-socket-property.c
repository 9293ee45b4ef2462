/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-socket-property-private.h"

GParamSpec *
q_property_row_new_spec (const QPropertyRow *row)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  switch (row->kind)
    {
    case Q_PROPERTY_BOOLEAN:
      return g_param_spec_boolean (row->name, NULL, NULL, row->default_value != 0, flags);
    case Q_PROPERTY_UINT:
      return g_param_spec_uint (row->name, NULL, NULL, (guint) row->minimum, G_MAXUINT,
                                (guint) row->default_value, flags);
    case Q_PROPERTY_UINT64:
      return g_param_spec_uint64 (row->name, NULL, NULL, (guint64) row->minimum, G_MAXUINT64,
                                  (guint64) row->default_value, flags);
    case Q_PROPERTY_ENUM:
      return g_param_spec_enum (row->name, NULL, NULL, row->get_enum_type (),
                                (int) row->default_value, flags);
    case Q_PROPERTY_STRING:
      return g_param_spec_string (row->name, NULL, NULL, NULL, flags);
    case Q_PROPERTY_STRV:
    default:
      return g_param_spec_boxed (row->name, NULL, NULL, G_TYPE_STRV, flags);
    }
}

void
q_property_row_get (const QPropertyRow *row,
                    QSocket            *self,
                    GValue             *value)
{
  switch (row->kind)
    {
    case Q_PROPERTY_BOOLEAN:
      g_value_set_boolean (value, row->get_boolean (self));
      break;
    case Q_PROPERTY_UINT:
      g_value_set_uint (value, row->get_uint (self));
      break;
    case Q_PROPERTY_UINT64:
      g_value_set_uint64 (value, row->get_uint64 (self));
      break;
    case Q_PROPERTY_ENUM:
      g_value_set_enum (value, row->get_enum (self));
      break;
    case Q_PROPERTY_STRING:
      g_value_set_string (value, row->get_string (self));
      break;
    case Q_PROPERTY_STRV:
    default:
      g_value_take_boxed (value, row->get_strv (self));
      break;
    }
}

void
q_property_row_set (const QPropertyRow *row,
                    QSocket            *self,
                    const GValue       *value)
{
  switch (row->kind)
    {
    case Q_PROPERTY_BOOLEAN:
      row->set_boolean (self, g_value_get_boolean (value));
      break;
    case Q_PROPERTY_UINT:
      row->set_uint (self, g_value_get_uint (value));
      break;
    case Q_PROPERTY_UINT64:
      row->set_uint64 (self, g_value_get_uint64 (value));
      break;
    case Q_PROPERTY_ENUM:
      row->set_enum (self, g_value_get_enum (value));
      break;
    case Q_PROPERTY_STRING:
      row->set_string (self, g_value_get_string (value));
      break;
    case Q_PROPERTY_STRV:
    default:
      row->set_strv (self, g_value_get_boxed (value));
      break;
    }
}
