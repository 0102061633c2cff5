// SPDX-License-Identifier: Apache-2.0
//
// The machines that a seat is used on.
#ifndef CLI_SEAT_MACHINE_H
#define CLI_SEAT_MACHINE_H

#include "cli/cli.h"

// The seat's member for this machine; NULL when there is none.
const json_t *seat_machine_find(const json_t *seat, const char *machine);
// Prints them as a table, or as JSON with --json.
enum exit_code seat_machine_print(struct cli *cli, const char *seat) MUST_USE;
// Frees the place of one.
enum exit_code seat_machine_free(struct cli *cli, const char *seat, const char *machine) MUST_USE;

#endif
