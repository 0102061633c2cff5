// SPDX-License-Identifier: Apache-2.0
//
// A page of metrics while it is made: metrics.h for the file's own use.
#ifndef SERVER_METRICS_PAGE_H
#define SERVER_METRICS_PAGE_H

#include "base/buffer.h"
#include "server/metrics.h"

#include <stdbool.h>

struct metrics_page {
    struct buffer out;
    enum metric_kind kind;
    const char *name, *help;
    const char *const *labels;
    bool begun; // its HELP and TYPE stand on the page
};

// Adds HELP and TYPE lines.
void metrics_page_head(struct metrics_page *page, const char *name, const char *help, const char *type);
// Adds {name="value",...}; nothing without labels. `extra`, when not NULL, is one more label with its value.
void metrics_page_labels(struct metrics_page *page, const char *const *names, const char *const *values,
                         const char *extra, const char *extra_value);
// What is known of every process.
void metrics_page_process(struct metrics_page *page, double started_at);

#endif
