// SPDX-License-Identifier: Apache-2.0
#include "server/metrics.h"

#include "unit.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>

static void assert_shows(struct metrics *metrics, const char *text)
{
    char *page = metrics_render(metrics);
    if (strstr(page, text) == NULL)
        fail_msg("not on the page: %s\n%s", text, page);
    free(page);
}

static struct metric *add_requests(struct metrics *metrics)
{
    return metrics_add(metrics, &(struct metric_options){.name = "usher_http_requests_total",
                                                         .help = "Requests answered.",
                                                         .labels = {"route", "method", "status"}});
}

static struct metric *add_batches(struct metrics *metrics)
{
    return metrics_add(metrics, &(struct metric_options){.name = "usher_batch_size",
                                                         .help = "Commands a commit.",
                                                         .bounds = {1, 10, 100},
                                                         .bound_count = 3});
}

static void counters_count_by_label(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open();
    struct metric *requests = add_requests(metrics);
    metric_count(requests, (const char *[]){"/v1/products", "GET", "200"}, 1);
    metric_count(requests, (const char *[]){"/v1/products", "GET", "404"}, 5);
    metric_count(requests, (const char *[]){"/v1/products", "GET", "200"}, 2);
    assert_shows(metrics, "# HELP usher_http_requests_total Requests answered.\n"
                          "# TYPE usher_http_requests_total counter\n"
                          "usher_http_requests_total{route=\"/v1/products\",method=\"GET\",status=\"200\"} 3\n"
                          "usher_http_requests_total{route=\"/v1/products\",method=\"GET\",status=\"404\"} 5\n");
    metrics_close(metrics);
}

static void histograms_are_cumulative(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open();
    struct metric *batches = add_batches(metrics);
    const int64_t sizes[] = {1, 2, 10, 11, 1000};
    for (size_t i = 0; i < 5; i++)
        metric_observe(batches, NULL, sizes[i]);
    assert_shows(metrics, "# TYPE usher_batch_size histogram\n"
                          "usher_batch_size_bucket{le=\"1\"} 1\n"
                          "usher_batch_size_bucket{le=\"10\"} 3\n"
                          "usher_batch_size_bucket{le=\"100\"} 4\n"
                          "usher_batch_size_bucket{le=\"+Inf\"} 5\n"
                          "usher_batch_size_sum 1024\n"
                          "usher_batch_size_count 5\n");
    metrics_close(metrics);
}

static void latencies_are_observed_in_nanoseconds_and_shown_in_seconds(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open();
    struct metric_options options = {.name = "usher_commit_duration_seconds", .help = "Time of a commit."};
    metric_options_latency(&options);
    struct metric *commits = metrics_add(metrics, &options);
    metric_observe(commits, NULL, 1500000);
    assert_shows(metrics, "usher_commit_duration_seconds_bucket{le=\"0.001\"} 0\n"
                          "usher_commit_duration_seconds_bucket{le=\"0.0025\"} 1\n");
    assert_shows(metrics, "usher_commit_duration_seconds_sum 0.0015\n");
    metrics_close(metrics);
}

static void values_are_escaped(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open();
    struct metric *odd = metrics_add(
        metrics, &(struct metric_options){.name = "odd_total", .help = "A \\ and\na \"line\".", .labels = {"x"}});
    metric_count(odd, (const char *[]){"a\"b\\c\nd"}, 1);
    assert_shows(metrics, "# HELP odd_total A \\\\ and\\na \"line\".\n");
    assert_shows(metrics, "odd_total{x=\"a\\\"b\\\\c\\nd\"} 1\n");
    metrics_close(metrics);
}

static void strangers_cannot_make_it_grow(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open();
    struct metric *requests = add_requests(metrics);
    for (int i = 0; i < 3 * METRIC_SERIES_MAX; i++) {
        char value[32];
        snprintf(value, sizeof value, "/%d", i);
        metric_count(requests, (const char *[]){value, "GET", "404"}, 1);
    }
    char expected[128];
    snprintf(expected, sizeof expected, "{route=\"other\",method=\"other\",status=\"other\"} %d\n",
             2 * METRIC_SERIES_MAX);
    assert_shows(metrics, expected);
    metric_count(requests, (const char *[]){"/0", "GET", "404"}, 1);
    assert_shows(metrics, "{route=\"/0\",method=\"GET\",status=\"404\"} 2\n");
    metrics_close(metrics);
}

static void values_that_no_scraper_could_read_count_as_other(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open();
    struct metric *requests = add_requests(metrics);
    metric_count(requests, (const char *[]){"\xff", "GET", "404"}, 1);
    char long_value[1000] = "";
    memset(long_value, 'x', sizeof long_value - 1);
    metric_count(requests, (const char *[]){"/", long_value, "404"}, 1);
    assert_shows(metrics, "{route=\"other\",method=\"other\",status=\"other\"} 2\n");
    metrics_close(metrics);
}

static void write_sessions(void *user, struct metrics_page *page)
{
    static const char *const labels[] = {"product", NULL};
    metrics_page_begin(page, METRIC_GAUGE, "usher_sessions", "Active sessions.", labels);
    metrics_page_sample(page, (const char *[]){"KRE"}, *(double *)user);
    metrics_page_sample(page, (const char *[]){"ACL"}, 1e12);
    metrics_page_begin(page, METRIC_GAUGE, "usher_nothing", "Without a sample it does not show.", NULL);
}

static void gauges_are_written_when_asked(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open();
    double sessions = 7;
    metrics_on_page(metrics, write_sessions, &sessions);
    assert_shows(metrics, "# HELP usher_sessions Active sessions.\n# TYPE usher_sessions gauge\n"
                          "usher_sessions{product=\"KRE\"} 7\nusher_sessions{product=\"ACL\"} 1000000000000\n");
    char *page = metrics_render(metrics);
    assert_null(strstr(page, "usher_nothing"));
    assert_non_null(strstr(page, "\nusher_build_info{version=\"" USHER_VERSION "\"} 1\n"));
    assert_non_null(strstr(page, "\nprocess_open_fds "));
    assert_non_null(strstr(page, "\nprocess_resident_memory_bytes "));
    assert_non_null(strstr(page, "\nprocess_cpu_seconds_total "));
    assert_non_null(strstr(page, "\nprocess_start_time_seconds 1"));
    free(page);
    metrics_close(metrics);
}

enum { COUNTERS = 4, ROUNDS = 20000 };

static void *count_many(void *requests)
{
    for (int i = 0; i < ROUNDS; i++) {
        char status[8];
        snprintf(status, sizeof status, "%d", 200 + i % 50);
        metric_count(requests, (const char *[]){"/", "GET", status}, 1);
    }
    return NULL;
}

static void several_threads_lose_no_count(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open();
    struct metric *requests = add_requests(metrics);
    pthread_t threads[COUNTERS];
    for (int i = 0; i < COUNTERS; i++)
        pthread_create(&threads[i], NULL, count_many, requests);
    for (int i = 0; i < 10; i++)
        free(metrics_render(metrics));
    for (int i = 0; i < COUNTERS; i++)
        pthread_join(threads[i], NULL);
    assert_shows(metrics, "{route=\"/\",method=\"GET\",status=\"213\"} 1600\n");
    assert_shows(metrics, "{route=\"/\",method=\"GET\",status=\"249\"} 1600\n");
    metrics_close(metrics);
}

static void promtool_takes_the_page(void **state)
{
    (void)state;
    if (system("command -v promtool >/dev/null") != 0)
        skip();
    struct metrics *metrics = metrics_open();
    metric_count(add_requests(metrics), (const char *[]){"/", "GET", "200"}, 1);
    metric_observe(add_batches(metrics), NULL, 3);
    struct metric_options options = {
        .name = "usher_http_request_duration_seconds", .help = "Time to answer.", .labels = {"route"}};
    metric_options_latency(&options);
    metric_observe(metrics_add(metrics, &options), (const char *[]){"/"}, 1000);
    double sessions = 7;
    metrics_on_page(metrics, write_sessions, &sessions);
    char *page = metrics_render(metrics);
    FILE *promtool = popen("promtool check metrics", "w");
    fputs(page, promtool);
    assert_int_equal(pclose(promtool), 0);
    free(page);
    metrics_close(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_count_by_label),
        cmocka_unit_test(histograms_are_cumulative),
        cmocka_unit_test(latencies_are_observed_in_nanoseconds_and_shown_in_seconds),
        cmocka_unit_test(values_are_escaped),
        cmocka_unit_test(strangers_cannot_make_it_grow),
        cmocka_unit_test(values_that_no_scraper_could_read_count_as_other),
        cmocka_unit_test(gauges_are_written_when_asked),
        cmocka_unit_test(several_threads_lose_no_count),
        cmocka_unit_test(promtool_takes_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
