// SPDX-License-Identifier: Apache-2.0
#include "simulation/simulation.h"

#include "engine/pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void tell_steps(const struct simulation *simulation)
{
    unsigned long first = simulation->step >= TOLD_STEPS ? simulation->step - TOLD_STEPS + 1 : 0;
    for (unsigned long step = first; step <= simulation->step; step++)
        fprintf(stderr, "  %lu: %s\n", step, simulation->told[step % TOLD_STEPS]);
    fprintf(stderr, "seed %llu, step %lu\n", (unsigned long long)simulation->seed, simulation->step);
}

void simulation_differs(struct simulation *simulation, const char *format, ...)
{
    va_list args;
    tell_steps(simulation);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(EXIT_DIFFERENCE);
}

static uint64_t id_of(int level)
{
    return level == 0 ? 0 : 1000 + (uint64_t)level;
}

static void compare_figure(struct simulation *simulation, const char *name, int level, int product, int64_t engine,
                           int64_t model)
{
    if (engine != model)
        simulation_differs(simulation, "level %llu, product %d: %s is %lld in the engine, %lld in the model",
                           (unsigned long long)id_of(level), product, name, (long long)engine, (long long)model);
}

static const char *const codes[MODEL_PRODUCTS] = {"KRE", "ZED", "SEA"};

static void compare_pool(struct simulation *simulation, int level, int product)
{
    const struct model *model = &simulation->model;
    const struct account *account = &simulation->world.account;
    const struct model_dedication *of = &model->levels[level].of[product];
    struct figures figures = level_figures(account, account_level(account, id_of(level)),
                                           catalog_find(&simulation->world.catalog, codes[product]));
    int64_t dedicated = model_dedicated(model, level, product);
    int64_t pool = dedicated - model_children_dedicated(model, level, product);
    compare_figure(simulation, "dedicated", level, product, figures.dedicated, dedicated);
    compare_figure(simulation, "pool", level, product, figures.pool, pool > 0 ? pool : 0);
    compare_figure(simulation, "assigned", level, product, figures.assigned, model_assigned(model, level, product));
    compare_figure(simulation, "available", level, product, figures.available, model_available(model, level, product));
    compare_figure(simulation, "over_committed", level, product, figures.over_committed,
                   model_over_committed(model, level, product));
    compare_figure(simulation, "draining_to", level, product, figures.draining_to, of->draining_to);
    compare_figure(simulation, "filling_to", level, product, figures.filling_to, of->filling_to);
}

static void compare_claims(struct simulation *simulation)
{
    const struct account *account = &simulation->world.account;
    const struct model *model = &simulation->model;
    size_t seats = 0;
    for (int i = 0; i < model->claim_count; i++) {
        const struct model_claim *claim = &model->claims[i];
        bool is_seat = claim->product == MODEL_SEAT_PRODUCT;
        const struct seat *seat = is_seat ? account_seat(account, claim->id) : NULL;
        const struct session *session = is_seat ? NULL : account_session(account, claim->id);
        seats += is_seat;
        if (seat == NULL && session == NULL)
            simulation_differs(simulation, "the engine has no %s %llu", is_seat ? "seat" : "session",
                               (unsigned long long)claim->id);
        uint64_t level = is_seat ? seat->row.level : session->row.level;
        if (level != id_of(claim->level) || (!is_seat && session->row.expires_at != claim->expires_at))
            simulation_differs(simulation, "%s %llu lies elsewhere, or ends at another time",
                               is_seat ? "seat" : "session", (unsigned long long)claim->id);
    }
    if (account->seats.count != seats || account->sessions.count + seats != (size_t)model->claim_count)
        simulation_differs(simulation, "the engine has %zu seats and %zu sessions, the model %zu and %zu",
                           account->seats.count, account->sessions.count, seats, (size_t)model->claim_count - seats);
}

void simulation_compare(struct simulation *simulation)
{
    compare_claims(simulation);
    for (int level = 0; level < simulation->model.level_count; level++) {
        for (int product = 0; product < MODEL_PRODUCTS && simulation->model.levels[level].exists; product++)
            compare_pool(simulation, level, product);
    }
}
