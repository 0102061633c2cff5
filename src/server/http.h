// SPDX-License-Identifier: Apache-2.0
//
// A thin front around libmicrohttpd: HTTP/1.1 in, HTTP/1.1 out, TLS if wanted, nothing about licenses.
//
// The owner's handler is called once for each complete request, on an HTTP thread. It may answer at once or pass the
// request on; any thread may answer it, later, exactly once, with http_answer. Meanwhile the connection sleeps and
// holds up nobody. Between those two calls the request and its arena belong to the owner; afterwards they may be
// touched only by `render` and `done`, which run on the HTTP thread:
//
//   handle(request) ... http_answer(request, answer) ... answer.render(request, answer) ... sent ... done(request)
//
// An answer may take minutes (a long poll). Who hangs up in the meantime is noticed at once, if the owner asked for it
// with http_watch: hung_up(request) comes once, and the owner still answers, which then only ends the request.
//
// What counts as hanging up is the end of what the peer sends, as with nginx: closed, reset, or found dead by the
// system's probes. Who closes only the sending side and still listens (shutdown(SHUT_WR)) looks just like one who is
// gone, and gets no answer either. Over TLS the end of the TCP connection counts, not the close_notify that comes
// before it. What the peer sends meanwhile, such as its next request, does not matter.
//
// Whatever a stranger can send has a limit: connections (in all and from one address), the size of headers (8 KiB
// in 100 headers fit), query parameters, body, memory for all bodies together, and time: a connection must deliver its
// next complete request within `request_timeout_s` of its last answer, however slowly it drips, and must take an answer
// at HTTP_PACE_MIN bytes a second.
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct log;

enum {
    HTTP_ERROR_SIZE = 256,
    HTTP_ID_MAX = 64,
    HTTP_PARAMETERS_MAX = 32,
    HTTP_ANSWER_HEADERS_MAX = 8,
    HTTP_PACE_MIN = 1024,
};

struct http_parameter {
    const char *name;
    const char *value; // "" for a parameter without "="
};

struct http_request {
    const char *method; // as sent, but HEAD comes as "GET": its body is left out on the way
    // Decoded, valid UTF-8, begins with "/". %2F, %3A and %25 stay as they are, so that each "/" and ":" here was one
    // in the request, too, and each % begins one of these three.
    const char *path;
    struct http_parameter *parameters; // of the query, decoded, in order, duplicates kept
    size_t parameter_count;
    // Headers; NULL when absent. The first of several that only choose among answers, or of Cookie; several of the
    // others are refused.
    const char *authorization, *idempotency_key, *content_type, *cookie, *accept, *accept_encoding, *if_none_match;
    const char *host, *origin, *fetch_site, *csrf_token, *forwarded_proto;
    const char *body; // ended by a zero that is not counted; "" when empty
    size_t body_length;
    char id[HTTP_ID_MAX + 1]; // X-Request-Id as sent if it is 1 to 64 of [A-Za-z0-9._-], else made up
    char client[46];          // address of the peer, without port
    bool tls;
    int64_t received_ns; // on CLOCK_MONOTONIC, when it was complete
    struct arena arena;
    void *user; // the owner's; NULL at first
};

struct http_header {
    const char *name, *value; // must live until `done`: in the request's arena, or for ever
};

struct http_answer {
    unsigned status;
    const char *content_type; // as for a header's value; NULL: none
    char *body;               // malloc'd, passes to the front; NULL: none
    const void *lasting;      // a body that is there for ever, in place of `body`; NULL: none
    uint64_t length;          // of the body or of what is read from the file
    bool from_file;           // the body is read from `file`, from its start; the front closes it
    int file;
    const char *cache_control; // NULL: "no-store"
    struct http_header headers[HTTP_ANSWER_HEADERS_MAX];
    size_t header_count;
    // Makes the members above, on the HTTP thread; NULL: they are made already. Not called when the peer is gone.
    void (*render)(struct http_request *request, struct http_answer *answer);
    void *context; // for render
};

struct http_options {
    const char *listen;                    // "127.0.0.1:7420", "[::1]:7420"; port 0 takes a free one
    const char *tls_certificate, *tls_key; // PEM files; both or neither
    unsigned threads;                      // 0: 2
    unsigned connections_max;              // 0: 4096
    unsigned connections_per_address_max;  // 0: no limit; IPv6 by /64
    unsigned request_timeout_s;            // 0: 30
    size_t bodies_max;                     // bytes of all unfinished bodies together; 0: 256 MiB
    const struct log *log;                 // may be NULL
    void *user;                            // handed to the callbacks below

    void (*handle)(void *user, struct http_request *request);
    // The largest body for this method and path; a larger one is refused with 413.
    size_t (*body_limit)(void *user, const char *method, const char *path);
    // Fills content type and body (or sets render) for an error that the front itself found, 400, 408, 413, 431 or 503;
    // the status stands in the answer already. `detail` tells a person what to do. Method and path are "" where they
    // are not known. Called on an HTTP thread, or for 408 on the keeper's; must not wait for anything. For 408 and 431
    // the request is a passing one that `done` never sees (it sees the real one).
    void (*problem)(void *user, struct http_request *request, unsigned status, const char *detail,
                    struct http_answer *answer);
    // The end of each request of which at least the first line came, on an HTTP thread: sent, refused or broken off.
    // `status`: that of the answer, or 0 when the peer was gone before it. What hangs on request->user is freed here.
    // May be NULL.
    void (*done)(void *user, struct http_request *request, unsigned status);
    // The peer of a watched request has hung up. Called at most once for each, on the keeper's thread, which must not
    // wait for anything; perhaps while `handle` is still running or while http_answer is called on another thread, but
    // never after either `render` or `done` began: the request lives as long as this call. From then on the request
    // will not be rendered and ends with status 0. May be NULL if http_watch is never called.
    void (*hung_up)(void *user, struct http_request *request);
};

struct http_figures {
    uint64_t accepted; // connections, since the start
    uint64_t refused;  // too many from one address
    uint64_t cut;      // too slow
    unsigned open;     // now
};

// Listens and starts the threads. NULL on failure, with one line in `error`.
struct http *http_open(const struct http_options *options, char error[HTTP_ERROR_SIZE]);
// The port that is really listened on.
unsigned http_port(const struct http *http);
struct http_figures http_figures(const struct http *http);

// Answers a request; see above. Takes over what the answer owns.
void http_answer(struct http_request *request, const struct http_answer *answer);
// Has hung_up called when the peer hangs up, or has done so already. On any thread, before http_answer; takes one
// system call. A second time for the same request it does nothing.
void http_watch(struct http_request *request);
// Adds a header. Checked: no more than HTTP_ANSWER_HEADERS_MAX. One with a line break in it is not sent.
void http_answer_header(struct http_answer *answer, const char *name, const char *value);

// Stops listening, closes idle connections and waits until all requests that had begun are answered and sent, at most
// deadline_ms. True when none is left.
bool http_quiesce(struct http *http, unsigned deadline_ms);
// Ends all threads and frees everything; NULL is taken. Waits until the owner has answered all requests it was given,
// without limit: so stop whoever answers them only after answering. Answers still on their way get one second.
void http_close(struct http *http);

#endif
