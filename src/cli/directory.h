// SPDX-License-Identifier: Apache-2.0
//
// The account's organizations by id and by path. A path is the names from the top, joined by "/"; a "/" in a name
// is written "~1" and a "~" "~0", as in `apply`.
#ifndef CLI_DIRECTORY_H
#define CLI_DIRECTORY_H

#include "cli/cli.h"

struct organization {
    const char *id;
    const char *name;
    const char *parent_id;       // "" below the account
    struct organization *parent; // NULL below the account, or when the key may not see it
    const char *path;
};

struct directory;

// Loads them, once a run. `quiet`: says nothing when that fails, and takes the first thousand only.
enum exit_code directory_load(struct cli *cli, bool quiet, struct directory **ret_directory) MUST_USE;
void directory_close(struct directory *directory);
// NULL when it is not known.
const struct organization *directory_find(const struct directory *directory, const char *id);
size_t directory_count(const struct directory *directory);
const struct organization *directory_at(const struct directory *directory, size_t place);
// The name as it stands in a path.
const char *directory_encode(struct arena *arena, const char *name);

#endif
