// SPDX-License-Identifier: Apache-2.0
//
// One request and its answer over HTTP, on libcurl: every certificate is verified, no redirect is followed, nothing
// is waited for without an end, and no answer grows without a bound. Knows nothing of Usher's API.
#ifndef CLI_HTTP_H
#define CLI_HTTP_H

#include "base/buffer.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

enum { HTTP_ANSWER_MAX = 64 << 20 };

struct http {
    CURL *curl;
    char error[CURL_ERROR_SIZE];
};

// Takes the bytes of a good answer one part after the other; false stops the transfer.
typedef bool http_sink(const void *bytes, size_t length, void *context);

struct http_request {
    const char *method;
    const char *url;
    const char *key;             // NULL: none
    const char *ca_cert;         // NULL: those of the system
    const char *body;            // JSON text; NULL: none
    const char *idempotency_key; // NULL: none
    const char *accept;
    bool fresh;      // on a new connection: on a kept one that turns out dead, libcurl would send again by itself
    long timeout_s;  // for the whole answer; with a sink, for each stand-still
    http_sink *sink; // where the body of a 2xx goes; NULL: into the answer
    void *sink_context;
    bool progress; // show on stderr how much has come, with a sink
};

struct http_answer {
    CURLcode result; // of the transfer; the rest counts when it is CURLE_OK
    long status;
    char content_type[128]; // in small letters, without parameters; "" when there is none
    char location[512];     // of a redirect
    char retry_after[64];
    bool head_whole;
    bool end_told; // the end of the body is known by more than that the connection closed
    bool too_large;
    bool sink_failed;
    struct buffer body;
};

// False when libcurl cannot be set up.
bool http_open(struct http *http);
void http_close(struct http *http);
// The answer must be zeroed, and given to http_answer_fini.
void http_send(struct http *http, const struct http_request *request, struct http_answer *answer);
void http_answer_fini(struct http_answer *answer);
// What went wrong with the last transfer, in libcurl's words.
const char *http_error(const struct http *http, CURLcode result);
// True when the server may have got the request, and a second try with the same key is in place.
bool http_was_cut(CURLcode result);

#endif
