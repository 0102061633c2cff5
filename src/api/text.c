// SPDX-License-Identifier: Apache-2.0
#include "api/text.h"

#include "engine/limits.h"

#include <stdint.h>
#include <string.h>

// Decodes one character of valid UTF-8 and steps over it.
static uint32_t next_character(const char **text)
{
    const unsigned char *bytes = (const unsigned char *)*text;
    size_t more = bytes[0] < 0x80 ? 0 : bytes[0] < 0xe0 ? 1 : bytes[0] < 0xf0 ? 2 : 3;
    uint32_t character = more == 0 ? bytes[0] : bytes[0] & (0x3fU >> more);
    for (size_t i = 1; i <= more; i++)
        character = character << 6 | (bytes[i] & 0x3f);
    *text += more + 1;
    return character;
}

size_t text_characters(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

// As \s in the regular expressions of JSON Schema.
static bool is_blank(uint32_t character)
{
    return character == 0x20 || character == 0xa0 || character == 0x1680 ||
           (character >= 0x2000 && character <= 0x200a) || character == 0x2028 || character == 0x2029 ||
           character == 0x202f || character == 0x205f || character == 0x3000 || character == 0xfeff;
}

bool text_is_name(const char *text)
{
    size_t count = text_characters(text);
    return count >= 1 && count <= NAME_MAX_CHARACTERS;
}

bool text_is_email(const char *text)
{
    const char *at = strchr(text, '@');
    if (strlen(text) > EMAIL_MAX_BYTES || at == NULL || at == text || at[1] == '\0' || strchr(at + 1, '@') != NULL)
        return false;
    while (*text != '\0') {
        uint32_t character = next_character(&text);
        if (is_control(character) || is_blank(character))
            return false;
    }
    return true;
}

bool text_is_product_code(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t length = strlen(text);
    return length >= 1 && length <= PRODUCT_CODE_MAX_BYTES && strspn(text, allowed) == length;
}

bool text_is_idempotency_key(const char *text)
{
    size_t length = 0;
    for (; text[length] != '\0'; length++) {
        if (text[length] < '!' || text[length] > '~')
            return false;
    }
    return length >= 1 && length <= IDEMPOTENCY_KEY_MAX_BYTES;
}

enum { WORD_MAX = 32 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// How many letters must be changed, added or left out, neighbours swapped counting as two.
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t above = row[j];
            row[j] = least(diagonal + (a[i - 1] != b[j - 1]), least(above, row[j - 1]) + 1);
            diagonal = above;
        }
    }
    return row[b_length];
}

const char *text_nearest(const char *text, const char *const *candidates, size_t count)
{
    size_t length = strlen(text), nearest_distance = 3;
    const char *nearest = NULL;
    for (size_t i = 0; i < count && length <= WORD_MAX; i++) {
        size_t candidate_length = strlen(candidates[i]);
        if (candidate_length > WORD_MAX)
            continue;
        size_t letters = distance(text, length, candidates[i], candidate_length);
        if (letters < nearest_distance && 2 * letters <= candidate_length) {
            nearest_distance = letters;
            nearest = candidates[i];
        }
    }
    return nearest;
}
