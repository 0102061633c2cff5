// SPDX-License-Identifier: Apache-2.0
//
// From what a person types to an id: users by id, e-mail or name; organizations by id, unique name or path
// (Studio/Lighting, or /Studio for the one at the top); projects by id, unique name or path with their
// organization's (Studio/Film). An id is taken as it is: the server knows whether it exists.
#ifndef CLI_RESOLVE_H
#define CLI_RESOLVE_H

#include "cli/cli.h"

enum exit_code resolve_user(struct cli *cli, const char *name, const char **ret_id) MUST_USE;
enum exit_code resolve_organization(struct cli *cli, const char *name, const char **ret_id) MUST_USE;
// "none" answers NULL.
enum exit_code resolve_organization_or_none(struct cli *cli, const char *name, const char **ret_id) MUST_USE;
// An organization, or the account by its id or as "account".
enum exit_code resolve_level(struct cli *cli, const char *name, const char **ret_id) MUST_USE;
enum exit_code resolve_project(struct cli *cli, const char *name, const char **ret_id) MUST_USE;
// True for OG-1001 with the prefix "OG-".
bool resolve_is_id(const char *text, const char *prefix);

#endif
