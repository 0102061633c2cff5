// SPDX-License-Identifier: Apache-2.0
// A declarative account: what its organizations, projects, users, dedications and policy should be.
#include "api/reading.h"

#include "api/text.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_BYTES = 8192 };

// Of what one request may name, over all its lists.
struct wanted {
    struct reading *reading;
    size_t items;
};

static const json_t *take_items(struct wanted *wanted, struct object *object, const char *name, size_t *ret_count)
{
    const json_t *items = object_array(object, name, MEMBER_OPTIONAL, BATCH_MAX, ret_count);
    wanted->items += *ret_count;
    if (wanted->items > BATCH_MAX) {
        reading_refuse(wanted->reading, RESULT_TOO_LARGE, NULL,
                       "A description may name %d things at most, over all its lists. Send several requests.",
                       BATCH_MAX);
        *ret_count = 0;
    }
    return items;
}

// ---- Paths: names from the top, joined by "/"; "/" in a name is written "~1", "~" is "~0"

struct path {
    const char **names;
    size_t depth;
};

// Cuts the next name off, unescaped in place. False when a "~" stands there alone.
static bool next_name(char **rest, const char **ret_name)
{
    char *from = *rest, *to = *rest;
    *ret_name = to;
    for (; *from != '\0' && *from != '/'; from++) {
        if (*from != '~') {
            *to++ = *from;
            continue;
        }
        from++;
        if (*from != '0' && *from != '1')
            return false;
        *to++ = *from == '0' ? '~' : '/';
    }
    *rest = *from == '/' ? from + 1 : NULL;
    *to = '\0';
    return true;
}

static bool split_path(struct arena *arena, const char *text, struct path *path)
{
    char *rest = arena_strdup(arena, text);
    while (rest != NULL) {
        const char *name;
        if (!next_name(&rest, &name) || !text_is_name(name))
            return false;
        path->names = arena_grow(arena, path->names, path->depth, sizeof *path->names);
        path->names[path->depth++] = name;
    }
    return true;
}

static struct path take_path(struct object *object, const char *name, enum member member)
{
    struct reading *reading = object->reading;
    struct path path = {0};
    const json_t *value = object_take(object, name, member);
    const char *text = json_string_value(value);
    reading_hash_text(reading, name, text);
    if (value == NULL)
        return path;
    if (text == NULL || strlen(text) > PATH_MAX_BYTES || !split_path(reading->call->arena, text, &path))
        object_refuse(object, name,
                      "`%s` must be names from the top, joined by \"/\", such as \"Studio/Lighting\"; a \"/\" in a "
                      "name is written \"~1\", a \"~\" is \"~0\".",
                      name);
    return path;
}

// ---- Organizations, with their projects and dedications

static void read_project_members(struct wanted *wanted, struct object *object, struct wanted_project *project)
{
    struct reading *reading = wanted->reading;
    size_t count;
    const json_t *items = take_items(wanted, object, "members", &count);
    project->members_given = items != NULL;
    reading_hash_number(reading, "given", project->members_given);
    struct wanted_member *members = arena_alloc(reading->call->arena, count * sizeof *members);
    struct place place = {.above = &object->place, .name = "members"};
    for (size_t i = 0; i < count && !reading_failed(reading); i++) {
        const char *ref = json_string_value(json_array_get(items, i));
        struct place item = {.above = &place, .index = i};
        if (ref == NULL || *ref == '\0' || strlen(ref) > EMAIL_MAX_BYTES)
            reading_refuse(reading, RESULT_INVALID_REQUEST, place_pointer(reading, &item, NULL),
                           "Here must stand an e-mail address or the id of a user.");
        reading_hash_text(reading, "member", ref);
        members[i].ref = arena_strdup(reading->call->arena, ref);
    }
    project->members = members;
    project->member_count = count;
}

static void read_projects_of(struct wanted *wanted, struct object *object, struct wanted_organization *organization)
{
    struct reading *reading = wanted->reading;
    size_t count;
    const json_t *items = take_items(wanted, object, "projects", &count);
    struct wanted_project *projects = arena_alloc(reading->call->arena, count * sizeof *projects);
    struct place place = {.above = &object->place, .name = "projects"};
    for (size_t i = 0; i < count && !reading_failed(reading); i++) {
        struct object item;
        object_begin(&item, reading, json_array_get(items, i), &place, NULL, i);
        projects[i].name = object_name(&item, "name", MEMBER_NEEDED);
        read_project_members(wanted, &item, &projects[i]);
        object_end(&item);
    }
    organization->projects = projects;
    organization->project_count = count;
}

// An object whose members are named by products' codes, so they are walked, not taken.
static int64_t read_dedicated(struct object *object, const char *code, const json_t *number)
{
    int64_t dedicated = json_integer_value(number);
    if (!text_is_product_code(code))
        object_refuse(object, code, "The members here are named by the codes of products.");
    else if (!json_is_integer(number) || dedicated < 0 || dedicated > QUANTITY_MAX)
        object_refuse(object, code, "`%s` must be a whole number from 0 to %lld.", code, (long long)QUANTITY_MAX);
    return dedicated;
}

static int by_product(const void *a, const void *b)
{
    return strcmp(((const struct wanted_dedication *)a)->product, ((const struct wanted_dedication *)b)->product);
}

static void read_dedications_of(struct wanted *wanted, struct object *object,
                                struct wanted_organization *organization)
{
    struct reading *reading = wanted->reading;
    json_t *value = (json_t *)(uintptr_t)object_take(object, "dedications", MEMBER_OPTIONAL);
    struct object held;
    object_begin(&held, reading, value, &object->place, "dedications", 0);
    size_t count = 0;
    struct wanted_dedication *items = arena_alloc(reading->call->arena, json_object_size(value) * sizeof *items);
    for (void *at = json_object_iter(value); at != NULL; at = json_object_iter_next(value, at)) {
        const char *code = json_object_iter_key(at);
        items[count].count = read_dedicated(&held, code, json_object_iter_value(at));
        items[count++].product = arena_strdup(reading->call->arena, code);
    }
    // The members of an object are in no order: the same ones are the same request.
    if (count > 1)
        qsort(items, count, sizeof *items, by_product);
    for (size_t i = 0; i < count; i++)
        reading_hash_number(reading, items[i].product, items[i].count);
    reading_hash_number(reading, "dedications", (int64_t)count);
    wanted->items += count;
    organization->dedications = items;
    organization->dedication_count = count;
}

static void read_organizations_of(struct wanted *wanted, struct wanted_account *account)
{
    struct reading *reading = wanted->reading;
    size_t count;
    const json_t *items = take_items(wanted, &reading->body, "organizations", &count);
    struct wanted_organization *organizations = arena_alloc(reading->call->arena, count * sizeof *organizations);
    struct place place = {.above = &reading->body.place, .name = "organizations"};
    for (size_t i = 0; i < count && !reading_failed(reading); i++) {
        struct object item;
        object_begin(&item, reading, json_array_get(items, i), &place, NULL, i);
        struct path path = take_path(&item, "path", MEMBER_NEEDED);
        organizations[i].path = path.names;
        organizations[i].depth = path.depth;
        read_projects_of(wanted, &item, &organizations[i]);
        read_dedications_of(wanted, &item, &organizations[i]);
        object_end(&item);
    }
    account->organizations = organizations;
    account->organization_count = count;
}

// ---- Users

static void read_user_of(struct object *object, struct wanted_user *user)
{
    user->given = object_given(object, "email", GIVEN_EMAIL) | object_given(object, "name", GIVEN_NAME) |
                  object_given(object, "organization", GIVEN_ORGANIZATION) |
                  object_given(object, "role", GIVEN_ROLE) | object_given(object, "kind", GIVEN_KIND);
    user->email = object_email(object, "email", MEMBER_NULLABLE);
    user->name = object_name(object, "name", MEMBER_OPTIONAL);
    struct path path = take_path(object, "organization", MEMBER_NULLABLE);
    user->organization = path.names;
    user->organization_depth = path.depth;
    user->role = (enum role)object_word(object, "role", MEMBER_OPTIONAL, user_role_words, ROLE_MEMBER);
    user->kind = (enum user_kind)object_word(object, "kind", MEMBER_OPTIONAL, user_kind_words, USER_PERSON);
    reading_hash_number(object->reading, "given", user->given);
    if (user->email == NULL && user->name == NULL)
        object_refuse(object, "email",
                      "A user is known by its e-mail, a service without one by its name: give either.");
}

static void read_users_of(struct wanted *wanted, struct wanted_account *account)
{
    struct reading *reading = wanted->reading;
    size_t count;
    const json_t *items = take_items(wanted, &reading->body, "members", &count);
    struct wanted_user *users = arena_alloc(reading->call->arena, count * sizeof *users);
    struct place place = {.above = &reading->body.place, .name = "members"};
    for (size_t i = 0; i < count && !reading_failed(reading); i++) {
        struct object item;
        object_begin(&item, reading, json_array_get(items, i), &place, NULL, i);
        read_user_of(&item, &users[i]);
        object_end(&item);
    }
    account->users = users;
    account->user_count = count;
}

static void read_policy_of(struct reading *reading, struct wanted_account *account)
{
    const json_t *value = object_take(&reading->body, "usage_policy", MEMBER_OPTIONAL);
    reading_hash_number(reading, "usage_policy", value != NULL);
    if (value == NULL)
        return;
    struct object object;
    object_begin(&object, reading, value, &reading->body.place, "usage_policy", 0);
    account->policy_given = true;
    account->policy =
        (enum usage_policy)object_word(&object, "policy", MEMBER_NEEDED, policy_words, POLICY_UNRESTRICTED);
    account->fallback = object_flag(&object, "fallback", MEMBER_NEEDED, true);
    object_end(&object);
}

void read_account_apply(struct reading *reading)
{
    struct command *command = &reading->call->command;
    struct wanted wanted = {.reading = reading};
    command->kind = COMMAND_ACCOUNT_APPLY;
    read_organizations_of(&wanted, &command->wanted);
    read_users_of(&wanted, &command->wanted);
    read_policy_of(reading, &command->wanted);
    command->wanted.prune = object_flag(&reading->body, "prune", MEMBER_OPTIONAL, false);
    command->dry_run = query_flag(reading, "dry_run");
}
