// SPDX-License-Identifier: Apache-2.0
#include "engine/decision.h"

#include "base/buffer.h"
#include "base/check.h"
#include "engine/queue.h"

#include <stdarg.h>
#include <stdlib.h>

void decision_init(struct decision *decision, struct account *account, struct catalog *catalog,
                   struct numbers *numbers, const struct actor *actor, int64_t now, struct arena *arena)
{
    *decision = (struct decision){
        .account = account,
        .catalog = catalog,
        .numbers = numbers,
        .actor = actor,
        .now = now > account->last_at ? now : account->last_at,
        .arena = arena,
    };
}

void decision_add_reason(struct decision *decision, enum fact_kind kind, const void *before, const void *after,
                         const char *reason)
{
    enum row_kind row = fact_types[kind].row;
    struct arena *arena = decision->arena;
    struct fact fact = {
        .kind = kind,
        .before = before != NULL ? row_copy(row, before, arena) : NULL,
        .after = after != NULL ? row_copy(row, after, arena) : NULL,
        .reason = arena_strdup(arena, reason),
        .actor = decision->actor,
    };
    decision->facts = arena_grow(arena, decision->facts, decision->fact_count, sizeof *decision->facts);
    decision->facts[decision->fact_count++] = fact;
    account_apply(decision->account, &fact);
}

void decision_add(struct decision *decision, enum fact_kind kind, const void *before, const void *after)
{
    decision_add_reason(decision, kind, before, after, NULL);
}

void decision_rewind(struct decision *decision, size_t fact_count)
{
    while (decision->fact_count > fact_count)
        account_unapply(decision->account, &decision->facts[--decision->fact_count]);
}

void decision_take_back(struct decision *decision)
{
    decision_rewind(decision, 0);
    queue_take_back(decision);
    // What is as it was before was settled before.
    account_forget_touched(decision->account);
}

uint64_t decision_new_id(struct decision *decision, enum id_kind kind)
{
    return decision->numbers->next[kind]++;
}

bool decision_refuse(struct decision *decision, enum result result, const char *pointer, const char *format, ...)
{
    struct buffer detail = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&detail, format, args);
    va_end(args);
    struct outcome *outcome = &decision->outcome;
    outcome->result = result;
    outcome->answer = ANSWER_NONE;
    outcome->figures = NULL; // of a part that was accepted before
    outcome->figure_count = 0;
    outcome->detail = arena_strdup(decision->arena, buffer_text(&detail));
    outcome->pointer = arena_strdup(decision->arena, pointer);
    buffer_fini(&detail);
    return false;
}

struct seat_machines decision_machines(struct decision *decision, const struct seat *seat)
{
    struct seat_machine_row *rows = arena_alloc(decision->arena, seat->machine_count * sizeof *rows);
    struct seat_machines machines = {rows, 0};
    for (struct list_node *node = seat->machines.first; node != NULL; node = node->after) {
        rows[machines.count] = ITEM_OF(node, struct seat_machine, of_seat)->row;
        rows[machines.count].machine = arena_strdup(decision->arena, rows[machines.count].machine);
        machines.count++;
    }
    return machines;
}

static struct organization_place place_of(struct decision *decision, const struct organization_row *row)
{
    const struct level *own = account_level(decision->account, row->id);
    const struct level *parent = account_level(decision->account, row->parent);
    size_t depth = parent->depth + 1;
    const char **names = arena_alloc(decision->arena, depth * sizeof *names);
    names[depth - 1] = arena_strdup(decision->arena, row->name);
    for (size_t i = depth - 1; i > 0; parent = parent->parent)
        names[--i] = arena_strdup(decision->arena, parent->row.name);
    return (struct organization_place){names, depth, own != NULL ? own->child_count : 0};
}

void decision_answer_row(struct decision *decision, enum result result, enum row_kind kind, const void *row)
{
    struct outcome *outcome = &decision->outcome;
    outcome->result = result;
    outcome->answer = ANSWER_ROW;
    outcome->row_kind = kind;
    outcome->row = row_copy(kind, row, decision->arena);
    const struct seat *seat =
        kind == ROW_SEAT ? account_seat(decision->account, ((const struct seat_row *)row)->id) : NULL;
    if (seat != NULL)
        outcome->machines = decision_machines(decision, seat);
    if (kind == ROW_ORGANIZATION)
        outcome->place = place_of(decision, row);
}

const char *decision_id(struct decision *decision, enum id_kind kind, uint64_t id)
{
    return id_text(decision->arena, kind, id, decision->account->row.id);
}

const struct product *decision_product(struct decision *decision, const char *code, const char *pointer)
{
    const struct product *product = catalog_find(decision->catalog, code);
    if (product == NULL)
        decision_refuse(decision, RESULT_NOT_FOUND, pointer,
                        "There is no product with the code %s. GET /v1/products lists the products.", code);
    return product;
}

struct level *decision_level(struct decision *decision, uint64_t id, const char *pointer)
{
    struct level *level = account_level(decision->account, id);
    if (level == NULL)
        decision_refuse(decision, RESULT_NOT_FOUND, pointer, "This account has no such organization.");
    return level;
}

struct user *decision_user(struct decision *decision, uint64_t id, const char *pointer)
{
    struct user *user = account_user(decision->account, id);
    if (user == NULL)
        decision_refuse(decision, RESULT_NOT_FOUND, pointer, "This account has no such user.");
    return user;
}

struct project *decision_project(struct decision *decision, uint64_t id, const char *pointer)
{
    struct project *project = account_project(decision->account, id);
    if (project == NULL)
        decision_refuse(decision, RESULT_NOT_FOUND, pointer, "This account has no such project.");
    return project;
}
