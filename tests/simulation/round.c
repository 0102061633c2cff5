// SPDX-License-Identifier: Apache-2.0
// One round of the world: the acts of a batch, done by the server and predicted by the model.
#include "simulation/sim.h"

static void set_clocks(const struct sim *sim)
{
    rig_set_clocks(sim->wall, sim->mono);
}

void sim_begin_round(struct sim *sim)
{
    sim->step_count = sim->hung_up_count = sim->joined_count = 0;
    for (int i = 0; i < sim->account_count; i++) {
        sim->told[i].count = sim->told_at[i] = 0;
        sim->was_lost[i] = sim->is_lost[i];
        if (sim->fault.kind != ACT_TIME || sim->nodes != NULL)
            sim->before[i] = sim->accounts[i];
    }
    sim->ids_before = sim->ids;
    sim->commits_before = store_is_memory(sim->rig->store) ? store_memory_commits(sim->rig->store) : 0;
}

static const struct act *add_step(struct sim *sim, const struct act *act, int *waits)
{
    struct step *step = &sim->steps[sim->step_count++];
    step->is_left_out = !sim_resolve(sim, act, step, &waits[act->account]);
    if (step->is_left_out)
        return NULL;
    sim->tally->acts[act->kind]++;
    sim->tally->requests += act_is_request(act->kind);
    return &step->act;
}

static void add_request(struct sim *sim, const struct act *act, int *waits)
{
    if (sim->nodes != NULL && act->kind == ACT_HANG_UP && sim_request(sim, act->thing) == NULL)
        return; // the request is out at another server
    const struct act *resolved = add_step(sim, act, waits);
    if (resolved == NULL)
        return;
    if (act->kind == ACT_HANG_UP)
        rig_hang_up(sim->rig, act->thing);
    else
        rig_add(sim->rig, &sim->accounts[act->account], resolved, sim->now);
}

// The ops of one request, which the first of these acts begins. How many they are.
static int add_ops(struct sim *sim, const struct act *acts, int count, int *waits)
{
    const struct act *ops[ROUND_MAX];
    int size = 0, op_count = 0;
    for (; size < count && acts[size].is_op && acts[size].account == acts[0].account; size++) {
        ops[op_count] = add_step(sim, &acts[size], waits);
        op_count += ops[op_count] != NULL;
    }
    if (op_count > 0)
        rig_add_ops(sim->rig, &sim->accounts[acts[0].account], ops, op_count, sim->now);
    sim->tally->batches += op_count > 1;
    return size;
}

static void keep_all(struct sim *sim)
{
    for (int i = 0; i < sim->account_count; i++)
        model_keep(&sim->accounts[i]);
    sim->stored_ids = sim->ids;
    sim->tally->commits++;
}

static void look_at_dues(struct sim *sim)
{
    for (int i = 0; i < sim->account_count; i++) {
        const struct tenant *tenant = service_tenant(&sim->rig->service, sim->rig->accounts[i]);
        sim->due_at[i] = heap_holds(&tenant->due) ? tenant->due.key : 0;
    }
}

// Runs what was added, and holds it against the model.
static void end_round(struct sim *sim)
{
    sim_arm(sim);
    look_at_dues(sim);
    rig_round(sim->rig);
    bool has_failed = sim->rig->processor.batch.has_failed || !store_memory_has_power(sim->rig->store);
    for (int i = 0; i < sim->step_count; i++) {
        if (!sim->steps[i].is_left_out)
            sim_predict(sim, &sim->steps[i]);
    }
    sim_predict_time(sim);
    sim->tally->rounds++;
    sim->rounds++;
    sim_judge(sim, has_failed);
    if (has_failed)
        sim_after_failure(sim);
    else if (store_memory_commits(sim->rig->store) > sim->commits_before)
        keep_all(sim);
    if (sim->rig->is_open)
        rig_forget_answered(sim->rig);
    store_memory_refuse_write(sim->rig->store, 0);
    store_memory_fail_commit(sim->rig->store, 0, COMMIT_REFUSED);
    store_memory_refuse_loads(sim->rig->store, 0);
    store_memory_cut_power(sim->rig->store, 0, false);
    sim->fault.kind = ACT_TIME;
}

void sim_idle(struct sim *sim)
{
    enum { MOST = 4 };
    for (int i = 0; i < MOST && round_next_wake_ms(&sim->rig->processor) == 0; i++) {
        sim_begin_round(sim);
        end_round(sim);
    }
}

void sim_add_requests(struct sim *sim, const struct act *acts, int count)
{
    int waits[ACCOUNTS_MAX] = {0};
    for (int i = 0; i < count;) {
        if (acts[i].is_op) {
            i += add_ops(sim, &acts[i], count - i, waits);
        } else {
            add_request(sim, &acts[i], waits);
            i++;
        }
    }
}

void sim_round(struct sim *sim, const struct act *acts, int count)
{
    set_clocks(sim);
    sim_begin_round(sim);
    sim_add_requests(sim, acts, count);
    end_round(sim);
    sim_idle(sim);
    sim_compare(sim);
}

// ---- The end of a process and the beginning of the next

static bool is_bad_clock(int64_t last_at, int64_t wall)
{
    return last_at - wall > INT64_C(1000) * CLOCK_BEHIND_MAX_S ||
           (last_at != 0 && wall - last_at > INT64_C(1000) * CLOCK_AHEAD_MAX_S);
}

static void start(struct sim *sim)
{
    struct store_error error;
    int64_t last_at;
    if (!store_last_at(sim->rig->store, &last_at, &error))
        sim_differs(sim, "the store cannot tell its last moment");
    bool is_bad = is_bad_clock(last_at, sim->wall);
    if (rig_open(sim->rig, false) == is_bad)
        sim_differs(sim, "the service starts with a clock that is wrong, or does not with one that is right");
    if (is_bad && !rig_open(sim->rig, true))
        sim_differs(sim, "the service does not start, though the clock was accepted");
    sim->tally->bad_clocks += is_bad;
    sim->now = sim->wall > last_at ? sim->wall : last_at;
    if (clock_now(&sim->rig->service.clock) != sim->now)
        sim_differs(sim, "the service's time is not what the clock and the last fact say");
}

// Whoever waits is told so; time passes once more, and all is written.
static void stop(struct sim *sim, bool is_graceful)
{
    uint64_t commits = store_memory_commits(sim->rig->store);
    look_at_dues(sim);
    rig_close(sim->rig, is_graceful);
    sim->retry_at = 0;
    for (int i = 0; i < sim->account_count; i++)
        sim->accounts[i].waiter_count = 0;
    if (is_graceful)
        sim_predict_time(sim);
    if (store_memory_commits(sim->rig->store) > commits)
        keep_all(sim);
}

void sim_restart(struct sim *sim, bool is_graceful, int64_t wall_ms)
{
    if (sim->rig->is_open)
        stop(sim, is_graceful);
    sim->wall += wall_ms;
    set_clocks(sim);
    start(sim);
    sim->ids = sim->stored_ids;
    sim->waited = 0;
    sim->retry_at = 0;
    for (int i = 0; i < sim->account_count; i++) {
        struct model *model = &sim->accounts[i];
        // Purchases start and end when time passes; a clock that was set back is the time from now on.
        model->now = model->now < sim->now ? model->now : sim->now;
        sim->is_lost[i] = false;
        model->waiter_count = 0;
        model->age_count = 0;
        model_load(model, sim->now);
    }
    sim->tally->restarts++;
    sim_begin_round(sim);
    end_round(sim);
    sim_idle(sim);
    sim_compare(sim);
}
