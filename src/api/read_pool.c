// SPDX-License-Identifier: Apache-2.0
// The figures of pools, dedications and the usage policy.
#include "api/read_list.h"

#include "api/text.h"

#include <stdlib.h>
#include <string.h>

// "KRE~0", "KRE~1001.1003": the product and, of the last row's level, the numbers of the organizations from below the
// topmost level down to it (0: the topmost itself). With all of them the next page finds its place when that level is
// gone. No code has a "~" in it.
static void read_pools_after(struct reading *reading)
{
    struct command *command = &reading->call->command;
    struct arena *arena = reading->call->arena;
    const char *at = query_text(reading, "after");
    if (at == NULL)
        return;
    size_t length = strcspn(at, "~");
    char *code = arena_printf(arena, "%.*s", (int)length, at);
    uint64_t *path = arena_alloc(arena, DEPTH_MAX * sizeof *path);
    size_t depth = 0;
    bool good = text_is_product_code(code) && at[length] == '~';
    bool is_top = good && strcmp(at + length, "~0") == 0;
    while (good && !is_top && at[length] != '\0') {
        at += length + 1;
        length = strcspn(at, ".");
        uint64_t id = id_parse(ID_ORGANIZATION, arena_printf(arena, "OG-%.*s", (int)length, at), 0);
        good = id != ID_UNKNOWN && depth < DEPTH_MAX;
        if (good)
            path[depth++] = id;
    }
    if (!good)
        reading_refuse_parameter(reading, "after", "The parameter `after` takes the `next` of the page before.");
    command->pools.after_product = code;
    command->pools.after_path = path;
    command->pools.after_depth = depth;
}

void read_pools(struct reading *reading)
{
    struct command *command = &reading->call->command;
    command->kind = COMMAND_POOLS_READ;
    command->pools.limit = read_limit(reading);
    read_pools_after(reading);
    command->pools.product = query_text(reading, "product");
    command->pools.has_level = query_level(reading, "level", &command->pools.level);
    command->pools.only_dedicated = query_flag(reading, "dedicated");
}

// ---- Dedications

static void read_change(struct object *object, struct dedication_change *change)
{
    static const char *const when_words[] = {"now", "available", NULL};
    change->count = object_number(object, "count", MEMBER_NEEDED, 0, QUANTITY_MAX, 0);
    change->reclaim =
        (enum reclaim)object_word(object, "reclaim", MEMBER_OPTIONAL, reclaim_words, RECLAIM_REFUSE);
    change->when_available = object_word(object, "when", MEMBER_OPTIONAL, when_words, 0) == 1;
}

void read_dedication_set(struct reading *reading)
{
    struct command *command = &reading->call->command;
    struct dedication_change *change = arena_alloc(reading->call->arena, sizeof *change);
    change->organization = reading_path_id(reading, 0, ID_ORGANIZATION);
    change->product = reading->path[1];
    read_change(&reading->body, change);
    command->kind = COMMAND_DEDICATIONS_APPLY;
    command->dedications.changes = change;
    command->dedications.count = 1;
    command->dedications.one = true;
    command->dry_run = query_flag(reading, "dry_run");
}

static int by_target(const void *a, const void *b)
{
    const struct dedication_change *left = *(const struct dedication_change *const *)a;
    const struct dedication_change *right = *(const struct dedication_change *const *)b;
    if (left->organization != right->organization)
        return left->organization < right->organization ? -1 : 1;
    int order = strcmp(left->product, right->product);
    return order != 0 ? order : (left < right ? -1 : left > right);
}

// The same organization and product twice: the later one is pointed at.
static void refuse_twice(struct reading *reading, const struct dedication_change *changes, size_t count)
{
    if (reading_failed(reading) || count < 2)
        return;
    const struct dedication_change **sorted = arena_alloc(reading->call->arena, count * sizeof *sorted);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &changes[i];
    qsort(sorted, count, sizeof *sorted, by_target);
    for (size_t i = 1; i < count; i++) {
        // What is no id is not known to be the same.
        if (sorted[i]->organization == sorted[i - 1]->organization && sorted[i]->organization != ID_UNKNOWN &&
            strcmp(sorted[i]->product, sorted[i - 1]->product) == 0)
            reading_refuse(reading, RESULT_INVALID_REQUEST,
                           arena_printf(reading->call->arena, "/dedications/%zu", (size_t)(sorted[i] - changes)),
                           "This organization and product are named twice: once will do.");
    }
}

void read_dedications_apply(struct reading *reading)
{
    struct command *command = &reading->call->command;
    size_t count;
    const json_t *items = object_array(&reading->body, "dedications", MEMBER_NEEDED, BATCH_MAX, &count);
    struct dedication_change *changes = arena_alloc(reading->call->arena, count * sizeof *changes);
    struct place place = {.above = &reading->body.place, .name = "dedications"};
    size_t read = 0;
    for (; read < count && !reading_failed(reading); read++) {
        struct object item;
        object_begin(&item, reading, json_array_get(items, read), &place, NULL, read);
        changes[read].organization = object_id(&item, "organization", MEMBER_NEEDED, ID_ORGANIZATION);
        changes[read].product = object_reference(&item, "product", MEMBER_NEEDED);
        read_change(&item, &changes[read]);
        object_end(&item);
    }
    refuse_twice(reading, changes, count);
    command->kind = COMMAND_DEDICATIONS_APPLY;
    command->dedications.changes = changes;
    command->dedications.count = read;
    command->dry_run = query_flag(reading, "dry_run");
}

// ---- Usage policy

void read_usage_policy(struct reading *reading)
{
    reading->call->command.kind = COMMAND_USAGE_POLICY_READ;
}

void read_usage_policy_set(struct reading *reading)
{
    struct command *command = &reading->call->command;
    command->kind = COMMAND_USAGE_POLICY_SET;
    command->usage_policy.policy = (enum usage_policy)object_word(&reading->body, "policy", MEMBER_NEEDED,
                                                                  policy_words, POLICY_UNRESTRICTED);
    command->usage_policy.fallback = object_flag(&reading->body, "fallback", MEMBER_NEEDED, true);
    command->dry_run = query_flag(reading, "dry_run");
}

void read_usage_policy_reset(struct reading *reading)
{
    struct command *command = &reading->call->command;
    command->kind = COMMAND_USAGE_POLICY_SET;
    command->usage_policy.policy = POLICY_UNRESTRICTED;
    command->usage_policy.fallback = true;
    command->dry_run = query_flag(reading, "dry_run");
}
