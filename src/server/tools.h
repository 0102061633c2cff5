// SPDX-License-Identifier: Apache-2.0
//
// The subcommands of usherd, which need the data itself: archive, copy, restore, rotate-key, routes, verify. Each is a
// file, found by its name in the table of tools.c.
#ifndef SERVER_TOOLS_H
#define SERVER_TOOLS_H

#include "server/config.h"

enum { TOOL_FAILED = 1, TOOL_USAGE = 2 };

// Runs the subcommand that the arguments name. Returns the exit status.
int tools_run(const struct config *config);

// ---- For the subcommands ---------------------------------------------------------------------------------------

// A word of the command line after the subcommand: an option with its value, "--before DATE" or "--before=DATE", or a
// plain word, whose value is NULL.
struct tool_option {
    const char *name; // "--before", ended by a NULL name; "" for the plain word
    const char **value;
};

// Takes all words. False, with a line on stderr, when one is unknown, lacks its value or comes twice.
bool tool_read(const struct config *config, const struct tool_option *options);
// A line "usherd: …" on stderr; returns the status, for `return tool_fail(…)`.
int tool_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
int64_t tool_now(void);

struct verified;
// Tells each break and the sums of a verification. Returns the exit status.
int tool_tell_verified(const struct verified *verified);
void tool_tell_break(void *arg, uint64_t account, int64_t seq, const char *what);

int tool_archive(const struct config *config);
int tool_copy(const struct config *config);
int tool_restore(const struct config *config);
int tool_rotate_key(const struct config *config);
int tool_routes(const struct config *config);
int tool_verify(const struct config *config);

#endif
