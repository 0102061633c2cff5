// SPDX-License-Identifier: Apache-2.0
//
// For the tests of the HTTP front: a small service behind it, and a client that sends exactly the bytes it is told.
#ifndef HTTP_PROBE_H
#define HTTP_PROBE_H

#include "unit.h"

#include "server/http.h"

#include <pthread.h>
#include <stdatomic.h>

// What the service does by path:
//   /now      answers in the handler
//   /later    is answered by another thread, in the order of arrival
//   /echo     likewise, with what arrived, one member a line; rendered on the HTTP thread
//   /held     is answered when service_release is called
//   /watched  likewise, and watched from the start; /watched/now is then answered in the handler,
//             /watched/later is watched by another thread
//   /large    answers with LARGE_SIZE bytes; /file with as many, from a file
//   /odd      answers with headers of its own
// Everything else is 404. A body may have BODY_LIMIT bytes, under /echo/ ten times as many.
enum { BODY_LIMIT = 64 * 1024, LARGE_SIZE = 32 * 1024 * 1024, SERVICE_QUEUE = 4096, HELD_MAX = 4096 };

struct service {
    struct http *http;
    struct http_options options;
    pthread_t answerer;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct http_request *queue[SERVICE_QUEUE]; // a ring
    size_t first, count;
    struct http_request *held[HELD_MAX];
    size_t held_count;
    bool stopping;
    _Atomic unsigned handled;        // requests given to the handler
    _Atomic unsigned done;           // requests that are over
    _Atomic unsigned done_with[600]; // by status
    _Atomic unsigned hung_up;        // of watched requests
    _Atomic unsigned hearing_us;     // how long it takes the service to hear of one
};

// `options`: those that differ from the defaults, or NULL.
struct service *service_open(const struct http_options *options);
void service_close(struct service *service);
void service_release(struct service *service);
// Watches all that are held.
void service_watch(struct service *service);
// Waits until the count is this, for at most five seconds.
void wait_for(const _Atomic unsigned *count, unsigned value);
void wait_ms(int milliseconds);

struct reply {
    unsigned status;
    char head[4096]; // status line and headers
    char *body;
    size_t length;
    bool closed; // the connection ended before a whole reply came
};

// A connection of the client.
int probe_connect(const struct service *service);
void probe_send(int socket, const char *text);
// False when the peer does not take it.
bool probe_send_bytes(int socket, const void *bytes, size_t length);
// Reads one reply; `head_only` for the answer to HEAD, which has no body. Fails the test after ten seconds.
struct reply probe_read(int socket, bool head_only);
void reply_fini(struct reply *reply);
// Connects, sends, reads one reply, closes.
struct reply probe(const struct service *service, const char *text);
// Whether the peer closes the connection within the time, whatever it sends before that.
bool probe_ends(int socket, int milliseconds);
// The value of a header, for a moment; NULL when absent.
const char *reply_header(const struct reply *reply, const char *name);

#endif
