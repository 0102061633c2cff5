// SPDX-License-Identifier: Apache-2.0
//
// Commands: what a request asks of one account, checked for form and nothing else. Things are named by id, products
// by code; whether they exist is the engine's to say. Texts are borrowed for as long as the command lives.
//
// An update carries the new values in a row and says in `given` which of them were in the request.
#ifndef ENGINE_COMMAND_H
#define ENGINE_COMMAND_H

#include "engine/row.h"

enum command_kind {
    // Changes
    COMMAND_ACCOUNT_CREATE,
    COMMAND_ACCOUNT_UPDATE,
    COMMAND_ACCOUNT_APPLY,
    COMMAND_PURCHASE_CREATE,
    COMMAND_PURCHASE_UPDATE,
    COMMAND_PURCHASE_DELETE,
    COMMAND_ORGANIZATION_CREATE,
    COMMAND_ORGANIZATION_UPDATE,
    COMMAND_ORGANIZATION_DELETE,
    COMMAND_USER_CREATE,
    COMMAND_USER_UPDATE,
    COMMAND_USER_DELETE,
    COMMAND_PROJECT_CREATE,
    COMMAND_PROJECT_UPDATE,
    COMMAND_PROJECT_DELETE,
    COMMAND_MEMBERSHIP_ADD,
    COMMAND_MEMBERSHIP_REMOVE,
    COMMAND_DEDICATIONS_APPLY,
    COMMAND_USAGE_POLICY_SET,
    COMMAND_SEAT_ASSIGN,
    COMMAND_SEAT_RELEASE,
    COMMAND_SEATS_RELEASE,
    COMMAND_SEAT_CHECK_IN,
    COMMAND_SEAT_MACHINE_REMOVE,
    COMMAND_SESSION_ACQUIRE,
    COMMAND_SESSION_HEARTBEAT,
    COMMAND_SESSION_END,
    COMMAND_LEASE_BORROW,
    COMMAND_LEASE_RETURN,
    COMMAND_BORROWING_SET,
    COMMAND_BORROWING_REMOVE,
    COMMAND_API_KEY_CREATE,
    COMMAND_API_KEY_REVOKE,
    COMMAND_INVITE,
    COMMAND_INVITATION_ACCEPT,
    COMMAND_PASSWORD_SET,
    COMMAND_SIGN_IN,
    COMMAND_SIGN_IN_END,
    COMMAND_SIGN_INS_END,
    // Questions: they change nothing
    COMMAND_SESSION_EXPLAIN,
    COMMAND_POOLS_READ,
    COMMAND_ACCOUNT_READ,
    COMMAND_USAGE_POLICY_READ,
    COMMAND_ROW_READ,
    COMMAND_WAITERS_READ,
    COMMAND_LEASE_READ,
    COMMAND_BORROWING_READ,
    COMMAND_SIGN_INS_READ,
    COMMAND_KIND_COUNT,
};

// Which members an update or create names.
enum given {
    GIVEN_NAME = 1 << 0,
    GIVEN_PLAN = 1 << 1,
    GIVEN_DELEGATE_DEDICATION = 1 << 2,
    GIVEN_SELF_SERVICE_SEATS = 1 << 3,
    GIVEN_ON_SHORTFALL = 1 << 4,
    GIVEN_SHORTFALL_GRACE_S = 1 << 5,
    GIVEN_PRODUCT = 1 << 6,
    GIVEN_QUANTITY = 1 << 7,
    GIVEN_STARTS_AT = 1 << 8,
    GIVEN_ENDS_AT = 1 << 9,
    GIVEN_PARENT = 1 << 10,
    GIVEN_EMAIL = 1 << 11,
    GIVEN_ORGANIZATION = 1 << 12,
    GIVEN_ROLE = 1 << 13,
    GIVEN_KIND = 1 << 14,
    GIVEN_USER = 1 << 15,
    GIVEN_MACHINES_PER_SEAT = 1 << 16,
};

enum reclaim { RECLAIM_REFUSE, RECLAIM_DRAIN, RECLAIM_MOVE };

extern const char *const reclaim_words[];

struct dedication_change {
    uint64_t organization;
    const char *product;
    int64_t count;
    enum reclaim reclaim;
    bool when_available;
};

// What acquire, explain and borrow ask for. `user` 0: the key's own.
struct session_request {
    const char *product;
    uint64_t user;
    uint64_t project;      // 0: none
    uint64_t organization; // 0: none
    const char *machine;   // NULL: none
    int64_t ttl_s;
    int64_t count;
    bool origin_given; // else: platform for a key with that role, external for all others
    enum session_origin origin;
    int64_t wait_s;
    int64_t borrow_days;         // a lease that is borrowed for so long; 0: a session
    const char *idempotency_key; // NULL: none
};

// A declarative account. Paths are lists of names from the top.
struct wanted_member {
    const char *ref; // e-mail, or id such as "US-7"
};

struct wanted_project {
    const char *name;
    const struct wanted_member *members;
    size_t member_count;
    bool members_given;
};

struct wanted_dedication {
    const char *product;
    int64_t count;
};

struct wanted_organization {
    const char *const *path;
    size_t depth;
    const struct wanted_project *projects;
    size_t project_count;
    const struct wanted_dedication *dedications;
    size_t dedication_count;
};

struct wanted_user {
    const char *email; // NULL: a service user known by its name
    const char *name;
    const char *const *organization; // path; depth 0: none
    size_t organization_depth;
    enum role role;
    enum user_kind kind;
    unsigned given;
};

struct wanted_account {
    const struct wanted_organization *organizations;
    size_t organization_count;
    const struct wanted_user *users;
    size_t user_count;
    bool policy_given;
    enum usage_policy policy;
    bool fallback;
    bool prune;
};

struct command {
    enum command_kind kind;
    bool dry_run;
    uint64_t id;    // the thing that the path names, where there is one
    unsigned given; // enum given
    union {
        struct account_row account;
        struct {
            struct purchase_row row; // its product is not set
            const char *product;
        } purchase;
        struct {
            struct organization_row row;
            bool release_seats;
        } organization;
        struct user_row user;
        struct project_row project;
        struct membership_row membership;
        struct {
            const struct dedication_change *changes;
            size_t count;
            bool one; // PUT of a single dedication: answered with its row
        } dedications;
        struct {
            enum usage_policy policy;
            bool fallback;
        } usage_policy;
        struct {
            const char *product;
            uint64_t user;
            uint64_t level;
        } seat;
        struct {
            const uint64_t *seats;
            size_t count;
            const char *reason; // NULL: none
        } release;
        const char *machine; // of a seat: that checks in, or is removed; NULL: none is named
        struct session_request session;
        struct {
            const char *reason; // NULL: none
            int64_t cooldown_s; // 0: none
        } end; // of a session or a seat
        struct {
            const char *product;
            int64_t max_borrow_days, share_percent;
        } borrowing;
        struct api_key_row api_key;
        struct {
            const char *invitation;             // the hash of its token, in hexadecimal digits
            const char *password;               // Argon2id
            unsigned char hash[KEY_HASH_BYTES]; // of the sign-in's secret
        } sign_in;                              // of the user `id`; 0: the operator
        struct wanted_account wanted;
        struct {
            const char *product; // NULL: all
            bool has_level;
            uint64_t level; // only this one
            uint64_t subtree; // the levels that the reader may see: 0: all, else this organization and below
            size_t limit;
            bool only_dedicated; // levels to which something is dedicated or to be, and the account
            const char *after_product; // the last row of the page before; NULL: from the start
            const uint64_t *after_path; // its level: the organizations from below the topmost level down to it
            size_t after_depth;         // 0: the topmost level itself
        } pools;
        enum row_kind row_read; // which kind `id` is of
        struct {
            size_t limit;
            uint64_t after;
        } sign_ins;
        struct {
            const char *product;       // NULL: all
            uint64_t user;             // 0: all
            uint64_t scope_organization; // what the reader may see: users of this organization and below, or itself;
            uint64_t scope_user;         // both 0: all
            size_t limit;
            int64_t after_since_at; // the last of the page before; 0: from the start
            uint64_t after_order;
        } waiters;
    };
};

#endif
