// SPDX-License-Identifier: Apache-2.0
//
// Runs scripts of the engine's rules: reads a file line by line, lets verbs.c do what a line says, and compares what
// it came to with what the line says it must come to.
// Usage: run SCRIPT...
#include "scripts/script.h"

#include "base/check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- Reading

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    struct buffer text = {0};
    char part[4096];
    for (size_t length; (length = fread(part, 1, sizeof part, file)) > 0;)
        buffer_add(&text, part, length);
    fclose(file);
    return buffer_take(&text);
}

// Words are parted by blanks; "two words" in quotes are one. A # at the start of a word begins a comment.
static struct words split(struct arena *arena, const char *text)
{
    struct words words = {0};
    for (;;) {
        text += strspn(text, " \t");
        if (*text == '\0' || *text == '#')
            return words;
        bool quoted = *text == '"';
        text += quoted;
        size_t length = strcspn(text, quoted ? "\"" : " \t");
        words.at = arena_grow(arena, words.at, words.count, sizeof *words.at);
        words.at[words.count++] = arena_printf(arena, "%.*s", (int)length, text);
        text += length + (quoted && text[length] == '"');
    }
}

static void part_at_arrow(struct line *line)
{
    for (size_t i = 0; i < line->words.count; i++) {
        if (strcmp(line->words.at[i], "->") != 0)
            continue;
        line->has_expected = true;
        line->expected = (struct words){line->words.at + i + 1, line->words.count - i - 1};
        line->words.count = i;
        return;
    }
}

static void add_detail(struct arena *arena, struct line *line, struct words words)
{
    struct words rest = {words.at + 1, words.count - 1};
    if (strcmp(words.at[0], "|") == 0) {
        line->rows = arena_grow(arena, line->rows, line->row_count, sizeof *line->rows);
        line->rows[line->row_count++] = rest;
    } else if (strcmp(words.at[0], "*") == 0) {
        line->events = arena_grow(arena, line->events, line->event_count, sizeof *line->events);
        line->events[line->event_count++] = rest;
    } else if (strcmp(words.at[0], ">") == 0) {
        line->served = arena_grow(arena, line->served, line->served_count, sizeof *line->served);
        line->served[line->served_count++] = rest;
    } else {
        line->body = arena_grow(arena, line->body, line->body_count, sizeof *line->body);
        line->body[line->body_count++] = words;
    }
}

static struct line *read_lines(struct script *script, char *text, size_t *ret_count)
{
    struct line *lines = NULL;
    size_t count = 0;
    int number = 0;
    for (char *at = text, *next; at != NULL && *at != '\0'; at = next) {
        next = strchr(at, '\n');
        if (next != NULL)
            *next++ = '\0';
        number++;
        struct words words = split(&script->arena, at);
        if (words.count == 0)
            continue;
        if (*at == ' ' || *at == '\t') {
            if (count == 0)
                script_error(script, "line %d is indented, but belongs to nothing", number);
            add_detail(&script->arena, &lines[count - 1], words);
            continue;
        }
        lines = arena_grow(&script->arena, lines, count, sizeof *lines);
        lines[count] = (struct line){.number = number, .words = words};
        part_at_arrow(&lines[count++]);
    }
    *ret_count = count;
    return lines;
}

// ---- Comparing

static char *joined(const struct words *words)
{
    struct buffer text = {0};
    for (size_t i = 0; i < words->count; i++)
        buffer_printf(&text, "%s%s", i > 0 ? " " : "", words->at[i]);
    return buffer_take(&text);
}

// Blanks in a told text part words, too, and count but once.
static char *squeezed(struct arena *arena, const char *text)
{
    struct words words = split(arena, text);
    return joined(&words);
}

static void complain(struct script *script, const char *what, const char *wanted, const char *got)
{
    fprintf(stderr, "%s:%d: %s\n  expected: %s\n  got:      %s\n", script->path, script->line->number, what, wanted, got);
    script->failed++;
}

static bool begins_with(const char *text, const char *start)
{
    size_t length = strlen(start);
    return strncmp(text, start, length) == 0 && (text[length] == '\0' || text[length] == ' ');
}

static bool is_accepted(const struct script *script)
{
    const struct outcome *outcome = &script->world.taken.outcome;
    return !result_is_refusal(outcome->result) &&
           (outcome->answer != ANSWER_DRY_RUN || outcome->dry.result == RESULT_OK);
}

static void compare_head(struct script *script, const struct telling *telling)
{
    const struct line *line = script->line;
    const char *got = buffer_text(&telling->head);
    char *wanted = line->has_expected ? joined(&line->expected) : check_strdup("ok");
    bool same = strcmp(wanted, "ok") == 0 ? is_accepted(script) : begins_with(got, wanted);
    if (!same)
        complain(script, "it came to something else", wanted, got);
    free(wanted);
}

static void compare_list(struct script *script, const char *what, const struct words *wanted, size_t wanted_count,
                         char *const *got, size_t got_count, bool whole)
{
    struct buffer want_text = {0}, got_text = {0};
    bool same = wanted_count == got_count;
    for (size_t i = 0; i < wanted_count || i < got_count; i++) {
        char *want_line = i < wanted_count ? joined(&wanted[i]) : check_strdup("");
        char *got_line = i < got_count ? squeezed(&script->world.arena, got[i]) : check_strdup("");
        same = same && (whole ? strcmp(want_line, got_line) == 0 : begins_with(got_line, want_line));
        buffer_printf(&want_text, "\n    %s", want_line);
        buffer_printf(&got_text, "\n    %s", got_line);
        free(want_line);
        free(got_line);
    }
    if (!same)
        complain(script, what, buffer_text(&want_text), buffer_text(&got_text));
    buffer_fini(&want_text);
    buffer_fini(&got_text);
}

static void run_line(struct script *script, const struct line *line)
{
    struct telling telling = {0};
    char place[512];
    snprintf(place, sizeof place, "%s:%d", script->path, line->number);
    script->line = line;
    words_begin(script, &line->words);
    script->world.place = place;
    script->world.taken = (struct decision){0};
    script->world.time = (struct decision){0};
    verb_run(script, &telling);
    compare_head(script, &telling);
    if (line->row_count > 0)
        compare_list(script, "other rows", line->rows, line->row_count, telling.rows, telling.row_count, true);
    if (line->event_count > 0)
        compare_list(script, "other events", line->events, line->event_count, telling.events, telling.event_count,
                     false);
    // Nobody is served unmentioned.
    if (line->served_count > 0 || (telling.served_count > 0 && line->event_count == 0))
        compare_list(script, "others were served", line->served, line->served_count, telling.served,
                     telling.served_count, false);
    telling_fini(&telling);
}

// ---- `for 1..25 organization O{n}`: the line once for each number

static char *replaced(struct arena *arena, const char *word, long number)
{
    const char *mark = strstr(word, "{n}");
    return mark == NULL ? arena_strdup(arena, word)
                        : arena_printf(arena, "%.*s%ld%s", (int)(mark - word), word, number, mark + 3);
}

static struct words replaced_words(struct arena *arena, const struct words *words, size_t skipped, long number)
{
    struct words copy = {arena_alloc(arena, words->count * sizeof *copy.at), 0};
    for (size_t i = skipped; i < words->count; i++)
        copy.at[copy.count++] = replaced(arena, words->at[i], number);
    return copy;
}

static void run_repeated(struct script *script, const struct line *line)
{
    long first, last;
    script->line = line;
    if (line->words.count < 3 || sscanf(line->words.at[1], "%ld..%ld", &first, &last) != 2)
        script_error(script, "for FIRST..LAST COMMAND");
    for (long number = first; number <= last; number++) {
        struct line copy = *line;
        copy.words = replaced_words(&script->arena, &line->words, 2, number);
        copy.expected = replaced_words(&script->arena, &line->expected, 0, number);
        run_line(script, &copy);
    }
}

static size_t run_script(const char *path)
{
    struct script *script = check_calloc(1, sizeof *script);
    char *text = read_file(path);
    size_t count;
    script->path = path;
    world_init(&script->world);
    struct line *lines = read_lines(script, text, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(lines[i].words.at[0], "for") == 0)
            run_repeated(script, &lines[i]);
        else
            run_line(script, &lines[i]);
    }
    size_t failed = script->failed;
    world_fini(&script->world);
    arena_fini(&script->arena);
    free(text);
    free(script);
    return failed;
}

int main(int argc, char **argv)
{
    size_t failed = 0;
    for (int i = 1; i < argc; i++)
        failed += run_script(argv[i]) > 0;
    if (argc > 2)
        printf("%zu passed, %zu failed\n", (size_t)argc - 1 - failed, failed);
    return failed > 0;
}
