/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "q-op-run-private.h"
#include "q-op-run-private.h"
#include "q-recv-op-private.h"
#include "test-peer.h"

#include <errno.h>
#include <unistd.h>

/* Reading messages, over sockets of the kernel, which keep each message whole. */

#define N_MESSAGES 3

/* Values that are neither a number of bytes nor an error code. */
#define END -1
#define NOTHING -2
#define DONE -1

static const QSink no_sink = { NULL };
static char big[256 * 1024];

typedef struct
{
  const char *name;
  int sends[N_MESSAGES];  /* bytes of each, END ends the connection, NOTHING nothing */
  struct
  {
    gssize size;
    gssize limit;
    int exact;
    int code;             /* or DONE, and then how many bytes */
    gssize length;
  } reads[4];
} MessageCase;

static const MessageCase message_cases[] = {
  { "rest-stays", { 5, 4, 3 },
    { { 3, 0, 0, DONE, 3 }, { 10, 0, 0, DONE, 2 }, { 4, 0, 0, DONE, 4 },
      { 0, 0, 0, DONE, 3 } } },
  { "there-is-one", { 5, 4, NOTHING },
    { { 0, 0, 0, DONE, 5 }, { 0, 0, 0, DONE, 4 },
      { 0, 0, 0, Q_SOCKET_ERROR_TIMEOUT, 0 } } },
  { "all-is-one", { 5, 4, NOTHING },
    { { -1, 0, 0, DONE, 5 }, { -1, 4, 0, DONE, 4 },
      { -1, 0, 0, Q_SOCKET_ERROR_TIMEOUT, 0 } } },
  { "limit", { 5, NOTHING, NOTHING },
    { { -1, 4, 0, Q_SOCKET_ERROR_TOO_LARGE, 0 }, { -1, 5, 0, DONE, 5 } } },
  { "exact", { 3, 8, NOTHING },
    { { 4, 0, TRUE, Q_SOCKET_ERROR_RECV, 0 }, { 2, 0, TRUE, DONE, 2 },
      { 4, 0, TRUE, Q_SOCKET_ERROR_RECV, 0 }, { 0, 0, 0, DONE, 1 } } },
  { "empty", { 0, 4, 0 },
    { { 0, 0, 0, DONE, 0 }, { 0, 0, 0, DONE, 4 }, { 4, 0, 0, DONE, 0 },
      { 4, 0, 0, Q_SOCKET_ERROR_TIMEOUT, 0 } } },
  { "large", { 60000, 150 * 1024, 1 },
    { { 0, 0, 0, DONE, 60000 }, { 0, 0, 0, DONE, 150 * 1024 },
      { 0, 0, 0, DONE, 1 } } },
  { "large-in-parts", { 150 * 1024, 2, NOTHING },
    { { 100000, 0, 0, DONE, 100000 }, { 100000, 0, 0, DONE, 150 * 1024 - 100000 },
      { 100000, 0, 0, DONE, 2 } } },
  { "large-to-end", { 150 * 1024, 2, NOTHING },
    { { -1, 0, 0, DONE, 150 * 1024 }, { -1, 0, 0, DONE, 2 } } },
};

static const MessageCase udp_cases[] = {
  { "rest-stays", { 5, 4, 3 },
    { { 3, 0, 0, DONE, 3 }, { 10, 0, 0, DONE, 2 }, { 4, 0, 0, DONE, 4 }, { 0, 0, 0, DONE, 3 } } },
  { "empty", { 0, 4, 0 },
    { { 0, 0, 0, DONE, 0 }, { 0, 0, 0, DONE, 4 }, { 4, 0, 0, DONE, 0 },
      { 4, 0, 0, Q_SOCKET_ERROR_TIMEOUT, 0 } } },
  { "greatest", { 65507, 1, NOTHING }, { { 0, 0, 0, DONE, 65507 }, { 0, 0, 0, DONE, 1 } } },
};

static const MessageCase seqpacket_cases[] = {
  { "end", { 2, END, NOTHING },
    { { 0, 0, 0, DONE, 2 }, { 0, 0, 0, Q_SOCKET_ERROR_CLOSED, 0 },
      { -1, 0, 0, DONE, 0 } } },
  { "end-after-empty-and-more", { 0, 2, END },
    { { 0, 0, 0, DONE, 0 }, { 5, 0, 0, DONE, 2 },
      { 1, 0, 0, Q_SOCKET_ERROR_CLOSED, 0 } } },
};

typedef struct
{
  const MessageCase *the_case;
  int family;
  int socktype;
  int timeout_ms;         /* of reads that have something to read */
  gboolean as_text;
} MessageRun;

/* Sends a message once the reader sleeps, so that the reader cannot know its size before. */
typedef struct
{
  int fd;
  const char *bytes;
  gsize length;
  int reader;
} LateSend;

static gpointer
late_send_thread (gpointer data)
{
  LateSend *late = data;

  test_wait_in_kernel (late->reader);
  g_assert_cmpint (send (late->fd, late->bytes, late->length, MSG_NOSIGNAL), ==, late->length);

  return NULL;
}

/* Two connected sockets on the loopback: what one sends can be read at once from the other. */
static void
make_udp_pair (int fds[2])
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);

  for (int i = 0; i < 2; i++)
    {
      fds[i] = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      address.sin_port = 0;
      g_assert_no_errno (bind (fds[i], (struct sockaddr *) &address, length));
    }

  for (int i = 0; i < 2; i++)
    {
      g_assert_no_errno (getsockname (fds[i], (struct sockaddr *) &address, &length));
      g_assert_no_errno (connect (fds[!i], (struct sockaddr *) &address, length));
    }
}

static QChannel *
make_message_channel (const MessageRun *run,
                      int              *peer)
{
  int size = 1024 * 1024;
  int fds[2];

  if (run->family == AF_INET)
    make_udp_pair (fds);
  else
    g_assert_no_errno (socketpair (AF_UNIX, run->socktype | SOCK_CLOEXEC, 0, fds));
  setsockopt (fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  *peer = fds[1];

  return q_channel_new (fds[0], Q_CHANNEL_CLIENT, (GSocketFamily) run->family, run->socktype,
                        FALSE, TRUE);
}

static void
test_message_reads (gconstpointer data)
{
  const MessageRun *run = data;
  const MessageCase *the_case = run->the_case;
  gsize position = 0;
  gsize sent = 0;
  QChannel *channel;
  int peer;

  channel = make_message_channel (run, &peer);
  channel->decoder = q_text_decoder_new ("UTF-8");

  for (int i = 0; i < N_MESSAGES; i++)
    if (the_case->sends[i] == END)
      {
        g_assert_no_errno (shutdown (peer, SHUT_WR));
      }
    else if (the_case->sends[i] != NOTHING)
      {
        g_assert_cmpint (send (peer, big + sent, (gsize) the_case->sends[i], MSG_NOSIGNAL), ==,
                         the_case->sends[i]);
        sent += (gsize) the_case->sends[i];
      }

  for (guint i = 0; i < G_N_ELEMENTS (the_case->reads) && the_case->reads[i].code != 0; i++)
    {
      int code = the_case->reads[i].code;
      gboolean is_stuck = code == Q_SOCKET_ERROR_TIMEOUT;
      g_autoptr (GError) error = NULL;
      QRecvOp op;

      q_recv_op_init (&op, "read from", channel, &no_sink,
                      run->as_text ? Q_RECV_TO_TEXT : Q_RECV_TO_BYTES,
                      the_case->reads[i].size, (gsize) the_case->reads[i].limit);
      op.refuses_short_message = the_case->reads[i].exact != 0;
      q_op_run (&op.parent, is_stuck ? 0 : run->timeout_ms, NULL, &error);

      if (code == DONE)
        {
          g_assert_no_error (error);
          g_assert_cmpmem (run->as_text ? op.text : g_bytes_get_data (op.bytes, NULL), op.length,
                           big + position, (gsize) the_case->reads[i].length);
          position += op.length;
          g_clear_pointer (&op.bytes, g_bytes_unref);
          g_free (op.text);
        }
      else
        {
          g_assert_error (error, Q_SOCKET_ERROR, code);
        }
    }

  q_channel_unref (channel);
  close (peer);
}

/* A read that sleeps when the message comes gets all of it. */
static void
test_late_message (gconstpointer data)
{
  const MessageRun *run = data;
  LateSend late = { .bytes = big, .length = 150 * 1024, .reader = test_get_thread_id () };
  g_autoptr (GError) error = NULL;
  QChannel *channel = make_message_channel (run, &late.fd);

  for (int i = 0; i < 2; i++)
    {
      GThread *thread = g_thread_new ("sender", late_send_thread, &late);
      QRecvOp op;

      q_recv_op_init (&op, "read from", channel, &no_sink, Q_RECV_TO_BYTES, 0, 0);
      q_op_run (&op.parent, run->timeout_ms, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (op.bytes, NULL), op.length, big, late.length);
      g_bytes_unref (op.bytes);
      g_thread_join (thread);
    }

  q_channel_unref (channel);
  close (late.fd);
}

/* A datagram to a port without a socket: the error comes back when the next read is made. */
static void
test_refused (void)
{
  const MessageRun run = { NULL, AF_INET, SOCK_DGRAM, 0, FALSE };
  g_autoptr (GError) error = NULL;
  QChannel *channel;
  QRecvOp op;
  int peer;

  channel = make_message_channel (&run, &peer);
  test_write (peer, "ab", 2);
  close (peer);
  test_write (channel->fd, "x", 1);

  q_recv_op_init (&op, "read from", channel, &no_sink, Q_RECV_TO_BYTES, 0, 0);
  q_op_run (&op.parent, ENOUGH, NULL, &error);
  g_assert_error (error, Q_SOCKET_ERROR, Q_SOCKET_ERROR_RECV);
  g_assert_nonnull (strstr (error->message, g_strerror (ECONNREFUSED)));

  /* The datagram that came before is not lost. */
  q_recv_op_init (&op, "read from", channel, &no_sink, Q_RECV_TO_BYTES, 0, 0);
  q_op_run (&op.parent, ENOUGH, NULL, NULL);
  g_assert_cmpmem (g_bytes_get_data (op.bytes, NULL), op.length, "ab", 2);
  g_bytes_unref (op.bytes);

  q_channel_unref (channel);
}

/* ---- */

static void
add_test (const char    *kind,
          const char    *name,
          MessageRun     run,
          GTestDataFunc  function)
{
  g_autofree char *path = g_strdup_printf ("/op/recv-messages/%s/%s/%s/%s", kind, name,
                                           run.timeout_ms < 0 ? "for-ever" : "deadline",
                                           run.as_text ? "text" : "bytes");

  g_test_add_data_func_full (path, g_memdup2 (&run, sizeof run), function, g_free);
}

static void
add_tests (const char        *kind,
           int                family,
           int                socktype,
           const MessageCase *cases,
           guint              n_cases)
{
  static const int timeouts[] = { -1, ENOUGH };

  for (guint i = 0; i < G_N_ELEMENTS (timeouts); i++)
    {
      MessageRun run = { NULL, family, socktype, timeouts[i], FALSE };

      if (cases == message_cases)
        add_test (kind, "late", run, test_late_message);

      for (guint j = 0; j < n_cases; j++)
        {
          run.the_case = &cases[j];
          run.as_text = FALSE;
          add_test (kind, run.the_case->name, run, test_message_reads);
          run.as_text = TRUE;
          add_test (kind, run.the_case->name, run, test_message_reads);
        }
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < sizeof big; i++)
    big[i] = (char) ('#' + (i + i / 89) % 90);

  add_tests ("unix-dgram", AF_UNIX, SOCK_DGRAM, message_cases, G_N_ELEMENTS (message_cases));
  add_tests ("unix-seqpacket", AF_UNIX, SOCK_SEQPACKET, message_cases,
             G_N_ELEMENTS (message_cases));
  add_tests ("unix-seqpacket", AF_UNIX, SOCK_SEQPACKET, seqpacket_cases,
             G_N_ELEMENTS (seqpacket_cases));
  add_tests ("udp", AF_INET, SOCK_DGRAM, udp_cases, G_N_ELEMENTS (udp_cases));
  g_test_add_func ("/op/recv-messages/udp/refused", test_refused);

  return g_test_run ();
}
