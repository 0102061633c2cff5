// SPDX-License-Identifier: Apache-2.0
#include "server/instruments.h"

#include "base/check.h"
#include "engine/pool.h"

#include <stdlib.h>
#include <string.h>

enum { GAUGES_MAX = 1000 }; // a page that nobody can read helps nobody

static const char *const gauge_labels[] = {"account", "product", NULL};

static void write_gauge(struct instruments *instruments, struct metrics_page *page, const char *name, const char *help,
                        size_t offset)
{
    metrics_page_begin(page, METRIC_GAUGE, name, help, gauge_labels);
    for (size_t i = 0; i < instruments->gauge_count; i++) {
        const struct license_gauge *gauge = &instruments->gauges[i];
        const char *values[] = {gauge->account, gauge->product};
        metrics_page_sample(page, values, (double)*(const int64_t *)(const void *)((const char *)gauge + offset));
    }
}

static void write_page(void *user, struct metrics_page *page)
{
    struct instruments *instruments = user;
    pthread_mutex_lock(&instruments->lock);
    write_gauge(instruments, page, "usher_sessions_active", "Active sessions.",
                offsetof(struct license_gauge, sessions));
    write_gauge(instruments, page, "usher_seats_assigned", "Seats that are held.",
                offsetof(struct license_gauge, seats));
    write_gauge(instruments, page, "usher_licenses_dedicated", "Licenses bought and in force.",
                offsetof(struct license_gauge, dedicated));
    write_gauge(instruments, page, "usher_licenses_assigned", "Licenses claimed, at any level.",
                offsetof(struct license_gauge, assigned));
    write_gauge(instruments, page, "usher_licenses_available", "Licenses that are not claimed, at any level.",
                offsetof(struct license_gauge, available));
    pthread_mutex_unlock(&instruments->lock);
}

void instruments_open(struct instruments *instruments)
{
    struct metrics *metrics = metrics_open();
    *instruments = (struct instruments){.metrics = metrics};
    pthread_mutex_init(&instruments->lock, NULL);
    instruments->requests =
        metrics_add(metrics, &(struct metric_options){.name = "usher_http_requests_total",
                                                      .help = "Requests answered, by route, method and status.",
                                                      .labels = {"route", "method", "status"}});
    struct metric_options duration = {.name = "usher_http_request_duration_seconds",
                                      .help = "From the complete request to its answer.",
                                      .labels = {"route"}};
    metric_options_latency(&duration);
    instruments->request_duration = metrics_add(metrics, &duration);
    instruments->batch_size =
        metrics_add(metrics, &(struct metric_options){.name = "usher_batch_size",
                                                      .help = "Requests decided between two commits.",
                                                      .bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096},
                                                      .bound_count = 12,
                                                      .divisor = 1});
    struct metric_options commit = {.name = "usher_commit_duration_seconds", .help = "How long a commit took."};
    metric_options_latency(&commit);
    instruments->commit_duration = metrics_add(metrics, &commit);
    instruments->denials =
        metrics_add(metrics, &(struct metric_options){.name = "usher_denials_total",
                                                      .help = "Sessions denied, by error and reason.",
                                                      .labels = {"error", "reason"}});
    instruments->failures = metrics_add(
        metrics, &(struct metric_options){.name = "usher_batch_failures_total", .help = "Batches the store refused."});
    instruments->sign_ins = metrics_add(
        metrics, &(struct metric_options){.name = "usher_sign_ins_total",
                                          .help = "Passwords and operator's keys given, by what came of it.",
                                          .labels = {"result"}});
    metrics_on_page(metrics, write_page, instruments);
}

void instruments_close(struct instruments *instruments)
{
    metrics_close(instruments->metrics);
    pthread_mutex_destroy(&instruments->lock);
    free(instruments->gauges);
    *instruments = (struct instruments){0};
}

struct look {
    struct license_gauge *gauges;
    size_t count;
};

static void count_pools(const struct account *account, const struct stock *stock, struct license_gauge *gauge)
{
    const struct level *top = &account->root;
    for (const struct level *level = top; level != NULL; level = level_after(level, top)) {
        const struct pool *pool = account_pool(account, level->row.id, stock->product);
        if (pool != NULL)
            gauge->sessions += (int64_t)pool->sessions.count;
    }
}

static void look_at_account(struct look *look, const struct account *account)
{
    for (struct list_node *node = account->stock_order.first; node != NULL && look->count < GAUGES_MAX;
         node = node->after) {
        const struct stock *stock = ITEM_OF(node, struct stock, of_account);
        struct license_gauge *gauge = &look->gauges[look->count++];
        *gauge = (struct license_gauge){.dedicated = stock->root->dedicated, .assigned = stock->root->use};
        int64_t left = gauge->dedicated - gauge->assigned;
        gauge->available = left > 0 ? left : 0;
        if (stock->product->model == MODEL_SESSION)
            count_pools(account, stock, gauge);
        else
            gauge->seats = stock->root->use;
        id_format(ID_ACCOUNT, account->row.id, account->row.id, gauge->account);
        strncpy(gauge->product, stock->product->code, sizeof gauge->product - 1);
    }
}

void instruments_look(struct instruments *instruments, const struct service *service)
{
    struct look look = {.gauges = check_calloc(GAUGES_MAX, sizeof *look.gauges)};
    size_t cursor = 0;
    for (struct tenant *tenant; (tenant = table_next(&service->tenants, &cursor)) != NULL;) {
        if (!service->is_shared || tenant->version != 0)
            look_at_account(&look, &tenant->account);
    }
    pthread_mutex_lock(&instruments->lock);
    free(instruments->gauges);
    instruments->gauges = look.gauges;
    instruments->gauge_count = look.count;
    pthread_mutex_unlock(&instruments->lock);
}
