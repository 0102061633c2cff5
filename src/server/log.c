// SPDX-License-Identifier: Apache-2.0
#include "server/log.h"

#include "base/moment.h"
#include "server/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    LINE_SIZE = 4096,     // PIPE_BUF: what a pipe takes whole
    NAME_MAX_LENGTH = 64, // of a field
    FIELD_SIZE = LOG_VALUE_MAX + NAME_MAX_LENGTH + 16,
};

struct line {
    char bytes[LINE_SIZE];
    size_t length;
};

static void add(struct line *line, const char *text, size_t length)
{
    if (length > sizeof line->bytes - line->length)
        length = sizeof line->bytes - line->length;
    memcpy(line->bytes + line->length, text, length);
    line->length += length;
}

static void add_text(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

static void add_number(struct line *line, int64_t number)
{
    char text[24];
    add(line, text, (size_t)snprintf(text, sizeof text, "%" PRId64, number));
}

// Not printable, or able to change the order in which a terminal shows what follows.
static bool unsafe(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x2028 || point == 0x2029 ||
           (point >= 0x200e && point <= 0x200f) || (point >= 0x202a && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

static size_t secret_length(const char *text)
{
    static const char prefix[] = "ushk_";
    size_t length = sizeof prefix - 1;
    if (strncmp(text, prefix, length) != 0)
        return 0;
    while (text[length] == '-' || text[length] == '_' || (text[length] >= '0' && text[length] <= '9') ||
           (text[length] >= 'A' && text[length] <= 'Z') || (text[length] >= 'a' && text[length] <= 'z'))
        length++;
    return length;
}

// One piece of the value, escaped; returns how much of the text it took.
static size_t escape(const char *text, char piece[16], size_t *ret_size)
{
    size_t secret = secret_length(text);
    if (secret > 0) {
        *ret_size = (size_t)snprintf(piece, 16, "ushk_***");
        return secret;
    }
    uint32_t point;
    size_t length = utf8_decode(text, &point);
    if (length == 0) {
        *ret_size = (size_t)snprintf(piece, 16, "\\ufffd");
        return 1;
    }
    if (unsafe(point)) {
        *ret_size = (size_t)snprintf(piece, 16, "\\u%04x", (unsigned)point);
    } else if (point == '"' || point == '\\') {
        *ret_size = (size_t)snprintf(piece, 16, "\\%c", (char)point);
    } else {
        memcpy(piece, text, length);
        *ret_size = length;
    }
    return length;
}

static void add_escaped(struct line *line, const char *text)
{
    size_t end = line->length + LOG_VALUE_MAX - 3;
    while (*text != '\0') {
        char piece[16];
        size_t size;
        size_t taken = escape(text, piece, &size);
        if (line->length + size > end) {
            add_text(line, "...");
            return;
        }
        add(line, piece, size);
        text += taken;
    }
}

static void add_quoted(struct line *line, const char *text)
{
    add_text(line, "\"");
    add_escaped(line, text);
    add_text(line, "\"");
}

static const char *level_name(enum log_level level)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    return names[level];
}

static void add_start(struct line *line, bool json, enum log_level level, const char *message)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char time[MOMENT_TEXT_SIZE];
    moment_format((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, time);

    add_text(line, json ? "{\"time\":\"" : "");
    add_text(line, time);
    add_text(line, json ? "\",\"level\":\"" : " ");
    add_text(line, level_name(level));
    add_text(line, json ? "\",\"message\":\"" : " ");
    add_escaped(line, message);
    add_text(line, json ? "\"" : "");
}

static void add_field(struct line *line, bool json, const struct log_field *field)
{
    add_text(line, json ? ",\"" : " ");
    add(line, field->name, strnlen(field->name, NAME_MAX_LENGTH));
    add_text(line, json ? "\":" : "=");
    if (field->text != NULL)
        add_quoted(line, field->text);
    else
        add_number(line, field->number);
}

static void write_line(int file, const struct line *line)
{
    while (write(file, line->bytes, line->length) < 0 && errno == EINTR)
        continue;
}

void log_write(const struct log *log, enum log_level level, const char *message, const struct log_field *fields,
               size_t count)
{
    if (!log_wants(log, level))
        return;
    bool json = log->format == LOG_FORMAT_JSON;
    struct line line;
    line.length = 0;
    add_start(&line, json, level, message);
    for (size_t i = 0; i < count && line.length + FIELD_SIZE < sizeof line.bytes; i++)
        add_field(&line, json, &fields[i]);
    add_text(&line, json ? "}\n" : "\n");
    write_line(log->file, &line);
}
