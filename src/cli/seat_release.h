// SPDX-License-Identifier: Apache-2.0
//
// Many seats given back at once.
#ifndef CLI_SEAT_RELEASE_H
#define CLI_SEAT_RELEASE_H

#include "cli/cli.h"
#include "cli/list.h"

// The list of seats as --product, --user, --level and --idle narrow it down.
enum exit_code seat_list_path(struct cli *cli, const char **ret_path) MUST_USE;
// Those that were named, all or nothing.
enum exit_code seat_release_named(struct cli *cli) MUST_USE;
// Those of the list: shows them, asks, and gives back what is still in the list then.
enum exit_code seat_release_listed(struct cli *cli, const struct column *columns) MUST_USE;

#endif
