// SPDX-License-Identifier: Apache-2.0
// What happens next, at random: which act, and the things that it names, mostly such as exist.
#include "simulation/roll.h"

uint64_t roll(struct sim *sim, uint64_t below)
{
    // SplitMix64: one multiplication after another of a counter, good enough for dice.
    uint64_t mixed = sim->seed + ++sim->rolls * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (mixed ^ (mixed >> 31)) % below;
}

bool roll_percent(struct sim *sim, unsigned percent)
{
    return roll(sim, 100) < percent;
}

int roll_int(struct sim *sim, int below)
{
    return (int)roll(sim, (uint64_t)below);
}

// ---- Picking things: mostly ones that exist, now and then one that is gone or never was

static bool has_licenses(const struct model_level *level)
{
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        if (level->exists && level->of[product].dedicated > 0)
            return true;
    }
    return false;
}

// Often where licenses are: little happens elsewhere.
int roll_level(struct sim *sim, const struct model *model, bool or_account)
{
    for (int tries = 0; tries < 8 && roll_percent(sim, 60); tries++) {
        const struct model_level *level = &model->levels[roll_int(sim, model->level_count)];
        if (has_licenses(level))
            return level->serial;
    }
    for (int tries = 0; tries < 20; tries++) {
        int place = roll_int(sim, model->level_count);
        if (place == 0 ? or_account : model->levels[place].exists || roll_percent(sim, 2))
            return model->levels[place].serial;
    }
    return or_account ? THE_ACCOUNT : UNKNOWN;
}

const struct model_user *roll_user(struct sim *sim, const struct model *model)
{
    static const struct model_user nobody = {.serial = UNKNOWN, .level = NOBODY};
    for (int tries = 0; tries < 20 && model->user_count > 0; tries++) {
        int user = roll_int(sim, model->user_count);
        if (model->users[user].exists || roll_percent(sim, 2))
            return &model->users[user];
    }
    return &nobody;
}

// Mostly one of which the user is a member.
int roll_project(struct sim *sim, const struct model *model, int user)
{
    for (int tries = 0; tries < 8 && model->project_count > 0 && user >= 0; tries++) {
        const struct model_project *project = &model->projects[roll_int(sim, model->project_count)];
        if (project->exists && project->has[user])
            return project->serial;
    }
    for (int tries = 0; tries < 8 && model->project_count > 0; tries++) {
        const struct model_project *project = &model->projects[roll_int(sim, model->project_count)];
        if (project->exists || roll_percent(sim, 2))
            return project->serial;
    }
    return UNKNOWN;
}

// The first session product and the seats most of the time: a lot of one is more than a little of each.
int roll_product(struct sim *sim)
{
    if (roll_percent(sim, 1))
        return UNKNOWN;
    return roll_percent(sim, 10) ? 1 : roll_percent(sim, 60) ? 0 : MODEL_SEAT_PRODUCT;
}

int roll_session_product(struct sim *sim)
{
    return roll_percent(sim, 2) ? roll_product(sim) : (int)roll_percent(sim, 10);
}

// A claim that lives, or one that did or never was.
int roll_claim(struct sim *sim, const struct model *model, bool is_seat)
{
    for (int tries = 0; tries < 20 && model->claim_count > 0 && !roll_percent(sim, 3); tries++) {
        const struct model_claim *claim = &model->claims[roll_int(sim, model->claim_count)];
        if ((claim->product == MODEL_SEAT_PRODUCT) == is_seat)
            return claim->serial;
    }
    int kept = model->ended_count < MODEL_ENDED ? model->ended_count : MODEL_ENDED;
    return !is_seat && kept > 0 ? model->ended[roll_int(sim, kept)].serial : UNKNOWN;
}

// ---- Which act

static void roll_hang_up(struct sim *sim, const struct model *model, struct act *act)
{
    act->kind = ACT_HANG_UP;
    act->thing = model->waiter_count > 0 ? model->line[roll_int(sim, model->waiter_count)].request.serial : UNKNOWN;
}

static const struct {
    unsigned weight;
    bool is_structure;
    void (*roll)(struct sim *sim, const struct model *model, struct act *act);
} dice[] = {
    {20, false, roll_time},        {70, false, roll_acquire},     {8, false, roll_explain},
    {14, false, roll_heartbeat},   {30, false, roll_end},         {10, false, roll_seat},
    {4, false, roll_unseat},       {2, false, roll_check_in},     {20, false, roll_dedicate},
    {8, false, roll_together},     {3, false, roll_policy},       {1, true, roll_plan},
    {2, false, roll_shortfall},    {3, false, roll_purchase},     {3, false, roll_hang_up},
    {3, false, roll_borrow},       {1, false, roll_return},       {1, false, roll_borrowing},
    {4, true, roll_create_level},  {2, true, roll_delete_level},  {4, true, roll_move_level},
    {2, true, roll_create_user},   {4, true, roll_move_user},     {1, true, roll_delete_user},
    {2, true, roll_create_project}, {2, true, roll_change_project}, {6, true, roll_member},
};

static void roll_any(struct sim *sim, const struct model *model, struct act *act)
{
    unsigned weights = 0;
    for (size_t i = 0; i < sizeof dice / sizeof *dice; i++)
        weights += dice[i].weight;
    for (;;) {
        unsigned at = (unsigned)roll(sim, weights);
        size_t chosen = 0;
        while (at >= dice[chosen].weight)
            at -= dice[chosen++].weight;
        // More claims than there should be: something ends.
        if (model->claim_count > sim->weather.claims && roll_percent(sim, 50)) {
            roll_end(sim, model, act);
            return;
        }
        if (dice[chosen].is_structure && !roll_percent(sim, sim->weather.structure_percent))
            continue;
        dice[chosen].roll(sim, model, act);
        return;
    }
}

// Something to play with: licenses, a plan, organizations, people.
static void roll_opening(struct sim *sim, const struct model *model, struct act *act, int step)
{
    if (step < 3)
        roll_first_purchase(sim, act, step);
    else if (step == 3)
        roll_first_plan(act);
    else if (step % 2 == 0)
        roll_create_level(sim, model, act);
    else
        roll_create_user(sim, model, act);
}

struct act roll_act(struct sim *sim, int serial)
{
    int opening = 4 + 2 * (sim->weather.levels < sim->weather.users ? sim->weather.levels : sim->weather.users);
    int account = serial < opening * sim->account_count ? serial / opening : roll_int(sim, sim->account_count);
    const struct model *model = &sim->accounts[account];
    struct act act = {.serial = serial,
                      .account = account,
                      .user = NOBODY,
                      .project = NOBODY,
                      .level = NOBODY,
                      .parent = NOBODY,
                      .thing = NOBODY,
                      .key = NOBODY,
                      .count = 1};
    if (sim->nodes != NULL)
        act.server = roll_int(sim, SERVERS_MAX);
    if (serial < opening * sim->account_count)
        roll_opening(sim, model, &act, serial % opening);
    else if (roll(sim, 1000) < 10 * sim->weather.fault_percent)
        roll_fault(sim, &act);
    else
        roll_any(sim, model, &act);
    return act;
}

struct weather roll_weather(struct sim *sim)
{
    bool is_large = roll_percent(sim, 10);
    return (struct weather){
        .acts = 100 + roll_int(sim, roll_percent(sim, 80) ? 900 : WORLD_ACTS_MAX - 200),
        .accounts = roll_percent(sim, 75) ? 1 : 2 + roll_int(sim, 2),
        .levels = is_large ? 10 + roll_int(sim, 8) : 2 + roll_int(sim, 5),
        .users = is_large ? 8 + roll_int(sim, 8) : 2 + roll_int(sim, 5),
        .claims = is_large ? 20 + roll_int(sim, 20) : 4 + roll_int(sim, 12),
        .fault_percent = roll_percent(sim, 30) ? 0 : (unsigned)roll(sim, 5),
        .join_percent = roll_percent(sim, 50) ? 0 : (unsigned)roll(sim, 80),
        .op_percent = roll_percent(sim, 60) ? 0 : (unsigned)roll(sim, 90),
        .wait_percent = roll_percent(sim, 40) ? 0 : (unsigned)roll(sim, 60),
        .key_percent = roll_percent(sim, 40) ? 0 : (unsigned)roll(sim, 30),
        .structure_percent = (unsigned)roll(sim, 80),
    };
}
