// SPDX-License-Identifier: Apache-2.0
//
// An explanation is one block for the caller and, behind it, the JSON in which its strings live.
#include "client/explanation.h"

#include "client/call.h"
#include "client/client.h"
#include "client/moments.h"

#include <stdlib.h>
#include <string.h>

struct whole {
    struct usher_explanation shown;
    json_t *json;
    struct usher_trial *trials;
    const struct usher_trial **trial_list;
    struct usher_reason_count *counts;
    const struct usher_reason_count **count_list;
};

static const char *text_of(const json_t *json, const char *name)
{
    return json_string_value(json_object_get(json, name));
}

static int64_t figure_of(const json_t *json, const char *name)
{
    int64_t figure = -1;
    (void)answer_number(json, name, 0, INT64_MAX, &figure);
    return figure;
}

static const char *or_nothing(const char *text)
{
    return text != NULL ? text : "";
}

static void read_trial(const json_t *json, struct usher_trial *trial)
{
    *trial = (struct usher_trial){
        .level = or_nothing(text_of(json, "level")),
        .rule = or_nothing(text_of(json, "rule")),
        .reason = text_of(json, "reason"),
        .dedicated = figure_of(json, "dedicated"),
        .pool = figure_of(json, "pool"),
        .assigned = figure_of(json, "assigned"),
        .available = figure_of(json, "available"),
        .retry_after_s = figure_of(json, "retry_after_s"),
    };
}

static bool read_trials(struct whole *whole)
{
    const json_t *tried = json_object_get(whole->json, "tried");
    size_t count = json_array_size(tried);
    if (count == 0)
        return true;
    whole->trials = calloc(count, sizeof *whole->trials);
    whole->trial_list = calloc(count, sizeof *whole->trial_list);
    if (whole->trials == NULL || whole->trial_list == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        read_trial(json_array_get(tried, i), &whole->trials[i]);
        whole->trial_list[i] = &whole->trials[i];
    }
    whole->shown.tried_count = count;
    whole->shown.tried = whole->trial_list;
    return true;
}

static bool read_reasons(struct whole *whole)
{
    json_t *reasons = json_object_get(whole->json, "reasons"), *number;
    const char *reason;
    size_t count = json_object_size(reasons), i = 0;
    if (count == 0)
        return true;
    whole->counts = calloc(count, sizeof *whole->counts);
    whole->count_list = calloc(count, sizeof *whole->count_list);
    if (whole->counts == NULL || whole->count_list == NULL)
        return false;
    json_object_foreach(reasons, reason, number)
    {
        whole->counts[i] = (struct usher_reason_count){.reason = reason, .count = json_integer_value(number)};
        whole->count_list[i] = &whole->counts[i];
        i++;
    }
    whole->shown.reasons_count = count;
    whole->shown.reasons = whole->count_list;
    return true;
}

static void read_shown(struct whole *whole)
{
    const json_t *json = whole->json;
    const char *would = text_of(json, "would");
    struct usher_explanation *shown = &whole->shown;
    shown->would_grant = would != NULL && strcmp(would, "grant") == 0;
    shown->level = text_of(json, "level");
    shown->via = text_of(json, "via");
    shown->error = would != NULL ? text_of(json, "error") : "no-license-available";
    shown->product = or_nothing(text_of(json, "product"));
    shown->user = or_nothing(text_of(json, "user"));
    shown->policy = or_nothing(text_of(json, "policy"));
    shown->fallback = json_is_true(json_object_get(json, "fallback"));
    shown->count = figure_of(json, "count");
    shown->tried_total = figure_of(json, "tried_total");
}

struct usher_explanation *explanation_read(json_t *json)
{
    if (!json_is_array(json_object_get(json, "tried")))
        return NULL;
    struct whole *whole = calloc(1, sizeof *whole);
    if (whole == NULL)
        return NULL;
    whole->json = json_incref(json);
    read_shown(whole);
    if (read_trials(whole) && read_reasons(whole))
        return &whole->shown;
    usher_explanation_free(&whole->shown);
    return NULL;
}

struct usher_explanation *explanation_replace(struct usher_explanation *old, json_t *json)
{
    usher_explanation_free(old);
    return explanation_read(json);
}

void usher_explanation_free(struct usher_explanation *explanation)
{
    // `shown` is the first member.
    struct whole *whole = (struct whole *)(void *)explanation;
    if (whole == NULL)
        return;
    json_decref(whole->json);
    free(whole->trials);
    free(whole->trial_list);
    free(whole->counts);
    free(whole->count_list);
    free(whole);
}

struct usher_explanation *usher_explain(struct usher *usher, struct usher_request *request, struct usher_error *error)
{
    struct usher_error spare;
    error = ERROR_OR(error, &spare);
    if (!client_check(usher, error) || !request_check(request, error))
        return NULL;
    struct patience patience = {.request = request, .deadline_at = boot_now() + client_timeout_ms(usher)};
    char *path = call_path(usher, "/sessions:explain"), *body = request_body(request->members, 0);
    struct ask ask = {.method = "POST", .path = path, .body = body};
    struct usher_explanation *explanation = NULL;
    json_t *json = NULL;
    if (path == NULL || body == NULL)
        error_memory(error);
    else if (call_send(usher, &patience, &ask, &json, NULL, error) == USHER_OK &&
             (explanation = explanation_read(json)) == NULL)
        answer_strange(error, "an explanation");
    json_decref(json);
    free(body);
    free(path);
    return explanation;
}
