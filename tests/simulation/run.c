// SPDX-License-Identifier: Apache-2.0
#include "simulation/simulation.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

static struct simulation *at_work;

static void tell_last_steps(void)
{
    simulation_compare(at_work);
    simulation_differs(at_work, "a proof failed, see above");
}

static void begin(struct simulation *simulation)
{
    static const struct actor nobody = {.nobody = true};
    world_add_product(&simulation->world, "KRE", MODEL_SESSION);
    world_add_product(&simulation->world, "ZED", MODEL_SESSION);
    world_add_product(&simulation->world, "SEA", MODEL_SEAT);
    struct command command = {.kind = COMMAND_ACCOUNT_CREATE};
    command.account = (struct account_row){.name = "Acme", .plan = PLAN_PREMIUM};
    world_decide(&simulation->world, &nobody, &command);
    model_init(&simulation->model, simulation->world.now);
}

void simulation_run(uint64_t seed, unsigned long steps, struct tally *tally)
{
    struct simulation *simulation = check_calloc(1, sizeof *simulation);
    char place[64];
    snprintf(place, sizeof place, "seed %llu", (unsigned long long)seed);
    world_init(&simulation->world);
    simulation->world.place = place;
    simulation->world.before_end = tell_last_steps;
    simulation->seed = seed;
    simulation->tally = tally;
    at_work = simulation;
    begin(simulation);
    for (simulation->step = 0; simulation->step < steps; simulation->step++) {
        simulation->world.thorough = simulation->step % 16 == 0;
        simulation_step(simulation);
        simulation_compare(simulation);
        line_compare(simulation);
    }
    world_fini(&simulation->world);
    free(simulation);
}
