// SPDX-License-Identifier: Apache-2.0
// Names in scripts: organizations, users and projects by their own, the rest by labels or by ids.
#include "scripts/script.h"

#include "base/check.h"

#include <stdio.h>
#include <string.h>

void script_label(struct script *script, enum id_kind kind, uint64_t id, const char *name)
{
    script->labels = arena_grow(&script->arena, script->labels, script->label_count, sizeof *script->labels);
    script->labels[script->label_count++] = (struct label){kind, id, arena_strdup(&script->arena, name)};
}

// An id written out, such as OG-1001 of a thing that is gone.
static uint64_t plain_id(enum id_kind kind, const char *word)
{
    return strcmp(word, "?") == 0 ? ID_UNKNOWN : id_parse(kind, word, 1);
}

static bool is_plain(enum id_kind kind, const char *word)
{
    return strcmp(word, "?") == 0 || id_parse(kind, word, 1) != ID_UNKNOWN;
}

uint64_t script_labelled(const struct script *script, enum id_kind kind, const char *word)
{
    if (word == NULL)
        return 0;
    for (size_t i = script->label_count; i > 0; i--) {
        const struct label *label = &script->labels[i - 1];
        if (label->kind == kind && strcmp(label->name, word) == 0)
            return label->id;
    }
    if (!is_plain(kind, word))
        script_error(script, "nothing here is called %s", word);
    return plain_id(kind, word);
}

const struct waiting *script_waiting(const struct script *script, const char *word)
{
    for (size_t i = script->waiting_count; i > 0; i--) {
        if (strcmp(script->waiting[i - 1].name, word) == 0)
            return &script->waiting[i - 1];
    }
    script_error(script, "nobody called %s ever waited", word);
}

static uint64_t level_by_path(const struct script *script, const char *path)
{
    uint64_t id = 0;
    char name[256];
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        snprintf(name, sizeof name, "%.*s", (int)length, path);
        const struct level *level = account_level_by_name(&script->world.account, id, name);
        if (level == NULL)
            return ID_UNKNOWN;
        id = level->row.id;
        path += length + (path[length] == '/');
    }
    return id;
}

// The only level of that name; more than one: ID_UNKNOWN, and *ret_many.
static uint64_t level_by_name(const struct script *script, const char *name, bool *ret_many)
{
    const struct level *top = &script->world.account.root;
    uint64_t found = ID_UNKNOWN;
    *ret_many = false;
    for (const struct level *level = level_after(top, top); level != NULL; level = level_after(level, top)) {
        if (strcmp(level->row.name, name) != 0)
            continue;
        *ret_many = found != ID_UNKNOWN;
        found = level->row.id;
    }
    return found;
}

uint64_t script_level(const struct script *script, const char *word)
{
    bool many = false;
    if (word == NULL || strcmp(word, "account") == 0)
        return 0;
    if (is_plain(ID_ORGANIZATION, word))
        return plain_id(ID_ORGANIZATION, word);
    uint64_t id = strchr(word, '/') != NULL ? level_by_path(script, word) : level_by_name(script, word, &many);
    if (id == ID_UNKNOWN)
        script_error(script, "there is no organization %s", word);
    if (strchr(word, '/') == NULL && many)
        script_error(script, "several organizations are called %s: write its path", word);
    return id;
}

uint64_t script_user(const struct script *script, const char *word)
{
    if (word == NULL)
        return 0;
    size_t cursor = 0;
    for (const struct user *user; (user = table_next(&script->world.account.users, &cursor)) != NULL;) {
        if (strcmp(user->row.name, word) == 0)
            return user->row.id;
    }
    if (!is_plain(ID_USER, word))
        script_error(script, "there is no user %s", word);
    return plain_id(ID_USER, word);
}

uint64_t script_project(const struct script *script, const char *word)
{
    if (word == NULL)
        return 0;
    size_t cursor = 0;
    for (const struct project *project; (project = table_next(&script->world.account.projects, &cursor)) != NULL;) {
        if (strcmp(project->row.name, word) == 0)
            return project->row.id;
    }
    if (!is_plain(ID_PROJECT, word))
        script_error(script, "there is no project %s", word);
    return plain_id(ID_PROJECT, word);
}

// By its label, its id, or its user who has just one.
uint64_t script_claim(const struct script *script, enum id_kind kind, const char *word)
{
    size_t cursor = 0;
    for (const struct user *user; (user = table_next(&script->world.account.users, &cursor)) != NULL;) {
        const struct list *list = kind == ID_SEAT ? &user->seats : &user->sessions;
        if (strcmp(user->row.name, word) != 0)
            continue;
        if (list->first == NULL || list->first != list->last)
            script_error(script, "%s does not have just one of them: label them with `as`", word);
        return kind == ID_SEAT ? ITEM_OF(list->first, struct seat, of_user)->row.id
                               : ITEM_OF(list->first, struct session, of_user)->row.id;
    }
    return script_labelled(script, kind, word);
}

static const char *level_name(const struct script *script, uint64_t id)
{
    const struct level *level = account_level(&script->world.account, id);
    bool many;
    if (id == 0)
        return "account";
    if (level == NULL)
        return NULL;
    level_by_name(script, level->row.name, &many);
    return many ? NULL : level->row.name;
}

static const char *thing_name(const struct script *script, enum id_kind kind, uint64_t id)
{
    const struct account *account = &script->world.account;
    if (kind == ID_LEVEL || kind == ID_ORGANIZATION)
        return level_name(script, id);
    if (kind == ID_USER)
        return account_user(account, id) != NULL ? account_user(account, id)->row.name : NULL;
    if (kind == ID_PROJECT)
        return account_project(account, id) != NULL ? account_project(account, id)->row.name : NULL;
    for (size_t i = 0; i < script->label_count; i++) {
        if (script->labels[i].kind == kind && script->labels[i].id == id)
            return script->labels[i].name;
    }
    return NULL;
}

const char *script_name(const struct script *script, enum id_kind kind, uint64_t id)
{
    static char texts[4][ID_TEXT_SIZE];
    static unsigned turn;
    const char *name = thing_name(script, kind, id);
    if (name != NULL)
        return name;
    char *text = texts[turn++ % 4];
    id_format(kind, id, 1, text);
    return text;
}
