// SPDX-License-Identifier: Apache-2.0
//
// One decision: a command, judged on an account at a moment, comes to an outcome and to facts.
//
// Rules build on each other within one command (a session that ends lets a drain go on, which lets a raise be filled),
// so each fact is applied as soon as it is found, and the next rule sees the account as it then is. A refusal or a
// dry run takes all of them back before account_decide returns: an account is changed by what was decided, or not at
// all. The caller that cannot make the facts durable takes them back itself, with decision_take_back.
//
// No clock, no I/O, no randomness: everything that is not in the account comes in here.
#ifndef ENGINE_DECISION_H
#define ENGINE_DECISION_H

#include "engine/account.h"
#include "engine/command.h"
#include "engine/numbers.h"

struct decision {
    // In
    struct account *account;
    struct catalog *catalog;
    struct numbers *numbers; // ids taken by a refused command are given back
    const struct actor *actor;
    int64_t now; // never before account->last_at
    struct arena *arena;
    // In, from what the store remembers; NULL where there is nothing, or the command does not need it
    const struct session_row *remembered; // by the command's idempotency key
    const struct session_row *past;       // the session that the command names, when it is not active
    const struct session_row *const *recent; // active at some moment of the last 24 hours: for dry runs
    size_t recent_count;
    // Out
    struct fact *facts; // in order, in the arena
    size_t fact_count;
    struct outcome outcome;
    struct waiter **served; // who was waiting and is not any more (see queue.h)
    size_t served_count;
    struct stand *stands; // how those in line stood before it, of whom that has changed
    size_t stand_count;
};

// Sets what is in; everything else is zero.
void decision_init(struct decision *decision, struct account *account, struct catalog *catalog,
                   struct numbers *numbers, const struct actor *actor, int64_t now, struct arena *arena);
void account_decide(struct decision *decision, const struct command *command);
// What time alone does until `now`: leases that ended are returned, purchases start and end, claims that a
// shortfall's grace has run out on are ended. Called before each decision at a later moment.
void account_pass_time(struct decision *decision);
// When account_pass_time has something to do next; 0: nothing is due.
int64_t account_next_due(const struct account *account);
// Whether the command changes nothing, whatever comes of it.
bool command_is_question(enum command_kind kind);
// Takes all facts back, newest first.
void decision_take_back(struct decision *decision);

// ---- For the commands' own files -------------------------------------------------------------------------------

// Records the fact and applies it. Rows are copied; `before` may be the live row of the account.
void decision_add(struct decision *decision, enum fact_kind kind, const void *before, const void *after);
void decision_add_reason(struct decision *decision, enum fact_kind kind, const void *before, const void *after,
                         const char *reason);
uint64_t decision_new_id(struct decision *decision, enum id_kind kind);
// Gives back what was decided beyond the first `fact_count` facts.
void decision_rewind(struct decision *decision, size_t fact_count);

// The outcome is a refusal: `pointer` names the member that is meant, or is NULL; the sentence tells a person what
// to do. Returns false, for `return decision_refuse(…)`.
bool decision_refuse(struct decision *decision, enum result result, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void decision_answer_row(struct decision *decision, enum result result, enum row_kind kind, const void *row);
// The machines of a seat, copied.
struct seat_machines decision_machines(struct decision *decision, const struct seat *seat);
// Ids in sentences: "OG-1001".
const char *decision_id(struct decision *decision, enum id_kind kind, uint64_t id);

// Things that a command names; a refusal with 404 when they are not there.
const struct product *decision_product(struct decision *decision, const char *code, const char *pointer);
struct level *decision_level(struct decision *decision, uint64_t id, const char *pointer);
struct user *decision_user(struct decision *decision, uint64_t id, const char *pointer);
struct project *decision_project(struct decision *decision, uint64_t id, const char *pointer);

// Claims. The reason is a person's, or the service's own word such as "purchase-ended".
void session_end(struct decision *decision, const struct session *session, enum session_state state,
                 const char *reason, int64_t ended_at, int64_t cooldown_until);
void seat_end(struct decision *decision, const struct seat *seat, enum fact_kind kind, const char *reason);
void cooldown_set(struct decision *decision, uint64_t user, const struct product *product, int64_t until_at);

// starts_at <= now < ends_at, either of which may be absent.
bool purchase_in_force(const struct purchase_row *row, int64_t now);

// Lets every consequence of the facts so far happen: drains go on, raises are filled, shortfalls begin and end.
void settle(struct decision *decision);

#endif
