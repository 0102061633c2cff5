// SPDX-License-Identifier: Apache-2.0
#include "cli/http.h"

#include "base/check.h"
#include "base/header.h"
#include "cli/settings.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CONNECT_TIMEOUT_S = 10 };

struct transfer {
    struct http *http;
    const struct http_request *request;
    struct http_answer *answer;
};

bool http_open(struct http *http)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return false;
    http->curl = curl_easy_init();
    return http->curl != NULL;
}

void http_close(struct http *http)
{
    curl_easy_cleanup(http->curl);
    if (http->curl != NULL)
        curl_global_cleanup();
    http->curl = NULL;
}

void http_answer_fini(struct http_answer *answer)
{
    buffer_fini(&answer->body);
}

const char *http_error(const struct http *http, CURLcode result)
{
    return http->error[0] != '\0' ? http->error : curl_easy_strerror(result);
}

bool http_was_cut(CURLcode result)
{
    return result == CURLE_GOT_NOTHING || result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR ||
           result == CURLE_PARTIAL_FILE;
}

static size_t on_body(char *bytes, size_t one, size_t length, void *context)
{
    (void)one;
    struct transfer *transfer = context;
    struct http_answer *answer = transfer->answer;
    long status = 0;
    curl_easy_getinfo(transfer->http->curl, CURLINFO_RESPONSE_CODE, &status);
    if (transfer->request->sink != NULL && status >= 200 && status < 300) {
        answer->sink_failed = !transfer->request->sink(bytes, length, transfer->request->sink_context);
        return answer->sink_failed ? 0 : length;
    }
    if (length > HTTP_ANSWER_MAX - answer->body.length) {
        answer->too_large = true;
        return 0;
    }
    buffer_add(&answer->body, bytes, length);
    return length;
}

static size_t on_header(char *line, size_t one, size_t length, void *context)
{
    (void)one;
    struct http_answer *answer = ((struct transfer *)context)->answer;
    char coding[64];
    if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
        // An interim answer (100 Continue) came before: what it said does not count for this one.
        answer->content_type[0] = answer->location[0] = answer->retry_after[0] = '\0';
        answer->end_told = line[5] != '0' && line[5] != '1';
        answer->head_whole = false;
    } else if (length <= 2 && (line[0] == '\r' || line[0] == '\n')) {
        answer->head_whole = true;
    } else if (header_is(line, length, "content-type")) {
        header_media_type(line, length, answer->content_type, sizeof answer->content_type);
    } else if (header_is(line, length, "location")) {
        header_value(line, length, answer->location, sizeof answer->location);
    } else if (header_is(line, length, "retry-after")) {
        header_value(line, length, answer->retry_after, sizeof answer->retry_after);
    } else if (header_is(line, length, "content-length")) {
        answer->end_told = true;
    } else if (header_is(line, length, "transfer-encoding")) {
        header_value(line, length, coding, sizeof coding);
        answer->end_told = answer->end_told || strcasecmp(coding, "chunked") == 0;
    }
    return length;
}

static int on_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    (void)up_total, (void)up_now, (void)context;
    double mib = (double)now / (1 << 20);
    if (total > 0)
        fprintf(stderr, "\r%.1f of %.1f MiB ", mib, (double)total / (1 << 20));
    else if (now > 0)
        fprintf(stderr, "\r%.1f MiB ", mib);
    return 0;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *before, const char *value)
{
    struct buffer line = {0};
    buffer_printf(&line, "%s: %s%s", name, before, value);
    struct curl_slist *longer = curl_slist_append(list, buffer_text(&line));
    CHECK(longer != NULL);
    buffer_fini(&line);
    return longer;
}

static struct curl_slist *headers_of(const struct http_request *request)
{
    struct curl_slist *list = add_header(NULL, "Accept", "", request->accept);
    if (request->key != NULL)
        list = add_header(list, "Authorization", "Bearer ", request->key);
    if (request->idempotency_key != NULL)
        list = add_header(list, "Idempotency-Key", "", request->idempotency_key);
    // Without a body there is no type to tell; libcurl would call it a form.
    list = request->body != NULL ? add_header(list, "Content-Type", "", "application/json")
                                 : curl_slist_append(list, "Content-Type:");
    // libcurl would wait for "100 Continue" before a large body; the server has a limit of its own.
    return curl_slist_append(list, "Expect:");
}

static void set_method(CURL *curl, const struct http_request *request)
{
    bool with_body =
        request->body != NULL || strcmp(request->method, "POST") == 0 || strcmp(request->method, "PUT") == 0;
    if (with_body) {
        const char *body = request->body != NULL ? request->body : "";
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_limits(CURL *curl, const struct http_request *request)
{
    long connect_s = request->timeout_s < CONNECT_TIMEOUT_S ? request->timeout_s : CONNECT_TIMEOUT_S;
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect_s);
    if (request->sink == NULL) {
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, request->timeout_s);
    } else {
        // A large copy takes as long as it takes, while something comes.
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, request->timeout_s);
    }
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (request->ca_cert != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_cert);
    // A product may be named "..": the path goes out as it was built.
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    if (settings_is_local(request->url))
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, request->fresh ? 1L : 0L);
}

void http_send(struct http *http, const struct http_request *request, struct http_answer *answer)
{
    struct transfer transfer = {http, request, answer};
    CURL *curl = http->curl;
    curl_easy_reset(curl);
    http->error[0] = '\0';
    struct curl_slist *headers = headers_of(request);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->error);
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "usher/" USHER_VERSION);
    set_method(curl, request);
    set_limits(curl, request);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, request->progress ? 0L : 1L);
    answer->result = curl_easy_perform(curl);
    // libcurl is content with a head that ends in the middle, where the connection was cut.
    if (answer->result == CURLE_OK && !answer->head_whole)
        answer->result = CURLE_PARTIAL_FILE;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_slist_free_all(headers);
}
