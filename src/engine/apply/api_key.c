// SPDX-License-Identifier: Apache-2.0
// API keys: found by their hash among those of all accounts.
#include "engine/apply.h"

#include "base/check.h"

#include <stdlib.h>

static void link_key(struct account *account, struct api_key *key, bool add)
{
    if (key->row.revoked_at != 0)
        return;
    uint64_t hash = hash_bytes(key->row.hash, KEY_HASH_BYTES);
    struct user *user = key->row.user != 0 ? account_user(account, key->row.user) : NULL;
    if (add) {
        if (account->directory != NULL)
            table_add(&account->directory->keys, hash, key);
        if (user != NULL)
            list_add(&user->keys, &key->of_user);
    } else {
        if (account->directory != NULL)
            table_remove(&account->directory->keys, hash, key);
        if (user != NULL)
            list_remove(&user->keys, &key->of_user);
    }
}

void apply_api_key(struct account *account, const struct api_key_row *before, const struct api_key_row *after)
{
    struct api_key *key;
    if (before != NULL) {
        key = account_key(account, before->id);
        link_key(account, key, false);
        row_disown(ROW_API_KEY, &key->row);
        if (after == NULL) {
            table_remove(&account->keys, hash_number(before->id), key);
            free(key);
            return;
        }
    } else {
        key = check_calloc(1, sizeof *key);
        key->account = account;
        table_add(&account->keys, hash_number(after->id), key);
    }
    row_own(ROW_API_KEY, &key->row, after);
    link_key(account, key, true);
}
