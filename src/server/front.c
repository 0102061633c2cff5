// SPDX-License-Identifier: Apache-2.0
#include "server/front.h"

#include "api/call.h"
#include "base/check.h"
#include "base/table.h"
#include "server/console.h"
#include "server/guard.h"
#include "server/hashers.h"
#include "server/http.h"
#include "server/lease_keys.h"
#include "server/processor.h"
#include "server/readers.h"
#include "server/sign_in_watch.h"
#include "server/watch.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { READER_THREADS = 2, PROCESSORS_MAX = 64, QUIESCE_MS = 10000, HASHERS_RETRY_S = 2, READY_RETRY_S = 1 };

struct front {
    struct http *http;
    struct processor *processors[PROCESSORS_MAX]; // each with a service of its own
    struct watch *watches[PROCESSORS_MAX];        // in a shared store
    unsigned processor_count;
    struct readers *readers;
    struct hashers *hashers;
    struct lease_keys *lease_keys;
    struct instruments instruments;
    struct guard guard;
    struct sign_in_watch sign_in_watch;
    atomic_uint_fast64_t serial; // of the last request
    const struct log *log;
};

// What hangs on a request, in its arena.
struct flight {
    struct front *front;
    struct processor *processor; // that it is decided by
    struct http_request *request;
    struct call *call;
    struct job job;
    struct attempt attempt; // to sign in
    const char *problem; // for the log
    bool is_console;
};

static struct flight *flight_of(struct job *job)
{
    return (struct flight *)(void *)((char *)job - offsetof(struct flight, job));
}

// ---- Answers

static void fill(struct flight *flight, const struct call_answer *from, struct http_answer *to)
{
    to->status = (unsigned)from->status;
    to->content_type = from->content_type;
    to->body = from->body;
    to->length = from->body_length;
    if (from->allow != NULL)
        http_answer_header(to, "Allow", from->allow);
    if (from->authenticate != NULL)
        http_answer_header(to, "WWW-Authenticate", from->authenticate);
    if (from->set_cookie != NULL)
        http_answer_header(to, "Set-Cookie", from->set_cookie);
    if (from->retry_after_s != 0)
        http_answer_header(to, "Retry-After", arena_printf(&flight->request->arena, "%u", from->retry_after_s));
    flight->problem = from->problem;
}

static void fill_text(struct http_answer *answer, const char *content_type, char *body)
{
    answer->status = 200;
    answer->content_type = content_type;
    answer->body = body;
    answer->length = strlen(body);
}

// Failed keys are counted; too many from one address are told to slow down.
static void guard_answer(struct flight *flight)
{
    struct call *call = flight->call;
    bool has_credential = call->has_key || call->has_cookie;
    if (call->outcome.result != RESULT_UNAUTHENTICATED || !has_credential || call->kind == CALL_SIGN_IN)
        return;
    if (!guard_fail(&flight->front->guard, flight->request->client, clock_mono_ns() / 1000000000))
        return;
    call->outcome.result = RESULT_RATE_LIMITED;
    call->outcome.detail = "Too many failed keys came from this address. Wait a minute, and check the key.";
    call->retry_after_s = GUARD_WINDOW_S;
}

// On an HTTP thread, when the outcome is there.
static void render(struct http_request *request, struct http_answer *answer)
{
    struct flight *flight = request->user;
    guard_answer(flight);
    sign_in_watch_end(&flight->front->sign_in_watch, flight->call, request->client, &flight->attempt);
    if (flight->call->kind == CALL_METRICS && !result_is_refusal(flight->call->outcome.result)) {
        fill_text(answer, METRICS_CONTENT_TYPE, metrics_render(flight->front->instruments.metrics));
        return;
    }
    if (flight->call->outcome.is_lease)
        flight->call->lease_key = lease_keys_present(flight->front->lease_keys);
    struct call_answer written;
    call_write(flight->call, &written);
    fill(flight, &written, answer);
}

static void answer_job(void *user, struct job *job)
{
    (void)user;
    http_answer(flight_of(job)->request, &(struct http_answer){.render = render});
}

static void answer_file(void *user, struct job *job, int file, uint64_t length)
{
    (void)user;
    http_answer(flight_of(job)->request, &(struct http_answer){
                                             .status = 200,
                                             .content_type = "application/vnd.sqlite3",
                                             .from_file = true,
                                             .file = file,
                                             .length = length,
                                         });
}

static void read_job(void *user, struct job *job)
{
    struct front *front = user;
    readers_submit(front->readers, job);
}

static void hash_job(void *user, struct job *job)
{
    struct front *front = user;
    if (hashers_submit(front->hashers, job))
        return;
    job->call->outcome.result = RESULT_UNAVAILABLE;
    job->call->outcome.detail = "Too many are signing in just now. Try again in a moment.";
    job->call->retry_after_s = HASHERS_RETRY_S;
    answer_job(user, job);
}

static void hashed_job(void *user, struct job *job)
{
    (void)user;
    processor_submit(flight_of(job)->processor, job);
}

// ---- Requests

// Whoever says so falsely only makes its own cookie one that is not sent back.
static bool is_tls(const struct http_request *request)
{
    return request->tls || (request->forwarded_proto != NULL && strcasecmp(request->forwarded_proto, "https") == 0);
}

static struct call *read_call(struct http_request *request)
{
    struct call_parameter *query =
        arena_alloc(&request->arena, request->parameter_count * sizeof *query);
    for (size_t i = 0; i < request->parameter_count; i++)
        query[i] = (struct call_parameter){request->parameters[i].name, request->parameters[i].value};
    struct call_request form = {
        .method = request->method,
        .path = request->path,
        .query = query,
        .query_count = request->parameter_count,
        .authorization = request->authorization,
        .idempotency_key = request->idempotency_key,
        .content_type = request->content_type,
        .cookie = request->cookie,
        .csrf_token = request->csrf_token,
        .host = request->host,
        .origin = request->origin,
        .fetch_site = request->fetch_site,
        .is_tls = is_tls(request),
        .body = request->body,
        .body_length = request->body_length,
        .id = request->id,
    };
    return call_read(&form, &request->arena);
}

static bool is_ready(const struct front *front)
{
    bool is_good = true;
    for (unsigned i = 0; i < front->processor_count; i++)
        is_good = is_good && processor_is_ready(front->processors[i]) && watch_sees(front->watches[i]);
    return is_good;
}

static void answer_health(struct flight *flight)
{
    struct call *call = flight->call;
    struct http_answer answer = {0};
    if (call->kind == CALL_HEALTH || is_ready(flight->front)) {
        fill_text(&answer, "application/json", check_strdup("{\"status\":\"ok\"}"));
    } else {
        call->outcome.result = RESULT_UNAVAILABLE;
        call->outcome.detail = "The store cannot be written just now.";
        call->retry_after_s = READY_RETRY_S;
        answer.render = render;
    }
    http_answer(flight->request, &answer);
}

static void answer_lease_keys(struct flight *flight)
{
    struct http_answer answer = {0};
    fill_text(&answer, "application/json", lease_keys_published(flight->front->lease_keys));
    http_answer(flight->request, &answer);
}

// At an address that is none of the API's, for any method.
static void answer_elsewhere(struct flight *flight)
{
    struct call *call = flight->call;
    const struct http_request *request = flight->request;
    const struct console_file *file =
        call->allow == NULL ? console_find(console_files, request->path, request->accept) : NULL;
    struct http_answer answer = {.render = render};
    flight->is_console = file != NULL;
    if (file != NULL && strcmp(request->method, "GET") == 0) {
        console_answer(file, flight->request, &answer);
    } else if (file != NULL) {
        call->allow = "GET, HEAD";
        call->outcome.result = RESULT_METHOD_NOT_ALLOWED;
        call->outcome.detail = "This address takes GET, HEAD.";
    }
    http_answer(flight->request, &answer);
}

// Any of them can decide any call; but an account is best in the memory of one.
static struct processor *choose(struct front *front, const struct call *call)
{
    uint64_t account = call->kind == CALL_SIGN_IN || call->kind == CALL_INVITATION_ACCEPT ? call->sign_in_account
                       : call->account_name != NULL ? id_parse(ID_ACCOUNT, call->account_name, 0)
                       : call->has_cookie           ? call->cookie.account
                                                    : ID_UNKNOWN;
    uint64_t chosen = account;
    if (account == ID_UNKNOWN)
        memcpy(&chosen, call->key_hash, sizeof chosen);
    return front->processors[hash_number(chosen) % front->processor_count];
}

static bool may_wait(const struct call *call)
{
    return call->kind == CALL_COMMAND && call->command.kind == COMMAND_SESSION_ACQUIRE &&
           call->command.session.wait_s > 0;
}

static void submit(struct flight *flight)
{
    struct http_request *request = flight->request;
    if (!sign_in_watch_begin(&flight->front->sign_in_watch, flight->call, request->client, &flight->attempt)) {
        http_answer(request, &(struct http_answer){.render = render});
        return;
    }
    flight->processor = choose(flight->front, flight->call); // the watch below may want it
    if (may_wait(flight->call))
        http_watch(request);
    processor_submit(flight->processor, &flight->job);
}

static void handle(void *user, struct http_request *request)
{
    struct front *front = user;
    struct flight *flight = arena_alloc(&request->arena, sizeof *flight);
    *flight = (struct flight){.front = front, .request = request};
    request->user = flight;
    flight->call = read_call(request);
    flight->job.call = flight->call;
    flight->job.serial = atomic_fetch_add(&front->serial, 1) + 1;
    if (flight->call->route == NULL)
        answer_elsewhere(flight);
    else if (flight->call->kind == CALL_HEALTH || flight->call->kind == CALL_READY)
        answer_health(flight);
    else if (flight->call->kind == CALL_LEASE_KEYS)
        answer_lease_keys(flight);
    else
        submit(flight);
}

// The answer to one that waits is not asked for any more. The job may be with the processor, or not be yet.
static void hung_up(void *user, struct http_request *request)
{
    (void)user;
    struct flight *flight = request->user;
    atomic_store(&flight->job.is_gone, true);
    processor_give_up(flight->processor, flight->job.serial);
}

static size_t body_limit(void *user, const char *method, const char *path)
{
    (void)user;
    return call_body_max(method, path);
}

static enum result result_of(unsigned status)
{
    switch (status) {
    case 413:
        return RESULT_TOO_LARGE;
    case 503:
        return RESULT_UNAVAILABLE;
    default:
        return RESULT_INVALID_REQUEST;
    }
}

static void problem(void *user, struct http_request *request, unsigned status, const char *detail,
                    struct http_answer *answer)
{
    (void)user;
    struct call_answer written;
    call_write_problem(result_of(status), (int)status, detail, request->id, &written);
    answer->content_type = written.content_type;
    answer->body = written.body;
    answer->length = written.body_length;
}

// Every request leaves a line and a count; what strangers send of paths is not in either.
static void done(void *user, struct http_request *request, unsigned status)
{
    struct front *front = user;
    const struct flight *flight = request->user;
    const struct call *call = flight != NULL ? flight->call : NULL;
    const char *route = call != NULL && call->route != NULL     ? call->route->path
                        : flight != NULL && flight->is_console ? "console"
                                                               : "none";
    int64_t duration_ns = request->received_ns != 0 ? clock_mono_ns() - request->received_ns : 0;
    char status_text[16];
    snprintf(status_text, sizeof status_text, "%u", status);
    const char *counted[] = {route, request->method != NULL ? request->method : "", status_text};
    const char *timed[] = {route};
    metric_count(front->instruments.requests, counted, 1);
    metric_observe(front->instruments.request_duration, timed, duration_ns);
    if (!log_wants(front->log, LOG_INFO))
        return;
    char key[ID_TEXT_SIZE] = "", account[ID_TEXT_SIZE] = "";
    if (call != NULL && call->actor.key != 0)
        id_format(call->actor.is_signed_in ? ID_SIGN_IN : ID_API_KEY, call->actor.key, 0, key);
    if (call != NULL && call->account != 0)
        id_format(ID_ACCOUNT, call->account, 0, account);
    log_line(front->log, LOG_INFO, "request", log_text("request_id", request->id), log_text("method", counted[1]),
             log_text("route", route), log_number("status", status), log_number("duration_us", duration_ns / 1000),
             log_text("account", account), log_text("key", key),
             log_text("problem", flight != NULL && flight->problem != NULL ? flight->problem : ""));
}

// ---- Opening and closing

static bool open_readers(struct front *front, const struct config *config, struct service *service, char *error,
                         size_t error_size)
{
    struct store_error store_error = {""};
    front->readers = readers_open(&(struct readers_options){.store = service->store,
                                                            .folder = config->data,
                                                            .threads = READER_THREADS,
                                                            .log = front->log,
                                                            .user = front,
                                                            .answer = answer_job,
                                                            .answer_file = answer_file},
                                  &store_error);
    if (front->readers == NULL)
        snprintf(error, error_size, "%s", store_error.text);
    return front->readers != NULL;
}

static bool open_http(struct front *front, const struct config *config, char *error, size_t error_size)
{
    char http_error[HTTP_ERROR_SIZE];
    front->http = http_open(&(struct http_options){.listen = config->listen,
                                                   .tls_certificate = config->tls_cert,
                                                   .tls_key = config->tls_key,
                                                   .threads = (unsigned)config->http_threads,
                                                   .connections_max = (unsigned)config->max_connections,
                                                   .connections_per_address_max =
                                                       (unsigned)config->max_connections_per_address,
                                                   .request_timeout_s = (unsigned)config->request_timeout_s,
                                                   .log = front->log,
                                                   .user = front,
                                                   .handle = handle,
                                                   .body_limit = body_limit,
                                                   .problem = problem,
                                                   .done = done,
                                                   .hung_up = hung_up},
                            http_error);
    if (front->http == NULL)
        snprintf(error, error_size, "%s", http_error);
    return front->http != NULL;
}

static bool open_processor(struct front *front, struct service *service, char *error, size_t error_size)
{
    unsigned place = front->processor_count++;
    front->processors[place] = processor_open(&(struct processor_options){.service = service,
                                                                          .instruments = &front->instruments,
                                                                          .log = front->log,
                                                                          .user = front,
                                                                          .answer = answer_job,
                                                                          .read = read_job,
                                                                          .hash = hash_job});
    if (!service->is_shared)
        return true;
    front->watches[place] = watch_open(service->store, front->processors[place], front->log, error, error_size);
    return front->watches[place] != NULL;
}

static bool open_processors(struct front *front, struct service *services, unsigned count, char *error,
                            size_t error_size)
{
    CHECK(count <= PROCESSORS_MAX);
    bool good = true;
    for (unsigned i = 0; good && i < count; i++)
        good = open_processor(front, &services[i], error, error_size);
    return good;
}

struct front *front_open(const struct config *config, struct service *services, unsigned count, const struct log *log,
                         char *error, size_t error_size)
{
    struct front *front = check_calloc(1, sizeof *front);
    front->log = log;
    guard_init(&front->guard);
    instruments_open(&front->instruments);
    sign_in_watch_init(&front->sign_in_watch, front->instruments.sign_ins, log);
    front->lease_keys = lease_keys_open(config->data, clock_now(&services->clock), log, error, error_size);
    if (front->lease_keys != NULL && open_readers(front, config, services, error, error_size) &&
        open_processors(front, services, count, error, error_size)) {
        front->hashers = hashers_open(hashed_job, front);
        if (open_http(front, config, error, error_size))
            return front;
    }
    front_close(front);
    return NULL;
}

unsigned front_port(const struct front *front)
{
    return http_port(front->http);
}

void front_close(struct front *front)
{
    if (front == NULL)
        return;
    for (unsigned i = 0; i < front->processor_count; i++)
        processor_stop_waiting(front->processors[i]);
    if (front->http != NULL)
        http_quiesce(front->http, QUIESCE_MS);
    http_close(front->http);
    hashers_close(front->hashers); // it submits to the processor
    for (unsigned i = 0; i < front->processor_count; i++) {
        watch_close(front->watches[i]); // it submits, too
        processor_close(front->processors[i]);
    }
    readers_close(front->readers);
    lease_keys_close(front->lease_keys);
    instruments_close(&front->instruments);
    free(front);
}
