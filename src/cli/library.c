// SPDX-License-Identifier: Apache-2.0
#include "cli/library.h"

#include "base/check.h"
#include "base/moment.h"
#include "cli/api.h"
#include "cli/message.h"
#include "cli/problem.h"
#include "cli/tried.h"
#include "cli/value.h"

#include <string.h>

static enum exit_code exit_code_of(const struct usher_error *error)
{
    switch (error->code) {
    case USHER_INVALID:
        return error->status == 0 ? CLI_WRONG_USE : CLI_REFUSED;
    case USHER_MEMORY:
    case USHER_SYSTEM:
    case USHER_FORKED:
        return CLI_LOCAL;
    case USHER_UNAVAILABLE:
    case USHER_UNTRUSTED:
    case USHER_PROTOCOL:
        return CLI_UNAVAILABLE;
    case USHER_UNAUTHENTICATED:
    case USHER_FORBIDDEN:
        return CLI_NOT_ALLOWED;
    case USHER_NOT_FOUND:
    case USHER_ENDED:
        return CLI_NOT_FOUND;
    case USHER_DENIED:
    case USHER_CONFLICT:
    case USHER_LEASE_BROKEN:
    case USHER_LEASE_UNKNOWN_KEY:
    case USHER_LEASE_OTHER_MACHINE:
    case USHER_LEASE_NOT_YET:
    case USHER_LEASE_OVER:
    case USHER_LEASE_RETURNED:
    case USHER_CLOCK_TURNED_BACK:
        return CLI_DENIED;
    default:
        return CLI_REFUSED;
    }
}

enum exit_code library_explain(struct cli *cli, const struct usher_error *error, const json_t *denial)
{
    complain("%s", error->detail);
    if (denial != NULL)
        tried_print(cli, stderr, denial);
    if (error->code == USHER_UNTRUSTED)
        advise("If it is your own server, name the certificates to trust with --ca-cert FILE.");
    if (error->code == USHER_LEASE_UNKNOWN_KEY || error->code == USHER_CLOCK_TURNED_BACK)
        advise("`usher leases refresh` fetches the server's keys and time.");
    problem_advise(error->problem);
    if (error->status >= 500 && error->request_id[0] != '\0')
        advise("The server's log has more under the request id %s.", error->request_id);
    return exit_code_of(error);
}

enum exit_code library_open(struct cli *cli, struct usher **ret_usher)
{
    enum exit_code code = api_connect(cli);
    if (code != CLI_OK)
        return code;
    const struct settings *settings = &cli->settings;
    struct usher_error error;
    struct usher *usher = usher_open(settings->url, settings->key, settings->account, &error);
    if (usher != NULL && settings->ca_cert != NULL)
        usher_set_ca_file(usher, settings->ca_cert, &error);
    if (usher != NULL && error.code == USHER_OK)
        usher_set_timeout(usher, settings->timeout_s, &error);
    if (error.code == USHER_OK) {
        *ret_usher = usher;
        return CLI_OK;
    }
    usher_close(usher);
    return library_explain(cli, &error, NULL);
}

struct usher_request *library_request(const json_t *body)
{
    struct usher_request *request = usher_request_new(value_text(body, "product"));
    usher_request_set_user(request, json_string_value(json_object_get(body, "user")));
    usher_request_set_project(request, json_string_value(json_object_get(body, "project")));
    usher_request_set_organization(request, json_string_value(json_object_get(body, "organization")));
    if (value_is_set(body, "machine"))
        usher_request_set_machine(request, value_text(body, "machine"));
    if (value_is_set(body, "count"))
        usher_request_set_count(request, value_number(body, "count"));
    return request;
}

static void set(json_t *object, const char *member, json_t *value)
{
    CHECK(json_object_set_new(object, member, value) == 0);
}

// What the key may not see was absent.
static void set_figure(json_t *object, const char *member, int64_t figure)
{
    if (figure >= 0)
        set(object, member, json_integer(figure));
}

static json_t *trial_json(const struct usher_trial *trial)
{
    json_t *json = json_object();
    set(json, "level", json_string(trial->level));
    set(json, "rule", json_string(trial->rule));
    set_figure(json, "dedicated", trial->dedicated);
    set_figure(json, "pool", trial->pool);
    set_figure(json, "assigned", trial->assigned);
    set_figure(json, "available", trial->available);
    set(json, "reason", trial->reason != NULL ? json_string(trial->reason) : json_null());
    set_figure(json, "retry_after_s", trial->retry_after_s);
    return json;
}

json_t *library_denial(struct cli *cli, const struct usher_explanation *denial)
{
    if (denial == NULL)
        return NULL;
    json_t *json = cli_keep(cli, json_object()), *tried = json_array(), *reasons = json_object();
    for (size_t i = 0; i < denial->tried_count; i++)
        CHECK(json_array_append_new(tried, trial_json(denial->tried[i])) == 0);
    for (size_t i = 0; i < denial->reasons_count; i++)
        set(reasons, denial->reasons[i]->reason, json_integer(denial->reasons[i]->count));
    set(json, "policy", json_string(denial->policy));
    set(json, "fallback", json_boolean(denial->fallback));
    set(json, "tried", tried);
    set_figure(json, "tried_total", denial->tried_total);
    set(json, "reasons", reasons);
    return json;
}

const char *library_time(struct arena *arena, int64_t at)
{
    char text[MOMENT_TEXT_SIZE];
    moment_format(at, text);
    return arena_printf(arena, "%.10s %.8sZ", text, text + 11);
}
