// SPDX-License-Identifier: Apache-2.0
// Members of JSON objects: each is taken with its type and bounds, and a refusal says what is allowed.
#include "api/reading.h"

#include "api/text.h"
#include "base/buffer.h"
#include "base/check.h"
#include "base/moment.h"

#include <stdarg.h>
#include <string.h>

enum { SHOWN_MAX_BYTES = 64 }; // of a stranger's text within a sentence

void object_begin(struct object *object, struct reading *reading, const json_t *json, const struct place *above,
                  const char *name, size_t index)
{
    *object = (struct object){
        .reading = reading,
        .place = {.above = above, .name = name, .index = index},
    };
    if (json_is_object(json))
        object->json = json;
    else if (json != NULL)
        reading_refuse(reading, RESULT_INVALID_REQUEST, place_pointer(reading, &object->place, NULL),
                       "Here must stand an object, {…}.");
}

void object_refuse(struct object *object, const char *name, const char *format, ...)
{
    if (reading_failed(object->reading))
        return;
    struct buffer detail = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&detail, format, args);
    va_end(args);
    reading_refuse(object->reading, RESULT_INVALID_REQUEST, place_pointer(object->reading, &object->place, name), "%s",
                   buffer_text(&detail));
    buffer_fini(&detail);
}

static void refuse_unknown(struct object *object, const char *name)
{
    if (strlen(name) > SHOWN_MAX_BYTES) {
        object_refuse(object, name, "There is no member of such a name here.");
        return;
    }
    const char *nearest = text_nearest(name, object->names, object->name_count);
    if (nearest != NULL) {
        object_refuse(object, name, "There is no member `%s` here. Did you mean `%s`?", name, nearest);
        return;
    }
    struct buffer allowed = {0};
    for (size_t i = 0; i < object->name_count; i++)
        buffer_printf(&allowed, "%s`%s`", i == 0 ? "" : i + 1 < object->name_count ? ", " : " and ",
                      object->names[i]);
    if (object->name_count == 0)
        object_refuse(object, name, "There is no member `%s` here; the object takes none.", name);
    else
        object_refuse(object, name, "There is no member `%s` here. Known are %s.", name, buffer_text(&allowed));
    buffer_fini(&allowed);
}

static bool was_asked(const struct object *object, const char *name)
{
    for (size_t i = 0; i < object->name_count; i++) {
        if (strcmp(object->names[i], name) == 0)
            return true;
    }
    return false;
}

void object_end(struct object *object)
{
    if (reading_failed(object->reading))
        return;
    if (object->json != NULL && json_object_size(object->json) != object->found) {
        json_t *json = (json_t *)(uintptr_t)object->json;
        for (void *at = json_object_iter(json); at != NULL; at = json_object_iter_next(json, at)) {
            if (!was_asked(object, json_object_iter_key(at)))
                refuse_unknown(object, json_object_iter_key(at));
        }
    }
    // After the unknown ones: what is missing was most likely misspelled.
    if (object->missing != NULL)
        object_refuse(object, object->missing, "The member `%s` is missing.", object->missing);
}

bool object_has(const struct object *object, const char *name)
{
    return object->json != NULL && json_object_get(object->json, name) != NULL;
}

unsigned object_given(const struct object *object, const char *name, enum given bit)
{
    return object_has(object, name) ? bit : 0;
}

// Of each array and object of a request the same names are asked for once only, so a name that comes twice is a
// mistake in the code.
static const json_t *find(struct object *object, const char *name)
{
    CHECK(object->name_count < NAMES_MAX);
    object->names[object->name_count++] = name;
    const json_t *value = object->json != NULL ? json_object_get(object->json, name) : NULL;
    object->found += value != NULL;
    return value;
}

const json_t *object_take(struct object *object, const char *name, enum member member)
{
    const json_t *value = find(object, name);
    if (value == NULL) {
        if ((member & MEMBER_NEEDED) != 0 && object->missing == NULL)
            object->missing = name;
        return NULL;
    }
    if (!json_is_null(value))
        return value;
    if ((member & MEMBER_NULLABLE) == 0)
        object_refuse(object, name, "`%s` cannot be null here%s.", name,
                      (member & MEMBER_NEEDED) != 0 ? "" : ": leave it out instead");
    return NULL;
}

// ---- Texts

typedef bool text_rule(const char *text);

static bool is_reference(const char *text)
{
    size_t count = text_characters(text);
    return count >= 1 && count <= REFERENCE_MAX_CHARACTERS;
}

static const char *take_text(struct object *object, const char *name, enum member member, text_rule *rule,
                             const char *wanted)
{
    const json_t *value = object_take(object, name, member);
    const char *text = json_string_value(value);
    if (value != NULL && (text == NULL || !rule(text))) {
        object_refuse(object, name, "`%s` must be %s.", name, wanted);
        return NULL;
    }
    return arena_strdup(object->reading->call->arena, text);
}

static const char *hashed(struct object *object, const char *name, const char *text)
{
    reading_hash_text(object->reading, name, text);
    return text;
}

const char *object_name(struct object *object, const char *name, enum member member)
{
    return hashed(object, name,
                  take_text(object, name, member, text_is_name,
                            "a text of 1 to 255 characters"));
}

const char *object_email(struct object *object, const char *name, enum member member)
{
    return hashed(object, name,
                  take_text(object, name, member, text_is_email,
                            "an e-mail address such as alice@example.com, of 254 bytes at most"));
}

const char *object_code(struct object *object, const char *name, enum member member)
{
    return hashed(object, name,
                  take_text(object, name, member, text_is_product_code,
                            "a product code: 1 to 64 of the characters A-Z a-z 0-9 . _ -"));
}

const char *object_reference(struct object *object, const char *name, enum member member)
{
    return hashed(object, name,
                  take_text(object, name, member, is_reference,
                            "the code of a product, a text of 1 to 64 characters"));
}

static bool is_password(const char *text)
{
    size_t length = strlen(text);
    return length >= 1 && length <= PASSWORD_MAX_BYTES;
}

static bool is_new_password(const char *text)
{
    size_t count = text_characters(text);
    return is_password(text) && count >= PASSWORD_MIN_CHARACTERS && count <= PASSWORD_MAX_CHARACTERS;
}

const char *object_password(struct object *object, const char *name, bool is_new)
{
    return take_text(object, name, MEMBER_NEEDED, is_new ? is_new_password : is_password,
                     is_new ? "a text of 12 to 256 characters" : "a text of 1 to 1024 bytes");
}

const char *object_idempotency_key(struct object *object, const char *name)
{
    return take_text(object, name, MEMBER_OPTIONAL, text_is_idempotency_key, "1 to 64 visible ASCII characters");
}

// ---- Ids

static const char *take_id_text(struct object *object, const char *name, enum member member)
{
    const json_t *value = object_take(object, name, member);
    const char *text = json_string_value(value);
    if (value == NULL || (text != NULL && is_reference(text)))
        return text;
    object_refuse(object, name, "`%s` must be an id, a text of 1 to %d characters.", name, REFERENCE_MAX_CHARACTERS);
    return NULL;
}

uint64_t object_id(struct object *object, const char *name, enum member member, enum id_kind kind)
{
    const char *text = take_id_text(object, name, member);
    // What could not be read names nothing, not even the account itself.
    bool is_unread = text == NULL && ((member & MEMBER_NEEDED) != 0 || reading_failed(object->reading));
    uint64_t id = text != NULL ? id_parse(kind, text, 0) : is_unread ? ID_UNKNOWN : 0;
    reading_hash_number(object->reading, name, (int64_t)id);
    return id;
}

uint64_t object_user(struct object *object, enum member member)
{
    const char *text = take_id_text(object, "user", member);
    return text != NULL ? id_parse(ID_USER, text, 0) : 0;
}

// Which account a request is about is known later: that of a level is kept, to be compared then.
static uint64_t read_level(struct reading *reading, const char *text)
{
    uint64_t account = id_parse(ID_ACCOUNT, text, 0);
    if (account == ID_UNKNOWN)
        return id_parse(ID_ORGANIZATION, text, 0);
    reading->call->named_account = account;
    return 0;
}

uint64_t object_level(struct object *object, const char *name, enum member member)
{
    const char *text = take_id_text(object, name, member);
    reading_hash_text(object->reading, name, text);
    return text != NULL ? read_level(object->reading, text) : ID_UNKNOWN;
}

bool query_level(struct reading *reading, const char *name, uint64_t *ret_level)
{
    const char *text = query_text(reading, name);
    if (text == NULL)
        return false;
    *ret_level = read_level(reading, text);
    return true;
}

// ---- Numbers, flags, words, moments, arrays

int64_t object_number(struct object *object, const char *name, enum member member, int64_t low, int64_t high,
                      int64_t absent)
{
    const json_t *value = object_take(object, name, member);
    int64_t number = value != NULL ? json_integer_value(value) : absent;
    if (value != NULL && (!json_is_integer(value) || number < low || number > high)) {
        object_refuse(object, name, "`%s` must be a whole number from %lld to %lld.", name, (long long)low,
                      (long long)high);
        number = absent;
    }
    reading_hash_number(object->reading, name, number);
    return number;
}

bool object_flag(struct object *object, const char *name, enum member member, bool absent)
{
    const json_t *value = object_take(object, name, member);
    if (value != NULL && !json_is_boolean(value))
        object_refuse(object, name, "`%s` must be true or false.", name);
    bool flag = json_is_boolean(value) ? json_is_true(value) : absent;
    reading_hash_number(object->reading, name, flag);
    return flag;
}

static const char *list_words(struct buffer *buffer, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        buffer_printf(buffer, "%s\"%s\"", i == 0 ? "" : words[i + 1] != NULL ? ", " : " or ", words[i]);
    return buffer_text(buffer);
}

int object_word(struct object *object, const char *name, enum member member, const char *const *words, int absent)
{
    const json_t *value = object_take(object, name, member);
    const char *text = json_string_value(value);
    int word = text != NULL ? word_find(words, text) : -1;
    if (value != NULL && word < 0) {
        struct buffer allowed = {0};
        object_refuse(object, name, "`%s` must be %s.", name, list_words(&allowed, words));
        buffer_fini(&allowed);
    }
    if (word < 0)
        word = absent;
    reading_hash_number(object->reading, name, word);
    return word;
}

// The moment 0 stands for none: the one moment that is meant by it is moved by a millisecond.
static bool read_moment(const char *text, int64_t *ret_at)
{
    if (text == NULL || !moment_parse(text, ret_at))
        return false;
    if (*ret_at == 0)
        *ret_at = 1;
    return true;
}

#define MOMENT_WANTED "must be a moment such as 2027-01-31T12:00:00Z (RFC 3339)"

int64_t object_moment(struct object *object, const char *name, enum member member)
{
    const json_t *value = object_take(object, name, member);
    int64_t at = 0;
    if (value != NULL && !read_moment(json_string_value(value), &at))
        object_refuse(object, name, "`%s` " MOMENT_WANTED ".", name);
    reading_hash_number(object->reading, name, at);
    return at;
}

static const json_t *take_array(struct object *object, const char *name, enum member member, size_t most)
{
    const json_t *value = object_take(object, name, member);
    if (value == NULL)
        return NULL;
    if (!json_is_array(value)) {
        object_refuse(object, name, "`%s` must be an array, […].", name);
        return NULL;
    }
    if (json_array_size(value) <= most)
        return value;
    reading_refuse(object->reading, RESULT_TOO_LARGE, NULL, "`%s` may have %zu items at most. Send several requests.",
                   name, most);
    return NULL;
}

const json_t *object_array(struct object *object, const char *name, enum member member, size_t most,
                           size_t *ret_count)
{
    const json_t *value = take_array(object, name, member, most);
    *ret_count = value != NULL ? json_array_size(value) : 0;
    reading_hash_number(object->reading, name, (int64_t)*ret_count);
    return value;
}

// ---- The query: the same, from texts

static const char *find_parameter(struct reading *reading, const char *name)
{
    CHECK(reading->asked_count < NAMES_MAX);
    reading->asked[reading->asked_count++] = name;
    const char *value = NULL;
    for (size_t i = 0; i < reading->request->query_count; i++) {
        if (strcmp(reading->request->query[i].name, name) != 0)
            continue;
        if (value != NULL)
            reading_refuse_parameter(reading, name, "The parameter `%s` may be given once only.", name);
        value = reading->request->query[i].value;
    }
    return value;
}

const char *query_text(struct reading *reading, const char *name)
{
    const char *value = find_parameter(reading, name);
    if (value == NULL)
        return NULL;
    if (text_is_name(value))
        return arena_strdup(reading->call->arena, value);
    reading_refuse_parameter(reading, name, "The parameter `%s` must be a text of 1 to %d characters.", name,
                             NAME_MAX_CHARACTERS);
    return NULL;
}

bool query_flag(struct reading *reading, const char *name)
{
    const char *value = find_parameter(reading, name);
    bool flag = value != NULL && strcmp(value, "true") == 0;
    if (value != NULL && !flag && strcmp(value, "false") != 0)
        reading_refuse_parameter(reading, name, "The parameter `%s` must be true or false.", name);
    reading_hash_number(reading, name, flag);
    return flag;
}

static bool read_digits(const char *text, int64_t *ret_number)
{
    int64_t number = 0;
    size_t length = strlen(text);
    if (length < 1 || length > 18 || strspn(text, "0123456789") != length)
        return false;
    for (; *text != '\0'; text++)
        number = number * 10 + (*text - '0');
    *ret_number = number;
    return true;
}

int64_t query_number(struct reading *reading, const char *name, int64_t low, int64_t high, int64_t absent)
{
    const char *value = find_parameter(reading, name);
    int64_t number = absent;
    if (value != NULL && (!read_digits(value, &number) || number < low || number > high))
        reading_refuse_parameter(reading, name, "The parameter `%s` must be a whole number from %lld to %lld.", name,
                                 (long long)low, (long long)high);
    return number;
}

int query_word(struct reading *reading, const char *name, const char *const *words)
{
    const char *value = find_parameter(reading, name);
    int word = value != NULL ? word_find(words, value) : -1;
    if (value != NULL && word < 0) {
        struct buffer allowed = {0};
        reading_refuse_parameter(reading, name, "The parameter `%s` must be %s.", name, list_words(&allowed, words));
        buffer_fini(&allowed);
    }
    return word;
}

int64_t query_moment(struct reading *reading, const char *name)
{
    const char *value = find_parameter(reading, name);
    int64_t at = 0;
    if (value != NULL && !read_moment(value, &at))
        reading_refuse_parameter(reading, name, "The parameter `%s` " MOMENT_WANTED ".", name);
    return at;
}

uint64_t query_id(struct reading *reading, const char *name, enum id_kind kind)
{
    const char *text = query_text(reading, name);
    return text != NULL ? id_parse(kind, text, 0) : 0;
}

static int by_number(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

bool query_ids(struct reading *reading, const char *name, enum id_kind kind, const uint64_t **ret_ids,
               size_t *ret_count)
{
    const char *at = find_parameter(reading, name);
    if (at == NULL)
        return false;
    uint64_t *ids = arena_alloc(reading->call->arena, IDS_MAX * sizeof *ids);
    size_t named = 0;
    bool is_empty = *at == '\0';
    *ret_count = 0;
    for (bool more = true; more && named < IDS_MAX; named++) {
        size_t length = strcspn(at, ",");
        uint64_t id = id_parse(kind, arena_printf(reading->call->arena, "%.*s", (int)length, at), 0);
        if (id != ID_UNKNOWN)
            ids[(*ret_count)++] = id;
        more = at[length] == ',';
        at += length + more;
    }
    if (is_empty || *at != '\0')
        reading_refuse_parameter(reading, name, "The parameter `%s` takes 1 to %d ids, with commas between them.",
                                 name, IDS_MAX);
    if (*ret_count > 1)
        qsort(ids, *ret_count, sizeof *ids, by_number);
    *ret_ids = ids;
    return true;
}

void query_end(struct reading *reading)
{
    for (size_t i = 0; i < reading->request->query_count && !reading_failed(reading); i++) {
        const char *name = reading->request->query[i].name;
        bool known = false;
        for (size_t j = 0; j < reading->asked_count && !known; j++)
            known = strcmp(reading->asked[j], name) == 0;
        if (known)
            continue;
        if (strlen(name) > SHOWN_MAX_BYTES)
            reading_refuse_parameter(reading, name, "There is no parameter of such a name here. Leave it out.");
        const char *nearest = text_nearest(name, reading->asked, reading->asked_count);
        if (nearest != NULL)
            reading_refuse_parameter(reading, name, "There is no parameter `%s` here. Did you mean `%s`?", name,
                                     nearest);
        else
            reading_refuse_parameter(reading, name, "There is no parameter `%s` here. Leave it out.", name);
    }
}
