// SPDX-License-Identifier: Apache-2.0
#include "server/metrics_page.h"

#include <math.h>

// A label's value stands in quotes, a help text does not.
static void add_escaped(struct buffer *out, const char *text, bool quotes)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            buffer_add_text(out, "\\\\");
        else if (*text == '\n')
            buffer_add_text(out, "\\n");
        else if (*text == '"' && quotes)
            buffer_add_text(out, "\\\"");
        else
            buffer_add_char(out, *text);
    }
}

void metrics_page_head(struct metrics_page *page, const char *name, const char *help, const char *type)
{
    buffer_printf(&page->out, "# HELP %s ", name);
    add_escaped(&page->out, help, false);
    buffer_printf(&page->out, "\n# TYPE %s %s\n", name, type);
}

static void add_label(struct buffer *out, char before, const char *name, const char *value)
{
    buffer_printf(out, "%c%s=\"", before, name);
    add_escaped(out, value, true);
    buffer_add_char(out, '"');
}

void metrics_page_labels(struct metrics_page *page, const char *const *names, const char *const *values,
                         const char *extra, const char *extra_value)
{
    char before = '{';
    for (size_t i = 0; names != NULL && i < METRIC_LABELS_MAX && names[i] != NULL; i++) {
        add_label(&page->out, before, names[i], values[i]);
        before = ',';
    }
    if (extra != NULL) {
        add_label(&page->out, before, extra, extra_value);
        before = ',';
    }
    if (before == ',')
        buffer_add_char(&page->out, '}');
}

void metrics_page_begin(struct metrics_page *page, enum metric_kind kind, const char *name, const char *help,
                        const char *const *labels)
{
    page->kind = kind;
    page->name = name;
    page->help = help;
    page->labels = labels;
    page->begun = false;
}

void metrics_page_sample(struct metrics_page *page, const char *const *values, double value)
{
    if (!page->begun)
        metrics_page_head(page, page->name, page->help, page->kind == METRIC_COUNTER ? "counter" : "gauge");
    page->begun = true;
    buffer_add_text(&page->out, page->name);
    metrics_page_labels(page, page->labels, values, NULL, NULL);
    if (isnan(value))
        buffer_add_text(&page->out, " NaN\n");
    else if (isinf(value))
        buffer_add_text(&page->out, value > 0 ? " +Inf\n" : " -Inf\n");
    else
        buffer_printf(&page->out, " %.15g\n", value);
}
