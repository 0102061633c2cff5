// SPDX-License-Identifier: Apache-2.0
//
// A script while it runs: the world it plays in, the line it is at, and the names it gave to things. README.md in
// this folder teaches the language.
#ifndef SCRIPTS_SCRIPT_H
#define SCRIPTS_SCRIPT_H

#include "scripts/world.h"

struct words {
    char **at;
    size_t count;
};

// One command of a script, with the indented lines below it.
struct line {
    int number;
    struct words words;    // before the arrow
    struct words expected; // behind it
    bool has_expected;
    struct words *rows; // "| …", without the bar
    size_t row_count;
    struct words *events; // "* …", without the star
    size_t event_count;
    struct words *served; // "> …": who waited in line until then
    size_t served_count;
    struct words *body; // other indented lines: parts of the command
    size_t body_count;
};

struct label {
    enum id_kind kind;
    uint64_t id;
    char *name;
};

// One who waits in line.
struct waiting {
    struct waiter *waiter;
    char *name;
};

struct script {
    struct world world;
    const char *path;
    const struct line *line;
    struct words words; // those of the line, or of the part of it that is read
    bool *used;         // which of them were understood
    size_t next;        // the next that has no keyword
    struct label *labels;
    size_t label_count;
    struct waiting *waiting;
    size_t waiting_count;
    size_t failed;
    struct arena arena; // of the file as read
};

// The script itself is wrong: ends the process.
_Noreturn void script_error(const struct script *script, const char *format, ...) __attribute__((format(printf, 2, 3)));

// ---- Words of the present line

// The next one; an error when there is none.
const char *word_next(struct script *script, const char *what);
int64_t word_next_number(struct script *script, const char *what);
bool word_is_left(const struct script *script);
// Whether this very word is there, anywhere.
bool word_flag(struct script *script, const char *word);
// The word behind the keyword; NULL: there is no such keyword.
const char *word_option(struct script *script, const char *keyword);
int64_t word_option_number(struct script *script, const char *keyword, int64_t otherwise);
// "until 2 h": a span of time in milliseconds. False: there is no such keyword.
bool word_option_span(struct script *script, const char *keyword, int64_t *ret_ms);
int64_t word_next_span(struct script *script);
int word_of(const struct script *script, const char *const *words, const char *word);
bool word_is_on(const struct script *script, const char *word); // "on" or "off"
// These are read from now on, from the first one.
void words_begin(struct script *script, const struct words *words);
void words_must_be_used(const struct script *script);

// ---- Names. `?` stands for a thing that does not exist. NULL, an option that is not there: 0

void script_label(struct script *script, enum id_kind kind, uint64_t id, const char *name);
uint64_t script_level(const struct script *script, const char *word); // 0 for "account"
uint64_t script_user(const struct script *script, const char *word);
uint64_t script_project(const struct script *script, const char *word);
uint64_t script_claim(const struct script *script, enum id_kind kind, const char *word); // a session or a seat
const struct waiting *script_waiting(const struct script *script, const char *word);
uint64_t script_labelled(const struct script *script, enum id_kind kind, const char *word); // purchases, keys
// How the script calls the thing; its id where it has no name. The text may be used once or twice at a time.
const char *script_name(const struct script *script, enum id_kind kind, uint64_t id);

// ---- Commands, and what is told of them

struct telling {
    struct buffer head;
    char **rows;
    size_t row_count;
    char **events;
    size_t event_count;
    char **served;
    size_t served_count;
};

void telling_fini(struct telling *telling);
void telling_add_row(struct telling *telling, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tell_outcome(const struct script *script, const struct command *command, const struct outcome *outcome,
                  struct telling *telling);
void tell_events(const struct script *script, const struct decision *decision, struct telling *telling);
// Those who stopped waiting: "NAME granted own Studio", and as events those who were not granted: "denied NAME",
// "refused NAME not-a-member".
void tell_served(const struct script *script, const struct decision *decision, struct telling *telling);

// Does what the line says; fills the telling.
void verb_run(struct script *script, struct telling *telling);

#endif
