// SPDX-License-Identifier: Apache-2.0
// Pages of lists. The cursor of the next page is what read_list.h reads.
#include "api/writing.h"

#include "base/check.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void begin(struct buffer *json)
{
    put_open(json, '{');
    put_name(json, "items");
    put_open(json, '[');
}

static void end(struct buffer *json, const char *next)
{
    put_close(json, ']');
    put_text(json, "next", next);
    put_close(json, '}');
}

static void end_at(struct buffer *json, bool more, uint64_t last)
{
    char next[24];
    struct buffer text = {0};
    if (!more) {
        end(json, NULL);
        return;
    }
    put_bare_number(&text, (int64_t)last);
    strcpy(next, buffer_text(&text));
    buffer_fini(&text);
    end(json, next);
}

// The id of a row stands first in it.
static uint64_t id_of(const void *row)
{
    return *(const uint64_t *)row;
}

static const char *code_of(enum row_kind kind, const void *row)
{
    const struct product *product = kind == ROW_PRODUCT ? row : ((const struct borrowing_row *)row)->product;
    return product->code;
}

void write_list(struct buffer *json, const struct call *call)
{
    const struct list_page *page = &call->page;
    const void *last = page->count > 0 ? page->rows[page->count - 1] : NULL;
    begin(json);
    for (size_t i = 0; i < page->count; i++) {
        struct row_more more = {0};
        if (page->machines != NULL)
            more.machines = page->machines[i];
        if (page->places != NULL)
            more.place = page->places[i];
        if (call->list.borrowed)
            write_lease(json, call->account, page->rows[i], NULL);
        else
            write_row(json, call->account, call->list.kind, page->rows[i], &more);
    }
    if (call->list.kind == ROW_PRODUCT || call->list.kind == ROW_BORROWING)
        end(json, page->more && last != NULL ? code_of(call->list.kind, last) : NULL);
    else
        end_at(json, page->more && last != NULL, last != NULL ? id_of(last) : 0);
}

void write_members(struct buffer *json, const struct call *call)
{
    const struct list_page *page = &call->page;
    begin(json);
    for (size_t i = 0; i < page->count; i++) {
        const struct user_row *user = page->rows[i];
        put_open(json, '{');
        put_id(json, "user", ID_USER, user->id, call->account);
        put_text(json, "email", user->email);
        put_text(json, "name", user->name);
        put_close(json, '}');
    }
    bool more = page->more && page->count > 0;
    end_at(json, more, more ? id_of(page->rows[page->count - 1]) : 0);
}

void write_pools(struct buffer *json, const struct call *call)
{
    const struct outcome *outcome = &call->outcome;
    begin(json);
    for (size_t i = 0; i < outcome->figure_count; i++)
        write_figures(json, call->account, &outcome->figures[i]);
    if (!outcome->more || outcome->figure_count == 0) {
        end(json, NULL);
        return;
    }
    struct buffer next = {0};
    buffer_printf(&next, "%s~", outcome->figures[outcome->figure_count - 1].product->code);
    for (size_t i = 0; i < outcome->last_depth; i++)
        buffer_printf(&next, "%s%llu", i > 0 ? "." : "", (unsigned long long)outcome->last_path[i]);
    if (outcome->last_depth == 0)
        buffer_add_char(&next, '0');
    end(json, buffer_text(&next));
    buffer_fini(&next);
}

static void write_waiter(struct buffer *json, uint64_t account, const struct standing *standing)
{
    put_open(json, '{');
    put_number(json, "position", standing->position);
    put_word(json, "product", standing->product->code);
    put_id(json, "user", ID_USER, standing->user, account);
    put_number(json, "count", standing->count);
    put_moment(json, "since", standing->since_at);
    put_moment(json, "deadline_at", standing->deadline_at);
    put_id(json, "project", ID_PROJECT, standing->project, account);
    put_id(json, "organization", ID_ORGANIZATION, standing->organization, account);
    put_text(json, "machine", standing->machine);
    put_number(json, "estimate_s", standing->estimate_s);
    put_close(json, '}');
}

void write_waiters(struct buffer *json, const struct call *call)
{
    const struct outcome *outcome = &call->outcome;
    begin(json);
    for (size_t i = 0; i < outcome->standing_count; i++)
        write_waiter(json, call->account, &outcome->standings[i]);
    if (!outcome->more || outcome->standing_count == 0) {
        end(json, NULL);
        return;
    }
    const struct standing *last = &outcome->standings[outcome->standing_count - 1];
    struct buffer next = {0};
    buffer_printf(&next, "%lld~%llu", (long long)last->since_at, (unsigned long long)last->order);
    end(json, buffer_text(&next));
    buffer_fini(&next);
}

// ---- History

static void write_actor(struct buffer *json, uint64_t account, const struct actor *actor)
{
    put_name(json, "actor");
    put_open(json, '{');
    put_id(json, "key", ID_API_KEY, actor->key, account);
    put_id(json, "user", ID_USER, actor->user, account);
    put_word(json, "role", actor->nobody ? "server" : role_words[actor->role]);
    put_close(json, '}');
}

static void write_part(struct buffer *json, const char *data, const char *name)
{
    size_t length = 0;
    const char *part = data != NULL ? json_find(data, name, &length) : NULL;
    put_raw(json, name, part, length);
}

static void write_event(struct buffer *json, uint64_t account, const struct event *event)
{
    char hash[2 * KEY_HASH_BYTES + 1];
    sodium_bin2hex(hash, sizeof hash, event->hash, KEY_HASH_BYTES);
    put_open(json, '{');
    put_number(json, "seq", event->seq);
    put_moment(json, "at", event->at);
    put_word(json, "kind", event->kind);
    put_text(json, "subject", event->subject);
    write_actor(json, account, &event->actor);
    write_part(json, event->data, "before");
    write_part(json, event->data, "after");
    write_part(json, event->data, "reason");
    put_word(json, "hash", hash);
    put_close(json, '}');
}

void write_events(struct buffer *json, const struct call *call)
{
    begin(json);
    for (size_t i = 0; i < call->item_count; i++)
        write_event(json, call->account, &call->events[i]);
    bool more = call->more && call->item_count > 0;
    end_at(json, more, more ? (uint64_t)call->events[call->item_count - 1].seq : 0);
}

// ---- Denials

static int by_number(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static bool is_visible(const struct call *call, const char *level)
{
    uint64_t id = level != NULL ? id_parse(ID_LEVEL, level, call->account) : ID_UNKNOWN;
    if (id == 0 || id == ID_UNKNOWN || call->visible_count == 0)
        return id == 0;
    return bsearch(&id, call->visible, call->visible_count, sizeof id, by_number) != NULL;
}

static void write_reason_only(struct buffer *json, const json_t *trial)
{
    put_open(json, '{');
    put_text(json, "level", json_string_value(json_object_get(trial, "level")));
    put_text(json, "rule", json_string_value(json_object_get(trial, "rule")));
    put_text(json, "reason", json_string_value(json_object_get(trial, "reason")));
    put_close(json, '}');
}

// What was tried, as it was kept, but for figures that the one who asks may not see.
static void write_kept_trials(struct buffer *json, const struct call *call, const char *text, size_t length)
{
    json_t *trials = json_loadb(text, length, 0, NULL);
    put_name(json, "tried");
    put_open(json, '[');
    for (size_t i = 0; i < json_array_size(trials); i++) {
        const json_t *trial = json_array_get(trials, i);
        if (!is_visible(call, json_string_value(json_object_get(trial, "level")))) {
            write_reason_only(json, trial);
            continue;
        }
        char *as_it_was = json_dumps(trial, JSON_COMPACT | JSON_PRESERVE_ORDER);
        CHECK(as_it_was != NULL);
        put_item(json);
        buffer_add_text(json, as_it_was);
        free(as_it_was);
    }
    put_close(json, ']');
    json_decref(trials);
}

static void write_tried_then(struct buffer *json, const struct call *call, const char *kept)
{
    write_part(json, kept, "policy");
    write_part(json, kept, "fallback");
    size_t length = 0;
    const char *tried = kept != NULL ? json_find(kept, "tried", &length) : NULL;
    if (tried == NULL)
        put_raw(json, "tried", "[]", 2);
    else if (call->sees_all)
        put_raw(json, "tried", tried, length);
    else
        write_kept_trials(json, call, tried, length);
}

static int64_t closed_at(const struct denial *denial, int64_t now)
{
    int64_t silent_at = denial->last_at + INT64_C(1000) * EPISODE_SILENCE_S;
    if (denial->closed_at != 0)
        return denial->closed_at;
    return silent_at <= now ? silent_at : 0;
}

void write_denial(struct buffer *json, const struct call *call, const struct denial_record *record)
{
    const struct denial *denial = &record->denial;
    bool is_of_pools = denial->error == RESULT_NO_LICENSE_AVAILABLE;
    int64_t closed = closed_at(denial, call->now);
    put_open(json, '{');
    put_id(json, "id", ID_DENIAL, denial->id, call->account);
    put_id(json, "user", ID_USER, denial->user, call->account);
    put_word(json, "product", denial->product != NULL ? denial->product->code : NULL);
    put_text(json, "machine", denial->machine);
    put_word(json, "error", result_types[denial->error].name);
    put_word(json, "reason", is_of_pools ? reason_words[denial->reason] : result_types[denial->error].name);
    put_id(json, "project", ID_PROJECT, denial->project, call->account);
    put_id(json, "organization", ID_ORGANIZATION, denial->organization, call->account);
    put_number(json, "count", denial->count);
    put_moment(json, "first_at", denial->first_at);
    put_moment(json, "last_at", denial->last_at);
    put_moment(json, "closed_at", closed);
    put_word(json, "closed_by", denial->closed_at != 0 ? "grant" : closed != 0 ? "silence" : NULL);
    write_tried_then(json, call, record->tried);
    put_close(json, '}');
}

void write_denials(struct buffer *json, const struct call *call)
{
    begin(json);
    for (size_t i = 0; i < call->item_count; i++)
        write_denial(json, call, &call->denials[i]);
    bool more = call->more && call->item_count > 0;
    end_at(json, more, more ? call->denials[call->item_count - 1].denial.id : 0);
}
