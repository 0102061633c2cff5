// SPDX-License-Identifier: Apache-2.0
//
// `usher explain`: what would happen to a request for a session now, pool by pool. It answers a question, so a
// denial that it foretells is no failure of its own: the exit code is 0.
#include "cli/api.h"
#include "cli/change.h"
#include "cli/labels.h"
#include "cli/output.h"
#include "cli/problem.h"
#include "cli/resolve.h"
#include "cli/session_request.h"
#include "cli/tried.h"
#include "cli/value.h"

#include <string.h>

// "alice@example.com (US-1)"
static const char *named(struct cli *cli, const char *label, const char *id)
{
    return strcmp(label, id) == 0 ? id : arena_printf(&cli->arena, "%s (%s)", label, id);
}

static const char *level_named(struct cli *cli, const char *id)
{
    return resolve_is_id(id, "AC-") ? arena_printf(&cli->arena, "the account %s", id)
                                    : named(cli, labels_level(cli, id), id);
}

static void print(struct cli *cli, const json_t *answer)
{
    const char *user = value_text(answer, "user"), *product = value_text(answer, "product");
    long long count = (long long)value_number(answer, "count");
    const char *licenses = count == 1 ? "license" : "licenses", *error = value_text(answer, "error");
    user = user[0] != '\0' ? named(cli, labels_user(cli, user), user) : "The user";
    if (strcmp(value_text(answer, "would"), "grant") == 0)
        output_sentence(cli, "%s would be granted %lld %s of %s from %s: %s.", user, count, licenses, product,
                        level_named(cli, value_text(answer, "level")), tried_rule_words(value_text(answer, "via")));
    else
        output_sentence(cli, "%s would be denied %lld %s of %s: %s%s%s%s.", user, count, licenses, product,
                        problem_sentence(error), error[0] != '\0' ? " (" : "", error, error[0] != '\0' ? ")" : "");
    tried_print(cli, stdout, answer);
    if (error[0] != '\0' && strcmp(error, "no-license-available") != 0)
        problem_advise(error);
}

static enum exit_code run(struct cli *cli, const struct invocation *call)
{
    (void)call;
    json_t *body = body_new(cli), *answer = NULL;
    const char *path;
    enum exit_code code = session_request_read(cli, body);
    if (code == CLI_OK)
        code = api_account_path(cli, &path, "sessions", NULL);
    if (code != CLI_OK)
        return code;
    path = api_verb(cli, path, "explain");
    struct api_request request = {.method = "POST", .path = path, .body = body, .asks = true};
    code = api_send(cli, &request, &answer);
    if (code == CLI_OK && cli->as_json)
        output_json(cli, answer);
    else if (code == CLI_OK)
        print(cli, answer);
    return code;
}

const struct command explain_command = {
    .name = "explain",
    .summary = "say whether a session would be granted now, from which pool, and why",
    .details = "Every pool is shown in the order of trial, with the rule that put it there, its figures, what stands "
               "in the way, and when the next lease there ends. Nothing is changed.",
    .shared = session_request_options,
    .run = run,
};
