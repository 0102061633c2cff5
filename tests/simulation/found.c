// SPDX-License-Identifier: Apache-2.0
//
// Worlds by hand: what the simulation has found once, cut down to a few acts, and what it would find seldom. Each must
// go as the model says.
#include "simulation/nodes.h"
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

// ---- Several servers on one store

#define ALL_LOOK ACT(TIME, .ms = 2000), ACT(TIME, .ms = 2000, .server = 1), ACT(TIME, .ms = 2000, .server = 2)

// Denied at its own server, it stood in the line of the others for ever.
static const struct act denied_at_one_server_leaves_at_all[] = {
    OPENING,  ACT(ACQUIRE, .user = USER, .count = 5, .wait_s = 1, .server = 1),
    ALL_LOOK, ACT(ACQUIRE, .user = USER, .count = 1),
    ALL_LOOK, ACT(ACQUIRE, .user = USER, .count = 1, .server = 2),
};

// Its own server put it where the former stood, the others behind those of the same moment.
static const struct act comes_again_in_the_same_moment[] = {
    OPENING,
    ACT(ACQUIRE, .user = USER, .count = 5, .wait_s = 60, .key = FIRST_FREE),
    ACT(ACQUIRE, .user = SECOND_USER, .count = 5, .wait_s = 60),
    ACT(ACQUIRE, .user = USER, .count = 5, .wait_s = 90, .key = FIRST_FREE),
    ALL_LOOK,
    ACT(ACQUIRE, .user = USER, .count = 1, .server = 1),
    ACT(ACQUIRE, .user = USER, .count = 1, .server = 2),
};

// At the head for a minute, it had the pool for itself at one server only.
static const struct act reserves_at_all_servers[] = {
    OPENING,
    ACT(ACQUIRE, .user = USER),
    ACT(ACQUIRE, .user = USER, .count = 2, .wait_s = 300, .server = 1),
    ACT(TIME, .ms = 61000, .server = 1),
    ACT(SERVER, .event = FEED_PRUNED),
    ACT(ACQUIRE, .user = SECOND_USER, .server = 2),
    ACT(ACQUIRE, .user = SECOND_USER, .server = 0),
    ALL_LOOK,
};

// A server that had followed only did not notice that the account's pool had been over-committed until now.
static const struct act over_committed_no_more[] = {
    OPENING,
    ACT(BUY, .count = 1),
    ACT(POLICY, .policy = POLICY_UNRESTRICTED),
    ACT(DEDICATE, .change_count = 1, .changes = {{.level = ORGANIZATION, .product = 0, .count = 3}}),
    ACT(ACQUIRE, .user = USER, .count = 2),
    ACT(ACQUIRE, .user = USER, .count = 9, .wait_s = 300),
    ACT(ACQUIRE, .user = USER, .count = 9, .server = 2),
    ACT(CHANGE_PURCHASE, .thing = FIRST_FREE),
    ACT(ACQUIRE, .user = SECOND_USER, .wait_s = 300, .server = 1),
    ACT(BUY, .count = 1, .server = 2),
};

// Its batch failed, but the former left the line.
static const struct act comes_again_elsewhere_in_a_batch_that_fails[] = {
    OPENING,
    ACT(ACQUIRE, .user = USER, .count = 5, .wait_s = 60, .key = FIRST_FREE, .server = 1),
    ACT(FAIL_COMMIT, .count = COMMIT_LOST),
    ACT(ACQUIRE, .user = USER, .count = 5, .key = FIRST_FREE),
    ALL_LOOK,
};

// The store's clock went back, as after a failover: who asked then was older than those that waited already.
static const struct act waits_while_the_clock_is_set_back[] = {
    OPENING,
    ACT(ACQUIRE, .user = USER, .count = 2),
    ACT(ACQUIRE, .user = SECOND_USER, .wait_s = 300),
    ACT(SERVER, .event = CLOCK_SET_BACK, .ms = 3000),
    ACT(ACQUIRE, .user = SECOND_USER, .wait_s = 300, .server = 1),
    ACT(ACQUIRE, .user = SECOND_USER, .wait_s = 1, .server = 2),
    ALL_LOOK,
    ACT(CHANGE_PURCHASE, .thing = 0, .count = 3),
    ACT(END, .thing = FIRST_FREE),
    ALL_LOOK,
};

// The commit in which it left the line was kept, though nobody knew: the others have heard how long it had waited.
static const struct act hangs_up_in_a_commit_that_nobody_knows_of[] = {
    OPENING,
    ACT(ACQUIRE, .user = USER, .count = 5, .wait_s = 173, .key = FIRST_FREE, .server = 1),
    ACT(TIME, .ms = 100000),
    ACT(FAIL_COMMIT, .count = COMMIT_KEPT),
    ACT(HANG_UP, .thing = FIRST_FREE),
    ACT(ACQUIRE, .user = USER, .count = 5, .wait_s = 105, .key = FIRST_FREE, .server = 2),
    ACT(TIME, .ms = 5000),
    ALL_LOOK,
};

// It came back in the end of its time and was denied, which the others did not hear: there it was as old once more.
static const struct act denied_when_it_came_back[] = {
    OPENING,
    ACT(ACQUIRE, .user = USER, .count = 5, .wait_s = 60, .key = FIRST_FREE, .server = 1),
    ACT(TIME, .ms = 20000),
    ACT(HANG_UP, .thing = FIRST_FREE),
    ACT(ACQUIRE, .user = USER, .count = 5, .wait_s = 10, .key = FIRST_FREE),
    ACT(ACQUIRE, .user = SECOND_USER, .count = 5, .wait_s = 60),
    ACT(ACQUIRE, .user = USER, .count = 5, .wait_s = 60, .key = FIRST_FREE, .server = 2),
    ALL_LOOK,
};

struct world {
    const char *name;
    const struct act *acts;
    size_t count;
};

static const struct world worlds[] = {
#define WORLD(name)                                                                                                    \
    {                                                                                                                  \
#name, name, sizeof name / sizeof *name                                                                        \
    }
    WORLD(second_cool_down),
    WORLD(waits_over_a_lost_commit),
    WORLD(joins_a_batch_that_fails),
    WORLD(heartbeat_after_a_move_that_fails),
    WORLD(waits_with_a_key_over_a_kept_commit),
    WORLD(key_of_an_account_that_cannot_be_read),
};

static const struct world worlds_of_servers[] = {
    WORLD(denied_at_one_server_leaves_at_all),
    WORLD(comes_again_in_the_same_moment),
    WORLD(reserves_at_all_servers),
    WORLD(over_committed_no_more),
    WORLD(comes_again_elsewhere_in_a_batch_that_fails),
    WORLD(waits_while_the_clock_is_set_back),
    WORLD(hangs_up_in_a_commit_that_nobody_knows_of),
    WORLD(denied_when_it_came_back),
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

// How many of them differ. Several servers look up when dice say so, which are the seed's.
static int try_worlds(struct shared *shared, const struct world *tried, size_t count, uint64_t seeds)
{
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        bool good = true;
        shared->act_count = (int)tried[i].count;
        memcpy(shared->acts, tried[i].acts, tried[i].count * sizeof *tried[i].acts);
        for (int serial = 0; serial < shared->act_count; serial++)
            complete(&shared->acts[serial], serial);
        for (uint64_t seed = 1; seed <= seeds; seed++)
            good = !worlds_differ(shared, seed) && good;
        printf("%s - %s\n", good ? "ok" : "not ok", tried[i].name);
        failed += !good;
    }
    return failed;
}

int main(void)
{
    struct shared *shared = shared_open();
    int failed = try_worlds(shared, worlds, sizeof worlds / sizeof *worlds, 1);
    shared->ground = &ground_memory;
    failed += try_worlds(shared, worlds_of_servers, sizeof worlds_of_servers / sizeof *worlds_of_servers, 20);
    shared_close(shared);
    return failed > 0;
}
