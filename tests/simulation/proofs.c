// SPDX-License-Identifier: Apache-2.0
//
// Usage: simulation-proofs [--seed N] [--worlds N]
// The same random acts on the engine alone, with all that scripts/world.h proves of each decision: that it can be taken
// back, that its facts make the same account elsewhere, that an account made of a snapshot decides the same. Slower by
// far than the simulation of the server, and about something else.
#include "scripts/world.h"
#include "simulation/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORLDS = 60, ACTS = 600, THOROUGH_EVERY = 8 };

struct proofs {
    struct sim sim;
    struct world world;
    struct waiter *waiters[WORLD_ACTS_MAX]; // by their order
};

static const struct actor admin = {.role = ROLE_ACCOUNT_ADMIN}, machine = {.role = ROLE_PLATFORM};

static void judge_served(struct proofs *proofs, struct decision *decision)
{
    struct sim *sim = &proofs->sim;
    for (size_t i = 0; i < decision->served_count; i++) {
        const struct waiter *waiter = decision->served[i];
        int at = sim->told_at[0]++;
        if (at >= sim->told[0].count || sim->told[0].items[at].order != waiter->order)
            sim_differs(sim, "another is served than in the model");
        judge_told(sim, 0, &waiter->outcome, &sim->told[0].items[at].verdict);
    }
    decision->served_count = 0;
}

// What time does until now, in both.
static void pass_time(struct proofs *proofs)
{
    proofs->sim.told[0].count = proofs->sim.told_at[0] = 0;
    proofs->world.taken.served_count = 0;
    world_pass_time(&proofs->world);
    model_pass_time(&proofs->sim.accounts[0], proofs->world.now);
    judge_served(proofs, &proofs->world.time);
}

static void hang_up(struct proofs *proofs, struct step *step)
{
    const struct model *model = &proofs->sim.accounts[0];
    for (int i = 0; i < model->waiter_count; i++) {
        if (model->line[i].request.serial == step->act.thing)
            queue_leave(&proofs->world.account, proofs->waiters[model->line[i].order]);
    }
    sim_predict(&proofs->sim, step);
}

static void ask(struct proofs *proofs, struct step *step)
{
    struct sim *sim = &proofs->sim;
    const struct actor *actor = step->act.platform ? &machine : &admin;
    struct arena arena = {0};
    struct command command = request_command(&sim->accounts[0], &step->act, sim->now, NULL, &arena);
    const struct outcome *outcome = world_decide(&proofs->world, actor, &command);
    sim_predict(sim, step);
    judge_outcome(sim, step, outcome);
    judge_served(proofs, &proofs->world.time);
    judge_served(proofs, &proofs->world.taken);
    if (step->waits) {
        struct waiter *waiter = world_wait(&proofs->world, actor, &command.session, sim->now, 0);
        proofs->waiters[waiter->order] = waiter;
    }
    arena_fini(&arena);
}

static void act(struct proofs *proofs, struct act *rolled)
{
    struct sim *sim = &proofs->sim;
    struct step step;
    int waits = 0;
    sim->step_count = sim->hung_up_count = sim->joined_count = 0;
    sim->told[0].count = sim->told_at[0] = 0;
    rolled->key = NOBODY; // which is the server's to know
    if (rolled->kind == ACT_TIME)
        proofs->world.now += rolled->ms;
    sim->now = proofs->world.now;
    pass_time(proofs);
    if (rolled->kind == ACT_TIME || !sim_resolve(sim, rolled, &step, &waits))
        return;
    if (rolled->kind == ACT_HANG_UP)
        hang_up(proofs, &step);
    else
        ask(proofs, &step);
    pass_time(proofs);
    sim->tally->requests++;
}

static struct sim *at_work;

static void tell_place(void)
{
    sim_differs(at_work, "a proof failed, see above");
}

static void begin(struct proofs *proofs, uint64_t seed, struct act *acts, struct tally *tally)
{
    struct sim *sim = &proofs->sim;
    memset(proofs, 0, sizeof *proofs);
    world_init(&proofs->world);
    proofs->world.place = "proofs";
    proofs->world.before_end = tell_place;
    at_work = sim;
    sim->seed = seed;
    sim->tally = tally;
    sim->acts = acts;
    sim->weather = roll_weather(sim);
    sim->weather.accounts = sim->account_count = 1;
    sim->weather.fault_percent = sim->weather.key_percent = 0;
    sim->now = proofs->world.now;
    sim->ids = proofs->world.numbers;
    for (int product = 0; product < MODEL_PRODUCTS; product++)
        world_add_product(&proofs->world, product_code(product),
                          product == MODEL_SEAT_PRODUCT ? MODEL_SEAT : MODEL_SESSION);
    struct command command = {.kind = COMMAND_ACCOUNT_CREATE};
    command.account = (struct account_row){.name = "Acme", .plan = PLAN_PREMIUM};
    world_decide(&proofs->world, &(struct actor){.nobody = true}, &command);
    model_init(&sim->accounts[0], proofs->world.account.row.id, &sim->ids, sim->now);
    sim->accounts[0].told = &sim->told[0];
}

static void run(uint64_t seed, struct tally *tally)
{
    static struct proofs proofs; // large
    static struct act acts[WORLD_ACTS_MAX];
    struct sim *sim = &proofs.sim;
    begin(&proofs, seed, acts, tally);
    while (sim->act_count < ACTS) {
        acts[sim->act_count] = roll_act(sim, sim->act_count);
        sim->now_at = sim->act_count;
        proofs.world.thorough = sim->act_count % THOROUGH_EVERY == 0;
        act(&proofs, &acts[sim->act_count++]);
        compare_account(sim, &proofs.world.account, &proofs.world.catalog, &sim->accounts[0], true);
    }
    world_fini(&proofs.world);
}

int main(int argc, char **argv)
{
    static struct tally tally;
    uint64_t seed = 1, worlds = WORLDS;
    for (int i = 1; i < argc; i += 2) {
        bool is_seed = strcmp(argv[i], "--seed") == 0;
        if ((!is_seed && strcmp(argv[i], "--worlds") != 0) || i + 1 == argc) {
            fputs("usage: simulation-proofs [--seed N] [--worlds N]\n", stderr);
            return 2;
        }
        *(is_seed ? &seed : &worlds) = strtoull(argv[i + 1], NULL, 10);
    }
    for (uint64_t i = 0; i < worlds; i++)
        run(seed + i, &tally);
    printf("%lu commands proven in %llu worlds: %lu waited, %lu were served\n", tally.requests,
           (unsigned long long)worlds, tally.waited, tally.served);
    return tally.served == 0;
}
