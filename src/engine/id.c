// SPDX-License-Identifier: Apache-2.0
// Public ids: a prefix that tells the kind, and a number that is never given twice.
#include "engine/row.h"

#include "base/check.h"

#include <string.h>

static const char *const prefixes[ID_KINDS] = {
    [ID_ACCOUNT] = "AC-", [ID_ORGANIZATION] = "OG-", [ID_LEVEL] = "OG-", [ID_USER] = "US-",    [ID_PROJECT] = "PR-",
    [ID_PURCHASE] = "PU-", [ID_SEAT] = "ST-",        [ID_SESSION] = "SN-", [ID_API_KEY] = "AK-", [ID_SIGN_IN] = "SI-",
    [ID_DENIAL] = "DN-",  [ID_WAITER] = "WT-",
};

void id_format(enum id_kind kind, uint64_t id, uint64_t account, char text[ID_TEXT_SIZE])
{
    if (kind == ID_LEVEL && id == 0) {
        kind = ID_ACCOUNT;
        id = account;
    }
    char digits[24];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + id % 10);
        id /= 10;
    } while (id > 0);
    size_t length = strlen(prefixes[kind]);
    memcpy(text, prefixes[kind], length);
    while (count > 0)
        text[length++] = digits[--count];
    text[length] = '\0';
}

const char *id_text(struct arena *arena, enum id_kind kind, uint64_t id, uint64_t account)
{
    if (id == 0 && kind != ID_LEVEL)
        return NULL;
    char text[ID_TEXT_SIZE];
    id_format(kind, id, account, text);
    return arena_strdup(arena, text);
}

static uint64_t parse_number(const char *digits)
{
    // One form only: no zeros in front, no sign, and no number that an id never reaches.
    if (*digits < '1' || *digits > '9')
        return ID_UNKNOWN;
    uint64_t number = 0;
    for (; *digits != '\0'; digits++) {
        if (*digits < '0' || *digits > '9' || number > INT64_MAX / 10 - 1)
            return ID_UNKNOWN;
        number = number * 10 + (uint64_t)(*digits - '0');
    }
    return number;
}

static uint64_t parse_prefixed(const char *prefix, const char *text)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? parse_number(text + length) : ID_UNKNOWN;
}

uint64_t id_parse(enum id_kind kind, const char *text, uint64_t account)
{
    if (kind == ID_LEVEL && strncmp(text, prefixes[ID_ACCOUNT], 3) == 0)
        return parse_prefixed(prefixes[ID_ACCOUNT], text) == account ? 0 : ID_UNKNOWN;
    return parse_prefixed(prefixes[kind], text);
}
