// SPDX-License-Identifier: Apache-2.0
// The steps of a simulation: what is asked at random, of the engine and of the model.
#include "simulation/simulation.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint64_t roll(struct simulation *simulation, uint64_t below)
{
    return hash_numbers(simulation->seed, simulation->rolls++) % below;
}

bool roll_percent(struct simulation *simulation, unsigned percent)
{
    return roll(simulation, 100) < percent;
}

static int roll_int(struct simulation *simulation, int below)
{
    return (int)roll(simulation, (uint64_t)below);
}

static const char *const codes[] = {"KRE", "ZED", "SEA"};

static const char *code_of(int product)
{
    return product >= 0 ? codes[product] : "?";
}

__attribute__((format(printf, 2, 3))) static void tell(struct simulation *simulation, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(simulation->told[simulation->step % TOLD_STEPS], TEXT_SIZE, format, args);
    va_end(args);
}

// ---- Picking things: mostly ones that exist, now and then one that is gone or never was

static bool has_licenses(const struct model *model, int level)
{
    for (int product = 0; product < MODEL_PRODUCTS; product++) {
        if (model->levels[level].exists && model->levels[level].of[product].dedicated > 0)
            return true;
    }
    return false;
}

// Often where licenses are: little happens elsewhere.
static int roll_level(struct simulation *simulation, bool or_account)
{
    const struct model *model = &simulation->model;
    for (int tries = 0; tries < 20 && roll_percent(simulation, 60); tries++) {
        int level = roll_int(simulation, model->level_count);
        if (has_licenses(model, level))
            return level;
    }
    for (int tries = 0; tries < 20; tries++) {
        int level = roll_int(simulation, model->level_count);
        if (level == 0 ? or_account : model->levels[level].exists || roll_percent(simulation, 2))
            return level;
    }
    return or_account ? 0 : MODEL_UNKNOWN;
}

static uint64_t level_id(int level)
{
    return level == 0 || level == MODEL_NOBODY ? 0 : level > 0 ? 1000 + (uint64_t)level : ID_UNKNOWN;
}

static int roll_user(struct simulation *simulation)
{
    const struct model *model = &simulation->model;
    for (int tries = 0; tries < 20 && model->user_count > 0; tries++) {
        int user = roll_int(simulation, model->user_count);
        if (model->users[user].exists || roll_percent(simulation, 2))
            return user;
    }
    return MODEL_UNKNOWN;
}

// Mostly one of which the user is a member.
static int roll_project(struct simulation *simulation, int user)
{
    const struct model *model = &simulation->model;
    for (int tries = 0; tries < 20 && model->project_count > 0 && user >= 0; tries++) {
        int project = roll_int(simulation, model->project_count);
        if (model->projects[project].exists && model->projects[project].has[user])
            return project;
    }
    for (int tries = 0; tries < 20 && model->project_count > 0; tries++) {
        int project = roll_int(simulation, model->project_count);
        if (model->projects[project].exists || roll_percent(simulation, 2))
            return project;
    }
    return MODEL_UNKNOWN;
}

static uint64_t thing_id(int place)
{
    return place == MODEL_NOBODY ? 0 : place >= 0 ? 1 + (uint64_t)place : ID_UNKNOWN;
}

// The first session product and the seats most of the time: a lot of one is more than a little of each.
static int roll_product(struct simulation *simulation)
{
    if (roll_percent(simulation, 1))
        return MODEL_UNKNOWN;
    return roll_percent(simulation, 10) ? 1 : roll_percent(simulation, 60) ? 0 : MODEL_SEAT_PRODUCT;
}

static int roll_session_product(struct simulation *simulation)
{
    return roll_percent(simulation, 2) ? roll_product(simulation) : roll_percent(simulation, 10);
}

// A claim that lives, or one that did or never was.
static uint64_t roll_claim(struct simulation *simulation, bool seat)
{
    const struct model *model = &simulation->model;
    for (int tries = 0; tries < 20 && model->claim_count > 0; tries++) {
        const struct model_claim *claim = &model->claims[roll_int(simulation, model->claim_count)];
        if ((claim->product == MODEL_SEAT_PRODUCT) == seat)
            return claim->id;
    }
    return 1 + roll(simulation, (seat ? model->seat_count : model->session_count) + 2);
}

// ---- Deciding and comparing

static const struct actor admin = {.role = ROLE_ACCOUNT_ADMIN}, machine = {.role = ROLE_PLATFORM};

static const struct outcome *decide(struct simulation *simulation, const struct command *command, bool platform)
{
    const struct outcome *outcome = world_decide(&simulation->world, platform ? &machine : &admin, command);
    tally_facts(simulation->tally, &simulation->world.taken);
    simulation->tally->results[outcome->result]++;
    simulation->tally->dry_runs += outcome->answer == ANSWER_DRY_RUN;
    simulation->tally->denied += outcome->dry.denied_total;
    return outcome;
}

static void expect_result(struct simulation *simulation, enum result got, enum result wanted)
{
    if (got != wanted)
        simulation_differs(simulation, "the engine says %s, the model %s", result_types[got].name,
                           result_types[wanted].name);
}

static void expect_number(struct simulation *simulation, const char *name, int64_t got, int64_t wanted)
{
    if (got != wanted)
        simulation_differs(simulation, "%s is %lld in the engine, %lld in the model", name, (long long)got,
                           (long long)wanted);
}

static void expect_members(struct simulation *simulation, const struct outcome *outcome, const struct verdict *verdict)
{
    if (verdict->result == RESULT_INSUFFICIENT_POOL && verdict->requested != NUMBER_NONE) {
        expect_number(simulation, "requested", outcome->requested, verdict->requested);
        expect_number(simulation, "available", outcome->available, verdict->available);
    }
    if (verdict->result == RESULT_DEDICATION_IN_USE) {
        expect_number(simulation, "requested", outcome->requested, verdict->requested);
        expect_number(simulation, "dedicated", outcome->dedicated, verdict->dedicated);
        expect_number(simulation, "children_dedicated", outcome->children_dedicated, verdict->children_dedicated);
        expect_number(simulation, "assigned", outcome->assigned, verdict->assigned);
    }
    if (verdict->result == RESULT_NO_LICENSE_AVAILABLE) {
        const struct explanation *explanation = outcome->explanation;
        expect_number(simulation, "tried", (int64_t)explanation->tried_total, (int64_t)verdict->tried);
        for (int reason = 0; reason < REASON_COUNT; reason++)
            expect_number(simulation, reason_words[reason], (int64_t)explanation->reasons[reason],
                          (int64_t)verdict->reasons[reason]);
        expect_number(simulation, "the first reason", explanation->tried[0].reason, verdict->first_reason);
        simulation->tally->reasons[verdict->first_reason]++;
    }
}

static void expect(struct simulation *simulation, const struct outcome *outcome, struct verdict verdict)
{
    expect_result(simulation, outcome->result, verdict.result);
    expect_members(simulation, outcome, &verdict);
}

// Of a dry run: what the pools say is its result; other errors are answered as such.
static void expect_dry(struct simulation *simulation, const struct outcome *outcome, struct verdict verdict)
{
    bool told = !result_is_refusal(verdict.result) || result_types[verdict.result].status == 409;
    enum result wanted = result_is_refusal(verdict.result) ? verdict.result : RESULT_OK;
    expect_result(simulation, told ? outcome->dry.result : outcome->result, wanted);
    if (told && outcome->answer != ANSWER_DRY_RUN)
        simulation_differs(simulation, "a dry run without its answer");
}

// ---- Time

void simulation_pass_time(struct simulation *simulation)
{
    world_pass_time(&simulation->world);
    tally_facts(simulation->tally, &simulation->world.time);
    model_pass_time(&simulation->model, simulation->world.now);
    simulation->world.taken.served_count = 0;
    line_serve(simulation);
}

// A moment at which something is due: a lease that ends, a purchase that starts or ends, a grace that is over.
static int64_t roll_due(struct simulation *simulation)
{
    const struct model *model = &simulation->model;
    const struct model_purchase *purchase =
        &model->purchases[roll_int(simulation, model->purchase_count > 0 ? model->purchase_count : 1)];
    int product = roll_int(simulation, MODEL_PRODUCTS);
    const struct waiter *waiter = simulation->waiting[roll(simulation, WAITING)].waiter;
    if (waiter != NULL && roll_percent(simulation, 30))
        return roll_percent(simulation, 50) ? waiter->deadline_at : waiter->since_at + 1000 * QUEUE_RESERVE_S;
    switch (roll(simulation, 4)) {
    case 0:
        return purchase->starts_at;
    case 1:
        return purchase->ends_at;
    case 2:
        return model->shortfall_since[product] + 1000 * model->shortfall_grace_s;
    default:
        return model->claim_count > 0 ? model->claims[roll_int(simulation, model->claim_count)].expires_at : 0;
    }
}

// Some time, or until just before or just at such a moment.
static void step_time(struct simulation *simulation)
{
    int64_t ms = (int64_t)roll(simulation, roll_percent(simulation, 5) ? 1000000 : 60000);
    int64_t due = roll_due(simulation) - (int64_t)roll(simulation, 2);
    if (due >= simulation->world.now && due < simulation->world.now + 2000000 && roll_percent(simulation, 60))
        ms = due - simulation->world.now;
    tell(simulation, "after %lld ms", (long long)ms);
    simulation->world.now += ms;
    simulation_pass_time(simulation);
}

// ---- Sessions

static struct model_request roll_request(struct simulation *simulation)
{
    int user = roll_user(simulation);
    return (struct model_request){
        .product = roll_session_product(simulation),
        .user = user,
        .project = roll_percent(simulation, 25) ? roll_project(simulation, user) : MODEL_NOBODY,
        .named = roll_percent(simulation, 25) ? roll_level(simulation, false) : MODEL_NOBODY,
        .count = roll_percent(simulation, 70) ? 1 : 1 + (int64_t)roll(simulation, 5),
        .ttl_s = roll_percent(simulation, 20) ? 10 + (int64_t)roll(simulation, 100) : 2000,
        .platform = roll_percent(simulation, 10),
    };
}

static struct command session_command(enum command_kind kind, const struct model_request *request)
{
    return (struct command){
        .kind = kind,
        .session =
            {
                .product = code_of(request->product),
                .user = thing_id(request->user),
                .project = thing_id(request->project),
                .organization = level_id(request->named),
                .count = request->count,
                .ttl_s = request->ttl_s,
            },
    };
}

static void tell_request(struct simulation *simulation, const char *verb, const struct model_request *request,
                         const char *key)
{
    tell(simulation, "%s %s by US-%llu at OG-%llu for PR-%llu count %lld ttl %lld%s%s%s", verb,
         code_of(request->product), (unsigned long long)thing_id(request->user),
         (unsigned long long)level_id(request->named), (unsigned long long)thing_id(request->project),
         (long long)request->count, (long long)request->ttl_s, request->platform ? " platform" : "",
         key != NULL ? " idempotency " : "", key != NULL ? key : "");
}

static void expect_grant(struct simulation *simulation, const struct outcome *outcome, const struct verdict *verdict)
{
    const struct session_row *row = outcome->row;
    simulation->tally->vias[row->via]++;
    if (row->level != level_id(verdict->level) || row->via != verdict->via)
        simulation_differs(simulation, "granted %s by %llu, in the model %s by %llu", via_words[row->via],
                           (unsigned long long)row->level, via_words[verdict->via],
                           (unsigned long long)level_id(verdict->level));
}

static bool is_same(const struct model_request *a, const struct model_request *b)
{
    return a->product == b->product && a->user == b->user && a->project == b->project && a->named == b->named &&
           a->count == b->count && a->ttl_s == b->ttl_s && a->platform == b->platform;
}

// The same key again: the first answer, unless the body differs or the session is over.
static enum result predict_repetition(struct simulation *simulation, const struct kept *kept,
                                      const struct model_request *request)
{
    if (!is_same(&kept->request, request))
        return RESULT_IDEMPOTENCY_KEY_REUSED;
    return model_claim(&simulation->model, false, kept->session) != NULL ? RESULT_OK : RESULT_SESSION_ENDED;
}

static void forget_old(struct simulation *simulation, struct kept *kept)
{
    if (!kept->used)
        return;
    int64_t ended_at = simulation->world.sessions[kept->session - 1].ended_at;
    if (ended_at != 0 && ended_at + INT64_C(1000) * IDEMPOTENCY_KEPT_S <= simulation->world.now)
        kept->used = false;
}

static void step_acquire(struct simulation *simulation)
{
    static const char *const names[KEYS] = {"k0", "k1", "k2", "k3", "k4", "k5"};
    struct model_request request = roll_request(simulation);
    int key = roll_percent(simulation, 15) ? roll_int(simulation, KEYS) : -1;
    struct kept *kept = key >= 0 ? &simulation->kept[key] : NULL;
    if (simulation->model.claim_count >= MODEL_CLAIMS - 10)
        return;
    if (kept != NULL && kept->used && roll_percent(simulation, 60))
        request = kept->request;
    struct command command = session_command(COMMAND_SESSION_ACQUIRE, &request);
    command.session.idempotency_key = key >= 0 ? names[key] : NULL;
    bool waits = key < 0 && line_has_room(simulation) && roll_percent(simulation, 25);
    command.session.wait_s = waits ? 1 + (int64_t)roll(simulation, 300) : 0;
    tell_request(simulation, waits ? "acquire (and wait)" : "acquire", &request, command.session.idempotency_key);
    const struct outcome *outcome = decide(simulation, &command, request.platform);
    if (kept != NULL)
        forget_old(simulation, kept);
    if (kept != NULL && kept->used) {
        expect_result(simulation, outcome->result, predict_repetition(simulation, kept, &request));
        return;
    }
    struct verdict verdict = model_acquire(&simulation->model, &request, false);
    expect(simulation, outcome, verdict);
    if (verdict.result == RESULT_NO_LICENSE_AVAILABLE && waits)
        line_join(simulation, request.platform ? &machine : &admin, &command.session, &request);
    if (verdict.result != RESULT_CREATED)
        return;
    expect_grant(simulation, outcome, &verdict);
    if (kept != NULL)
        *kept = (struct kept){true, request, simulation->model.session_count};
}

static void step_hang_up(struct simulation *simulation)
{
    size_t place = (size_t)roll(simulation, WAITING);
    if (simulation->waiting[place].waiter == NULL)
        return;
    tell(simulation, "hang-up %llu", (unsigned long long)simulation->waiting[place].waiter->order);
    line_leave(simulation, place);
}

static void step_explain(struct simulation *simulation)
{
    struct model_request request = roll_request(simulation);
    struct command command = session_command(COMMAND_SESSION_EXPLAIN, &request);
    tell_request(simulation, "explain", &request, NULL);
    const struct outcome *outcome = decide(simulation, &command, request.platform);
    struct verdict verdict = model_acquire(&simulation->model, &request, true);
    if (verdict.result == RESULT_NOT_FOUND || verdict.result == RESULT_INVALID_REQUEST) {
        expect_result(simulation, outcome->result, verdict.result);
        return;
    }
    bool grants = verdict.result == RESULT_CREATED;
    expect_result(simulation, outcome->explain_error, grants ? RESULT_OK : verdict.result);
    expect_members(simulation, outcome, &verdict);
    if (grants && (outcome->explanation->level != level_id(verdict.level) || outcome->explanation->via != verdict.via))
        simulation_differs(simulation, "explained by another pool");
}

static void step_heartbeat(struct simulation *simulation)
{
    struct command command = {.kind = COMMAND_SESSION_HEARTBEAT, .id = roll_claim(simulation, false)};
    tell(simulation, "heartbeat SN-%llu", (unsigned long long)command.id);
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, model_heartbeat(&simulation->model, command.id));
}

static void step_end(struct simulation *simulation)
{
    bool seat = roll_percent(simulation, 30);
    struct command command = {.kind = seat ? COMMAND_SEAT_RELEASE : COMMAND_SESSION_END,
                              .id = roll_claim(simulation, seat)};
    command.end.reason = roll_percent(simulation, 30) ? "enough" : NULL;
    command.end.cooldown_s = roll_percent(simulation, 20) ? 1 + (int64_t)roll(simulation, 300) : 0;
    tell(simulation, "%s-%llu reason %s cooldown %lld", seat ? "unseat ST" : "end SN", (unsigned long long)command.id,
         command.end.reason != NULL ? command.end.reason : "-", (long long)command.end.cooldown_s);
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, model_end(&simulation->model, seat, command.id, command.end.cooldown_s));
}

// ---- Seats

static void step_seat(struct simulation *simulation)
{
    int product = roll_percent(simulation, 98) ? MODEL_SEAT_PRODUCT : roll_product(simulation);
    int user = roll_user(simulation), level = roll_level(simulation, true);
    // Mostly a level that the user is within.
    if (user >= 0 && roll_percent(simulation, 70))
        level = simulation->model.users[user].level == MODEL_NOBODY ? 0 : simulation->model.users[user].level;
    struct command command = {
        .kind = COMMAND_SEAT_ASSIGN,
        .seat = {.product = code_of(product), .user = thing_id(user), .level = level_id(level)},
    };
    tell(simulation, "seat %s for US-%llu at OG-%llu", code_of(product), (unsigned long long)thing_id(user),
         (unsigned long long)level_id(level));
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, model_assign_seat(&simulation->model, product, user, level));
}

static void step_check_in(struct simulation *simulation)
{
    struct command command = {.kind = COMMAND_SEAT_CHECK_IN, .id = roll_claim(simulation, true)};
    tell(simulation, "check-in ST-%llu", (unsigned long long)command.id);
    bool exists = model_claim(&simulation->model, true, command.id) != NULL;
    const struct outcome *outcome = decide(simulation, &command, false);
    expect_result(simulation, outcome->result, exists ? RESULT_OK : RESULT_NOT_FOUND);
}

// ---- Dedications

// Often where someone lives.
static int roll_dedicated_level(struct simulation *simulation)
{
    int user = roll_user(simulation);
    bool at_home = user >= 0 && simulation->model.users[user].level >= 0 && roll_percent(simulation, 60);
    return at_home ? simulation->model.users[user].level : roll_level(simulation, false);
}

static struct model_change roll_change(struct simulation *simulation)
{
    struct model_change change = {
        .level = roll_dedicated_level(simulation),
        .product = roll_product(simulation),
        .reclaim = roll_percent(simulation, 40) ? RECLAIM_DRAIN : roll_percent(simulation, 50) ? RECLAIM_MOVE : RECLAIM_REFUSE,
        .when_available = roll_percent(simulation, 30),
    };
    // Near what is there, so that borders are met.
    int64_t present = change.level > 0 && change.product >= 0
                          ? simulation->model.levels[change.level].of[change.product].dedicated
                          : 0;
    int64_t count = present + (int64_t)roll(simulation, 17) - 8;
    if (roll_percent(simulation, 10))
        count = (int64_t)roll(simulation, 30);
    change.count = count > 0 ? count : 0;
    return change;
}

static struct dedication_change change_of(const struct model_change *change)
{
    return (struct dedication_change){
        .organization = change->level < 0 ? ID_UNKNOWN : level_id(change->level),
        .product = code_of(change->product),
        .count = change->count,
        .reclaim = change->reclaim,
        .when_available = change->when_available,
    };
}

static void describe_change(const struct model_change *change, char text[64])
{
    snprintf(text, 64, "OG-%llu %s %lld %s%s", (unsigned long long)level_id(change->level), code_of(change->product),
             (long long)change->count, reclaim_words[change->reclaim], change->when_available ? " when available" : "");
}

// Dry runs come to the same, on a model that is thrown away.
static bool roll_dry(struct simulation *simulation)
{
    return roll_percent(simulation, 15);
}

static void step_dedicate(struct simulation *simulation)
{
    struct model_change change = roll_change(simulation);
    struct dedication_change wanted = change_of(&change);
    char text[64];
    describe_change(&change, text);
    struct command command = {.kind = COMMAND_DEDICATIONS_APPLY, .dry_run = roll_dry(simulation)};
    command.dedications.changes = &wanted;
    command.dedications.count = 1;
    command.dedications.one = true;
    tell(simulation, "%sdedicate %s", command.dry_run ? "dry-run " : "", text);
    const struct outcome *outcome = decide(simulation, &command, false);
    struct model copy = simulation->model;
    struct verdict verdict = model_dedicate(command.dry_run ? &copy : &simulation->model, &change);
    if (command.dry_run)
        expect_dry(simulation, outcome, verdict);
    else
        expect(simulation, outcome, verdict);
}

static void expect_together(struct simulation *simulation, const struct command *command,
                            const struct outcome *outcome, struct verdict verdict)
{
    bool is_told = command->dry_run && outcome->answer == ANSWER_DRY_RUN;
    enum result got = is_told ? outcome->dry.result : outcome->result;
    // Which of the two names the end state earns is told by scripts.
    if (verdict.result == RESULT_DEDICATION_IN_USE && got == RESULT_INSUFFICIENT_POOL)
        return;
    expect_result(simulation, got, verdict.result);
}

static void step_together(struct simulation *simulation)
{
    enum { MOST = 5 };
    struct model_change changes[MOST];
    struct dedication_change wanted[MOST];
    int count = 2 + roll_int(simulation, MOST - 1);
    char text[MOST * 64] = "";
    int product = roll_product(simulation);
    for (int i = 0; i < count; i++) {
        changes[i] = roll_change(simulation);
        // One product mostly, so that they meet.
        if (roll_percent(simulation, 80))
            changes[i].product = product;
        wanted[i] = change_of(&changes[i]);
        size_t length = strlen(text);
        char one[64];
        describe_change(&changes[i], one);
        snprintf(text + length, sizeof text - length, "%s%s", i > 0 ? "; " : "", one);
    }
    struct command command = {.kind = COMMAND_DEDICATIONS_APPLY, .dry_run = roll_dry(simulation)};
    command.dedications.changes = wanted;
    command.dedications.count = (size_t)count;
    tell(simulation, "%stogether %s", command.dry_run ? "dry-run " : "", text);
    const struct outcome *outcome = decide(simulation, &command, false);
    struct model copy = simulation->model;
    expect_together(simulation, &command, outcome,
                    model_dedicate_together(command.dry_run ? &copy : &simulation->model, changes, count));
}

static void step_policy(struct simulation *simulation)
{
    struct command command = {.kind = COMMAND_USAGE_POLICY_SET, .dry_run = roll_dry(simulation)};
    command.usage_policy.policy = (enum usage_policy)roll(simulation, 3);
    command.usage_policy.fallback = roll_percent(simulation, 40);
    tell(simulation, "%spolicy %s fallback %s", command.dry_run ? "dry-run " : "",
         policy_words[command.usage_policy.policy], command.usage_policy.fallback ? "on" : "off");
    const struct outcome *outcome = decide(simulation, &command, false);
    struct model copy = simulation->model;
    struct verdict verdict = model_set_policy(command.dry_run ? &copy : &simulation->model,
                                              command.usage_policy.policy, command.usage_policy.fallback);
    if (command.dry_run)
        expect_dry(simulation, outcome, verdict);
    else
        expect(simulation, outcome, verdict);
}

// ---- The account and its purchases

static void step_plan(struct simulation *simulation)
{
    struct command command = {.kind = COMMAND_ACCOUNT_UPDATE, .given = GIVEN_PLAN};
    // Back soon: little can be tried without it.
    bool enterprise = !simulation->model.enterprise || roll_percent(simulation, 50);
    command.account.plan = enterprise ? PLAN_TRUE_ENTERPRISE : PLAN_PREMIUM;
    tell(simulation, "account plan %s", plan_words[command.account.plan]);
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, model_set_plan(&simulation->model, enterprise));
}

static void step_shortfall(struct simulation *simulation)
{
    struct command command = {.kind = COMMAND_ACCOUNT_UPDATE, .given = GIVEN_ON_SHORTFALL | GIVEN_SHORTFALL_GRACE_S};
    command.account.on_shortfall = roll_percent(simulation, 30) ? SHORTFALL_END_NEWEST : SHORTFALL_KEEP;
    command.account.shortfall_grace_s = roll_percent(simulation, 30) ? 0 : (int64_t)roll(simulation, 600);
    tell(simulation, "account on_shortfall %s grace %lld", on_shortfall_words[command.account.on_shortfall],
         (long long)command.account.shortfall_grace_s);
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome,
           model_set_shortfall(&simulation->model, command.account.on_shortfall, command.account.shortfall_grace_s));
}

static int64_t roll_bound(struct simulation *simulation)
{
    if (roll_percent(simulation, 80))
        return 0;
    return simulation->world.now + (int64_t)roll(simulation, 2000000) - 500000;
}

static int roll_purchase(struct simulation *simulation)
{
    const struct model *model = &simulation->model;
    bool create = model->purchase_count < 4 ||
                  (model->purchase_count < MODEL_PURCHASES && roll_percent(simulation, 20));
    return create ? MODEL_NOBODY : roll_int(simulation, model->purchase_count);
}

static void step_purchase(struct simulation *simulation)
{
    int purchase = roll_purchase(simulation);
    int product = simulation->step < 4 ? (int)simulation->step % MODEL_PRODUCTS : roll_int(simulation, MODEL_PRODUCTS);
    bool delete = purchase != MODEL_NOBODY && roll_percent(simulation, 15);
    int64_t quantity = delete ? 0 : 1 + (int64_t)roll(simulation, 40);
    int64_t starts_at = delete ? 0 : roll_bound(simulation), ends_at = delete ? 0 : roll_bound(simulation);
    struct command command = {
        .kind = purchase == MODEL_NOBODY ? COMMAND_PURCHASE_CREATE
                : delete                 ? COMMAND_PURCHASE_DELETE
                                         : COMMAND_PURCHASE_UPDATE,
        .dry_run = roll_dry(simulation),
        .id = thing_id(purchase),
        .given = GIVEN_QUANTITY | GIVEN_STARTS_AT | GIVEN_ENDS_AT,
        .purchase = {.row = {.quantity = quantity, .starts_at = starts_at, .ends_at = ends_at},
                     .product = codes[product]},
    };
    tell(simulation, "%spurchase PU-%llu %s %lld from %lld until %lld", command.dry_run ? "dry-run " : "",
         (unsigned long long)thing_id(purchase), codes[product], (long long)quantity,
         (long long)(starts_at != 0 ? starts_at - simulation->world.now : 0),
         (long long)(ends_at != 0 ? ends_at - simulation->world.now : 0));
    const struct outcome *outcome = decide(simulation, &command, false);
    struct model copy = simulation->model;
    struct verdict verdict = model_purchase(command.dry_run ? &copy : &simulation->model, purchase, product, quantity,
                                            starts_at, ends_at);
    if (command.dry_run)
        expect_dry(simulation, outcome, verdict);
    else
        expect(simulation, outcome, verdict);
}

// ---- Structure

static int count_levels(const struct model *model)
{
    int count = 0;
    for (int level = 1; level < model->level_count; level++)
        count += model->levels[level].exists;
    return count;
}

static void step_create_level(struct simulation *simulation)
{
    if (simulation->model.level_count == MODEL_LEVELS || count_levels(&simulation->model) > 12)
        return;
    // Often below the last, so that trees grow deep.
    int parent = roll_percent(simulation, 40) ? simulation->model.level_count - 1 : roll_level(simulation, true);
    char name[32];
    snprintf(name, sizeof name, "o%d", simulation->model.level_count);
    struct command command = {.kind = COMMAND_ORGANIZATION_CREATE};
    command.organization.row.name = name;
    command.organization.row.parent = level_id(parent);
    tell(simulation, "organization %s in OG-%llu", name, (unsigned long long)level_id(parent));
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, model_create_level(&simulation->model, parent));
}

static void step_delete_level(struct simulation *simulation)
{
    int level = roll_level(simulation, false);
    struct command command = {.kind = COMMAND_ORGANIZATION_DELETE, .id = level_id(level)};
    tell(simulation, "delete organization OG-%llu", (unsigned long long)command.id);
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, model_delete_level(&simulation->model, level));
}

static void step_move_level(struct simulation *simulation)
{
    int level = roll_level(simulation, false), parent = roll_level(simulation, true);
    struct command command = {.kind = COMMAND_ORGANIZATION_UPDATE, .id = level_id(level), .given = GIVEN_PARENT};
    command.organization.row.parent = level_id(parent);
    command.organization.release_seats = roll_percent(simulation, 50);
    tell(simulation, "move OG-%llu under OG-%llu%s", (unsigned long long)command.id,
         (unsigned long long)level_id(parent), command.organization.release_seats ? " release_seats" : "");
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome,
           model_move_level(&simulation->model, level, parent, command.organization.release_seats));
}

static int roll_home(struct simulation *simulation)
{
    return roll_percent(simulation, 10) ? MODEL_NOBODY : roll_level(simulation, false);
}

static void step_create_user(struct simulation *simulation)
{
    if (simulation->model.user_count == MODEL_USERS || simulation->model.user_count > 12 + (int)simulation->step / 64)
        return;
    int level = roll_home(simulation);
    struct command command = {.kind = COMMAND_USER_CREATE};
    command.user = (struct user_row){.name = "someone", .organization = level_id(level), .kind = USER_SERVICE};
    tell(simulation, "user in OG-%llu", (unsigned long long)level_id(level));
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, model_create_user(&simulation->model, level));
}

static void step_move_user(struct simulation *simulation)
{
    int user = roll_user(simulation), level = roll_home(simulation);
    struct command command = {.kind = COMMAND_USER_UPDATE, .id = thing_id(user), .given = GIVEN_ORGANIZATION};
    command.user.organization = level_id(level);
    tell(simulation, "change user US-%llu in OG-%llu", (unsigned long long)command.id,
         (unsigned long long)level_id(level));
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, model_move_user(&simulation->model, user, level));
}

static void step_delete_user(struct simulation *simulation)
{
    int user = roll_user(simulation);
    struct command command = {.kind = COMMAND_USER_DELETE, .id = thing_id(user)};
    tell(simulation, "delete user US-%llu", (unsigned long long)command.id);
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, model_delete_user(&simulation->model, user));
}

static void step_create_project(struct simulation *simulation)
{
    if (simulation->model.project_count == MODEL_PROJECTS)
        return;
    int level = roll_level(simulation, false);
    char name[32];
    snprintf(name, sizeof name, "p%d", simulation->model.project_count);
    struct command command = {.kind = COMMAND_PROJECT_CREATE};
    command.project = (struct project_row){.name = name, .organization = level_id(level)};
    tell(simulation, "project %s in OG-%llu", name, (unsigned long long)level_id(level));
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, model_create_project(&simulation->model, level));
}

static void step_change_project(struct simulation *simulation)
{
    int project = roll_project(simulation, MODEL_NOBODY), level = roll_level(simulation, false);
    bool delete = roll_percent(simulation, 30);
    struct command command = {.kind = delete ? COMMAND_PROJECT_DELETE : COMMAND_PROJECT_UPDATE,
                              .id = thing_id(project),
                              .given = GIVEN_ORGANIZATION};
    command.project.organization = level_id(level);
    tell(simulation, "%s project PR-%llu in OG-%llu", delete ? "delete" : "change", (unsigned long long)command.id,
         (unsigned long long)level_id(level));
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, delete ? model_delete_project(&simulation->model, project)
                                       : model_move_project(&simulation->model, project, level));
}

static void step_member(struct simulation *simulation)
{
    int project = roll_project(simulation, MODEL_NOBODY), user = roll_user(simulation);
    bool add = roll_percent(simulation, 75);
    struct command command = {.kind = add ? COMMAND_MEMBERSHIP_ADD : COMMAND_MEMBERSHIP_REMOVE};
    command.membership = (struct membership_row){thing_id(project), thing_id(user)};
    tell(simulation, "%s US-%llu of PR-%llu", add ? "member" : "no-member", (unsigned long long)thing_id(user),
         (unsigned long long)thing_id(project));
    const struct outcome *outcome = decide(simulation, &command, false);
    expect(simulation, outcome, model_set_member(&simulation->model, project, user, add));
}

static const struct {
    unsigned weight;
    void (*run)(struct simulation *simulation);
} steps[] = {
    {16, step_time},          {60, step_acquire},     {8, step_explain},        {8, step_heartbeat},
    {12, step_end},           {12, step_seat},        {2, step_check_in},       {28, step_dedicate},
    {12, step_together},      {4, step_policy},       {1, step_plan},           {2, step_shortfall},
    {6, step_purchase},       {5, step_create_level}, {2, step_delete_level},   {5, step_move_level},
    {2, step_create_user},    {3, step_move_user},    {1, step_delete_user},    {2, step_create_project},
    {1, step_change_project}, {8, step_member},       {3, step_hang_up},
};

void simulation_step(struct simulation *simulation)
{
    unsigned weights = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        weights += steps[i].weight;
    unsigned at = (unsigned)roll(simulation, weights);
    size_t chosen = 0;
    while (at >= steps[chosen].weight)
        at -= steps[chosen++].weight;
    void (*run)(struct simulation *) = steps[chosen].run;
    if (simulation->step == 40) // until then without dedications
        run = step_plan;
    if (simulation->step < 24) // something to play with
        run = simulation->step < 4 ? step_purchase : simulation->step % 2 == 0 ? step_create_level : step_create_user;
    tell(simulation, "nothing");
    simulation->world.now += (int64_t)roll(simulation, 2000);
    simulation_pass_time(simulation);
    run(simulation);
    line_serve(simulation);
}
