// SPDX-License-Identifier: Apache-2.0
// A world from its beginning to its end.
#include "simulation/nodes.h"
#include "simulation/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint64_t hash_words(const char *text)
{
    char words[512];
    size_t length = 0;
    for (; *text != '\0' && length + 1 < sizeof words; text++) {
        if (*text < '0' || *text > '9')
            words[length++] = *text;
    }
    words[length] = '\0';
    return hash_text(words);
}

_Noreturn void sim_differs(struct sim *sim, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(stderr, "seed %llu, act a%d", (unsigned long long)sim->seed, sim->now_at);
    if (sim->nodes != NULL)
        fprintf(stderr, ", server %d", (int)(sim->rig - sim->rigs));
    fprintf(stderr, ": %s\n", text);
    sim->tally->difference = hash_words(text);
    if (sim->before_end != NULL)
        sim->before_end(sim);
    _exit(EXIT_DIFFERENCE);
}

static void open_servers(struct sim *sim)
{
    sim->rig = &sim->rigs[0];
    rig_set_clocks(sim->wall, sim->mono);
    if (sim->ground != NULL)
        nodes_begin(sim);
    else
        rig_init(sim->rig, store_open_memory(), sim->account_count);
}

static void begin(struct sim *sim, const struct ground *ground, uint64_t seed, struct tally *tally)
{
    sim->ground = ground;
    sim->seed = seed;
    sim->tally = tally;
    sim->weather = roll_weather(sim);
    sim->wall = sim->now = SIM_START;
    sim->mono = 1000000;
    sim->fault.kind = ACT_TIME;
    sim->account_count = sim->weather.accounts;
    open_servers(sim);
    for (size_t i = 0; i < ID_KINDS; i++)
        sim->ids.next[i] = i == ID_ORGANIZATION ? ORGANIZATION_FIRST_ID : 1;
    sim->stored_ids = sim->ids;
    for (int i = 0; i < sim->account_count; i++) {
        model_init(&sim->accounts[i], sim->rigs[0].accounts[i], &sim->ids, sim->now);
        sim->accounts[i].told = &sim->told[i];
    }
    tally->worlds++;
}

static void pass_time(struct sim *sim, int64_t ms)
{
    sim->mono += ms;
    sim->wall += ms;
    sim->now += ms;
    rig_set_clocks(sim->wall, sim->mono);
    sim_idle(sim);
    sim_compare(sim);
}

// The act, and those that join it, if it is a request. How many they are.
static int group_at(const struct act *acts, int count)
{
    int size = 1;
    if (!act_is_request(acts->kind) && acts->kind != ACT_HANG_UP)
        return 1;
    while (size < count && size < ROUND_MAX && acts[size].joins)
        size++;
    return size;
}

static void do_group(struct sim *sim, const struct act *acts, int count)
{
    sim->now_at = acts->serial;
    if (sim->nodes != NULL) {
        nodes_do(sim, acts, count);
        return;
    }
    switch (acts->kind) {
    case ACT_TIME:
        sim->tally->acts[ACT_TIME]++;
        pass_time(sim, acts->ms);
        break;
    case ACT_RESTART:
        sim_restart(sim, acts->is_on, acts->ms);
        break;
    case ACT_REFUSE_WRITE:
    case ACT_FAIL_COMMIT:
    case ACT_CUT_POWER:
        sim->fault = *acts;
        break;
    default:
        sim_round(sim, acts, count);
    }
}

static void end(struct sim *sim)
{
    if (sim->nodes != NULL) {
        nodes_end(sim);
        return;
    }
    sim_check_history(sim, sim->rig->store);
    rig_fini(sim->rig);
}

static bool may_join(const struct act *act)
{
    return act_is_request(act->kind) || act->kind == ACT_HANG_UP;
}

static void add_act(struct sim *sim, const struct act *act)
{
    sim->acts[sim->act_count++] = *act;
    *sim->ret_act_count = sim->act_count;
}

static struct act roll_one(struct sim *sim, bool joins)
{
    struct act act = roll_act(sim, sim->act_count);
    act.joins = joins && may_join(&act);
    act.is_op = act_may_be_op(&act) && roll_percent(sim, sim->weather.op_percent);
    if (act.is_op)
        act.wait_s = 0;
    return act;
}

static void roll_group(struct sim *sim)
{
    struct act act = roll_one(sim, false);
    add_act(sim, &act);
    for (int size = 1; size < ROUND_MAX && sim->act_count < WORLD_ACTS_MAX && may_join(&act); size++) {
        if (!roll_percent(sim, sim->weather.join_percent))
            return;
        act = roll_one(sim, true);
        add_act(sim, &act);
    }
}

void sim_run(const struct ground *ground, uint64_t seed, struct act *acts, int *ret_act_count, struct tally *tally)
{
    static struct sim sim; // large
    memset(&sim, 0, sizeof sim);
    sim.acts = acts;
    sim.ret_act_count = ret_act_count;
    *ret_act_count = 0;
    begin(&sim, ground, seed, tally);
    while (sim.act_count < sim.weather.acts) {
        int from = sim.act_count;
        roll_group(&sim);
        for (int at = from, size; at < sim.act_count; at += size) {
            size = group_at(&acts[at], sim.act_count - at);
            do_group(&sim, &acts[at], size);
        }
    }
    end(&sim);
}

void sim_replay(const struct ground *ground, uint64_t seed, const struct act *acts, int count, struct act *by_serial,
                struct tally *tally)
{
    static struct sim sim;
    memset(&sim, 0, sizeof sim);
    sim.acts = by_serial;
    begin(&sim, ground, seed, tally);
    for (int i = 0; i < count; i++)
        by_serial[acts[i].serial] = acts[i];
    for (int at = 0, size; at < count; at += size) {
        size = group_at(&acts[at], count - at);
        do_group(&sim, &acts[at], size);
    }
    end(&sim);
}
