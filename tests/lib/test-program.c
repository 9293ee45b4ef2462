/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

#include "config.h"

#include "test-program.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct _TestProgram
{
  char *command;
  GSubprocess *process;
  int fd;
  GString *output;
  gsize seen;
  gboolean is_finished;
};

gboolean
test_program_is_here (const char *name)
{
  g_autofree char *path = g_find_program_in_path (name);

  if (path == NULL)
    g_test_skip_printf ("%s is not installed", name);

  return path != NULL;
}

/* A test that is aborted takes what it has started along. */
static void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

TestProgram *
test_program_start_with (int         fd,
                         const char *variable,
                         const char *value,
                         const char *command)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  TestProgram *self = g_new0 (TestProgram, 1);
  g_auto (GStrv) argv = NULL;
  GError *error = NULL;
  int ends[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
  g_shell_parse_argv (command, NULL, &argv, &error);
  g_assert_no_error (error);

  g_subprocess_launcher_take_stdin_fd (launcher, dup (ends[1]));
  g_subprocess_launcher_take_stdout_fd (launcher, dup (ends[1]));
  g_subprocess_launcher_take_stderr_fd (launcher, ends[1]);
  if (fd >= 0)
    g_subprocess_launcher_take_fd (launcher, fd, 3);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  if (variable != NULL)
    g_subprocess_launcher_setenv (launcher, variable, value, TRUE);

  self->process = g_subprocess_launcher_spawnv (launcher, (const char * const *) argv, &error);
  g_assert_no_error (error);
  self->command = g_strdup (command);
  self->fd = ends[0];
  self->output = g_string_new (NULL);

  return self;
}

TestProgram *
test_program_start (int         fd,
                    const char *format,
                    ...)
{
  g_autofree char *command = NULL;
  va_list arguments;

  va_start (arguments, format);
  command = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  return test_program_start_with (fd, NULL, NULL, command);
}

void
test_program_say (TestProgram *self,
                  const char  *text)
{
  gsize length = strlen (text);

  while (length > 0)
    {
      gssize n = send (self->fd, text, length, MSG_NOSIGNAL);

      if (n < 0 && errno != EINTR)
        g_error ("%s reads no more (%s) and said: %s", self->command, g_strerror (errno),
                 self->output->str);
      text += MAX (n, 0);
      length -= (gsize) MAX (n, 0);
    }
}

void
test_program_end_input (TestProgram *self)
{
  shutdown (self->fd, SHUT_WR);
}

/* FALSE at the end. */
static gboolean
read_more (TestProgram *self,
           const char  *wanted)
{
  struct pollfd pollfd = { self->fd, POLLIN, 0 };
  char piece[4096];
  gssize n;

  if (poll (&pollfd, 1, ENOUGH) == 0)
    g_error ("%s did not say \"%s\" in time, but: %s", self->command, wanted, self->output->str);

  n = recv (self->fd, piece, sizeof piece, 0);
  if (n > 0)
    {
      /* Text is easier to search. */
      for (gssize i = 0; i < n; i++)
        if (piece[i] == '\0')
          piece[i] = '?';
      g_string_append_len (self->output, piece, n);
    }

  return n > 0 || (n < 0 && errno == EINTR);
}

const char *
test_program_wait_for (TestProgram *self,
                       const char  *text)
{
  gsize length = strlen (text);
  gsize from = self->seen;
  const char *found;

  while ((found = strstr (self->output->str + from, text)) == NULL)
    {
      /* It may have come in part. */
      from = MAX (self->seen + length, self->output->len) - length;
      if (!read_more (self, text))
        g_error ("%s ended without saying \"%s\", but: %s", self->command, text,
                 self->output->str);
    }

  self->seen = (gsize) (found - self->output->str) + length;

  return self->output->str + self->seen;
}

const char *
test_program_get_output (TestProgram *self)
{
  return self->output->str;
}

/* Whether a line of /proc/net/tcp is about a listener at this port. */
static gboolean
is_listener (const char *line,
             int         port)
{
  char address[33];
  guint line_port;
  guint state;

  return sscanf (line, " %*d: %32[0-9A-F]:%4x %*[0-9A-F]:%*x %2x", address, &line_port,
                 &state) == 3 && line_port == (guint) port && state == TCP_LISTEN;
}

static gboolean
is_listening (const char *table,
              int         port)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents (table, &text, NULL, NULL))
    return FALSE;

  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (is_listener (lines[i], port))
      return TRUE;

  return FALSE;
}

void
test_program_wait_listening (TestProgram *self,
                             int          port)
{
  gint64 until = g_get_monotonic_time () + ENOUGH * 1000;

  while (!is_listening ("/proc/net/tcp", port) && !is_listening ("/proc/net/tcp6", port))
    {
      if (g_get_monotonic_time () > until)
        g_error ("%s does not listen", self->command);
      g_thread_yield ();
    }
}

void
test_program_signal (TestProgram *self,
                     int          number)
{
  g_subprocess_send_signal (self->process, number);
}

int
test_program_finish (TestProgram *self)
{
  GError *error = NULL;

  if (!self->is_finished)
    {
      test_program_end_input (self);
      while (read_more (self, "its last word"))
        continue;
      g_subprocess_wait (self->process, NULL, &error);
      g_assert_no_error (error);
      self->is_finished = TRUE;
    }

  return g_subprocess_get_if_exited (self->process)
         ? g_subprocess_get_exit_status (self->process)
         : 128 + g_subprocess_get_term_sig (self->process);
}

void
test_program_free (TestProgram *self)
{
  if (!self->is_finished)
    g_subprocess_send_signal (self->process, SIGTERM);
  test_program_finish (self);

  g_object_unref (self->process);
  close (self->fd);
  g_string_free (self->output, TRUE);
  g_free (self->command);
  g_free (self);
}

int
test_reserve_port (int *reservation)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  int on = 1;

  *reservation = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (*reservation, >=, 0);
  g_assert_no_errno (setsockopt (*reservation, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  g_assert_no_errno (bind (*reservation, (struct sockaddr *) &address, length));
  g_assert_no_errno (getsockname (*reservation, (struct sockaddr *) &address, &length));

  return ntohs (address.sin_port);
}
