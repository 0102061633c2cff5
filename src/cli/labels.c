// SPDX-License-Identifier: Apache-2.0
#include "cli/labels.h"

#include "base/check.h"
#include "base/table.h"
#include "cli/api.h"
#include "cli/directory.h"
#include "cli/list.h"
#include "cli/value.h"

#include <stdlib.h>
#include <string.h>

enum { USERS_MAX = 1000 };

struct label {
    const char *id;
    const char *text;
};

struct labels {
    struct arena arena;
    struct table users;
    bool asked_users;
    bool asked_levels;
};

static struct labels *labels_of(struct cli *cli)
{
    if (cli->labels == NULL)
        cli->labels = check_calloc(1, sizeof *cli->labels);
    return cli->labels;
}

void labels_close(struct labels *labels)
{
    if (labels == NULL)
        return;
    table_fini(&labels->users);
    arena_fini(&labels->arena);
    free(labels);
}

static bool same_id(const void *item, const void *key)
{
    return strcmp(((const struct label *)item)->id, key) == 0;
}

static enum exit_code add_users(struct cli *cli, json_t *items, void *context)
{
    (void)cli;
    struct labels *labels = context;
    json_t *item;
    size_t i;
    json_array_foreach(items, i, item)
    {
        const char *id = value_text(item, "id"), *email = value_text(item, "email");
        const char *text = email[0] != '\0' ? email : value_text(item, "name");
        if (text[0] == '\0' || table_find(&labels->users, hash_text(id), same_id, id) != NULL)
            continue;
        struct label *label = arena_alloc(&labels->arena, sizeof *label);
        *label = (struct label){arena_strdup(&labels->arena, id), arena_strdup(&labels->arena, text)};
        table_add(&labels->users, hash_text(label->id), label);
    }
    return CLI_OK;
}

static void ask_users(struct cli *cli, struct labels *labels)
{
    struct list_request request = {.most = USERS_MAX, .quiet = true};
    labels->asked_users = true;
    if (api_account_path(cli, &request.path, "users", NULL) != CLI_OK ||
        list_walk(cli, &request, add_users, labels) != CLI_OK)
        return; // ids will do
}

const char *labels_user(struct cli *cli, const char *id)
{
    struct labels *labels = labels_of(cli);
    if (!labels->asked_users)
        ask_users(cli, labels);
    const struct label *label = table_find(&labels->users, hash_text(id), same_id, id);
    return label != NULL ? label->text : id;
}

const char *labels_level(struct cli *cli, const char *id)
{
    struct labels *labels = labels_of(cli);
    struct directory *directory = cli->directory;
    if (!labels->asked_levels && directory == NULL && directory_load(cli, true, &directory) != CLI_OK)
        directory = NULL;
    labels->asked_levels = true;
    const struct organization *found = directory != NULL ? directory_find(directory, id) : NULL;
    return found != NULL ? found->path : id;
}
