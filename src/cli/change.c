// SPDX-License-Identifier: Apache-2.0
#include "cli/change.h"

#include "base/check.h"
#include "cli/api.h"
#include "cli/argument.h"
#include "cli/dry_run.h"
#include "cli/message.h"
#include "cli/output.h"

#include <string.h>

json_t *body_new(struct cli *cli)
{
    return cli_keep(cli, json_object());
}

void body_text(json_t *body, const char *member, const char *value)
{
    if (value != NULL)
        CHECK(json_object_set_new(body, member, json_string(value)) == 0);
}

void body_switch(json_t *body, const char *member, const char *on_or_off)
{
    if (on_or_off != NULL)
        CHECK(json_object_set_new(body, member, json_boolean(strcmp(on_or_off, "on") == 0)) == 0);
}

void body_id_or_null(json_t *body, const char *member, const char *id)
{
    CHECK(json_object_set_new(body, member, id != NULL ? json_string(id) : json_null()) == 0);
}

typedef enum exit_code read_argument(const char *what, const char *text, int64_t least, int64_t most, int64_t *ret);

static enum exit_code body_read(json_t *body, const char *member, const struct invocation *call, const char *option,
                                int64_t least, int64_t most, read_argument *read)
{
    const char *value = invocation_value(call, option);
    char what[64];
    snprintf(what, sizeof what, "--%s", option);
    int64_t number;
    if (value == NULL)
        return CLI_OK;
    enum exit_code code = read(what, value, least, most, &number);
    if (code == CLI_OK)
        CHECK(json_object_set_new(body, member, json_integer(number)) == 0);
    return code;
}

enum exit_code body_number(json_t *body, const char *member, const struct invocation *call, const char *option,
                           int64_t least, int64_t most)
{
    return body_read(body, member, call, option, least, most, argument_number);
}

enum exit_code body_span(json_t *body, const char *member, const struct invocation *call, const char *option,
                         int64_t least_s, int64_t most_s)
{
    return body_read(body, member, call, option, least_s, most_s, argument_span);
}

enum exit_code body_time(struct cli *cli, json_t *body, const char *member, const char *option)
{
    const char *value = invocation_value(cli->call, option), *time = NULL;
    if (value == NULL)
        return CLI_OK;
    char what[64];
    snprintf(what, sizeof what, "--%s", option);
    enum exit_code code = CLI_OK;
    if (strcmp(value, "none") != 0)
        code = argument_time(&cli->arena, what, value, &time);
    if (code == CLI_OK)
        body_id_or_null(body, member, time);
    return code;
}

static enum exit_code need_answer(const struct cli *cli, const json_t *answer)
{
    if (answer != NULL)
        return CLI_OK;
    complain("the answer of %s is empty", cli->settings.url);
    return CLI_UNAVAILABLE;
}

enum exit_code change_create(struct cli *cli, const char *path, const json_t *body, const char *what,
                             const char *member)
{
    struct api_request request = {.method = "POST", .path = path, .body = body, .creates = true};
    json_t *answer;
    enum exit_code code = api_send(cli, &request, &answer);
    if (code == CLI_OK)
        code = need_answer(cli, answer);
    if (code == CLI_OK)
        output_done(cli, arena_printf(&cli->arena, "Created %s", what), answer, member);
    return code;
}

enum exit_code change_update(struct cli *cli, const char *path, const json_t *body, const char *what,
                             const char *member)
{
    if (json_object_size(body) == 0) {
        char name[64];
        complain("nothing to change was named");
        advise("See `%s --help`.", invocation_name(cli->call, name));
        return CLI_WRONG_USE;
    }
    struct api_request request = {.method = "PATCH", .path = path, .body = body};
    json_t *answer;
    enum exit_code code = api_send(cli, &request, &answer);
    if (code == CLI_OK)
        code = need_answer(cli, answer);
    if (code == CLI_OK)
        output_done(cli, arena_printf(&cli->arena, "Updated %s", what), answer, member);
    return code;
}

enum exit_code change_delete(struct cli *cli, const char *path, const char *what, const char *subject)
{
    struct api_request request = {.method = "DELETE", .path = path};
    enum exit_code code = api_send(cli, &request, NULL);
    if (code == CLI_OK)
        output_sentence(cli, "%s %s.", what, subject);
    return code;
}

bool change_is_dry(const struct cli *cli)
{
    return invocation_has(cli->call, "dry-run");
}

enum exit_code change_dry(struct cli *cli, const char *method, const char *path, const json_t *body)
{
    path = api_with(cli, path, "dry_run", "true");
    struct api_request request = {.method = method, .path = path, .body = body, .asks = true};
    json_t *answer;
    enum exit_code code = api_send(cli, &request, &answer);
    if (code == CLI_OK)
        code = need_answer(cli, answer);
    return code == CLI_OK ? dry_run_print(cli, answer) : code;
}
