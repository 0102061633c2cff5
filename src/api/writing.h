// SPDX-License-Identifier: Apache-2.0
// The parts of an answer. All write one JSON value where the buffer stands.
#ifndef API_WRITING_H
#define API_WRITING_H

#include "api/call.h"
#include "api/put.h"

// What belongs to a row and does not stand in it.
struct row_more {
    const char *secret;            // of a new API key; NULL: not shown
    struct seat_machines machines; // of a seat
    struct organization_place place; // of an organization
};

// A row with all its members, and those that follow from them. `more` may be NULL.
void write_row(struct buffer *json, uint64_t account, enum row_kind kind, const void *row, const struct row_more *more);
void write_machines(struct buffer *json, const struct seat_machines *machines);
// A borrowed session; with a key and while it runs, with its token.
void write_lease(struct buffer *json, uint64_t account, const struct session_row *row, const struct lease_key *key);
void write_figures(struct buffer *json, uint64_t account, const struct figures *figures);
// The members policy, fallback, tried, tried_total and reasons, within an object.
void write_tried(struct buffer *json, uint64_t account, const struct explanation *explanation);
void write_explanation(struct buffer *json, uint64_t account, const struct outcome *outcome);
void write_dry_run(struct buffer *json, uint64_t account, const struct outcome *outcome);
void write_plan(struct buffer *json, const struct outcome *outcome, bool dry_run);

// Lists: {"items": […], "next": …}
void write_list(struct buffer *json, const struct call *call);
void write_members(struct buffer *json, const struct call *call);
void write_pools(struct buffer *json, const struct call *call);
void write_waiters(struct buffer *json, const struct call *call);
void write_events(struct buffer *json, const struct call *call);
void write_denials(struct buffer *json, const struct call *call);
void write_denial(struct buffer *json, const struct call *call, const struct denial_record *record);

// Who asks, or has just signed in.
void write_whoami(struct buffer *json, const struct call *call);
// With its token, which is never told again; NULL: without.
void write_invitation(struct buffer *json, uint64_t account, const struct user_row *user, const char *secret);
void write_sign_ins(struct buffer *json, const struct call *call);
// The header Set-Cookie, where the call signs in or out; else NULL.
const char *write_cookie(const struct call *call);

// A problem: the outcome of the command (NULL where none was decided). `at` is the place of an op in its batch,
// NUMBER_NONE for a whole request.
void write_problem(struct buffer *json, const struct call *call, const struct command *command,
                   const struct outcome *outcome, int64_t at);

// The contract, /v1/openapi.json.
const char *contract_json(size_t *ret_length);

#endif
