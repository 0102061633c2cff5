// SPDX-License-Identifier: Apache-2.0
//
// What the lists of history can be narrowed down by.
#ifndef CLI_HISTORY_H
#define CLI_HISTORY_H

#include "cli/cli.h"

extern const struct option history_options[];

// They as a query: "?kind=session", "" for none.
enum exit_code history_query(struct cli *cli, const char **ret_query) MUST_USE;

#endif
