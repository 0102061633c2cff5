// SPDX-License-Identifier: Apache-2.0
#include "client/exchange.h"

#include "base/header.h"
#include "client/client.h"
#include "client/moments.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { CONNECT_TIMEOUT_MS = 5000, KEEP_ALIVE_S = 20 };

bool exchange_init(struct exchange *exchange)
{
    *exchange = (struct exchange){.easy = curl_easy_init()};
    return exchange->easy != NULL;
}

static void forget(struct exchange *exchange)
{
    curl_slist_free_all(exchange->headers);
    free(exchange->url);
    free(exchange->request_body);
    free(exchange->body);
    *exchange = (struct exchange){.easy = exchange->easy, .retry_after_s = -1};
}

void exchange_fini(struct exchange *exchange)
{
    curl_easy_cleanup(exchange->easy);
    exchange->easy = NULL;
    forget(exchange);
}

static bool make_room(struct exchange *exchange, size_t length)
{
    size_t needed = exchange->length + length + 1, size = exchange->size > 0 ? exchange->size : 1024;
    while (size < needed)
        size *= 2;
    if (size == exchange->size)
        return true;
    char *body = realloc(exchange->body, size);
    if (body == NULL)
        return false;
    exchange->body = body;
    exchange->size = size;
    return true;
}

static size_t on_body(char *bytes, size_t one, size_t length, void *context)
{
    (void)one;
    struct exchange *exchange = context;
    exchange->too_large = length > ANSWER_MAX - exchange->length;
    if (exchange->too_large)
        return 0;
    exchange->no_memory = !make_room(exchange, length);
    if (exchange->no_memory)
        return 0;
    memcpy(exchange->body + exchange->length, bytes, length);
    exchange->length += length;
    exchange->body[exchange->length] = '\0';
    return length;
}

// Seconds only: a date would be read against a clock that may be wrong.
static int64_t read_retry_after(const char *value)
{
    char *end;
    long seconds = strtol(value, &end, 10);
    return end != value && *end == '\0' && seconds >= 0 && seconds <= INT32_MAX ? seconds : -1;
}

static size_t on_header(char *line, size_t one, size_t length, void *context)
{
    (void)one;
    struct exchange *exchange = context;
    char value[64];
    if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
        // An interim answer (100 Continue) came before: what it said does not count for this one.
        exchange->content_type[0] = exchange->location[0] = '\0';
        exchange->retry_after_s = -1;
        exchange->head_whole = false;
    } else if (length <= 2 && (line[0] == '\r' || line[0] == '\n')) {
        exchange->head_whole = true;
    } else if (header_is(line, length, "content-type")) {
        header_media_type(line, length, exchange->content_type, sizeof exchange->content_type);
    } else if (header_is(line, length, "location")) {
        header_value(line, length, exchange->location, sizeof exchange->location);
    } else if (header_is(line, length, "retry-after")) {
        header_value(line, length, value, sizeof value);
        exchange->retry_after_s = read_retry_after(value);
    } else if (header_is(line, length, "date")) {
        header_value(line, length, value, sizeof value);
        time_t date = curl_getdate(value, NULL);
        exchange->date_at = date > 0 ? (int64_t)date * 1000 : 0;
    }
    return length;
}

static curl_socket_t on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)context, (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool add_header(struct exchange *exchange, const char *name, const char *value)
{
    size_t size = strlen(name) + strlen(value) + 1;
    char *line = malloc(size);
    if (line == NULL)
        return false;
    strcpy(line, name);
    strcat(line, value);
    struct curl_slist *longer = curl_slist_append(exchange->headers, line);
    free(line);
    if (longer == NULL)
        return false;
    exchange->headers = longer;
    return true;
}

static bool add_headers(struct exchange *exchange, const struct usher *usher, const struct ask *ask)
{
    // Without a body there is no type to tell; libcurl would call it a form. It would also wait for "100 Continue"
    // before a large body.
    return add_header(exchange, "Accept: application/json, application/problem+json", "") &&
           (ask->open || add_header(exchange, "Authorization: Bearer ", usher->key)) &&
           (ask->idempotency_key == NULL || add_header(exchange, "Idempotency-Key: ", ask->idempotency_key)) &&
           add_header(exchange, "Content-Type:", ask->body != NULL ? " application/json" : "") &&
           add_header(exchange, "Expect:", "");
}

static void set_request(struct exchange *exchange, const struct ask *ask)
{
    CURL *easy = exchange->easy;
    if (strcmp(ask->method, "POST") == 0) {
        const char *body = exchange->request_body != NULL ? exchange->request_body : "";
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    } else {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, ask->method);
    }
    curl_easy_setopt(easy, CURLOPT_URL, exchange->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "libusher/" USHER_VERSION);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)ask->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(ask->timeout_ms < CONNECT_TIMEOUT_MS ? ask->timeout_ms : CONNECT_TIMEOUT_MS));
}

static void set_limits(struct exchange *exchange, struct usher *usher)
{
    CURL *easy = exchange->easy;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    // A server that is gone without a word is noticed while a request waits in line.
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEP_ALIVE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEP_ALIVE_S / 2);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    if (usher->is_local)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
#if LIBCURL_VERSION_NUM >= 0x075700
    // A cancelled call does not wait for a name server.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    pthread_mutex_lock(&usher->mutex);
    if (usher->ca_file != NULL)
        curl_easy_setopt(easy, CURLOPT_CAINFO, usher->ca_file);
    pthread_mutex_unlock(&usher->mutex);
}

static void set_answer(struct exchange *exchange)
{
    CURL *easy = exchange->easy;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->words);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
}

bool exchange_prepare(struct exchange *exchange, struct usher *usher, const struct ask *ask)
{
    forget(exchange);
    curl_easy_reset(exchange->easy);
    exchange->url = malloc(strlen(usher->url) + strlen(ask->path) + 1);
    if (exchange->url == NULL || !add_headers(exchange, usher, ask))
        return false;
    strcpy(exchange->url, usher->url);
    strcat(exchange->url, ask->path);
    if (ask->body != NULL && (exchange->request_body = strdup(ask->body)) == NULL)
        return false;
    set_request(exchange, ask);
    set_limits(exchange, usher);
    set_answer(exchange);
    exchange->sent_at = boot_now();
    return true;
}

void exchange_end(struct exchange *exchange, CURLcode result)
{
    exchange->result = exchange->no_memory ? CURLE_OUT_OF_MEMORY : result;
    // libcurl is content with a head that ends in the middle, where the connection was cut.
    if (exchange->result == CURLE_OK && !exchange->head_whole)
        exchange->result = CURLE_PARTIAL_FILE;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &exchange->status);
}

bool exchange_was_sent(const struct exchange *exchange)
{
    long size = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_REQUEST_SIZE, &size);
    return size > 0;
}
