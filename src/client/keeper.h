// SPDX-License-Identifier: Apache-2.0
//
// The keeper: the thread behind a struct usher that does what must go on while the program works. It has a list of
// jobs, each of them at one of four tasks:
//
//              410, and another is wanted
//   HEARTBEAT ────────────────────────────► REACQUIRE      for a session that somebody holds
//             ◄────────────────────────────
//                      granted
//
//   UNDO ────────────► RELEASE ───► gone                   left behind: nobody holds it any more
//        was granted
//
// UNDO is for an acquire whose outcome is not known: the same request with the same Idempotency-Key tells, and takes
// nothing twice. All requests of the keeper run at once on one multi; between them it sleeps on the boot clock, so that
// it is there the moment the machine wakes up.
#ifndef CLIENT_KEEPER_H
#define CLIENT_KEEPER_H

#include "client/chance.h"
#include "client/exchange.h"
#include "client/session.h"

enum task { TASK_HEARTBEAT, TASK_REACQUIRE, TASK_UNDO, TASK_RELEASE };

// Once the keeper has taken it, all but `session` and `is_left` is the keeper's alone.
struct job {
    struct list_node node;
    struct usher_session *session; // who holds it; NULL: nobody. Guarded by the mutex, as is_left
    bool is_left;                  // given up by usher_close, in the same step: what it holds is to be released
    enum task task;
    char id[ID_SIZE];     // of the session to keep or to release
    char key[KEY_SIZE];   // of the attempt to make or to undo
    bool maybe;           // that attempt may have been granted
    bool was_in_line;     // or may still be, as far as the server knows
    json_t *members;      // of its request
    int64_t ttl_ms;       // of the session
    int64_t heartbeat_ms; // from one heartbeat to the next
    int64_t due_at;       // when the next request is to be sent, on the boot clock
    int64_t give_up_at;   // the same, for what is left behind
    int failures;         // in a row
    struct exchange exchange;
    bool is_under_way;
};

// Starts the thread, when it does not run yet.
enum usher_code keeper_start(struct usher *usher, struct usher_error *error);
// Ends all sessions, waits until the server knows, five seconds at most, and ends the thread.
void keeper_close(struct usher *usher);
// A job of one's own, not known to the keeper yet, never due. NULL when memory is out.
struct job *job_new(enum task task, json_t *members);
void job_free(struct job *job);
// Hands the job over. The keeper must run.
void keeper_take(struct usher *usher, struct job *job);
// To be called with the mutex held, after a change that the keeper should see.
void keeper_wake(struct usher *usher);

#endif
