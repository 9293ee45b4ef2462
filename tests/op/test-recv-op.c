/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "recv-cases.h"

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
          g_assert_cmpint (op->wait.fds[0].events, ==, POLLIN);
          g_assert_cmpint (op->wait.until, ==, Q_DEADLINE_NEVER);
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

static void
test_case (gconstpointer data)
{
  ReadRun run;

  read_run_init (&run, data);
  read_run_finish (&run, drive (&run.op));
}

/* ---- every split ---- */

#define DIGITS "0123456789"
#define N_DIGITS 10

typedef struct
{
  int size;               /* of q_recv_op_init (), or 1 for memory */
  int limit;
  int minimum;            /* of q_recv_op_init_memory (), or 0 */
  int maximum;
  int between;            /* an errno between all pieces, or 0 */
  int last;               /* an errno after them, 0 for the end, -1 for nothing */
} SplitCase;

/* Writes the script; the bits of @mask say after which digits a piece ends. */
static guint
write_script (ScriptEntry     *entries,
              guint            mask,
              const SplitCase *the_case)
{
  guint n = 0;
  int from = 0;

  for (int i = 0; i < N_DIGITS; i++)
    if (i == N_DIGITS - 1 || (mask & (1u << i)) != 0)
      {
        entries[n++] = (ScriptEntry) { SCRIPT_BYTES, &DIGITS[from], i + 1 - from, 0 };
        from = i + 1;
        if (the_case->between != 0)
          entries[n++] = (ScriptEntry) SCRIPT_FAIL (the_case->between);
      }

  if (the_case->last == 0)
    entries[n++] = (ScriptEntry) SCRIPT_EOF;
  else if (the_case->last > 0)
    entries[n++] = (ScriptEntry) SCRIPT_FAIL (the_case->last);

  return n;
}

static int
get_last_code (const SplitCase *the_case)
{
  return the_case->last == 0 ? Q_SOCKET_ERROR_CLOSED
         : the_case->last > 0 ? Q_SOCKET_ERROR_RECV : Q_SOCKET_ERROR_TIMEOUT;
}

/* One read, whose bytes are appended to @got. */
static GError *
read_one (QChannel        *channel,
          const SplitCase *the_case,
          GString         *got)
{
  static const QSink no_sink = { NULL };
  char memory[N_DIGITS + 1];
  GError *error;
  QRecvOp op;

  if (the_case->maximum > 0)
    q_recv_op_init_memory (&op, "read from", channel, &no_sink, memory,
                           (gsize) the_case->minimum, (gsize) the_case->maximum);
  else
    q_recv_op_init (&op, "read from", channel, &no_sink, Q_RECV_TO_BYTES, the_case->size,
                    (gsize) the_case->limit);

  error = drive (&op.parent);
  if (error != NULL)
    return error;

  g_string_append_len (got, op.bytes != NULL ? g_bytes_get_data (op.bytes, NULL) : memory,
                       (gssize) op.length);
  g_clear_pointer (&op.bytes, g_bytes_unref);

  if (the_case->maximum > 0)
    {
      g_assert_cmpuint (op.length, >=, the_case->minimum);
      g_assert_cmpuint (op.length, <=, the_case->maximum);
    }
  else if (the_case->size > 0)
    {
      g_assert_cmpuint (op.length, ==, the_case->size);
    }
  else if (the_case->size == 0)
    {
      g_assert_cmpuint (op.length, >, 0);
    }

  return NULL;
}

static void
run_split (const SplitCase *the_case,
           guint            mask)
{
  g_autoptr (GString) got = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  ScriptEntry entries[2 * N_DIGITS + 1];
  ScriptedTransport script;
  QChannel *channel;
  gsize left;

  scripted_transport_init (&script, entries, write_script (entries, mask, the_case));
  channel = scripted_channel_new (&script);

  if (the_case->size < 0)
    {
      error = read_one (channel, the_case, got);
      if (the_case->limit > 0 && the_case->limit < N_DIGITS)
        g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TOO_LARGE);
      else if (the_case->last == 0)
        g_assert_no_error (error);
      else
        g_assert_error (error, Q_SOCKET_ERROR, get_last_code (the_case));
    }
  else
    {
      while (error == NULL)
        error = read_one (channel, the_case, got);
      g_assert_error (error, Q_SOCKET_ERROR, get_last_code (the_case));
    }

  /* Exactly the bytes that were not returned are still there. */
  left = q_recv_buffer_length (&channel->in);
  if (the_case->size > 0)
    g_assert_cmpuint (left, ==, N_DIGITS % the_case->size);
  else if (the_case->minimum > 0)
    g_assert_cmpuint (left, <, the_case->minimum);
  else if (the_case->size == 0)
    g_assert_cmpuint (left, ==, 0);
  else if (error != NULL)
    g_assert_cmpuint (got->len, ==, 0);

  g_string_append_len (got, (const char *) q_recv_buffer_bytes (&channel->in), (gssize) left);
  if (g_error_matches (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TOO_LARGE))
    g_assert_cmpmem (got->str, got->len, DIGITS, MAX (got->len, (gsize) the_case->limit + 1));
  else
    g_assert_cmpstr (got->str, ==, DIGITS);

  q_channel_unref (channel);
  scripted_transport_clear (&script);
}

static void
test_splits (gconstpointer data)
{
  static const int betweens[] = { 0, EAGAIN, EINTR };
  static const int lasts[] = { 0, ECONNRESET, -1 };
  SplitCase the_case = *(const SplitCase *) data;

  for (guint i = 0; i < G_N_ELEMENTS (betweens); i++)
    for (guint j = 0; j < G_N_ELEMENTS (lasts); j++)
      for (guint mask = 0; mask < 1u << (N_DIGITS - 1); mask++)
        {
          the_case.between = betweens[i];
          the_case.last = lasts[j];
          run_split (&the_case, mask);
        }
}

static void
add_splits (const char *name,
            SplitCase   the_case)
{
  g_autofree char *path = g_strconcat ("/op/recv-op/splits/", name, NULL);

  g_test_add_data_func_full (path, g_memdup2 (&the_case, sizeof the_case), test_splits, g_free);
}

/* ---- what else a read does ---- */

/* A large read allocates no memory for bytes that have not come. */
static void
test_allocation (void)
{
  static const ScriptEntry entries[] = { SCRIPT ("x"), SCRIPT_FAIL (EAGAIN) };
  static const gssize sizes[] = { G_MAXSSIZE, (gssize) 1 << 40, -1 };
  static const QSink no_sink = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      ScriptedTransport script;
      QChannel *channel;
      QRecvOp op;

      scripted_transport_init (&script, entries, G_N_ELEMENTS (entries));
      channel = scripted_channel_new (&script);
      q_recv_op_init (&op, "read from", channel, &no_sink, Q_RECV_TO_BYTES, sizes[i], 0);
      while (op.parent.klass->step (&op.parent) == Q_STEP_AGAIN)
        continue;

      g_assert_cmpuint (op.length, ==, 1);
      g_assert_cmpuint (op.memory_size, <=, 1024 * 1024);
      op.parent.klass->abandon (&op.parent);
      g_assert_cmpuint (q_recv_buffer_length (&channel->in), ==, 1);

      q_channel_unref (channel);
      scripted_transport_clear (&script);
    }
}

/* A result does not keep much more memory than it has bytes, and its bytes are complete even if
 * the buffer grew several times. */
static void
test_drain_is_bounded (void)
{
  static const ScriptEntry entries[] = { SCRIPT_BIG (0, BIG_SIZE) };
  static const QSink no_sink = { NULL };
  ScriptedTransport script;
  QChannel *channel;
  gsize total = 0;
  gsize length;

  scripted_transport_init (&script, entries, G_N_ELEMENTS (entries));
  channel = scripted_channel_new (&script);

  while (total < BIG_SIZE)
    {
      g_autoptr (GError) error = NULL;
      QRecvOp op;

      q_recv_op_init (&op, "read from", channel, &no_sink, Q_RECV_TO_BYTES, 0, 0);
      error = drive (&op.parent);
      g_assert_no_error (error);
      assert_same (g_bytes_get_data (op.bytes, &length), op.length, big + total, op.length);
      g_assert_cmpuint (length, ==, op.length);
      g_assert_cmpuint (length, <=, 2 * Q_RECV_BUFFER_MAX);
      total += length;
      g_bytes_unref (op.bytes);
    }

  q_channel_unref (channel);
  scripted_transport_clear (&script);
}

/* The bytes of a large read that failed are there for the next read, of any kind. */
static void
test_retry (void)
{
  static const ScriptEntry entries[] = {
    SCRIPT_BIG (0, 400000), SCRIPT_BIG (400000, 600000), SCRIPT_EOF,
  };
  static const gssize sizes[] = { 1000000, 600000, 500000, 400001, 400000, 300000, 1, 0, -1 };
  static const QSink no_sink = { NULL };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (sizes); i++)
    {
      QRecvResult result = i % 2 == 0 ? Q_RECV_TO_BYTES : Q_RECV_TO_TEXT;
      gssize size = sizes[i / 2];
      gsize expected = size > 0 ? (gsize) size : size == 0 ? 400000 : 1000000;
      g_autoptr (GError) error = NULL;
      ScriptedTransport script;
      QChannel *channel;
      QRecvOp op;

      scripted_transport_init (&script, entries, 1);
      channel = scripted_channel_new (&script);
      channel->decoder = q_text_decoder_new ("UTF-8");
      for (int j = 0; j < 2; j++)
        {
          q_recv_op_init (&op, "read from", channel, &no_sink, Q_RECV_TO_BYTES, 1000000, 0);
          error = drive (&op.parent);
          g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_TIMEOUT);
          g_clear_error (&error);
          assert_same (q_recv_buffer_bytes (&channel->in), q_recv_buffer_length (&channel->in),
                       big, 400000);
        }

      script.n_entries = G_N_ELEMENTS (entries);
      q_recv_op_init (&op, "read from", channel, &no_sink, result, size, 0);
      error = drive (&op.parent);
      g_assert_no_error (error);
      assert_same (result == Q_RECV_TO_TEXT ? op.text : g_bytes_get_data (op.bytes, NULL),
                   op.length, big, expected);
      g_clear_pointer (&op.bytes, g_bytes_unref);
      g_free (op.text);

      if (expected < 1000000)
        {
          q_recv_op_init (&op, "read from", channel, &no_sink, Q_RECV_TO_BYTES, -1, 0);
          error = drive (&op.parent);
          g_assert_no_error (error);
          assert_same (g_bytes_get_data (op.bytes, NULL), op.length, big + expected,
                       1000000 - expected);
          g_bytes_unref (op.bytes);
        }

      q_channel_unref (channel);
      scripted_transport_clear (&script);
    }
}

/* If another thread closes the channel, the shutdown () that wakes this one is not reported as the
 * end of the stream. */
static void
test_closed_here (gconstpointer data)
{
  const ScriptEntry *entry = data;
  static const QSink no_sink = { NULL };
  ScriptedTransport script;
  g_autoptr (GError) error = NULL;
  QChannel *channel;
  QRecvHttpOp http;
  QRecvOp op;

  for (int i = 0; i < 2; i++)
    {
      scripted_transport_init (&script, entry, 1);
      channel = scripted_channel_new (&script);
      q_channel_close (channel);

      if (i == 0)
        {
          q_recv_op_init (&op, "read from", channel, &no_sink, Q_RECV_TO_BYTES, -1, 0);
          error = drive (&op.parent);
        }
      else
        {
          q_recv_http_op_init (&http, "read from", channel, &no_sink, 100, 10);
          error = drive (&http.parent);
          q_recv_http_op_clear (&http);
        }

      g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_CLOSED);
      g_assert_nonnull (strstr (error->message, "closed meanwhile"));
      g_clear_error (&error);
      q_channel_unref (channel);
      scripted_transport_clear (&script);
    }
}

static void
test_texts (void)
{
  static const ScriptEntry entries[] = { SCRIPT ("ab"), SCRIPT_EOF };
  static const QSink no_sink = { NULL };
  ScriptedTransport script;
  g_autoptr (GError) error = NULL;
  QChannel *channel;
  QRecvOp op;

  scripted_transport_init (&script, entries, G_N_ELEMENTS (entries));
  channel = scripted_channel_new (&script);
  q_address_set_literal (&channel->peer, "192.0.2.1", 80);

  q_recv_op_init (&op, "recv from", channel, &no_sink, Q_RECV_TO_BYTES, 3, 0);
  error = drive (&op.parent);
  g_assert_cmpstr (error->message, ==, "recv from \"192.0.2.1:80\": the peer ended the connection "
                                       "after 2 of 3 bytes");

  q_channel_unref (channel);
  scripted_transport_clear (&script);
}

/* ---- corked bytes leave before this side waits ---- */

typedef struct
{
  QTransport parent;
  guint n_may_sleep;
  guint n_writes;
  gsize takes;            /* how many bytes each second write takes; the others none */
} EmptyTransport;

static gssize
empty_read (QTransport *transport,
            void       *buffer,
            gsize       length,
            gboolean    whole,
            QDeadline  *sleep_limit)
{
  EmptyTransport *self = (EmptyTransport *) transport;

  self->n_may_sleep += sleep_limit != NULL;

  return -EAGAIN;
}

static gssize
empty_write (QTransport         *transport,
             const struct iovec *vectors,
             int                 n_vectors,
             QDeadline          *sleep_limit)
{
  EmptyTransport *self = (EmptyTransport *) transport;

  self->n_may_sleep += sleep_limit != NULL;

  return self->n_writes++ % 2 == 0 ? (gssize) MIN (self->takes, vectors[0].iov_len) : -EAGAIN;
}

static void
empty_wait (QTransport    *transport,
            short          direction,
            struct pollfd *pollfd)
{
  *pollfd = (struct pollfd) { -1, direction, 0 };
}

static const QTransportClass empty_class = { empty_read, empty_write, empty_wait };

static void
test_flush (gconstpointer data)
{
  gssize size = GPOINTER_TO_INT (data);
  static const QSink no_sink = { NULL };
  EmptyTransport transport = { { &empty_class }, .takes = 6 };
  QDeadline sleep_limit = q_deadline_new (-1);
  ScriptedTransport script;
  QChannel *channel;
  QRecvOp op;

  scripted_transport_init (&script, NULL, 0);
  channel = scripted_channel_new (&script);
  channel->transport = &transport.parent;
  g_assert_true (q_send_buffer_add (&channel->out, "0123456789", 10));

  q_recv_op_init (&op, "read from", channel, &no_sink, Q_RECV_TO_BYTES, size, 0);
  op.parent.sleep_limit = &sleep_limit;

  /* Bytes are left, so it waits for the kernel to take them as well. */
  g_assert_cmpint (op.parent.klass->step (&op.parent), ==, Q_STEP_WAIT);
  g_assert_cmpuint (transport.n_writes, ==, 2);
  g_assert_cmpuint (q_send_buffer_length (&channel->out), ==, 4);
  g_assert_cmpint (op.parent.wait.fds[0].events, ==, POLLIN | POLLOUT);
  g_assert_cmpuint (transport.n_may_sleep, ==, 0);

  g_assert_cmpint (op.parent.klass->step (&op.parent), ==, Q_STEP_WAIT);
  g_assert_cmpuint (transport.n_writes, ==, 3);
  g_assert_cmpuint (q_send_buffer_length (&channel->out), ==, 0);
  g_assert_cmpint (op.parent.wait.fds[0].events, ==, POLLIN);
  g_assert_cmpuint (transport.n_may_sleep, ==, 0);

  /* With no bytes left the read may sleep. */
  g_assert_cmpint (op.parent.klass->step (&op.parent), ==, Q_STEP_WAIT);
  g_assert_cmpuint (transport.n_writes, ==, 3);
  g_assert_cmpuint (q_send_buffer_length (&channel->out), ==, 0);
  g_assert_cmpuint (transport.n_may_sleep, ==, 1);

  op.parent.klass->abandon (&op.parent);
  q_channel_unref (channel);
  scripted_transport_clear (&script);
}

int
main (int    argc,
      char **argv)
{
  static const ScriptEntry closed_entries[] = {
    SCRIPT_EOF, SCRIPT_FAIL (EAGAIN), SCRIPT_FAIL (ECONNRESET), SCRIPT_FAIL (EINTR),
  };

  g_test_init (&argc, &argv, NULL);
  fill_big ();

  for (gsize i = 0; i < G_N_ELEMENTS (read_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/op/recv-op/", read_cases[i].name, NULL);

      g_test_add_data_func (path, &read_cases[i], test_case);
    }

  for (int size = 1; size <= N_DIGITS + 1; size++)
    {
      g_autofree char *name = g_strdup_printf ("size-%d", size);

      add_splits (name, (SplitCase) { .size = size });
    }
  add_splits ("there", (SplitCase) { .size = 0 });
  add_splits ("end", (SplitCase) { .size = -1 });
  add_splits ("limit-1", (SplitCase) { .size = -1, .limit = 1 });
  add_splits ("limit-9", (SplitCase) { .size = -1, .limit = 9 });
  add_splits ("limit-10", (SplitCase) { .size = -1, .limit = 10 });
  add_splits ("memory-1-10", (SplitCase) { .minimum = 1, .maximum = 10 });
  add_splits ("memory-2-3", (SplitCase) { .minimum = 2, .maximum = 3 });
  add_splits ("memory-3-3", (SplitCase) { .minimum = 3, .maximum = 3 });
  add_splits ("memory-7-10", (SplitCase) { .minimum = 7, .maximum = 10 });

  g_test_add_func ("/op/recv-op/allocation", test_allocation);
  g_test_add_func ("/op/recv-op/retry", test_retry);
  g_test_add_func ("/op/recv-op/drain-is-bounded", test_drain_is_bounded);
  g_test_add_data_func ("/op/recv-op/closed-here/end", &closed_entries[0], test_closed_here);
  g_test_add_data_func ("/op/recv-op/closed-here/again", &closed_entries[1], test_closed_here);
  g_test_add_data_func ("/op/recv-op/closed-here/error", &closed_entries[2], test_closed_here);
  g_test_add_data_func ("/op/recv-op/closed-here/interrupted", &closed_entries[3],
                        test_closed_here);
  g_test_add_func ("/op/recv-op/error-text", test_texts);
  g_test_add_data_func ("/op/recv-op/flush", GINT_TO_POINTER (0), test_flush);
  g_test_add_data_func ("/op/recv-op/flush/size", GINT_TO_POINTER (10), test_flush);
  g_test_add_data_func ("/op/recv-op/flush/direct", GINT_TO_POINTER (100000), test_flush);

  return g_test_run ();
}
