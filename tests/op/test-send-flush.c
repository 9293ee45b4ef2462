/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-send-op-private.h"
#include "scripted-transport.h"
#include "test-peer.h"

#include <errno.h>
#include <unistd.h>

/* ---- a transport that keeps bytes of its own ---- */

/* As one that encrypts does. Flushing has results of its own, and a write can do what other
 * threads do meanwhile. */
typedef struct
{
  ScriptedTransport script;
  QTransportClass klass;
  gssize (*write) (QTransport         *transport,
                   const struct iovec *vectors,
                   int                 n_vectors,
                   QDeadline          *sleep_limit);

  QChannel *channel;
  ReportLog log;
  GThread *writer;        /* that sends beside the flush; may be NULL */
  atomic_int is_over;     /* what it sends */
  const char *added;      /* by the writer, during each write; may be NULL */
  gssize flush_result;
  guint n_flushes;
} Fixture;

static gssize
write_and_add (QTransport         *transport,
               const struct iovec *vectors,
               int                 n_vectors,
               QDeadline          *sleep_limit)
{
  Fixture *self = (Fixture *) transport;

  g_assert_null (sleep_limit);

  /* Only the writer may write without the lock, and only while nothing is corked. */
  if (self->writer != g_thread_self ())
    g_assert_false (g_mutex_trylock (&self->channel->out.lock));

  if (self->added != NULL)
    g_assert_true (q_send_buffer_add (&self->channel->out, self->added, strlen (self->added)));

  return self->write (transport, vectors, n_vectors, sleep_limit);
}

static gssize
count_flush (QTransport *transport,
             QDeadline  *sleep_limit)
{
  Fixture *self = (Fixture *) transport;

  g_assert_null (sleep_limit);
  self->n_flushes++;

  return self->flush_result;
}

static void
fixture_init (Fixture           *self,
              const ScriptEntry *entries,
              guint              n_entries,
              const char        *corked)
{
  *self = (Fixture) { .added = NULL };
  scripted_transport_init (&self->script, entries, n_entries);
  self->klass = *self->script.parent.klass;
  self->write = self->klass.write;
  self->klass.write = write_and_add;
  self->klass.flush = count_flush;
  self->script.parent.klass = &self->klass;

  self->channel = scripted_channel_new (&self->script);
  report_log_init (&self->log);
  g_assert_true (q_send_buffer_add (&self->channel->out, corked, strlen (corked)));
}

static void
assert_sent (Fixture    *self,
             const char *written,
             const char *reports,
             gsize       n_left)
{
  g_autofree char *words = report_log_take (&self->log);

  g_assert_cmpmem (self->script.written->data, self->script.written->len,
                   written, strlen (written));
  g_assert_cmpstr (words, ==, reports);
  g_assert_cmpuint (q_send_buffer_length (&self->channel->out), ==, n_left);
  g_assert_cmpuint (atomic_load (&self->channel->counters->bytes_sent), ==, strlen (written));
}

static void
fixture_clear (Fixture *self)
{
  q_channel_unref (self->channel);
  report_log_clear (&self->log);
  scripted_transport_clear (&self->script);
}

/* ---- a table ---- */

typedef struct
{
  const char *name;
  const char *corked;
  const char *added;
  gssize flush_result;
  ScriptEntry script[6];

  gboolean is_left;       /* what the kernel may take later */
  const char *written;
  const char *reports;
  gsize n_left;
  guint n_writes;
} FlushCase;

static const FlushCase cases[] = {
  { .name = "nothing", .corked = "", .written = "", .reports = "" },
  { .name = "all", .corked = "abc", .written = "abc", .reports = "sent:3/3/3", .n_writes = 1 },
  { .name = "pieces", .corked = "abcdef", .script = { SCRIPT_TAKE (1), SCRIPT_TAKE (3) },
    .written = "abcdef", .reports = "sent:1/1/6 sent:3/4/6 sent:2/6/6", .n_writes = 3 },
  { .name = "again", .corked = "abc", .script = { SCRIPT_FAIL (EAGAIN) },
    .is_left = TRUE, .written = "", .reports = "", .n_left = 3, .n_writes = 1 },
  { .name = "again-midway", .corked = "abc", .script = { SCRIPT_TAKE (2), SCRIPT_FAIL (EAGAIN) },
    .is_left = TRUE, .written = "ab", .reports = "sent:2/2/3", .n_left = 1, .n_writes = 2 },
  { .name = "interrupted", .corked = "abc",
    .script = { SCRIPT_FAIL (EINTR), SCRIPT_TAKE (2), SCRIPT_FAIL (EINTR), SCRIPT_FAIL (EINTR) },
    .written = "abc", .reports = "sent:2/2/3 sent:1/3/3", .n_writes = 5 },
  { .name = "interrupted-again", .corked = "abc",
    .script = { SCRIPT_FAIL (EINTR), SCRIPT_FAIL (EAGAIN) },
    .is_left = TRUE, .written = "", .reports = "", .n_left = 3, .n_writes = 2 },
  { .name = "pipe", .corked = "abc", .script = { SCRIPT_FAIL (EPIPE) },
    .written = "", .reports = "", .n_left = 3, .n_writes = 1 },
  { .name = "pipe-midway", .corked = "abc", .script = { SCRIPT_TAKE (2), SCRIPT_FAIL (EPIPE) },
    .written = "ab", .reports = "sent:2/2/3", .n_left = 1, .n_writes = 2 },

  /* What is encrypted waits to be sent, whether anything is corked or not. */
  { .name = "encrypted/nothing", .corked = "", .flush_result = -EAGAIN,
    .is_left = TRUE, .written = "", .reports = "" },
  { .name = "encrypted/all", .corked = "abc", .flush_result = -EAGAIN,
    .is_left = TRUE, .written = "abc", .reports = "sent:3/3/3", .n_writes = 1 },
  { .name = "encrypted/again", .corked = "abc", .script = { SCRIPT_FAIL (EAGAIN) },
    .is_left = TRUE, .written = "", .reports = "", .n_left = 3, .n_writes = 1 },
  { .name = "encrypted/pipe", .corked = "abc", .flush_result = -EPIPE,
    .written = "abc", .reports = "sent:3/3/3", .n_writes = 1 },
  { .name = "encrypted/protocol", .corked = "abc", .script = { SCRIPT_FAIL (EPROTO) },
    .flush_result = -EPROTO, .written = "", .reports = "", .n_left = 3, .n_writes = 1 },

  /* The writer is never waited for. Its bytes belong to no report of what was sent before, but
   * to the goal. */
  { .name = "added/all", .corked = "abc", .added = "de",
    .is_left = TRUE, .written = "abc", .reports = "sent:3/3/5", .n_left = 2, .n_writes = 1 },
  { .name = "added/pieces", .corked = "abc", .added = "d",
    .script = { SCRIPT_TAKE (1), SCRIPT_TAKE (1) },
    .is_left = TRUE, .written = "abcdd", .reports = "sent:1/1/4 sent:1/2/5 sent:3/5/6",
    .n_left = 1, .n_writes = 3 },
  { .name = "added/again", .corked = "abc", .added = "d", .script = { SCRIPT_FAIL (EAGAIN) },
    .is_left = TRUE, .written = "", .reports = "", .n_left = 4, .n_writes = 1 },
  { .name = "added/pipe", .corked = "abc", .added = "d", .script = { SCRIPT_FAIL (EPIPE) },
    .written = "", .reports = "", .n_left = 4, .n_writes = 1 },
};

static guint
count_entries (const ScriptEntry *script)
{
  guint n = 0;

  while (script[n].length > 0 || script[n].error != 0)
    n++;

  return n;
}

static void
test_case (gconstpointer data)
{
  const FlushCase *the_case = data;
  Fixture fixture;

  fixture_init (&fixture, the_case->script, count_entries (the_case->script), the_case->corked);
  fixture.added = the_case->added;
  fixture.flush_result = the_case->flush_result;

  g_assert_cmpint (q_send_flush (fixture.channel, &fixture.log.sink), ==, the_case->is_left);
  assert_sent (&fixture, the_case->written, the_case->reports, the_case->n_left);
  g_assert_cmpuint (fixture.script.n_writes, ==, the_case->n_writes);
  g_assert_cmpuint (fixture.n_flushes, ==, 1);

  fixture_clear (&fixture);
}

/* A plain transport keeps nothing. */
static void
test_no_flush (void)
{
  Fixture fixture;

  fixture_init (&fixture, NULL, 0, "abc");
  fixture.klass.flush = NULL;
  g_assert_false (q_send_flush_transport (fixture.channel));
  assert_sent (&fixture, "", "", 3);
  g_assert_false (q_send_flush (fixture.channel, &fixture.log.sink));
  assert_sent (&fixture, "abc", "sent:3/3/3", 0);
  fixture_clear (&fixture);
}

/* It sends what is encrypted and leaves alone what is corked. */
static void
test_flush_transport (void)
{
  static const gssize results[] = { 0, -EAGAIN, -EPIPE, -EPROTO };

  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    {
      Fixture fixture;

      fixture_init (&fixture, NULL, 0, "abc");
      fixture.flush_result = results[i];
      g_assert_cmpint (q_send_flush_transport (fixture.channel), ==, results[i] == -EAGAIN);
      g_assert_cmpuint (fixture.n_flushes, ==, 1);
      g_assert_cmpuint (fixture.script.n_writes, ==, 0);
      assert_sent (&fixture, "", "", 3);
      fixture_clear (&fixture);
    }
}

/* Bytes that wrap around the end of the buffer leave in one write. */
static void
test_wrapped (void)
{
  g_autofree char *filling = g_strnfill (4000, 'x');
  g_autofree char *corked = g_strnfill (500, 'y');
  Fixture fixture;

  fixture_init (&fixture, NULL, 0, filling);
  g_assert_false (q_send_flush (fixture.channel, &fixture.log.sink));
  assert_sent (&fixture, filling, "sent:4000/4000/4000", 0);

  g_byte_array_set_size (fixture.script.written, 0);
  atomic_store (&fixture.channel->counters->bytes_sent, 0);
  corked[0] = 'a';
  corked[499] = 'z';
  g_assert_true (q_send_buffer_add (&fixture.channel->out, corked, 500));
  g_assert_false (q_send_flush (fixture.channel, &fixture.log.sink));
  assert_sent (&fixture, corked, "sent:500/500/500", 0);
  g_assert_cmpuint (fixture.script.n_writes, ==, 2);
  fixture_clear (&fixture);
}

/* ---- between two looks at the buffer ---- */

/* The linker lets the calls of the library come here first. */
int __real_q_send_buffer_peek (QSendBuffer  *self,
                               struct iovec  vectors[2]);
int __wrap_q_send_buffer_peek (QSendBuffer  *self,
                               struct iovec  vectors[2]);

static const char *added_before_peek;

int
__wrap_q_send_buffer_peek (QSendBuffer  *self,
                           struct iovec  vectors[2])
{
  const char *added = g_steal_pointer (&added_before_peek);

  if (added != NULL)
    g_assert_true (q_send_buffer_add (self, added, strlen (added)));

  return __real_q_send_buffer_peek (self, vectors);
}

/* The writer adds bytes after the flush has asked how many there are, and before it asks where
 * they are. They leave with the others, and each counts once. */
static void
run_added_before_peek (const ScriptEntry *script,
                       gboolean           is_left,
                       const char        *written,
                       const char        *reports)
{
  Fixture fixture;

  fixture_init (&fixture, script, count_entries (script), "abc");
  added_before_peek = "de";
  g_assert_cmpint (q_send_flush (fixture.channel, &fixture.log.sink), ==, is_left);
  g_assert_null (added_before_peek);
  assert_sent (&fixture, written, reports, 5 - strlen (written));
  fixture_clear (&fixture);
}

static void
test_added_before_peek (void)
{
  static const ScriptEntry whole[] = { { 0 } };
  static const ScriptEntry part[] = { SCRIPT_TAKE (4), { 0 } };
  static const ScriptEntry pieces[] = { SCRIPT_TAKE (2), SCRIPT_TAKE (2), { 0 } };

  run_added_before_peek (whole, FALSE, "abcde", "sent:5/5/5");
  run_added_before_peek (part, TRUE, "abcd", "sent:4/4/5");
  run_added_before_peek (pieces, TRUE, "abcd", "sent:2/2/5 sent:2/4/5");
}

/* ---- handlers ---- */

typedef struct
{
  Fixture *fixture;
  const char *added;      /* by each event */
  guint n_events;
} Handler;

static gboolean
want_all (gpointer         owner,
          QSocketEventType type)
{
  return TRUE;
}

static void
add_more (gpointer       owner,
          const QReport *report)
{
  Handler *handler = owner;

  QSendBuffer *out = &handler->fixture->channel->out;

  g_assert_cmpuint (++handler->n_events, <, 100);
  g_assert_true (q_send_buffer_add (out, handler->added, strlen (handler->added)));

  /* It may send as well. */
  g_assert_true (g_mutex_trylock (&out->lock));
  g_mutex_unlock (&out->lock);
}

/* A handler that sends whenever something was sent does not keep the flush from returning. */
static void
run_handler (const ScriptEntry *script,
             const char        *added,
             guint              n_events,
             const char        *written,
             gsize              n_left)
{
  Fixture fixture;
  Handler handler = { .fixture = &fixture, .added = added };
  const QSink sink = { want_all, add_more, &handler };

  fixture_init (&fixture, script, count_entries (script), "abcdef");
  g_assert_true (q_send_flush (fixture.channel, &sink));
  g_assert_cmpuint (handler.n_events, ==, n_events);
  g_assert_cmpuint (fixture.script.n_writes, ==, n_events);
  assert_sent (&fixture, written, "", n_left);
  fixture_clear (&fixture);
}

static void
test_endless_handler (void)
{
  static const ScriptEntry whole[] = { { 0 } };
  static const ScriptEntry pieces[] = {
    SCRIPT_TAKE (2), SCRIPT_TAKE (2), SCRIPT_TAKE (2), SCRIPT_TAKE (2), { 0 },
  };
  static const ScriptEntry short_of_all[] = { SCRIPT_TAKE (5), { 0 } };

  run_handler (whole, "g", 1, "abcdef", 1);
  run_handler (whole, "ghijklmnop", 1, "abcdef", 10);
  run_handler (pieces, "gh", 3, "abcdef", 6);
  run_handler (short_of_all, "gh", 2, "abcdefgh", 2);
}

/* ---- another thread ---- */

typedef struct
{
  QSendBuffer *buffer;
  GMutex lock;
  GCond changed;
  gboolean is_held;
  gboolean is_over;
} Holder;

static gpointer
hold_lock (gpointer data)
{
  Holder *holder = data;

  g_mutex_lock (&holder->buffer->lock);
  g_mutex_lock (&holder->lock);
  holder->is_held = TRUE;
  g_cond_signal (&holder->changed);
  while (!holder->is_over)
    g_cond_wait (&holder->changed, &holder->lock);
  g_mutex_unlock (&holder->lock);
  g_mutex_unlock (&holder->buffer->lock);

  return NULL;
}

/* What another thread is sending is that thread's to send: a flush neither waits for it nor
 * writes between its bytes. */
static void
test_lock_held (void)
{
  Fixture fixture;
  Holder holder = { .is_held = FALSE };
  GThread *thread;

  fixture_init (&fixture, NULL, 0, "abc");
  fixture.flush_result = -EAGAIN;
  holder.buffer = &fixture.channel->out;
  g_mutex_init (&holder.lock);
  g_cond_init (&holder.changed);
  thread = g_thread_new ("hold", hold_lock, &holder);
  g_mutex_lock (&holder.lock);
  while (!holder.is_held)
    g_cond_wait (&holder.changed, &holder.lock);
  g_mutex_unlock (&holder.lock);

  g_assert_false (q_send_flush_transport (fixture.channel));
  g_assert_false (q_send_flush (fixture.channel, &fixture.log.sink));
  g_assert_cmpuint (fixture.script.n_writes, ==, 0);
  g_assert_cmpuint (fixture.n_flushes, ==, 0);
  assert_sent (&fixture, "", "", 3);

  g_mutex_lock (&holder.lock);
  holder.is_over = TRUE;
  g_cond_signal (&holder.changed);
  g_mutex_unlock (&holder.lock);
  g_thread_join (thread);

  g_assert_true (q_send_flush (fixture.channel, &fixture.log.sink));
  assert_sent (&fixture, "abc", "sent:3/3/3", 0);
  g_cond_clear (&holder.changed);
  g_mutex_clear (&holder.lock);
  fixture_clear (&fixture);
}

#define N_BYTES (8 * 1024 * 1024)

static gpointer
flush_until_over (gpointer data)
{
  static const QSink no_sink = { NULL };
  Fixture *fixture = data;

  while (!atomic_load (&fixture->is_over))
    if (!q_send_flush (fixture->channel, &no_sink))
      g_thread_yield ();

  return NULL;
}

/* Sends @length bytes at once, after what is corked. */
static void
send_now (QChannel     *channel,
          const guint8 *bytes,
          gsize         length)
{
  static const QSink no_sink = { NULL };
  QStep step;
  QSendOp op;

  q_send_op_init (&op, "send to", channel, &no_sink, bytes, length, NULL, 0);
  do
    step = op.parent.klass->step (&op.parent);
  while (step == Q_STEP_AGAIN);
  g_assert_cmpint (step, ==, Q_STEP_DONE);
  g_assert_cmpuint (op.moved, ==, length);
}

/* While one thread gathers bytes, and sends others, another one flushes what is gathered:
 * every byte leaves once and in order, and is counted once. */
static void
test_flush_beside_writer (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_autofree guint8 *bytes = g_malloc (N_BYTES);
  gsize place = 0;
  Fixture fixture;
  GThread *thread;

  for (gsize i = 0; i < N_BYTES; i++)
    bytes[i] = (guint8) ((i * 31) ^ (i >> 8) ^ (i >> 16));

  fixture_init (&fixture, NULL, 0, "");
  fixture.klass.flush = NULL;
  fixture.writer = g_thread_self ();
  thread = g_thread_new ("flush", flush_until_over, &fixture);

  while (place < N_BYTES)
    {
      gsize length = (gsize) g_rand_int_range (random, 1, 10);

      length = MIN (length, N_BYTES - place);
      if (g_rand_int_range (random, 0, 32) == 0 ||
          !q_send_buffer_add (&fixture.channel->out, bytes + place, length))
        send_now (fixture.channel, bytes + place, length);
      place += length;
    }

  atomic_store (&fixture.is_over, TRUE);
  g_thread_join (thread);
  send_now (fixture.channel, NULL, 0);

  g_assert_cmpmem (fixture.script.written->data, fixture.script.written->len, bytes, N_BYTES);
  g_assert_cmpuint (atomic_load (&fixture.channel->counters->bytes_sent), ==, N_BYTES);
  g_assert_cmpuint (q_send_buffer_length (&fixture.channel->out), ==, 0);
  fixture_clear (&fixture);
}

/* ---- messages ---- */

/* Messages are never corked, and an empty one would be one too. */
static void
test_messages (void)
{
  static const int socktypes[] = { SOCK_DGRAM, SOCK_SEQPACKET };

  for (gsize i = 0; i < G_N_ELEMENTS (socktypes); i++)
    {
      Fixture fixture;

      fixture_init (&fixture, NULL, 0, "");
      fixture.channel->socktype = socktypes[i];
      g_assert_false (q_send_flush (fixture.channel, &fixture.log.sink));
      g_assert_cmpuint (fixture.script.n_writes, ==, 0);
      assert_sent (&fixture, "", "", 0);
      fixture_clear (&fixture);
    }
}

/* The same where a peer would receive it. */
static void
test_real_messages (gconstpointer data)
{
  static const QSink no_sink = { NULL };
  int socktype = GPOINTER_TO_INT (data);
  QChannel *channel;
  char byte;
  int fds[2];

  g_assert_no_errno (socketpair (AF_UNIX, socktype | SOCK_CLOEXEC, 0, fds));
  channel = q_channel_new (fds[0], Q_CHANNEL_CLIENT, G_SOCKET_FAMILY_UNIX, socktype, FALSE, TRUE);
  g_assert_false (q_send_flush (channel, &no_sink));
  g_assert_cmpint (recv (fds[1], &byte, 1, MSG_DONTWAIT), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
  q_channel_unref (channel);
  close (fds[1]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/op/send-flush/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }

  g_test_add_func ("/op/send-flush/no-flush", test_no_flush);
  g_test_add_func ("/op/send-flush/transport", test_flush_transport);
  g_test_add_func ("/op/send-flush/wrapped", test_wrapped);
  g_test_add_func ("/op/send-flush/endless-handler", test_endless_handler);
  g_test_add_func ("/op/send-flush/lock-held", test_lock_held);
  g_test_add_func ("/op/send-flush/beside-writer", test_flush_beside_writer);
  g_test_add_func ("/op/send-flush/added-before-peek", test_added_before_peek);
  g_test_add_func ("/op/send-flush/messages", test_messages);
  g_test_add_data_func ("/op/send-flush/messages/datagram", GINT_TO_POINTER (SOCK_DGRAM),
                        test_real_messages);
  g_test_add_data_func ("/op/send-flush/messages/seqpacket", GINT_TO_POINTER (SOCK_SEQPACKET),
                        test_real_messages);

  return g_test_run ();
}
