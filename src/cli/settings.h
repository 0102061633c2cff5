// SPDX-License-Identifier: Apache-2.0
//
// Where to go and as whom: flags over USHER_URL, USHER_KEY and USHER_ACCOUNT over what `usher login` kept.
#ifndef CLI_SETTINGS_H
#define CLI_SETTINGS_H

#include "base/arena.h"
#include "cli/exit_code.h"
#include "cli/invocation.h"

#include <stdint.h>

#define DEFAULT_URL "http://127.0.0.1:7420"

struct settings {
    const char *url;     // without a slash at the end
    const char *key;     // NULL: none
    const char *account; // NULL: the key's own
    const char *ca_cert; // NULL: those of the system
    long timeout_s;
    int64_t limit; // of a list; 0: none
};

// Strings belong to the arena or to the environment.
enum exit_code settings_find(struct arena *arena, const struct invocation *call,
                             struct settings *ret_settings) MUST_USE;

// The parts of it that `login` needs, too.
// An address in the form that is kept and compared; complains about what is not one.
enum exit_code settings_clean_url(struct arena *arena, const char *url, const char **ret_url) MUST_USE;
enum exit_code settings_read_key(struct arena *arena, const char *path, const char **ret_key) MUST_USE;
// True for the machine itself: what goes there passes no network.
bool settings_is_local(const char *url);
enum exit_code settings_check_key(const char *key, const char *where) MUST_USE;
// --timeout and --limit.
enum exit_code settings_find_numbers(const struct invocation *call, struct settings *settings) MUST_USE;

#endif
