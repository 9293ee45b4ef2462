/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Counts the system calls of a child between two marks. A mark is getppid(), which
 * nothing else here calls, so that a program in any language can set one.
 */

#include "config.h"

#include "bench.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: waits for the parent to begin. A process group of its own tells its
 * threads from the parent's other children. */
gboolean
bench_trace_stop_here (void)
{
  return setpgid (0, 0) == 0
         && ptrace (PTRACE_TRACEME, 0, NULL, NULL) == 0
         && raise (SIGSTOP) == 0;
}

void
bench_trace_mark (void)
{
  syscall (SYS_getppid);
}

static gboolean
entered_system_call (pid_t     pid,
                     guint64  *number)
{
  struct __ptrace_syscall_info info;

  if (ptrace (PTRACE_GET_SYSCALL_INFO, pid, (void *) sizeof info, &info) <= 0
      || info.op != PTRACE_SYSCALL_INFO_ENTRY)
    return FALSE;

  *number = info.entry.nr;
  return TRUE;
}

/* The signal to pass on for a stop that is not a system call's. */
static int
signal_to_deliver (int status)
{
  int signal_number = WSTOPSIG (status);

  return signal_number == SIGTRAP || signal_number == SIGSTOP ? 0 : signal_number;
}

/* In the parent, instead of waiting for @pid: runs it until it ends, with its threads.
 * Returns the number of calls between the marks, -1 when the child failed. */
gint64
bench_trace_count (GPid pid)
{
  const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
  gboolean counting = FALSE;
  gint64 n_calls = 0;
  int status;

  if (waitpid (pid, &status, 0) != pid || !WIFSTOPPED (status))
    return -1;
  ptrace (PTRACE_SETOPTIONS, pid, NULL, (void *) options);
  ptrace (PTRACE_SYSCALL, pid, NULL, NULL);

  for (;;)
    {
      pid_t stopped = waitpid (-pid, &status, __WALL);
      guint64 number = 0;
      int deliver = 0;

      if (stopped < 0 && errno == ECHILD)
        return -1;
      if (stopped == pid && (WIFEXITED (status) || WIFSIGNALED (status)))
        return WIFEXITED (status) && WEXITSTATUS (status) == 0 ? n_calls : -1;
      if (stopped < 0 || !WIFSTOPPED (status))
        continue;

      if (WSTOPSIG (status) != (SIGTRAP | 0x80))
        deliver = signal_to_deliver (status);
      else if (entered_system_call (stopped, &number))
        {
          if (number == SYS_getppid)
            counting = !counting;
          else if (counting)
            n_calls++;
        }
      ptrace (PTRACE_SYSCALL, stopped, NULL, (void *) (gsize) deliver);
    }
}
