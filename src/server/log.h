// SPDX-License-Identifier: Apache-2.0
//
// The log: lines to stderr, for people (text) or for machines (JSON). Each line is built whole and leaves in one
// write() of less than 4 KiB, so lines of several threads never mix, not even in a pipe. Whatever a stranger sent
// is escaped: it can neither start a line of its own nor move the cursor of a terminal. Anything that looks like an
// API key ("ushk_...") is masked, wherever it stands.
//
//   text:  2026-11-24T06:34:16.123Z info request route="/v1/accounts/{account}" status=200 duration_us=312
//   JSON:  {"time":"2026-11-24T06:34:16.123Z","level":"info","message":"request","route":"...","status":200}
#ifndef SERVER_LOG_H
#define SERVER_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

// Set once, before threads start, and only read afterwards.
struct log {
    int file;
    enum log_format format;
    enum log_level level; // lines above it are left out
};

struct log_field {
    const char *name; // a plain word, written by us
    const char *text; // NULL: the number stands
    int64_t number;
};

// Values longer than this, escapes included, are cut and end in "...".
enum { LOG_VALUE_MAX = 512 };

static inline struct log_field log_text(const char *name, const char *text)
{
    return (struct log_field){.name = name, .text = text != NULL ? text : ""};
}

static inline struct log_field log_number(const char *name, int64_t number)
{
    return (struct log_field){.name = name, .number = number};
}

// False for a log of NULL, too: whoever has no log passes NULL.
static inline bool log_wants(const struct log *log, enum log_level level)
{
    return log != NULL && level <= log->level;
}

// Writes one line. Fields that would make it longer than a pipe takes at once are left out. An output that takes no
// more (a full disk, a closed pipe) loses the line: the log never holds up the service.
void log_write(const struct log *log, enum log_level level, const char *message, const struct log_field *fields,
               size_t count);

// log_line(log, LOG_INFO, "request", log_text("route", route), log_number("status", 200)): at least one field.
#define log_line(log, level, message, ...)                                                                             \
    log_write((log), (level), (message), (const struct log_field[]){__VA_ARGS__},                                      \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#endif
