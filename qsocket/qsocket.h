/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-enum-types.h"
#include "q-event-queue.h"
#include "q-int-format.h"
#include "q-socket-connect.h"
#include "q-socket-data.h"
#include "q-socket-error.h"
#include "q-socket-event-type.h"
#include "q-socket-event.h"
#include "q-socket-gio.h"
#include "q-socket-http.h"
#include "q-socket-info.h"
#include "q-socket-int.h"
#include "q-socket-listen.h"
#include "q-socket-ssl-settings.h"
#include "q-socket-ssl.h"
#include "q-socket.h"
#include "q-ssl-certificate.h"
#include "q-ssl-private-key.h"
#include "q-ssl-verification.h"
#include "q-ssl-verify-mode.h"
#include "q-version-macros.h"
#include "q-version.h"
