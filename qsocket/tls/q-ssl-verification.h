/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>

#include "q-version-macros.h"

G_BEGIN_DECLS

/**
 * q_ssl_verification_reason:
 * @code: (nullable): the result of a verification, such as `"X509_V_ERR_CERT_HAS_EXPIRED"`
 *
 * Gets in words what the result of a verification means.
 *
 * The results are `X509_V_OK`, the `X509_V_ERR_` names that OpenSSL has, and among these
 * `X509_V_ERR_HOSTNAME_MISMATCH` and `X509_V_ERR_IP_ADDRESS_MISMATCH`.
 *
 * May be called from any thread.
 *
 * Returns: (transfer none) (nullable): a few English words without a full stop, such as `the
 *   certificate has expired`; `NULL` if @code is `NULL` or no such result
 *
 * Since: 1.0
 */
QSOCKET_AVAILABLE_IN_1_0
const char *q_ssl_verification_reason (const char *code);

G_END_DECLS
