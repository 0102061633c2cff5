// SPDX-License-Identifier: Apache-2.0
//
// One request and its answer, on the HTTP thread. libmicrohttpd calls with the first line (http_exchange_line), then
// http_exchange_access once for the headers, for each piece of the body, and when all is there; once more when a
// suspended connection was resumed; and http_exchange_done at the end, whatever became of it.
//
// An error that the front finds itself is kept in `refused` until the whole body has passed by, unread: an answer in
// the middle of a body would close the connection while the client still sends, and the reset that follows would
// destroy the answer on its way. Only a body too long to wait for is answered at once.
#include "server/http_parts.h"

#include "base/check.h"
#include "server/http_uri.h"

#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { KEPT_BODY_MAX = 16 * 1024, KEPT_ARENA_MAX = 64 * 1024 };

static const char body_too_large[] = "The body is larger than this address takes. Send less at a time.";
static const char head_too_large[] =
    "The headers of the request, with its address, are too large. Send fewer or shorter ones.";
static const char head_not_plain[] =
    "A line of the request's head does not end with CR and LF, goes on in a second line, or holds a zero byte.";
static const char bodies_too_large[] = "The server is receiving too much at once. Try again in a moment.";

void http_make_id(struct http *http, char id[HTTP_ID_MAX + 1])
{
    snprintf(id, HTTP_ID_MAX + 1, "%s-%" PRIx64, http->id_prefix, atomic_fetch_add(&http->next_id, 1));
}

static struct client *client_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info->socket_context;
}

// Empties the query in libmicrohttpd's own buffer, before it takes it apart: we have done so already, and 0.9.75 hangs
// the connection when the parameters are too many for its memory.
static void hide_query(const char *uri)
{
    char *query = uri != NULL ? strchr((char *)(uintptr_t)uri, '?') : NULL;
    if (query != NULL)
        query[1] = '\0';
}

void *http_exchange_line(void *user, const char *uri, struct MHD_Connection *connection)
{
    (void)user;
    struct client *client = client_of(connection);
    struct exchange *exchange = &client->exchange;
    struct http_request *request = &exchange->request;
    exchange->connection = connection;
    exchange->open = true;
    request->method = request->path = request->body = "";
    request->tls = exchange->http->certificate != NULL;
    memcpy(request->client, client->text, sizeof request->client);
    http_make_id(exchange->http, request->id);
    exchange->target_end = uri != NULL ? uri + strlen(uri) : NULL;
    exchange->refusal = http_uri_parse(request, uri != NULL ? uri : "");
    if (exchange->refusal != NULL)
        exchange->refused = 400;
    hide_query(uri);
    // The time runs on from when the connection fell idle.
    http_client_move(client, PHASE_RECEIVING, client_since(atomic_load(&client->state)));
    return exchange;
}

static void release_body(struct exchange *exchange)
{
    atomic_fetch_sub(&exchange->http->bodies, exchange->body_reserved);
    exchange->body_reserved = 0;
    if (exchange->body.size > KEPT_BODY_MAX)
        buffer_fini(&exchange->body);
    else
        buffer_clear(&exchange->body);
}

static void refuse(struct exchange *exchange, unsigned status, const char *detail)
{
    exchange->refused = status;
    exchange->refusal = detail;
    release_body(exchange);
}

static enum MHD_Result send_refusal(struct exchange *exchange)
{
    struct http *http = exchange->http;
    exchange->answer = (struct http_answer){.status = exchange->refused};
    exchange->has_answer = true;
    http->options.problem(http->options.user, &exchange->request, exchange->refused, exchange->refusal,
                          &exchange->answer);
    exchange->answer.status = exchange->refused;
    return http_send(exchange);
}

// Refuses headers that leave libmicrohttpd no room for an answer, so it goes past it; the connection ends.
static enum MHD_Result refuse_head(struct exchange *exchange)
{
    char *text = http_send_as_text(exchange->http, exchange->client, 431, head_too_large);
    if (exchange->http->certificate == NULL) {
        (void)!send(exchange->client->socket, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
        gnutls_record_send((gnutls_session_t)info->tls_session, text, strlen(text));
    }
    free(text);
    exchange->status = 431;
    return MHD_NO;
}

static enum MHD_Result begin(struct exchange *exchange, const char *method, const char *version)
{
    struct http *http = exchange->http;
    struct http_request *request = &exchange->request;
    request->method = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 ? MHD_HTTP_METHOD_GET : method;
    exchange->begun = true;
    if (!http_headers_fit(exchange->connection))
        return refuse_head(exchange);
    uint64_t length;
    bool expects_continue;
    const char *wrong = http_headers_read(request, exchange->connection, version, &length, &expects_continue);
    if (!http_head_is_plain(exchange->connection, method, version, exchange->target_end))
        wrong = head_not_plain;
    exchange->has_body = length > 0;
    // libmicrohttpd takes a bare LF for the end of a line in chunks, too, where that cannot be seen any more.
    exchange->is_last = wrong != NULL || length == UINT64_MAX;
    if (wrong != NULL && exchange->refused == 0)
        refuse(exchange, 400, wrong);
    if (exchange->refused == 0) {
        exchange->body_limit = http->options.body_limit(http->options.user, request->method, request->path);
        if (length != UINT64_MAX && length > exchange->body_limit)
            refuse(exchange, 413, body_too_large);
    }
    // Where a body ends is not known for sure, or it is not worth waiting for, or its sender waits for this answer.
    bool hopeless = wrong != NULL || expects_continue || (length != UINT64_MAX && length > HTTP_DRAIN_MAX);
    return exchange->refused != 0 && hopeless ? send_refusal(exchange) : MHD_YES;
}

// What all unfinished bodies take together is counted by the memory that they hold.
static bool reserve(struct exchange *exchange)
{
    struct http *http = exchange->http;
    size_t more = exchange->body.size - exchange->body_reserved;
    if (more == 0)
        return true;
    exchange->body_reserved += more;
    return atomic_fetch_add(&http->bodies, more) + more <= http->options.bodies_max;
}

static enum MHD_Result take_body(struct exchange *exchange, const char *data, size_t size)
{
    exchange->body_received += size;
    if (exchange->refused != 0)
        return exchange->body_received <= HTTP_DRAIN_MAX ? MHD_YES : MHD_NO;
    if (exchange->body_received > exchange->body_limit) {
        refuse(exchange, 413, body_too_large);
        return MHD_YES;
    }
    buffer_add(&exchange->body, data, size);
    if (!reserve(exchange))
        refuse(exchange, 503, bodies_too_large);
    return MHD_YES;
}

// Sends the answer that the owner gave, or ends the connection if nobody is left to take it.
static enum MHD_Result take_answer(struct exchange *exchange)
{
    bool gone = (atomic_load(&exchange->client->turn) & TURN_GONE) != 0;
    return gone ? MHD_NO : http_send(exchange);
}

// Watched requests are suspended; the others are polled unless the answer has just come.
static enum MHD_Result wait_for_answer(struct exchange *exchange)
{
    struct client *client = exchange->client;
    unsigned turn = atomic_load(&client->turn);
    while ((turn & (TURN_ANSWERED | TURN_WATCHED)) == 0) {
        if (atomic_compare_exchange_weak(&client->turn, &turn, turn | TURN_POLLED)) {
            client->loop->polled++;
            return MHD_YES;
        }
    }
    if (turn_has_answer(turn))
        return take_answer(exchange);
    MHD_suspend_connection(exchange->connection);
    // The answer may have come in between, and whoever gave it left the connection to us.
    http_loop_tell(client->loop, client, atomic_fetch_or(&client->turn, TURN_SUSPENDED) | TURN_SUSPENDED);
    return MHD_YES;
}

// Hands the request to the owner.
static enum MHD_Result offer(struct exchange *exchange)
{
    struct http *http = exchange->http;
    exchange->request.body = buffer_text(&exchange->body);
    exchange->request.body_length = exchange->body.length;
    exchange->request.received_ns = monotonic_ns();
    if (!http_client_move(exchange->client, PHASE_HANDLING, exchange->request.received_ns))
        return MHD_NO;
    atomic_fetch_add(&http->outstanding, 1);
    atomic_store(&exchange->client->turn, TURN_OFFERED);
    http->options.handle(http->options.user, &exchange->request);
    return wait_for_answer(exchange);
}

// What libmicrohttpd asks again and again, until there is an answer.
static enum MHD_Result look_for_answer(struct exchange *exchange, unsigned turn)
{
    struct client *client = exchange->client;
    if (!turn_has_answer(turn))
        return MHD_YES;
    if ((turn & TURN_POLLED) != 0) {
        atomic_fetch_and(&client->turn, ~(unsigned)TURN_POLLED);
        client->loop->polled--;
    }
    return take_answer(exchange);
}

void http_answer(struct http_request *request, const struct http_answer *answer)
{
    struct exchange *exchange = (struct exchange *)(void *)request;
    struct http *http = exchange->http;
    struct client *client = exchange->client;
    struct loop *loop = client->loop;
    exchange->answer = *answer;
    exchange->has_answer = true;
    unsigned turn = atomic_fetch_or(&client->turn, TURN_ANSWERED);
    CHECK((turn & (TURN_OFFERED | TURN_ANSWERED)) == TURN_OFFERED);
    // From here on the exchange is the HTTP thread's, which may be done with it already.
    http_loop_tell(loop, client, turn | TURN_ANSWERED);
    atomic_fetch_sub(&http->outstanding, 1);
}

enum MHD_Result http_exchange_access(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                                     const char *version, const char *data, size_t *size, void **context)
{
    (void)user, (void)connection, (void)url;
    struct exchange *exchange = *context;
    if (!exchange->begun)
        return begin(exchange, method, version);
    if (*size > 0) {
        size_t taken = *size;
        *size = 0;
        return take_body(exchange, data, taken);
    }
    unsigned turn = atomic_load(&exchange->client->turn);
    if ((turn & TURN_OFFERED) != 0)
        return look_for_answer(exchange, turn);
    return exchange->refused != 0 ? send_refusal(exchange) : offer(exchange);
}

// Makes the exchange ready for the next request of the connection.
static void renew(struct exchange *exchange)
{
    release_body(exchange);
    struct arena arena = exchange->request.arena;
    if (arena.taken > KEPT_ARENA_MAX)
        arena_fini(&arena);
    else
        arena_clear(&arena);
    struct buffer body = exchange->body;
    struct http *http = exchange->http;
    struct client *client = exchange->client;
    *exchange = (struct exchange){.http = http, .client = client, .body = body};
    exchange->request.arena = arena;
    atomic_store(&client->turn, 0);
}

// What libmicrohttpd has answered itself, such as 431; 0 when nothing was.
static unsigned status_of_library(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
    return info != NULL ? info->http_status : 0;
}

static void end(struct exchange *exchange, unsigned status)
{
    struct http *http = exchange->http;
    if (exchange->has_answer)
        http_answer_drop(&exchange->answer);
    if (http->options.done != NULL)
        http->options.done(http->options.user, &exchange->request, status);
    renew(exchange);
}

// Whether the owner still has the request of a connection that ends: then the exchange stays behind.
static bool is_left(struct client *client)
{
    if ((atomic_load(&client->turn) & TURN_POLLED) == 0)
        return false;
    client->loop->polled--;
    return !turn_has_answer(atomic_fetch_or(&client->turn, TURN_LEFT));
}

void http_exchange_end_left(struct exchange *exchange)
{
    end(exchange, 0);
}

void http_exchange_done(void *user, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code)
{
    (void)user, (void)code;
    struct exchange *exchange = *context;
    *context = NULL;
    if (exchange == NULL || !exchange->open || is_left(exchange->client))
        return;
    struct client *client = exchange->client;
    bool cut = client_phase(atomic_load(&client->state)) == PHASE_CUT;
    unsigned status = exchange->status == 0 && cut ? 408 : exchange->status;
    end(exchange, status != 0 ? status : status_of_library(connection));
    http_client_move(client, PHASE_IDLE, monotonic_ns());
}

void http_exchange_fini(struct exchange *exchange)
{
    arena_fini(&exchange->request.arena);
    buffer_fini(&exchange->body);
}
