// SPDX-License-Identifier: Apache-2.0
//
// The leases that are kept on this machine.
#ifndef CLI_LEASE_STORE_H
#define CLI_LEASE_STORE_H

#include "cli/cli.h"
#include "usher.h"

#include <stdio.h>

// The lease, and in "state" whether it counts here and now: "counts", or the name of what stands in the way.
json_t *lease_json(struct cli *cli, const struct usher_lease *lease, enum usher_code code);
bool lease_json_counts(const json_t *lease);
// Adds all of them; of one product, unless that is NULL.
enum exit_code lease_store_read(struct cli *cli, struct usher_store *store, const char *product,
                                json_t *leases) MUST_USE;
void lease_print(struct cli *cli, const json_t *leases, FILE *file);

#endif
