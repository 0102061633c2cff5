// SPDX-License-Identifier: Apache-2.0
//
// Metrics for Prometheus, in its text format 0.0.4. Counters and histograms are made once, before threads start, with
// the names of their labels; counting is then a look in a hash table and an atomic addition, without a lock. A new
// combination of label values takes a lock, once. Each metric keeps at most METRIC_SERIES_MAX combinations; what
// comes after is counted under the value "other" for every label, so that nothing a stranger sends grows memory.
//
// What is known only when asked (gauges: sessions, availability) is written by a callback while a page is made.
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct metrics;
struct metric;
struct metrics_page;

enum { METRIC_LABELS_MAX = 4, METRIC_BOUNDS_MAX = 24, METRIC_SERIES_MAX = 1024 };

struct metric_options {
    const char *name; // whole, with the unit and, for a counter, _total
    const char *help;
    const char *labels[METRIC_LABELS_MAX]; // up to the first NULL
    // A histogram has upper bounds, ascending, in the unit in which it is observed; a counter has none.
    int64_t bounds[METRIC_BOUNDS_MAX];
    size_t bound_count;
    int64_t divisor; // what is shown is the observed value divided by this: 1000000000 shows nanoseconds as seconds
};

// The page's own gauge or counter: for the callback of metrics_on_page.
enum metric_kind { METRIC_COUNTER, METRIC_GAUGE };

struct metrics *metrics_open(void);
void metrics_close(struct metrics *metrics);

// Adds a metric; the strings must live as long as the metrics. Never NULL. Not to be called once threads count.
struct metric *metrics_add(struct metrics *metrics, const struct metric_options *options);

// `values`: as many as the metric has labels; may be NULL when it has none. Any thread.
void metric_count(struct metric *counter, const char *const *values, uint64_t by);
void metric_observe(struct metric *histogram, const char *const *values, int64_t value);

// The bounds of a latency in nanoseconds, from 100 microseconds to 10 seconds. Fills bounds, bound_count and divisor.
void metric_options_latency(struct metric_options *options);

// Called once for each page, by the thread that makes the page.
typedef void metrics_writer(void *user, struct metrics_page *page);
void metrics_on_page(struct metrics *metrics, metrics_writer *write, void *user);

// Begins a metric of the page; all its samples follow before the next begins. `labels`: names, ended by NULL; may be
// NULL. At least one sample, or the metric does not show.
void metrics_page_begin(struct metrics_page *page, enum metric_kind kind, const char *name, const char *help,
                        const char *const *labels);
void metrics_page_sample(struct metrics_page *page, const char *const *values, double value);

// The whole page: what was counted, what the writers add, usher_build_info and the process's own figures (process_*).
// The caller frees it. Serve it as METRICS_CONTENT_TYPE.
char *metrics_render(struct metrics *metrics);

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

#endif
