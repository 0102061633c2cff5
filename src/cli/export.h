// SPDX-License-Identifier: Apache-2.0
//
// The two large parts of an exported account.
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H

#include "cli/cli.h"

// "organizations": by path, each with its dedications and projects.
enum exit_code export_organizations(struct cli *cli, json_t *account) MUST_USE;
// "members": the users of the account, by e-mail.
enum exit_code export_members(struct cli *cli, json_t *account) MUST_USE;

#endif
