// SPDX-License-Identifier: Apache-2.0
//
// Usage: simulation-small [--depth N]
// Small worlds, all of them: every sequence of so many acts over two organizations (side by side, and one below the
// other), two users and two licenses. The engine decides each, the model predicts it, everything is compared, the
// engine's laws are counted afresh, and then the decision is taken back and the next act is tried in its place.
//
// Sequences that lead to the same state go on in the same way, so each state is gone on from only once for each number
// of acts that are left. Two states are the same if the model's are, but for ids (their order counts) and the moment
// (what counts is how far away others are). That the engine's state is then the same, too, is what is compared at each.
#include "simulation/sim.h"

#include "base/check.h"
#include "engine/queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 5, DEPTH_MOST = 12, OLDEST = -10, NEWEST = -11, TABLE_BITS = 23 };

// Serials of the opening.
enum { PURCHASE, FIRST, SECOND, ANN, BEN, PROJECT, OPENING };

#define ACT(its_kind, ...)                                                                                             \
    {                                                                                                                  \
        .kind = ACT_##its_kind, __VA_ARGS__                                                                            \
    }
#define ASK(by, ...) ACT(ACQUIRE, .user = (by), .ttl_s = 60, __VA_ARGS__)
#define GIVE(to, number, ...)                                                                                          \
    ACT(DEDICATE, .change_count = 1, .changes = {{.level = (to), .count = (number), __VA_ARGS__}})

// What may happen next; left out: nobody, and one unit (see complete).
static const struct act alphabet[] = {
    ASK(ANN, .count = 1),
    ASK(ANN, .count = 2),
    ASK(BEN, .count = 1),
    ASK(BEN, .count = 1, .level = FIRST),
    ASK(ANN, .count = 1, .project = PROJECT),
    ASK(BEN, .count = 1, .wait_s = 90),
    ASK(ANN, .count = 2, .wait_s = 90),
    ACT(END, .thing = OLDEST),
    ACT(END, .thing = NEWEST, .is_on = true, .cooldown_s = 30),
    ACT(HEARTBEAT, .thing = OLDEST),
    GIVE(FIRST, 0, .reclaim = RECLAIM_REFUSE),
    GIVE(FIRST, 1, .reclaim = RECLAIM_REFUSE),
    GIVE(FIRST, 2, .reclaim = RECLAIM_REFUSE, .when_available = true),
    GIVE(FIRST, 0, .reclaim = RECLAIM_DRAIN),
    GIVE(FIRST, 0, .reclaim = RECLAIM_MOVE),
    GIVE(SECOND, 0, .reclaim = RECLAIM_DRAIN),
    GIVE(SECOND, 1, .reclaim = RECLAIM_REFUSE, .when_available = true),
    ACT(DEDICATE, .change_count = 2,
        .changes = {{.level = FIRST, .count = 0, .reclaim = RECLAIM_MOVE}, {.level = SECOND, .count = 2}}),
    ACT(POLICY, .policy = POLICY_STRICT, .is_on = false),
    ACT(POLICY, .policy = POLICY_MEMBER_BASED, .is_on = true),
    ACT(POLICY, .policy = POLICY_UNRESTRICTED, .is_on = true),
    ACT(CHANGE_PURCHASE, .thing = PURCHASE, .count = 1),
    ACT(CHANGE_PURCHASE, .thing = PURCHASE, .count = 2),
    ACT(SHORTFALL, .on_shortfall = SHORTFALL_END_NEWEST, .count = 20),
    ACT(MOVE_USER, .user = ANN, .level = SECOND),
    ACT(MOVE_LEVEL, .level = SECOND, .parent = FIRST),
    ACT(MOVE_LEVEL, .level = SECOND, .parent = THE_ACCOUNT),
    ACT(TIME, .ms = 30000),
    ACT(TIME, .ms = 60000),
};

enum { ALPHABET = sizeof alphabet / sizeof *alphabet };

struct small {
    struct sim sim;
    struct catalog catalog;
    struct directory directory;
    struct account account;
    struct numbers numbers;
    int64_t now;
    int path[DEPTH_MOST], depth;
    struct arena arenas[DEPTH_MOST + OPENING + 1], memory;
    uint64_t *seen; // states, with how many acts were left
    unsigned long states, steps, pruned;
};

// ---- One act, done and taken back

struct done {
    struct model model;
    struct numbers ids, numbers;
    int64_t now, last_at;
    uint64_t waited;
    struct arena *arena;
    struct decision time, taken, settled; // before the command, the command, and what follows in the line
    bool has_taken;
    struct waiter *joined;
};

static const struct actor admin = {.role = ROLE_ACCOUNT_ADMIN}, nobody = {.nobody = true};

static void decide_time(struct small *small, struct decision *decision, struct arena *arena)
{
    decision_init(decision, &small->account, &small->catalog, &small->numbers, &nobody, small->now, arena);
    account_pass_time(decision);
}

static void judge_served(struct small *small, const struct decision *decision)
{
    struct sim *sim = &small->sim;
    for (size_t i = 0; i < decision->served_count; i++) {
        int at = sim->told_at[0]++;
        if (at >= sim->told[0].count || sim->told[0].items[at].order != decision->served[i]->order)
            sim_differs(sim, "another is served than in the model");
        judge_told(sim, 0, &decision->served[i]->outcome, &sim->told[0].items[at].verdict);
    }
}

static struct waiter *join(struct small *small, const struct command *command, struct arena *arena)
{
    struct waiter *waiter = arena_alloc(arena, sizeof *waiter);
    *waiter = (struct waiter){.request = command->session,
                              .actor = admin,
                              .since_at = small->now,
                              .deadline_at = small->now + command->session.wait_s * 1000,
                              .order = small->sim.waited};
    struct decision decision;
    decision_init(&decision, &small->account, &small->catalog, &small->numbers, &nobody, small->now, arena);
    queue_join(&decision, waiter);
    return waiter;
}

static void ask(struct small *small, const struct act *act, struct done *done)
{
    struct sim *sim = &small->sim;
    struct step step;
    int waits = 0;
    if (!sim_resolve(sim, act, &step, &waits))
        return;
    struct command command = request_command(&sim->accounts[0], &step.act, small->now, NULL, done->arena);
    decision_init(&done->taken, &small->account, &small->catalog, &small->numbers, &admin, small->now, done->arena);
    account_decide(&done->taken, &command);
    done->has_taken = true;
    sim_predict(sim, &step);
    judge_outcome(sim, &step, &done->taken.outcome);
    judge_served(small, &done->taken);
    if (step.waits)
        done->joined = join(small, &command, done->arena);
}

static void do_act(struct small *small, struct act act, struct done *done)
{
    struct sim *sim = &small->sim;
    *done = (struct done){.model = sim->accounts[0],
                          .ids = sim->ids,
                          .numbers = small->numbers,
                          .now = small->now,
                          .last_at = small->account.last_at,
                          .waited = sim->waited,
                          .arena = &small->arenas[act.serial]};
    arena_clear(done->arena);
    sim->told[0].count = sim->told_at[0] = sim->joined_count = 0;
    if (act.kind == ACT_TIME)
        small->now += act.ms;
    sim->now = small->now;
    model_pass_time(&sim->accounts[0], small->now);
    decide_time(small, &done->time, done->arena);
    judge_served(small, &done->time);
    if (act.kind != ACT_TIME)
        ask(small, &act, done);
    decide_time(small, &done->settled, done->arena);
    model_pass_time(&sim->accounts[0], small->now);
    judge_served(small, &done->settled);
    compare_account(sim, &small->account, &small->catalog, &sim->accounts[0], true);
    small->steps++;
}

static void take_back(struct small *small, struct done *done)
{
    decision_take_back(&done->settled);
    if (done->joined != NULL)
        queue_leave(&small->account, done->joined);
    if (done->has_taken)
        decision_take_back(&done->taken);
    decision_take_back(&done->time);
    // Time went back, which it never does elsewhere: what is known of those who wait may be of later.
    queue_note_taken_back(&small->account);
    queue_note_rights(&small->account);
    small->account.last_at = done->last_at;
    small->numbers = done->numbers;
    small->now = done->now;
    small->sim.accounts[0] = done->model;
    small->sim.ids = done->ids;
    small->sim.waited = done->waited;
}

// ---- States

static uint64_t mix(uint64_t hash, uint64_t number)
{
    return hash_numbers(hash, number);
}

static uint64_t mix_moment(uint64_t hash, int64_t at, int64_t now)
{
    return mix(hash, at == 0 ? 0 : (uint64_t)(at - now) + 1);
}

static uint64_t hash_levels(const struct model *model, uint64_t hash)
{
    for (int i = 0; i < model->level_count; i++) {
        const struct model_dedication *of = &model->levels[i].of[0];
        hash = mix(mix(hash, (uint64_t)model->levels[i].parent), (uint64_t)of->dedicated);
        hash = mix(mix(hash, (uint64_t)of->draining_to), (uint64_t)of->filling_to);
        if (of->filling_to != NUMBER_NONE)
            hash = mix_moment(hash, of->filling_since, model->now);
    }
    return hash;
}

static uint64_t hash_people(const struct model *model, uint64_t hash)
{
    for (int i = 0; i < model->user_count; i++) {
        int64_t until = model->users[i].cooldown_until[0];
        hash = mix(hash, (uint64_t)model->users[i].level);
        hash = mix_moment(hash, until > model->now ? until : 0, model->now);
    }
    for (int i = 0; i < model->claim_count; i++) {
        const struct model_claim *claim = &model->claims[i];
        hash = mix(mix(hash, (uint64_t)claim->level), (uint64_t)claim->user);
        hash = mix(mix(hash, (uint64_t)claim->count), (uint64_t)claim->ttl_s);
        hash = mix_moment(mix_moment(hash, claim->since_at, model->now), claim->expires_at, model->now);
    }
    for (int i = 0; i < model->waiter_count; i++) {
        const struct model_waiter *waiter = &model->line[i];
        hash = mix(mix(hash, (uint64_t)waiter->request.user), (uint64_t)waiter->request.count);
        hash = mix(mix(hash, (uint64_t)waiter->reserved), (uint64_t)(waiter->reserved != NOBODY ? waiter->via : 0));
        hash = mix_moment(mix_moment(hash, waiter->since_at, model->now), waiter->head_since, model->now);
        hash = mix_moment(hash, waiter->deadline_at, model->now);
    }
    return hash;
}

static uint64_t hash_state(const struct model *model)
{
    uint64_t hash = mix(mix(mix(1, (uint64_t)model->policy), model->fallback), (uint64_t)model->on_shortfall);
    hash = mix(mix(hash, (uint64_t)model->shortfall_grace_s), (uint64_t)model->purchases[0].quantity);
    hash = mix_moment(hash, model->shortfall_since[0], model->now);
    hash = mix(mix(hash, (uint64_t)model->claim_count), (uint64_t)model->waiter_count);
    return hash_people(model, hash_levels(model, hash));
}

// Whether the state was gone on from with as many acts left.
static bool was_seen(struct small *small, int left)
{
    enum { SIZE = 1 << TABLE_BITS, LEFT_BITS = 4 };
    uint64_t hash = hash_state(&small->sim.accounts[0]) << LEFT_BITS | 1U << (LEFT_BITS - 1);
    for (uint64_t at = hash >> (64 - TABLE_BITS);; at = (at + 1) % SIZE) {
        uint64_t there = small->seen[at];
        if (there != 0 && there >> LEFT_BITS != hash >> LEFT_BITS)
            continue;
        if (there != 0 && (int)(there & 15U) - 1 >= left)
            return true;
        small->states += there == 0;
        CHECK(small->states < SIZE / 4 * 3);
        small->seen[at] = (hash & ~UINT64_C(15)) | (unsigned)(left + 1);
        return false;
    }
}

// ---- All sequences

static void complete(const struct model *model, struct act *act, int serial)
{
    int at = act->thing == OLDEST ? 0 : model->claim_count - 1;
    bool is_of_claim = act->thing == OLDEST || act->thing == NEWEST;
    act->serial = serial;
    act->key = NOBODY;
    act->user = act->user == 0 ? NOBODY : act->user;
    act->level = act->level == 0 ? NOBODY : act->level;
    act->parent = act->parent == 0 ? NOBODY : act->parent;
    act->project = act->project == 0 ? NOBODY : act->project;
    if (is_of_claim)
        act->thing = model->claim_count > 0 ? model->claims[at].serial : UNKNOWN;
}

static void go_on(struct small *small, int left)
{
    struct done done;
    for (int i = 0; i < ALPHABET; i++) {
        struct act act = alphabet[i];
        complete(&small->sim.accounts[0], &act, OPENING + small->depth);
        small->path[small->depth++] = i;
        small->sim.acts[act.serial] = act;
        small->sim.now_at = act.serial;
        do_act(small, act, &done);
        if (left > 1 && was_seen(small, left - 1))
            small->pruned++;
        else if (left > 1)
            go_on(small, left - 1);
        take_back(small, &done);
        small->depth--;
    }
}

static void open_world(struct small *small, bool is_nested)
{
    const struct act opening[OPENING] = {
        [PURCHASE] = ACT(BUY, .count = 2),
        [FIRST] = ACT(CREATE_LEVEL, .parent = THE_ACCOUNT),
        [SECOND] = ACT(CREATE_LEVEL, .parent = is_nested ? FIRST : THE_ACCOUNT),
        [ANN] = ACT(CREATE_USER, .level = FIRST),
        [BEN] = ACT(CREATE_USER, .level = SECOND),
        [PROJECT] = ACT(CREATE_PROJECT, .level = SECOND),
    };
    struct act member = ACT(MEMBER, .project = PROJECT, .user = ANN, .is_on = true), plan = ACT(PLAN, .is_on = true);
    struct done done;
    for (int serial = 0; serial < OPENING; serial++) {
        struct act act = opening[serial];
        complete(&small->sim.accounts[0], &act, serial);
        do_act(small, act, &done);
    }
    complete(&small->sim.accounts[0], &member, OPENING);
    complete(&small->sim.accounts[0], &plan, OPENING);
    do_act(small, member, &done);
    do_act(small, plan, &done);
}

static void tell_path(const struct sim *sim)
{
    for (int serial = OPENING; serial <= sim->now_at; serial++) {
        char text[512];
        act_print(&sim->acts[serial], text, sizeof text);
        fprintf(stderr, "  %s\n", text);
    }
}

static void begin(struct small *small, struct tally *tally)
{
    static struct act acts[DEPTH_MOST + OPENING + 1];
    struct sim *sim = &small->sim;
    memset(small, 0, sizeof *small);
    small->now = SIM_START;
    small->seen = check_calloc((size_t)1 << TABLE_BITS, sizeof *small->seen);
    for (size_t i = 0; i < ID_KINDS; i++)
        small->numbers.next[i] = i == ID_ORGANIZATION ? ORGANIZATION_FIRST_ID : 1;
    sim->ids = small->numbers;
    sim->acts = acts;
    sim->before_end = tell_path;
    sim->tally = tally;
    sim->account_count = 1;
    model_init(&sim->accounts[0], 1, &sim->ids, small->now);
    sim->accounts[0].told = &sim->told[0];
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        struct product row = {.code = product_code(product),
                              .name = "A product",
                              .model = product == MODEL_SEAT_PRODUCT ? MODEL_SEAT : MODEL_SESSION,
                              .machines_per_seat = NUMBER_NONE};
        catalog_apply(&small->catalog, &(struct fact){.kind = FACT_PRODUCT_CREATED, .after = &row});
    }
    account_init(&small->account, 1, &small->directory);
    struct account_row row = {.id = 1, .name = "Acme", .plan = PLAN_PREMIUM, .fallback = true};
    account_apply(&small->account, &(struct fact){.kind = FACT_ACCOUNT_CREATED, .after = &row});
}

static void end(struct small *small)
{
    account_fini(&small->account);
    catalog_fini(&small->catalog);
    table_fini(&small->directory.keys);
    free(small->seen);
    for (size_t i = 0; i < sizeof small->arenas / sizeof *small->arenas; i++)
        arena_fini(&small->arenas[i]);
}

int main(int argc, char **argv)
{
    static struct small small; // large
    static struct tally tally;
    int depth = argc == 3 && strcmp(argv[1], "--depth") == 0 ? atoi(argv[2]) : DEPTH;
    if ((argc != 1 && argc != 3) || depth < 1 || depth > DEPTH_MOST) {
        fprintf(stderr, "usage: simulation-small [--depth 1 to %d]\n", DEPTH_MOST);
        return 2;
    }
    double sequences = 1;
    for (int i = 0; i < depth; i++)
        sequences *= ALPHABET;
    for (int is_nested = 0; is_nested <= 1; is_nested++) {
        begin(&small, &tally);
        open_world(&small, is_nested);
        go_on(&small, depth);
        printf("%s: all %.0f sequences of %d of %d acts: %lu states, %lu acts done and compared\n",
               is_nested ? "one organization below the other" : "two organizations side by side", sequences, depth,
               ALPHABET, small.states, small.steps);
        end(&small);
    }
    return 0;
}
