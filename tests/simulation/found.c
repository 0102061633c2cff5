// SPDX-License-Identifier: Apache-2.0
//
// Worlds by hand: what the simulation has found once, cut down to a few acts, and what it would find seldom. Each must
// go as the model says.
#include "simulation/shrink.h"

#include <stdio.h>
#include <string.h>

// What is left out is nobody, one unit, and a time to live of 2000 s: see complete.
#define ACT(its_kind, ...)                                                                                             \
    {                                                                                                                  \
        .kind = ACT_##its_kind, __VA_ARGS__                                                                            \
    }

enum { ORGANIZATION = 2, OTHER, USER, SECOND_USER, FIRST_FREE }; // by the acts that make them; see OPENING

// Two licenses, two organizations of which each has one user.
#define OPENING                                                                                                        \
    ACT(BUY, .count = 2), ACT(PLAN, .is_on = true), ACT(CREATE_LEVEL, .parent = THE_ACCOUNT),                          \
        ACT(CREATE_LEVEL, .parent = THE_ACCOUNT), ACT(CREATE_USER, .level = ORGANIZATION),                             \
        ACT(CREATE_USER, .level = OTHER)

static const struct act second_cool_down[] = {
    OPENING,
    ACT(ACQUIRE, .user = USER),
    ACT(END, .thing = FIRST_FREE, .is_on = true, .cooldown_s = 10),
    ACT(TIME, .ms = 20000),
    ACT(RESTART, .is_on = true),
    ACT(ACQUIRE, .user = USER),
    ACT(END, .thing = FIRST_FREE + 4, .is_on = true, .cooldown_s = 10),
    ACT(ACQUIRE, .user = USER),
};

static const struct act waits_over_a_lost_commit[] = {
    OPENING,
    ACT(ACQUIRE, .user = USER, .count = 2),
    ACT(ACQUIRE, .user = SECOND_USER, .wait_s = 300),
    ACT(FAIL_COMMIT, .count = COMMIT_LOST),
    ACT(END, .thing = FIRST_FREE),
    ACT(TIME, .ms = 2000),
    ACT(END, .thing = FIRST_FREE),
    ACT(TIME, .ms = 2000),
};

static const struct act joins_a_batch_that_fails[] = {
    OPENING,
    ACT(REFUSE_WRITE, .count = 4),
    ACT(ACQUIRE, .user = USER, .count = 2),
    ACT(ACQUIRE, .user = SECOND_USER, .wait_s = 60, .joins = true),
    ACT(TIME, .ms = 2000),
};

static const struct act heartbeat_after_a_move_that_fails[] = {
    OPENING,
    ACT(DEDICATE, .change_count = 1, .changes = {{.level = ORGANIZATION, .product = 0, .count = 1}}),
    ACT(ACQUIRE, .user = USER, .ttl_s = 100),
    ACT(TIME, .ms = 50000),
    ACT(FAIL_COMMIT, .count = COMMIT_REFUSED),
    ACT(DEDICATE, .change_count = 1,
        .changes = {{.level = ORGANIZATION, .product = 0, .count = 0, .reclaim = RECLAIM_MOVE}}),
    ACT(HEARTBEAT, .thing = FIRST_FREE + 1, .joins = true),
    ACT(TIME, .ms = 60000),
    ACT(HEARTBEAT, .thing = FIRST_FREE + 1),
};

static const struct act waits_with_a_key_over_a_kept_commit[] = {
    OPENING,
    ACT(ACQUIRE, .user = USER, .count = 2),
    ACT(ACQUIRE, .user = SECOND_USER, .wait_s = 300, .key = FIRST_FREE + 1),
    ACT(FAIL_COMMIT, .count = COMMIT_KEPT),
    ACT(END, .thing = FIRST_FREE),
    ACT(TIME, .ms = 2000),
    ACT(ACQUIRE, .user = SECOND_USER, .wait_s = 300, .key = FIRST_FREE + 1),
};

static const struct act key_of_an_account_that_cannot_be_read[] = {
    OPENING,
    ACT(FAIL_COMMIT, .count = COMMIT_LOST, .is_on = true),
    ACT(ACQUIRE, .user = USER),
    ACT(ACQUIRE, .user = USER, .platform = true),
    ACT(TIME, .ms = 2000),
    ACT(ACQUIRE, .user = USER, .platform = true),
};

static const struct {
    const char *name;
    const struct act *acts;
    size_t count;
} worlds[] = {
#define WORLD(name) {#name, name, sizeof name / sizeof *name}
    WORLD(second_cool_down),
    WORLD(waits_over_a_lost_commit),
    WORLD(joins_a_batch_that_fails),
    WORLD(heartbeat_after_a_move_that_fails),
    WORLD(waits_with_a_key_over_a_kept_commit),
    WORLD(key_of_an_account_that_cannot_be_read),
#undef WORLD
};

static int or_nobody(int serial)
{
    return serial == 0 ? NOBODY : serial; // the act 0 buys licenses, and nobody names it
}

static void complete(struct act *act, int serial)
{
    act->serial = serial;
    act->user = or_nobody(act->user);
    act->project = or_nobody(act->project);
    act->level = or_nobody(act->level);
    act->parent = or_nobody(act->parent);
    act->thing = or_nobody(act->thing);
    act->key = or_nobody(act->key);
    if (act->kind == ACT_ACQUIRE && act->count == 0)
        act->count = 1;
    if (act->kind == ACT_ACQUIRE && act->ttl_s == 0)
        act->ttl_s = 2000;
}

int main(void)
{
    int failed = 0;
    struct shared *shared = shared_open();
    for (size_t i = 0; i < sizeof worlds / sizeof *worlds; i++) {
        shared->act_count = (int)worlds[i].count;
        memcpy(shared->acts, worlds[i].acts, worlds[i].count * sizeof *worlds[i].acts);
        for (int serial = 0; serial < shared->act_count; serial++)
            complete(&shared->acts[serial], serial);
        bool good = !worlds_differ(shared, 1);
        printf("%s - %s\n", good ? "ok" : "not ok", worlds[i].name);
        failed += !good;
    }
    shared_close(shared);
    return failed > 0;
}
