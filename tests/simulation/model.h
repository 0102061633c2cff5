// SPDX-License-Identifier: Apache-2.0
//
// The naive model: the contract, written down a second time in the plainest way. Arrays that are counted through each
// time, no index, no figure kept beside another, nothing shared with the engine but the names of results and rules.
// It is slow, and easy to hold beside the text of the contract.
//
// Everything is named by its place in an array; place 0 of the levels is the account. Ids of the engine are given out
// in the order of creation, so that place and id tell of each other.
#ifndef SIMULATION_MODEL_H
#define SIMULATION_MODEL_H

#include "engine/command.h"
#include "engine/outcome.h"

enum {
    MODEL_PRODUCTS = 3,
    MODEL_SEAT_PRODUCT = 2, // the others are licensed by session
    MODEL_LEVELS = 64,
    MODEL_USERS = 40,
    MODEL_PROJECTS = 24,
    MODEL_PURCHASES = 64,
    MODEL_CLAIMS = 512,
    MODEL_NOBODY = -1, // no level, user or project
    MODEL_UNKNOWN = -2, // one that does not exist
};

struct model_dedication {
    int64_t dedicated;
    int64_t draining_to; // NUMBER_NONE: not
    int64_t filling_to;
    int64_t filling_since;
};

struct model_level {
    bool exists;
    int parent;
    struct model_dedication of[MODEL_PRODUCTS]; // of the account nothing but zeros
};

struct model_user {
    bool exists;
    int level;
    int64_t cooldown_until[MODEL_PRODUCTS];
};

struct model_project {
    bool exists;
    int level;
    bool has[MODEL_USERS];
};

struct model_purchase {
    bool exists;
    int product;
    int64_t quantity, starts_at, ends_at;
};

struct model_claim {
    uint64_t id; // a session's or a seat's
    int product, user, level;
    int64_t count, since_at;
    int64_t expires_at, ttl_s; // of a session
};

struct model {
    int64_t now;
    bool enterprise;
    enum usage_policy policy;
    bool fallback;
    enum on_shortfall on_shortfall;
    int64_t shortfall_grace_s;
    int64_t shortfall_since[MODEL_PRODUCTS];
    struct model_level levels[MODEL_LEVELS];
    struct model_user users[MODEL_USERS];
    struct model_project projects[MODEL_PROJECTS];
    struct model_purchase purchases[MODEL_PURCHASES];
    struct model_claim claims[MODEL_CLAIMS];
    int level_count, user_count, project_count, purchase_count, claim_count;
    // Which pools are kept for one who waits, by the number of the waiter; 0: for none. Not predicted, but taken from
    // the engine: the scripts tell when a pool is kept.
    uint64_t kept_for[MODEL_LEVELS][MODEL_PRODUCTS];
    uint64_t session_count, seat_count; // how many there ever were
};

// What a command must come to. What does not apply is NUMBER_NONE or MODEL_NOBODY.
struct verdict {
    enum result result;
    int level; // that grants
    enum session_via via;
    int64_t requested, available;                    // INSUFFICIENT_POOL
    int64_t dedicated, children_dedicated, assigned; // DEDICATION_IN_USE
    size_t tried;                                    // NO_LICENSE_AVAILABLE
    size_t reasons[REASON_COUNT];
    enum reason first_reason;
};

void model_init(struct model *model, int64_t now);

// ---- Counting

int64_t model_dedicated(const struct model *model, int level, int product);
int64_t model_children_dedicated(const struct model *model, int level, int product);
int64_t model_assigned(const struct model *model, int level, int product);
int64_t model_available(const struct model *model, int level, int product);
int64_t model_over_committed(const struct model *model, int level, int product);
bool model_is_within(const struct model *model, int level, int top);
int model_depth(const struct model *model, int level);
struct model_claim *model_claim(struct model *model, bool seat, uint64_t id); // NULL: none

// ---- Commands: each gives the verdict, and changes the model if it is accepted

// What time does until `now`.
void model_pass_time(struct model *model, int64_t now);

struct model_request {
    int product, user, project, named; // MODEL_NOBODY: none
    int64_t count, ttl_s;
    bool platform;
    uint64_t waiter; // 0: a newcomer
};

struct verdict model_acquire(struct model *model, const struct model_request *request, bool only_explain);
// Grants it from this very level, whatever the order of trial says.
void model_grant(struct model *model, const struct model_request *request, int level);
struct verdict model_heartbeat(struct model *model, uint64_t session);
struct verdict model_end(struct model *model, bool seat, uint64_t id, int64_t cooldown_s);
struct verdict model_assign_seat(struct model *model, int product, int user, int level);

struct model_change {
    int level, product;
    int64_t count;
    enum reclaim reclaim;
    bool when_available;
};

// One dedication by the words of the contract for one; several by those for several.
struct verdict model_dedicate(struct model *model, const struct model_change *change);
struct verdict model_dedicate_together(struct model *model, const struct model_change *changes, int count);
struct verdict model_set_policy(struct model *model, enum usage_policy policy, bool fallback);
struct verdict model_set_plan(struct model *model, bool enterprise);
struct verdict model_set_shortfall(struct model *model, enum on_shortfall on_shortfall, int64_t grace_s);
// purchase MODEL_NOBODY: a new one. The quantity 0 of one that exists takes it away.
struct verdict model_purchase(struct model *model, int purchase, int product, int64_t quantity, int64_t starts_at,
                              int64_t ends_at);
struct verdict model_create_level(struct model *model, int parent);
struct verdict model_delete_level(struct model *model, int level);
struct verdict model_move_level(struct model *model, int level, int parent, bool release_seats);
struct verdict model_create_user(struct model *model, int level);
struct verdict model_move_user(struct model *model, int user, int level);
struct verdict model_delete_user(struct model *model, int user);
struct verdict model_create_project(struct model *model, int level);
struct verdict model_move_project(struct model *model, int project, int level);
struct verdict model_delete_project(struct model *model, int project);
struct verdict model_set_member(struct model *model, int project, int user, bool member);

#endif
