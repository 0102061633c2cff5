// SPDX-License-Identifier: Apache-2.0
//
// What `usher login` keeps: $XDG_CONFIG_HOME/usher/config or ~/.config/usher/config, lines of "name = value". It
// is one identity and used as a whole: its key goes to no other address than its own, and its account and
// certificates count with its own key and address only.
#ifndef CLI_LOGIN_FILE_H
#define CLI_LOGIN_FILE_H

#include "base/arena.h"
#include "cli/exit_code.h"

#include <stdbool.h>

struct login {
    const char *url; // NULL, as each of them: not kept
    const char *key;
    const char *account;
    const char *ca_cert;
};

// The folder that holds the file; NULL when neither XDG_CONFIG_HOME nor HOME says where.
const char *login_file_folder(struct arena *arena);
const char *login_file_path(struct arena *arena);
// All NULL when there is no file. What is kept belongs to the arena.
enum exit_code login_file_read(struct arena *arena, struct login *ret_login) MUST_USE;
enum exit_code login_file_write(struct arena *arena, const struct login *login) MUST_USE;
enum exit_code login_file_remove(struct arena *arena, bool *ret_was_there) MUST_USE;

#endif
