// SPDX-License-Identifier: Apache-2.0
// One round of one of several servers.
#include "simulation/nodes.h"

#include <string.h>

// Now and then another server seems to have an account: whatever may leaves it out of the round.
static void hold_one(struct sim *sim)
{
    uint64_t which = sim->step_count > 0 ? (uint64_t)sim->steps[0].act.serial : sim->rounds;
    uint64_t dice = hash_number(sim->seed + 31 * which);
    if (dice % 4 == 0)
        store_memory_hold(sim->nodes->keeper, sim->rig->accounts[dice / 4 % (uint64_t)sim->account_count]);
}

static void disarm(struct sim *sim)
{
    struct store *store = sim->nodes->keeper;
    bool is_disturbed = sim->fault.kind != ACT_TIME;
    sim->fault.kind = ACT_TIME;
    if (!sim->ground->has_faults && is_disturbed)
        sim->ground->calm(sim->nodes);
    if (!sim->ground->has_faults)
        return;
    store_memory_refuse_write(store, 0);
    store_memory_fail_commit(store, 0, COMMIT_REFUSED);
    store_memory_refuse_loads(store, 0);
    store_memory_cut_power(store, 0, false);
    store_memory_hold(store, 0);
}

// All connections may be lost: each server notices it once, and perhaps once more while it comes back.
static void disturb(struct sim *sim)
{
    for (int i = 0; i < SERVERS_MAX; i++)
        sim->nodes->excused[i] = 2;
    sim->ground->disturb(sim->nodes, (unsigned)hash_number(sim->seed + (uint64_t)sim->fault.serial));
}

static void arm(struct sim *sim)
{
    if (!sim->ground->has_faults && sim->fault.kind != ACT_TIME)
        disturb(sim);
    if (!sim->ground->has_faults)
        return;
    sim_arm(sim);
    hold_one(sim);
    store_memory_refuse_loads(sim->nodes->keeper, sim->nodes->is_load_refused);
}

void nodes_keep_account(struct sim *sim, int account)
{
    model_keep(&sim->accounts[account]);
    if (nodes_visited(sim, account))
        model_time_ages(&sim->accounts[account]);
}

void nodes_keep(struct sim *sim)
{
    for (int i = 0; i < sim->account_count; i++)
        nodes_keep_account(sim, i);
    sim->tally->commits += sim->rig->processor.batch.has_begun;
}

// Who hangs up leaves the line in any case, and nothing else happens where the entering has failed: ages are kept for
// the next try.
static void predict(struct sim *sim)
{
    bool has_entered = nodes_has_entered(sim);
    for (int i = 0; i < sim->step_count; i++) {
        struct step *step = &sim->steps[i];
        if (!step->is_left_out && (has_entered || step->act.kind == ACT_HANG_UP))
            sim_predict(sim, step);
    }
    sim_predict_time(sim);
    nodes_put_off(sim);
}

static bool has_power(const struct sim *sim)
{
    return !sim->ground->has_faults || store_memory_has_power(sim->nodes->keeper);
}

static struct step *step_of(struct step *steps, int count, int serial)
{
    for (int i = 0; i < count; i++) {
        if (!steps[i].is_left_out && steps[i].act.serial == serial)
            return &steps[i];
    }
    return NULL;
}

// The step of a message that this request's client has hung up. Of several the last: what is not done came late.
static struct step *hang_up_of(struct sim *sim, struct step *steps, int count, uint64_t job_serial)
{
    struct step *last = NULL;
    for (const struct request *request = sim->rig->out; request != NULL; request = request->next) {
        for (int i = 0; request->job.serial == job_serial && i < count; i++) {
            if (!steps[i].is_left_out && steps[i].act.kind == ACT_HANG_UP && steps[i].act.thing == request->serial)
                last = &steps[i];
        }
    }
    return last;
}

typedef void step_taker(struct sim *sim, struct step *step);

// Hands on the steps of a job.
static void take_steps(struct sim *sim, const struct job *job, struct step *steps, int count, step_taker *take)
{
    const struct request *request = (const struct request *)job;
    if (job->is_look)
        return;
    if (job->is_giving_up) {
        struct step *step = hang_up_of(sim, steps, count, job->serial);
        if (step != NULL)
            take(sim, step);
        return;
    }
    int ops = request->call.kind == CALL_BATCH ? (int)request->call.op_count : 1;
    for (int i = 0; i < ops; i++) {
        int serial = request->call.kind == CALL_BATCH ? request->op_serials[i] : request->serial;
        struct step *step = step_of(steps, count, serial);
        if (step == NULL)
            sim_differs(sim, "a%d is tried again, and was not asked for", serial);
        take(sim, step);
    }
}

static void leave_out(struct sim *sim, struct step *step)
{
    (void)sim;
    step->is_left_out = true;
}

// What the round did not do, since it left the account or could not take the late along, is as if it had not been asked
// for yet. Whether there was anything.
static bool set_aside(struct sim *sim)
{
    const struct processor *processor = &sim->rig->processor;
    bool is_any = false;
    for (const struct job *job = processor->again; job != NULL; job = job->next) {
        if (rig_was_done(job))
            continue;
        take_steps(sim, job, sim->steps, sim->step_count, leave_out);
        is_any = true;
    }
    sim->tally->left += processor->batch.left_count > 0;
    return is_any;
}

// Whether the server tries it, or a part of it, again.
static bool run(struct sim *sim, int server)
{
    arm(sim);
    sim->rig->late_after = (int)(hash_number(sim->seed + 37 * sim->rounds) % 4);
    rig_round(sim->rig);
    const struct batch *batch = &sim->rig->processor.batch;
    bool has_failed = batch->has_failed || !has_power(sim);
    bool is_again = set_aside(sim);
    nodes_enter(sim);
    nodes_judge_pending(sim);
    sim->nodes->put_off = sim->nodes->pending_count;
    predict(sim);
    sim->tally->rounds++;
    sim->rounds++;
    sim_judge(sim, has_failed);
    if (has_failed)
        is_again = nodes_after_failure(sim) || is_again;
    else
        nodes_keep(sim);
    disarm(sim);
    if (!sim->rig->is_open)
        return false;
    rig_forget_answered(sim->rig);
    if (!has_failed)
        nodes_compare(sim);
    nodes_note_seen(sim, server);
    return is_again;
}

static void take_again(struct sim *sim, struct step *step)
{
    sim->steps[sim->step_count++] =
        (struct step){.act = step->act, .as_rolled = step->as_rolled, .asked_at = step->asked_at};
}

// The steps of the round, as the server is going to try them again.
static void collect_again(struct sim *sim, int server, struct step *asked, int count)
{
    if (sim->rig->processor.batch.has_failed)
        nodes_move_clocks(sim, AGAIN_MS);
    sim_begin_round(sim);
    for (const struct job *job = sim->rig->processor.again; job != NULL; job = job->next)
        take_steps(sim, job, asked, count, take_again);
    nodes_see(sim, server);
}

// Whether it went well the first time.
static bool run_again(struct sim *sim, int server)
{
    enum { MOST = 4 };
    static struct step asked[ROUND_MAX];
    int failed = 0, count = sim->step_count;
    bool is_uncertain = false;
    memcpy(asked, sim->steps, sizeof asked);
    while (run(sim, server)) {
        const struct batch *batch = &sim->rig->processor.batch;
        is_uncertain = is_uncertain || batch->is_uncertain;
        failed += batch->has_failed;
        if (failed > MOST)
            sim_differs(sim, "a batch fails again and again: %s", sim->rig->processor.batch.error.text);
        collect_again(sim, server, asked, count);
        sim->tally->again_rounds++;
    }
    // What nobody knows is looked up at once, lest another server grants to one that waits for nothing.
    if (sim->rig->is_open && (is_uncertain || sim->rig->processor.batch.is_uncertain))
        nodes_look(sim, server, (1U << sim->account_count) - 1);
    return failed == 0;
}

void nodes_round(struct sim *sim, int server, const struct act *acts, int count)
{
    sim->rig = &sim->rigs[server];
    nodes_see(sim, server);
    sim_begin_round(sim);
    sim_add_requests(sim, acts, count);
    run_again(sim, server);
}

static bool look(struct sim *sim, int server, unsigned accounts)
{
    sim->rig = &sim->rigs[server];
    nodes_see(sim, server);
    sim_begin_round(sim);
    for (int i = 0; i < sim->account_count; i++) {
        if ((accounts >> i & 1) != 0)
            rig_look(sim->rig, sim->rig->accounts[i]);
    }
    return run_again(sim, server);
}

// A batch that fails forgets to look, and is only tried again soon where somebody waits.
void nodes_look(struct sim *sim, int server, unsigned accounts)
{
    while (!look(sim, server, accounts) && sim->rig->is_open)
        continue;
}

// Which accounts the watch tells of; a bit for each place.
static unsigned look_at_watch(struct sim *sim, int server)
{
    struct store_error error;
    const uint64_t *accounts;
    size_t count;
    unsigned told = 0;
    if (!store_watch_next(sim->nodes->watches[server], 0, &accounts, &count, &error))
        sim_differs(sim, "the watch is blind: %s", error.text);
    for (size_t i = 0; i < count; i++) {
        for (int j = 0; j < sim->account_count; j++)
            told |= accounts[i] == sim->rigs[server].accounts[j] ? 1U << j : 0;
    }
    return told;
}

static void let_all_look(struct sim *sim)
{
    for (int server = 0; server < SERVERS_MAX; server++) {
        if (sim->rigs[server].is_open)
            nodes_look(sim, server, (1U << sim->account_count) - 1);
    }
}

void nodes_follow_up(struct sim *sim)
{
    enum { MOST = 20 };
    bool is_any_told = sim->ground->has_watch;
    if (!is_any_told)
        let_all_look(sim);
    for (int i = 0; is_any_told; i++) {
        if (i == MOST)
            sim_differs(sim, "a watch tells without end");
        is_any_told = false;
        for (int server = 0; server < SERVERS_MAX; server++) {
            unsigned told = sim->rigs[server].is_open ? look_at_watch(sim, server) : 0;
            if (told != 0)
                nodes_look(sim, server, told);
            is_any_told = is_any_told || told != 0;
            sim->tally->looks += told != 0;
        }
    }
    if (sim->nodes->pending_count > 0)
        sim_differs(sim, "a%d waits for an answer, and its server was not told", sim->nodes->pending[0].serial);
}
