/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-ssl-certificate.h"

#include <string.h>

#include "q-vardict-private.h"

static void
add_text (QVardict   *info,
          const char *key,
          const char *text)
{
  q_vardict_add_string (info, key, strlen (key), text, strlen (text));
}

/* Takes @variant. */
static void
take_variant (QVardict   *info,
              const char *key,
              GVariant   *variant)
{
  q_vardict_add_variant (info, key, variant);
  g_variant_unref (variant);
}

/* Takes @date, which may be NULL. */
static void
take_date (QVardict   *info,
           const char *key,
           GDateTime  *date)
{
  g_autofree char *text = NULL;

  if (date == NULL)
    return;

  text = g_date_time_format_iso8601 (date);
  add_text (info, key, text);
  g_date_time_unref (date);
}

GVariant *
q_ssl_certificate_get_info (QSslCertificate *self)
{
  g_autofree char *serial_number = q_ssl_certificate_get_serial_number (self);
  g_autofree char *signature_type = q_ssl_certificate_get_signature_type (self);
  QVardict info;

  /* Those above have said what is wrong. */
  if (serial_number == NULL || signature_type == NULL)
    return NULL;

  q_vardict_init (&info, 1024);
  q_vardict_add_int32 (&info, "version", q_ssl_certificate_get_version (self));
  add_text (&info, "serialNumber", serial_number);
  take_variant (&info, "subject", q_ssl_certificate_get_subject_hash (self));
  take_variant (&info, "issuer", q_ssl_certificate_get_issuer_hash (self));
  take_variant (&info, "purposes", q_ssl_certificate_get_purpose_hash (self));
  take_date (&info, "notBefore", q_ssl_certificate_get_not_before_date (self));
  take_date (&info, "notAfter", q_ssl_certificate_get_not_after_date (self));
  add_text (&info, "signatureType", signature_type);

  return q_vardict_end (&info);
}
