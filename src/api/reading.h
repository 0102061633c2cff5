// SPDX-License-Identifier: Apache-2.0
//
// Reading a request. Each route has a function that takes what it knows from the path, the query and the body, one
// thing at a time, and fills in the call. Taking checks: the type, the bounds, whether it may be missing. What nobody
// took is refused at the end, so that a typo is never silently ignored. The first thing found wrong is kept in
// call->form, and reading goes on with harmless values: no function needs to look whether the one before it failed.
//
// Every value taken from the body, or its default, is also fed into a hash, if the request has an Idempotency-Key: so
// two requests that mean the same are the same, however they are written.
#ifndef API_READING_H
#define API_READING_H

#include "api/call.h"

#include <jansson.h>
#include <sodium.h>

enum {
    PATH_PARAMETERS_MAX = 3,
    NAMES_MAX = 16, // of members of one object, or of parameters of one query
    JSON_DEPTH_MAX = 32,
    IDS_MAX = 100, // in one query
};

// Where an object stands in the body, for pointers.
struct place {
    const struct place *above; // NULL: the body itself
    const char *name;          // of the member that holds it; NULL: an item of an array
    size_t index;
};

// A JSON object whose members are being taken.
struct object {
    struct reading *reading;
    const json_t *json; // NULL: no members
    struct place place;
    const char *names[NAMES_MAX]; // those asked for
    size_t name_count;
    size_t found; // how many of them there are
    const char *missing;
};

struct reading {
    const struct call_request *request;
    struct call *call;
    const char *path[PATH_PARAMETERS_MAX]; // what stands for {…} in the path, but for the account
    const char *asked[NAMES_MAX];          // names of query parameters
    size_t asked_count;
    crypto_generichash_state *hash; // NULL: no hash is needed
    json_t *json;                   // the body
    struct object body;
};

// ---- Refusing: the first refusal stands ---------------------------------------------------------------------------

bool reading_failed(const struct reading *reading);
void reading_refuse(struct reading *reading, enum result result, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void reading_refuse_parameter(struct reading *reading, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void reading_refuse_header(struct reading *reading, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The pointer to a member of an object (or to the object, name NULL), in the arena.
const char *place_pointer(struct reading *reading, const struct place *place, const char *name);

// ---- The hash of what the request means ---------------------------------------------------------------------------

void reading_hash(struct reading *reading, const char *name, const void *bytes, size_t length);
void reading_hash_text(struct reading *reading, const char *name, const char *text); // NULL: absent
void reading_hash_number(struct reading *reading, const char *name, int64_t number);
// hash = H(hash, bytes): for what is known later only.
void hash_fold(unsigned char hash[KEY_HASH_BYTES], const void *bytes, size_t length);

// ---- The body: members of an object -------------------------------------------------------------------------------

// How a member may be there. A NULLABLE one that is null counts as absent.
enum member {
    MEMBER_OPTIONAL = 0,
    MEMBER_NEEDED = 1,
    MEMBER_NULLABLE = 2,
};

// Begins with the members of an object that stands at a place; anything else is refused.
void object_begin(struct object *object, struct reading *reading, const json_t *json, const struct place *above,
                  const char *name, size_t index);
// Refuses members that nobody asked for, then those that are missing.
void object_end(struct object *object);
// Whether the member is there, null included.
bool object_has(const struct object *object, const char *name);
// The bit if the member is there, else 0.
unsigned object_given(const struct object *object, const char *name, enum given bit);
void object_refuse(struct object *object, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The value of a member: NULL when it is absent, null, or refused already.
const json_t *object_take(struct object *object, const char *name, enum member member);

// Texts are copied into the arena; NULL: absent.
const char *object_name(struct object *object, const char *name, enum member member);      // text_is_name
const char *object_email(struct object *object, const char *name, enum member member);     // text_is_email
const char *object_code(struct object *object, const char *name, enum member member);      // text_is_product_code
const char *object_reference(struct object *object, const char *name, enum member member); // names something
// A password, any text of PASSWORD_MAX_BYTES at most; a new one has PASSWORD_MIN_CHARACTERS at least. Not hashed.
const char *object_password(struct object *object, const char *name, bool is_new);
const char *object_idempotency_key(struct object *object, const char *name);               // not hashed
// 0: absent; ID_UNKNOWN: the text is no id of the kind. A level: see call->named_account.
uint64_t object_id(struct object *object, const char *name, enum member member, enum id_kind kind);
// The member `user`; 0: absent, the key's own. Not hashed: access_role adds the user that is meant.
uint64_t object_user(struct object *object, enum member member);
uint64_t object_level(struct object *object, const char *name, enum member member);
int64_t object_number(struct object *object, const char *name, enum member member, int64_t low, int64_t high,
                      int64_t absent);
bool object_flag(struct object *object, const char *name, enum member member, bool absent);
// The index of one of the words, ended by NULL.
int object_word(struct object *object, const char *name, enum member member, const char *const *words, int absent);
int64_t object_moment(struct object *object, const char *name, enum member member); // 0: absent
// An array of `most` items at most, with its length; NULL: absent, or refused.
const json_t *object_array(struct object *object, const char *name, enum member member, size_t most,
                           size_t *ret_count);

// ---- The path and the query ---------------------------------------------------------------------------------------

uint64_t reading_path_id(const struct reading *reading, size_t at, enum id_kind kind);
const char *query_text(struct reading *reading, const char *name); // 1 to 255 characters; NULL: absent
bool query_flag(struct reading *reading, const char *name);
int64_t query_number(struct reading *reading, const char *name, int64_t low, int64_t high, int64_t absent);
int query_word(struct reading *reading, const char *name, const char *const *words); // -1: absent
int64_t query_moment(struct reading *reading, const char *name);                     // 0: absent
uint64_t query_id(struct reading *reading, const char *name, enum id_kind kind);     // 0: absent
// Ids with commas between them, 1 to IDS_MAX, ascending; what is no id of the kind names nothing, so it is left out.
// False: absent.
bool query_ids(struct reading *reading, const char *name, enum id_kind kind, const uint64_t **ret_ids,
               size_t *ret_count);
// False: absent.
bool query_level(struct reading *reading, const char *name, uint64_t *ret_level);
// Refuses parameters that nobody asked for.
void query_end(struct reading *reading);

// Words of roles that users and keys may have: the first ones of role_words.
extern const char *const user_role_words[], *const key_role_words[];

// One function for each route.
void read_nothing(struct reading *reading);
void read_product_create(struct reading *reading);
void read_product_update(struct reading *reading);
void read_product(struct reading *reading);
void read_products(struct reading *reading);
void read_account_create(struct reading *reading);
void read_account_update(struct reading *reading);
void read_account_apply(struct reading *reading);
void read_account(struct reading *reading);
void read_accounts(struct reading *reading);
void read_purchase_create(struct reading *reading);
void read_purchase_update(struct reading *reading);
void read_purchase_delete(struct reading *reading);
void read_purchase(struct reading *reading);
void read_purchases(struct reading *reading);
void read_organization_create(struct reading *reading);
void read_organization_update(struct reading *reading);
void read_organization_delete(struct reading *reading);
void read_organization(struct reading *reading);
void read_organizations(struct reading *reading);
void read_user_create(struct reading *reading);
void read_user_update(struct reading *reading);
void read_user_delete(struct reading *reading);
void read_user(struct reading *reading);
void read_users(struct reading *reading);
void read_waiters(struct reading *reading);
void read_project_create(struct reading *reading);
void read_project_update(struct reading *reading);
void read_project_delete(struct reading *reading);
void read_project(struct reading *reading);
void read_projects(struct reading *reading);
void read_members(struct reading *reading);
void read_member_add(struct reading *reading);
void read_member_remove(struct reading *reading);
void read_pools(struct reading *reading);
void read_dedication_set(struct reading *reading);
void read_dedications_apply(struct reading *reading);
void read_usage_policy(struct reading *reading);
void read_usage_policy_set(struct reading *reading);
void read_usage_policy_reset(struct reading *reading);
void read_seat_assign(struct reading *reading);
void read_seat_release(struct reading *reading);
void read_seats_release(struct reading *reading);
void read_seat_check_in(struct reading *reading);
void read_seat_machine_remove(struct reading *reading);
void read_seat(struct reading *reading);
void read_seats(struct reading *reading);
void read_session_acquire(struct reading *reading);
void read_session_explain(struct reading *reading);
void read_session_heartbeat(struct reading *reading);
void read_session_end(struct reading *reading);
void read_session(struct reading *reading);
void read_sessions(struct reading *reading);
void read_batch(struct reading *reading);
void read_lease_borrow(struct reading *reading);
void read_lease_return(struct reading *reading);
void read_lease(struct reading *reading);
void read_leases(struct reading *reading);
void read_borrowing_set(struct reading *reading);
void read_borrowing_remove(struct reading *reading);
void read_borrowing(struct reading *reading);
void read_borrowings(struct reading *reading);
void read_denial(struct reading *reading);
void read_denials(struct reading *reading);
void read_events(struct reading *reading);
void read_api_key_create(struct reading *reading);
void read_api_key_revoke(struct reading *reading);
void read_api_key(struct reading *reading);
void read_api_keys(struct reading *reading);
void read_sign_in(struct reading *reading);
void read_invite(struct reading *reading);
void read_invitation_accept(struct reading *reading);
void read_password_set(struct reading *reading);
void read_sign_ins(struct reading *reading);
void read_sign_ins_end(struct reading *reading);

#endif
