// SPDX-License-Identifier: Apache-2.0
//
// What the files of http.h share. There are three kinds of threads:
//
//   keeper          accepts connections, deals them out to the HTTP threads in turn, and sweeps: it shuts down the
//                   sockets of clients that are too slow (http_keeper.c)
//   HTTP threads    one libmicrohttpd daemon each (http_loop.c); they read requests, call the owner, send answers
//                   (http_exchange.c)
//   the owner's     call http_answer
//
// A client is one connection. It stands in the table of clients (http_clients.c), by the number of its socket, from
// when it is accepted until its HTTP thread has closed it; the keeper touches a socket only while its client stands
// there, under the table's lock. What a client is doing is one atomic word, its phase and since when:
//
//            first line            complete             queued
//   IDLE ───────────────► RECEIVING ────────► HANDLING ─────────► ANSWERING ──┐ sent
//    ▲ │                      │                                       │       │
//    │ └──────── too slow ────┴────────────────► CUT ◄────────────────┘       │
//    │ └──── peer is gone ────┴────────────────► GONE                         │
//    └────────────────────────────────────────────────────────────────────────┘
//
// Only the HTTP thread moves it along, only the keeper moves it to CUT or GONE, both by compare-and-swap: so a request
// is either handled or cut, never both.
//
// Each client has one exchange, used again for each request: HTTP/1.1 answers in order. Up to three meet over it: the
// HTTP thread, the owner, who answers, and the keeper, who may just be telling the owner that the peer has hung up
// (http_watch.c). Each leaves its mark in client->turn; the HTTP thread goes on when there is an answer and nobody is
// telling. How the connection waits until then:
//
//   polled      most requests: libmicrohttpd asks for the answer whenever its thread runs. That is cheap as long as
//               answers take milliseconds, and saves the three system calls of suspending. Should the connection end
//               meanwhile, the exchange is left behind, until the owner has answered
//   suspended   watched requests, which may wait for minutes: who completes the turn gives the client to its thread,
//               which resumes the connection
#ifndef SERVER_HTTP_PARTS_H
#define SERVER_HTTP_PARTS_H

#include "base/buffer.h"
#include "server/http.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum {
    HTTP_THREADS_MAX = 64,
    HTTP_DRAIN_MAX = 16 * 1024 * 1024, // of a refused body, so that its sender gets to read the answer
    HTTP_SLACK_FILES = 128,            // descriptors left to the rest of the process
    // What libmicrohttpd has for one connection: the head of the request, its notes of it, up to 2 KiB of the requests
    // that follow, and the head of the answer. It clears all of it after each request, so more would cost time.
    HTTP_CONNECTION_MEMORY = 18 * 1024,
    // What the head of a request may take of it. Measured: without this limit there is a band of sizes that leave no
    // room for the head of the answer, and then the request is executed but never answered.
    HTTP_HEAD_MAX = HTTP_CONNECTION_MEMORY - 3 * 1024,
    HTTP_HEADER_NOTE = 64, // bytes that libmicrohttpd 0.9.75 keeps of each header and cookie
};

enum phase { PHASE_IDLE, PHASE_RECEIVING, PHASE_HANDLING, PHASE_ANSWERING, PHASE_CUT, PHASE_GONE };

// Marks in client->turn, which is zero between requests.
enum turn {
    TURN_OFFERED = 1,   // to the owner
    TURN_SUSPENDED = 2, // the connection
    TURN_ANSWERED = 4,
    TURN_WATCHED = 8,
    TURN_GONE = 16,    // the peer has hung up: there will be no other call
    TURN_TELLING = 32, // the keeper is in hung_up
    TURN_POLLED = 64,  // instead of TURN_SUSPENDED
    TURN_LEFT = 128,   // the connection ended while it was polled
};

struct exchange {
    struct http_request request; // first: the owner sees this part
    struct http *http;
    struct client *client;
    struct MHD_Connection *connection;
    bool open;  // from its first line until done
    bool begun; // its headers were read
    bool has_body;
    bool is_last;           // of its connection: where the next request begins is not sure enough
    const char *target_end; // the zero behind the target, in libmicrohttpd's buffer
    bool has_answer;  // `answer` owns what it holds
    unsigned refused; // status of an error that the front found; the rest of the body is dropped
    const char *refusal;
    unsigned status; // of the answer that was queued
    size_t body_limit, body_received, body_reserved;
    struct buffer body;
    struct http_answer answer;
};

struct client {
    struct http *http;
    struct loop *loop;           // of its HTTP thread
    struct client *given_before; // in loop->given
    struct sockaddr_storage sockaddr; // of the peer, for its thread
    socklen_t sockaddr_size;
    int socket;
    bool started; // its HTTP thread has it; under the table's lock
    bool closed;  // the connection is gone, and the client with its exchange
    char text[46];
    unsigned char address[16]; // IPv4 as mapped IPv6, else the /64 alone: what counts as one address
    _Atomic int64_t state;     // nanoseconds << 3 | phase
    _Atomic unsigned turn;     // of enum turn
    bool known_to_watches;     // the socket is in http->watches
    struct client *late_before; // in clients->late
    int64_t gone_state; // the keeper's own: the state in which the peer was found gone
    // The keeper's own: since when, and from how many bytes on, it watches the pace of which answer.
    int64_t paced_answer, paced_at;
    uint64_t paced_bytes;
    struct exchange exchange;
};

// An HTTP thread.
struct loop {
    struct MHD_Daemon *daemon;
    pthread_t thread;
    bool runs;
    int sockets; // the daemon's epoll instance
    int wake;    // an eventfd: there are answers, a connection to add, or it is time to stop
    unsigned polled; // connections
    _Atomic bool stopping;
    _Atomic bool called;            // to look for answers of polled ones
    _Atomic(struct client *) given; // newest first: new, to be resumed, or left behind and answered
};

struct clients {
    pthread_mutex_t lock;
    struct client **by_socket;
    size_t size;
    struct client *late; // newest first: left behind and watched, and the owner is not yet told
    _Atomic unsigned open;
};

struct http {
    struct http_options options;
    char *certificate, *key; // PEM
    struct loop loops[HTTP_THREADS_MAX];
    unsigned loop_count;
    unsigned next_loop;   // the keeper's own
    int listener;         // the keeper's own, once it runs
    int wake;             // an eventfd that the keeper waits for
    int watches;          // an epoll instance, likewise: tells the ends of watched requests' peers
    unsigned port;
    pthread_t keeper;
    bool keeper_runs;
    struct clients clients;
    char id_prefix[17];
    _Atomic uint64_t next_id;
    _Atomic bool closing; // no new connections, no further request on the old ones
    _Atomic bool full;    // the keeper waits for a connection to end
    _Atomic bool stopping;
    _Atomic unsigned outstanding; // requests that the owner has yet to answer
    _Atomic size_t bodies;        // bytes of unfinished bodies
    _Atomic uint64_t accepted, refused, cut;
};

static inline int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// http_clients.c

void http_clients_init(struct clients *clients);
void http_clients_fini(struct clients *clients);
// NULL when there are too many from this address already.
struct client *http_clients_add(struct http *http, int socket, const struct sockaddr *address);
// Of a socket that an HTTP thread has taken over.
struct client *http_clients_start(struct http *http, int socket);
// The connection ends; the socket is still open. The client goes, or is left behind with an exchange that is not over.
void http_clients_remove(struct client *client);
void http_clients_free(struct client *client);

static inline enum phase client_phase(int64_t state)
{
    return (enum phase)(state & 7);
}

static inline int64_t client_since(int64_t state)
{
    return state >> 3;
}

static inline int64_t client_state(enum phase phase, int64_t since_ns)
{
    return (int64_t)((uint64_t)since_ns << 3) | (int64_t)phase;
}

// Moves the client on to a phase. False when it was cut meanwhile.
bool http_client_move(struct client *client, enum phase phase, int64_t since_ns);

// http_keeper.c

void *http_keeper_run(void *http);
void http_keeper_wake(struct http *http);

// http_loop.c

// Starts a thread for the daemon, which passes to the loop; NULL is taken. False: failed.
bool http_loop_start(struct loop *loop, struct MHD_Daemon *daemon);
// Ends the thread, so that no more requests are offered.
void http_loop_join(struct loop *loop);
// After that, and when all that was offered is answered: ends the daemon, also when the thread did not start.
void http_loop_stop(struct loop *loop);
// Gives the client to its thread, which adds its connection, resumes it, or does away with what was left behind. Any
// thread; after it the client is not the caller's.
void http_loop_give(struct client *client);
// Tells the client's thread that its turn, as it is given here, has changed: there may be an answer to take.
void http_loop_tell(struct loop *loop, struct client *client, unsigned turn);

// http_exchange.c

// The callbacks of libmicrohttpd: a first line, a piece of a request, its end.
void *http_exchange_line(void *user, const char *uri, struct MHD_Connection *connection);
enum MHD_Result http_exchange_access(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                                     const char *version, const char *data, size_t *size, void **context);
void http_exchange_done(void *user, struct MHD_Connection *connection, void **context,
                        enum MHD_RequestTerminationCode code);
// The end of an exchange that was left behind, now that it is answered.
void http_exchange_end_left(struct exchange *exchange);
// Frees what the exchange keeps between requests.
void http_exchange_fini(struct exchange *exchange);
void http_make_id(struct http *http, char id[HTTP_ID_MAX + 1]);

// http_watch.c

static inline bool turn_has_answer(unsigned turn)
{
    return (turn & (TURN_ANSWERED | TURN_TELLING)) == TURN_ANSWERED;
}

// Tells the owner of peers that have hung up; some of them, if there are many.
void http_watch_tell(struct http *http);
// The connection of a client that is left behind is not there any more. Under the table's lock.
void http_watch_closed(struct client *client);
// Tells the owner of those who were left behind.
void http_watch_tell_late(struct http *http);
// There is nothing to tell any more of a client that was left behind: it is answered.
void http_watch_forget(struct client *client);

// http_headers.c

// False when the headers leave no room for those of the answer.
bool http_headers_fit(struct MHD_Connection *connection);
// Whether libmicrohttpd sees to the form of heads itself, when told so. 0.9.75 does not, and may not be told: of what
// it refuses itself it sends the head of the answer twice.
bool http_library_is_strict(void);
// Whether the head was sent as HTTP wants it: each line ended by CR and LF, none going on in a second, no zeros.
// `target_end`: the zero behind the target of the first line.
bool http_head_is_plain(struct MHD_Connection *connection, const char *method, const char *version,
                        const char *target_end);
// Reads the headers into the request; returns what is wrong with them, or NULL. *ret_length is that of the body, or
// UINT64_MAX when it comes in chunks.
const char *http_headers_read(struct http_request *request, struct MHD_Connection *connection, const char *version,
                              uint64_t *ret_length, bool *ret_expects_continue);

// http_send.c

// Makes the answer's response and queues it.
enum MHD_Result http_send(struct exchange *exchange);
// The problem as the owner words it, as a whole response in bytes; the caller frees it.
char *http_send_as_text(struct http *http, struct client *client, unsigned status, const char *detail);
void http_answer_drop(struct http_answer *answer);

#endif
