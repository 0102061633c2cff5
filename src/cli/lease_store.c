// SPDX-License-Identifier: Apache-2.0
#include "cli/lease_store.h"

#include "base/check.h"
#include "base/moment.h"
#include "cli/library.h"
#include "cli/list.h"
#include "cli/value.h"

#include <string.h>

static const struct column columns[] = {
    {"ID", "id", COLUMN_TEXT},          {"PRODUCT", "product", COLUMN_TEXT},
    {"USER", "user", COLUMN_TEXT},      {"STARTED", "starts_at", COLUMN_TIME},
    {"ENDS", "ends_at", COLUMN_TIME},   {"STATE", "state", COLUMN_TEXT},
    {NULL, NULL, COLUMN_TEXT},
};

static json_t *moment(int64_t at)
{
    char text[MOMENT_TEXT_SIZE];
    if (at == 0)
        return json_null();
    moment_format(at, text);
    return json_string(text);
}

// "over" for USHER_LEASE_OVER.
static const char *state_of(enum usher_code code)
{
    const char *name = usher_code_name(code);
    if (code == USHER_OK)
        return "counts";
    return strncmp(name, "lease-", 6) == 0 ? name + 6 : name;
}

json_t *lease_json(struct cli *cli, const struct usher_lease *lease, enum usher_code code)
{
    json_t *json = json_object();
    const struct {
        const char *member, *text;
    } texts[] = {{"id", lease->id},           {"account", lease->account}, {"product", lease->product},
                 {"user", lease->user},       {"machine", lease->machine}, {"lease", lease->token},
                 {"state", state_of(code)}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        json_object_set_new(json, texts[i].member, texts[i].text[0] != '\0' ? json_string(texts[i].text) : json_null());
    json_object_set_new(json, "starts_at", moment(lease->starts_at));
    json_object_set_new(json, "ends_at", moment(lease->ends_at));
    return cli_keep(cli, json);
}

bool lease_json_counts(const json_t *lease)
{
    return strcmp(value_text(lease, "state"), "counts") == 0;
}

struct reading {
    struct cli *cli;
    const char *product;
    json_t *leases;
};

static void take(const struct usher_lease *lease, const struct usher_error *error, void *context)
{
    struct reading *reading = context;
    if (reading->product != NULL && strcmp(lease->product, reading->product) != 0)
        return;
    CHECK(json_array_append(reading->leases, lease_json(reading->cli, lease, error->code)) == 0);
}

enum exit_code lease_store_read(struct cli *cli, struct usher_store *store, const char *product, json_t *leases)
{
    struct usher_error error;
    struct reading reading = {.cli = cli, .product = product, .leases = leases};
    if (usher_lease_each(store, take, &reading, &error) != USHER_OK)
        return library_explain(cli, &error, NULL);
    return CLI_OK;
}

void lease_print(struct cli *cli, const json_t *leases, FILE *file)
{
    struct grid grid;
    json_t *lease;
    size_t i;
    grid_init(&grid, file, file == stderr ? cli->colored_errors : cli->colored);
    list_add_columns(&grid, columns);
    json_array_foreach(leases, i, lease) list_add_row(cli, &grid, columns, lease);
    grid_print(&grid);
    grid_fini(&grid);
}
