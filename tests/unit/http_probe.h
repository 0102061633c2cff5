// SPDX-License-Identifier: Apache-2.0
//
// For the tests of the HTTP front: a small service behind it, and a client that sends exactly the bytes it is told.
#ifndef HTTP_PROBE_H
#define HTTP_PROBE_H

#include "unit.h"

#include "server/http.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

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

// How long a test waits for what must come, before it fails. Less than the 30 s in which the front cuts who is slow: what
// happens by that alone is not taken for what was waited for.
enum { PATIENCE_MS = 20000 };

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
    _Atomic unsigned handled;        // requests that are held, or about to be answered
    _Atomic unsigned done;           // requests that are over
    _Atomic unsigned done_with[600]; // by status
    _Atomic unsigned hearing;        // hang-ups of watched requests that the service began to hear of
    _Atomic unsigned hung_up;        // those that it has heard of
    _Atomic unsigned hearing_us;     // how long it takes it to hear of one
    _Atomic bool is_gated;           // it takes until it may pass
    sem_t gate;
};

// `options`: those that differ from the defaults, or NULL.
struct service *service_open(const struct http_options *options);
void service_close(struct service *service);
void service_release(struct service *service);
// Watches all that are held.
void service_watch(struct service *service);
// While there is a gate, who hears of a hang-up stands at it until somebody lets it pass.
void service_gate(struct service *service);
void service_pass(struct service *service);
// Lets the one that stands there pass, and all that come.
void service_ungate(struct service *service);
// Until the count is this.
void wait_for(const _Atomic unsigned *count, unsigned value);
// Until so many connections were accepted in all, and so many are open.
void wait_open(const struct service *service, unsigned accepted, unsigned open);
void wait_ms(int milliseconds);
int64_t probe_now_ns(void);

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
// Ends the connection so that the peer gets an error instead of an end.
void probe_reset(int socket);
// Reads one reply; `head_only` for the answer to HEAD, which has no body.
struct reply probe_read(int socket, bool head_only);
void reply_fini(struct reply *reply);
// Connects, sends, reads one reply, closes.
struct reply probe(const struct service *service, const char *text);
// Whether the peer closes the connection, whatever it sends before that.
bool probe_ends(int socket);
// The server's end of a connection, for looking at, not for using; -1 while it is not accepted, and when it is closed.
int probe_other_end(int socket);
// Until the server has read all that was sent to it.
void wait_taken(int socket);
// Until the end, or the reset, that the peer sent has come to the server's end of the connection.
void wait_end_arrived(int server);
// The value of a header, for a moment; NULL when absent.
const char *reply_header(const struct reply *reply, const char *name);

#endif
