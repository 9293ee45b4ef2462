/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib-object.h>

#include "q-version-macros.h"

G_BEGIN_DECLS

#define Q_TYPE_SSL_PRIVATE_KEY (q_ssl_private_key_get_type ())

/**
 * QSslPrivateKey:
 *
 * The private key that belongs to a [class@QSocket.SslCertificate].
 *
 * The formats are PKCS#8, plain or encrypted, and the older ones of RSA (PKCS#1) and elliptic
 * curves (SEC1), in PEM also encrypted with the header `Proc-Type: 4,ENCRYPTED`. Nobody is ever
 * asked for a password: an encrypted key is read with the one given, or not at all. A password
 * that is not needed is ignored.
 *
 * A key never changes, and its methods may be called from any thread. The object overwrites its
 * memory of the key before that is freed.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (QSslPrivateKey, q_ssl_private_key, Q, SSL_PRIVATE_KEY, GObject)

/**
 * q_ssl_private_key_new_from_pem:
 * @pem: text with a private key in PEM format; at most 1 MiB
 * @password: (nullable): the password of the key, or `NULL`
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a private key from text.
 *
 * The first private key is taken; certificates and other blocks are skipped.
 *
 * `PRIVATE_KEY`: there is no private key, it is damaged, or its kind is unknown; the password is
 * wrong, or there is none where one is needed.
 *
 * Returns: (transfer full): the key, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSslPrivateKey *q_ssl_private_key_new_from_pem (const char  *pem,
                                                const char  *password,
                                                GError     **error);

/**
 * q_ssl_private_key_new_from_der:
 * @der: exactly one private key in DER format, not encrypted; at most 1 MiB
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a private key from bytes.
 *
 * [ctor@QSocket.SslPrivateKey.new_from_file] also reads encrypted ones.
 *
 * `PRIVATE_KEY`: the bytes are no private key, there are more behind it, or it is encrypted.
 *
 * Returns: (transfer full): the key, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSslPrivateKey *q_ssl_private_key_new_from_der (GBytes  *der,
                                                GError **error);

/**
 * q_ssl_private_key_new_from_file:
 * @path: (type filename): the name of a file, PEM or DER
 * @password: (nullable): the password of the key, or `NULL`
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a private key from a file.
 *
 * The content is that of [ctor@QSocket.SslPrivateKey.new_from_pem], or one key in DER format.
 * Only regular files are read; the call does not wait for the writer of a FIFO.
 *
 * `PRIVATE_KEY`: the file cannot be read, is a directory, a FIFO or a device, has more than
 * 1 MiB, or does not hold a private key; the password is wrong, or there is none where one is
 * needed.
 *
 * Returns: (transfer full): the key, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSslPrivateKey *q_ssl_private_key_new_from_file (const char  *path,
                                                 const char  *password,
                                                 GError     **error);

/**
 * q_ssl_private_key_new_from_pkcs12:
 * @data: the content of a PKCS#12 file (`.p12`, `.pfx`); at most 1 MiB
 * @password: (nullable): the password of the file, or `NULL`; ignored if it has none
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads the private key from the content of a PKCS#12 file.
 *
 * [ctor@QSocket.SslCertificate.new_from_pkcs12] gives its certificate.
 *
 * `PRIVATE_KEY`: no PKCS#12 file, no private key in it, a wrong password, or none where one is
 * needed.
 *
 * Returns: (transfer full): the key, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSslPrivateKey *q_ssl_private_key_new_from_pkcs12 (GBytes      *data,
                                                   const char  *password,
                                                   GError     **error);

/**
 * q_ssl_private_key_get_info:
 * @self: a private key
 *
 * Gets what kind of key it is as a dictionary.
 *
 * | key | type | value |
 * | --- | --- | --- |
 * | `type` | `s` | [method@QSocket.SslPrivateKey.get_type_name] |
 * | `version` | `i` | [method@QSocket.SslPrivateKey.get_version] |
 * | `bitLength` | `i` | [method@QSocket.SslPrivateKey.get_bit_length] |
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GVariant *q_ssl_private_key_get_info (QSslPrivateKey *self);

/**
 * q_ssl_private_key_get_type_name:
 * @self: a private key
 *
 * Gets the algorithm of the key: `RSA`, `RSA-PSS`, `EC`, `Ed25519`, `Ed448`, `DSA`, `X25519`,
 * `X448` or `DH`.
 *
 * Returns: (transfer none): the name; `unknown` if it is another
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_ssl_private_key_get_type_name (QSslPrivateKey *self);

/**
 * q_ssl_private_key_get_version:
 * @self: a private key
 *
 * Gets the version of the format, which is always the same.
 *
 * Returns: 1
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
int q_ssl_private_key_get_version (QSslPrivateKey *self);

/**
 * q_ssl_private_key_get_bit_length:
 * @self: a private key
 *
 * Gets the size of the key, such as 2048 for RSA or 256 for the curve P-256.
 *
 * Returns: the size in bits
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
int q_ssl_private_key_get_bit_length (QSslPrivateKey *self);

/**
 * q_ssl_private_key_get_pem:
 * @self: a private key
 *
 * Gets the key as text: PKCS#8 in PEM format, **not encrypted**, also if it was read with a
 * password.
 *
 * Returns: (transfer full): the text; overwrite it before you free it
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_private_key_get_pem (QSslPrivateKey *self);

/**
 * q_ssl_private_key_get_der:
 * @self: a private key
 *
 * Gets the key as bytes: PKCS#8 in DER format, **not encrypted**, also if it was read with a
 * password.
 *
 * Returns: (transfer full): the bytes, which are overwritten when the last reference goes
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GBytes *q_ssl_private_key_get_der (QSslPrivateKey *self);

G_END_DECLS
