// SPDX-License-Identifier: Apache-2.0
//
// One request and its answer on one libcurl handle: every certificate is verified, no redirect is followed, nothing is
// waited for without an end, no answer grows without a bound, and no descriptor is left to a program that is exec'ed.
// Who drives it (line.h, keeper.h) adds the handle to a multi of its own. Knows nothing of what is asked.
#ifndef CLIENT_EXCHANGE_H
#define CLIENT_EXCHANGE_H

#include "usher.h"

#include <curl/curl.h>

enum { ANSWER_MAX = 1 << 20 };

struct ask {
    const char *method;
    const char *path;            // below the server's address
    const char *body;            // JSON text; NULL: none
    const char *idempotency_key; // NULL: none
    int64_t timeout_ms;          // for the whole answer
    bool open;                   // sent without the key
};

struct exchange {
    CURL *easy;
    struct curl_slist *headers;
    char *url;
    char *request_body;
    int64_t sent_at; // boot time at which it began
    // The answer; what stands below counts once the transfer is over.
    CURLcode result;
    long status;
    char *body; // NULL: none
    size_t length;
    size_t size;
    int64_t retry_after_s; // -1: not told
    int64_t date_at;       // the server's clock, to the second; 0: not told
    bool head_whole;
    bool too_large;
    bool no_memory;
    char content_type[64]; // in small letters, without parameters
    char location[256];
    char words[CURL_ERROR_SIZE]; // libcurl's, of what went wrong
};

// False when memory is out. A zeroed one can be given to exchange_fini.
bool exchange_init(struct exchange *exchange);
void exchange_fini(struct exchange *exchange);
// Makes the handle ready for a new request; false when memory is out. Strings are copied.
bool exchange_prepare(struct exchange *exchange, struct usher *usher, const struct ask *ask);
// To be called when the transfer is over, or was taken out of its multi halfway.
void exchange_end(struct exchange *exchange, CURLcode result);
// Whether any of the request may have reached the server.
bool exchange_was_sent(const struct exchange *exchange);

#endif
