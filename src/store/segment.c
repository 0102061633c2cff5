// SPDX-License-Identifier: Apache-2.0
#include "store/segment.h"

#include "base/check.h"
#include "base/moment.h"
#include "store/files.h"
#include "store/json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void segment_name(const struct segment *segment, char name[SEGMENT_NAME_SIZE])
{
    snprintf(name, SEGMENT_NAME_SIZE, "AC-%" PRIu64 "-%012" PRId64 "-%012" PRId64 ".jsonl", segment->account,
             segment->from, segment->to);
}

bool segment_parse_name(const char *name, struct segment *ret_segment)
{
    struct segment segment = {0};
    char again[SEGMENT_NAME_SIZE];
    if (sscanf(name, "AC-%" SCNu64 "-%" SCNd64 "-%" SCNd64 ".jsonl", &segment.account, &segment.from, &segment.to) != 3)
        return false;
    segment_name(&segment, again);
    if (strcmp(name, again) != 0)
        return false;
    *ret_segment = segment;
    return true;
}

// ---- Writing

static void add_hex(struct buffer *buffer, const unsigned char *bytes, size_t count)
{
    char text[2 * KEY_HASH_BYTES + 1];
    buffer_add_text(buffer, sodium_bin2hex(text, sizeof text, bytes, count));
}

void segment_add_head(struct buffer *buffer, const struct segment *segment)
{
    buffer_printf(buffer,
                  "{\"usher_archive\":1,\"account\":\"AC-%" PRIu64 "\",\"from\":%" PRId64 ",\"to\":%" PRId64
                  ",\"before\":\"",
                  segment->account, segment->from, segment->to);
    add_hex(buffer, segment->before, KEY_HASH_BYTES);
    buffer_add_text(buffer, "\",\"last\":\"");
    add_hex(buffer, segment->last, KEY_HASH_BYTES);
    buffer_add_text(buffer, "\",\"key\":\"");
    add_hex(buffer, segment->public_key, PUBLIC_KEY_BYTES);
    buffer_add_text(buffer, "\"}\n");
}

static void add_number(struct buffer *buffer, const char *name, uint64_t number)
{
    buffer_printf(buffer, ",\"%s\":%" PRIu64, name, number);
}

void segment_add_event(struct buffer *buffer, const struct history_entry *entry)
{
    const struct event *event = &entry->event;
    char at[MOMENT_TEXT_SIZE];
    moment_format(event->at, at);
    buffer_printf(buffer, "{\"seq\":%" PRId64 ",\"at\":\"%s\",\"kind\":", event->seq, at);
    buffer_add_json_string(buffer, event->kind);
    buffer_add_text(buffer, ",\"subject\":");
    buffer_add_json_string(buffer, event->subject);
    buffer_printf(buffer, ",\"role\":\"%s\"", event->actor.nobody ? "" : role_words[event->actor.role]);
    add_number(buffer, "key", event->actor.key);
    add_number(buffer, "user", event->actor.user);
    add_number(buffer, "organization", event->actor.organization);
    add_number(buffer, "in_organization", entry->organization);
    add_number(buffer, "of_user", entry->user);
    buffer_add_text(buffer, ",\"hash\":\"");
    add_hex(buffer, event->hash, KEY_HASH_BYTES);
    buffer_printf(buffer, "\",\"data\":%s}\n", event->data);
}

bool segment_write(const char *out_folder, const struct segment *segment, const struct buffer *bytes,
                   const struct signing_key *key, struct store_error *error)
{
    unsigned char signature[SIGNATURE_BYTES];
    char name[SEGMENT_NAME_SIZE], signature_name[SEGMENT_NAME_SIZE + 4];
    segment_name(segment, name);
    snprintf(signature_name, sizeof signature_name, "%s.sig", name);
    crypto_sign_detached(signature, NULL, (const unsigned char *)bytes->bytes, bytes->length, key->secret_key);
    // The signature first: a segment that stands under its name is whole.
    return files_write(out_folder, signature_name, signature, sizeof signature, error) &&
           files_write(out_folder, name, bytes->bytes, bytes->length, error);
}

// ---- Reading

// Takes what stands there literally; false when it does not.
static bool take(char **cursor, const char *literal)
{
    size_t length = strlen(literal);
    if (strncmp(*cursor, literal, length) != 0)
        return false;
    *cursor += length;
    return true;
}

// Reads one escape of a JSON string, as buffer_add_json_string writes them; NULL when it is none of those.
static const char *unescape(const char *from, char *ret_character)
{
    unsigned code;
    if (*from == '"' || *from == '\\') {
        *ret_character = *from;
        return from + 1;
    }
    // All four digits must be there: sscanf is content with less.
    bool is_whole = strncmp(from, "u00", 3) == 0 && strspn(from + 3, "0123456789abcdef") >= 2;
    if (!is_whole || sscanf(from + 3, "%2x", &code) != 1 || code >= 0x20)
        return NULL;
    *ret_character = (char)code;
    return from + 5;
}

// Takes a JSON string up to its quote. The text is written over it, without its escapes.
static bool take_text(char **cursor, const char *before, const char **ret_text)
{
    if (!take(cursor, before))
        return false;
    char *to = *cursor;
    const char *from = to;
    *ret_text = to;
    while (*from != '"') {
        if (*from == '\0')
            return false;
        char character = *from++;
        if (character == '\\' && (from = unescape(from, &character)) == NULL)
            return false;
        *to++ = character;
    }
    *cursor += from + 1 - *cursor;
    *to = '\0';
    return true;
}

static bool take_number(char **cursor, const char *before, uint64_t *ret_number)
{
    if (!take(cursor, before) || **cursor < '0' || **cursor > '9')
        return false;
    errno = 0;
    *ret_number = strtoull(*cursor, cursor, 10);
    return errno == 0;
}

static bool take_hash(char **cursor, const char *before, unsigned char hash[KEY_HASH_BYTES])
{
    const char *text;
    size_t length;
    return take_text(cursor, before, &text) &&
           sodium_hex2bin(hash, KEY_HASH_BYTES, text, strlen(text), NULL, &length, NULL) == 0 &&
           length == KEY_HASH_BYTES;
}

static bool read_head(char *line, struct segment *segment)
{
    const char *account;
    uint64_t from, to;
    if (!take_text(&line, "{\"usher_archive\":1,\"account\":\"", &account) ||
        !take_number(&line, ",\"from\":", &from) || !take_number(&line, ",\"to\":", &to) ||
        !take_hash(&line, ",\"before\":\"", segment->before) || !take_hash(&line, ",\"last\":\"", segment->last) ||
        !take_hash(&line, ",\"key\":\"", segment->public_key) || strcmp(line, "}") != 0)
        return false;
    segment->account = strcmp(account, "AC-0") == 0 ? 0 : id_parse(ID_ACCOUNT, account, 0);
    segment->from = (int64_t)from;
    segment->to = (int64_t)to;
    return true;
}

static bool read_role(const char *role, struct actor *actor)
{
    actor->nobody = *role == '\0';
    int index = actor->nobody ? 0 : word_find(role_words, role);
    actor->role = (enum role)index;
    return index >= 0;
}

// Reads a line into an entry that points into it.
static bool read_event(char *line, struct history_entry *entry)
{
    struct event *event = &entry->event;
    struct actor *actor = &event->actor;
    const char *at, *role;
    uint64_t seq;
    if (!take_number(&line, "{\"seq\":", &seq) || !take_text(&line, ",\"at\":\"", &at) ||
        !moment_parse(at, &event->at) || !take_text(&line, ",\"kind\":\"", &event->kind) ||
        !take_text(&line, ",\"subject\":\"", &event->subject) || !take_text(&line, ",\"role\":\"", &role) ||
        !read_role(role, actor) || !take_number(&line, ",\"key\":", &actor->key) ||
        !take_number(&line, ",\"user\":", &actor->user) ||
        !take_number(&line, ",\"organization\":", &actor->organization) ||
        !take_number(&line, ",\"in_organization\":", &entry->organization) ||
        !take_number(&line, ",\"of_user\":", &entry->user) || !take_hash(&line, ",\"hash\":\"", event->hash) ||
        !take(&line, ",\"data\":"))
        return false;
    event->seq = (int64_t)seq;
    size_t length = strlen(line);
    if (length == 0 || line[length - 1] != '}')
        return false;
    line[length - 1] = '\0';
    event->data = line;
    return true;
}

// The same, of lines in the one form that the functions above give them. A number with zeros in front or a capital
// letter in a hash would change no value, but an archive is to be what was written. `scratch` is overwritten: with the
// line as it is, and behind it as it would be written.

static size_t keep_line(struct buffer *scratch, const char *line)
{
    buffer_clear(scratch);
    buffer_add_text(scratch, line);
    buffer_add(scratch, "\n", 2); // with its zero
    return scratch->length;
}

static bool read_written_head(char *line, struct segment *segment, struct buffer *scratch)
{
    size_t half = keep_line(scratch, line);
    if (!read_head(line, segment))
        return false;
    segment_add_head(scratch, segment);
    return strcmp(scratch->bytes, scratch->bytes + half) == 0;
}

static bool read_written_event(char *line, struct history_entry *entry, struct buffer *scratch)
{
    size_t half = keep_line(scratch, line);
    if (!read_event(line, entry))
        return false;
    segment_add_event(scratch, entry);
    return strcmp(scratch->bytes, scratch->bytes + half) == 0;
}

static bool wrong(const char *out_folder, const char *name, const char *what, struct store_error *error)
{
    store_error_set(error, "%s/%s: %s", out_folder, name, what);
    return false;
}

struct lines {
    char *rest, *end;
};

// The next line, ended by a zero in place of its newline; NULL at the end.
static char *next_line(struct lines *lines)
{
    char *line = lines->rest, *end = memchr(line, '\n', (size_t)(lines->end - line));
    if (end == NULL)
        return NULL;
    *end = '\0';
    lines->rest = end + 1;
    return line;
}

// The first thing that is wrong with the events, or NULL.
static const char *check_events(struct lines *lines, const struct segment *segment, struct buffer *scratch)
{
    struct chain_link link = {.seq = segment->from - 1};
    memcpy(link.hash, segment->before, KEY_HASH_BYTES);
    for (char *line; (line = next_line(lines)) != NULL;) {
        struct history_entry entry = {.account = segment->account}, computed;
        if (!read_written_event(line, &entry, scratch))
            return "a line is no event";
        computed = entry;
        history_hash(link.hash, &computed, scratch);
        if (entry.event.seq != link.seq + 1 || memcmp(computed.event.hash, entry.event.hash, KEY_HASH_BYTES) != 0)
            return "an event was changed, or one is missing";
        link.seq = entry.event.seq;
        memcpy(link.hash, entry.event.hash, KEY_HASH_BYTES);
    }
    bool is_whole = link.seq == segment->to && memcmp(link.hash, segment->last, KEY_HASH_BYTES) == 0;
    return is_whole ? NULL : "its end is missing";
}

// The same, of all lines.
static const char *check_lines(struct lines lines, const struct segment *named, struct segment *segment)
{
    struct buffer scratch = {0};
    char *line = next_line(&lines);
    bool fits = line != NULL && read_written_head(line, segment, &scratch) && segment->account == named->account &&
                segment->from == named->from && segment->to == named->to;
    const char *what = fits ? check_events(&lines, segment, &scratch) : "its first line does not fit its name";
    buffer_fini(&scratch);
    return what == NULL && lines.rest != lines.end ? "its last line is cut" : what;
}

static const char *check_signature(const char *out_folder, const char *name, const char *bytes, size_t length,
                                   const struct segment *segment)
{
    unsigned char signature[SIGNATURE_BYTES + 1];
    char signature_name[SEGMENT_NAME_SIZE + 4];
    struct store_error ignored;
    size_t signature_length;
    bool found;
    snprintf(signature_name, sizeof signature_name, "%s.sig", name);
    if (!files_read(out_folder, signature_name, signature, sizeof signature, &signature_length, &found, &ignored) ||
        !found || signature_length != SIGNATURE_BYTES)
        return "its signature is missing";
    if (!signing_is_published(segment->public_key, out_folder))
        return "the public key that it names does not lie beside it";
    if (crypto_sign_verify_detached(signature, (const unsigned char *)bytes, length, segment->public_key) != 0)
        return "its signature does not fit";
    return NULL;
}

static char *read_file(const char *path, size_t *ret_length)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    char *bytes = NULL;
    if (file >= 0 && fstat(file, &status) == 0) {
        size_t length = (size_t)status.st_size;
        bytes = check_malloc(length + 1);
        size_t done = 0;
        for (ssize_t part; done < length && (part = read(file, bytes + done, length - done)) > 0;)
            done += (size_t)part;
        bytes[done] = '\0';
        *ret_length = done;
    }
    if (file >= 0)
        close(file);
    return bytes;
}

bool segment_check(const char *out_folder, const char *name, struct segment *ret_segment, struct store_error *error)
{
    struct segment named, segment = {0};
    if (!segment_parse_name(name, &named))
        return wrong(out_folder, name, "this is no name of a segment", error);
    char *path = files_path(out_folder, name);
    size_t length;
    char *bytes = read_file(path, &length);
    free(path);
    if (bytes == NULL)
        return wrong(out_folder, name, "it cannot be read", error);
    char *text = check_malloc(length + 1);
    memcpy(text, bytes, length + 1);
    struct lines lines = {text, text + length};
    const char *what = strlen(bytes) == length ? check_lines(lines, &named, &segment) : "it is no text";
    if (what == NULL)
        what = check_signature(out_folder, name, bytes, length, &segment);
    free(text);
    free(bytes);
    if (what != NULL)
        return wrong(out_folder, name, what, error);
    *ret_segment = segment;
    return true;
}
