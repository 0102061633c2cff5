// SPDX-License-Identifier: Apache-2.0
#include "cli/api.h"

#include "base/buffer.h"

#include <ctype.h>
#include <string.h>

static void add_escaped(struct buffer *path, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (isalnum(byte) || strchr("-._~", byte) != NULL)
            buffer_add_char(path, (char)byte);
        else
            buffer_printf(path, "%%%02X", byte);
    }
}

static const char *join(struct cli *cli, const char *before, va_list words)
{
    struct buffer path = {0};
    buffer_add_text(&path, before);
    for (const char *word; (word = va_arg(words, const char *)) != NULL;) {
        buffer_add_char(&path, '/');
        add_escaped(&path, word);
    }
    const char *kept = arena_strdup(&cli->arena, buffer_text(&path));
    buffer_fini(&path);
    return kept;
}

const char *api_path(struct cli *cli, ...)
{
    va_list words;
    va_start(words, cli);
    const char *path = join(cli, "/v1", words);
    va_end(words);
    return path;
}

enum exit_code api_account_path(struct cli *cli, const char **ret_path, ...)
{
    const char *account;
    enum exit_code code = cli_account(cli, &account);
    if (code != CLI_OK)
        return code;
    va_list words;
    va_start(words, ret_path);
    *ret_path = join(cli, api_path(cli, "accounts", account, NULL), words);
    va_end(words);
    return CLI_OK;
}

const char *api_with(struct cli *cli, const char *path, const char *name, const char *value)
{
    if (value == NULL)
        return path;
    struct buffer longer = {0};
    buffer_printf(&longer, "%s%c%s=", path, strchr(path, '?') == NULL ? '?' : '&', name);
    add_escaped(&longer, value);
    const char *kept = arena_strdup(&cli->arena, buffer_text(&longer));
    buffer_fini(&longer);
    return kept;
}

const char *api_verb(struct cli *cli, const char *path, const char *verb)
{
    return arena_printf(&cli->arena, "%s:%s", path, verb);
}
