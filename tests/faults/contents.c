// SPDX-License-Identifier: Apache-2.0
#include "contents.h"

#include "base/buffer.h"
#include "base/check.h"
#include "load.h"
#include "store/sqlite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct contents {
    char **lines;
    size_t count;
};

struct reading {
    struct contents *contents;
    struct store *store;
    struct store_reader *reader;
    struct arena arena;
    struct buffer line;
    uint64_t account;
    uint64_t left_out; // of the numbers
};

static void end_line(struct reading *reading)
{
    struct contents *contents = reading->contents;
    contents->lines = check_realloc(contents->lines, (contents->count + 1) * sizeof *contents->lines);
    contents->lines[contents->count++] = check_strdup(buffer_text(&reading->line));
    buffer_clear(&reading->line);
}

static void add_hash(struct buffer *line, const unsigned char hash[KEY_HASH_BYTES])
{
    for (size_t i = 0; i < KEY_HASH_BYTES; i++)
        buffer_printf(line, "%02x", hash[i]);
}

static void add_field(struct buffer *line, const struct field *field, const void *row)
{
    const char *text;
    buffer_printf(line, " %s=", field->name);
    switch (field->type) {
    case FIELD_ID:
        buffer_printf(line, "%" PRIu64, field_id(field, row));
        break;
    case FIELD_NUMBER:
    case FIELD_MOMENT:
        buffer_printf(line, "%" PRId64, field_number(field, row));
        break;
    case FIELD_FLAG:
        buffer_add_text(line, field_flag(field, row) ? "yes" : "no");
        break;
    case FIELD_WORD:
        buffer_add_text(line, field->words[field_word(field, row)]);
        break;
    case FIELD_HASH:
        add_hash(line, field_hash(field, row));
        break;
    case FIELD_TEXT:
    case FIELD_PRODUCT:
        text = field_text(field, row);
        buffer_add_json_string(line, text != NULL ? text : "(null)");
        break;
    }
}

static void add_row(struct reading *reading, const char *of, enum row_kind kind, const void *row)
{
    const struct row_type *type = &row_types[kind];
    buffer_printf(&reading->line, "%s AC-%" PRIu64 " %s", of, reading->account, type->name);
    for (size_t i = 0; i < type->field_count; i++)
        add_field(&reading->line, &type->fields[i], row);
    end_line(reading);
}

static void add_fact(void *arg, const struct fact *fact)
{
    add_row(arg, "row", fact_types[fact->kind].row, fact->after);
}

// Those that ended, too.
static bool read_sessions(struct reading *reading, struct store_error *error)
{
    struct list_query query = {.kind = ROW_SESSION, .account = reading->account, .limit = 1000};
    struct list_page page;
    do {
        if (!store_list(reading->reader, &query, &reading->arena, &page, error))
            return false;
        for (size_t i = 0; i < page.count; i++)
            add_row(reading, "session", ROW_SESSION, page.rows[i]);
        if (page.count > 0)
            query.after = ((const struct session_row *)page.rows[page.count - 1])->id;
    } while (page.more);
    return true;
}

static void add_event(struct reading *reading, const struct event *event)
{
    const struct actor *actor = &event->actor;
    buffer_printf(&reading->line, "event %04" PRIu64 " %09" PRId64 " %" PRId64 " %s %s by %d %d %" PRIu64 " %" PRIu64,
                  reading->account, event->seq, event->at, event->kind, event->subject, actor->nobody,
                  actor->nobody ? 0 : (int)actor->role, actor->key, actor->user);
    buffer_printf(&reading->line, " %s ", event->data);
    add_hash(&reading->line, event->hash);
    end_line(reading);
}

static bool read_events(struct reading *reading, struct store_error *error)
{
    struct history_query query = {.account = reading->account, .limit = 1000};
    struct event *events;
    size_t count;
    bool more;
    do {
        if (!store_list_events(reading->reader, &query, &reading->arena, &events, &count, &more, error))
            return false;
        for (size_t i = 0; i < count; i++)
            add_event(reading, &events[i]);
        if (count > 0)
            query.after = (uint64_t)events[count - 1].seq;
    } while (more);
    return true;
}

static bool read_denials(struct reading *reading, struct store_error *error)
{
    struct history_query query = {.account = reading->account, .limit = 10000};
    struct denial_record *records;
    size_t count;
    bool more;
    if (!store_list_denials(reading->reader, &query, &reading->arena, &records, &count, &more, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct denial *denial = &records[i].denial;
        buffer_printf(&reading->line, "denial AC-%" PRIu64 " %" PRIu64 " %" PRIu64 " %s %s %" PRId64 " %" PRId64
                      " %" PRId64, reading->account, denial->id, denial->user, denial->product->code, denial->machine,
                      denial->count, denial->last_at, denial->closed_at);
        end_line(reading);
    }
    return true;
}

static bool read_answers(struct reading *reading, struct store_error *error)
{
    for (int i = 0; i < LOAD_ANSWERS; i++) {
        char key[16];
        const struct remembered *answer;
        const struct session_row *session;
        load_answer_key(i, key);
        if (store_recall(reading->store, reading->account, LOAD_KEY, key, load_moment(), &reading->arena, &answer,
                         &session, error) != STORE_OK)
            return false;
        if (answer == NULL)
            continue;
        buffer_printf(&reading->line, "answer AC-%" PRIu64 " %s %d %" PRId64 " ", reading->account, key,
                      answer->status, answer->until_at);
        buffer_add_json_string(&reading->line, answer->body);
        add_hash(&reading->line, answer->request_hash);
        end_line(reading);
    }
    return true;
}

static bool read_account(struct reading *reading, struct store_error *error)
{
    return store_load_account(reading->store, reading->account, 0, add_fact, reading, error) &&
           read_sessions(reading, error) && read_events(reading, error) && read_denials(reading, error) &&
           read_answers(reading, error);
}

static bool read_service(struct reading *reading, struct store_error *error)
{
    struct numbers numbers;
    unsigned char hash[KEY_HASH_BYTES];
    bool found;
    if (!store_load_products(reading->store, add_fact, reading, error) ||
        !store_load_numbers(reading->store, &numbers, error) ||
        !store_load_operator(reading->store, hash, &found, error) || !read_events(reading, error))
        return false;
    for (size_t i = 0; i < ID_KINDS; i++)
        buffer_printf(&reading->line, "%s %" PRIu64, i == 0 ? "numbers" : "",
                      number_names[i] == NULL ? 0 : numbers.next[i] - reading->left_out);
    end_line(reading);
    buffer_add_text(&reading->line, "operator ");
    if (found)
        add_hash(&reading->line, hash);
    end_line(reading);
    return true;
}

static bool read_all(struct reading *reading, struct store_error *error)
{
    uint64_t *accounts;
    size_t count;
    if (!read_service(reading, error) ||
        !store_load_account_ids(reading->store, &reading->arena, &accounts, &count, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        reading->account = accounts[i];
        if (!read_account(reading, error))
            return false;
    }
    return true;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct contents *contents_read(struct store *store, uint64_t left_out, struct store_error *error)
{
    struct reading reading = {
        .contents = check_calloc(1, sizeof(struct contents)), .store = store, .left_out = left_out};
    reading.reader = store_reader_open(store, error);
    bool read = reading.reader != NULL && read_all(&reading, error);
    store_reader_close(reading.reader);
    buffer_fini(&reading.line);
    arena_fini(&reading.arena);
    if (!read) {
        contents_free(reading.contents);
        return NULL;
    }
    qsort(reading.contents->lines, reading.contents->count, sizeof *reading.contents->lines, compare_lines);
    return reading.contents;
}

void contents_free(struct contents *contents)
{
    for (size_t i = 0; contents != NULL && i < contents->count; i++)
        free(contents->lines[i]);
    if (contents != NULL)
        free(contents->lines);
    free(contents);
}

// Whether the line is an event of an account of which `found` has none before `at`.
static bool is_archived(const struct contents *found, size_t at, const char *line)
{
    enum { ACCOUNT = sizeof "event 0000" - 1 };
    return strncmp(line, "event ", 6) == 0 && (at == 0 || strncmp(found->lines[at - 1], line, ACCOUNT) != 0);
}

static bool differs(struct store_error *difference, const char *what, const char *line)
{
    snprintf(difference->text, sizeof difference->text, "%s: %s", what, line);
    return false;
}

bool contents_same(const struct contents *found, const struct contents *wanted, bool archived, uint64_t *ret_archived,
                   struct store_error *difference)
{
    size_t at = 0;
    *ret_archived = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        const char *line = wanted->lines[i];
        int order = at < found->count ? strcmp(found->lines[at], line) : 1;
        if (order < 0)
            return differs(difference, "not expected", found->lines[at]);
        if (order == 0)
            at++;
        else if (archived && is_archived(found, at, line))
            (*ret_archived)++;
        else
            return differs(difference, "missing", line);
    }
    return at == found->count || differs(difference, "not expected", found->lines[at]);
}
