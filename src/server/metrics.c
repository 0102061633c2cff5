// SPDX-License-Identifier: Apache-2.0
#include "server/metrics.h"

#include "base/check.h"
#include "base/table.h"
#include "server/metrics_page.h"
#include "server/utf8.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SERIES_SIZE = METRIC_SERIES_MAX + 1, // and "other"
    SLOTS = 4 * METRIC_SERIES_MAX,       // a power of two
    VALUE_MAX = 128,                     // bytes of a label's value; longer ones count as "other"
};

// One combination of label values: a counter uses counts[0] alone, a histogram one more than it has bounds.
struct series {
    uint64_t hash;
    char *values[METRIC_LABELS_MAX];
    _Atomic int64_t sum;
    _Atomic uint64_t counts[];
};

// A series once made stays where it is until the end. So finding one needs no lock: it reads slots, each of which
// goes from NULL to its series once. Making one is done under the lock.
struct metric {
    struct metric *next;
    struct metric_options options;
    size_t label_count;
    pthread_mutex_t lock;
    struct series *order[SERIES_SIZE]; // as they were made; the first `count` stand
    _Atomic size_t count;
    struct series *_Atomic slots[SLOTS];
};

struct writer {
    struct writer *next;
    metrics_writer *write;
    void *user;
};

struct metrics {
    struct metric *first, **last;
    struct writer *writers, **last_writer;
    double started_at;
};

struct metrics *metrics_open(void)
{
    struct metrics *metrics = check_calloc(1, sizeof *metrics);
    metrics->last = &metrics->first;
    metrics->last_writer = &metrics->writers;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    metrics->started_at = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    return metrics;
}

static void close_metric(struct metric *metric)
{
    size_t count = atomic_load(&metric->count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < METRIC_LABELS_MAX; k++)
            free(metric->order[i]->values[k]);
        free(metric->order[i]);
    }
    pthread_mutex_destroy(&metric->lock);
    free(metric);
}

void metrics_close(struct metrics *metrics)
{
    if (metrics == NULL)
        return;
    for (struct metric *metric = metrics->first; metric != NULL;) {
        struct metric *next = metric->next;
        close_metric(metric);
        metric = next;
    }
    for (struct writer *writer = metrics->writers; writer != NULL;) {
        struct writer *next = writer->next;
        free(writer);
        writer = next;
    }
    free(metrics);
}

struct metric *metrics_add(struct metrics *metrics, const struct metric_options *options)
{
    CHECK(options->bound_count <= METRIC_BOUNDS_MAX);
    struct metric *metric = check_calloc(1, sizeof *metric);
    metric->options = *options;
    if (metric->options.divisor == 0)
        metric->options.divisor = 1;
    while (metric->label_count < METRIC_LABELS_MAX && options->labels[metric->label_count] != NULL)
        metric->label_count++;
    pthread_mutex_init(&metric->lock, NULL);
    *metrics->last = metric;
    metrics->last = &metric->next;
    return metric;
}

void metrics_on_page(struct metrics *metrics, metrics_writer *write, void *user)
{
    struct writer *writer = check_malloc(sizeof *writer);
    *writer = (struct writer){.write = write, .user = user};
    *metrics->last_writer = writer;
    metrics->last_writer = &writer->next;
}

void metric_options_latency(struct metric_options *options)
{
    static const int64_t microseconds[] = {100,   250,    500,    1000,   2500,    5000,    10000,   25000,
                                           50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};
    options->bound_count = sizeof microseconds / sizeof *microseconds;
    for (size_t i = 0; i < options->bound_count; i++)
        options->bounds[i] = microseconds[i] * 1000;
    options->divisor = 1000000000;
}

static uint64_t hash_values(const struct metric *metric, const char *const *values)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < metric->label_count; i++)
        hash = hash_numbers(hash, hash_text(values[i]));
    return hash;
}

static bool same_values(const struct metric *metric, const struct series *series, const char *const *values)
{
    for (size_t i = 0; i < metric->label_count; i++)
        if (strcmp(series->values[i], values[i]) != 0)
            return false;
    return true;
}

// The series of these values or NULL; *ret_slot is where it is, or where it would stand.
static struct series *find(struct metric *metric, const char *const *values, uint64_t hash, size_t *ret_slot)
{
    for (size_t slot = hash % SLOTS;; slot = (slot + 1) % SLOTS) {
        struct series *series = atomic_load_explicit(&metric->slots[slot], memory_order_acquire);
        *ret_slot = slot;
        if (series == NULL || (series->hash == hash && same_values(metric, series, values)))
            return series;
    }
}

static struct series *make_series(struct metric *metric, const char *const *values, uint64_t hash, size_t slot)
{
    size_t counts = metric->options.bound_count + 1;
    struct series *series = check_calloc(1, sizeof *series + counts * sizeof series->counts[0]);
    series->hash = hash;
    for (size_t i = 0; i < metric->label_count; i++)
        series->values[i] = check_strdup(values[i]);

    size_t count = atomic_load_explicit(&metric->count, memory_order_relaxed);
    metric->order[count] = series;
    atomic_store_explicit(&metric->count, count + 1, memory_order_release);
    atomic_store_explicit(&metric->slots[slot], series, memory_order_release);
    return series;
}

static bool fit_to_keep(const struct metric *metric, const char *const *values)
{
    if (atomic_load_explicit(&metric->count, memory_order_relaxed) >= METRIC_SERIES_MAX)
        return false;
    for (size_t i = 0; i < metric->label_count; i++)
        if (strlen(values[i]) > VALUE_MAX || !utf8_valid(values[i]))
            return false;
    return true;
}

static struct series *find_or_make(struct metric *metric, const char *const *values, uint64_t hash)
{
    static const char *const other[METRIC_LABELS_MAX] = {"other", "other", "other", "other"};
    pthread_mutex_lock(&metric->lock);
    size_t slot;
    struct series *series = find(metric, values, hash, &slot);
    if (series == NULL && !fit_to_keep(metric, values)) {
        values = other;
        hash = hash_values(metric, values);
        series = find(metric, values, hash, &slot);
    }
    if (series == NULL)
        series = make_series(metric, values, hash, slot);
    pthread_mutex_unlock(&metric->lock);
    return series;
}

static struct series *series_of(struct metric *metric, const char *const *values)
{
    uint64_t hash = hash_values(metric, values);
    size_t slot;
    struct series *series = find(metric, values, hash, &slot);
    return series != NULL ? series : find_or_make(metric, values, hash);
}

void metric_count(struct metric *counter, const char *const *values, uint64_t by)
{
    CHECK(counter->options.bound_count == 0);
    atomic_fetch_add_explicit(&series_of(counter, values)->counts[0], by, memory_order_relaxed);
}

void metric_observe(struct metric *histogram, const char *const *values, int64_t value)
{
    CHECK(histogram->options.bound_count > 0);
    struct series *series = series_of(histogram, values);
    size_t place = 0;
    while (place < histogram->options.bound_count && value > histogram->options.bounds[place])
        place++;
    atomic_fetch_add_explicit(&series->counts[place], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&series->sum, value, memory_order_relaxed);
}

static void render_counter(struct metrics_page *page, const struct metric *metric, const struct series *series)
{
    buffer_add_text(&page->out, metric->options.name);
    metrics_page_labels(page, metric->options.labels, (const char *const *)series->values, NULL, NULL);
    buffer_printf(&page->out, " %" PRIu64 "\n", atomic_load_explicit(&series->counts[0], memory_order_relaxed));
}

static void render_histogram(struct metrics_page *page, const struct metric *metric, const struct series *series)
{
    const struct metric_options *options = &metric->options;
    const char *const *values = (const char *const *)series->values;
    double divisor = (double)options->divisor;
    uint64_t count = 0;
    for (size_t i = 0; i <= options->bound_count; i++) {
        char bound[32] = "+Inf";
        if (i < options->bound_count)
            snprintf(bound, sizeof bound, "%.10g", (double)options->bounds[i] / divisor);
        count += atomic_load_explicit(&series->counts[i], memory_order_relaxed);
        buffer_printf(&page->out, "%s_bucket", options->name);
        metrics_page_labels(page, options->labels, values, "le", bound);
        buffer_printf(&page->out, " %" PRIu64 "\n", count);
    }
    double sum = (double)atomic_load_explicit(&series->sum, memory_order_relaxed) / divisor;
    buffer_printf(&page->out, "%s_sum", options->name);
    metrics_page_labels(page, options->labels, values, NULL, NULL);
    buffer_printf(&page->out, " %.15g\n%s_count", sum, options->name);
    metrics_page_labels(page, options->labels, values, NULL, NULL);
    buffer_printf(&page->out, " %" PRIu64 "\n", count);
}

static void render_metric(struct metrics_page *page, struct metric *metric)
{
    bool histogram = metric->options.bound_count > 0;
    size_t count = atomic_load_explicit(&metric->count, memory_order_acquire);
    if (count > 0)
        metrics_page_head(page, metric->options.name, metric->options.help, histogram ? "histogram" : "counter");
    for (size_t i = 0; i < count; i++) {
        if (histogram)
            render_histogram(page, metric, metric->order[i]);
        else
            render_counter(page, metric, metric->order[i]);
    }
}

char *metrics_render(struct metrics *metrics)
{
    struct metrics_page page = {0};
    for (struct metric *metric = metrics->first; metric != NULL; metric = metric->next)
        render_metric(&page, metric);
    for (struct writer *writer = metrics->writers; writer != NULL; writer = writer->next)
        writer->write(writer->user, &page);

    static const char *const labels[] = {"version", NULL};
    static const char *const version[] = {USHER_VERSION};
    metrics_page_begin(&page, METRIC_GAUGE, "usher_build_info", "Always 1; the label tells the version.", labels);
    metrics_page_sample(&page, version, 1);
    metrics_page_process(&page, metrics->started_at);
    return buffer_take(&page.out);
}
