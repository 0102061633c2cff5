// SPDX-License-Identifier: Apache-2.0
// What readers see: the committed values.
#include "store/memory_cells.h"

#include "base/check.h"
#include "base/moment.h"
#include "store/fold.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct store_reader *memory_reader_open(struct store *store, struct store_error *error)
{
    (void)error;
    struct store_reader *reader = check_calloc(1, sizeof *reader);
    reader->store = store;
    return reader;
}

void memory_reader_close(struct store_reader *reader)
{
    free(reader);
}

static const void *committed(const struct twin *twin, enum row_kind kind, uint64_t account, uint64_t id)
{
    const struct cell *cell = memory_find_id(twin, (int)kind, account, id);
    return cell != NULL ? cell->committed : NULL;
}

bool memory_is_inside(const struct twin *twin, uint64_t account, uint64_t organization, uint64_t top)
{
    while (organization != 0 && organization != top) {
        const struct organization_row *row = committed(twin, ROW_ORGANIZATION, account, organization);
        organization = row != NULL ? row->parent : 0;
    }
    return organization != 0;
}

bool memory_user_is_inside(const struct twin *twin, uint64_t account, uint64_t user, uint64_t top)
{
    const struct user_row *row = committed(twin, ROW_USER, account, user);
    return row != NULL && memory_is_inside(twin, account, row->organization, top);
}

static bool is_member(const struct twin *twin, uint64_t account, uint64_t project, uint64_t user)
{
    const struct cell *cell = memory_find_row(twin, ROW_MEMBERSHIP, account, &(struct membership_row){project, user});
    return cell != NULL && cell->committed != NULL;
}

static bool in_organization_scope(const struct twin *twin, const struct list_query *query, const void *row)
{
    uint64_t account = query->account, top = query->scope_organization;
    uint64_t organization = history_organization(query->kind, row), user = history_user(query->kind, row);
    switch (query->kind) {
    case ROW_ORGANIZATION:
    case ROW_USER:
    case ROW_PROJECT:
    case ROW_SEAT:
        return memory_is_inside(twin, account, organization, top);
    case ROW_SESSION:
    case ROW_API_KEY:
        return memory_is_inside(twin, account, organization, top) || memory_user_is_inside(twin, account, user, top);
    default:
        return false;
    }
}

static bool in_user_scope(const struct twin *twin, const struct list_query *query, const void *row)
{
    const struct user_row *user;
    switch (query->kind) {
    case ROW_ORGANIZATION:
        user = committed(twin, ROW_USER, query->account, query->scope_user);
        return user != NULL && user->organization == ((const struct organization_row *)row)->id;
    case ROW_PROJECT:
        return is_member(twin, query->account, ((const struct project_row *)row)->id, query->scope_user);
    case ROW_USER:
    case ROW_SEAT:
    case ROW_SESSION:
    case ROW_API_KEY:
        return history_user(query->kind, row) == query->scope_user;
    default:
        return false;
    }
}

static bool in_scope(const struct twin *twin, const struct list_query *query, const void *row)
{
    if (query->scope_organization == 0 && query->scope_user == 0 && query->scope_key == 0)
        return true;
    return (query->scope_organization != 0 && in_organization_scope(twin, query, row)) ||
           (query->scope_user != 0 && in_user_scope(twin, query, row)) ||
           (query->scope_key != 0 && query->kind == ROW_SESSION &&
            ((const struct session_row *)row)->key == query->scope_key);
}

static const struct field *field_named(enum row_kind kind, const char *name)
{
    const struct row_type *type = &row_types[kind];
    for (size_t i = 0; i < type->field_count; i++) {
        if (strcmp(type->fields[i].name, name) == 0)
            return &type->fields[i];
    }
    return NULL;
}

static bool id_is(const struct list_query *query, const void *row, const char *name, uint64_t id)
{
    const struct field *field = field_named(query->kind, name);
    return field != NULL && field_id(field, row) == id;
}

static bool text_is(const struct list_query *query, const void *row, const char *name, const char *text)
{
    const struct field *field = field_named(query->kind, name);
    return field != NULL && field_text(field, row) != NULL && strcmp(field_text(field, row), text) == 0;
}

static bool email_is(const char *email, const char *wanted)
{
    return email != NULL && strcasecmp(email, wanted) == 0;
}

static bool is_found(const struct list_query *query, const void *row, locale_t locale)
{
    static const char *const searched[] = {"name", "email"};
    for (size_t i = 0; i < sizeof searched / sizeof *searched; i++) {
        const struct field *field = field_named(query->kind, searched[i]);
        const char *text = field != NULL ? field_text(field, row) : NULL;
        if (text != NULL && fold_has(locale, text, query->q))
            return true;
    }
    return query->q_id == *(const uint64_t *)row; // the id stands first
}

static bool is_among(const struct list_query *query, const void *row)
{
    for (size_t i = 0; i < query->id_count; i++) {
        if (query->ids[i] == *(const uint64_t *)row)
            return true;
    }
    return false;
}

static bool is_idle(const struct list_query *query, const struct seat_row *row)
{
    int64_t used_at = row->last_used_at != 0 ? row->last_used_at : row->assigned_at;
    return used_at <= query->now - moment_seconds(query->idle_s);
}

static bool matches(const struct list_query *query, const void *row, locale_t locale)
{
    return (query->product == NULL || text_is(query, row, "product", query->product)) &&
           (query->user == 0 || id_is(query, row, "user", query->user)) &&
           (query->organization == 0 || id_is(query, row, "organization", query->organization)) &&
           (!query->parent_given || id_is(query, row, "parent", query->parent)) &&
           (!query->level_given || id_is(query, row, "level", query->level)) &&
           (!query->state_given || ((const struct session_row *)row)->state == query->state) &&
           (!query->borrowed || ((const struct session_row *)row)->borrowed) &&
           (query->idle_s == 0 || is_idle(query, row)) &&
           (query->email == NULL || email_is(((const struct user_row *)row)->email, query->email)) &&
           (query->q == NULL || is_found(query, row, locale)) && (!query->ids_given || is_among(query, row));
}

static bool comes_after(const struct list_query *query, const void *row)
{
    if (query->kind == ROW_PRODUCT)
        return query->after_code == NULL || strcmp(((const struct product *)row)->code, query->after_code) > 0;
    if (query->kind == ROW_BORROWING)
        return query->after_code == NULL ||
               strcmp(((const struct borrowing_row *)row)->product->code, query->after_code) > 0;
    uint64_t id = *(const uint64_t *)row;
    return query->newest_first ? query->after == 0 || id < query->after : id > query->after;
}

static void turn_round(const void **rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        const void *row = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = row;
    }
}

static bool hand_out_page(struct twin *twin, enum row_kind kind, struct picked *picked, size_t limit, bool newest_first,
                          struct arena *arena, struct list_page *page, struct store_error *error)
{
    struct product_source codes = memory_codes(twin);
    memory_sort(picked, kind);
    if (newest_first)
        turn_round(picked->rows, picked->count);
    page->more = picked->count > limit;
    page->count = page->more ? limit : picked->count;
    page->rows = arena_alloc(arena, (page->count + 1) * sizeof *page->rows);
    for (size_t i = 0; i < page->count; i++) {
        page->rows[i] = memory_hand_out(&codes, kind, picked->rows[i], arena, error);
        if (page->rows[i] == NULL)
            return false;
    }
    return true;
}

static int by_activation(const void *a, const void *b)
{
    const struct seat_machine_row *left = a, *right = b;
    if (left->activated_at != right->activated_at)
        return left->activated_at < right->activated_at ? -1 : 1;
    return strcmp(left->machine, right->machine);
}

static void hand_out_machines(struct twin *twin, uint64_t account, uint64_t seat, struct arena *arena,
                              struct seat_machines *ret_machines)
{
    const struct cells *cells = &twin->tables[ROW_SEAT_MACHINE];
    struct seat_machine_row *rows = NULL;
    size_t count = 0;
    for (size_t i = 0; i < cells->count; i++) {
        const struct seat_machine_row *row = cells->cells[i]->committed;
        if (row == NULL || cells->cells[i]->account != account || row->seat != seat)
            continue;
        rows = arena_grow(arena, rows, count, sizeof *rows);
        rows[count] = *row;
        rows[count++].machine = arena_strdup(arena, row->machine);
    }
    if (count > 1)
        qsort(rows, count, sizeof *rows, by_activation);
    *ret_machines = (struct seat_machines){rows, count};
}

static const struct organization_row *above(const struct twin *twin, uint64_t account,
                                            const struct organization_row *row)
{
    return row->parent != 0 ? committed(twin, ROW_ORGANIZATION, account, row->parent) : NULL;
}

static struct organization_place place_of(const struct twin *twin, uint64_t account, const struct organization_row *row,
                                          struct arena *arena)
{
    const struct cells *cells = &twin->tables[ROW_ORGANIZATION];
    struct organization_place place = {0};
    for (const struct organization_row *at = row; at != NULL; at = above(twin, account, at))
        place.depth++;
    const char **names = arena_alloc(arena, place.depth * sizeof *names);
    size_t left = place.depth;
    for (const struct organization_row *at = row; left > 0; at = above(twin, account, at))
        names[--left] = arena_strdup(arena, at->name);
    for (size_t i = 0; i < cells->count; i++) {
        const struct organization_row *child = cells->cells[i]->committed;
        place.children += child != NULL && cells->cells[i]->account == account && child->parent == row->id;
    }
    place.names = names;
    return place;
}

static void tell_places(const struct twin *twin, uint64_t account, struct arena *arena, struct list_page *page)
{
    struct organization_place *places = arena_alloc(arena, page->count * sizeof *places);
    for (size_t i = 0; i < page->count; i++)
        places[i] = place_of(twin, account, page->rows[i], arena);
    page->places = places;
}

bool memory_list(struct store_reader *reader, const struct list_query *query, struct arena *arena,
                 struct list_page *ret_page, struct store_error *error)
{
    struct twin *twin = twin_of(reader->store);
    const struct cells *cells = &twin->tables[query->kind];
    bool everywhere = query->kind == ROW_PRODUCT || query->kind == ROW_ACCOUNT;
    struct picked picked = {0};
    locale_t locale = fold_open();
    pthread_mutex_lock(&twin->mutex);
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = cells->cells[i];
        const void *row = cell->committed;
        if (row != NULL && (everywhere || cell->account == query->account) && comes_after(query, row) &&
            matches(query, row, locale) && in_scope(twin, query, row))
            memory_pick(&picked, row, arena);
    }
    if (locale != (locale_t)0)
        freelocale(locale);
    bool listed = hand_out_page(twin, query->kind, &picked, query->limit, query->newest_first, arena, ret_page, error);
    if (listed && query->kind == ROW_ORGANIZATION)
        tell_places(twin, query->account, arena, ret_page);
    if (listed && query->kind == ROW_SEAT) {
        struct seat_machines *machines = arena_alloc(arena, ret_page->count * sizeof *machines);
        for (size_t i = 0; i < ret_page->count; i++)
            hand_out_machines(twin, query->account, ((const struct seat_row *)ret_page->rows[i])->id, arena,
                              &machines[i]);
        ret_page->machines = machines;
    }
    pthread_mutex_unlock(&twin->mutex);
    return listed;
}

bool memory_list_members(struct store_reader *reader, uint64_t account, uint64_t project, uint64_t after, size_t limit,
                         struct arena *arena, struct list_page *ret_page, struct store_error *error)
{
    struct twin *twin = twin_of(reader->store);
    const struct cells *cells = &twin->tables[ROW_MEMBERSHIP];
    struct picked picked = {0};
    pthread_mutex_lock(&twin->mutex);
    for (size_t i = 0; i < cells->count; i++) {
        const struct membership_row *row = cells->cells[i]->committed;
        if (row == NULL || cells->cells[i]->account != account || row->project != project || row->user <= after)
            continue;
        const struct user_row *user = committed(twin, ROW_USER, account, row->user);
        if (user != NULL)
            memory_pick(&picked, user, arena);
    }
    bool listed = hand_out_page(twin, ROW_USER, &picked, limit, false, arena, ret_page, error);
    pthread_mutex_unlock(&twin->mutex);
    return listed;
}

// ---- History

static bool is_after(uint64_t id, const struct history_query *query)
{
    return query->newest_first ? query->after == 0 || id < query->after : id > query->after;
}

static bool kind_matches(const char *kind, const char *wanted)
{
    size_t length = strlen(wanted);
    return strncmp(kind, wanted, length) == 0 && (kind[length] == '\0' || kind[length] == '.');
}

static bool event_in_scope(const struct twin *twin, const struct history_query *query,
                           const struct history_entry *entry)
{
    uint64_t account = query->account, top = query->scope_organization, actor = entry->event.actor.user;
    if (top == 0 && query->scope_user == 0)
        return true;
    return (top != 0 && (memory_is_inside(twin, account, entry->organization, top) ||
                         memory_user_is_inside(twin, account, entry->user, top) ||
                         memory_user_is_inside(twin, account, actor, top))) ||
           (query->scope_user != 0 && (entry->user == query->scope_user || actor == query->scope_user));
}

static bool event_matches(const struct twin *twin, const struct history_query *query, const struct history_entry *entry)
{
    const struct event *event = &entry->event;
    return entry->account == query->account && is_after((uint64_t)event->seq, query) &&
           (query->from_at == 0 || event->at >= query->from_at) && (query->to_at == 0 || event->at < query->to_at) &&
           (query->subject == NULL || strcmp(event->subject, query->subject) == 0) &&
           (query->kind == NULL || kind_matches(event->kind, query->kind)) &&
           (query->user == 0 || entry->user == query->user || event->actor.user == query->user) &&
           event_in_scope(twin, query, entry);
}

bool memory_list_events(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                        struct event **ret_events, size_t *ret_count, bool *ret_more, struct store_error *error)
{
    (void)error;
    struct twin *twin = twin_of(reader->store);
    struct event *events = NULL;
    size_t count = 0;
    pthread_mutex_lock(&twin->mutex);
    for (size_t left = twin->events_committed; left > 0; left--) {
        size_t i = query->newest_first ? left - 1 : twin->events_committed - left;
        if (!event_matches(twin, query, &twin->events[i]))
            continue;
        *ret_more = count == query->limit;
        if (*ret_more)
            break;
        events = arena_grow(arena, events, count, sizeof *events);
        events[count] = twin->events[i].event;
        events[count].subject = arena_strdup(arena, events[count].subject);
        events[count].data = arena_strdup(arena, events[count].data);
        count++;
    }
    pthread_mutex_unlock(&twin->mutex);
    *ret_events = events;
    *ret_count = count;
    return true;
}

static bool denial_in_scope(const struct twin *twin, const struct history_query *query, const struct denial *denial)
{
    uint64_t top = query->scope_organization;
    if (top == 0 && query->scope_user == 0)
        return true;
    return (top != 0 && (memory_is_inside(twin, query->account, denial->organization, top) ||
                         memory_user_is_inside(twin, query->account, denial->user, top))) ||
           (query->scope_user != 0 && denial->user == query->scope_user);
}

static bool denial_matches(const struct twin *twin, const struct history_query *query, const struct denial *denial)
{
    return is_after(denial->id, query) &&
           (query->subject == NULL || denial->id == id_parse(ID_DENIAL, query->subject, query->account)) &&
           (query->kind == NULL || strcmp(query->kind, result_types[denial->error].name) == 0 ||
            (denial->reason != REASON_NONE && strcmp(query->kind, reason_words[denial->reason]) == 0)) &&
           (query->product == NULL || strcmp(denial->product->code, query->product) == 0) &&
           (query->user == 0 || denial->user == query->user) &&
           (query->from_at == 0 || denial->last_at >= query->from_at) &&
           (query->to_at == 0 || denial->first_at < query->to_at) && denial_in_scope(twin, query, denial);
}

static int compare_denials(const void *a, const void *b)
{
    const struct kept_denial *left = *(const void *const *)a, *right = *(const void *const *)b;
    return (left->denial.id > right->denial.id) - (left->denial.id < right->denial.id);
}

static bool list_denials(struct twin *twin, const struct history_query *query, struct arena *arena,
                         struct denial_record **ret_denials, size_t *ret_count, bool *ret_more,
                         struct store_error *error)
{
    const struct cells *cells = &twin->tables[TABLE_DENIAL];
    struct product_source codes = memory_codes(twin);
    struct picked picked = {0};
    for (size_t i = 0; i < cells->count; i++) {
        const struct kept_denial *kept = cells->cells[i]->committed;
        if (kept != NULL && cells->cells[i]->account == query->account && denial_matches(twin, query, &kept->denial))
            memory_pick(&picked, kept, arena);
    }
    if (picked.count > 0)
        qsort(picked.rows, picked.count, sizeof *picked.rows, compare_denials);
    if (query->newest_first)
        turn_round(picked.rows, picked.count);
    *ret_more = picked.count > query->limit;
    *ret_count = *ret_more ? query->limit : picked.count;
    *ret_denials = arena_alloc(arena, (*ret_count + 1) * sizeof **ret_denials);
    for (size_t i = 0; i < *ret_count; i++) {
        if (!memory_hand_out_denial(&codes, picked.rows[i], arena, &(*ret_denials)[i], error))
            return false;
    }
    return true;
}

bool memory_list_denials(struct store_reader *reader, const struct history_query *query, struct arena *arena,
                         struct denial_record **ret_denials, size_t *ret_count, bool *ret_more,
                         struct store_error *error)
{
    struct twin *twin = twin_of(reader->store);
    pthread_mutex_lock(&twin->mutex);
    bool listed = list_denials(twin, query, arena, ret_denials, ret_count, ret_more, error);
    pthread_mutex_unlock(&twin->mutex);
    return listed;
}
