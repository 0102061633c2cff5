// SPDX-License-Identifier: Apache-2.0
//
// Questions about lists and the past, which the store answers: what is asked, and what comes back.
#ifndef ENGINE_QUERY_H
#define ENGINE_QUERY_H

#include "engine/denial.h"
#include "engine/fact.h"

// Filters that are 0 or NULL do not filter. `scope_organization` keeps what lies at or below that organization
// (organizations themselves, users, projects, seats by level, keys by organization or user; sessions and denials
// whose level or user is in there); `scope_user` what belongs to that user; `scope_key` the sessions it started.
// With several scopes a row need lie in one of them only.
struct list_query {
    enum row_kind kind; // PRODUCT, ACCOUNT, PURCHASE, ORGANIZATION, USER, PROJECT, SEAT, SESSION, BORROWING or API_KEY
    uint64_t account;   // not for products and accounts
    uint64_t after;     // rows with a larger id only, 0: all; products and borrowings: see after_code
    const char *after_code;
    size_t limit;
    uint64_t scope_organization, scope_user, scope_key;

    const char *product;
    uint64_t user;
    uint64_t organization; // of users, projects, keys
    bool parent_given;
    uint64_t parent; // of organizations
    bool level_given;
    uint64_t level; // of seats, sessions
    bool borrowed;  // sessions: only those that are
    int64_t idle_s; // of seats: not used for so long at the moment `now`
    int64_t now;
    bool state_given;
    enum session_state state;
    const char *email; // of users, folded case
    const char *q;     // part of a name (of users: or of an e-mail), in any case
    uint64_t q_id;     // or this one, which `q` names; 0: it names none
    bool ids_given;
    const uint64_t *ids; // of users, projects, organizations: only these, ascending
    size_t id_count;
    bool newest_first; // sessions: from the largest id down; `after` is then before
};

struct list_page {
    const void **rows; // of the kind asked for, in the arena, by id (products, borrowings by code)
    size_t count;
    const struct seat_machines *machines;    // of seats: one for each row
    const struct organization_place *places; // of organizations: likewise
    bool more;
};

struct event {
    int64_t seq;
    int64_t at;
    const char *kind;
    const char *subject; // "SN-12", "OG-1001/KRE", "PR-1/US-2", "AC-1"
    struct actor actor;
    const char *data; // JSON {"before":…,"after":…,"reason":…}; the same bytes that were hashed
    unsigned char hash[KEY_HASH_BYTES];
};

struct history_query {
    uint64_t account;
    uint64_t after; // seq, or denial id; 0: from the start
    bool newest_first; // from the end back; `after` is then before
    size_t limit;
    uint64_t scope_organization, scope_user; // as in list_query; events: those whose row or actor lies there
    const char *kind;    // "session.acquired" or "session"
    const char *subject; // exactly
    const char *product; // of denials
    uint64_t user;       // the one concerned, or who did it
    int64_t from_at, to_at;
};

struct denial_record {
    struct denial denial;
    const char *tried; // JSON: {"policy":…,"fallback":…,"tried":[…],"tried_total":n}, or NULL
};

#endif
