// SPDX-License-Identifier: Apache-2.0
#include "api_probe.h"

#include <stdlib.h>
#include <string.h>

void probe_init(struct probe *probe)
{
    *probe = (struct probe){.content_type = "application/json"};
    arena_init(&probe->arena);
}

void probe_fini(struct probe *probe)
{
    arena_fini(&probe->arena);
}

static void read_query(struct probe *probe, char *text, struct call_request *request)
{
    struct call_parameter *query = arena_alloc(&probe->arena, 32 * sizeof *query);
    for (char *name = strtok(text, "&"); name != NULL; name = strtok(NULL, "&")) {
        char *equals = strchr(name, '=');
        if (equals != NULL)
            *equals = '\0';
        query[request->query_count++] =
            (struct call_parameter){.name = name, .value = equals != NULL ? equals + 1 : ""};
    }
    request->query = query;
}

struct call *probe_read_bytes(struct probe *probe, const char *line, const void *body, size_t length)
{
    char *method = arena_strdup(&probe->arena, line);
    char *path = strchr(method, ' ');
    *path++ = '\0';
    char *query = strchr(path, '?');
    if (query != NULL)
        *query++ = '\0';
    struct call_request request = {
        .method = method,
        .path = path,
        .authorization = "Bearer secret",
        .idempotency_key = probe->idempotency_key,
        .content_type = length > 0 ? probe->content_type : NULL,
        .body = body,
        .body_length = length,
        .id = "request-1",
    };
    if (query != NULL)
        read_query(probe, query, &request);
    return call_read(&request, &probe->arena);
}

struct call *probe_read(struct probe *probe, const char *line, const char *body)
{
    return probe_read_bytes(probe, line, body != NULL ? body : "", body != NULL ? strlen(body) : 0);
}

const char *probe_write(struct probe *probe, const struct call *call, int *ret_status)
{
    struct call_answer answer;
    call_write(call, &answer);
    *ret_status = answer.status;
    const char *text = answer.body != NULL ? arena_strdup(&probe->arena, answer.body) : NULL;
    if (answer.body != NULL)
        assert_int_equal(strlen(answer.body), answer.body_length);
    free(answer.body);
    return text;
}

void assert_reads(const struct call *call)
{
    if (result_is_refusal(call->form.result))
        fail_msg("refused: %s (%s)", call->form.detail, call->form.pointer != NULL ? call->form.pointer : "no pointer");
}

static const char *where_of(const struct call *call)
{
    if (call->form_parameter != NULL)
        return arena_printf(call->arena, "?%s", call->form_parameter);
    if (call->form_header != NULL)
        return arena_printf(call->arena, ":%s", call->form_header);
    return call->form.pointer != NULL ? call->form.pointer : "nowhere";
}

void assert_refused(const struct call *call, enum result result, const char *where)
{
    if (call->form.result != result)
        fail_msg("%s, not %s: %s", result_types[call->form.result].name, result_types[result].name,
                 call->form.detail != NULL ? call->form.detail : "no detail");
    assert_string_equal(where_of(call), where);
    // Every refusal is a sentence.
    size_t length = strlen(call->form.detail);
    assert_true(length > 10 && strchr(".?!", call->form.detail[length - 1]) != NULL);
}
