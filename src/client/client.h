// SPDX-License-Identifier: Apache-2.0
//
// What stands behind struct usher. Three kinds of threads meet here:
//
//   the callers' threads    each borrows a line (line.h) for its request and waits there;
//   the keeper's thread     sends heartbeats and cleans up, all its requests at once (keeper.h);
//   whoever cancels         sets a flag and writes to a descriptor, nothing else (request.h).
//
// `mutex` guards everything below it, the sessions too; it is never held over a request, a pause or a callback.
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "base/list.h"
#include "client/error.h"

#include <curl/curl.h>
#include <pthread.h>
#include <sys/types.h>

enum {
    ID_SIZE = 32,
    TRY_MS = 15000,       // for one request, when nothing else limits it
    RELEASE_MS = 5000,    // for a release
    CLOSE_MS = 5000,      // for all that is left at the end
    TIMEOUT_S = 30,       // at first
    TIMEOUT_MAX_S = 86400,
    TTL_MS = 120000,      // of a session that asks for none
};

struct line;

struct usher {
    pid_t pid;
    char *url; // without a slash at the end
    char *key;
    char *account; // ready for a path
    bool is_local; // the machine itself: what goes there passes no proxy
    pthread_mutex_t mutex;
    char *ca_file; // NULL: the system's certificates
    int64_t timeout_s;
    struct line *lines; // idle ones
    size_t line_count;
    // The keeper's.
    bool keeper_runs;
    pthread_t keeper;
    pthread_cond_t told; // a callback has returned
    CURLM *multi;
    int timer; // a descriptor on the boot clock
    struct list jobs;
    int64_t closing_at; // 0; else by then the keeper ends, done or not
};

// Whether the handle may be used here and now; else tells why not.
bool client_check(const struct usher *usher, struct usher_error *error);
int64_t client_timeout_ms(struct usher *usher);
bool client_is_keeper(const struct usher *usher);
// An id as the server makes them, which needs no escapes in a path: 1 to 31 letters, digits and hyphens.
bool client_is_id(const char *text);

#endif
