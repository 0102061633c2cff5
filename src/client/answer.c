// SPDX-License-Identifier: Apache-2.0
#include "client/answer.h"

#include "base/moment.h"
#include "client/client.h"

#include <string.h>

static enum verdict no_answer(const struct exchange *exchange, const struct usher *usher, struct usher_error *error)
{
    const char *url = usher->url;
    const char *words = exchange->words[0] != '\0' ? exchange->words : curl_easy_strerror(exchange->result);
    if (exchange->too_large) {
        error_set(error, USHER_PROTOCOL, "The answer of %.200s is larger than %d bytes.", url, ANSWER_MAX);
        return VERDICT_HOPELESS;
    }
    switch (exchange->result) {
    case CURLE_OUT_OF_MEMORY:
        error_memory(error);
        return VERDICT_HOPELESS;
    case CURLE_SSL_CACERT_BADFILE:
        error_set(error, USHER_INVALID, "The certificates to trust cannot be read: %.200s.", words);
        return VERDICT_HOPELESS;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        error_set(error, USHER_UNTRUSTED, "The certificate of %.200s is not trusted: %.200s.", url, words);
        return VERDICT_HOPELESS;
    case CURLE_UNSUPPORTED_PROTOCOL: // the first bytes are not HTTP
    case CURLE_WEIRD_SERVER_REPLY:
        error_set(error, USHER_PROTOCOL, "%.200s does not speak HTTP: %.200s.", url, words);
        return VERDICT_AGAIN;
    case CURLE_URL_MALFORMAT:
        error_set(error, USHER_INVALID, "%.200s cannot be asked: %.200s.", url, words);
        return VERDICT_HOPELESS;
    case CURLE_OPERATION_TIMEDOUT:
        error_set(error, USHER_UNAVAILABLE, "No answer from %.200s in time: %.200s.", url, words);
        return VERDICT_AGAIN;
    default:
        error_set(error, USHER_UNAVAILABLE, "%.200s cannot be reached: %.200s.", url, words);
        return VERDICT_AGAIN;
    }
}

static enum usher_code code_of(long status, const char *problem)
{
    switch (status) {
    case 400:
        return USHER_INVALID;
    case 401:
        return USHER_UNAUTHENTICATED;
    case 403:
        return USHER_FORBIDDEN;
    case 404:
        return USHER_NOT_FOUND;
    case 409:
        return strcmp(problem, "no-license-available") == 0 ? USHER_DENIED : USHER_CONFLICT;
    case 410:
        return USHER_ENDED;
    default:
        return status == 408 || status == 429 || status >= 500 ? USHER_UNAVAILABLE : USHER_REFUSED;
    }
}

// The soonest end of a lease in a pool that was tried, and why the first of them did not grant.
static void read_tried(const json_t *problem, struct usher_error *error)
{
    size_t i;
    json_t *trial;
    json_array_foreach(json_object_get(problem, "tried"), i, trial)
    {
        int64_t retry_after_s;
        if (answer_number(trial, "retry_after_s", 0, INT32_MAX, &retry_after_s) &&
            (error->retry_after_s < 0 || retry_after_s < error->retry_after_s))
            error->retry_after_s = retry_after_s;
        if (i == 0)
            (void)answer_text(trial, "reason", error->reason, sizeof error->reason);
    }
}

static bool read_problem(const struct exchange *exchange, const json_t *problem, struct usher_error *error)
{
    const char *type = json_string_value(json_object_get(problem, "type"));
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    if (type == NULL)
        return false;
    const char *slash = strrchr(type, '/');
    error_clear(error);
    text_copy(error->problem, sizeof error->problem, slash != NULL ? slash + 1 : type);
    error->code = code_of(exchange->status, error->problem);
    text_copy(error->detail, sizeof error->detail, detail != NULL && detail[0] != '\0' ? detail : error->problem);
    (void)answer_text(problem, "reason", error->reason, sizeof error->reason);
    (void)answer_text(problem, "request_id", error->request_id, sizeof error->request_id);
    if (error->code == USHER_DENIED)
        read_tried(problem, error);
    return error->problem[0] != '\0';
}

static void strange_status(const struct exchange *exchange, const struct usher *usher, struct usher_error *error)
{
    long status = exchange->status;
    if (code_of(status, "") == USHER_UNAVAILABLE)
        error_set(error, USHER_UNAVAILABLE, "%.200s answered with status %ld.", usher->url, status);
    else if (status >= 300 && status < 400)
        error_set(error, USHER_PROTOCOL, "%.200s sends on to \"%.200s\", which is not followed.", usher->url,
                  exchange->location);
    else
        error_set(error, USHER_PROTOCOL,
                  "%.200s answered with status %ld and %s, which is not what an Usher server says.", usher->url, status,
                  exchange->content_type[0] != '\0' ? exchange->content_type : "no content type");
}

static json_t *read_body(const struct exchange *exchange, const char *type)
{
    if (exchange->body == NULL || strcmp(exchange->content_type, type) != 0)
        return NULL;
    json_t *json = json_loadb(exchange->body, exchange->length, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

static enum verdict judge_refusal(const struct exchange *exchange, const struct usher *usher, json_t **ret_json,
                                  struct usher_error *error)
{
    json_t *problem = read_body(exchange, "application/problem+json");
    bool is_usher = problem != NULL && exchange->status >= 400 && read_problem(exchange, problem, error);
    if (!is_usher)
        strange_status(exchange, usher, error);
    if (error->code == USHER_UNAVAILABLE || !is_usher) {
        json_decref(problem);
        return error->code == USHER_UNAVAILABLE ? VERDICT_AGAIN : VERDICT_HOPELESS;
    }
    *ret_json = problem;
    return VERDICT_REFUSED;
}

enum verdict answer_judge(const struct exchange *exchange, const struct usher *usher, json_t **ret_json,
                          struct usher_error *error)
{
    *ret_json = NULL;
    if (exchange->result != CURLE_OK)
        return no_answer(exchange, usher, error);
    enum verdict verdict = VERDICT_OK;
    error_clear(error);
    if (exchange->status < 200 || exchange->status > 299) {
        verdict = judge_refusal(exchange, usher, ret_json, error);
    } else if ((*ret_json = read_body(exchange, "application/json")) == NULL) {
        // Cut on the way, perhaps, or another's answer: the next one may be whole.
        strange_status(exchange, usher, error);
        verdict = VERDICT_AGAIN;
    }
    error->status = (int)exchange->status;
    if (exchange->retry_after_s >= 0)
        error->retry_after_s = exchange->retry_after_s;
    return verdict;
}

bool answer_text(const json_t *json, const char *name, char *text, size_t size)
{
    const char *value = json_string_value(json_object_get(json, name));
    if (value == NULL)
        return false;
    text_copy(text, size, value);
    return strlen(value) < size;
}

bool answer_id(const json_t *json, const char *name, char *text, size_t size)
{
    return answer_text(json, name, text, size) && client_is_id(text);
}

bool answer_number(const json_t *json, const char *name, int64_t low, int64_t high, int64_t *ret)
{
    const json_t *value = json_object_get(json, name);
    if (!json_is_integer(value) || json_integer_value(value) < low || json_integer_value(value) > high)
        return false;
    *ret = json_integer_value(value);
    return true;
}

bool answer_moment(const json_t *json, const char *name, bool may_be_null, int64_t *ret_at)
{
    const json_t *value = json_object_get(json, name);
    if (may_be_null && json_is_null(value)) {
        *ret_at = 0;
        return true;
    }
    return json_is_string(value) && moment_parse(json_string_value(value), ret_at);
}

enum usher_code answer_strange(struct usher_error *error, const char *what)
{
    int status = error->status;
    error_set(error, USHER_PROTOCOL, "The server's answer is not %s.", what);
    error->status = status;
    return USHER_PROTOCOL;
}
