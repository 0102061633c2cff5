/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libusher: licenses from an Usher server, for programs in C and C++.
 *
 * A program opens the server, acquires a session, works, and releases it:
 *
 *     struct usher_error error;
 *     struct usher *usher = usher_open(NULL, NULL, NULL, &error);
 *     struct usher_request *request = usher_request_new("KRE");
 *     struct usher_session *session = usher != NULL ? usher_acquire(usher, request, &error) : NULL;
 *     if (session == NULL)
 *         return fprintf(stderr, "no license: %s\n", error.detail), 1;
 *     ...
 *     usher_release(session, NULL);
 *     usher_request_free(request);
 *     usher_close(usher);
 *
 * While the session is held, a thread of the library (one for each struct usher, started by the first acquire) sends
 * its heartbeats. If the program crashes, the heartbeats end and the license is free when the lease runs out: nothing
 * is ever leaked for longer than the time to live.
 *
 * Errors. What can fail takes a struct usher_error as its last argument and fills it, on success too (with USHER_OK);
 * NULL if you do not want to know. Functions that make something answer NULL on failure. Nothing is kept per thread
 * or per process. Running out of memory is an error like any other (USHER_MEMORY); the library never ends the
 * process, never prints, and never changes signal handlers, the locale or the environment. (What libcurl and jansson
 * do when memory is out is theirs.)
 *
 * NULL. Every function takes NULL in place of any handle: what frees does nothing, what asks answers USHER_INVALID.
 *
 * Threads. A struct usher and a struct usher_session may be used by any number of threads at once; only their end
 * (usher_close, usher_release) must be the last use of all. A struct usher_request is used by one thread at a time,
 * usher_cancel apart. Connections are kept and used again; two calls at once take two.
 *
 * Retries. Requests are sent again, with exponential and jittered pauses, when the connection is refused or cut, when
 * no answer comes in time, and on 408, 429 and 5xx (where Retry-After says how long, so long); never on another 4xx.
 * All tries of one call carry the same Idempotency-Key, so a lost answer never takes a second license.
 *
 * Time is measured on CLOCK_BOOTTIME, which goes on during suspend and which nobody can set.
 *
 * fork. Handles belong to the process that made them. In a child every call answers USHER_FORKED and touches nothing,
 * usher_close and usher_release included: the parent's sessions go on. The memory stays until the child execs or
 * exits. Connections and the library's other descriptors are closed by exec (libcurl before 8 leaves a pair of
 * sockets open by which it wakes itself; nothing hangs on them).
 *
 * libcurl is set up once in the process by the first usher_open, with curl_global_init under pthread_once, and is
 * left so. A program that calls curl_global_init by itself with a libcurl before 7.84, or one that is not
 * thread-safe, must do so before other threads call usher_open. The library must not be unloaded (dlclose).
 *
 * Strings are UTF-8. Times are milliseconds since 1970-01-01 UTC in int64_t, names in _at; spans are seconds, in _s.
 * Structures that you declare and the library fills end in spare room, so that they can grow without a new soname.
 */
#ifndef USHER_H
#define USHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define USHER_API __attribute__((visibility("default")))
#define USHER_MUST_USE __attribute__((warn_unused_result))
#else
#define USHER_API
#define USHER_MUST_USE
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0" */
USHER_API const char *usher_version(void);

/* ---- Errors */

/* The numbers and names are stable; new ones may come at the end. */
enum usher_code {
    USHER_OK = 0,
    /* Of the program or this machine; the server changed nothing. */
    USHER_INVALID = 1,   /* an argument that cannot be: the detail names it. Also the server's 400. */
    USHER_MEMORY = 2,    /* out of memory */
    USHER_SYSTEM = 3,    /* a file, a thread or a descriptor of this machine: the detail says which, and why */
    USHER_CANCELLED = 4, /* usher_cancel was called */
    USHER_FORKED = 5,    /* the handle belongs to the parent process */
    /* Between here and the server. */
    USHER_UNAVAILABLE = 10, /* not reached, cut off, or 408, 429, 5xx, until the time was up: try again later */
    USHER_UNTRUSTED = 11,   /* its certificate is not trusted: see usher_set_ca_file */
    USHER_PROTOCOL = 12,    /* what answers there is no Usher server, or sends on to somewhere else */
    /* Refused by the server. */
    USHER_UNAUTHENTICATED = 20, /* 401: the key is unknown, revoked or out of date */
    USHER_FORBIDDEN = 21,       /* 403: problem is forbidden, subscription-required, not-eligible or not-a-member */
    USHER_NOT_FOUND = 22,       /* 404: something named does not exist, or no seat */
    USHER_DENIED = 23,          /* 409 no-license-available: usher_request_denial tells what was tried */
    USHER_CONFLICT = 24,        /* 409, any other */
    USHER_ENDED = 25,           /* 410: the session was released, expired or revoked; reason where one was given */
    USHER_REFUSED = 26,         /* any other refusal: problem and status tell */
    /* Of leases without a network. */
    USHER_LEASE_BROKEN = 30,        /* no lease at all, cut, altered, or not signed by the key it names */
    USHER_LEASE_UNKNOWN_KEY = 31,   /* of another server, or of a key that was never fetched: usher_fetch_keys */
    USHER_LEASE_OTHER_MACHINE = 32, /* borrowed for another machine */
    USHER_LEASE_NOT_YET = 33,       /* before its start */
    USHER_LEASE_OVER = 34,          /* at or after its end */
    USHER_LEASE_RETURNED = 35,      /* given back on this machine */
    USHER_CLOCK_TURNED_BACK = 36    /* the clock is more than five minutes before the latest time seen */
};

/* "ok", "invalid", "memory", … "clock-turned-back": the name above in small letters; "unknown" for other numbers. */
USHER_API const char *usher_code_name(enum usher_code code);

struct usher_error {
    enum usher_code code;
    int status;            /* of HTTP; 0 when no answer came */
    int64_t retry_after_s; /* when another try makes sense: Retry-After, or when the next lease ends; -1: unknown */
    char problem[48];      /* the problem's stable name, such as "no-license-available"; "" when there was none */
    char reason[256];      /* what an admin wrote when ending a session, or why a pool did not grant; else "" */
    char request_id[64];   /* to find the request in the server's log; else "" */
    char detail[768];      /* a sentence or two for a person; never "" but with USHER_OK */
    char spare[256];
};

/* ---- Servers */

struct usher; /* a server, as the holder of one key */

/*
 * url, such as "https://licenses.example.com"; NULL: $USHER_URL, else "http://127.0.0.1:7420". key: the API key;
 * NULL: $USHER_KEY. account, such as "AC-1"; NULL: $USHER_ACCOUNT, else the key's own. Nothing is sent yet: that the
 * server is there and knows the key shows in the first call.
 */
USHER_API struct usher *usher_open(const char *url, const char *key, const char *account,
                                   struct usher_error *error) USHER_MUST_USE;

/*
 * Ends the sessions still held (five seconds are tried; what the server does not hear of ends by its time to live),
 * stops the thread and frees all, the sessions' handles too. Not to be called from a callback.
 */
USHER_API void usher_close(struct usher *usher);

/* Trust the certificates in this PEM file in place of the system's; NULL: the system's. For later requests. */
USHER_API enum usher_code usher_set_ca_file(struct usher *usher, const char *path, struct usher_error *error);

/* How long a call goes on trying while the server is away: 1 to 86400 s, at first 30. */
USHER_API enum usher_code usher_set_timeout(struct usher *usher, int64_t timeout_s, struct usher_error *error);

/* ---- Requests */

struct usher_request;
struct usher_session;

/*
 * What to acquire. The setters copy what they get. A wrong value is remembered and told, as USHER_INVALID, by the
 * call that uses the request; so is a lack of memory, also when usher_request_new answered NULL. A request may be
 * used for many calls, one after the other; each usher_acquire is a new attempt.
 */
USHER_API struct usher_request *usher_request_new(const char *product);
USHER_API void usher_request_free(struct usher_request *request);

/* Ids such as "US-1", "PR-1", "OG-1001"; NULL (at first): the key's own user, no project, no organization. */
USHER_API void usher_request_set_user(struct usher_request *request, const char *user);
USHER_API void usher_request_set_project(struct usher_request *request, const char *project);
USHER_API void usher_request_set_organization(struct usher_request *request, const char *organization);
/* 1 to 255 characters; NULL (at first): the host's name. */
USHER_API void usher_request_set_machine(struct usher_request *request, const char *machine);
/* Units, all from one pool: 1 (at first) to 1000. */
USHER_API void usher_request_set_count(struct usher_request *request, int64_t count);
/* How long the license stays taken when this program is gone: 10 to 86400 s, at first 120. */
USHER_API void usher_request_set_ttl(struct usher_request *request, int64_t ttl_s);
/*
 * How long to wait in line when no license is free: 0 (at first: not at all) to 31,536,000 s. A connection that
 * breaks meanwhile is made again and keeps the place in line. The call ends by then, or by the timeout where that is
 * longer.
 */
USHER_API void usher_request_set_wait(struct usher_request *request, int64_t wait_s);
/* "external" or "platform"; NULL (at first): what the key's role says. */
USHER_API void usher_request_set_origin(struct usher_request *request, const char *origin);
/* When the server tells that the session has ended: acquire another, in line if need be. At first false. */
USHER_API void usher_request_set_reacquire(struct usher_request *request, bool reacquire);
/*
 * An Idempotency-Key of your own, 1 to 64 visible ASCII characters, for every attempt with this request; NULL (at
 * first): a new, random one for each. With one's own, an attempt whose outcome is not known is not undone, so that a
 * later call (after a crash, too) takes it up; one whose session has ended is USHER_ENDED.
 */
USHER_API void usher_request_set_idempotency_key(struct usher_request *request, const char *key);

/*
 * Makes the call that uses the request end with USHER_CANCELLED, now; or, when none does, the next one. A request
 * stays cancelled. May be called from any thread, and from a signal handler. A license that was granted at that
 * moment is given back by the library's thread.
 */
USHER_API void usher_cancel(struct usher_request *request);

/* ---- Sessions */

/*
 *                        a heartbeat is answered
 *            ┌────────────────────────┬───────────────────────┐
 *            ▼    not answered        │    the lease's end    │
 *   ──► ACTIVE ──────────────────► AWAY ──────────────────► OVERDUE
 *        ▲   │                        │                       │
 *        │   └────────────┬───────────┴───────────────────────┘
 *        │                ▼  the server says that it has ended, or refuses the key
 *        └───────────── LOST          with reacquire: another session was granted
 *   usher_release, from any of them: RELEASED
 */
enum usher_state {
    USHER_ACTIVE = 0,  /* the server knows that we are here */
    USHER_AWAY = 1,    /* the server does not answer; the license is ours until the lease's end */
    USHER_OVERDUE = 2, /* the lease's end has passed without an answer: the license may be another's. While the service
                          is down no lease runs out, so it is asked on, and the same session may be ACTIVE again */
    USHER_LOST = 3,    /* ended, as the server told; remaining_s tells how long the lease would have run */
    USHER_RELEASED = 4
};

/* "active", "away", "overdue", "lost", "released"; "unknown" for other numbers. */
USHER_API const char *usher_state_name(enum usher_state state);

struct usher_session_info {
    enum usher_state state;
    int64_t count;
    int64_t ttl_s;
    int64_t started_at;   /* as the server told */
    int64_t expires_at;   /* as the server told last; remaining_s does not depend on how clocks are set */
    double remaining_s;   /* until the lease's end, never below 0 */
    char id[32];          /* "SN-1"; another one after a reacquire */
    char product[72];
    char user[32];        /* "US-1" */
    char level[32];       /* the pool that it is drawn from: "AC-1" or "OG-1001" */
    char via[16];         /* "named", "project", "own", "member", "fallback" or "other" */
    char spare[256];
};

/*
 * Tells each change of state but RELEASED: what the session is now, and in error what led to it (USHER_ENDED with the
 * reason, USHER_UNAVAILABLE, …; USHER_OK for ACTIVE). info and error belong to the library and end with the call.
 *
 * Called from the library's thread, where all signals are blocked, one call at a time for each struct usher. Return
 * soon: meanwhile no session of this struct usher gets a heartbeat. Not allowed within: usher_close, and
 * usher_release (USHER_INVALID) for any session of the same struct usher. After usher_release has returned, there are
 * no more calls.
 */
typedef void usher_change_fn(struct usher_session *session, const struct usher_session_info *info,
                             const struct usher_error *error, void *context);

/* Whom to tell of changes of the sessions acquired with this request; NULL (at first): nobody. */
USHER_API void usher_request_set_on_change(struct usher_request *request, usher_change_fn *on_change, void *context);

/*
 * Takes a license and keeps it until usher_release. Waits as usher_request_set_wait says. NULL: USHER_DENIED when no
 * license is free, and much else. When it is not known whether the server granted (the connection is cut and the
 * server stays away until the time is up, or the call is cancelled), the library's thread finds out and gives back.
 */
USHER_API struct usher_session *usher_acquire(struct usher *usher, struct usher_request *request,
                                              struct usher_error *error) USHER_MUST_USE;

/* How the session stands, all from one moment. Without the network. */
USHER_API enum usher_code usher_session_read(const struct usher_session *session,
                                             struct usher_session_info *ret_info);

/*
 * Ends the session and frees its handle, whatever it answers but USHER_INVALID and USHER_FORKED. Tried for five
 * seconds, or as long as told (0 to 86400 s; 0: one try of a second at most). USHER_UNAVAILABLE: the server did not
 * hear of it yet; the library's thread goes on trying until the lease's end or usher_close. A session that had ended
 * is USHER_OK.
 */
USHER_API enum usher_code usher_release(struct usher_session *session, struct usher_error *error);
USHER_API enum usher_code usher_release_within(struct usher_session *session, int64_t timeout_s,
                                               struct usher_error *error);

/* ---- Explanations */

struct usher_trial {
    const char *level;  /* "AC-1" or "OG-1001" */
    const char *rule;   /* why it was looked at: "named", "project", "own", "member", "fallback", "other" */
    const char *reason; /* why it did not grant: "exhausted", "cooldown", … ; NULL: it would */
    int64_t dedicated;  /* the figures: -1 each where the key may not see them */
    int64_t pool;
    int64_t assigned;
    int64_t available;
    int64_t retry_after_s; /* when the next lease there ends; -1: not known */
};

struct usher_reason_count {
    const char *reason;
    int64_t count;
};

/* Made by the library only, all in one piece; strings and trials live as long as it does. */
struct usher_explanation {
    bool would_grant;
    const char *level; /* NULL, as via, when it would not grant */
    const char *via;
    const char *error; /* the problem's name when it would not grant, else NULL */
    const char *product;
    const char *user;
    int64_t count;
    const char *policy; /* "unrestricted", "member_based" or "strict" */
    bool fallback;
    size_t tried_count; /* the levels looked at, in order; at most 20 */
    const struct usher_trial *const *tried;
    int64_t tried_total;  /* how many there were */
    size_t reasons_count; /* all of them, counted by reason */
    const struct usher_reason_count *const *reasons;
};

/* What usher_acquire would answer now. Changes nothing. */
USHER_API struct usher_explanation *usher_explain(struct usher *usher, struct usher_request *request,
                                                  struct usher_error *error) USHER_MUST_USE;
USHER_API void usher_explanation_free(struct usher_explanation *explanation);

/*
 * What was tried when the last usher_acquire or usher_borrow with this request was USHER_DENIED; else NULL. Belongs
 * to the request, until its next use.
 */
USHER_API const struct usher_explanation *usher_request_denial(const struct usher_request *request);

/* ---- Seats */

struct usher_seat {
    char id[32]; /* "ST-1" */
    char product[72];
    char user[32];
    char level[32];
    int64_t assigned_at;
    int64_t activated_at;
    int64_t last_used_at;
    char spare[256];
};

/*
 * Checks the key's user in: tells that the seat it holds of the product is in use on this machine. For products of
 * the model seat; a program does it at start. machine NULL: the host's name. ret_seat may be NULL. USHER_NOT_FOUND:
 * the user holds no seat. USHER_CONFLICT: the seat is used on as many machines as it may; the detail names them.
 */
USHER_API enum usher_code usher_check_in(struct usher *usher, const char *product, const char *machine,
                                         struct usher_seat *ret_seat, struct usher_error *error);

/* ---- Leases without a network */

/*
 * A lease is a session that was borrowed for days: a text, signed by the server, which this machine checks alone.
 * Leases stand in a folder, with the server's public keys, marks of leases given back, and the latest time that was
 * seen; it must be one that the same user can write, on this machine. All of it holds off mistakes and idle tries,
 * not the owner of the machine, who can change the program as well.
 */
struct usher_store;

struct usher_lease {
    int64_t starts_at;
    int64_t ends_at;
    char id[32]; /* "SN-7" */
    char account[32];
    char product[72];
    char user[32];
    char machine[256];
    char key_id[24];
    char token[2048]; /* the signed text itself, "ushl1.…" */
    char spare[256];
};

/* folder NULL: $USHER_STATE, else $XDG_STATE_HOME/usher, else ~/.local/state/usher. Made when it is not there. */
USHER_API struct usher_store *usher_store_open(const char *folder, struct usher_error *error) USHER_MUST_USE;
USHER_API void usher_store_close(struct usher_store *store);

/*
 * What a lease is bound to: 32 hex digits made from /etc/machine-id (never that id itself), which stay the same until
 * the system is installed anew. USHER_SYSTEM where there is none.
 */
USHER_API enum usher_code usher_machine_fingerprint(char ret_fingerprint[40], struct usher_error *error);

/*
 * Fetches the server's public keys into the store, and sets the latest time seen to the server's: also the way out
 * after a clock that once stood in the future. usher_borrow does it by itself.
 */
USHER_API enum usher_code usher_fetch_keys(struct usher *usher, struct usher_store *store, struct usher_error *error);

/*
 * Borrows the request's product for 1 to 365 days and keeps the lease in the store. The machine is this one's
 * fingerprint, or, for one without a network, the one set in the request. ret_lease may be NULL. USHER_FORBIDDEN
 * where the product may not be borrowed, USHER_DENIED when no license is free or the share is used up.
 */
USHER_API enum usher_code usher_borrow(struct usher *usher, struct usher_store *store, struct usher_request *request,
                                       int64_t days, struct usher_lease *ret_lease, struct usher_error *error);

/*
 * Whether the lease counts here and now; without the network. Only USHER_OK means yes; the detail says why not.
 * ret_lease (may be NULL) is filled on USHER_OK, and for leases that are genuine but do not count, from
 * USHER_LEASE_OTHER_MACHINE on.
 */
USHER_API enum usher_code usher_lease_verify(struct usher_store *store, const char *token,
                                             struct usher_lease *ret_lease, struct usher_error *error) USHER_MUST_USE;

/* The lease in the store that counts for this product and ends last. USHER_NOT_FOUND: there is none for it at all. */
USHER_API enum usher_code usher_lease_find(struct usher_store *store, const char *product,
                                           struct usher_lease *ret_lease, struct usher_error *error) USHER_MUST_USE;

/*
 * Calls each for every lease in the store, in no order: with USHER_OK in error, or why the lease does not count here
 * and now. lease->id is "" where even that cannot be told. Both end with the call.
 */
typedef void usher_lease_fn(const struct usher_lease *lease, const struct usher_error *error, void *context);
USHER_API enum usher_code usher_lease_each(struct usher_store *store, usher_lease_fn *each, void *context,
                                           struct usher_error *error);

/*
 * Gives the lease back before its end, by its id or its token. It no longer counts on this machine from the moment of
 * the call, even if the server does not hear of it (USHER_UNAVAILABLE: call again, so that the license is free); but
 * it does count again when the server refuses to take it back.
 */
USHER_API enum usher_code usher_lease_return(struct usher *usher, struct usher_store *store, const char *lease,
                                             struct usher_error *error);

#ifdef __cplusplus
}
#endif

#endif
