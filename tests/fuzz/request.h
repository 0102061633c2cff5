// SPDX-License-Identifier: Apache-2.0
//
// An API request as the text of a fuzz input, and what the server makes of it up to its call:
//
//     member POST /v1/accounts/self/sessions?dry_run=true
//     Idempotency-Key: once
//
//     {"product":"KRE"}
//
// The first word is the role of who asks. A body is JSON if no Content-Type says otherwise.
#ifndef FUZZ_REQUEST_H
#define FUZZ_REQUEST_H

#include "api/call.h"
#include "server/http.h"

struct fuzz_request {
    struct actor actor;
    struct http_request http; // its arena is the request's, too
    struct call_request form;
};

// False: not of the form above, or the front refuses its address. To be given back by fuzz_request_fini in any case.
bool fuzz_request_read(struct fuzz_request *request, const uint8_t *data, size_t size);
void fuzz_request_fini(struct fuzz_request *request);

// Makes what libsodium calls random the same in each run.
void fuzz_no_chance(void);

#endif
