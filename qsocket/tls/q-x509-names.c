/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-x509-names-private.h"

#include <string.h>

#include "q-vardict-private.h"

/* The long name that OpenSSL has for an object identifier. */
typedef struct
{
  const char *oid;
  const char *name;
} Name;

static const Name attributes[] = {
  { "2.5.4.3", "commonName" },
  { "2.5.4.4", "surname" },
  { "2.5.4.5", "serialNumber" },
  { "2.5.4.6", "countryName" },
  { "2.5.4.7", "localityName" },
  { "2.5.4.8", "stateOrProvinceName" },
  { "2.5.4.9", "streetAddress" },
  { "2.5.4.10", "organizationName" },
  { "2.5.4.11", "organizationalUnitName" },
  { "2.5.4.12", "title" },
  { "2.5.4.13", "description" },
  { "2.5.4.15", "businessCategory" },
  { "2.5.4.16", "postalAddress" },
  { "2.5.4.17", "postalCode" },
  { "2.5.4.18", "postOfficeBox" },
  { "2.5.4.19", "physicalDeliveryOfficeName" },
  { "2.5.4.20", "telephoneNumber" },
  { "2.5.4.41", "name" },
  { "2.5.4.42", "givenName" },
  { "2.5.4.43", "initials" },
  { "2.5.4.44", "generationQualifier" },
  { "2.5.4.45", "x500UniqueIdentifier" },
  { "2.5.4.46", "dnQualifier" },
  { "2.5.4.65", "pseudonym" },
  { "2.5.4.72", "role" },
  { "2.5.4.97", "organizationIdentifier" },
  { "1.2.840.113549.1.9.1", "emailAddress" },
  { "1.2.840.113549.1.9.2", "unstructuredName" },
  { "1.2.840.113549.1.9.8", "unstructuredAddress" },
  { "0.9.2342.19200300.100.1.1", "userId" },
  { "0.9.2342.19200300.100.1.3", "rfc822Mailbox" },
  { "0.9.2342.19200300.100.1.25", "domainComponent" },
  { "1.3.6.1.4.1.311.60.2.1.1", "jurisdictionLocalityName" },
  { "1.3.6.1.4.1.311.60.2.1.2", "jurisdictionStateOrProvinceName" },
  { "1.3.6.1.4.1.311.60.2.1.3", "jurisdictionCountryName" },
};

static const Name signatures[] = {
  { "1.2.840.113549.1.1.2", "md2WithRSAEncryption" },
  { "1.2.840.113549.1.1.3", "md4WithRSAEncryption" },
  { "1.2.840.113549.1.1.4", "md5WithRSAEncryption" },
  { "1.2.840.113549.1.1.5", "sha1WithRSAEncryption" },
  { "1.2.840.113549.1.1.10", "rsassaPss" },
  { "1.2.840.113549.1.1.11", "sha256WithRSAEncryption" },
  { "1.2.840.113549.1.1.12", "sha384WithRSAEncryption" },
  { "1.2.840.113549.1.1.13", "sha512WithRSAEncryption" },
  { "1.2.840.113549.1.1.14", "sha224WithRSAEncryption" },
  { "1.2.840.10040.4.3", "dsaWithSHA1" },
  { "1.2.840.10045.4.1", "ecdsa-with-SHA1" },
  { "1.2.840.10045.4.3.1", "ecdsa-with-SHA224" },
  { "1.2.840.10045.4.3.2", "ecdsa-with-SHA256" },
  { "1.2.840.10045.4.3.3", "ecdsa-with-SHA384" },
  { "1.2.840.10045.4.3.4", "ecdsa-with-SHA512" },
  { "2.16.840.1.101.3.4.3.1", "dsa_with_SHA224" },
  { "2.16.840.1.101.3.4.3.2", "dsa_with_SHA256" },
  { "2.16.840.1.101.3.4.3.3", "dsa_with_SHA384" },
  { "2.16.840.1.101.3.4.3.4", "dsa_with_SHA512" },
  { "2.16.840.1.101.3.4.3.9", "ecdsa_with_SHA3-224" },
  { "2.16.840.1.101.3.4.3.10", "ecdsa_with_SHA3-256" },
  { "2.16.840.1.101.3.4.3.11", "ecdsa_with_SHA3-384" },
  { "2.16.840.1.101.3.4.3.12", "ecdsa_with_SHA3-512" },
  { "2.16.840.1.101.3.4.3.13", "RSA-SHA3-224" },
  { "2.16.840.1.101.3.4.3.14", "RSA-SHA3-256" },
  { "2.16.840.1.101.3.4.3.15", "RSA-SHA3-384" },
  { "2.16.840.1.101.3.4.3.16", "RSA-SHA3-512" },
  { "1.3.101.112", "ED25519" },
  { "1.3.101.113", "ED448" },
};

/* The tags of the string types of ASN.1. Numeric, Printable, IA5 and Visible strings are ASCII, and
 * so UTF-8. */
#define TAG_UTF8 12
#define TAG_NUMERIC 18
#define TAG_PRINTABLE 19
#define TAG_TELETEX 20
#define TAG_IA5 22
#define TAG_VISIBLE 26
#define TAG_UNIVERSAL 28
#define TAG_BMP 30

/* An attribute, such as commonName, with all the values that a name has for it. */
typedef struct
{
  char *key;
  GPtrArray *values;
} Attribute;

static const char *
find_name (const Name *names,
           guint       n_names,
           const char *oid)
{
  for (guint i = 0; i < n_names; i++)
    if (strcmp (names[i].oid, oid) == 0)
      return names[i].name;

  return NULL;
}

const char *
q_x509_signature_name (const char *oid)
{
  return find_name (signatures, G_N_ELEMENTS (signatures), oid);
}

/* A value that is not text, in the form of RFC 4514: a "#" and the bytes in hexadecimal. */
static char *
to_hex (const gnutls_datum_t *value)
{
  g_autoptr (GString) text = g_string_new ("#");

  for (guint i = 0; i < value->size; i++)
    g_string_append_printf (text, "%02x", value->data[i]);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
to_text (const gnutls_datum_t *value,
         gulong                tag)
{
  const char *charset = NULL;
  g_autofree char *converted = NULL;
  gsize length;

  switch (tag)
    {
    case TAG_BMP:
      charset = "UTF-16BE";
      break;
    case TAG_UNIVERSAL:
      charset = "UTF-32BE";
      break;
    case TAG_TELETEX:
      charset = "ISO-8859-1";
      break;
    case TAG_UTF8:
    case TAG_NUMERIC:
    case TAG_PRINTABLE:
    case TAG_IA5:
    case TAG_VISIBLE:
      break;
    default:
      return to_hex (value);
    }

  if (charset != NULL)
    converted = g_convert ((const char *) value->data, value->size, "UTF-8", charset, NULL,
                           &length, NULL);

  /* Both calls also replace a NUL: a C program would take it for the end, and so not see that the
   * name has more behind it. */
  if (converted != NULL)
    return g_utf8_make_valid (converted, (gssize) length);

  return g_utf8_make_valid ((const char *) value->data, value->size);
}

static void
attribute_free (Attribute *self)
{
  g_free (self->key);
  g_ptr_array_unref (self->values);
  g_free (self);
}

static void
add_value (GPtrArray                *list,
           GHashTable               *by_key,
           const gnutls_x509_ava_st *ava)
{
  g_autofree char *oid = g_strndup ((const char *) ava->oid.data, ava->oid.size);
  const char *name = find_name (attributes, G_N_ELEMENTS (attributes), oid);
  Attribute *attribute = g_hash_table_lookup (by_key, name != NULL ? name : oid);

  if (attribute == NULL)
    {
      attribute = g_new (Attribute, 1);
      attribute->key = g_utf8_make_valid (name != NULL ? name : oid, -1);
      attribute->values = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (list, attribute);
      g_hash_table_insert (by_key, attribute->key, attribute);
    }

  g_ptr_array_add (attribute->values, to_text (&ava->value, ava->value_tag));
}

static void
add_all (GPtrArray        *list,
         gnutls_x509_dn_t  dn)
{
  g_autoptr (GHashTable) by_key = g_hash_table_new (g_str_hash, g_str_equal);
  gnutls_x509_ava_st ava = { { NULL, 0 } };

  /* A name is a list of sets of attributes; almost always each set has one. */
  for (int rdn = 0; gnutls_x509_dn_get_rdn_ava (dn, rdn, 0, &ava) >= 0; rdn++)
    for (int i = 0; gnutls_x509_dn_get_rdn_ava (dn, rdn, i, &ava) >= 0; i++)
      add_value (list, by_key, &ava);
}

static void
write_attribute (QVardict        *dict,
                 const Attribute *attribute)
{
  guint n = attribute->values->len;
  gsize key_length = strlen (attribute->key);
  g_autofree gsize *lengths = g_new (gsize, n);
  const char * const *values = (const char * const *) attribute->values->pdata;

  for (guint i = 0; i < n; i++)
    lengths[i] = strlen (values[i]);

  if (n == 1)
    q_vardict_add_string (dict, attribute->key, key_length, values[0], lengths[0]);
  else
    q_vardict_add_strv (dict, attribute->key, key_length, values, lengths, n);
}

GVariant *
q_x509_name_to_variant (const gnutls_datum_t *name)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify) attribute_free);
  gnutls_x509_dn_t dn = NULL;
  QVardict dict;

  if (gnutls_x509_dn_init (&dn) >= 0)
    {
      if (gnutls_x509_dn_import (dn, name) >= 0)
        add_all (list, dn);
      gnutls_x509_dn_deinit (dn);
    }

  q_vardict_init (&dict, 256);
  for (guint i = 0; i < list->len; i++)
    write_attribute (&dict, list->pdata[i]);

  return q_vardict_end (&dict);
}
