// SPDX-License-Identifier: Apache-2.0
#include "engine/sign_in.h"

#include "base/check.h"
#include "base/moment.h"

#include <stdlib.h>

int64_t sign_in_expires_at(const struct sign_in_row *row)
{
    int64_t idle_at = row->last_used_at + moment_seconds(SIGN_IN_IDLE_S);
    int64_t old_at = row->created_at + moment_seconds(SIGN_IN_MAX_S);
    return idle_at < old_at ? idle_at : old_at;
}

struct list *sign_ins_of(struct account *account, uint64_t id)
{
    if (id == 0)
        return &account->operator_sign_ins;
    struct user *user = account_user(account, id);
    return user != NULL ? &user->sign_ins : NULL;
}

// By number, so that one that is taken back stands where it stood.
static void link_sign_in(struct list *list, struct sign_in *sign_in)
{
    struct list_node *before = list->last;
    while (before != NULL && ITEM_OF(before, struct sign_in, of_user)->row.id > sign_in->row.id)
        before = before->before;
    list_insert_after(list, before, &sign_in->of_user);
}

void sign_in_apply(struct account *account, const struct sign_in_row *before, const struct sign_in_row *after)
{
    struct list *list = sign_ins_of(account, after != NULL ? after->user : before->user);
    CHECK(list != NULL);
    struct sign_in *sign_in;
    if (before == NULL) {
        sign_in = check_calloc(1, sizeof *sign_in);
        sign_in->row = *after; // it has no texts
        table_add(&account->sign_ins, hash_number(after->id), sign_in);
        link_sign_in(list, sign_in);
        return;
    }
    sign_in = account_sign_in(account, before->id);
    if (after != NULL) {
        sign_in->row = *after;
        return;
    }
    list_remove(list, &sign_in->of_user);
    table_remove(&account->sign_ins, hash_number(before->id), sign_in);
    free(sign_in);
}

static size_t check_list(const struct account *account, const struct list *list, uint64_t user)
{
    size_t count = 0;
    uint64_t last = 0;
    for (const struct list_node *node = list->first; node != NULL; node = node->after, count++) {
        const struct sign_in *sign_in = ITEM_OF(node, struct sign_in, of_user);
        CHECK(sign_in->row.user == user && sign_in->row.id > last);
        CHECK(account_sign_in(account, sign_in->row.id) == sign_in);
        CHECK(sign_in->row.last_used_at >= sign_in->row.created_at);
        last = sign_in->row.id;
    }
    CHECK(count <= SIGN_INS_MAX);
    return count;
}

void sign_ins_check(const struct account *account)
{
    size_t count = check_list(account, &account->operator_sign_ins, 0), cursor = 0;
    for (const struct user *user; (user = table_next(&account->users, &cursor)) != NULL;) {
        count += check_list(account, &user->sign_ins, user->row.id);
        CHECK((user->row.password != NULL) == (user->row.password_set_at != 0));
        CHECK((user->row.invitation != NULL) == (user->row.invited_until != 0));
    }
    CHECK(count == account->sign_ins.count);
}
