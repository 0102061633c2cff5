// SPDX-License-Identifier: Apache-2.0
#include "simulation/nodes.h"

#include "base/check.h"

#include <string.h>

static bool is_alive(const struct sim *sim, int server)
{
    return sim->rigs[server].is_open;
}

static int count_alive(const struct sim *sim)
{
    int count = 0;
    for (int i = 0; i < SERVERS_MAX; i++)
        count += is_alive(sim, i);
    return count;
}

// The nth of those alive, counted round; NOBODY: there are none.
static int alive_at(const struct sim *sim, int nth)
{
    int left = count_alive(sim) > 0 ? nth % count_alive(sim) : 0;
    for (int i = 0; i < SERVERS_MAX; i++) {
        if (is_alive(sim, i) && left-- == 0)
            return i;
    }
    return NOBODY;
}

void nodes_move_clocks(struct sim *sim, int64_t ms)
{
    sim->mono += ms;
    sim->wall += ms;
    sim->now += ms;
    rig_set_clocks(sim->wall, sim->mono);
    sim->ground->move_clock(sim->nodes, sim->now);
}

static int64_t last_fact_at(const struct sim *sim, int account)
{
    int64_t last_at = 0;
    for (int i = 0; i < SERVERS_MAX; i++) {
        const struct rig *rig = &sim->rigs[i];
        const struct tenant *tenant = rig->is_open ? service_tenant(&rig->service, rig->accounts[account]) : NULL;
        if (tenant != NULL && tenant->account.last_at > last_at)
            last_at = tenant->account.last_at;
    }
    return last_at;
}

// A purchase whose whole time passed between two looks has left no fact: it is over for the servers that have looked,
// and not for one that comes later. Which of them is right, should time go back into it, the contract leaves open.
static bool has_unseen_purchase(const struct sim *sim, int64_t since)
{
    for (int i = 0; i < sim->account_count; i++) {
        const struct model *model = &sim->accounts[i];
        for (int j = 0; j < model->purchase_count; j++) {
            const struct model_purchase *purchase = &model->purchases[j];
            if (purchase->exists && purchase->starts_at > last_fact_at(sim, i) && purchase->ends_at > since &&
                purchase->ends_at <= sim->now)
                return true;
        }
    }
    return false;
}

// The store's clock is another one's, as after a failover; the machines of the servers go on.
static void nodes_set_clocks_back(struct sim *sim, int64_t ms)
{
    if (has_unseen_purchase(sim, sim->now - ms))
        return;
    sim->now -= ms;
    sim->ground->move_clock(sim->nodes, sim->now);
}

// ---- Servers come and go

static void open_watch(struct sim *sim, int server)
{
    struct store_error error;
    if (!sim->ground->has_watch)
        return;
    sim->nodes->watches[server] = store_watch_open(sim->rigs[server].store, &error);
    CHECK(sim->nodes->watches[server] != NULL);
}

static void forget_server(struct sim *sim, int server)
{
    struct nodes *nodes = sim->nodes;
    int kept = 0;
    for (int i = 0; i < nodes->pending_count; i++) {
        if (nodes->pending[i].server != server)
            nodes->pending[kept++] = nodes->pending[i];
    }
    nodes->pending_count = kept;
    for (int i = 0; i < sim->account_count; i++) {
        nodes->known[server][i] = 0;
        nodes->unwritten[server][i].count = 0;
    }
}

// "All servers unavailable for more than 10 s: every active session that is not borrowed has its full time."
static void revive(struct sim *sim)
{
    if (count_alive(sim) > 0 || sim->now - sim->nodes->last_alive_at <= 1000 * LIVENESS_MAX_S)
        return;
    for (int i = 0; i < sim->account_count; i++)
        model_load(&sim->accounts[i], sim->now);
    sim->tally->revivals++;
}

static void join(struct sim *sim)
{
    revive(sim);
    for (int i = 0; i < SERVERS_MAX; i++) {
        if (is_alive(sim, i))
            continue;
        rig_join(&sim->rigs[i], sim->ground->open_store(sim->nodes), sim->nodes->accounts);
        open_watch(sim, i);
        sim->tally->restarts++;
        return;
    }
}

void nodes_bury(struct sim *sim, int server)
{
    struct nodes *nodes = sim->nodes;
    store_watch_close(nodes->watches[server]);
    nodes->last_alive_at = sim->now;
    struct store *store = rig_abandon(&sim->rigs[server]);
    sim->ground->let_die(nodes, store);
    forget_server(sim, server);
    for (int i = 0; i < sim->account_count; i++) {
        for (int j = 0; j < sim->accounts[i].waiter_count; j++) {
            struct model_waiter *waiter = &sim->accounts[i].line[j];
            waiter->server = waiter->server == server ? NOBODY : waiter->server;
        }
    }
    sim->tally->deaths++;
}

static void let_all_go(struct sim *sim, int server)
{
    for (int i = 0; i < sim->account_count; i++) {
        struct model *model = &sim->accounts[i];
        for (int j = model->waiter_count - 1; j >= 0; j--) {
            if (model->line[j].server != server)
                continue;
            model_keep_age(model, &model->line[j], sim->now);
            model_leave(model, j);
        }
    }
}

// Those that wait there are told to come again, and their ages are kept.
static void stop(struct sim *sim, int server)
{
    struct rig *rig = sim->rig = &sim->rigs[server];
    nodes_see(sim, server);
    sim_begin_round(sim);
    line_end(&rig->processor);
    round_run_last(&rig->processor);
    nodes_enter(sim);
    let_all_go(sim, server);
    sim_predict_time(sim);
    nodes_put_off(sim);
    nodes_keep(sim);
    rig_forget_answered(rig);
    nodes_compare(sim);
    nodes_note_seen(sim, server);
    store_watch_close(sim->nodes->watches[server]);
    rig_close(rig, false);
    rig_fini(rig);
    forget_server(sim, server);
    sim->tally->stops++;
}

static void all_die(struct sim *sim, int64_t ms)
{
    for (int i = 0; i < SERVERS_MAX; i++) {
        if (is_alive(sim, i))
            nodes_bury(sim, i);
    }
    nodes_move_clocks(sim, ms);
    join(sim);
    join(sim);
}

static void happen(struct sim *sim, const struct act *act)
{
    int server = alive_at(sim, act->server);
    sim->tally->acts[act->kind]++;
    switch (act->event) {
    case SERVER_JOINS:
        join(sim);
        break;
    case SERVER_STOPS:
    case SERVER_DIES:
        if (count_alive(sim) < 2)
            break; // else it is ALL_DIE
        if (act->event == SERVER_STOPS)
            stop(sim, server);
        else
            nodes_bury(sim, server);
        break;
    case ALL_DIE:
        all_die(sim, act->ms);
        break;
    case FEED_PRUNED:
        sim->ground->prune(sim->nodes);
        break;
    case CLOCK_SET_BACK:
        nodes_set_clocks_back(sim, act->ms);
        break;
    case LOADS_REFUSED:
        sim->nodes->is_load_refused = sim->ground->has_faults;
    }
    nodes_follow_up(sim);
}

// ---- Time

// Whoever is told of it first lets time do what it does; the model has followed then.
static void expect_time_has_passed(struct sim *sim)
{
    for (int i = 0; i < sim->account_count; i++) {
        const struct model *model = &sim->accounts[i];
        for (int j = 0; j < model->claim_count; j++) {
            bool is_session = model->claims[j].product != MODEL_SEAT_PRODUCT;
            if (is_session && model->claims[j].expires_at <= sim->now)
                sim_differs(sim, "session %llu is over, and no server looks", (unsigned long long)model->claims[j].id);
        }
    }
}

// Each looks when its time has come, one after the other.
static void pass_time(struct sim *sim, const struct act *act)
{
    enum { MOST = 8 };
    nodes_move_clocks(sim, act->ms);
    for (int turn = 0; turn < SERVERS_MAX; turn++) {
        int server = (act->server + turn) % SERVERS_MAX;
        for (int i = 0; i < MOST && is_alive(sim, server); i++) {
            if (round_next_wake_ms(&sim->rigs[server].processor) > 0)
                break;
            nodes_round(sim, server, NULL, 0);
        }
    }
    nodes_follow_up(sim);
    if (count_alive(sim) > 0)
        expect_time_has_passed(sim);
}

// ---- Requests

static int server_of_waiter(const struct sim *sim, const struct act *act)
{
    const struct model *model = &sim->accounts[act->account];
    for (int i = 0; i < model->waiter_count; i++) {
        if (model->line[i].request.serial == act->thing)
            return model->line[i].server;
    }
    return NOBODY;
}

// Now and then all look, and are held against each other.
static void settle_all(struct sim *sim)
{
    unsigned all = (1U << sim->account_count) - 1;
    for (int i = 0; i < 2 * SERVERS_MAX; i++) {
        if (is_alive(sim, i % SERVERS_MAX))
            nodes_look(sim, i % SERVERS_MAX, all);
        nodes_follow_up(sim);
    }
    nodes_compare_all(sim);
}

static bool roll_of(const struct sim *sim, const struct act *act, unsigned percent)
{
    return (sim->seed ^ (uint64_t)act->serial * UINT64_C(0x9e3779b97f4a7c15)) % 101 < percent;
}

static void request(struct sim *sim, const struct act *acts, int count)
{
    if (count_alive(sim) == 0)
        join(sim);
    int server = acts->kind == ACT_HANG_UP ? server_of_waiter(sim, acts) : alive_at(sim, acts->server);
    if (server == NOBODY)
        return;
    nodes_round(sim, server, acts, count);
    if (roll_of(sim, acts, 70))
        nodes_follow_up(sim);
    if (roll_of(sim, acts, 15))
        settle_all(sim);
}

void nodes_do(struct sim *sim, const struct act *acts, int count)
{
    switch (acts->kind) {
    case ACT_TIME:
        sim->tally->acts[ACT_TIME]++;
        pass_time(sim, acts);
        break;
    case ACT_SERVER:
        happen(sim, acts);
        break;
    case ACT_RESTART:
        break; // of one alone
    case ACT_REFUSE_WRITE:
    case ACT_FAIL_COMMIT:
    case ACT_CUT_POWER:
        sim->fault = *acts;
        break;
    default:
        request(sim, acts, count);
    }
}

// ---- The beginning and the end

void nodes_begin(struct sim *sim)
{
    static struct nodes nodes; // large
    nodes = (struct nodes){0};
    sim->nodes = &nodes;
    sim->ground->open(&nodes);
    nodes_move_clocks(sim, 0);
    rig_init(sim->rig, sim->ground->open_store(&nodes), sim->account_count);
    memcpy(nodes.accounts, sim->rig->accounts, sizeof nodes.accounts);
    open_watch(sim, 0);
    join(sim);
    if (roll_percent(sim, 70))
        join(sim);
}

void nodes_end(struct sim *sim)
{
    struct nodes *nodes = sim->nodes;
    settle_all(sim);
    sim->ground->check_history(sim);
    for (int i = 0; i < SERVERS_MAX; i++) {
        if (!is_alive(sim, i))
            continue;
        store_watch_close(nodes->watches[i]);
        rig_fini(&sim->rigs[i]);
    }
    sim->ground->close(nodes);
}
