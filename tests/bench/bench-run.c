/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Measures: each sample is a fresh process at the end of a fresh connection, so that
 * no variant inherits another one's heap, and a crash costs one result.
 */

#include "config.h"

#include "bench.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A child that takes longer has failed. */
#define PATIENCE_S 30

/* Operations until what a process needs once is there. */
#define KEPT_BEFORE 5

static int cpus[2];
static guint n_cpus;

gint64
bench_clock_ns (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);

  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Finds the first two CPUs that this process may use. */
void
bench_allow_cpus (void)
{
  cpu_set_t allowed;

  if (sched_getaffinity (0, sizeof allowed, &allowed) != 0)
    return;
  for (int cpu = 0; cpu < CPU_SETSIZE && n_cpus < G_N_ELEMENTS (cpus); cpu++)
    if (CPU_ISSET (cpu, &allowed))
      cpus[n_cpus++] = cpu;
}

guint
bench_n_cpus (void)
{
  return n_cpus;
}

/* What every child does first. @side: 0 is measured, 1 is the peer. */
static void
enter_child (const BenchWorkload *workload,
             int                  side)
{
  cpu_set_t set;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  signal (SIGPIPE, SIG_IGN);
  alarm (PATIENCE_S);

  if (n_cpus < 2)
    return;
  CPU_ZERO (&set);
  CPU_SET (cpus[workload->one_cpu ? 0 : side], &set);
  sched_setaffinity (0, sizeof set, &set);
}

static void
run_operations (BenchSubject       *subject,
                const BenchVariant *variant,
                guint64             n)
{
  if (variant->batch != NULL)
    {
      variant->batch (subject, n);
      return;
    }

  for (; n > 0; n--)
    {
      variant->steps[0] (subject);
      if (variant->steps[1] != NULL)
        variant->steps[1] (subject);
    }
}

/* Warms up, and finds how many operations are worth a look at the clock. It goes by CPU
 * time: a first wait for the peer may be long, and would end this too early. */
static guint64
calibrate (BenchSubject       *subject,
           const BenchVariant *variant,
           gint64              slice_ns)
{
  guint64 n = 1;

  for (;;)
    {
      gint64 start = bench_clock_ns (CLOCK_PROCESS_CPUTIME_ID);

      run_operations (subject, variant, n);
      if (bench_clock_ns (CLOCK_PROCESS_CPUTIME_ID) - start >= slice_ns / 16)
        return n;
      n *= 2;
    }
}

static void
measure (BenchSubject       *subject,
         const BenchVariant *variant,
         gint64              slice_ns,
         int                 result_fd)
{
  guint64 batch = calibrate (subject, variant, slice_ns);
  gint64 excluded = subject->excluded_ns;
  gint64 allocations = bench_allocations ();
  gint64 wall = bench_clock_ns (CLOCK_MONOTONIC);
  gint64 cpu = bench_clock_ns (CLOCK_PROCESS_CPUTIME_ID);
  guint64 n = 0;

  do
    {
      run_operations (subject, variant, batch);
      n += batch;
    }
  while (bench_clock_ns (CLOCK_MONOTONIC) - wall < slice_ns);

  cpu = bench_clock_ns (CLOCK_PROCESS_CPUTIME_ID) - cpu;
  wall = bench_clock_ns (CLOCK_MONOTONIC) - wall;
  excluded = subject->excluded_ns - excluded;
  allocations = bench_allocations () < 0 ? -1 : bench_allocations () - allocations;
  dprintf (result_fd, "%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
           " %" G_GINT64_FORMAT "\n", n, cpu - excluded, wall - excluded, allocations);
}

/* No process needs the heap that its operations leave in use for anything else. */
static void
measure_heap (BenchSubject       *subject,
              const BenchVariant *variant,
              int                 result_fd)
{
  guint n = subject->workload->n_kept;
  gint64 before;

  run_operations (subject, variant, KEPT_BEFORE);
  before = bench_heap_bytes ();
  run_operations (subject, variant, n);
  dprintf (result_fd, "%u 0 0 -1 %" G_GINT64_FORMAT "\n", n, bench_heap_bytes () - before);
}

static void
exec_python (const BenchVariant *variant,
             int                 fd,
             const char         *path,
             int                 result_fd,
             guint               slice_ms,
             guint               operations)
{
  char numbers[3][16];
  const char *arguments[] = {
    BENCH_PYTHON, BENCH_PYTHON_SCRIPT, variant->python, numbers[0], numbers[1], numbers[2], path,
    NULL
  };

  g_snprintf (numbers[0], sizeof numbers[0], "%d", fd);
  g_snprintf (numbers[1], sizeof numbers[1], "%u", slice_ms);
  g_snprintf (numbers[2], sizeof numbers[2], "%u", operations);
  if (fd >= 0)
    fcntl (fd, F_SETFD, 0);
  dup2 (result_fd, STDOUT_FILENO);
  execv (arguments[0], (char **) arguments);
  bench_fail (arguments[0], NULL);
}

/* @operations: 0 to measure, else how many to do between two marks. */
static void
run_subject (const BenchSettings *settings,
             const BenchWorkload *workload,
             const BenchVariant  *variant,
             const BenchAddress  *address,
             const char          *path,
             int                  result_fd,
             guint                operations)
{
  BenchSubject subject = {
    .workload = workload, .variant = variant, .address = address, .path = path
  };

  enter_child (workload, 0);
  if (operations > 0 && !bench_trace_stop_here ())
    bench_fail ("ptrace", NULL);
  if (variant->python != NULL)
    exec_python (variant, workload->peer != NULL ? bench_connect (address) : -1, path, result_fd,
                 settings->slice_ms, operations);

  if (workload->n_kept > 0)
    bench_heap_share ();
  bench_subject_open (&subject, variant);
  if (workload->n_kept > 0)
    {
      measure_heap (&subject, variant, result_fd);
      _exit (EXIT_SUCCESS);
    }
  if (operations > 0)
    {
      run_operations (&subject, variant, operations / 8 + 1);
      bench_trace_mark ();
      run_operations (&subject, variant, operations);
      bench_trace_mark ();
    }
  else
    measure (&subject, variant, (gint64) settings->slice_ms * 1000000, result_fd);
  bench_subject_close (&subject);
  _exit (EXIT_SUCCESS);
}

typedef struct
{
  pid_t subject;
  pid_t peer;
  int result_fd;
} Pair;

static pid_t
start_peer (const BenchWorkload *workload,
            int                  listener,
            const BenchAddress  *address,
            gboolean             is_slow)
{
  pid_t pid = fork ();
  int fd;

  if (pid != 0)
    return pid;

  enter_child (workload, 1);
  fd = bench_accept (listener, address);
  close (listener);
  workload->peer (fd, is_slow);
  _exit (EXIT_SUCCESS);
}

static Pair
start_pair (const BenchSettings *settings,
            const BenchWorkload *workload,
            const BenchVariant  *variant,
            const char          *path,
            guint                operations)
{
  BenchAddress address;
  int listener = -1;
  int result[2];
  Pair pair = { -1, -1, -1 };

  if (workload->peer != NULL)
    {
      listener = bench_listen (workload->transport, path, &address);
      pair.peer = start_peer (workload, listener, &address, operations > 0);
    }

  /* Only now: the peer is not to keep it open. */
  if (pipe2 (result, O_CLOEXEC) != 0)
    bench_fail ("pipe", NULL);
  pair.subject = fork ();
  if (pair.subject == 0)
    {
      if (listener >= 0)
        close (listener);
      run_subject (settings, workload, variant, &address, path, result[1], operations);
    }
  if (pair.subject < 0 || (workload->peer != NULL && pair.peer < 0))
    bench_fail ("fork", NULL);
  if (listener >= 0)
    close (listener);
  close (result[1]);
  pair.result_fd = result[0];

  return pair;
}

/* Reads the subject's result and sees both processes off. */
static gboolean
finish_pair (Pair        *pair,
             const char  *path,
             BenchSample *sample)
{
  guint64 n;
  gint64 cpu;
  gint64 wall;
  gint64 allocations;
  gint64 heap = -1;
  FILE *result = fdopen (pair->result_fd, "r");
  gboolean ok = fscanf (result, "%" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                        " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, &n, &cpu, &wall, &allocations,
                        &heap) >= 4;

  fclose (result);
  waitpid (pair->subject, NULL, 0);
  if (pair->peer > 0)
    {
      /* It ends with the stream; but the subject may never have connected. */
      kill (pair->peer, SIGKILL);
      waitpid (pair->peer, NULL, 0);
    }
  unlink (path);
  if (!ok)
    return FALSE;

  sample->cpu_ns = (double) cpu / n;
  sample->wall_ns = (double) wall / n;
  sample->allocations = allocations < 0 ? -1 : (double) allocations / n;
  sample->heap_kib = heap < 0 ? -1 : (double) heap / n / 1024;
  return TRUE;
}

static void
take_sample (const BenchSettings *settings,
             const BenchWorkload *workload,
             BenchResult         *result,
             guint                round)
{
  g_autofree char *path = g_build_filename (settings->directory, "socket", NULL);
  Pair pair = start_pair (settings, workload, result->variant, path, 0);

  if (!finish_pair (&pair, path, &result->samples[round]))
    result->missing = "FAILED";
}

static void
count_system_calls (const BenchSettings *settings,
                    const BenchWorkload *workload,
                    BenchResult         *result)
{
  g_autofree char *path = g_build_filename (settings->directory, "socket", NULL);
  Pair pair = start_pair (settings, workload, result->variant, path, workload->traced);
  gint64 n = bench_trace_count (pair.subject);
  BenchSample ignored;

  finish_pair (&pair, path, &ignored);
  result->syscalls = n < 0 ? -1 : (double) n / workload->traced;
}

static const char *
why_missing (const BenchWorkload *workload,
             const BenchVariant  *variant)
{
  if (workload->n_kept > 0 && bench_heap_bytes () < 0)
    return "not measured: this C library does not tell";
  if (!bench_many_is_possible (workload))
    return "not measured: the limit of open files is too low";
  if (variant->api == BENCH_API_PYTHON && access (BENCH_PYTHON, X_OK) != 0)
    return "not measured: no " BENCH_PYTHON;
  if ((variant->python == NULL && variant->batch == NULL && variant->steps[0] == NULL)
      || (variant->tls != NULL && !bench_tls_is_there (variant->tls)))
    return "not measured: built without that library";
  return NULL;
}

static gboolean
is_wanted (const BenchSettings *settings,
           const BenchVariant  *variant)
{
  return settings->variants == NULL || g_strv_contains (settings->variants, variant->name);
}

/* Fills @report, whose workload is set; the caller frees the results. */
void
bench_run (const BenchSettings *settings,
           BenchReport         *report)
{
  const BenchWorkload *workload = report->workload;
  guint n = 0;

  if (workload->set_up != NULL)
    workload->set_up ();
  while (workload->variants[n].name != NULL)
    n++;
  report->rounds = settings->rounds;
  report->results = g_new0 (BenchResult, n);
  report->n_results = 0;
  for (guint i = 0; i < n; i++)
    {
      BenchResult *result = &report->results[report->n_results];

      if (!is_wanted (settings, &workload->variants[i]))
        continue;
      result->variant = &workload->variants[i];
      result->missing = why_missing (workload, result->variant);
      result->syscalls = -1;
      report->n_results++;
    }

  /* All variants in turn, so that what else the machine does meets them alike. */
  for (guint round = 0; round < settings->rounds; round++)
    for (guint i = 0; i < report->n_results; i++)
      if (report->results[i].missing == NULL)
        take_sample (settings, workload, &report->results[i], round);

  for (guint i = 0; settings->syscalls && workload->traced > 0 && i < report->n_results; i++)
    if (report->results[i].missing == NULL)
      count_system_calls (settings, workload, &report->results[i]);
}
