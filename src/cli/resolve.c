// SPDX-License-Identifier: Apache-2.0
#include "cli/resolve.h"

#include "cli/api.h"
#include "cli/directory.h"
#include "cli/labels.h"
#include "cli/list.h"
#include "cli/message.h"
#include "cli/value.h"

#include <string.h>

enum { CANDIDATES_SHOWN = 10 };

// Things of one name, while looking for the only one.
struct match {
    const char *id;
    size_t count;
    const char *shown[CANDIDATES_SHOWN]; // "OG-1002  Studio/Lighting"
};

static void match_add(struct cli *cli, struct match *match, const char *id, const char *path)
{
    if (match->count < CANDIDATES_SHOWN)
        match->shown[match->count] = arena_printf(&cli->arena, "%s  %s", id, path);
    match->id = arena_strdup(&cli->arena, id);
    match->count++;
}

static enum exit_code match_end(const struct match *match, const char *kind, const char *name, const char *list,
                                const char **ret_id)
{
    if (match->count == 1) {
        *ret_id = match->id;
        return CLI_OK;
    }
    if (match->count == 0) {
        complain("there is no %s \"%s\"", kind, name);
        advise("`%s` shows which there are.", list);
        return CLI_NOT_FOUND;
    }
    complain("\"%s\" may be any of %zu %ss: name it by id or path", name, match->count, kind);
    for (size_t i = 0; i < match->count && i < CANDIDATES_SHOWN; i++)
        advise("%s", match->shown[i]);
    return CLI_WRONG_USE;
}

bool resolve_is_id(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 && text[length] != '\0' &&
           strspn(text + length, "0123456789") == strlen(text + length);
}

// Some keys may use what they may not list.
static enum exit_code advise_id(enum exit_code code, const char *id)
{
    if (code == CLI_NOT_ALLOWED)
        advise("Its id, such as %s, needs no looking up.", id);
    return code;
}

enum exit_code resolve_organization(struct cli *cli, const char *name, const char **ret_id)
{
    if (resolve_is_id(name, "OG-")) {
        *ret_id = name;
        return CLI_OK;
    }
    struct directory *directory;
    enum exit_code code = directory_load(cli, false, &directory);
    if (code != CLI_OK)
        return advise_id(code, "OG-1001");
    struct match match = {0};
    // With a slash in front it is the whole path and nothing else.
    const char *path = name[0] == '/' ? name + 1 : name;
    for (size_t i = 0; i < directory_count(directory); i++) {
        const struct organization *organization = directory_at(directory, i);
        if (strcmp(organization->path, path) == 0 || strcmp(organization->name, name) == 0)
            match_add(cli, &match, organization->id, arena_printf(&cli->arena, "/%s", organization->path));
    }
    return match_end(&match, "organization", name, "usher orgs", ret_id);
}

enum exit_code resolve_organization_or_none(struct cli *cli, const char *name, const char **ret_id)
{
    if (strcmp(name, "none") != 0)
        return resolve_organization(cli, name, ret_id);
    *ret_id = NULL;
    return CLI_OK;
}

enum exit_code resolve_level(struct cli *cli, const char *name, const char **ret_id)
{
    if (strcmp(name, "account") == 0 || strcmp(name, "self") == 0)
        return cli_account(cli, ret_id);
    if (!resolve_is_id(name, "AC-"))
        return resolve_organization(cli, name, ret_id);
    *ret_id = name;
    return CLI_OK;
}

enum exit_code resolve_user(struct cli *cli, const char *name, const char **ret_id)
{
    if (resolve_is_id(name, "US-")) {
        *ret_id = name;
        return CLI_OK;
    }
    const char *path;
    enum exit_code code = api_account_path(cli, &path, "users", NULL);
    if (code != CLI_OK)
        return code;
    bool is_email = strchr(name, '@') != NULL;
    json_t *users, *user;
    code = list_get(cli, api_with(cli, path, is_email ? "email" : "q", name), 0, &users);
    if (code != CLI_OK)
        return code;
    struct match match = {0};
    size_t i;
    json_array_foreach(users, i, user)
    {
        const char *email = value_text(user, "email");
        // Which letters are the same in an e-mail is for the server to say; a part of a name is not the name.
        if (is_email || strcmp(value_text(user, "name"), name) == 0)
            match_add(cli, &match, value_text(user, "id"), email[0] != '\0' ? email : value_text(user, "name"));
    }
    return match_end(&match, "user", name, "usher users", ret_id);
}

enum exit_code resolve_project(struct cli *cli, const char *name, const char **ret_id)
{
    if (resolve_is_id(name, "PR-")) {
        *ret_id = name;
        return CLI_OK;
    }
    const char *path;
    struct directory *directory;
    json_t *projects, *project;
    enum exit_code code = api_account_path(cli, &path, "projects", NULL);
    if (code == CLI_OK)
        code = list_get(cli, path, 0, &projects);
    // Names of organizations are only needed for a path; a member may be allowed to see the projects alone.
    if (code == CLI_OK && strchr(name, '/') != NULL)
        code = directory_load(cli, false, &directory);
    if (code != CLI_OK)
        return advise_id(code, "PR-1");
    struct match match = {0};
    size_t i;
    json_array_foreach(projects, i, project)
    {
        const char *own = value_text(project, "name");
        const char *whole = arena_printf(&cli->arena, "%s/%s", labels_level(cli, value_text(project, "organization")),
                                         directory_encode(&cli->arena, own));
        if (strcmp(own, name) == 0 || strcmp(whole, name[0] == '/' ? name + 1 : name) == 0)
            match_add(cli, &match, value_text(project, "id"), whole);
    }
    return match_end(&match, "project", name, "usher projects", ret_id);
}
