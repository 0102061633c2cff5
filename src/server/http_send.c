// SPDX-License-Identifier: Apache-2.0
#include "server/http_parts.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void http_answer_header(struct http_answer *answer, const char *name, const char *value)
{
    CHECK(answer->header_count < HTTP_ANSWER_HEADERS_MAX);
    answer->headers[answer->header_count++] = (struct http_header){.name = name, .value = value};
}

void http_answer_drop(struct http_answer *answer)
{
    free(answer->body);
    if (answer->from_file)
        close(answer->file);
    *answer = (struct http_answer){0};
}

// Takes over body or file.
static struct MHD_Response *make_response(struct http_answer *answer)
{
    struct MHD_Response *response;
    if (answer->from_file)
        response = MHD_create_response_from_fd64(answer->length, answer->file);
    else if (answer->lasting != NULL)
        response = MHD_create_response_from_buffer((size_t)answer->length, (void *)(uintptr_t)answer->lasting,
                                                   MHD_RESPMEM_PERSISTENT);
    else if (answer->body == NULL)
        response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    else
        response = MHD_create_response_from_buffer((size_t)answer->length, answer->body, MHD_RESPMEM_MUST_FREE);
    CHECK(response != NULL && "out of memory");
    answer->body = NULL;
    answer->from_file = false;
    return response;
}

static void add_headers(struct MHD_Response *response, const struct exchange *exchange)
{
    const struct http_answer *answer = &exchange->answer;
    const char *cache_control = answer->cache_control != NULL ? answer->cache_control : "no-store";
    if (answer->content_type != NULL)
        MHD_add_response_header(response, "Content-Type", answer->content_type);
    MHD_add_response_header(response, "X-Request-Id", exchange->request.id);
    MHD_add_response_header(response, "Cache-Control", cache_control);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    for (size_t i = 0; i < answer->header_count; i++)
        MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value);
    bool body_refused = exchange->refused != 0 && exchange->has_body;
    if (body_refused || exchange->is_last || atomic_load(&exchange->http->closing))
        MHD_add_response_header(response, "Connection", "close");
}

enum MHD_Result http_send(struct exchange *exchange)
{
    struct http_answer *answer = &exchange->answer;
    if (answer->render != NULL)
        answer->render(&exchange->request, answer);
    CHECK(answer->status >= 200 && answer->status <= 599);
    exchange->status = answer->status;
    struct MHD_Response *response = make_response(answer);
    exchange->has_answer = false;
    add_headers(response, exchange);
    http_client_move(exchange->client, PHASE_ANSWERING, monotonic_ns());
    enum MHD_Result result = MHD_queue_response(exchange->connection, exchange->status, response);
    MHD_destroy_response(response);
    return result;
}

char *http_send_as_text(struct http *http, struct client *client, unsigned status, const char *detail)
{
    struct http_request request = {.method = "", .path = "", .body = ""};
    struct http_answer answer = {.status = status};
    http_make_id(http, request.id);
    memcpy(request.client, client->text, sizeof request.client);
    http->options.problem(http->options.user, &request, status, detail, &answer);
    if (answer.render != NULL)
        answer.render(&request, &answer);

    struct buffer text = {0};
    buffer_printf(&text, "HTTP/1.1 %u %s\r\n", status, MHD_get_reason_phrase_for(status));
    if (answer.content_type != NULL)
        buffer_printf(&text, "Content-Type: %s\r\n", answer.content_type);
    buffer_printf(&text,
                  "X-Request-Id: %s\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                  "Connection: close\r\nContent-Length: %" PRIu64 "\r\n\r\n",
                  request.id, answer.body != NULL ? answer.length : 0);
    if (answer.body != NULL)
        buffer_add(&text, answer.body, (size_t)answer.length);
    http_answer_drop(&answer);
    arena_fini(&request.arena);
    return buffer_take(&text);
}
