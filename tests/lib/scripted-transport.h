/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#pragma once

#include "q-channel-private.h"
#include "q-report-private.h"

G_BEGIN_DECLS

/* A transport that does what a script says, one entry per call of read or write:
 * so every split, would-block, end and error can be had without a peer and
 * without time. When the script is over, reads find nothing (-EAGAIN) and writes
 * take everything. What was written is kept. */
typedef struct
{
  enum
  {
    SCRIPT_BYTES,         /* a read returns these; a write takes as many */
    SCRIPT_ERROR,         /* the call fails with this errno */
    SCRIPT_END,           /* a read finds the end */
  } kind;
  const char *bytes;
  gssize length;          /* -1: strlen () */
  int error;
} ScriptEntry;

#define SCRIPT(text) { SCRIPT_BYTES, text, -1, 0 }
#define SCRIPT_TAKE(n) { SCRIPT_BYTES, NULL, n, 0 }
#define SCRIPT_FAIL(code) { SCRIPT_ERROR, NULL, 0, code }
#define SCRIPT_EOF { SCRIPT_END, NULL, 0, 0 }

typedef struct
{
  QTransport parent;
  const ScriptEntry *entries;
  guint n_entries;
  guint next;
  gsize offset;           /* into the bytes of the next entry */
  GByteArray *written;
  guint n_reads;
  guint n_writes;
  guint n_waits;
  int ready_fd;           /* what it has polled for: always ready */
  GCancellable *stuck;    /* cancelled by the first wait after the script; may be NULL */
} ScriptedTransport;

void scripted_transport_init  (ScriptedTransport *self,
                               const ScriptEntry *entries,
                               guint              n_entries);

void scripted_transport_clear (ScriptedTransport *self);

/* A stream channel without a descriptor on top of the script. */
QChannel *scripted_channel_new (ScriptedTransport *self);

/* A sink that writes down what it is told, a word for each report:
 * "read:STEP/TOTAL/GOAL", "sent:STEP/TOTAL/GOAL", "lookup:NAME,SERVICE",
 * "resolved:ADDRESS,PORT", "connecting:TARGET,SERVICE,ADDRESS,PORT", "message". */
typedef struct
{
  QSink sink;
  GString *words;
} ReportLog;

void  report_log_init  (ReportLog *self);

void  report_log_clear (ReportLog *self);

/* What was reported since the last time. */
char *report_log_take  (ReportLog *self);

G_END_DECLS
