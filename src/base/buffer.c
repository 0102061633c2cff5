// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buffer_fini(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    if (buffer->bytes != NULL)
        buffer->bytes[0] = '\0';
}

// Most texts are whole answers or rows of the history: it takes one piece of memory for them, not one after the other.
enum { FIRST_SIZE = 512 };

static char *room_for(struct buffer *buffer, size_t length)
{
    size_t needed = buffer->length + length + 1;
    if (needed > buffer->size) {
        size_t size = buffer->size > 0 ? 2 * buffer->size : FIRST_SIZE;
        buffer->size = size > needed ? size : needed;
        buffer->bytes = check_realloc(buffer->bytes, buffer->size);
    }
    return buffer->bytes + buffer->length;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    char *room = room_for(buffer, length);
    if (length > 0)
        memcpy(room, bytes, length);
    room[length] = '\0';
    buffer->length += length;
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char character)
{
    char *room = room_for(buffer, 1);
    room[0] = character;
    room[1] = '\0';
    buffer->length++;
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    CHECK(length >= 0);
    vsnprintf(room_for(buffer, (size_t)length), (size_t)length + 1, format, args);
    buffer->length += (size_t)length;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buffer_vprintf(buffer, format, args);
    va_end(args);
}

void buffer_add_quoted(struct buffer *buffer, const char *text)
{
    size_t length = strlen(text);
    char *room = room_for(buffer, length + 2);
    room[0] = '"';
    memcpy(room + 1, text, length);
    room[length + 1] = '"';
    room[length + 2] = '\0';
    buffer->length += length + 2;
}

void buffer_add_json_string(struct buffer *buffer, const char *text)
{
    buffer_add_char(buffer, '"');
    for (;;) {
        size_t plain = 0;
        while ((unsigned char)text[plain] >= 0x20 && text[plain] != '"' && text[plain] != '\\')
            plain++;
        buffer_add(buffer, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        if (*text == '"' || *text == '\\')
            buffer_printf(buffer, "\\%c", *text);
        else
            buffer_printf(buffer, "\\u%04x", (unsigned)*text);
        text++;
    }
    buffer_add_char(buffer, '"');
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->bytes != NULL ? buffer->bytes : "";
}

char *buffer_take(struct buffer *buffer)
{
    char *text = buffer->bytes != NULL ? buffer->bytes : check_strdup("");
    *buffer = (struct buffer){0};
    return text;
}
