// SPDX-License-Identifier: Apache-2.0
// Arrays of one dimension in PostgreSQL's binary form: how many dimensions, whether there are nulls, the type, how many
// values, the first index; then each value with its length.
#include "store/postgres.h"

#include "base/check.h"

#include <endian.h>
#include <string.h>

enum { FLAGS = 1000, BLOBS = 1001, NUMBERS = 1016, TEXTS = 1009 }; // arrays of each
enum { COUNT_AT = 12 };

static void add_word(struct buffer *bytes, uint32_t word)
{
    word = htobe32(word);
    buffer_add(bytes, &word, sizeof word);
}

static struct pg_array begin(Oid type)
{
    return (struct pg_array){.type = type};
}

struct pg_array pg_numbers(void)
{
    return begin(PG_NUMBER);
}

struct pg_array pg_texts(void)
{
    return begin(PG_TEXT);
}

struct pg_array pg_blobs(void)
{
    return begin(PG_BLOB);
}

void pg_array_begin(struct pg_array *array, Oid type)
{
    array->type = type;
    array->count = 0;
    buffer_clear(&array->bytes);
}

static void add_head(struct pg_array *array)
{
    add_word(&array->bytes, 1);
    add_word(&array->bytes, 1); // there may be nulls
    add_word(&array->bytes, array->type);
    add_word(&array->bytes, 0); // set at the end
    add_word(&array->bytes, 1);
}

void pg_array_add(struct pg_array *array, const void *bytes, size_t length)
{
    if (array->count++ == 0)
        add_head(array);
    add_word(&array->bytes, bytes != NULL ? (uint32_t)length : UINT32_MAX);
    buffer_add(&array->bytes, bytes, bytes != NULL ? length : 0);
}

void pg_array_add_number(struct pg_array *array, int64_t number)
{
    uint64_t bytes = htobe64((uint64_t)number);
    CHECK(array->type == PG_NUMBER);
    pg_array_add(array, &bytes, sizeof bytes);
}

void pg_array_add_text(struct pg_array *array, const char *text)
{
    CHECK(array->type == PG_TEXT);
    pg_array_add(array, text, text != NULL ? strlen(text) : 0);
}

void pg_array_add_bytes(struct pg_array *array, const void *bytes, size_t length)
{
    CHECK(array->type == PG_BLOB);
    pg_array_add(array, bytes, length);
}

Oid pg_array_type(Oid type)
{
    return type == PG_NUMBER ? NUMBERS : type == PG_TEXT ? TEXTS : type == PG_FLAG ? FLAGS : BLOBS;
}

// One that is empty has no dimension at all.
static void finish(struct pg_array *array)
{
    uint32_t count = htobe32(array->count);
    if (array->count == 0 && array->bytes.length == 0) {
        add_word(&array->bytes, 0);
        add_word(&array->bytes, 0);
        add_word(&array->bytes, array->type);
    }
    if (array->count > 0)
        memcpy(array->bytes.bytes + COUNT_AT, &count, sizeof count);
}

void pg_add_array(struct pg_values *values, struct pg_array *array)
{
    finish(array);
    pg_add_value(values, pg_array_type(array->type), array->bytes.bytes, array->bytes.length);
}

void pg_array_fini(struct pg_array *array)
{
    buffer_fini(&array->bytes);
    array->count = 0;
}
