// SPDX-License-Identifier: Apache-2.0
//
// What may be said when a seat or session is taken from its holder.
#ifndef CLI_RELEASE_H
#define CLI_RELEASE_H

#include "cli/cli.h"

extern const struct option release_options[];

// They as a query: "?reason=Maintenance", "" for none.
enum exit_code release_query(struct cli *cli, const char **ret_query) MUST_USE;

#endif
