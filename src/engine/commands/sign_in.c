// SPDX-License-Identifier: Apache-2.0
#include "engine/decide.h"

#include "engine/sign_in.h"

#include <string.h>

static void end(struct decision *decision, const struct sign_in *sign_in, const char *reason)
{
    decision_add_reason(decision, FACT_SIGN_IN_ENDED, &sign_in->row, NULL, reason);
}

void sign_ins_end(struct decision *decision, struct list *sign_ins, uint64_t except, const char *reason)
{
    for (struct list_node *node = sign_ins->first, *after; node != NULL; node = after) {
        after = node->after;
        const struct sign_in *sign_in = ITEM_OF(node, struct sign_in, of_user);
        if (sign_in->row.id != except)
            end(decision, sign_in, reason);
    }
}

// Those that ended by themselves go when there is a new one: nothing asks for them before.
static void end_expired(struct decision *decision, struct list *sign_ins)
{
    for (struct list_node *node = sign_ins->first, *after; node != NULL; node = after) {
        after = node->after;
        const struct sign_in *sign_in = ITEM_OF(node, struct sign_in, of_user);
        if (sign_in_expires_at(&sign_in->row) <= decision->now)
            end(decision, sign_in, "expired");
    }
}

static void make_room(struct decision *decision, struct list *sign_ins)
{
    size_t count = 0;
    const struct sign_in *oldest = NULL;
    for (struct list_node *node = sign_ins->first; node != NULL; node = node->after, count++) {
        const struct sign_in *sign_in = ITEM_OF(node, struct sign_in, of_user);
        if (oldest == NULL || sign_in->row.last_used_at < oldest->row.last_used_at)
            oldest = sign_in;
    }
    if (count >= SIGN_INS_MAX)
        end(decision, oldest, "too-many");
}

void sign_in_create(struct decision *decision, uint64_t user, const unsigned char hash[KEY_HASH_BYTES])
{
    struct list *sign_ins = sign_ins_of(decision->account, user);
    end_expired(decision, sign_ins);
    make_room(decision, sign_ins);
    struct sign_in_row row = {
        .id = decision_new_id(decision, ID_API_KEY), // see sign_in.h
        .user = user,
        .created_at = decision->now,
        .last_used_at = decision->now,
    };
    memcpy(row.hash, hash, KEY_HASH_BYTES);
    decision_add(decision, FACT_SIGN_IN_CREATED, NULL, &row);
    decision_answer_row(decision, RESULT_OK, ROW_SIGN_IN, &row);
}

void decide_sign_in(struct decision *decision, const struct command *command)
{
    if (command->id == 0 || decision_user(decision, command->id, NULL) != NULL)
        sign_in_create(decision, command->id, command->sign_in.hash);
}

void decide_sign_in_end(struct decision *decision, const struct command *command)
{
    const struct sign_in *sign_in = account_sign_in(decision->account, command->id);
    if (sign_in == NULL) {
        decision_refuse(decision, RESULT_NOT_FOUND, NULL, "This sign-in has ended already.");
        return;
    }
    end(decision, sign_in, "signed-out");
    decision->outcome.result = RESULT_DONE;
}

void decide_sign_ins_end(struct decision *decision, const struct command *command)
{
    struct user *user = decision_user(decision, command->id, NULL);
    if (user == NULL)
        return;
    sign_ins_end(decision, &user->sign_ins, 0, "signed-out-everywhere");
    decision->outcome.result = RESULT_DONE;
}

void decide_sign_ins_read(struct decision *decision, const struct command *command)
{
    const struct user *user = decision_user(decision, command->id, NULL);
    if (user == NULL)
        return;
    struct outcome *outcome = &decision->outcome;
    struct sign_in_row *rows = arena_alloc(decision->arena, SIGN_INS_MAX * sizeof *rows);
    outcome->answer = ANSWER_SIGN_INS;
    outcome->sign_ins = rows;
    for (const struct list_node *node = user->sign_ins.first; node != NULL; node = node->after) {
        const struct sign_in_row *row = &ITEM_OF(node, struct sign_in, of_user)->row;
        if (row->id <= command->sign_ins.after || sign_in_expires_at(row) <= decision->now)
            continue;
        outcome->more = outcome->sign_in_count == command->sign_ins.limit;
        if (outcome->more)
            return;
        rows[outcome->sign_in_count++] = *row;
    }
}
