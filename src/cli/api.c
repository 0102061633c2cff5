// SPDX-License-Identifier: Apache-2.0
#include "cli/api.h"

#include "base/check.h"
#include "cli/message.h"
#include "cli/problem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { IDEMPOTENCY_KEY_SIZE = 33 };

static bool changes(const struct api_request *request)
{
    return !request->asks && strcmp(request->method, "GET") != 0;
}

// What may be sent a second time without doing anything twice: by HTTP's own rules, or by the idempotency key.
static bool may_repeat(const struct api_request *request)
{
    return request->creates || !changes(request) || strcmp(request->method, "PUT") == 0;
}

static void make_idempotency_key(char key[IDEMPOTENCY_KEY_SIZE])
{
    unsigned char bytes[(IDEMPOTENCY_KEY_SIZE - 1) / 2];
    for (size_t have = 0; have < sizeof bytes;) {
        ssize_t got = getrandom(bytes + have, sizeof bytes - have, 0);
        CHECK(got > 0 || errno == EINTR);
        have += got > 0 ? (size_t)got : 0;
    }
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(key + 2 * i, 3, "%02x", bytes[i]);
}

enum exit_code api_connect(struct cli *cli)
{
    enum exit_code code = cli_settle(cli);
    if (code != CLI_OK || cli->http.curl != NULL)
        return code;
    if (cli->settings.key == NULL) {
        complain("there is no key for %s", cli->settings.url);
        advise("Log in with `usher login --url %s`, or set USHER_KEY.", cli->settings.url);
        return CLI_NOT_ALLOWED;
    }
    if (!http_open(&cli->http)) {
        complain("libcurl cannot be set up");
        return CLI_LOCAL;
    }
    return CLI_OK;
}

static void send_twice_if_cut(struct cli *cli, const struct api_request *request, const char *body,
                              struct http_answer *answer)
{
    char key[IDEMPOTENCY_KEY_SIZE];
    make_idempotency_key(key);
    struct http_request http = {
        .method = request->method,
        .url = arena_printf(&cli->arena, "%s%s", cli->settings.url, request->path),
        .key = cli->settings.key,
        .ca_cert = cli->settings.ca_cert,
        .body = body,
        .idempotency_key = request->creates ? key : NULL,
        .accept = "application/json, application/problem+json",
        .fresh = changes(request),
        .timeout_s = cli->settings.timeout_s,
    };
    http_send(&cli->http, &http, answer);
    if (http_was_cut(answer->result) && may_repeat(request)) {
        http_answer_fini(answer);
        *answer = (struct http_answer){0};
        http_send(&cli->http, &http, answer);
    }
}

static enum exit_code explain(struct cli *cli, const struct api_request *request, const struct http_answer *answer)
{
    bool failed = answer->result != CURLE_OK || answer->too_large;
    if (!request->quiet)
        return failed ? api_explain_failure(cli, answer, changes(request)) : api_explain_answer(cli, answer);
    return failed ? CLI_UNAVAILABLE : problem_exit_code(answer->status);
}

// NULL with CLI_OK for an answer that has no body.
static enum exit_code read_body(struct cli *cli, const struct api_request *request, const struct http_answer *answer,
                                json_t **ret_json)
{
    *ret_json = NULL;
    if (answer->status == 204 && answer->body.length == 0)
        return CLI_OK;
    if (strcmp(answer->content_type, "application/json") != 0)
        return request->quiet ? CLI_UNAVAILABLE : api_explain_answer(cli, answer);
    json_error_t error;
    *ret_json = json_loadb(buffer_text(&answer->body), answer->body.length, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(*ret_json))
        return CLI_OK;
    if (!request->quiet)
        complain("the answer of %s cannot be read: %s", cli->settings.url,
                 *ret_json == NULL ? error.text : "it is not a JSON object");
    json_decref(*ret_json);
    *ret_json = NULL;
    return CLI_UNAVAILABLE;
}

enum exit_code api_send_owned(struct cli *cli, const struct api_request *request, json_t **ret_json)
{
    enum exit_code code = api_connect(cli);
    if (code != CLI_OK)
        return code;
    char *body = request->body != NULL ? json_dumps(request->body, JSON_COMPACT) : NULL;
    CHECK(request->body == NULL || body != NULL);
    struct http_answer answer = {0};
    send_twice_if_cut(cli, request, body, &answer);
    json_t *json = NULL;
    if (answer.result != CURLE_OK || answer.status < 200 || answer.status > 299)
        code = explain(cli, request, &answer);
    else
        code = read_body(cli, request, &answer, &json);
    http_answer_fini(&answer);
    free(body);
    if (code == CLI_OK && ret_json != NULL)
        *ret_json = json;
    else
        json_decref(json);
    return code;
}

enum exit_code api_send(struct cli *cli, const struct api_request *request, json_t **ret_json)
{
    json_t *json = NULL;
    enum exit_code code = api_send_owned(cli, request, &json);
    if (json != NULL)
        cli_keep(cli, json);
    if (code == CLI_OK && ret_json != NULL)
        *ret_json = json;
    return code;
}

enum exit_code api_get(struct cli *cli, const char *path, json_t **ret_json)
{
    struct api_request request = {.method = "GET", .path = path};
    enum exit_code code = api_send(cli, &request, ret_json);
    if (code == CLI_OK && *ret_json == NULL) {
        complain("the answer of %s is empty", cli->settings.url);
        code = CLI_UNAVAILABLE;
    }
    return code;
}
