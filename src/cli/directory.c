// SPDX-License-Identifier: Apache-2.0
#include "cli/directory.h"

#include "base/buffer.h"
#include "base/check.h"
#include "base/table.h"
#include "cli/api.h"
#include "cli/list.h"
#include "cli/message.h"
#include "cli/value.h"

#include <stdlib.h>
#include <string.h>

// The contract allows 16; a tree that goes deeper than this has a circle in it.
enum { DEPTH_MAX = 64, QUIET_MAX = 1000 };

struct directory {
    struct arena arena;
    struct table by_id;
    struct organization **items;
    size_t count;
    bool whole;
};

static bool same_id(const void *item, const void *key)
{
    return strcmp(((const struct organization *)item)->id, key) == 0;
}

const struct organization *directory_find(const struct directory *directory, const char *id)
{
    return table_find(&directory->by_id, hash_text(id), same_id, id);
}

size_t directory_count(const struct directory *directory)
{
    return directory->count;
}

const struct organization *directory_at(const struct directory *directory, size_t place)
{
    CHECK(place < directory->count);
    return directory->items[place];
}

const char *directory_encode(struct arena *arena, const char *name)
{
    struct buffer encoded = {0};
    for (; *name != '\0'; name++) {
        if (*name == '~' || *name == '/')
            buffer_add_text(&encoded, *name == '~' ? "~0" : "~1");
        else
            buffer_add_char(&encoded, *name);
    }
    const char *kept = arena_strdup(arena, buffer_text(&encoded));
    buffer_fini(&encoded);
    return kept;
}

static enum exit_code add_page(struct cli *cli, json_t *items, void *context)
{
    (void)cli;
    struct directory *directory = context;
    json_t *item;
    size_t i;
    json_array_foreach(items, i, item)
    {
        const char *id = value_text(item, "id");
        if (directory_find(directory, id) != NULL)
            continue;
        struct organization *organization = arena_alloc(&directory->arena, sizeof *organization);
        organization->id = arena_strdup(&directory->arena, id);
        organization->name = arena_strdup(&directory->arena, value_text(item, "name"));
        organization->parent_id = arena_strdup(&directory->arena, value_text(item, "parent"));
        directory->items = arena_grow(&directory->arena, directory->items, directory->count, sizeof(void *));
        directory->items[directory->count++] = organization;
        table_add(&directory->by_id, hash_text(organization->id), organization);
    }
    return CLI_OK;
}

// False when the tree has a circle.
static bool find_path(struct directory *directory, struct organization *organization, int depth)
{
    if (organization->path != NULL)
        return true;
    if (depth > DEPTH_MAX)
        return false;
    const char *own = directory_encode(&directory->arena, organization->name);
    struct organization *parent = organization->parent;
    if (parent != NULL && !find_path(directory, parent, depth + 1))
        return false;
    organization->path = parent == NULL ? own : arena_printf(&directory->arena, "%s/%s", parent->path, own);
    return true;
}

static bool find_paths(struct directory *directory)
{
    for (size_t i = 0; i < directory->count; i++) {
        struct organization *item = directory->items[i];
        item->parent = table_find(&directory->by_id, hash_text(item->parent_id), same_id, item->parent_id);
    }
    for (size_t i = 0; i < directory->count; i++) {
        if (!find_path(directory, directory->items[i], 0))
            return false;
    }
    return true;
}

void directory_close(struct directory *directory)
{
    if (directory == NULL)
        return;
    table_fini(&directory->by_id);
    arena_fini(&directory->arena);
    free(directory);
}

static enum exit_code load(struct cli *cli, bool quiet, struct directory *directory)
{
    struct list_request request = {.most = quiet ? QUIET_MAX : 0, .quiet = quiet};
    enum exit_code code = api_account_path(cli, &request.path, "organizations", NULL);
    if (code == CLI_OK)
        code = list_walk(cli, &request, add_page, directory);
    directory->whole = !quiet;
    if (code != CLI_OK || find_paths(directory))
        return code;
    if (!quiet)
        complain("the organizations of %s cannot be read: one is below itself", cli->settings.url);
    return CLI_UNAVAILABLE;
}

enum exit_code directory_load(struct cli *cli, bool quiet, struct directory **ret_directory)
{
    if (cli->directory == NULL || (!quiet && !cli->directory->whole)) {
        struct directory *directory = check_calloc(1, sizeof *directory);
        enum exit_code code = load(cli, quiet, directory);
        if (code != CLI_OK) {
            directory_close(directory);
            return code;
        }
        directory_close(cli->directory);
        cli->directory = directory;
    }
    *ret_directory = cli->directory;
    return CLI_OK;
}
