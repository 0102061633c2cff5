// SPDX-License-Identifier: Apache-2.0
#include "api/reading.h"

#include "base/buffer.h"
#include "base/check.h"

#include <stdarg.h>
#include <string.h>

const char *const user_role_words[] = {"member", "org_admin", "account_admin", "auditor", NULL};
const char *const key_role_words[] = {"member", "org_admin", "account_admin", "auditor", "platform", NULL};

_Static_assert(ROLE_MEMBER == 0 && ROLE_ORG_ADMIN == 1 && ROLE_ACCOUNT_ADMIN == 2 && ROLE_AUDITOR == 3 &&
                   ROLE_PLATFORM == 4,
               "the words above are indexed by role");

bool reading_failed(const struct reading *reading)
{
    return result_is_refusal(reading->call->form.result);
}

static void refuse(struct reading *reading, enum result result, const char *pointer, const char *format, va_list args)
{
    struct buffer detail = {0};
    buffer_vprintf(&detail, format, args);
    struct outcome *form = &reading->call->form;
    form->result = result;
    form->pointer = arena_strdup(reading->call->arena, pointer);
    form->detail = arena_strdup(reading->call->arena, buffer_text(&detail));
    buffer_fini(&detail);
}

void reading_refuse(struct reading *reading, enum result result, const char *pointer, const char *format, ...)
{
    if (reading_failed(reading))
        return;
    va_list args;
    va_start(args, format);
    refuse(reading, result, pointer, format, args);
    va_end(args);
}

void reading_refuse_parameter(struct reading *reading, const char *name, const char *format, ...)
{
    if (reading_failed(reading))
        return;
    va_list args;
    va_start(args, format);
    refuse(reading, RESULT_INVALID_REQUEST, NULL, format, args);
    va_end(args);
    reading->call->form_parameter = arena_strdup(reading->call->arena, name);
}

void reading_refuse_header(struct reading *reading, const char *name, const char *format, ...)
{
    if (reading_failed(reading))
        return;
    va_list args;
    va_start(args, format);
    refuse(reading, RESULT_INVALID_REQUEST, NULL, format, args);
    va_end(args);
    reading->call->form_header = name;
}

static void add_token(struct buffer *pointer, const char *name)
{
    buffer_add_char(pointer, '/');
    for (; *name != '\0'; name++) {
        if (*name == '~' || *name == '/')
            buffer_add_text(pointer, *name == '~' ? "~0" : "~1");
        else
            buffer_add_char(pointer, *name);
    }
}

static void add_place(struct buffer *pointer, const struct place *place)
{
    if (place == NULL || place->above == NULL)
        return;
    add_place(pointer, place->above);
    if (place->name != NULL)
        add_token(pointer, place->name);
    else
        buffer_printf(pointer, "/%zu", place->index);
}

const char *place_pointer(struct reading *reading, const struct place *place, const char *name)
{
    struct buffer pointer = {0};
    add_place(&pointer, place);
    if (name != NULL)
        add_token(&pointer, name);
    const char *text = arena_strdup(reading->call->arena, buffer_text(&pointer));
    buffer_fini(&pointer);
    return text;
}

void reading_hash(struct reading *reading, const char *name, const void *bytes, size_t length)
{
    if (reading->hash == NULL)
        return;
    // Each part with its length: no two different lists of values are the same bytes.
    uint64_t lengths[2] = {strlen(name), length};
    crypto_generichash_update(reading->hash, (const unsigned char *)lengths, sizeof lengths);
    crypto_generichash_update(reading->hash, (const unsigned char *)name, lengths[0]);
    if (length > 0)
        crypto_generichash_update(reading->hash, bytes, length);
}

void reading_hash_text(struct reading *reading, const char *name, const char *text)
{
    if (text != NULL)
        reading_hash(reading, name, text, strlen(text) + 1);
    else
        reading_hash(reading, name, NULL, 0);
}

void reading_hash_number(struct reading *reading, const char *name, int64_t number)
{
    reading_hash(reading, name, &number, sizeof number);
}

void hash_fold(unsigned char hash[KEY_HASH_BYTES], const void *bytes, size_t length)
{
    crypto_generichash_state state;
    int failed = crypto_generichash_init(&state, NULL, 0, KEY_HASH_BYTES);
    crypto_generichash_update(&state, hash, KEY_HASH_BYTES);
    crypto_generichash_update(&state, bytes, length);
    failed |= crypto_generichash_final(&state, hash, KEY_HASH_BYTES);
    CHECK(failed == 0);
}

uint64_t reading_path_id(const struct reading *reading, size_t at, enum id_kind kind)
{
    return id_parse(kind, reading->path[at], 0);
}
