// SPDX-License-Identifier: Apache-2.0
//
// Requests that change something, and what is said when they did.
#ifndef CLI_CHANGE_H
#define CLI_CHANGE_H

#include "cli/cli.h"

// Members of a request's body; nothing is added for a value that is NULL.
void body_text(json_t *body, const char *member, const char *value);
void body_switch(json_t *body, const char *member, const char *on_or_off);
// null where the id is.
void body_id_or_null(json_t *body, const char *member, const char *id);
// A number from an option, checked.
enum exit_code body_number(json_t *body, const char *member, const struct invocation *call, const char *option,
                           int64_t least, int64_t most) MUST_USE;
// A span from an option, such as 90, 90s, 10m or 2h, in seconds; checked.
enum exit_code body_span(json_t *body, const char *member, const struct invocation *call, const char *option,
                         int64_t least_s, int64_t most_s) MUST_USE;
// A time from an option; "none" is null.
enum exit_code body_time(struct cli *cli, json_t *body, const char *member, const char *option) MUST_USE;
// An empty object that lives until the end of the run.
json_t *body_new(struct cli *cli);

// POST, and "Created WHAT ID (MEMBER).", or the object with --json.
enum exit_code change_create(struct cli *cli, const char *path, const json_t *body, const char *what,
                             const char *member) MUST_USE;
// PATCH, likewise; a body without members is wrong use.
enum exit_code change_update(struct cli *cli, const char *path, const json_t *body, const char *what,
                             const char *member) MUST_USE;
// DELETE that answers nothing, and "WHAT SUBJECT.": "Deleted user alice@example.com."
enum exit_code change_delete(struct cli *cli, const char *path, const char *what, const char *subject) MUST_USE;
// A change with ?dry_run=true, when --dry-run is given: prints what would be. Else as it is.
bool change_is_dry(const struct cli *cli);
enum exit_code change_dry(struct cli *cli, const char *method, const char *path, const json_t *body) MUST_USE;

#endif
