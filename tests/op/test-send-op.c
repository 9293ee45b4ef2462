/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-op-run-private.h"
#include "q-send-op-private.h"
#include "scripted-transport.h"
#include "test-peer.h"

#include <errno.h>
#include <unistd.h>

/* Results that are no error code. */
enum
{
  DONE = -1,
  STUCK = -2,
};

/* A driver that never waits: if the script has no more, the time of the operation is up. Returns
 * the error, or NULL if @op is done. */
static GError *
drive (QOp *op)
{
  QStep step = Q_STEP_AGAIN;

  for (int i = 0; step == Q_STEP_AGAIN || step == Q_STEP_WAIT; i++)
    {
      g_assert_cmpint (i, <, 1000);
      step = op->klass->step (op);
      if (step == Q_STEP_WAIT)
        {
          g_assert_cmpuint (op->wait.n_fds, ==, 1);
          g_assert_cmpint (op->wait.fds[0].events, ==, POLLOUT);
          if (op->wait.fds[0].fd < 0)
            step = q_op_time_out (op);
        }
    }

  if (step == Q_STEP_DONE)
    {
      g_assert_no_error (op->error);
      return NULL;
    }

  g_assert_nonnull (op->error);
  if (op->klass->abandon != NULL)
    op->klass->abandon (op);

  return g_steal_pointer (&op->error);
}

/* ---- a table ---- */

typedef struct
{
  const char *name;
  const char *cork;
  const char *head;
  const char *body;
  gboolean some;
  gboolean is_message;
  ScriptEntry script[10];

  int code;
  const char *written;
  const char *reports;
  const char *cork_left;
  guint n_writes;
} WriteCase;

static const WriteCase cases[] = {
  { .name = "nothing", .code = DONE, .written = "", .reports = "", .n_writes = 0 },
  { .name = "one", .body = "abc", .code = DONE, .written = "abc", .reports = "sent:3/3/3",
    .n_writes = 1 },
  { .name = "head-and-body", .head = "ab", .body = "cde", .code = DONE, .written = "abcde",
    .reports = "sent:5/5/5", .n_writes = 1 },
  { .name = "all-together", .cork = "ab", .head = "cd", .body = "ef", .code = DONE,
    .written = "abcdef", .reports = "sent:6/6/6", .n_writes = 1 },
  { .name = "cork-only", .cork = "abc", .code = DONE, .written = "abc", .reports = "sent:3/3/3",
    .n_writes = 1 },
  { .name = "bytewise", .cork = "a", .head = "bc", .body = "d",
    .script = { SCRIPT_TAKE (1), SCRIPT_TAKE (1), SCRIPT_TAKE (1), SCRIPT_TAKE (1) },
    .code = DONE, .written = "abcd", .reports = "sent:1/1/4 sent:1/2/4 sent:1/3/4 sent:1/4/4",
    .n_writes = 4 },
  { .name = "across", .cork = "abc", .head = "def", .body = "ghi",
    .script = { SCRIPT_TAKE (4), SCRIPT_FAIL (EAGAIN), SCRIPT_TAKE (4) },
    .code = DONE, .written = "abcdefghi", .reports = "sent:4/4/9 sent:4/8/9 sent:1/9/9",
    .n_writes = 4 },
  { .name = "interrupted", .body = "abc",
    .script = { SCRIPT_FAIL (EINTR), SCRIPT_TAKE (2), SCRIPT_FAIL (EINTR), SCRIPT_FAIL (EINTR) },
    .code = DONE, .written = "abc", .reports = "sent:2/2/3 sent:1/3/3", .n_writes = 5 },
  { .name = "pipe-first", .body = "abc", .script = { SCRIPT_FAIL (EPIPE) },
    .code = Q_SOCKET_ERROR_SEND, .written = "", .reports = "", .n_writes = 1 },
  { .name = "pipe-midway", .body = "abc", .script = { SCRIPT_TAKE (2), SCRIPT_FAIL (EPIPE) },
    .code = Q_SOCKET_ERROR_SEND, .written = "ab", .reports = "sent:2/2/3", .n_writes = 2 },
  { .name = "reset", .body = "abc", .script = { SCRIPT_FAIL (ECONNRESET) },
    .code = Q_SOCKET_ERROR_SEND, .written = "", .reports = "", .n_writes = 1 },
  { .name = "stuck", .body = "abc", .script = { SCRIPT_FAIL (EAGAIN) },
    .code = STUCK, .written = "", .reports = "", .n_writes = 1 },
  { .name = "stuck-midway", .body = "abc", .script = { SCRIPT_TAKE (2), SCRIPT_FAIL (EAGAIN) },
    .code = STUCK, .written = "ab", .reports = "sent:2/2/3", .n_writes = 2 },
  { .name = "stuck-in-cork", .cork = "abcd", .body = "ef",
    .script = { SCRIPT_TAKE (3), SCRIPT_FAIL (EAGAIN) },
    .code = STUCK, .written = "abc", .reports = "sent:3/3/6", .cork_left = "d", .n_writes = 2 },
  { .name = "stuck-before-cork", .cork = "abcd", .body = "ef", .script = { SCRIPT_FAIL (EAGAIN) },
    .code = STUCK, .written = "", .reports = "", .cork_left = "abcd", .n_writes = 1 },
  { .name = "stuck-after-cork", .cork = "abcd", .body = "ef",
    .script = { SCRIPT_TAKE (4), SCRIPT_FAIL (EAGAIN) },
    .code = STUCK, .written = "abcd", .reports = "sent:4/4/6", .n_writes = 2 },
  { .name = "some/all", .body = "abc", .some = TRUE,
    .code = DONE, .written = "abc", .reports = "sent:3/3/3", .n_writes = 1 },
  { .name = "some/short", .body = "abc", .some = TRUE, .script = { SCRIPT_TAKE (1) },
    .code = DONE, .written = "a", .reports = "sent:1/1/3", .n_writes = 1 },
  { .name = "some/cork-is-none", .cork = "ab", .body = "cde", .some = TRUE,
    .script = { SCRIPT_TAKE (1), SCRIPT_TAKE (1), SCRIPT_TAKE (1) },
    .code = DONE, .written = "abc", .reports = "sent:1/1/5 sent:1/2/5 sent:1/3/5",
    .n_writes = 3 },
  { .name = "some/stuck", .cork = "ab", .body = "cde", .some = TRUE,
    .script = { SCRIPT_TAKE (2), SCRIPT_FAIL (EAGAIN) },
    .code = STUCK, .written = "ab", .reports = "sent:2/2/5", .n_writes = 2 },
  { .name = "some/nothing", .some = TRUE, .code = DONE, .written = "", .reports = "",
    .n_writes = 0 },
  { .name = "message/one", .body = "abc", .is_message = TRUE,
    .code = DONE, .written = "abc", .reports = "sent:3/3/3", .n_writes = 1 },
  { .name = "message/two-parts", .head = "ab", .body = "c", .is_message = TRUE,
    .code = DONE, .written = "abc", .reports = "sent:3/3/3", .n_writes = 1 },
  { .name = "message/empty", .is_message = TRUE,
    .code = DONE, .written = "", .reports = "", .n_writes = 1 },
  { .name = "message/empty-stuck", .is_message = TRUE, .script = { SCRIPT_FAIL (EAGAIN) },
    .code = STUCK, .written = "", .reports = "", .n_writes = 1 },
  { .name = "message/too-large", .body = "abc", .is_message = TRUE,
    .script = { SCRIPT_FAIL (EMSGSIZE) },
    .code = Q_SOCKET_ERROR_SEND, .written = "", .reports = "", .n_writes = 1 },
};

static gsize
length_of (const char *text)
{
  return text != NULL ? strlen (text) : 0;
}

static guint
count_entries (const WriteCase *the_case)
{
  guint n = 0;

  while (the_case->script[n].length > 0 || the_case->script[n].error != 0)
    n++;

  return n;
}

static void
assert_corked (QChannel   *channel,
               const void *bytes,
               gsize       length)
{
  struct iovec vectors[2];
  g_autoptr (GByteArray) corked = g_byte_array_new ();
  int n = q_send_buffer_peek (&channel->out, vectors);

  for (int i = 0; i < n; i++)
    g_byte_array_append (corked, vectors[i].iov_base, (guint) vectors[i].iov_len);
  g_assert_cmpmem (corked->data, corked->len, bytes, length);
}

static void
test_case (gconstpointer data)
{
  const WriteCase *the_case = data;
  int code = the_case->code == STUCK ? Q_SOCKET_ERROR_TIMEOUT : the_case->code;
  g_autoptr (GError) error = NULL;
  g_autofree char *reports = NULL;
  ScriptedTransport script;
  QChannel *channel;
  ReportLog log;
  QSendOp op;

  scripted_transport_init (&script, the_case->script, count_entries (the_case));
  report_log_init (&log);
  channel = scripted_channel_new (&script);
  if (the_case->is_message)
    channel->socktype = SOCK_DGRAM;
  if (the_case->cork != NULL)
    g_assert_true (q_send_buffer_add (&channel->out, the_case->cork, strlen (the_case->cork)));

  atomic_store (&channel->counters->bytes_sent, 1000);
  q_send_op_init (&op, "write to", channel, &log.sink,
                   the_case->head, length_of (the_case->head),
                   the_case->body, length_of (the_case->body));
  op.is_partial = the_case->some;
  error = drive (&op.parent);

  if (the_case->code == DONE)
    g_assert_no_error (error);
  else
    g_assert_error (error, Q_SOCKET_ERROR, code);

  reports = report_log_take (&log);
  g_assert_cmpstr (reports, ==, the_case->reports);
  g_assert_cmpmem (script.written->data, script.written->len,
                   the_case->written, strlen (the_case->written));
  g_assert_cmpuint (script.n_writes, ==, the_case->n_writes);
  g_assert_cmpuint (op.sent, ==, strlen (the_case->written));
  g_assert_cmpuint (atomic_load (&channel->counters->bytes_sent), ==,
                    1000 + strlen (the_case->written));
  assert_corked (channel, the_case->cork_left, length_of (the_case->cork_left));

  q_channel_unref (channel);
  report_log_clear (&log);
  scripted_transport_clear (&script);
}

/* ---- every split ---- */

#define LETTERS "abcdefghi"
#define N_LETTERS 9

/* Writes LETTERS in three parts. The transport takes them in pieces, which end where a bit of
 * @mask is set, and fails after @n_pieces of them. The next write has to go on exactly there. */
static void
run_split (guint mask,
           int   between,
           guint n_pieces)
{
  static const QSink no_sink = { NULL };
  ScriptEntry entries[2 * N_LETTERS + 1];
  g_autoptr (GError) error = NULL;
  ScriptedTransport script;
  QChannel *channel;
  guint n = 0;
  int from = 0;
  QSendOp op;

  for (int i = 0; i < N_LETTERS && n_pieces > 0; i++)
    if (i == N_LETTERS - 1 || (mask & (1u << i)) != 0)
      {
        entries[n++] = (ScriptEntry) SCRIPT_TAKE (i + 1 - from);
        from = i + 1;
        n_pieces--;
        if (between != 0)
          entries[n++] = (ScriptEntry) SCRIPT_FAIL (between);
      }
  entries[n++] = (ScriptEntry) SCRIPT_FAIL (EIO);

  scripted_transport_init (&script, entries, n);
  channel = scripted_channel_new (&script);
  g_assert_true (q_send_buffer_add (&channel->out, LETTERS, 3));
  q_send_op_init (&op, "write to", channel, &no_sink, &LETTERS[3], 3, &LETTERS[6], 3);
  error = drive (&op.parent);

  if (from == N_LETTERS)
    g_assert_no_error (error);
  else
    g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SEND);
  g_assert_cmpmem (script.written->data, script.written->len, LETTERS, (gsize) from);
  g_assert_cmpuint (op.sent, ==, from);
  g_assert_cmpuint (atomic_load (&channel->counters->bytes_sent), ==, from);
  g_assert_cmpuint (q_send_buffer_length (&channel->out), ==, MAX (3 - from, 0));

  /* The corked bytes that were left are sent first. */
  script.next = n;
  q_send_op_init (&op, "write to", channel, &no_sink, "Z", 1, NULL, 0);
  g_clear_error (&error);
  error = drive (&op.parent);
  g_assert_no_error (error);
  from = MAX (from, 3);
  g_assert_cmpmem (script.written->data, script.written->len - 1, LETTERS, (gsize) from);
  g_assert_cmpint (script.written->data[from], ==, 'Z');
  g_assert_cmpuint (q_send_buffer_length (&channel->out), ==, 0);

  q_channel_unref (channel);
  scripted_transport_clear (&script);
}

static void
test_splits (gconstpointer data)
{
  int between = GPOINTER_TO_INT (data);

  for (guint mask = 0; mask < 1u << (N_LETTERS - 1); mask++)
    for (guint n_pieces = 0; n_pieces <= N_LETTERS; n_pieces++)
      run_split (mask, between, n_pieces);
}

/* ---- ends of the connection ---- */

static void
test_closed_here (gconstpointer data)
{
  const ScriptEntry *entry = data;
  static const QSink no_sink = { NULL };
  g_autoptr (GError) error = NULL;
  ScriptedTransport script;
  QChannel *channel;
  QSendOp op;

  scripted_transport_init (&script, entry, 1);
  channel = scripted_channel_new (&script);
  q_channel_close (channel);
  q_send_op_init (&op, "write to", channel, &no_sink, "abc", 3, NULL, 0);
  error = drive (&op.parent);

  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
  g_assert_nonnull (strstr (error->message, "closed meanwhile"));
  q_channel_unref (channel);
  scripted_transport_clear (&script);
}

/* Each way of writing to a connection that the peer has closed, with the default disposition of
 * SIGPIPE, which would end the process. */
static void
test_broken_pipe (gconstpointer data)
{
  int timeout_ms = GPOINTER_TO_INT (data);
  static const QSink no_sink = { NULL };
  static const char bytes[100];
  int fds[2];

  for (int n_vectors = 1; n_vectors <= 2; n_vectors++)
    {
      g_autoptr (GError) error = NULL;
      QChannel *channel;
      QSendOp op;

      g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
      close (fds[1]);
      channel = q_channel_new (fds[0], Q_CHANNEL_CLIENT, G_SOCKET_FAMILY_UNIX, SOCK_STREAM,
                               FALSE, TRUE);

      q_send_op_init (&op, "send to", channel, &no_sink, bytes, sizeof bytes,
                       bytes, n_vectors == 2 ? sizeof bytes : 0);
      g_assert_false (q_op_run (&op.parent, timeout_ms, NULL, &error));
      g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_SEND);
      g_assert_true (g_str_has_suffix (error->message, g_strerror (EPIPE)));
      g_assert_cmpuint (op.sent, ==, 0);
      q_channel_unref (channel);
    }
}

int
main (int    argc,
      char **argv)
{
  static const ScriptEntry closed_entries[] = {
    SCRIPT_FAIL (EPIPE), SCRIPT_FAIL (EAGAIN), SCRIPT_FAIL (EINTR),
  };

  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/op/send-op/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }

  g_test_add_data_func ("/op/send-op/splits", GINT_TO_POINTER (0), test_splits);
  g_test_add_data_func ("/op/send-op/splits/would-block", GINT_TO_POINTER (EAGAIN), test_splits);
  g_test_add_data_func ("/op/send-op/splits/interrupted", GINT_TO_POINTER (EINTR), test_splits);
  g_test_add_data_func ("/op/send-op/closed-here/pipe", &closed_entries[0], test_closed_here);
  g_test_add_data_func ("/op/send-op/closed-here/again", &closed_entries[1], test_closed_here);
  g_test_add_data_func ("/op/send-op/closed-here/interrupted", &closed_entries[2],
                        test_closed_here);
  g_test_add_data_func ("/op/send-op/broken-pipe", GINT_TO_POINTER (-1), test_broken_pipe);
  g_test_add_data_func ("/op/send-op/broken-pipe/deadline", GINT_TO_POINTER (ENOUGH),
                        test_broken_pipe);
  g_test_add_data_func ("/op/send-op/broken-pipe/no-time", GINT_TO_POINTER (0),
                        test_broken_pipe);

  return g_test_run ();
}
