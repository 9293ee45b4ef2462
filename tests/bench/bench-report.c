/* SPDX-License-Identifier: LGPL-2.1-or-later
 * SPDX-FileCopyrightText: The QSocket authors
 */

/* Turns samples into medians and ratios, for people and as JSON. */

#include "config.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Allocations an operation that count as none: a buffer may grow while measured. */
#define NO_ALLOCATIONS 0.005

typedef struct
{
  double median;
  double min;
  double max;
} Spread;

typedef struct
{
  Spread value;
  gboolean met;
} Verdict;

static int
compare_doubles (const void *a,
                 const void *b)
{
  double x = *(const double *) a;
  double y = *(const double *) b;

  return (x > y) - (x < y);
}

static Spread
spread_of (const double *values,
           guint         n)
{
  double sorted[BENCH_MAX_ROUNDS];

  memcpy (sorted, values, n * sizeof *values);
  qsort (sorted, n, sizeof *sorted, compare_doubles);

  return (Spread) { (sorted[n / 2] + sorted[(n - 1) / 2]) / 2, sorted[0], sorted[n - 1] };
}

/* One field of the samples, by its place in BenchSample. */
static Spread
field_spread (const BenchReport *report,
              const BenchResult *result,
              gsize              offset)
{
  double values[BENCH_MAX_ROUNDS];

  for (guint i = 0; i < report->rounds; i++)
    values[i] = G_STRUCT_MEMBER (double, &result->samples[i], offset);

  return spread_of (values, report->rounds);
}

#define FIELD(report, result, field) \
  field_spread (report, result, G_STRUCT_OFFSET (BenchSample, field))

static const BenchResult *
find_result (const BenchReport *report,
             const char        *name)
{
  for (guint i = 0; i < report->n_results; i++)
    if (g_str_equal (report->results[i].variant->name, name)
        && report->results[i].missing == NULL)
      return &report->results[i];

  return NULL;
}

/* Round by round, so that what slowed a round down is on both sides. */
static Spread
ratio_spread (const BenchReport *report,
              const BenchResult *result,
              const BenchResult *base)
{
  double values[BENCH_MAX_ROUNDS];

  for (guint i = 0; i < report->rounds; i++)
    values[i] = report->workload->n_kept > 0
                ? base->samples[i].heap_kib / result->samples[i].heap_kib
                : base->samples[i].cpu_ns / result->samples[i].cpu_ns;

  return spread_of (values, report->rounds);
}

static Spread
more_spread (const BenchReport *report,
             const BenchResult *result,
             const BenchResult *base)
{
  double values[BENCH_MAX_ROUNDS];

  for (guint i = 0; i < report->rounds; i++)
    values[i] = result->samples[i].cpu_ns - base->samples[i].cpu_ns;

  return spread_of (values, report->rounds);
}

/* Returns FALSE when something needed was not measured. */
static gboolean
judge (const BenchReport *report,
       const BenchGoal   *goal,
       Verdict           *verdict)
{
  const BenchResult *result = find_result (report, goal->variant);
  const BenchResult *base = goal->base != NULL ? find_result (report, goal->base) : NULL;

  if (result == NULL || (goal->base != NULL && base == NULL))
    return FALSE;

  switch (goal->kind)
    {
    case BENCH_GOAL_RATIO:
      verdict->value = ratio_spread (report, result, base);
      verdict->met = verdict->value.median >= goal->limit;
      return TRUE;
    case BENCH_GOAL_NS:
      verdict->value = FIELD (report, result, cpu_ns);
      verdict->met = verdict->value.median <= goal->limit;
      return TRUE;
    case BENCH_GOAL_MORE_NS:
      verdict->value = more_spread (report, result, base);
      verdict->met = verdict->value.median <= goal->limit;
      return TRUE;
    case BENCH_GOAL_ALLOCATIONS:
      verdict->value = FIELD (report, result, allocations);
      verdict->met = verdict->value.median <= goal->limit + NO_ALLOCATIONS;
      return verdict->value.median >= 0;
    case BENCH_GOAL_HEAP_KIB:
      verdict->value = FIELD (report, result, heap_kib);
      verdict->met = verdict->value.median <= goal->limit;
      return verdict->value.median >= 0;
    default:
      g_assert_not_reached ();
    }
}

/* Three digits that matter. */
static const char *
number (char   buffer[16],
        double value)
{
  double size = value < 0 ? -value : value;

  g_snprintf (buffer, 16, "%.*f", size < 9.995 ? 2 : size < 99.95 ? 1 : 0, value);

  return buffer;
}

static void
print_spread (const Spread *spread,
              int           width)
{
  char median[16];
  char min[16];
  char max[16];
  g_autofree char *range = g_strdup_printf ("(%s..%s)", number (min, spread->min),
                                            number (max, spread->max));

  printf ("  %8s %-*s", number (median, spread->median), width, range);
}

static void
print_known (double value)
{
  char buffer[16];

  printf ("  %7s", value < 0 ? "-" : number (buffer, value));
}

static void
print_result (const BenchReport *report,
              const BenchResult *result)
{
  const BenchResult *base = find_result (report, report->workload->base);
  gboolean is_heap = report->workload->n_kept > 0;
  Spread cost = is_heap ? FIELD (report, result, heap_kib) : FIELD (report, result, cpu_ns);
  Spread wall = FIELD (report, result, wall_ns);
  char buffer[16];

  print_spread (&cost, 17);
  printf ("  %8s", is_heap ? "-" : number (buffer, wall.median));
  if (base != NULL)
    {
      Spread ratio = ratio_spread (report, result, base);

      print_spread (&ratio, 15);
    }
  print_known (FIELD (report, result, allocations).median);
  print_known (result->syscalls);
  printf ("\n");
}

static char *
describe_goal (const BenchGoal *goal)
{
  char limit[16];

  number (limit, goal->limit);
  switch (goal->kind)
    {
    case BENCH_GOAL_RATIO:
      return g_strdup_printf ("%s >= %s x %s", goal->variant, limit, goal->base);
    case BENCH_GOAL_NS:
      return g_strdup_printf ("%s <= %s ns", goal->variant, limit);
    case BENCH_GOAL_MORE_NS:
      return g_strdup_printf ("%s <= %s ns more than %s", goal->variant, limit, goal->base);
    case BENCH_GOAL_ALLOCATIONS:
      return g_strdup_printf ("%s <= %.0f allocations", goal->variant, goal->limit);
    case BENCH_GOAL_HEAP_KIB:
      return g_strdup_printf ("%s <= %.0f KiB of heap", goal->variant, goal->limit);
    default:
      g_assert_not_reached ();
    }
}

static void
print_goals (const BenchReport *report,
             BenchSummary      *summary)
{
  for (const BenchGoal *goal = report->workload->goals; goal->variant != NULL; goal++)
    {
      g_autofree char *text = describe_goal (goal);
      Verdict verdict;

      if (!judge (report, goal, &verdict))
        continue;

      printf ("  goal  %-44s", text);
      print_spread (&verdict.value, 17);
      printf ("  %s\n", verdict.met ? "met" : "MISSED");

      summary->n_goals++;
      if (!verdict.met)
        {
          char value[16];

          summary->n_missed++;
          g_string_append_printf (summary->missed, "  %-17s %-44s  %8s\n", report->workload->name,
                                  text, number (value, verdict.value.median));
        }
    }
}

void
bench_report_print (const BenchReport *report,
                    BenchSummary      *summary)
{
  const BenchWorkload *workload = report->workload;
  g_autofree char *ratio = g_strdup_printf ("x %s (min..max)", workload->base);

  printf ("%s: %s\n  each %s\n", workload->name, workload->title, workload->unit);
  printf ("  %-22s  %-26s  %8s  %-24s  %7s  %7s\n", "",
          workload->n_kept > 0 ? "heap KiB (min..max)" : "  CPU ns (min..max)", "wall ns", ratio,
          "allocs", "calls");
  for (guint i = 0; i < report->n_results; i++)
    {
      const BenchResult *result = &report->results[i];

      printf ("  %-22s", result->variant->name);
      if (result->missing == NULL)
        print_result (report, result);
      else
        printf ("  %s\n", result->missing);
      summary->n_failed += result->missing != NULL && g_str_equal (result->missing, "FAILED");
    }
  print_goals (report, summary);
  printf ("\n");
  fflush (stdout);
}

static void
append_number (GString    *json,
               const char *name,
               double      value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (json, "\"%s\": %s", name,
                          g_ascii_formatd (buffer, sizeof buffer, "%.4f", value));
}

static void
append_spread (GString      *json,
               const char   *name,
               const Spread *spread)
{
  g_string_append_printf (json, ", \"%s\": {", name);
  append_number (json, "median", spread->median);
  g_string_append (json, ", ");
  append_number (json, "min", spread->min);
  g_string_append (json, ", ");
  append_number (json, "max", spread->max);
  g_string_append_c (json, '}');
}

static void
append_result (GString           *json,
               const BenchReport *report,
               const BenchResult *result)
{
  const BenchResult *base = find_result (report, report->workload->base);
  Spread cpu;
  Spread wall;
  Spread allocations;
  Spread heap;

  g_string_append_printf (json, "      {\"variant\": \"%s\"", result->variant->name);
  if (result->missing != NULL)
    {
      g_string_append_printf (json, ", \"missing\": \"%s\"}", result->missing);
      return;
    }

  cpu = FIELD (report, result, cpu_ns);
  wall = FIELD (report, result, wall_ns);
  allocations = FIELD (report, result, allocations);
  heap = FIELD (report, result, heap_kib);
  if (report->workload->n_kept > 0)
    {
      append_spread (json, "heap_kib", &heap);
    }
  else
    {
      append_spread (json, "cpu_ns", &cpu);
      append_spread (json, "wall_ns", &wall);
    }
  if (base != NULL)
    {
      Spread ratio = ratio_spread (report, result, base);

      append_spread (json, "ratio", &ratio);
    }
  if (allocations.median >= 0)
    append_spread (json, "allocations", &allocations);
  if (result->syscalls >= 0)
    {
      g_string_append (json, ", ");
      append_number (json, "system_calls", result->syscalls);
    }
  g_string_append_c (json, '}');
}

static void
append_goals (GString           *json,
              const BenchReport *report)
{
  const char *separator = "";

  for (const BenchGoal *goal = report->workload->goals; goal->variant != NULL; goal++)
    {
      g_autofree char *text = describe_goal (goal);
      Verdict verdict;

      if (!judge (report, goal, &verdict))
        continue;

      g_string_append_printf (json, "%s      {\"goal\": \"%s\"", separator, text);
      append_spread (json, "value", &verdict.value);
      g_string_append_printf (json, ", \"met\": %s}", verdict.met ? "true" : "false");
      separator = ",\n";
    }
}

/* Appends an object. No text here needs escaping: all names are ours. */
void
bench_report_to_json (const BenchReport *report,
                      GString           *json)
{
  const BenchWorkload *workload = report->workload;

  g_string_append_printf (json,
                          "    {\"workload\": \"%s\", \"title\": \"%s\", \"unit\": \"%s\", "
                          "\"base\": \"%s\",\n     \"variants\": [\n",
                          workload->name, workload->title, workload->unit, workload->base);
  for (guint i = 0; i < report->n_results; i++)
    {
      append_result (json, report, &report->results[i]);
      g_string_append (json, i + 1 < report->n_results ? ",\n" : "\n");
    }
  g_string_append (json, "     ],\n     \"goals\": [\n");
  append_goals (json, report);
  g_string_append (json, "\n     ]}");
}
