/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include <glib.h>
#include <gnutls/x509.h>

G_BEGIN_DECLS

/* The result of q_ssl_certificate_get_purpose_hash (), an a{sb} that is not floating. */
GVariant *q_x509_get_purposes (gnutls_x509_crt_t certificate);

G_END_DECLS
