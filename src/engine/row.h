// SPDX-License-Identifier: Apache-2.0
//
// Rows: the plain values of each kind of thing, the same in memory, in the store's tables, in the history and in
// the API. A row kind is described once, by its table of fields; copying, comparing, writing as JSON and binding
// to SQL all walk that table, so that a member added there is added everywhere.
//
// Texts in a row are borrowed unless row_own made the copy. Absent values: NULL for texts and products, 0 for ids
// and moments, NUMBER_NONE for numbers that may be absent. Level 0 is the account itself.
#ifndef ENGINE_ROW_H
#define ENGINE_ROW_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_NONE INT64_C(-1)
#define ID_UNKNOWN UINT64_MAX // the id of nothing: what a text that is no id stands for

enum row_kind {
    ROW_PRODUCT,
    ROW_ACCOUNT,
    ROW_PURCHASE,
    ROW_ORGANIZATION,
    ROW_USER,
    ROW_PROJECT,
    ROW_MEMBERSHIP,
    ROW_DEDICATION,
    ROW_SEAT,
    ROW_SEAT_MACHINE,
    ROW_SESSION,
    ROW_COOLDOWN,
    ROW_SHORTFALL,
    ROW_BORROWING,
    ROW_API_KEY,
    ROW_SIGN_IN,
    ROW_WAITER,
    ROW_KINDS,
    ROW_KINDS_ALONE = ROW_WAITER, // those that a server writes which has the store for itself
};

enum product_model { MODEL_SEAT, MODEL_SESSION };
enum plan { PLAN_FREE, PLAN_PREMIUM, PLAN_TRUE_ENTERPRISE };
enum on_shortfall { SHORTFALL_KEEP, SHORTFALL_END_NEWEST };
enum usage_policy { POLICY_UNRESTRICTED, POLICY_MEMBER_BASED, POLICY_STRICT };
enum role { ROLE_MEMBER, ROLE_ORG_ADMIN, ROLE_ACCOUNT_ADMIN, ROLE_AUDITOR, ROLE_PLATFORM, ROLE_OPERATOR };
enum user_kind { USER_PERSON, USER_SERVICE };
enum seat_state { SEAT_ASSIGNED, SEAT_ACTIVATED };
enum session_state { SESSION_ACTIVE, SESSION_RELEASED, SESSION_EXPIRED, SESSION_REVOKED };
enum session_via { VIA_NAMED, VIA_PROJECT, VIA_OWN, VIA_MEMBER, VIA_FALLBACK, VIA_OTHER };
enum session_origin { ORIGIN_EXTERNAL, ORIGIN_PLATFORM };

// A product is never deleted, so rows point at it. Its row is the product itself.
struct product {
    const char *code;
    const char *name;
    enum product_model model;
    int64_t machines_per_seat; // NUMBER_NONE: as many as there are
    int64_t created_at;
};

struct account_row {
    uint64_t id;
    const char *name;
    enum plan plan;
    bool delegate_dedication;
    bool self_service_seats;
    enum on_shortfall on_shortfall;
    int64_t shortfall_grace_s;
    enum usage_policy policy;
    bool fallback;
    int64_t created_at;
};

struct purchase_row {
    uint64_t id;
    const struct product *product;
    int64_t quantity;
    int64_t starts_at;
    int64_t ends_at;
    bool in_force;
    int64_t created_at;
};

struct organization_row {
    uint64_t id;
    const char *name;
    uint64_t parent; // 0: below the account
    int64_t created_at;
};

// Where an organization stands in the tree.
struct organization_place {
    const char *const *names; // from the top down, its own last
    size_t depth;             // how many: 1 directly below the account
    size_t children;          // organizations directly below it
};

struct user_row {
    uint64_t id;
    const char *email;
    const char *name;
    uint64_t organization;
    enum role role;
    enum user_kind kind;
    int64_t created_at;
    int64_t password_set_at; // 0: it has none, and cannot sign in
    int64_t invited_until;   // when the invitation that stands ends, or has ended; 0: none stands
    const char *password;    // Argon2id, in the form that says how it was made; NULL: none
    const char *invitation;  // the hash of its token, in hexadecimal digits; NULL: none stands
};

struct project_row {
    uint64_t id;
    const char *name;
    uint64_t organization;
    int64_t created_at;
};

struct membership_row {
    uint64_t project;
    uint64_t user;
};

struct dedication_row {
    uint64_t organization;
    const struct product *product;
    int64_t dedicated;
    int64_t draining_to;   // NUMBER_NONE: not draining
    int64_t filling_to;    // NUMBER_NONE: no raise waits
    int64_t filling_since; // of all raises that wait in an account, no two have the same
};

struct seat_row {
    uint64_t id;
    const struct product *product;
    uint64_t user;
    uint64_t level;
    enum seat_state state;
    int64_t assigned_at;
    int64_t activated_at;
    int64_t last_used_at;
};

// A machine that checked in for a seat.
struct seat_machine_row {
    uint64_t seat;
    const char *machine;
    int64_t activated_at;
    int64_t last_used_at;
};

// Those of one seat, by when they were activated.
struct seat_machines {
    const struct seat_machine_row *rows;
    size_t count;
};

struct session_row {
    uint64_t id;
    const struct product *product;
    uint64_t user;
    uint64_t level;
    enum session_via via;
    int64_t count;
    enum session_state state;
    const char *reason;
    uint64_t project;
    uint64_t organization;
    const char *machine;
    int64_t ttl_s;
    enum session_origin origin;
    int64_t started_at;
    int64_t expires_at;
    int64_t ended_at;
    int64_t cooldown_until;
    bool borrowed; // a lease for a machine without a network: it ends when it was given to, or when it is returned
    uint64_t key; // whose API key started it; 0: the operator's
    const char *idempotency_key;
};

struct cooldown_row {
    uint64_t user;
    const struct product *product;
    int64_t until_at;
};

// Since when an account uses more of a product than it has; lives while it does.
struct shortfall_row {
    const struct product *product;
    int64_t since_at;
};

// That a product may be borrowed, and how much of it.
struct borrowing_row {
    const struct product *product;
    int64_t max_borrow_days;
    int64_t share_percent; // of each pool
};

enum { KEY_HASH_BYTES = 32 };

struct api_key_row {
    uint64_t id;
    const char *name;
    enum role role;
    uint64_t user;
    uint64_t organization;
    int64_t created_at;
    int64_t expires_at;
    int64_t revoked_at;
    int64_t last_used_at;
    unsigned char hash[KEY_HASH_BYTES];
};

// A browser in which someone has signed in (see sign_in.h).
struct sign_in_row {
    uint64_t id;
    uint64_t user; // 0: the operator's, of account 0
    int64_t created_at;
    int64_t last_used_at;
    unsigned char hash[KEY_HASH_BYTES];
};

// Who waits in line for a license at one of several servers (see queue.h): what the others must know of it. A server
// that has the store for itself keeps its line in memory only.
struct waiter_row {
    uint64_t id; // also its place among those of the same moment
    uint64_t node; // the server that has its connection
    const struct product *product;
    uint64_t user;
    uint64_t project;      // 0: none
    uint64_t organization; // 0: none
    const char *machine;   // NULL: none
    int64_t ttl_s;
    int64_t count;
    bool origin_given;
    enum session_origin origin;
    const char *idempotency_key; // NULL: none
    unsigned char request_hash[KEY_HASH_BYTES];
    enum role role; // of who asks, and what follows
    uint64_t key;
    bool is_signed_in;
    uint64_t actor_user;
    uint64_t actor_organization;
    int64_t since_at;
    int64_t deadline_at;
    int64_t head_since;
    bool is_reserving;  // the pool of the level `reserved` grants to no other
    uint64_t reserved;
    enum session_via reserved_via;
    uint64_t session;   // that it was served with, when it is gone
    int64_t kept_until; // when it is gone: as long, its age is kept for the same request; 0: not at all
};

enum field_type {
    FIELD_ID,      // uint64_t; `of` tells whose
    FIELD_TEXT,    // const char *
    FIELD_NUMBER,  // int64_t; NUMBER_NONE is null
    FIELD_FLAG,    // bool
    FIELD_MOMENT,  // int64_t, 0 is null
    FIELD_WORD,    // an enum, by its words
    FIELD_PRODUCT, // const struct product *, by its code
    FIELD_HASH,    // KEY_HASH_BYTES bytes
};

// Whose id: gives the prefix. An ID_LEVEL is the account's when 0.
enum id_kind {
    ID_ACCOUNT,
    ID_ORGANIZATION,
    ID_LEVEL,
    ID_USER,
    ID_PROJECT,
    ID_PURCHASE,
    ID_SEAT,
    ID_SESSION,
    ID_API_KEY,
    ID_SIGN_IN,
    ID_DENIAL,
    ID_WAITER, // told to nobody
    ID_KINDS,
};

struct field {
    const char *name; // as in the URL, JSON, table and manual
    enum field_type type;
    size_t offset;
    enum id_kind of;          // FIELD_ID
    const char *const *words; // FIELD_WORD, ended by NULL
    bool inner;               // never shown outside the store
};

struct row_type {
    const char *name; // as in event kinds and tables: "organization"
    size_t size;
    const struct field *fields;
    size_t field_count;
    size_t key_count; // how many leading fields identify the row within its account
};

extern const struct row_type row_types[ROW_KINDS];

extern const char *const model_words[], *const plan_words[], *const on_shortfall_words[], *const policy_words[],
    *const role_words[], *const user_kind_words[], *const seat_state_words[], *const session_state_words[],
    *const via_words[], *const origin_words[];

// The index of a word, or -1.
int word_find(const char *const *words, const char *word);

// Copies a row, its texts included, into the arena.
void *row_copy(enum row_kind kind, const void *row, struct arena *arena);
// Makes *target an own copy of the row: its texts are allocated, and given back by row_disown. The target must
// hold no texts of its own (zeroed or disowned).
void row_own(enum row_kind kind, void *target, const void *row);
void row_disown(enum row_kind kind, void *row);
bool row_same(enum row_kind kind, const void *a, const void *b);
bool field_same(const struct field *field, const void *a, const void *b);

int64_t field_number(const struct field *field, const void *row);  // NUMBER, MOMENT
uint64_t field_id(const struct field *field, const void *row);     // ID
int field_word(const struct field *field, const void *row);        // WORD: the index
bool field_flag(const struct field *field, const void *row);       // FLAG
const char *field_text(const struct field *field, const void *row); // TEXT, and PRODUCT's code; NULL: absent
const unsigned char *field_hash(const struct field *field, const void *row);

enum { ID_TEXT_SIZE = 32 };

// Writes "OG-1001". Level 0 is written as the account's id.
void id_format(enum id_kind kind, uint64_t id, uint64_t account, char text[ID_TEXT_SIZE]);
// As id_format, in the arena; NULL for 0 (but for a level).
const char *id_text(struct arena *arena, enum id_kind kind, uint64_t id, uint64_t account);
// ID_UNKNOWN when the text is no id of the kind. A level may be the id of this account (gives 0) or an organization.
uint64_t id_parse(enum id_kind kind, const char *text, uint64_t account);

#endif
