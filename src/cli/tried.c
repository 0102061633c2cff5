// SPDX-License-Identifier: Apache-2.0
#include "cli/tried.h"

#include "base/buffer.h"
#include "cli/grid.h"
#include "cli/labels.h"
#include "cli/resolve.h"
#include "cli/text.h"
#include "cli/value.h"

#include <string.h>

struct words {
    const char *name;
    const char *words;
};

static const struct words rules[] = {
    {"fallback", "the account's pool"},
    {"member", "a project's organization"},
    {"named", "named in the request"},
    {"other", "another organization"},
    {"own", "the user's own organization"},
    {"project", "the named project's organization"},
    {NULL, NULL},
};

static const struct words reasons[] = {
    {"borrow_limit", "the share that may be borrowed is used up"},
    {"cooldown", "the user must wait after a revocation"},
    {"draining", "being drained: grants nothing new"},
    {"exhausted", "not enough available"},
    {"fallback_off", "closed: fallback is off"},
    {"over_committed", "more is in use than was given"},
    {NULL, NULL},
};

static const char *find(const struct words *list, const char *name)
{
    for (; list->name != NULL; list++) {
        if (strcmp(list->name, name) == 0)
            return list->words;
    }
    return name;
}

const char *tried_rule_words(const char *rule)
{
    return find(rules, rule);
}

static void add_result(struct cli *cli, struct grid *grid, const json_t *pool)
{
    const char *reason = value_text(pool, "reason");
    if (reason[0] == '\0')
        grid_add(grid, INK_GREEN, "grants");
    else if (value_is_set(pool, "retry_after_s"))
        grid_addf(grid, INK_RED, "%s; the next lease ends in %s", find(reasons, reason),
                  value_span(&cli->arena, value_number(pool, "retry_after_s")));
    else
        grid_add(grid, INK_RED, find(reasons, reason));
}

static void add_pool(struct cli *cli, struct grid *grid, size_t number, const json_t *pool)
{
    static const char *const figures[] = {"dedicated", "pool", "assigned", "available"};
    const char *level = value_text(pool, "level");
    grid_addf(grid, INK_PLAIN, "%zu", number);
    grid_add(grid, INK_PLAIN, resolve_is_id(level, "AC-") ? "(account)" : labels_level(cli, level));
    grid_add(grid, INK_DIM, level);
    grid_add(grid, INK_PLAIN, find(rules, value_text(pool, "rule")));
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        grid_add(grid, INK_PLAIN, value_words(&cli->arena, json_object_get(pool, figures[i])));
    add_result(cli, grid, pool);
}

static void print_policy(struct cli *cli, FILE *file, const json_t *answer)
{
    if (!value_is_set(answer, "policy"))
        return;
    bool fallback = json_is_true(json_object_get(answer, "fallback"));
    fprintf(file, "The usage policy is %s; fallback to the account's pool is %s.\n",
            text_safe(&cli->arena, value_text(answer, "policy")), fallback ? "on" : "off");
}

static void print_rest(struct cli *cli, FILE *file, const json_t *answer, size_t shown)
{
    int64_t total = value_number(answer, "tried_total");
    if (total <= (int64_t)shown)
        return;
    struct buffer text = {0};
    const char *reason;
    json_t *count;
    json_object_foreach(json_object_get(answer, "reasons"), reason, count)
        buffer_printf(&text, "%s %s: %s", text.length > 0 ? "," : " Of all,", reason, value_words(&cli->arena, count));
    fprintf(file, "And %lld more pools.%s%s\n", (long long)(total - (int64_t)shown),
            text_safe(&cli->arena, buffer_text(&text)), text.length > 0 ? "." : "");
    buffer_fini(&text);
}

void tried_print(struct cli *cli, FILE *file, const json_t *answer)
{
    print_policy(cli, file, answer);
    json_t *tried = json_object_get(answer, "tried"), *pool;
    struct grid grid;
    grid_init(&grid, file, file == stderr ? cli->colored_errors : cli->colored);
    static const char *const titles[] = {"#",    "LEVEL",    "ID",        "RULE",  "DEDICATED",
                                         "POOL", "ASSIGNED", "AVAILABLE", "RESULT"};
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        grid_column(&grid, titles[i], i == 0 || (i >= 4 && i <= 7));
    size_t i;
    json_array_foreach(tried, i, pool) add_pool(cli, &grid, i + 1, pool);
    grid_print(&grid);
    grid_fini(&grid);
    if (json_array_size(tried) == 0)
        fputs("No pool was tried.\n", file);
    print_rest(cli, file, answer, json_array_size(tried));
}
