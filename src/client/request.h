// SPDX-License-Identifier: Apache-2.0
//
// What stands behind struct usher_request.
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "client/chance.h"
#include "client/error.h"

#include <jansson.h>
#include <stdatomic.h>
#include <sys/types.h>

struct usher_request {
    pid_t pid;
    atomic_bool cancelled;
    int cancel_fd;             // readable once it is cancelled
    struct usher_error *fault; // of the first setter that failed; NULL: none
    bool no_memory;            // even for that
    json_t *members;           // of the body
    int64_t wait_s;
    bool reacquire;
    bool has_machine; // other than the host's name
    bool has_key;
    char key[KEY_SIZE];
    usher_change_fn *on_change;
    void *context;
    struct usher_explanation *denial;
};

// Whether it can be used here and now; else tells why not.
bool request_check(const struct usher_request *request, struct usher_error *error);
bool request_is_cancelled(const struct usher_request *request);
enum usher_code request_cancelled(struct usher_error *error);
// The body as text, with how long it waits (0: not at all). free() it; NULL when memory is out.
char *request_body(const json_t *members, int64_t wait_s);
void request_forget_denial(struct usher_request *request);

#endif
