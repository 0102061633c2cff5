// SPDX-License-Identifier: Apache-2.0
// What must come of an act: the model's word, and what the server adds to the rules, which is keys and the line.
#include "simulation/keys.h"
#include "simulation/sim.h"

static const struct act *act_of(const struct sim *sim, int serial)
{
    return &sim->acts[serial];
}

static bool is_kept(int64_t until, int64_t now)
{
    return until > now;
}

// "Same key and body: the first answer again; for a session that has ended, 410. Another body: 422."
static bool repeats(const struct sim *sim, const struct model *model, const struct step *step, struct verdict *verdict)
{
    const struct act *act = step->as_rolled;
    const struct model_claim *claim = claim_by_key(model, act->key);
    const struct model_ended *ended = ended_by_key(model, act->key);
    const struct model_answer *answer = answer_by_key(model, act->key);
    int place = waiter_by_key(model, act->key), serial = NOBODY;
    *verdict = (struct verdict){.result = RESULT_OK, .is_again = true};
    if (claim != NULL) {
        serial = claim->serial;
        verdict->id = claim->id;
    } else if (ended != NULL && is_kept(ended->ended_at + INT64_C(1000) * IDEMPOTENCY_KEPT_S, sim->now)) {
        serial = ended->serial;
        verdict->result = RESULT_SESSION_ENDED;
    } else if (answer != NULL && is_kept(answer->until_at, sim->now)) {
        serial = answer->serial;
    } else if (place != NOBODY && !act_asks_same(act_of(sim, model->line[place].request.serial), act)) {
        verdict->result = RESULT_IDEMPOTENCY_KEY_REUSED;
        return true;
    }
    if (serial == NOBODY)
        return false;
    if (!act_asks_same(act_of(sim, serial), act))
        verdict->result = RESULT_IDEMPOTENCY_KEY_REUSED;
    return true;
}

static void remember(struct sim *sim, struct model *model, const struct step *step)
{
    const struct act *act = &step->act;
    bool is_session = act->kind == ACT_ACQUIRE || act->kind == ACT_BORROW;
    if (act->key == NOBODY || result_is_refusal(step->verdict.result))
        return;
    sim->key_was_used[act->key] = true;
    if (!is_session)
        model->answers[model->answer_count++ % MODEL_ANSWERS] = (struct model_answer){
            act->key, act->serial, sim->now + INT64_C(1000) * IDEMPOTENCY_KEPT_S};
}

// "A waiter that hangs up …; with an Idempotency-Key its age is kept for 30 s." It is the age of the request that comes
// back, and of no other after that.
static struct model_age take_age(struct sim *sim, struct model *model, const struct act *as_rolled)
{
    struct model_age found = {.since_at = model->now};
    for (int i = 0; i < model->age_count && i < MODEL_AGES && as_rolled->key != NOBODY; i++) {
        struct model_age *age = &model->ages[i];
        if (age->key != as_rolled->key || !act_asks_same(act_of(sim, age->serial), as_rolled))
            continue;
        bool is_unwritten = sim->nodes != NULL && age->server != NOBODY;
        if (is_unwritten || age->until_at > model->now) {
            found = *age;
            sim->tally->back++;
        }
        age->key = NOBODY;
    }
    return found;
}

static void take_place(struct sim *sim, struct model *model, struct step *step, int former)
{
    struct model_waiter was = model->line[former];
    step->steps_aside = true;
    step->aside = was.request.serial;
    step->aside_server = was.server;
    if (step->act.wait_s > 0 && was.since_at + step->act.wait_s * 1000 > model->now) {
        model_leave(model, former);
        sim->waited++;
        int place = model_wait(model, &step->act, was.since_at, sim->nodes != NULL ? sim->waited : was.order);
        model->line[place].head_since = was.head_since;
        model->line[place].reserved = was.reserved;
        model->line[place].via = was.via;
        sim->joined[sim->joined_count++] = model->line[place];
        step->waits = true;
    } else {
        model_leave(model, former);
    }
}

static void wait_in_line(struct sim *sim, struct model *model, struct step *step)
{
    int former = waiter_by_key(model, step->act.key);
    if (former != NOBODY) {
        take_place(sim, model, step, former);
        return;
    }
    if (step->act.wait_s == 0)
        return;
    struct model_age age = take_age(sim, model, step->as_rolled);
    if (age.since_at + step->act.wait_s * 1000 <= model->now)
        return;
    int place = model_wait(model, &step->act, age.since_at, ++sim->waited);
    model->line[place].head_since = age.head_since;
    step->waits = true;
    sim->joined[sim->joined_count++] = model->line[place];
    sim->tally->waited++;
}

static void hang_up(struct sim *sim, struct model *model, const struct act *act)
{
    for (int i = 0; i < model->waiter_count; i++) {
        const struct model_waiter *waiter = &model->line[i];
        if (waiter->request.serial != act->thing)
            continue;
        model_keep_age(model, waiter, sim->now);
        sim->hung_up[sim->hung_up_count++] = waiter->request.serial;
        model_leave(model, i);
        sim->due_at[act->account] = sim->is_lost[act->account] ? sim->now + 1000 : 1; // at once
        return;
    }
}

static struct verdict decide(struct model *model, const struct act *act)
{
    if (!act->dry)
        return model_decide(model, act);
    struct model copy = *model;
    struct numbers ids = *model->ids;
    copy.ids = &ids;
    copy.told = NULL;
    return model_decide(&copy, act);
}

static void decide_afresh(struct sim *sim, struct model *model, struct step *step)
{
    step->verdict = decide(model, &step->act);
    remember(sim, model, step);
    bool may_wait = step->act.kind == ACT_ACQUIRE && !step->act.is_op;
    if (may_wait && step->verdict.result == RESULT_NO_LICENSE_AVAILABLE)
        wait_in_line(sim, model, step);
    if (!step->act.dry && !step->waits && step->act.kind != ACT_EXPLAIN && !result_is_refusal(step->verdict.result))
        model_serve(model);
}

void sim_find_again(struct sim *sim, int account)
{
    struct model *model = &sim->accounts[account];
    if (!sim->is_lost[account])
        return;
    sim->is_lost[account] = false;
    model_load(model, sim->now);
    for (int i = 0; i < model->waiter_count; i++)
        model->line[i].reserved = NOBODY;
}

void sim_predict(struct sim *sim, struct step *step)
{
    struct model *model = &sim->accounts[step->act.account];
    if (step->act.kind == ACT_HANG_UP) {
        hang_up(sim, model, &step->act);
        return;
    }
    if (sim->is_lost[step->act.account] && step->act.platform) {
        step->verdict.result = RESULT_UNAVAILABLE; // its key is not known either
        return;
    }
    sim_find_again(sim, step->act.account);
    model_pass_time(model, sim->now);
    if (step->act.key == NOBODY || !repeats(sim, model, step, &step->verdict))
        decide_afresh(sim, model, step);
    sim->acts[step->act.serial].came_to = step->verdict.result;
}

static bool is_due(const struct sim *sim, int account)
{
    return sim->due_at[account] != 0 && sim->due_at[account] <= sim->now;
}

// What became of the keys of those who waited.
static void note_keys(struct sim *sim)
{
    for (int account = 0; account < sim->account_count; account++) {
        const struct told *told = &sim->told[account];
        for (int i = 0; i < told->count; i++) {
            int key = sim->acts[told->items[i].serial].key;
            if (key != NOBODY && told->items[i].verdict.result == RESULT_CREATED)
                sim->key_was_used[key] = true;
        }
    }
}

// Of those for which something is due; the earliest first.
void sim_predict_time(struct sim *sim)
{
    for (;;) {
        int next = NOBODY;
        for (int i = 0; i < sim->account_count && sim->now >= sim->retry_at; i++) {
            if (is_due(sim, i) && (next == NOBODY || sim->due_at[i] < sim->due_at[next]))
                next = i;
        }
        if (next == NOBODY)
            break;
        sim->due_at[next] = 0;
        sim_find_again(sim, next);
        model_pass_time(&sim->accounts[next], sim->now);
    }
    note_keys(sim);
}
