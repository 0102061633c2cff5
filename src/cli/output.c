// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include "base/buffer.h"
#include "base/check.h"
#include "cli/api.h"
#include "cli/grid.h"
#include "cli/text.h"
#include "cli/value.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void output_json(struct cli *cli, const json_t *json)
{
    char *text = json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY);
    CHECK(text != NULL);
    struct buffer safe = {0};
    text_add_safe_json(&safe, text);
    puts(buffer_text(&safe));
    buffer_fini(&safe);
    free(text);
    cli->answered_json = true;
}

static bool is_time(const char *member)
{
    size_t length = strlen(member);
    return length > 3 && strcmp(member + length - 3, "_at") == 0;
}

void output_object(struct cli *cli, const json_t *object)
{
    if (cli->as_json) {
        output_json(cli, object);
        return;
    }
    struct arena arena = {0};
    const char *member;
    json_t *value;
    size_t width = 0;
    json_object_foreach((json_t *)object, member, value)
    {
        size_t columns = text_width(text_safe(&arena, member));
        width = columns > width ? columns : width;
    }
    json_object_foreach((json_t *)object, member, value)
    {
        const char *name = text_safe(&arena, member);
        const char *words = is_time(member) ? value_time(&arena, value) : value_words(&arena, value);
        paint(stdout, cli->colored, INK_BOLD, name);
        printf("%*s%s\n", (int)(width - text_width(name) + 2), "", text_safe(&arena, words));
    }
    arena_fini(&arena);
}

enum exit_code output_show(struct cli *cli, const char *path)
{
    json_t *object;
    enum exit_code code = api_get(cli, path, &object);
    if (code == CLI_OK)
        output_object(cli, object);
    return code;
}

void output_sentence(const struct cli *cli, const char *format, ...)
{
    if (cli->as_json)
        return;
    struct arena arena = {0};
    struct buffer text = {0};
    va_list args;
    va_start(args, format);
    buffer_vprintf(&text, format, args);
    va_end(args);
    puts(text_safe(&arena, buffer_text(&text)));
    buffer_fini(&text);
    arena_fini(&arena);
}

void output_done(struct cli *cli, const char *what, const json_t *object, const char *member)
{
    if (cli->as_json) {
        output_json(cli, object);
        return;
    }
    const char *id = value_text(object, "id"), *name = value_text(object, member);
    if (name[0] != '\0' && strcmp(id, name) != 0)
        output_sentence(cli, "%s %s (%s).", what, id, name);
    else
        output_sentence(cli, "%s %s.", what, id);
}
