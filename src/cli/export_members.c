// SPDX-License-Identifier: Apache-2.0
#include "cli/export.h"

#include "cli/api.h"
#include "cli/directory.h"
#include "cli/list.h"
#include "cli/message.h"
#include "cli/value.h"

#include <stdlib.h>
#include <string.h>

// Without an e-mail, apply knows a service by its name.
static const char *known_by(const json_t *user)
{
    const char *email = value_text(user, "email");
    return email[0] != '\0' ? email : value_text(user, "name");
}

static int by_what_is_known(const void *a, const void *b)
{
    const json_t *const *first = a, *const *second = b;
    int order = strcmp(known_by(*first), known_by(*second));
    return order != 0 ? order : strcmp(value_text(*first, "id"), value_text(*second, "id"));
}

static json_t *member_of(const struct directory *directory, const json_t *user)
{
    json_t *member = json_object();
    const char *email = value_text(user, "email"), *organization = value_text(user, "organization");
    const struct organization *found = organization[0] != '\0' ? directory_find(directory, organization) : NULL;
    if (email[0] != '\0')
        json_object_set_new(member, "email", json_string(email));
    json_object_set_new(member, "name", json_string(value_text(user, "name")));
    // One that the key may not see is left out, which leaves it alone; null would take the user out of it.
    if (found != NULL)
        json_object_set_new(member, "organization", json_string(found->path));
    else if (organization[0] == '\0')
        json_object_set_new(member, "organization", json_null());
    json_object_set_new(member, "role", json_string(value_text(user, "role")));
    json_object_set_new(member, "kind", json_string(value_text(user, "kind")));
    return member;
}

// True when apply could not tell this user from the one before.
static bool is_twin(const json_t *before, const json_t *user)
{
    return before != NULL && value_text(user, "email")[0] == '\0' && value_text(before, "email")[0] == '\0' &&
           strcmp(value_text(before, "name"), value_text(user, "name")) == 0;
}

enum exit_code export_members(struct cli *cli, json_t *account)
{
    const char *path;
    struct directory *directory;
    json_t *users, *user, *members = json_array();
    size_t i;
    json_object_set_new(account, "members", members);
    enum exit_code code = api_account_path(cli, &path, "users", NULL);
    if (code == CLI_OK)
        code = list_get(cli, path, 0, &users);
    if (code == CLI_OK)
        code = directory_load(cli, false, &directory);
    if (code != CLI_OK)
        return code;
    size_t count = json_array_size(users);
    const json_t **sorted = arena_alloc(&cli->arena, (count + 1) * sizeof *sorted);
    json_array_foreach(users, i, user) sorted[i] = user;
    if (count > 0)
        qsort(sorted, count, sizeof *sorted, by_what_is_known);
    for (i = 0; i < count; i++) {
        if (is_twin(i > 0 ? sorted[i - 1] : NULL, sorted[i]))
            advise("%s has no e-mail and the same name as another, \"%s\": left out", value_text(sorted[i], "id"),
                   value_text(sorted[i], "name"));
        else
            json_array_append_new(members, member_of(directory, sorted[i]));
    }
    return CLI_OK;
}
