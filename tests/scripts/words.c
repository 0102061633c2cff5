// SPDX-License-Identifier: Apache-2.0
#include "scripts/script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void script_error(const struct script *script, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%d: not understood: ", script->path, script->line != NULL ? script->line->number : 0);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(2);
}

void words_begin(struct script *script, const struct words *words)
{
    script->words = *words;
    script->next = 0;
    script->used = arena_alloc(&script->arena, words->count * sizeof *script->used);
}

bool word_is_left(const struct script *script)
{
    return script->next < script->words.count && !script->used[script->next];
}

const char *word_next(struct script *script, const char *what)
{
    if (!word_is_left(script))
        script_error(script, "%s is missing", what);
    script->used[script->next] = true;
    return script->words.at[script->next++];
}

static int64_t number_of(const struct script *script, const char *word, const char *what)
{
    char *end;
    int64_t number = strtoll(word, &end, 10);
    if (end == word || *end != '\0')
        script_error(script, "%s: %s is no number", what, word);
    return number;
}

int64_t word_next_number(struct script *script, const char *what)
{
    return number_of(script, word_next(script, what), what);
}

static size_t find_word(const struct script *script, const char *word)
{
    for (size_t i = script->next; i < script->words.count; i++) {
        if (!script->used[i] && strcmp(script->words.at[i], word) == 0)
            return i;
    }
    return script->words.count;
}

bool word_flag(struct script *script, const char *word)
{
    size_t at = find_word(script, word);
    if (at == script->words.count)
        return false;
    script->used[at] = true;
    return true;
}

static const char *word_behind(struct script *script, const char *keyword, size_t more)
{
    size_t at = find_word(script, keyword);
    if (at == script->words.count)
        return NULL;
    if (at + more >= script->words.count)
        script_error(script, "something is missing after %s", keyword);
    for (size_t i = 0; i <= more; i++)
        script->used[at + i] = true;
    return script->words.at[at + 1];
}

const char *word_option(struct script *script, const char *keyword)
{
    return word_behind(script, keyword, 1);
}

int64_t word_option_number(struct script *script, const char *keyword, int64_t otherwise)
{
    const char *word = word_option(script, keyword);
    return word != NULL ? number_of(script, word, keyword) : otherwise;
}

static int64_t unit_ms(const struct script *script, const char *unit)
{
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(units[i].name, unit) == 0)
            return units[i].ms;
    }
    script_error(script, "%s is no unit of time (ms, s, min, h, d)", unit);
}

bool word_option_span(struct script *script, const char *keyword, int64_t *ret_ms)
{
    size_t at = find_word(script, keyword);
    const char *count = word_behind(script, keyword, 2);
    if (count == NULL)
        return false;
    *ret_ms = number_of(script, count, keyword) * unit_ms(script, script->words.at[at + 2]);
    return true;
}

int64_t word_next_span(struct script *script)
{
    int64_t count = word_next_number(script, "a span of time");
    return count * unit_ms(script, word_next(script, "a unit of time"));
}

int word_of(const struct script *script, const char *const *words, const char *word)
{
    int found = word_find(words, word);
    if (found < 0)
        script_error(script, "what is %s? One of %s, %s … was expected", word, words[0], words[1]);
    return found;
}

bool word_is_on(const struct script *script, const char *word)
{
    static const char *const words[] = {"off", "on", NULL};
    return word_of(script, words, word) == 1;
}

void words_must_be_used(const struct script *script)
{
    for (size_t i = 0; i < script->words.count; i++) {
        if (!script->used[i])
            script_error(script, "%s", script->words.at[i]);
    }
}
