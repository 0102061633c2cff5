// SPDX-License-Identifier: Apache-2.0
// Whether each of several servers has what the model says, and all of them the same.
#include "simulation/nodes.h"

#include "base/arena.h"

static const struct tenant *tenant_at(const struct rig *rig, int account)
{
    return service_tenant(&rig->service, rig->accounts[account]);
}

void nodes_compare(struct sim *sim)
{
    bool is_thorough = sim->rounds % CHECK_EVERY == 0;
    for (int i = 0; i < sim->account_count; i++) {
        if (!nodes_visited(sim, i))
            continue;
        compare_account(sim, &tenant_at(sim->rig, i)->account, &sim->rig->service.catalog, &sim->accounts[i],
                        is_thorough);
        compare_away(sim, tenant_at(sim->rig, i), &sim->accounts[i]);
    }
}

// ---- Against each other

struct picture {
    struct fact *facts;
    size_t count;
    struct arena arena;
};

static void add_fact(void *arg, const struct fact *fact)
{
    struct picture *picture = arg;
    picture->facts = arena_grow(&picture->arena, picture->facts, picture->count, sizeof *picture->facts);
    picture->facts[picture->count++] =
        (struct fact){.kind = fact->kind, .after = row_copy(fact_types[fact->kind].row, fact->after, &picture->arena)};
}

static bool has_row(const struct picture *picture, const struct fact *wanted)
{
    for (size_t i = 0; i < picture->count; i++) {
        const struct fact *fact = &picture->facts[i];
        if (fact->kind == wanted->kind && row_same(fact_types[fact->kind].row, fact->after, wanted->after))
            return true;
    }
    return false;
}

static void compare_pictures(struct sim *sim, const struct picture *one, const struct picture *other)
{
    for (size_t i = 0; i < one->count; i++) {
        if (!has_row(other, &one->facts[i]))
            sim_differs(sim, "two servers have not the same: %s", fact_types[one->facts[i].kind].name);
    }
    if (one->count != other->count)
        sim_differs(sim, "one server has more than the other");
}

static void compare_servers(struct sim *sim, int account)
{
    struct picture first = {0};
    for (int server = 0; server < SERVERS_MAX; server++) {
        const struct rig *rig = &sim->rigs[server];
        struct picture picture = {0};
        if (!rig->is_open)
            continue;
        const struct tenant *tenant = tenant_at(rig, account);
        if (tenant == NULL || tenant->version == 0)
            sim_differs(sim, "a server looked at an account, and does not have it");
        account_check(&tenant->account);
        account_snapshot(&tenant->account, add_fact, &picture);
        if (first.count > 0)
            compare_pictures(sim, &first, &picture);
        arena_fini(first.count > 0 ? &picture.arena : &first.arena);
        first = first.count > 0 ? first : picture;
    }
    arena_fini(&first.arena);
}

static bool is_in_line(const struct model *model, int server, int serial)
{
    for (int i = 0; i < model->waiter_count; i++) {
        if (model->line[i].server == server && model->line[i].request.serial == serial)
            return true;
    }
    return false;
}

// Whoever has no answer waits.
static void compare_requests(struct sim *sim, int server)
{
    const struct rig *rig = &sim->rigs[server];
    for (const struct request *request = rig->is_open ? rig->out : NULL; request != NULL; request = request->next) {
        const struct model *model = &sim->accounts[sim->acts[request->serial].account];
        if (!is_in_line(model, server, request->serial))
            sim_differs(sim, "a%d has no answer, and does not wait", request->serial);
    }
}

void nodes_compare_all(struct sim *sim)
{
    for (int server = 0; server < SERVERS_MAX; server++)
        compare_requests(sim, server);
    for (int i = 0; i < sim->account_count; i++)
        compare_servers(sim, i);
    sim->tally->settled++;
}
