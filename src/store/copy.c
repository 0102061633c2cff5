// SPDX-License-Identifier: Apache-2.0
//
//     for each table: rows of the source ─► target, and read back from there: as many, and the same
//     then: each chain of the target ─► finish
//
// Whether rows are the same is told by a sum of their hashes, since one side's order need not be the other's.
#include "store/copy.h"

#include "base/check.h"
#include "store/files.h"
#include "store/verify.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool store_is_uri(const char *place)
{
    return strncmp(place, "postgresql://", 13) == 0 || strncmp(place, "postgres://", 11) == 0;
}

void copy_source_close(struct copy_source *source)
{
    database_close(source->database);
    if (source->lock >= 0)
        close(source->lock);
}

void copy_target_close(struct copy_target *target)
{
    if (target != NULL)
        target->driver->close(target);
}

// ---- Tables

struct tally {
    uint64_t rows;
    uint64_t sum; // of the rows' hashes
};

static void add_row(struct tally *tally, const struct value *values, size_t count, struct buffer *scratch)
{
    uint64_t hash[crypto_generichash_BYTES_MIN / sizeof(uint64_t)];
    buffer_clear(scratch);
    for (size_t i = 0; i < count; i++) {
        buffer_add_char(scratch, (char)values[i].type);
        buffer_add(scratch, &values[i].number, sizeof values[i].number);
        buffer_add(scratch, &values[i].length, sizeof values[i].length);
        if (values[i].length > 0)
            buffer_add(scratch, values[i].bytes, values[i].length);
    }
    crypto_generichash((unsigned char *)hash, sizeof hash, (const unsigned char *)scratch->bytes, scratch->length, NULL,
                       0);
    tally->rows++;
    tally->sum += hash[0];
}

// Hands each row on to the target, when there is one.
static bool read_rows(struct rows *rows, const struct sql_table *table, struct copy_target *target, struct tally *tally,
                      struct store_error *error)
{
    struct buffer scratch = {0};
    struct value values[TABLE_COLUMNS_MAX];
    bool row, done;
    while ((done = rows_next(rows, &row, error)) && row) {
        for (size_t i = 0; i < table->column_count; i++)
            values[i] = rows_value(rows, i);
        add_row(tally, values, table->column_count, &scratch);
        if (target != NULL && !(done = target->driver->put(target, values, error)))
            break;
    }
    buffer_fini(&scratch);
    return done;
}

static bool read_table(struct database *database, const struct sql_table *table, struct copy_target *target,
                       struct tally *tally, struct store_error *error)
{
    struct buffer sql = {0};
    sql_table_add_select(&sql, table);
    struct rows *rows = database_query(database, buffer_text(&sql), NULL, 0, error);
    bool done = rows != NULL && read_rows(rows, table, target, tally, error);
    rows_end(rows);
    buffer_fini(&sql);
    return done;
}

struct copying {
    const struct copy_order *order;
    struct copy_source source;
    struct copy_target *target;
    struct verification verification;
};

static bool copy_table(struct copying *copying, const struct sql_table *table, struct store_error *error)
{
    const struct copy_order *order = copying->order;
    struct copy_target *target = copying->target;
    struct tally from = {0}, to = {0};
    if (!target->driver->begin(target, table, error) ||
        !read_table(copying->source.database, table, target, &from, error) || !target->driver->end(target, error) ||
        !read_table(target->database, table, NULL, &to, error))
        return false;
    order->told(order->arg, table->name, from.rows, to.rows);
    copying->verification.verified.rows += to.rows;
    if (from.rows != to.rows || from.sum != to.sum)
        verification_break(&copying->verification, 0, 0, "the rows of %s are not what was read", table->name);
    return true;
}

static bool copy_tables(struct copying *copying, struct store_error *error)
{
    bool done = true;
    for (size_t i = 0; done && i < TABLE_COUNT; i++)
        done = copy_table(copying, &copying->target->database->tables[i], error);
    return done;
}

// ---- Files

enum { FILE_SIZE_MAX = 1 << 20 };

// What PostgreSQL keeps as a document.
static bool read_document(struct database *database, const char *name, char bytes[FILE_SIZE_MAX], size_t *ret_length,
                          bool *ret_found, struct store_error *error)
{
    struct value value = value_text(name);
    struct rows *rows = database_query(database, "SELECT body FROM document WHERE name = $1", &value, 1, error);
    bool read = rows != NULL && rows_next(rows, ret_found, error);
    if (read && *ret_found) {
        struct value body = rows_value(rows, 0);
        *ret_length = body.length < FILE_SIZE_MAX ? body.length : FILE_SIZE_MAX;
        memcpy(bytes, body.bytes, *ret_length);
    }
    rows_end(rows);
    return read;
}

static bool copy_file(struct copying *copying, const char *name, char bytes[FILE_SIZE_MAX], struct store_error *error)
{
    const char *from = copying->order->from;
    size_t length = 0;
    bool found = false;
    bool read = store_is_uri(from) ? read_document(copying->source.database, name, bytes, &length, &found, error)
                                   : files_read(from, name, bytes, FILE_SIZE_MAX, &length, &found, error);
    if (!read || !found)
        return read;
    if (length == FILE_SIZE_MAX) {
        store_error_set(error, "%s is too long to be what it should be.", name);
        return false;
    }
    bytes[length] = '\0';
    return copying->target->driver->put_file(copying->target, name, bytes, length, error);
}

static bool copy_files(struct copying *copying, const char *const *names, struct store_error *error)
{
    char *bytes = check_malloc(FILE_SIZE_MAX);
    bool done = true;
    for (size_t i = 0; done && names != NULL && names[i] != NULL; i++)
        done = copy_file(copying, names[i], bytes, error);
    sodium_memzero(bytes, FILE_SIZE_MAX);
    free(bytes);
    return done;
}

// Those of people and of the archive are in no database.
static bool copy_all_files(struct copying *copying, struct store_error *error)
{
    const struct copy_order *order = copying->order;
    bool between_folders = !store_is_uri(order->from) && !store_is_uri(order->to);
    return copy_files(copying, order->documents, error) &&
           (!between_folders || copy_files(copying, order->files, error));
}

// ---- The whole

static bool open_ends(struct copying *copying, struct copied *copied, struct store_error *error)
{
    const struct copy_order *order = copying->order;
    snprintf(copied->from, sizeof copied->from, "%s", order->from);
    snprintf(copied->to, sizeof copied->to, "%s", order->to);
    if (strcmp(order->from, order->to) == 0) {
        store_error_set(error, "What is copied, and where it is to go, are the same. Name another place.");
        return false;
    }
    if (!(store_is_uri(order->from) ? copy_source_uri(&copying->source, order->from, copied->from, error)
                                    : copy_source_folder(&copying->source, order->from, error)))
        return false;
    copying->target =
        store_is_uri(order->to) ? copy_target_uri(order->to, copied->to, error) : copy_target_folder(order->to, error);
    return copying->target != NULL;
}

// True with breaks, too; but then nothing is finished.
static bool copy(struct copying *copying, struct store_error *error)
{
    struct verification *verification = &copying->verification;
    verification->database = copying->target->database;
    if (!copy_tables(copying, error) || !verify_chains(verification, error))
        return false;
    if (verification->verified.breaks > 0)
        return true;
    return copy_all_files(copying, error) && copying->target->driver->finish(copying->target, error);
}

bool store_copy(const struct copy_order *order, struct copied *ret_copied, struct store_error *error)
{
    struct copying copying = {.order = order, .source.lock = -1};
    copying.verification.sink = order->sink;
    copying.verification.arg = order->arg;
    bool done = open_ends(&copying, ret_copied, error) && copy(&copying, error);
    copy_target_close(copying.target);
    copy_source_close(&copying.source);
    ret_copied->verified = copying.verification.verified;
    return done;
}
