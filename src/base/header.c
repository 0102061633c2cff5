// SPDX-License-Identifier: Apache-2.0
#include "base/header.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool header_is(const char *line, size_t length, const char *name)
{
    size_t name_length = strlen(name);
    return length > name_length && line[name_length] == ':' && strncasecmp(line, name, name_length) == 0;
}

void header_value(const char *line, size_t length, char *value, size_t size)
{
    const char *start = (const char *)memchr(line, ':', length) + 1, *end = line + length;
    while (start < end && isspace((unsigned char)*start))
        start++;
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    size_t room = (size_t)(end - start) < size - 1 ? (size_t)(end - start) : size - 1;
    memcpy(value, start, room);
    value[room] = '\0';
}

void header_media_type(const char *line, size_t length, char *value, size_t size)
{
    header_value(line, length, value, size);
    value[strcspn(value, "; \t")] = '\0';
    for (char *c = value; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
}
