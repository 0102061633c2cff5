// SPDX-License-Identifier: Apache-2.0
//
// The order of the line, simulated: random changes while many wait, and after each a naive model says by brute force
// who must have been served, in which order and from where, and who stands at the head of which pool or has it for
// itself.
// The other simulation holds each grant against the rules of pools; this one is about turns, so its world is small.
// Usage: simulation-turns [--seed N] [--runs N]
#include "scripts/world.h"

#include "base/check.h"
#include "base/moment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEVELS = 6, // the account, A, B, C, A1 below A, B1 below B
    USERS = 7,  // one in each level, the first in none; two in A
    WAITING = 24,
    SESSIONS = 128,
    STEPS = 300,
    NOWHERE = -1,
};

static const int parents[LEVELS] = {NOWHERE, 0, 0, 0, 1, 2};
static const int homes[USERS] = {0, 1, 2, 3, 4, 5, 1}; // 0: none

struct hold {
    uint64_t id;
    int user, level;
    int64_t count, ends_at;
};

struct place {
    struct waiter *waiter; // of the engine
    int user, named;
    int64_t count, ttl_s, since_at, deadline_at;
    int64_t head_since;
    int reserved; // NOWHERE: none
    enum session_via via;
};

struct turns {
    uint64_t seed, rolls;
    struct world world;
    enum usage_policy policy;
    bool fallback;
    int64_t bought, dedicated[LEVELS];
    int home[USERS];
    bool is_member[USERS][LEVELS]; // of the project of the level
    int64_t cooldown_until[USERS];
    struct hold holds[SESSIONS];
    int hold_count;
    struct place line[WAITING]; // oldest first
    int waiting;
    struct place away; // one that hung up with its age
    bool is_away;
    char told[256];
    unsigned long step, served, denied, kept;
};

static uint64_t roll(struct turns *turns, uint64_t below)
{
    return hash_numbers(turns->seed, ++turns->rolls) % below;
}

_Noreturn static void differs(const struct turns *turns, const char *what)
{
    fprintf(stderr, "seed %llu, step %lu, %s: %s\n", (unsigned long long)turns->seed, turns->step, turns->told, what);
    exit(1);
}

// ---- Counting

static int64_t assigned(const struct turns *turns, int level)
{
    int64_t units = 0;
    for (int i = 0; i < turns->hold_count; i++)
        units += turns->holds[i].level == level ? turns->holds[i].count : 0;
    return units;
}

static int64_t given_on(const struct turns *turns, int level)
{
    int64_t units = 0;
    for (int i = 1; i < LEVELS; i++)
        units += parents[i] == level ? turns->dedicated[i] : 0;
    return units;
}

static int64_t size_of(const struct turns *turns, int level)
{
    return (level == 0 ? turns->bought : turns->dedicated[level]) - given_on(turns, level);
}

static int64_t balance(const struct turns *turns, int level)
{
    return size_of(turns, level) - assigned(turns, level);
}

static int top_of(int level)
{
    while (level > 0 && parents[level] != 0)
        level = parents[level];
    return level;
}

static int64_t group_units(const struct turns *turns, int top)
{
    int64_t units = 0;
    for (int i = 0; i < turns->hold_count; i++) {
        const struct hold *hold = &turns->holds[i];
        units += hold->level == 0 && top_of(turns->home[hold->user]) == top ? hold->count : 0;
    }
    return units;
}

// ---- The order of trial

static bool is_open(const struct turns *turns, const struct place *place, int level)
{
    if (level == 0)
        return turns->fallback;
    if (place->named != NOWHERE)
        return level == place->named;
    if (turns->policy == POLICY_UNRESTRICTED || level == turns->home[place->user])
        return true;
    return turns->policy == POLICY_MEMBER_BASED && turns->is_member[place->user][level];
}

struct candidate {
    int level;
    enum session_via via;
};

// Adds those that are not there yet, by what they have, then by number.
static int add_by_available(const struct turns *turns, const struct place *place, bool only_member,
                            struct candidate *candidates, int count)
{
    bool is_in[LEVELS] = {false};
    for (int i = 0; i < count; i++)
        is_in[candidates[i].level] = true;
    for (;;) {
        int best = NOWHERE;
        for (int level = 1; level < LEVELS; level++) {
            bool is_wanted = only_member ? turns->is_member[place->user][level] : turns->dedicated[level] > 0;
            int64_t has = balance(turns, level);
            if (is_wanted && !is_in[level] && is_open(turns, place, level) &&
                (best == NOWHERE || has > balance(turns, best)))
                best = level;
        }
        if (best == NOWHERE)
            return count;
        is_in[best] = true;
        candidates[count++] = (struct candidate){best, only_member ? VIA_MEMBER : VIA_OTHER};
    }
}

static int candidates_of(const struct turns *turns, const struct place *place, struct candidate *candidates)
{
    int count = 0, home = turns->home[place->user];
    if (place->named != NOWHERE) {
        candidates[count++] = (struct candidate){place->named, VIA_NAMED};
        candidates[count++] = (struct candidate){0, VIA_FALLBACK};
        return count;
    }
    if (home != 0)
        candidates[count++] = (struct candidate){home, VIA_OWN};
    count = turns->policy != POLICY_STRICT ? add_by_available(turns, place, true, candidates, count) : count;
    candidates[count++] = (struct candidate){0, VIA_FALLBACK};
    return turns->policy == POLICY_UNRESTRICTED ? add_by_available(turns, place, false, candidates, count) : count;
}

static bool is_kept_back(const struct turns *turns, const struct place *place)
{
    return turns->cooldown_until[place->user] > turns->world.now;
}

static bool is_reserved(const struct turns *turns, int level, const struct place *but_for)
{
    for (int i = 0; i < turns->waiting; i++) {
        if (turns->line[i].reserved == level && &turns->line[i] != but_for)
            return true;
    }
    return false;
}

static bool can_grant(const struct turns *turns, int level, int64_t count)
{
    int64_t use = 0;
    for (int i = 0; i < turns->hold_count; i++)
        use += turns->holds[i].count;
    if (balance(turns, 0) < 0 && use + count > turns->bought)
        return false; // law 2
    return balance(turns, level) >= count;
}

static struct candidate grants(const struct turns *turns, const struct place *place)
{
    struct candidate candidates[LEVELS + 1];
    int count = candidates_of(turns, place, candidates);
    for (int i = 0; i < count && !is_kept_back(turns, place); i++) {
        int level = candidates[i].level;
        if (is_open(turns, place, level) && can_grant(turns, level, place->count) && !is_reserved(turns, level, place))
            return candidates[i];
    }
    return (struct candidate){NOWHERE, VIA_NAMED};
}

// ---- Reserving

static bool is_at_head(const struct turns *turns, int at, int level)
{
    for (int i = 0; i < at; i++) {
        if (!is_kept_back(turns, &turns->line[i]) && is_open(turns, &turns->line[i], level))
            return false;
    }
    return true;
}

static struct candidate target_of(const struct turns *turns, const struct place *place)
{
    struct candidate candidates[LEVELS + 1], target = {NOWHERE, VIA_NAMED};
    int count = candidates_of(turns, place, candidates);
    for (int i = 0; i < count && target.level == NOWHERE; i++) {
        if (is_open(turns, place, candidates[i].level) && size_of(turns, candidates[i].level) >= place->count)
            target = candidates[i];
    }
    bool is_alike = target.level != NOWHERE && place->reserved != NOWHERE && target.via == place->via &&
                    (target.via == VIA_MEMBER || target.via == VIA_OTHER);
    if (is_alike && is_open(turns, place, place->reserved) && size_of(turns, place->reserved) >= place->count)
        target.level = place->reserved;
    return target;
}

static void take_from_younger(struct turns *turns, int at, int level)
{
    for (int i = at + 1; i < turns->waiting; i++) {
        if (turns->line[i].reserved == level)
            turns->line[i].reserved = NOWHERE;
    }
}

// Whether anything is another than before.
static bool reserve(struct turns *turns, bool is_last)
{
    bool is_changed = false;
    for (int i = 0; i < turns->waiting; i++) {
        struct place *place = &turns->line[i], before = *place;
        struct candidate target = {NOWHERE, VIA_NAMED};
        if (place->count > 1 && !is_kept_back(turns, place))
            target = target_of(turns, place);
        place->reserved = NOWHERE;
        if (target.level == NOWHERE || !is_at_head(turns, i, target.level)) {
            place->head_since = is_last ? 0 : place->head_since;
        } else {
            if (place->head_since == 0)
                place->head_since = turns->world.now;
            if (turns->world.now - place->head_since >= 60000) {
                take_from_younger(turns, i, target.level);
                place->reserved = target.level;
                place->via = target.via;
            }
        }
        is_changed = is_changed || before.reserved != place->reserved;
    }
    return is_changed;
}

// ---- Serving, and holding it against the engine

struct told {
    const struct decision *decision;
    size_t at; // how many of those it served the model has, too
};

static void leave(struct turns *turns, int at)
{
    memmove(&turns->line[at], &turns->line[at + 1], (size_t)(turns->waiting - at - 1) * sizeof *turns->line);
    turns->waiting--;
}

static const struct outcome *take_told(struct turns *turns, struct told *told, int at)
{
    if (told->at == told->decision->served_count)
        differs(turns, "the model serves one whom the engine does not");
    if (told->decision->served[told->at] != turns->line[at].waiter)
        differs(turns, "the model serves another than the engine");
    return &told->decision->served[told->at++]->outcome;
}

static void hold(struct turns *turns, const struct session_row *row)
{
    CHECK(turns->hold_count < SESSIONS);
    turns->holds[turns->hold_count++] = (struct hold){
        row->id, (int)row->user - 1, row->level == 0 ? 0 : (int)(row->level - 1000), row->count, row->expires_at};
}

static void grant(struct turns *turns, struct told *told, int at, struct candidate from)
{
    const struct outcome *outcome = take_told(turns, told, at);
    const struct session_row *row = outcome->row;
    if (outcome->result != RESULT_CREATED)
        differs(turns, "the model grants what the engine does not");
    hold(turns, row);
    if (turns->holds[turns->hold_count - 1].level != from.level || row->via != from.via)
        differs(turns, "the model grants it from elsewhere");
    leave(turns, at);
    turns->served++;
}

// Whose turn it is; NOWHERE: nobody's.
static int next_turn(const struct turns *turns, struct candidate *ret_from)
{
    int best = NOWHERE;
    int64_t least = 0;
    for (int i = 0; i < turns->waiting; i++) {
        const struct place *place = &turns->line[i];
        struct candidate from = grants(turns, place);
        if (from.level == NOWHERE)
            continue;
        bool is_oldest = best == NOWHERE;
        if (is_oldest && (from.level != 0 || turns->world.now - place->since_at > 120000)) {
            *ret_from = from;
            return i;
        }
        int64_t units = from.level == 0 ? group_units(turns, top_of(turns->home[place->user])) : 0;
        if (from.level == 0 && (is_oldest || units < least)) {
            best = i;
            least = units;
            *ret_from = from;
        }
    }
    return best;
}

static void serve(struct turns *turns, struct told *told)
{
    bool is_changed;
    do {
        struct candidate from;
        for (int at; (at = next_turn(turns, &from)) != NOWHERE;)
            grant(turns, told, at, from);
        is_changed = reserve(turns, false);
    } while (is_changed);
    reserve(turns, true);
}

static int next_due(const struct turns *turns)
{
    int due = NOWHERE;
    for (int i = 0; i < turns->waiting; i++) {
        bool is_due = turns->line[i].deadline_at <= turns->world.now;
        if (is_due && (due == NOWHERE || turns->line[i].deadline_at < turns->line[due].deadline_at ||
                       (turns->line[i].deadline_at == turns->line[due].deadline_at &&
                        turns->line[i].waiter->order < turns->line[due].waiter->order)))
            due = i;
    }
    return due;
}

static void deny_due(struct turns *turns, struct told *told)
{
    for (int due; (due = next_due(turns)) != NOWHERE;) {
        bool had_reserved = turns->line[due].reserved != NOWHERE;
        if (take_told(turns, told, due)->result != RESULT_NO_LICENSE_AVAILABLE)
            differs(turns, "the model denies one whom the engine does not");
        leave(turns, due);
        turns->denied++;
        if (had_reserved || next_due(turns) == NOWHERE)
            serve(turns, told);
    }
}

static void end_leases(struct turns *turns)
{
    for (int i = turns->hold_count; i-- > 0;) {
        if (turns->holds[i].ends_at <= turns->world.now)
            turns->holds[i] = turns->holds[--turns->hold_count];
    }
}

static void compare(struct turns *turns)
{
    const struct list_node *node = turns->world.account.queue.line.first;
    for (int i = 0; i < turns->waiting; i++, node = node->after) {
        const struct place *place = &turns->line[i];
        const struct waiter *waiter = place->waiter;
        if (node == NULL || ITEM_OF(node, struct waiter, of_line) != waiter)
            differs(turns, "another line");
        uint64_t level = waiter->reserved != NULL ? waiter->reserved->level->row.id : 1;
        uint64_t wanted = place->reserved == NOWHERE ? 1 : place->reserved == 0 ? 0 : (uint64_t)place->reserved + 1000;
        if (waiter->head_since != place->head_since)
            differs(turns, "another is at the head, or since when");
        if (level != wanted)
            differs(turns, "another pool is reserved");
        turns->kept += place->reserved != NOWHERE;
    }
    if (node != NULL)
        differs(turns, "someone waits on in the engine");
}

static void all_told(struct turns *turns, const struct told *told)
{
    if (told->at != told->decision->served_count)
        differs(turns, "the engine serves one whom the model does not");
    compare(turns);
}

// Everything that time does, in the engine and in the model.
static void pass_time(struct turns *turns)
{
    struct told told = {&turns->world.time, 0};
    world_pass_time(&turns->world);
    end_leases(turns);
    serve(turns, &told);
    deny_due(turns, &told);
    all_told(turns, &told);
}

// ---- Steps

static const struct outcome *decide(struct turns *turns, const struct command *command)
{
    static const struct actor admin = {.role = ROLE_ACCOUNT_ADMIN};
    pass_time(turns);
    return world_decide(&turns->world, &admin, command);
}

// The command changed what the caller has changed in the model.
static void then_serve(struct turns *turns)
{
    struct told told = {&turns->world.taken, 0};
    serve(turns, &told);
    all_told(turns, &told);
}

static struct place roll_place(struct turns *turns)
{
    bool is_large = roll(turns, 3) == 0;
    int64_t wait_s = 1 + (int64_t)roll(turns, roll(turns, 2) == 0 ? 60 : WAIT_MAX_S);
    struct place place = {
        .user = (int)roll(turns, USERS),
        .named = NOWHERE,
        .count = is_large ? 1 + (int64_t)roll(turns, 5) : 1,
        .ttl_s = 10 + (int64_t)roll(turns, 400),
        .since_at = turns->world.now,
        .deadline_at = turns->world.now + wait_s * 1000,
        .reserved = NOWHERE,
    };
    // Under other policies it may not be eligible there.
    if (turns->policy == POLICY_UNRESTRICTED && roll(turns, 5) == 0)
        place.named = 1 + (int)roll(turns, LEVELS - 1);
    return place;
}

static struct command command_of(const struct place *place)
{
    struct command command = {.kind = COMMAND_SESSION_ACQUIRE};
    command.session = (struct session_request){
        .product = "KRE",
        .user = (uint64_t)place->user + 1,
        .organization = place->named != NOWHERE ? (uint64_t)place->named + 1000 : 0,
        .count = place->count,
        .ttl_s = place->ttl_s,
        .wait_s = (place->deadline_at - place->since_at) / 1000,
    };
    return command;
}

static void join(struct turns *turns, struct place place)
{
    static const struct actor admin = {.role = ROLE_ACCOUNT_ADMIN};
    struct command command = command_of(&place);
    place.waiter = world_wait(&turns->world, &admin, &command.session, place.since_at, place.head_since);
    int at = turns->waiting;
    while (at > 0 && turns->line[at - 1].since_at > place.since_at)
        at--;
    memmove(&turns->line[at + 1], &turns->line[at], (size_t)(turns->waiting - at) * sizeof place);
    turns->line[at] = place;
    turns->waiting++;
    pass_time(turns);
}

static void ask(struct turns *turns)
{
    bool is_back = turns->is_away && roll(turns, 2) == 0, waits = is_back || roll(turns, 4) > 0;
    struct place place = is_back ? turns->away : roll_place(turns);
    struct command command = command_of(&place);
    turns->is_away = turns->is_away && !is_back;
    snprintf(turns->told, sizeof turns->told, "%d asks for %lld%s%s", place.user, (long long)place.count,
             waits ? ", and waits" : "", is_back ? ", being back" : "");
    if (place.named != NOWHERE && turns->policy != POLICY_UNRESTRICTED)
        return;
    const struct outcome *outcome = decide(turns, &command);
    bool is_granted = outcome->result == RESULT_CREATED;
    if (is_granted != (grants(turns, &place).level != NOWHERE))
        differs(turns, "a newcomer is granted by one of them only");
    if (is_granted)
        hold(turns, outcome->row);
    then_serve(turns);
    if (!is_granted && waits && turns->waiting < WAITING && place.deadline_at > turns->world.now)
        join(turns, place);
}

static void end(struct turns *turns)
{
    snprintf(turns->told, sizeof turns->told, "an end");
    pass_time(turns);
    if (turns->hold_count == 0)
        return;
    int at = (int)roll(turns, (uint64_t)turns->hold_count);
    struct hold ended = turns->holds[at];
    struct command command = {.kind = COMMAND_SESSION_END, .id = ended.id};
    if (roll(turns, 8) == 0) {
        command.end.reason = "enough";
        command.end.cooldown_s = 1 + (int64_t)roll(turns, 100);
    }
    decide(turns, &command);
    int64_t until = turns->world.now + command.end.cooldown_s * 1000;
    if (command.end.cooldown_s > 0 && until > turns->cooldown_until[ended.user])
        turns->cooldown_until[ended.user] = until;
    turns->holds[at] = turns->holds[--turns->hold_count];
    then_serve(turns);
}

static void dedicate(struct turns *turns)
{
    int level = 1 + (int)roll(turns, LEVELS - 1);
    struct dedication_change change = {
        .organization = (uint64_t)level + 1000, .product = "KRE", .count = (int64_t)roll(turns, 6)};
    struct command command = {.kind = COMMAND_DEDICATIONS_APPLY};
    command.dedications.changes = &change;
    command.dedications.count = 1;
    command.dedications.one = true;
    snprintf(turns->told, sizeof turns->told, "%d is dedicated %lld", level, (long long)change.count);
    if (!result_is_refusal(decide(turns, &command)->result))
        turns->dedicated[level] = change.count;
    then_serve(turns);
}

static void buy(struct turns *turns)
{
    struct command command = {.kind = COMMAND_PURCHASE_UPDATE, .id = 1, .given = GIVEN_QUANTITY};
    command.purchase.row.quantity = 8 + (int64_t)roll(turns, 14);
    snprintf(turns->told, sizeof turns->told, "%lld are bought", (long long)command.purchase.row.quantity);
    decide(turns, &command);
    turns->bought = command.purchase.row.quantity;
    then_serve(turns);
}

static void change_policy(struct turns *turns)
{
    // Those who name an organization are refused, or not, by rules that are not simulated here.
    for (int i = 0; i < turns->waiting; i++) {
        if (turns->line[i].named != NOWHERE)
            return;
    }
    struct command command = {.kind = COMMAND_USAGE_POLICY_SET};
    snprintf(turns->told, sizeof turns->told, "another policy");
    command.usage_policy.policy = (enum usage_policy)roll(turns, 3);
    command.usage_policy.fallback = roll(turns, 4) > 0;
    decide(turns, &command);
    turns->policy = command.usage_policy.policy;
    turns->fallback = command.usage_policy.fallback;
    then_serve(turns);
}

static void change_member(struct turns *turns)
{
    int user = (int)roll(turns, USERS), level = 1 + (int)roll(turns, LEVELS - 1);
    bool *is_member = &turns->is_member[user][level];
    struct command command = {.kind = *is_member ? COMMAND_MEMBERSHIP_REMOVE : COMMAND_MEMBERSHIP_ADD};
    command.membership = (struct membership_row){(uint64_t)level, (uint64_t)user + 1};
    snprintf(turns->told, sizeof turns->told, "a membership");
    decide(turns, &command);
    *is_member = !*is_member;
    then_serve(turns);
}

static void move_user(struct turns *turns)
{
    int user = (int)roll(turns, USERS), level = (int)roll(turns, LEVELS);
    struct command command = {
        .kind = COMMAND_USER_UPDATE, .id = (uint64_t)user + 1, .given = GIVEN_ORGANIZATION};
    command.user.organization = level != 0 ? (uint64_t)level + 1000 : 0;
    snprintf(turns->told, sizeof turns->told, "%d moves to %d", user, level);
    decide(turns, &command);
    turns->home[user] = level;
    then_serve(turns);
}

static void hang_up(struct turns *turns)
{
    snprintf(turns->told, sizeof turns->told, "one hangs up");
    pass_time(turns);
    if (turns->waiting == 0)
        return;
    int at = (int)roll(turns, (uint64_t)turns->waiting);
    turns->away = turns->line[at];
    turns->away.reserved = NOWHERE;
    turns->away.deadline_at = turns->away.since_at + WAIT_MAX_S * 1000; // it comes back with more patience
    turns->is_away = true;
    queue_leave(&turns->world.account, turns->line[at].waiter);
    leave(turns, at);
    pass_time(turns);
}

static void wait_a_while(struct turns *turns)
{
    static const uint64_t spans[] = {50, 1000, 20000, 70000, 130000};
    turns->world.now += (int64_t)roll(turns, spans[roll(turns, sizeof spans / sizeof *spans)]);
    snprintf(turns->told, sizeof turns->told, "time passes");
    pass_time(turns);
}

static void step(struct turns *turns)
{
    static void (*const steps[])(struct turns *turns) = {
        ask, ask, ask, ask, ask, ask, ask, ask, end, end, end, end, end, wait_a_while, wait_a_while, dedicate, dedicate,
        buy, change_policy, change_member, move_user, hang_up};
    turns->world.thorough = turns->step % 32 == 0;
    steps[roll(turns, sizeof steps / sizeof *steps)](turns);
}

// ---- Runs

static void make(struct turns *turns, struct command command)
{
    static const struct actor operator_key = {.role = ROLE_OPERATOR};
    CHECK(!result_is_refusal(world_decide(&turns->world, &operator_key, &command)->result));
}

static void begin(struct turns *turns)
{
    struct command command = {.kind = COMMAND_ACCOUNT_CREATE};
    char name[8] = "A";
    world_add_product(&turns->world, "KRE", MODEL_SESSION);
    command.account = (struct account_row){.name = "Acme", .plan = PLAN_TRUE_ENTERPRISE};
    make(turns, command);
    command = (struct command){.kind = COMMAND_PURCHASE_CREATE};
    command.purchase.product = "KRE";
    command.purchase.row.quantity = turns->bought = 12;
    make(turns, command);
    for (int level = 1; level < LEVELS; level++, name[0]++) {
        command = (struct command){.kind = COMMAND_ORGANIZATION_CREATE};
        command.organization.row.name = name;
        command.organization.row.parent = parents[level] != 0 ? (uint64_t)parents[level] + 1000 : 0;
        make(turns, command);
        command = (struct command){.kind = COMMAND_PROJECT_CREATE};
        command.project = (struct project_row){.name = name, .organization = (uint64_t)level + 1000};
        make(turns, command);
    }
    for (int user = 0; user < USERS; user++) {
        turns->home[user] = homes[user];
        command = (struct command){.kind = COMMAND_USER_CREATE};
        command.user = (struct user_row){.name = "u",
                                         .kind = USER_SERVICE,
                                         .organization = homes[user] != 0 ? (uint64_t)homes[user] + 1000 : 0};
        make(turns, command);
    }
}

static void run(uint64_t seed, struct turns *total)
{
    struct turns *turns = check_calloc(1, sizeof *turns);
    turns->seed = seed;
    turns->fallback = true;
    turns->world.place = "turns";
    world_init(&turns->world);
    turns->world.place = "turns";
    begin(turns);
    for (turns->step = 0; turns->step < STEPS; turns->step++)
        step(turns);
    total->served += turns->served;
    total->denied += turns->denied;
    total->kept += turns->kept;
    world_fini(&turns->world);
    free(turns);
}

int main(int argc, char **argv)
{
    static struct turns total;
    unsigned long long seed = 1, runs = 400;
    for (int i = 1; i + 1 < argc; i += 2)
        *(strcmp(argv[i], "--seed") == 0 ? &seed : &runs) = strtoull(argv[i + 1], NULL, 10);
    for (unsigned long long i = 0; i < runs; i++)
        run(seed + i, &total);
    printf("%llu runs of %d steps, from seed %llu\n", runs, STEPS, seed);
    printf("%lu granted after waiting, %lu denied, %lu times a pool kept\n", total.served, total.denied, total.kept);
    return total.served == 0 || total.denied == 0 || total.kept == 0;
}
