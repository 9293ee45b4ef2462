/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* The program: options, the list of workloads, one after the other. */

#include "config.h"

#include "bench.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Many short samples: a median over them bears more disturbance than over few long ones. */
#define DEFAULT_ROUNDS 15
#define DEFAULT_SLICE_MS 50
#define QUICK_ROUNDS 5
#define QUICK_SLICE_MS 25

/* Load from which others are in the way. */
#define BUSY 0.5

static const BenchWorkload *const families[] = {
  bench_bulk_workloads,
  bench_pingpong_workloads,
  bench_int_workloads,
  bench_http_workloads,
  bench_connect_workloads,
  bench_event_workloads,
  bench_many_workloads,
  bench_tls_workloads,
};

static struct
{
  gboolean list;
  gboolean quick;
  gboolean syscalls;
  int rounds;
  char **workloads;
  char **variants;
  char *json;
} options;

static const GOptionEntry entries[] = {
  { "list", 'l', 0, G_OPTION_ARG_NONE, &options.list, "List the workloads and variants" },
  { "workload", 'w', 0, G_OPTION_ARG_STRING_ARRAY, &options.workloads,
    "Only workloads whose name matches NAME, such as recv-*; may be repeated", "NAME" },
  { "variant", 'v', 0, G_OPTION_ARG_STRING_ARRAY, &options.variants,
    "Only this variant; may be repeated", "NAME" },
  { "rounds", 'r', 0, G_OPTION_ARG_INT, &options.rounds, "Samples of each variant", "N" },
  { "quick", 'q', 0, G_OPTION_ARG_NONE, &options.quick, "Fewer and shorter samples" },
  { "syscalls", 's', 0, G_OPTION_ARG_NONE, &options.syscalls,
    "Also count the system calls of the measured side" },
  { "json", 'j', 0, G_OPTION_ARG_FILENAME, &options.json, "Also write the results to FILE",
    "FILE" },
  { NULL }
};

/* GLib before 2.76 keeps freed blocks for itself, where allocations cannot be counted;
 * all see the same allocator this way, the one that a newer GLib uses anyway. */
static void
use_malloc_only (char **argv)
{
  if (g_getenv ("G_SLICE") != NULL)
    return;

  g_setenv ("G_SLICE", "always-malloc", TRUE);
  execv ("/proc/self/exe", argv);
}

static gboolean
is_chosen (const BenchWorkload *workload)
{
  if (options.workloads == NULL)
    return TRUE;
  for (char **name = options.workloads; *name != NULL; name++)
    if (g_pattern_match_simple (*name, workload->name))
      return TRUE;

  return FALSE;
}

static void
list_workload (const BenchWorkload *workload)
{
  const char *separator = "";

  printf ("%-17s %s\n%-17s   ", workload->name, workload->title, "");
  for (const BenchVariant *variant = workload->variants; variant->name != NULL; variant++)
    {
      printf ("%s%s", separator, variant->name);
      separator = " | ";
    }
  printf ("\n");
}

static void
print_heading (const BenchSettings *settings)
{
  struct utsname system;
  double load = 0;

  uname (&system);
  printf ("%s %s, GLib %u.%u.%u, %u samples of %u ms each, in turn\n", system.sysname,
          system.release, glib_major_version, glib_minor_version, glib_micro_version,
          settings->rounds, settings->slice_ms);
  if (getloadavg (&load, 1) == 1 && load > BUSY)
    printf ("The machine is busy (load %.1f): expect wide spreads.\n", load);
  if (bench_n_cpus () < 2)
    printf ("One CPU only: both sides share it in every workload.\n");
  printf ("Medians. CPU ns: of the measured side, for one operation. x: how many times as cheap "
          "as the base.\n\n");
}

static void
print_summary (const BenchSummary *summary)
{
  printf ("%u of %u goals met.\n", summary->n_goals - summary->n_missed, summary->n_goals);
  if (summary->n_missed > 0)
    printf ("Missed:\n%s", summary->missed->str);
  if (summary->n_failed > 0)
    printf ("%u variants FAILED.\n", summary->n_failed);
}

static void
run_workload (const BenchSettings *settings,
              const BenchWorkload *workload,
              BenchSummary        *summary,
              GString             *json)
{
  BenchReport report = { .workload = workload };

  bench_run (settings, &report);
  bench_report_print (&report, summary);
  if (json->len > 0)
    g_string_append (json, ",\n");
  bench_report_to_json (&report, json);
  g_free (report.results);
}

static gboolean
save_json (const BenchSettings *settings,
           const GString       *workloads)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text
    = g_strdup_printf ("{\n  \"glib\": \"%u.%u.%u\", \"cpus\": %u, \"rounds\": %u, "
                       "\"slice_ms\": %u,\n  \"workloads\": [\n%s\n  ]\n}\n",
                       glib_major_version, glib_minor_version, glib_micro_version,
                       bench_n_cpus (), settings->rounds, settings->slice_ms, workloads->str);

  if (g_file_set_contents (options.json, text, -1, &error))
    return TRUE;

  fprintf (stderr, "%s\n", error->message);
  return FALSE;
}

static gboolean
parse_options (int     *argc,
               char  ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context, "Measures QSocket against system calls and other "
                                         "libraries.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error))
    fprintf (stderr, "%s\n", error->message);
  else if (*argc > 1)
    fprintf (stderr, "Unknown argument: %s\n", (*argv)[1]);
  else if (options.rounds < 0 || options.rounds > BENCH_MAX_ROUNDS)
    fprintf (stderr, "--rounds takes 1 to %d\n", BENCH_MAX_ROUNDS);
  else
    return TRUE;

  return FALSE;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GString) json = g_string_new (NULL);
  g_autoptr (GString) missed = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = NULL;
  BenchSettings settings = { 0 };
  BenchSummary summary = { .missed = missed };
  guint n_run = 0;
  gboolean ok = TRUE;

  use_malloc_only (argv);
  setlocale (LC_ALL, "C");
  if (!parse_options (&argc, &argv))
    return EXIT_FAILURE;

  settings.rounds = options.quick ? QUICK_ROUNDS : DEFAULT_ROUNDS;
  settings.slice_ms = options.quick ? QUICK_SLICE_MS : DEFAULT_SLICE_MS;
  settings.syscalls = options.syscalls;
  settings.variants = (const char *const *) options.variants;
  if (options.rounds > 0)
    settings.rounds = options.rounds;

  directory = g_dir_make_tmp ("qsocket-bench-XXXXXX", &error);
  if (directory == NULL)
    bench_fail ("making a directory", error);
  settings.directory = directory;
  bench_allow_cpus ();

  if (!options.list)
    print_heading (&settings);
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    for (const BenchWorkload *workload = families[i]; workload->name != NULL; workload++)
      {
        if (!is_chosen (workload))
          continue;
        n_run++;
        if (options.list)
          list_workload (workload);
        else
          run_workload (&settings, workload, &summary, json);
      }
  rmdir (directory);

  if (n_run == 0)
    fprintf (stderr, "No such workload; --list names them.\n");
  if (!options.list && n_run > 0)
    print_summary (&summary);
  if (options.json != NULL)
    ok = save_json (&settings, json);

  return ok && n_run > 0 && summary.n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
