// SPDX-License-Identifier: Apache-2.0
//
// What a command came to: one of the results below, and what is answered with it. The same list gives the enum,
// the HTTP status, the problem's name and its title. Everything an outcome points at lives in its decision's arena.
#ifndef ENGINE_OUTCOME_H
#define ENGINE_OUTCOME_H

#include "engine/fact.h"
#include "engine/limits.h"

// X(enum, HTTP status, name, title). Those below 400 are no problems.
#define RESULTS(X)                                                                                                     \
    X(OK, 200, "ok", "OK")                                                                                             \
    X(CREATED, 201, "created", "Created")                                                                              \
    X(DONE, 204, "done", "Done")                                                                                       \
    X(INVALID_REQUEST, 400, "invalid-request", "The request is not valid")                                             \
    X(UNAUTHENTICATED, 401, "unauthenticated", "A valid key or sign-in is needed")                                     \
    X(FORBIDDEN, 403, "forbidden", "That is not allowed")                                                              \
    X(SUBSCRIPTION_REQUIRED, 403, "subscription-required", "The account's plan does not include this")                 \
    X(NOT_ELIGIBLE, 403, "not-eligible", "The user may not use licenses from there")                                   \
    X(NOT_A_MEMBER, 403, "not-a-member", "The user is not a member of the project")                                    \
    X(NOT_FOUND, 404, "not-found", "There is no such thing")                                                           \
    X(METHOD_NOT_ALLOWED, 405, "method-not-allowed", "This address does not take that method")                         \
    X(CONFLICT, 409, "conflict", "That contradicts what is there")                                                     \
    X(INSUFFICIENT_POOL, 409, "insufficient-pool", "The pool does not hold that many licenses")                        \
    X(DEDICATION_IN_USE, 409, "dedication-in-use", "Licenses of the dedication are in use")                            \
    X(NO_LICENSE_AVAILABLE, 409, "no-license-available", "No license is available")                                    \
    X(NOT_EMPTY, 409, "not-empty", "It still holds other things")                                                      \
    X(DEDICATIONS_EXIST, 409, "dedications-exist", "Dedications or a usage policy still stand")                        \
    X(SESSION_ENDED, 410, "session-ended", "The session has ended")                                                    \
    X(INVITATION_ENDED, 410, "invitation-ended", "The invitation is not valid any more")                               \
    X(TOO_LARGE, 413, "too-large", "The request is too large")                                                         \
    X(UNSUPPORTED_MEDIA_TYPE, 415, "unsupported-media-type", "The body must be JSON")                                  \
    X(IDEMPOTENCY_KEY_REUSED, 422, "idempotency-key-reused", "The Idempotency-Key was used for another request")       \
    X(RATE_LIMITED, 429, "rate-limited", "Too many failed attempts")                                                   \
    X(INTERNAL, 500, "internal", "The server made a mistake")                                                          \
    X(UNAVAILABLE, 503, "unavailable", "The server cannot do that just now")

enum result {
#define X(result, status, name, title) RESULT_##result,
    RESULTS(X)
#undef X
        RESULT_COUNT,
};

struct result_type {
    int status;
    const char *name;
    const char *title;
};

extern const struct result_type result_types[RESULT_COUNT];

static inline bool result_is_refusal(enum result result)
{
    return result >= RESULT_INVALID_REQUEST;
}

// The figures of one level for one product (spec: the four figures of a level).
struct figures {
    uint64_t level;
    const char *name;
    uint64_t parent; // a level; for the account itself meaningless
    const struct product *product;
    int64_t dedicated;
    int64_t pool;
    int64_t assigned;
    int64_t available;
    int64_t over_committed; // 0: not
    int64_t draining_to;    // NUMBER_NONE: not
    int64_t filling_to;     // NUMBER_NONE: not
};

// Why a pool did not grant; in order of precedence.
enum reason {
    REASON_NONE,
    REASON_FALLBACK_OFF,
    REASON_COOLDOWN,
    REASON_DRAINING,
    REASON_OVER_COMMITTED,
    REASON_BORROW_LIMIT, // the share of the pool that may be borrowed is used up
    REASON_EXHAUSTED,
    REASON_COUNT,
};

extern const char *const reason_words[]; // by enum reason, ended by NULL

// One pool that was tried for a session, or kept out.
struct trial {
    uint64_t level;
    enum session_via rule;
    int64_t dedicated, pool, assigned, available;
    enum reason reason;   // REASON_NONE: it grants
    int64_t retry_after_s; // when the next lease there ends; NUMBER_NONE: none does
    bool figures_hidden;  // the viewer may see the reason only
};

struct explanation {
    const struct product *product;
    uint64_t user;
    int64_t count;
    bool seat;                // a seat was asked for: no policy applies
    enum usage_policy policy; // in force for this request
    bool fallback;
    struct trial tried[TRIED_MAX];
    size_t tried_count; // in `tried`
    size_t tried_total;
    size_t reasons[REASON_COUNT]; // over all that were tried
    bool granted;
    uint64_t level; // when granted
    enum session_via via;
};

// Who holds what: a claim (seat or session) or an organization with its dedication.
struct holder {
    enum { HOLDER_ORGANIZATION, HOLDER_SEAT, HOLDER_SESSION } kind;
    uint64_t id;
    uint64_t user; // of a claim
    int64_t count;
};

struct over {
    uint64_t level;
    const struct product *product;
    int64_t over_committed;
};

// A grant of the last 24 hours that a change would have denied.
struct denied_grant {
    const struct session_row *session; // as it was granted
    enum result error;
    enum reason reason;
};

// One step of a declarative account's plan. Values are texts for people and programs: numbers, words, names.
struct plan_step {
    enum { PLAN_CREATE, PLAN_UPDATE, PLAN_DELETE } action;
    const char *kind;    // "organization", "user", "project", "membership", "dedication", "usage_policy"
    const char *subject; // such as "Studio/Lighting" or "Studio/Lighting KRE"
    const char *id;      // NULL: not made yet
    const char *from;    // JSON text, NULL: nothing
    const char *to;
};

// One who waits in line, as its place is now.
struct standing {
    uint64_t order; // with since_at: which one it is
    const struct product *product;
    uint64_t user, project, organization;
    const char *machine;
    int64_t count;
    int64_t since_at, deadline_at;
    int64_t position;   // among those who wait for the product, from 1
    int64_t estimate_s; // until enough leases end at its pools, if none is renewed; NUMBER_NONE: unknown
};

enum answer_kind {
    ANSWER_NONE,
    ANSWER_ROW,      // row_kind, row
    ANSWER_FIGURES,  // figures[figure_count]; one for a PUT, many for apply and pools
    ANSWER_POLICY,   // policy, fallback
    ANSWER_EXPLAIN,  // explanation
    ANSWER_DRY_RUN,  // dry
    ANSWER_PLAN,     // steps[step_count]
    ANSWER_WAITERS,  // standings[standing_count], more
    ANSWER_RELEASED, // released
    ANSWER_INVITATION, // row: the user, as ROW_USER
    ANSWER_SIGN_INS, // sign_ins[sign_in_count], more
};

struct dry_run {
    enum result result; // what the change would have come to
    const struct figures *rows;
    size_t row_count;
    const struct over *over;
    size_t over_count;
    const struct denied_grant *denied;
    size_t denied_count; // in `denied`
    size_t denied_total;
};

struct outcome {
    enum result result;
    const char *detail;  // for a refusal: what to do, in a sentence
    const char *pointer; // the member that is meant (RFC 6901), or NULL

    enum answer_kind answer;
    enum row_kind row_kind;
    const void *row;
    bool is_lease;   // the row is a borrowed session, answered as a lease
    bool hides_lease; // its token is not for the one who asks
    struct seat_machines machines; // of a row that is a seat; of a CONFLICT: those that hold the seat's places
    struct organization_place place; // of a row that is an organization
    size_t released;
    const struct sign_in_row *sign_ins;
    size_t sign_in_count;
    const struct figures *figures;
    size_t figure_count;
    const uint64_t *last_path; // the level of the last row of a page, as in command.pools.after_path
    size_t last_depth;
    bool one;  // the figures are a single row, answered as an object
    bool more; // there are more figures or places behind the last: another page
    enum usage_policy policy;
    bool fallback;
    const struct explanation *explanation; // also of NO_LICENSE_AVAILABLE
    enum result explain_error;             // what acquire would be refused with; OK: it would be granted
    struct dry_run dry;
    const struct plan_step *steps;
    size_t step_count;
    bool dry_plan;
    const struct standing *standings;
    size_t standing_count;

    bool has_waited; // a denial after waiting: where it stood in line
    int64_t position, estimate_s;

    // Members of refusals; NUMBER_NONE where they do not apply.
    int64_t requested, available;
    int64_t dedicated, children_dedicated, assigned;
    const struct product *product;
    bool has_level;
    uint64_t level;
    const struct holder *holders; // DEDICATION_IN_USE; seats of a CONFLICT
    size_t holder_count, holder_total;
    const char *with; // CONFLICT: the id of the other thing
    int64_t organizations, users, projects, seats, sessions; // NOT_EMPTY
    int64_t dedications;                                     // DEDICATIONS_EXIST
    const struct session_row *session;                       // SESSION_ENDED
};

// Copies what the outcome points at into the arena, for one that outlives its decision: rows, explanations, texts.
void outcome_keep(struct outcome *outcome, struct arena *arena);

#endif
