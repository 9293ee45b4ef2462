/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-socket.h"

G_BEGIN_DECLS

/* The type of the value that the getter of a property returns and its setter takes. */
typedef enum
{
  Q_PROPERTY_BOOLEAN,
  Q_PROPERTY_UINT,
  Q_PROPERTY_UINT64,
  Q_PROPERTY_ENUM,
  Q_PROPERTY_STRING,
  Q_PROPERTY_STRV,
} QPropertyKind;

/* One row for each property of QSocket. Getting and setting the property calls its public getter
 * and setter, so that both ways have the same checks and notifications. */
typedef struct
{
  const char *name;
  QPropertyKind kind;
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
  gint64 minimum;         /* of numbers */
  gint64 default_value;   /* of numbers, enums and booleans; that of the others is NULL */
  GType (*get_enum_type) (void);        /* of enums */
} QPropertyRow;

GParamSpec *q_property_row_new_spec (const QPropertyRow *row);

void        q_property_row_get      (const QPropertyRow *row,
                                     QSocket            *self,
                                     GValue             *value);

void        q_property_row_set      (const QPropertyRow *row,
                                     QSocket            *self,
                                     const GValue       *value);

G_END_DECLS
