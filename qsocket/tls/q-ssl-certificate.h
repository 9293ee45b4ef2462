/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <gio/gio.h>

#include "q-version-macros.h"

G_BEGIN_DECLS

#define Q_TYPE_SSL_CERTIFICATE (q_ssl_certificate_get_type ())

/**
 * QSslCertificate:
 *
 * An X.509 certificate, and the certificates of its issuers where they are known.
 *
 * The first certificate of such a chain, the leaf, is the one that all methods describe; only
 * [method@QSocket.SslCertificate.get_pem] and
 * [method@QSocket.SslCertificate.get_tls_certificate] give the whole chain. A chain has at most
 * 32 certificates.
 *
 * A certificate never changes, and its methods may be called from any thread. All texts are
 * UTF-8: bytes of a name that are not text are replaced by U+FFFD.
 *
 * Nothing here says whether a certificate can be trusted: it tells what the certificate claims.
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (QSslCertificate, q_ssl_certificate, Q, SSL_CERTIFICATE, GObject)

/**
 * q_ssl_certificate_new_from_pem:
 * @pem: text with one or more certificates in PEM format, the leaf first; at most 1 MiB
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a certificate, or a chain of certificates, from text.
 *
 * The chain keeps the order of the text. Private keys, other blocks and any text between the
 * blocks are skipped.
 *
 * `CERTIFICATE`: there is no certificate, there are more than 32, one is damaged, or the text is
 * too long.
 *
 * Returns: (transfer full): the certificate, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSslCertificate *q_ssl_certificate_new_from_pem (const char  *pem,
                                                 GError     **error);

/**
 * q_ssl_certificate_new_from_der:
 * @der: exactly one certificate in DER format; at most 1 MiB
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a certificate from bytes.
 *
 * `CERTIFICATE`: the bytes are no certificate, or there are more behind it.
 *
 * Returns: (transfer full): the certificate, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSslCertificate *q_ssl_certificate_new_from_der (GBytes  *der,
                                                 GError **error);

/**
 * q_ssl_certificate_new_from_file:
 * @path: (type filename): the name of a file, PEM or DER
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a certificate, or a chain of certificates, from a file.
 *
 * The content is that of [ctor@QSocket.SslCertificate.new_from_pem] or
 * [ctor@QSocket.SslCertificate.new_from_der]. Only regular files are read; the call does not
 * wait for the writer of a FIFO.
 *
 * `CERTIFICATE`: the file cannot be read, is a directory, a FIFO or a device, has more than
 * 1 MiB, or does not hold certificates.
 *
 * Returns: (transfer full): the certificate, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSslCertificate *q_ssl_certificate_new_from_file (const char  *path,
                                                  GError     **error);

/**
 * q_ssl_certificate_new_from_pkcs12:
 * @data: the content of a PKCS#12 file (`.p12`, `.pfx`); at most 1 MiB
 * @password: (nullable): the password of the file, or `NULL`; ignored if it has none
 * @error: return location for a [struct@GLib.Error], or `NULL`
 *
 * Reads a certificate, or a chain of certificates, from the content of a PKCS#12 file.
 *
 * The certificate that belongs to the private key comes first, then its issuers. Without a
 * private key the first certificate of the file takes its place.
 * [ctor@QSocket.SslPrivateKey.new_from_pkcs12] gives the key.
 *
 * `CERTIFICATE`: no PKCS#12 file, no certificate in it, a wrong password, or none where one is
 * needed.
 *
 * Returns: (transfer full): the certificate, or `NULL` with @error set
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
QSslCertificate *q_ssl_certificate_new_from_pkcs12 (GBytes      *data,
                                                    const char  *password,
                                                    GError     **error);

/**
 * q_ssl_certificate_get_pem:
 * @self: a certificate
 *
 * Gets the whole chain as text in PEM format, the leaf first.
 *
 * Returns: (transfer full): the text
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_certificate_get_pem (QSslCertificate *self);

/**
 * q_ssl_certificate_get_der:
 * @self: a certificate
 *
 * Gets the certificate, without its issuers, as bytes in DER format.
 *
 * Returns: (transfer full): the bytes
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GBytes *q_ssl_certificate_get_der (QSslCertificate *self);

/**
 * q_ssl_certificate_get_info:
 * @self: a certificate
 *
 * Gets what the certificate says as a dictionary.
 *
 * | key | type | value |
 * | --- | --- | --- |
 * | `version` | `i` | [method@QSocket.SslCertificate.get_version] |
 * | `serialNumber` | `s` | [method@QSocket.SslCertificate.get_serial_number] |
 * | `subject` | `a{sv}` | [method@QSocket.SslCertificate.get_subject_hash] |
 * | `issuer` | `a{sv}` | [method@QSocket.SslCertificate.get_issuer_hash] |
 * | `purposes` | `a{sb}` | [method@QSocket.SslCertificate.get_purpose_hash] |
 * | `notBefore` | `s` | [method@QSocket.SslCertificate.get_not_before_date], as ISO 8601 |
 * | `notAfter` | `s` | [method@QSocket.SslCertificate.get_not_after_date], as ISO 8601 |
 * | `signatureType` | `s` | [method@QSocket.SslCertificate.get_signature_type] |
 *
 * The dates look like `2030-12-31T23:59:59Z`; one that cannot be read is left out.
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GVariant *q_ssl_certificate_get_info (QSslCertificate *self);

/**
 * q_ssl_certificate_get_subject_hash:
 * @self: a certificate
 *
 * Gets the name of the subject, whom the certificate is about, as a dictionary.
 *
 * The keys are the long names of OpenSSL, such as `commonName`, `organizationName`,
 * `organizationalUnitName`, `countryName` or `emailAddress`, in the order of the certificate. An
 * attribute without such a name has its object identifier as the key, in dotted form. The value
 * is `s`, or `as` if the name occurs more than once.
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`; it may be empty
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GVariant *q_ssl_certificate_get_subject_hash (QSslCertificate *self);

/**
 * q_ssl_certificate_get_issuer_hash:
 * @self: a certificate
 *
 * Gets the name of the issuer, who signed the certificate, as a dictionary like that of
 * [method@QSocket.SslCertificate.get_subject_hash].
 *
 * Returns: (transfer full): a dictionary of type `a{sv}`; it may be empty
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GVariant *q_ssl_certificate_get_issuer_hash (QSslCertificate *self);

/**
 * q_ssl_certificate_get_serial_number:
 * @self: a certificate
 *
 * Gets the serial number that the issuer gave to the certificate.
 *
 * It is text because it may have any size; 20 bytes are common.
 *
 * Returns: (transfer full): a decimal number; it begins with `-` if the certificate, against
 *   the rules, has a negative one
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_certificate_get_serial_number (QSslCertificate *self);

/**
 * q_ssl_certificate_get_version:
 * @self: a certificate
 *
 * Gets the version of the format: 3 for almost all, 1 for certificates without extensions.
 *
 * Returns: the version, from 1 on; 0 if it cannot be read
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
int q_ssl_certificate_get_version (QSslCertificate *self);

/**
 * q_ssl_certificate_get_not_before_date:
 * @self: a certificate
 *
 * Gets when the certificate begins to be valid.
 *
 * Returns: (transfer full) (nullable): the time in UTC, or `NULL` if it cannot be read or lies
 *   before 1970
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GDateTime *q_ssl_certificate_get_not_before_date (QSslCertificate *self);

/**
 * q_ssl_certificate_get_not_after_date:
 * @self: a certificate
 *
 * Gets when the certificate ceases to be valid; that second is the last one.
 *
 * Returns: (transfer full) (nullable): the time in UTC, or `NULL` if it cannot be read or lies
 *   before 1970
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GDateTime *q_ssl_certificate_get_not_after_date (QSslCertificate *self);

/**
 * q_ssl_certificate_get_signature:
 * @self: a certificate
 *
 * Gets the signature of the issuer.
 *
 * Returns: (transfer full): the bytes of the signature
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GBytes *q_ssl_certificate_get_signature (QSslCertificate *self);

/**
 * q_ssl_certificate_get_signature_type:
 * @self: a certificate
 *
 * Gets the algorithm of the signature by the name that OpenSSL has for it, such as
 * `sha256WithRSAEncryption`, `ecdsa-with-SHA256` or `ED25519`.
 *
 * Returns: (transfer full): the name, or the object identifier in dotted form if it has none
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_certificate_get_signature_type (QSslCertificate *self);

/**
 * q_ssl_certificate_get_public_key:
 * @self: a certificate
 *
 * Gets the public key as a SubjectPublicKeyInfo in DER format.
 *
 * Returns: (transfer full) (nullable): the bytes, or `NULL` if the algorithm is unknown
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GBytes *q_ssl_certificate_get_public_key (QSslCertificate *self);

/**
 * q_ssl_certificate_get_public_key_algorithm:
 * @self: a certificate
 *
 * Gets the algorithm of the public key: `RSA`, `RSA-PSS`, `EC`, `Ed25519`, `Ed448`, `DSA`,
 * `X25519`, `X448` or `DH`.
 *
 * Returns: (transfer full): the name, or the object identifier in dotted form if it is another
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_certificate_get_public_key_algorithm (QSslCertificate *self);

/**
 * q_ssl_certificate_get_purpose_hash:
 * @self: a certificate
 *
 * Gets what the certificate may be used for, as far as it says so itself.
 *
 * The keys are `SSLclient`, `SSLserver`, `netscapeSSLserver`, `SMIMEsigning`,
 * `SMIMEencryption`, `CRLsigning`, `anyPurpose` and `OCSPhelper`, and each of them with `CA`
 * behind it: whether it may issue certificates for that purpose. The rules are those of
 * OpenSSL; they look at the basic constraints and the key usages.
 *
 * Returns: (transfer full): a dictionary of type `a{sb}`
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GVariant *q_ssl_certificate_get_purpose_hash (QSslCertificate *self);

/**
 * q_ssl_certificate_get_fingerprint:
 * @self: a certificate
 * @checksum_type: the kind of checksum, such as `G_CHECKSUM_SHA256`
 *
 * Gets the checksum of the certificate in DER format, by which people compare certificates.
 *
 * Returns: (transfer full): the checksum in lower-case hexadecimal digits
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
char *q_ssl_certificate_get_fingerprint (QSslCertificate *self,
                                         GChecksumType    checksum_type);

/**
 * q_ssl_certificate_get_tls_certificate:
 * @self: a certificate
 *
 * Gets the same certificate as an object of GIO, for code that works with those.
 *
 * The chain follows through [property@Gio.TlsCertificate:issuer].
 *
 * Returns: (transfer none) (nullable): the certificate, or `NULL` if the TLS module of GIO is
 *   not installed; lives as long as @self
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
GTlsCertificate *q_ssl_certificate_get_tls_certificate (QSslCertificate *self);

G_END_DECLS
