// SPDX-License-Identifier: Apache-2.0
//
// A call: one API request, from its form to its answer. An HTTP thread reads it (call_read), the processor, which
// alone sees the accounts, finds out who asks and whether they may (access.h), decides it and sets the outcome;
// an HTTP thread writes the answer (call_write). Everything it points at lives in its arena.
//
//     call_read ──► access_role ──► form ──► access_scope ──► account_decide, or the store's list ──► call_write
//        400s are kept in `form` until the key is known: 401, 404 account and 403 come first (access_refuse_form)
#ifndef API_CALL_H
#define API_CALL_H

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/query.h"

enum {
    BODY_MAX = 1 << 20,
    BODY_LARGE_MAX = 10 << 20,
};

enum call_kind {
    CALL_COMMAND,        // command, on the account
    CALL_BATCH,          // ops, on the account
    CALL_LIST,           // list: rows by kind
    CALL_MEMBERS,        // list: the members of the project command.id
    CALL_EVENTS,         // history
    CALL_DENIALS,        // history
    CALL_DENIAL,         // history: a page with the denial command.id, if the actor may see it
    CALL_ACCOUNT_CREATE, // command.account: the account is made first
    CALL_PRODUCT_CREATE, // product
    CALL_PRODUCT_UPDATE, // product, given
    CALL_PRODUCT_READ,   // product.code
    CALL_WHOAMI,
    CALL_SIGN_IN,            // sign_in, password
    CALL_INVITATION_ACCEPT,  // command, password
    CALL_SIGN_OUT,
    CALL_BACKUP,
    CALL_METRICS,
    CALL_HEALTH,
    CALL_READY,
    CALL_CONTRACT, // openapi.json
    CALL_LEASE_KEYS, // usher-keys.json
};

struct reading;

struct route {
    const char *method;
    const char *path; // "/v1/accounts/{account}/seats/{seat}": {name} is one segment, or its part before a colon
    enum call_kind kind;
    unsigned roles;                       // bits 1 << enum role; 0: no key needed
    void (*read)(struct reading *reading); // fills in the call (see reading.h)
    bool is_large;                        // takes a body of BODY_LARGE_MAX
    bool scoped;                          // below an account
};

extern const struct route routes[]; // ended by a NULL method

// What leases are signed with: Ed25519, as libsodium has it.
enum { LEASE_KID_SIZE = 17, LEASE_SECRET_BYTES = 64, LEASE_SIGNATURE_BYTES = 64 };

struct lease_key {
    char kid[LEASE_KID_SIZE]; // 16 hexadecimal digits, of the public key's hash
    unsigned char secret[LEASE_SECRET_BYTES];
};

// What people call a thing that other answers tell by id.
struct named_id {
    enum id_kind kind;
    uint64_t id;
    const char *name;
};

enum { WHOAMI_NAMES_MAX = 100 };

// The parts of a sign-in's cookie (see cookie.h).
enum { SECRET_LENGTH = 43, SECRET_SIZE };

struct sign_in_cookie {
    uint64_t account, id;
    const char *secret; // SECRET_LENGTH characters
};

// What is to be done with passwords before the call can be decided. It takes long: so no thread does it that others
// wait for (see server/hashers.h).
enum password_state { PASSWORD_NONE, PASSWORD_TO_HASH, PASSWORD_HASHED, PASSWORD_FAILED };

struct password_work {
    enum password_state state;
    bool is_trusted;   // it does not come from just anybody: it goes first
    const char *given; // is this the one that `kept` was made of? NULL: nobody asks
    const char *kept;  // Argon2id; set by the processor
    bool is_right;     // the answer
    const char *wanted; // is to be hashed; NULL: nothing is
    const char *made;   // its hash, Argon2id
};

struct batch_op {
    struct command command;
    const char *idempotency_key;                // NULL: none
    unsigned char request_hash[KEY_HASH_BYTES]; // zeros without a key
    const struct session_row *past; // set by the processor: the session that the op names, when it is not active
    struct outcome outcome;         // set by the processor
    bool again;             // the outcome repeats `again_status` and `again_body`
    int again_status;
    const char *again_body;
};

// What was sent, as the HTTP front has it. Texts may be NULL where the header is missing.
struct call_request {
    const char *method, *path;
    const struct call_parameter {
        const char *name, *value;
    } *query;
    size_t query_count;
    const char *authorization, *idempotency_key, *content_type, *cookie, *csrf_token, *host, *origin, *fetch_site;
    bool is_tls; // the connection, or the one that a proxy has with the client
    const void *body;
    size_t body_length;
    const char *id; // of the request, for problems and logs
};

struct call {
    struct arena *arena;
    const char *request_id;
    const struct route *route; // NULL: there is no such address
    const char *allow;         // with a NULL route: the methods that the address takes, or NULL
    enum call_kind kind;

    bool has_key;
    unsigned char key_hash[KEY_HASH_BYTES]; // of the bearer's secret
    bool has_cookie; // of a sign-in, and no key
    struct sign_in_cookie cookie;
    unsigned char cookie_hash[KEY_HASH_BYTES]; // of its secret
    const char *cross_site; // why the request is not taken from a browser; NULL: it is, or is none by cookie
    bool is_tls;
    const char *account_name;               // of the path: "self" or "AC-1"; NULL: none
    bool is_complete; // access_role has filled in the defaults
    struct outcome form;                    // a refusal: the request is not well-formed
    const char *form_parameter;             // the query parameter that `form` is about, or NULL
    const char *form_header;                // the header that it is about, or NULL
    uint64_t named_account; // the number of an account that was given as a level, whose level is 0 then; 0: none.
                            // access_role compares it with the account of the path

    struct command command;
    struct batch_op *ops;
    size_t op_count;
    struct list_query list;
    struct history_query history;
    struct product product;
    unsigned given;           // of the product: GIVEN_NAME, GIVEN_MACHINES_PER_SEAT
    const char *product_code; // PRODUCT_UPDATE: the code in the body; NULL: not given. It may not differ
    bool product_model_given; // PRODUCT_UPDATE: the same for product.model
    const char *secret;       // of the API key, the invitation or the sign-in to be made
    uint64_t sign_in_account; // SIGN_IN: of the user that wants to sign in; 0: the operator, by its key in key_hash
    const char *sign_in_email;
    struct password_work password;

    const char *idempotency_key; // NULL: none, or the route keeps no answers
    // Of the route, path and body as parsed, defaults filled in; zeros without a key. Complete after access_role,
    // which knows whose user is the default. Not to be used for sessions acquired: their rows say it
    unsigned char request_hash[KEY_HASH_BYTES];

    // Set by access_scope
    uint64_t organization;    // WHOAMI: that of the key, else of its user
    const char *user_name, *user_email, *account_title; // WHOAMI, where there is one
    const struct named_id *names; // WHOAMI: of the organization above, the user's projects and their organizations
    size_t name_count;
    bool sees_all;            // figures of all levels are shown; else only the account's own and those in
    const uint64_t *visible;  // organizations by id, ascending
    size_t visible_count;

    // Set by the processor and the readers
    uint64_t account; // the account's number
    struct actor actor;
    const struct session_row *past; // the session that the command names, when it is not active: before access_scope
    struct outcome outcome;
    struct list_page page;
    struct event *events;
    struct denial_record *denials;
    size_t item_count; // of events or denials
    bool more;         // there is another page
    const char *gone_reason; // JSON: why the seat that its holder asks for was taken back; NULL: nothing is known
    int64_t now;       // the moment of the decision
    bool again;        // an answer kept for the idempotency key is repeated
    const char *again_body;
    int again_status;
    unsigned retry_after_s; // of 503

    // Set by the front before the answer is written
    const struct lease_key *lease_key; // the server's present one; NULL: leases are shown without their tokens
};

// The answer as bytes.
struct call_answer {
    int status;
    const char *content_type;
    char *body; // malloc'd, the caller frees; NULL: none
    size_t body_length;
    const char *allow;         // header Allow, or NULL
    const char *authenticate;  // header WWW-Authenticate, or NULL
    const char *set_cookie;    // header Set-Cookie, in the call's arena, or NULL
    unsigned retry_after_s;    // header Retry-After, 0: none
    const char *problem;       // the problem's name, or NULL: for logs and metrics
};

// Reads the request into a new call in the arena. Never fails: what is wrong is in `form`, or the route is NULL.
struct call *call_read(const struct call_request *request, struct arena *arena);
// What is kept of an API key: BLAKE2b-256 of its secret.
void key_hash_of(const char *secret, unsigned char ret_hash[KEY_HASH_BYTES]);
// A new secret: 32 random bytes in base64url.
const char *secret_make(struct arena *arena);
// The largest body that the route of this method and path takes.
size_t call_body_max(const char *method, const char *path);
// Writes the answer. For CALL_METRICS, CALL_HEALTH, CALL_READY, CALL_BACKUP and CALL_LEASE_KEYS only refusals: their
// bodies are the server's own.
void call_write(const struct call *call, struct call_answer *ret_answer);
// The answer's JSON alone, for keeping with an idempotency key. The caller frees.
char *call_write_body(const struct call *call, int *ret_status);
// The same of one op of a batch: {"status": …, "session": …} or {"status": …, "error": …}.
char *call_write_op_body(const struct call *call, const struct batch_op *op, int *ret_status);
// A problem without a call: for errors that the HTTP front finds by itself. The caller frees the body.
void call_write_problem(enum result result, int status, const char *detail, const char *request_id,
                        struct call_answer *ret_answer);

#endif
