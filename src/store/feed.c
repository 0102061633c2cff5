// SPDX-License-Identifier: Apache-2.0
#include "store/feed.h"

#include <pthread.h>
#include <string.h>

enum { FORM_BYTES = 4, VARINT_MAX = 10 };
// What an entry is: the lowest bits of its first number.
enum { ENTRY_CAME, ENTRY_WENT, ENTRY_CHANGED, ENTRY_DENIAL, ENTRY_BITS = 2 };

#define OF(member, field_type)                                                                                         \
    {                                                                                                                  \
        .name = #member, .type = field_type, .offset = offsetof(struct denial, member)                                 \
    }

// Those of a denial that are as in rows; its error and its reason follow them.
static const struct field denial_fields[] = {
    OF(id, FIELD_ID),           OF(user, FIELD_ID),         OF(product, FIELD_PRODUCT),  OF(machine, FIELD_TEXT),
    OF(project, FIELD_ID),      OF(organization, FIELD_ID), OF(units, FIELD_NUMBER),     OF(count, FIELD_NUMBER),
    OF(first_at, FIELD_MOMENT), OF(last_at, FIELD_MOMENT),  OF(closed_at, FIELD_MOMENT),
};

enum { DENIAL_FIELDS = sizeof denial_fields / sizeof denial_fields[0] };

// ---- The form

static uint64_t mix_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3); // FNV-1a
    return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t mix_row_type(uint64_t hash, const struct row_type *type)
{
    hash = mix_text(hash, type->name);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        hash = mix_text(hash, field->name) + (uint64_t)field->type;
        for (size_t j = 0; field->type == FIELD_WORD && field->words[j] != NULL; j++)
            hash = mix_text(hash, field->words[j]);
    }
    return hash;
}

static unsigned char form[FORM_BYTES];
static pthread_once_t form_once = PTHREAD_ONCE_INIT;

// Of all tables that reading and writing walk.
static void make_form(void)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < FACT_KIND_COUNT; i++)
        hash = mix_text(hash, fact_types[i].name);
    for (size_t i = 0; i < ROW_KINDS; i++)
        hash = mix_row_type(hash, &row_types[i]);
    for (size_t i = 0; i < RESULT_COUNT; i++)
        hash = mix_text(hash, result_types[i].name);
    for (size_t i = 0; i < REASON_COUNT; i++)
        hash = mix_text(hash, reason_words[i]);
    for (size_t i = 0; i < FORM_BYTES; i++)
        form[i] = (unsigned char)(hash >> (8 * i));
}

static const unsigned char *the_form(void)
{
    pthread_once(&form_once, make_form);
    return form;
}

// ---- Writing

static void add_number(struct buffer *feed, uint64_t number)
{
    unsigned char bytes[VARINT_MAX];
    size_t length = 0;
    for (; number >= 0x80; number >>= 7)
        bytes[length++] = (unsigned char)(number | 0x80);
    bytes[length++] = (unsigned char)number;
    buffer_add(feed, bytes, length);
}

// 0, -1, 1, -2 … as 0, 1, 2, 3 …, so that small ones are short.
static void add_signed(struct buffer *feed, int64_t number)
{
    add_number(feed, ((uint64_t)number << 1) ^ (number < 0 ? UINT64_MAX : 0));
}

static void add_text(struct buffer *feed, const char *text)
{
    size_t length = text != NULL ? strlen(text) + 1 : 0;
    add_number(feed, length);
    buffer_add(feed, text, length);
}

static void add_field(struct buffer *feed, const struct field *field, const void *row)
{
    switch (field->type) {
    case FIELD_ID:
        add_number(feed, field_id(field, row));
        return;
    case FIELD_TEXT:
    case FIELD_PRODUCT:
        add_text(feed, field_text(field, row));
        return;
    case FIELD_NUMBER:
    case FIELD_MOMENT:
        add_signed(feed, field_number(field, row));
        return;
    case FIELD_FLAG:
        add_number(feed, field_flag(field, row));
        return;
    case FIELD_WORD:
        add_number(feed, (uint64_t)field_word(field, row));
        return;
    case FIELD_HASH:
        buffer_add(feed, field_hash(field, row), KEY_HASH_BYTES);
        return;
    }
}

static void add_fields(struct buffer *feed, const struct field *fields, size_t count, const void *row)
{
    for (size_t i = 0; i < count; i++)
        add_field(feed, &fields[i], row);
}

static void add_differing(struct buffer *feed, const struct row_type *type, const void *before, const void *after)
{
    uint64_t differing = 0;
    for (size_t i = 0; i < type->field_count; i++)
        differing |= (uint64_t)!field_same(&type->fields[i], before, after) << i;
    add_number(feed, differing);
    for (size_t i = 0; i < type->field_count; i++) {
        if (differing >> i & 1)
            add_field(feed, &type->fields[i], before);
    }
}

static void add_form(struct buffer *feed)
{
    if (feed->length == 0)
        buffer_add(feed, the_form(), FORM_BYTES);
}

void feed_add_fact(struct buffer *feed, const struct fact *fact)
{
    const struct row_type *type = &row_types[fact_types[fact->kind].row];
    unsigned what = fact->after == NULL ? ENTRY_WENT : fact->before != NULL ? ENTRY_CHANGED : ENTRY_CAME;
    add_form(feed);
    add_number(feed, (uint64_t)fact->kind << ENTRY_BITS | what);
    add_fields(feed, type->fields, type->field_count, fact->after != NULL ? fact->after : fact->before);
    if (what == ENTRY_CHANGED)
        add_differing(feed, type, fact->before, fact->after);
}

void feed_add_denial(struct buffer *feed, const struct denial *denial)
{
    add_form(feed);
    add_number(feed, ENTRY_DENIAL);
    add_fields(feed, denial_fields, DENIAL_FIELDS, denial);
    add_number(feed, (uint64_t)denial->error);
    add_number(feed, (uint64_t)denial->reason);
}

// ---- Reading

// Where reading is. What cannot be is noted once, and nothing is read after it.
struct reading {
    const unsigned char *at, *end;
    const struct product_source *products;
    struct store_error *error;
    enum feed_outcome outcome;
};

static bool has_failed(const struct reading *from)
{
    return from->outcome != FEED_TOLD;
}

static void fail(struct reading *from)
{
    if (has_failed(from))
        return;
    store_error_set(from->error, "What another server has changed cannot be read: the feed is damaged.");
    from->outcome = FEED_UNREADABLE;
}

static uint64_t read_number(struct reading *from)
{
    uint64_t number = 0;
    for (unsigned shift = 0; !has_failed(from) && from->at < from->end; shift += 7) {
        uint64_t group = *from->at++;
        if (shift == 63 && group > 1)
            break;
        number |= (group & 0x7f) << shift;
        if (group < 0x80)
            return number;
    }
    fail(from);
    return 0;
}

// Less than `limit`.
static unsigned read_below(struct reading *from, uint64_t limit)
{
    uint64_t number = read_number(from);
    if (number >= limit)
        fail(from);
    return number < limit ? (unsigned)number : 0;
}

static int64_t read_signed(struct reading *from)
{
    uint64_t number = read_number(from);
    return (int64_t)(number >> 1 ^ (number & 1 ? UINT64_MAX : 0));
}

static const unsigned char *read_bytes(struct reading *from, uint64_t length)
{
    if (has_failed(from) || length > (size_t)(from->end - from->at)) {
        fail(from);
        return NULL;
    }
    const unsigned char *bytes = from->at;
    from->at += length;
    return bytes;
}

static const char *read_text(struct reading *from)
{
    uint64_t length = read_number(from);
    const char *text = length > 0 ? (const char *)read_bytes(from, length) : NULL;
    if (text == NULL || memchr(text, '\0', length) == text + length - 1)
        return text;
    fail(from);
    return NULL;
}

static const struct product *read_product(struct reading *from)
{
    const struct product *product = NULL;
    const char *code = read_text(from);
    if (code == NULL)
        fail(from);
    else if (!product_find(from->products, code, &product, from->error))
        from->outcome = FEED_UNKNOWN_PRODUCT;
    return product;
}

static void read_hash(struct reading *from, unsigned char hash[KEY_HASH_BYTES])
{
    const unsigned char *bytes = read_bytes(from, KEY_HASH_BYTES);
    if (bytes != NULL)
        memcpy(hash, bytes, KEY_HASH_BYTES);
}

static unsigned read_word(struct reading *from, const char *const *words)
{
    unsigned count = 0;
    while (words[count] != NULL)
        count++;
    return read_below(from, count);
}

static void read_field(struct reading *from, const struct field *field, void *row)
{
    void *place = (char *)row + field->offset;
    switch (field->type) {
    case FIELD_ID:
        *(uint64_t *)place = read_number(from);
        return;
    case FIELD_TEXT:
        *(const char **)place = read_text(from);
        return;
    case FIELD_NUMBER:
    case FIELD_MOMENT:
        *(int64_t *)place = read_signed(from);
        return;
    case FIELD_FLAG:
        *(bool *)place = read_below(from, 2) != 0;
        return;
    case FIELD_WORD:
        *(unsigned *)place = read_word(from, field->words);
        return;
    case FIELD_PRODUCT:
        *(const struct product **)place = read_product(from);
        return;
    case FIELD_HASH:
        read_hash(from, place);
        return;
    }
}

static void read_fields(struct reading *from, const struct field *fields, size_t count, void *row)
{
    for (size_t i = 0; !has_failed(from) && i < count; i++)
        read_field(from, &fields[i], row);
}

static void read_differing(struct reading *from, const struct row_type *type, void *before)
{
    uint64_t differing = read_number(from);
    if (differing >> type->field_count != 0)
        fail(from);
    for (size_t i = 0; !has_failed(from) && i < type->field_count; i++) {
        if (differing >> i & 1)
            read_field(from, &type->fields[i], before);
    }
}

static void read_fact(struct reading *from, enum fact_kind kind, unsigned what, struct store_change *change,
                      store_change_sink *sink, void *arg)
{
    const struct row_type *type = &row_types[fact_types[kind].row];
    union any_row row, before;
    memset(&row, 0, sizeof row);
    read_fields(from, type->fields, type->field_count, &row);
    memcpy(&before, &row, sizeof row);
    if (what == ENTRY_CHANGED)
        read_differing(from, type, &before);
    struct fact fact = {
        .kind = kind, .before = what != ENTRY_CAME ? &before : NULL, .after = what != ENTRY_WENT ? &row : NULL};
    change->fact = &fact;
    if (!has_failed(from) && sink != NULL)
        sink(arg, change);
    change->fact = NULL;
}

static void read_denial(struct reading *from, struct store_change *change, store_change_sink *sink, void *arg)
{
    struct denial denial = {0};
    read_fields(from, denial_fields, DENIAL_FIELDS, &denial);
    denial.error = (enum result)read_below(from, RESULT_COUNT);
    denial.reason = (enum reason)read_below(from, REASON_COUNT);
    change->denial = &denial;
    if (!has_failed(from) && sink != NULL)
        sink(arg, change);
    change->denial = NULL;
}

// A NULL sink: only looks whether all can be read.
static enum feed_outcome read_entries(struct reading from, uint64_t account, store_change_sink *sink, void *arg)
{
    struct store_change change = {.account = account};
    while (!has_failed(&from) && from.at < from.end) {
        unsigned first = read_below(&from, (uint64_t)FACT_KIND_COUNT << ENTRY_BITS);
        unsigned what = first & ((1U << ENTRY_BITS) - 1);
        if (what != ENTRY_DENIAL)
            read_fact(&from, (enum fact_kind)(first >> ENTRY_BITS), what, &change, sink, arg);
        else if (first == ENTRY_DENIAL)
            read_denial(&from, &change, sink, arg);
        else
            fail(&from);
    }
    return from.outcome;
}

enum feed_outcome feed_read(const struct product_source *products, uint64_t account, const void *bytes, size_t length,
                            store_change_sink *sink, void *arg, struct store_error *error)
{
    const unsigned char *start = bytes;
    if (length < FORM_BYTES || memcmp(start, the_form(), FORM_BYTES) != 0) {
        store_error_set(error, "What another server has changed cannot be read: it is of another version.");
        return FEED_UNREADABLE;
    }
    struct reading from = {start + FORM_BYTES, start + length, products, error, FEED_TOLD};
    enum feed_outcome outcome = read_entries(from, account, NULL, NULL);
    return outcome == FEED_TOLD ? read_entries(from, account, sink, arg) : outcome;
}
