// SPDX-License-Identifier: Apache-2.0
// The verbs of the script language: each reads its words, makes the command of the engine, and has it decided.
#include "scripts/play.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

// A session that was waited for is called as the one who waited.
static void label_served(struct script *script, const struct decision *decision)
{
    for (size_t i = 0; i < decision->served_count; i++) {
        const struct waiter *waiter = decision->served[i];
        for (size_t j = 0; j < script->waiting_count && waiter->outcome.result == RESULT_CREATED; j++) {
            if (script->waiting[j].waiter == waiter)
                script_label(script, ID_SESSION, *(const uint64_t *)waiter->outcome.row, script->waiting[j].name);
        }
    }
}

static void tell_decision(struct play *play, const struct decision *decision)
{
    label_served(play->script, decision);
    tell_events(play->script, decision, play->telling);
    tell_served(play->script, decision, play->telling);
}

// All that a line does comes through here.
static const struct outcome *decide(struct play *play)
{
    struct script *script = play->script;
    words_must_be_used(script);
    const struct outcome *outcome = world_decide(&script->world, &play->actor, &play->command);
    tell_outcome(script, &play->command, outcome, play->telling);
    tell_decision(play, &script->world.time);
    tell_decision(play, &script->world.taken);
    return outcome;
}

const struct outcome *play_decide(struct play *play)
{
    return decide(play);
}

// Remembers what a thing is called that was made just now.
static void label_created(struct play *play, enum id_kind kind, const struct outcome *outcome, const char *name)
{
    if (name != NULL && outcome->result == RESULT_CREATED)
        script_label(play->script, kind, *(const uint64_t *)outcome->row, name);
}

static bool is_on(const struct script *script, const char *word)
{
    static const char *const words[] = {"off", "on", NULL};
    return word_of(script, words, word) == 1;
}

// ---- Products, the account, purchases

static void do_product(struct play *play)
{
    const char *code = word_next(play->script, "the product's code");
    int64_t machines = word_option_number(play->script, "machines", 0);
    if (word_is_left(play->script)) {
        const char *model = word_next(play->script, "its model");
        world_add_product(&play->script->world, code, (enum product_model)word_of(play->script, model_words, model));
    }
    words_must_be_used(play->script);
    if (machines != 0)
        world_set_machines_per_seat(&play->script->world, code, machines);
    buffer_add_text(&play->telling->head, "ok");
}

static void do_account(struct play *play)
{
    struct script *script = play->script;
    struct account_row *row = &play->command.account;
    bool exists = script->world.account.row.created_at != 0;
    const char *plan = word_option(script, "plan"), *delegate = word_option(script, "delegate_dedication");
    const char *self_service = word_option(script, "self_service_seats"), *name = word_option(script, "name");
    const char *on_shortfall = word_option(script, "on_shortfall");
    play->command.kind = exists ? COMMAND_ACCOUNT_UPDATE : COMMAND_ACCOUNT_CREATE;
    row->name = name != NULL ? name : "Acme";
    row->plan = plan != NULL ? (enum plan)word_of(script, plan_words, plan) : PLAN_FREE;
    row->delegate_dedication = delegate != NULL && is_on(script, delegate);
    row->self_service_seats = self_service != NULL && is_on(script, self_service);
    row->on_shortfall =
        on_shortfall != NULL ? (enum on_shortfall)word_of(script, on_shortfall_words, on_shortfall) : SHORTFALL_KEEP;
    row->shortfall_grace_s = word_option_number(script, "grace", NUMBER_NONE);
    bool grace = row->shortfall_grace_s != NUMBER_NONE;
    row->shortfall_grace_s = grace ? row->shortfall_grace_s : 0;
    play->command.given =
        (name != NULL ? GIVEN_NAME : 0u) | (plan != NULL ? GIVEN_PLAN : 0u) |
        (delegate != NULL ? GIVEN_DELEGATE_DEDICATION : 0u) | (self_service != NULL ? GIVEN_SELF_SERVICE_SEATS : 0u) |
        (on_shortfall != NULL ? GIVEN_ON_SHORTFALL : 0u) | (grace ? GIVEN_SHORTFALL_GRACE_S : 0u);
    decide(play);
}

// Spans are told from now; "always" and "never" take a bound away.
static void read_bounds(struct play *play)
{
    struct script *script = play->script;
    struct purchase_row *row = &play->command.purchase.row;
    int64_t span;
    if (word_option_span(script, "from", &span)) {
        row->starts_at = script->world.now + span;
        play->command.given |= GIVEN_STARTS_AT;
    }
    if (word_option_span(script, "until", &span)) {
        row->ends_at = script->world.now + span;
        play->command.given |= GIVEN_ENDS_AT;
    }
    if (word_flag(script, "always"))
        play->command.given |= GIVEN_STARTS_AT;
    if (word_flag(script, "endless"))
        play->command.given |= GIVEN_ENDS_AT;
}

static void do_purchase(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_PURCHASE_CREATE;
    play->command.purchase.product = word_next(script, "a product");
    play->command.purchase.row.quantity = word_next_number(script, "a quantity");
    const char *name = word_option(script, "as");
    read_bounds(play);
    label_created(play, ID_PURCHASE, decide(play), name);
}

static void change_purchase(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_PURCHASE_UPDATE;
    play->command.id = script_labelled(script, ID_PURCHASE, word_next(script, "a purchase"));
    int64_t quantity = word_option_number(script, "quantity", NUMBER_NONE);
    play->command.purchase.product = word_option(script, "product");
    play->command.purchase.row.quantity = quantity;
    play->command.given = (quantity != NUMBER_NONE ? GIVEN_QUANTITY : 0u) |
                          (play->command.purchase.product != NULL ? GIVEN_PRODUCT : 0u);
    read_bounds(play);
    decide(play);
}

// ---- Organizations, users, projects

static void do_organization(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_ORGANIZATION_CREATE;
    play->command.organization.row.name = word_next(script, "a name");
    const char *parent = word_option(script, "in");
    play->command.organization.row.parent = parent != NULL ? script_level(script, parent) : 0;
    decide(play);
}

static void change_organization(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_ORGANIZATION_UPDATE;
    play->command.id = script_level(script, word_next(script, "an organization"));
    const char *name = word_option(script, "name"), *parent = word_option(script, "under");
    play->command.organization.row.name = name;
    play->command.organization.row.parent = parent != NULL ? script_level(script, parent) : 0;
    play->command.organization.release_seats = word_flag(script, "release_seats");
    play->command.given = (name != NULL ? GIVEN_NAME : 0u) | (parent != NULL ? GIVEN_PARENT : 0u);
    decide(play);
}

static void do_move(struct play *play)
{
    change_organization(play);
}

static void read_user(struct play *play)
{
    struct script *script = play->script;
    struct user_row *row = &play->command.user;
    const char *organization = word_option(script, "in"), *email = word_option(script, "email");
    const char *role = word_option(script, "role"), *kind = word_option(script, "kind");
    bool nowhere = word_flag(script, "nowhere");
    row->organization = organization != NULL ? script_level(script, organization) : 0;
    row->email = email != NULL && strcmp(email, "none") != 0 ? email : NULL;
    row->role = role != NULL ? (enum role)word_of(script, role_words, role) : ROLE_MEMBER;
    row->kind = kind != NULL ? (enum user_kind)word_of(script, user_kind_words, kind) : USER_PERSON;
    play->command.given = (organization != NULL || nowhere ? GIVEN_ORGANIZATION : 0u) |
                          (email != NULL ? GIVEN_EMAIL : 0u) | (role != NULL ? GIVEN_ROLE : 0u) |
                          (kind != NULL ? GIVEN_KIND : 0u);
}

static void do_user(struct play *play)
{
    struct script *script = play->script;
    struct user_row *row = &play->command.user;
    play->command.kind = COMMAND_USER_CREATE;
    const char *name = word_next(script, "a name");
    read_user(play);
    row->name = name;
    if (!(play->command.given & GIVEN_EMAIL))
        row->email = arena_printf(&script->arena, "%s@example.com", name);
    decide(play);
}

static void change_user(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_USER_UPDATE;
    play->command.id = script_user(script, word_next(script, "a user"));
    read_user(play);
    play->command.user.name = word_option(script, "name");
    play->command.given |= play->command.user.name != NULL ? GIVEN_NAME : 0u;
    decide(play);
}

static void do_project(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_PROJECT_CREATE;
    play->command.project.name = word_next(script, "a name");
    const char *organization = word_option(script, "in");
    play->command.project.organization = organization != NULL ? script_level(script, organization) : 0;
    decide(play);
}

static void change_project(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_PROJECT_UPDATE;
    play->command.id = script_project(script, word_next(script, "a project"));
    const char *organization = word_option(script, "in");
    play->command.project.name = word_option(script, "name");
    play->command.project.organization = organization != NULL ? script_level(script, organization) : 0;
    play->command.given = (organization != NULL ? GIVEN_ORGANIZATION : 0u) |
                          (play->command.project.name != NULL ? GIVEN_NAME : 0u);
    decide(play);
}

static void read_membership(struct play *play, enum command_kind kind)
{
    struct script *script = play->script;
    play->command.kind = kind;
    play->command.membership.user = script_user(script, word_next(script, "a user"));
    const char *project = word_option(script, "of");
    if (project == NULL)
        script_error(script, "of which project?");
    play->command.membership.project = script_project(script, project);
    decide(play);
}

static void do_member(struct play *play)
{
    read_membership(play, COMMAND_MEMBERSHIP_ADD);
}

static void do_no_member(struct play *play)
{
    read_membership(play, COMMAND_MEMBERSHIP_REMOVE);
}

// ---- Dedications and the policy

static struct dedication_change read_dedication(struct script *script)
{
    struct dedication_change change = {0};
    change.organization = script_level(script, word_next(script, "an organization"));
    change.product = word_next(script, "a product");
    change.count = word_next_number(script, "how many");
    change.reclaim = word_flag(script, "drain") ? RECLAIM_DRAIN : word_flag(script, "move") ? RECLAIM_MOVE : RECLAIM_REFUSE;
    const char *when = word_option(script, "when");
    change.when_available = when != NULL && strcmp(when, "available") == 0;
    return change;
}

static void do_dedicate(struct play *play)
{
    struct dedication_change change = read_dedication(play->script);
    play->command.kind = COMMAND_DEDICATIONS_APPLY;
    play->command.dedications.changes = &change;
    play->command.dedications.count = 1;
    play->command.dedications.one = true;
    decide(play);
}

// Goes on with the words of an indented line.
static void read_body(struct script *script, const struct words *words)
{
    script->words = *words;
    script->next = 0;
    script->used = arena_alloc(&script->arena, words->count * sizeof *script->used);
}

static void do_together(struct play *play)
{
    struct script *script = play->script;
    const struct line *line = script->line;
    struct dedication_change *changes = arena_alloc(&script->arena, line->body_count * sizeof *changes);
    for (size_t i = 0; i < line->body_count; i++) {
        words_must_be_used(script);
        read_body(script, &line->body[i]);
        changes[i] = read_dedication(script);
    }
    play->command.kind = COMMAND_DEDICATIONS_APPLY;
    play->command.dedications.changes = changes;
    play->command.dedications.count = line->body_count;
    decide(play);
}

static void do_policy(struct play *play)
{
    struct script *script = play->script;
    if (!word_is_left(script)) {
        play->command.kind = COMMAND_USAGE_POLICY_READ;
        decide(play);
        return;
    }
    play->command.kind = COMMAND_USAGE_POLICY_SET;
    play->command.usage_policy.policy =
        (enum usage_policy)word_of(script, policy_words, word_next(script, "a usage policy"));
    const char *fallback = word_option(script, "fallback");
    play->command.usage_policy.fallback = fallback == NULL || is_on(script, fallback);
    decide(play);
}

// ---- Sessions

static void pass(struct play *play, int64_t ms);

static void read_session(struct play *play, enum command_kind kind)
{
    struct script *script = play->script;
    struct session_request *request = &play->command.session;
    play->command.kind = kind;
    request->product = word_next(script, "a product");
    const char *user = word_option(script, "by"), *self = word_option(script, "self");
    const char *project = word_option(script, "for"), *organization = word_option(script, "at");
    const char *origin = word_option(script, "origin"), *key = word_option(script, "key");
    const char *sign_in = word_option(script, "signed-in");
    request->user = user != NULL ? script_user(script, user) : 0;
    request->project = project != NULL ? script_project(script, project) : 0;
    request->organization = organization != NULL ? script_level(script, organization) : 0;
    request->machine = word_option(script, "machine");
    request->ttl_s = word_option_number(script, "ttl", TTL_DEFAULT_S);
    request->count = word_option_number(script, "count", 1);
    request->origin_given = origin != NULL;
    request->origin = origin != NULL ? (enum session_origin)word_of(script, origin_words, origin) : ORIGIN_EXTERNAL;
    request->idempotency_key = word_option(script, "idempotency");
    play->actor.key = key != NULL ? script_labelled(script, ID_API_KEY, key) : 0;
    if (self != NULL)
        play->actor = (struct actor){.role = ROLE_MEMBER, .key = play->actor.key, .user = script_user(script, self)};
    if (sign_in != NULL) {
        play->actor.key = script_labelled(script, ID_SIGN_IN, sign_in);
        play->actor.is_signed_in = true;
    }
    if (word_flag(script, "platform"))
        play->actor.role = ROLE_PLATFORM;
}

// With `wait 60` the request goes on in line instead of a denial; `aged 20 s` is one that comes back with its age, `back
// NAME` the one who waited under that name.
static void do_acquire(struct play *play)
{
    struct script *script = play->script;
    read_session(play, COMMAND_SESSION_ACQUIRE);
    const char *name = word_option(script, "as");
    int64_t age = 0;
    word_option_span(script, "aged", &age);
    const char *back = word_option(script, "back");
    const struct waiter *former = back != NULL ? script_waiting(script, back)->waiter : NULL;
    if (former != NULL)
        age = script->world.now - former->since_at;
    play->command.session.wait_s = word_option_number(script, "wait", 0);
    const struct outcome *outcome = decide(play);
    label_created(play, ID_SESSION, outcome, name);
    if (play->command.session.wait_s * 1000 <= age || outcome->result != RESULT_NO_LICENSE_AVAILABLE)
        return;
    struct waiter *waiter = world_wait(&script->world, &play->actor, &play->command.session, script->world.now - age,
                                       former != NULL ? former->head_since : 0);
    script->waiting = arena_grow(&script->arena, script->waiting, script->waiting_count, sizeof *script->waiting);
    script->waiting[script->waiting_count++] =
        (struct waiting){waiter, arena_strdup(&script->arena, name != NULL ? name : "nameless")};
    buffer_clear(&play->telling->head);
    buffer_add_text(&play->telling->head, "waiting");
    world_pass_time(&script->world); // it is due at once
    tell_decision(play, &script->world.time);
}

static void do_hang_up(struct play *play)
{
    const struct waiting *waiting = script_waiting(play->script, word_next(play->script, "who waits"));
    words_must_be_used(play->script);
    queue_leave(&play->script->world.account, waiting->waiter);
    pass(play, 0);
}

static void do_line(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_WAITERS_READ;
    play->command.waiters.limit = (size_t)word_option_number(script, "limit", 1000);
    const char *user = word_option(script, "of"), *organization = word_option(script, "within");
    const char *scope = word_option(script, "self"), *after = word_option(script, "after");
    play->command.waiters.user = user != NULL ? script_user(script, user) : 0;
    play->command.waiters.scope_organization = organization != NULL ? script_level(script, organization) : 0;
    play->command.waiters.scope_user = scope != NULL ? script_user(script, scope) : 0;
    if (after != NULL) {
        const struct waiter *waiter = script_waiting(script, after)->waiter;
        play->command.waiters.after_since_at = waiter->since_at;
        play->command.waiters.after_order = waiter->order;
    }
    play->command.waiters.product = word_is_left(script) ? word_next(script, "a product") : NULL;
    decide(play);
}

static void do_borrow(struct play *play)
{
    struct session_request *request = &play->command.session;
    read_session(play, COMMAND_LEASE_BORROW);
    request->borrow_days = word_option_number(play->script, "days", 1);
    request->ttl_s = request->borrow_days * 86400;
    if (request->machine == NULL)
        request->machine = "laptop";
    const char *name = word_option(play->script, "as");
    label_created(play, ID_SESSION, decide(play), name);
}

static void do_return(struct play *play)
{
    play->command.kind = COMMAND_LEASE_RETURN;
    play->command.id = script_claim(play->script, ID_SESSION, word_next(play->script, "a lease"));
    decide(play);
}

static void do_borrowing(struct play *play)
{
    struct script *script = play->script;
    play->command.borrowing.product = word_next(script, "a product");
    play->command.borrowing.max_borrow_days = word_option_number(script, "days", 0);
    play->command.borrowing.share_percent = word_option_number(script, "share", BORROW_SHARE_DEFAULT);
    play->command.kind = word_flag(script, "off")                           ? COMMAND_BORROWING_REMOVE
                         : play->command.borrowing.max_borrow_days == 0 ? COMMAND_BORROWING_READ
                                                                            : COMMAND_BORROWING_SET;
    decide(play);
}

static void do_explain(struct play *play)
{
    read_session(play, COMMAND_SESSION_EXPLAIN);
    decide(play);
}

static void do_heartbeat(struct play *play)
{
    play->command.kind = COMMAND_SESSION_HEARTBEAT;
    play->command.id = script_claim(play->script, ID_SESSION, word_next(play->script, "a session"));
    decide(play);
}

static void read_end(struct play *play)
{
    play->command.end.reason = word_option(play->script, "reason");
    play->command.end.cooldown_s = word_option_number(play->script, "cooldown", 0);
    decide(play);
}

static void do_end(struct play *play)
{
    play->command.kind = COMMAND_SESSION_END;
    play->command.id = script_claim(play->script, ID_SESSION, word_next(play->script, "a session"));
    read_end(play);
}

// ---- Seats

static void do_seat(struct play *play)
{
    struct script *script = play->script;
    play->command.kind = COMMAND_SEAT_ASSIGN;
    play->command.seat.product = word_next(script, "a product");
    const char *user = word_option(script, "for"), *level = word_option(script, "at"), *name = word_option(script, "as");
    if (user == NULL || level == NULL)
        script_error(script, "seat PRODUCT for USER at LEVEL");
    play->command.seat.user = script_user(script, user);
    play->command.seat.level = script_level(script, level);
    label_created(play, ID_SEAT, decide(play), name);
}

static void do_unseat(struct play *play)
{
    play->command.kind = COMMAND_SEAT_RELEASE;
    play->command.id = script_claim(play->script, ID_SEAT, word_next(play->script, "a seat"));
    read_end(play);
}

static void do_check_in(struct play *play)
{
    play->command.kind = COMMAND_SEAT_CHECK_IN;
    play->command.id = script_claim(play->script, ID_SEAT, word_next(play->script, "a seat"));
    play->command.machine = word_option(play->script, "on");
    decide(play);
}

static void do_remove_machine(struct play *play)
{
    play->command.kind = COMMAND_SEAT_MACHINE_REMOVE;
    play->command.id = script_claim(play->script, ID_SEAT, word_next(play->script, "a seat"));
    play->command.machine = word_next(play->script, "a machine");
    decide(play);
}

static void do_unseat_all(struct play *play)
{
    struct script *script = play->script;
    uint64_t *seats = NULL;
    size_t count = 0;
    play->command.kind = COMMAND_SEATS_RELEASE;
    play->command.release.reason = word_option(script, "reason");
    while (word_is_left(script)) {
        seats = arena_grow(&script->arena, seats, count, sizeof *seats);
        seats[count++] = script_claim(script, ID_SEAT, word_next(script, "a seat"));
    }
    play->command.release.seats = seats;
    play->command.release.count = count;
    decide(play);
}

// ---- API keys

static void do_key(struct play *play)
{
    struct script *script = play->script;
    struct api_key_row *row = &play->command.api_key;
    play->command.kind = COMMAND_API_KEY_CREATE;
    row->name = word_next(script, "a name");
    const char *role = word_option(script, "role"), *user = word_option(script, "user");
    const char *organization = word_option(script, "organization");
    row->role = role != NULL ? (enum role)word_of(script, role_words, role) : ROLE_MEMBER;
    row->user = user != NULL ? script_user(script, user) : 0;
    row->organization = organization != NULL ? script_level(script, organization) : 0;
    int64_t span;
    if (word_option_span(script, "until", &span))
        row->expires_at = script->world.now + span;
    row->hash[0] = (unsigned char)script->world.numbers.next[ID_API_KEY];
    label_created(play, ID_API_KEY, decide(play), row->name);
}

// ---- Things in general

static void do_change(struct play *play)
{
    const char *what = word_next(play->script, "what kind of thing");
    if (strcmp(what, "purchase") == 0)
        change_purchase(play);
    else if (strcmp(what, "organization") == 0)
        change_organization(play);
    else if (strcmp(what, "user") == 0)
        change_user(play);
    else if (strcmp(what, "project") == 0)
        change_project(play);
    else
        script_error(play->script, "a %s cannot be changed", what);
}

struct thing {
    const char *name;
    enum row_kind row;
    enum command_kind delete_kind;
};

static const struct thing things[] = {
    {"purchase", ROW_PURCHASE, COMMAND_PURCHASE_DELETE},
    {"organization", ROW_ORGANIZATION, COMMAND_ORGANIZATION_DELETE},
    {"user", ROW_USER, COMMAND_USER_DELETE},
    {"project", ROW_PROJECT, COMMAND_PROJECT_DELETE},
    {"key", ROW_API_KEY, COMMAND_API_KEY_REVOKE},
    {"seat", ROW_SEAT, COMMAND_SEAT_RELEASE},
    {"session", ROW_SESSION, COMMAND_SESSION_END},
};

static const struct thing *read_thing(struct play *play)
{
    struct script *script = play->script;
    const char *what = word_next(script, "what kind of thing"), *name = word_next(script, "which one");
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        const struct thing *thing = &things[i];
        enum id_kind kind = row_types[thing->row].fields[0].of;
        if (strcmp(thing->name, what) != 0)
            continue;
        play->command.id = thing->row == ROW_ORGANIZATION ? script_level(script, name)
                           : thing->row == ROW_USER       ? script_user(script, name)
                           : thing->row == ROW_PROJECT    ? script_project(script, name)
                                                          : script_labelled(script, kind, name);
        return thing;
    }
    script_error(script, "what is a %s?", what);
}

static void do_delete(struct play *play)
{
    play->command.kind = read_thing(play)->delete_kind;
    decide(play);
}

static void do_read(struct play *play)
{
    struct script *script = play->script;
    if (script->words.count == 2 && word_flag(script, "account")) {
        play->command.kind = COMMAND_ACCOUNT_READ;
    } else {
        play->command.kind = COMMAND_ROW_READ;
        play->command.row_read = read_thing(play)->row;
    }
    decide(play);
}

// "A,E": the level at which a page ended, from below the topmost one down; "account": the topmost itself.
static void read_behind(struct play *play, const char *word)
{
    struct arena *arena = &play->script->arena;
    uint64_t *path = NULL;
    size_t depth = 0;
    while (word != NULL && *word != '\0' && strcmp(word, "account") != 0) {
        size_t length = strcspn(word, ",");
        path = arena_grow(arena, path, depth, sizeof *path);
        path[depth++] = script_level(play->script, arena_printf(arena, "%.*s", (int)length, word));
        word += length + (word[length] == ',');
    }
    play->command.pools.after_path = path;
    play->command.pools.after_depth = depth;
}

static void do_pools(struct play *play)
{
    struct script *script = play->script;
    const char *level = word_option(script, "of"), *subtree = word_option(script, "within");
    play->command.kind = COMMAND_POOLS_READ;
    play->command.pools.limit = (size_t)word_option_number(script, "limit", 1000);
    play->command.pools.has_level = level != NULL;
    play->command.pools.level = level != NULL ? script_level(script, level) : 0;
    play->command.pools.subtree = subtree != NULL ? script_level(script, subtree) : 0;
    play->command.pools.after_product = word_option(script, "after");
    read_behind(play, word_option(script, "behind"));
    play->command.pools.only_dedicated = word_flag(script, "dedicated");
    play->command.pools.product = word_is_left(script) ? word_next(script, "a product") : NULL;
    decide(play);
}

// ---- A declarative account

struct reading {
    struct wanted_account *wanted;
    struct wanted_organization *organizations;
    struct wanted_user *users;
};

static const char *const *read_path(struct script *script, const char *word, size_t *ret_depth)
{
    const char **path = NULL;
    size_t depth = 0;
    while (*word != '\0') {
        size_t length = strcspn(word, "/");
        path = arena_grow(&script->arena, path, depth, sizeof *path);
        path[depth++] = arena_printf(&script->arena, "%.*s", (int)length, word);
        word += length + (word[length] == '/');
    }
    *ret_depth = depth;
    return path;
}

static void want_organization(struct script *script, struct reading *reading)
{
    struct wanted_organization wanted = {0};
    wanted.path = read_path(script, word_next(script, "a path"), &wanted.depth);
    size_t *count = &reading->wanted->organization_count;
    reading->organizations = arena_grow(&script->arena, reading->organizations, *count, sizeof wanted);
    reading->organizations[(*count)++] = wanted;
}

static struct wanted_organization *last_organization(struct script *script, struct reading *reading)
{
    if (reading->wanted->organization_count == 0)
        script_error(script, "of which organization? Name it first");
    return &reading->organizations[reading->wanted->organization_count - 1];
}

static void want_dedication(struct script *script, struct reading *reading)
{
    struct wanted_organization *organization = last_organization(script, reading);
    struct wanted_dedication *items = (struct wanted_dedication *)(uintptr_t)organization->dedications;
    items = arena_grow(&script->arena, items, organization->dedication_count, sizeof *items);
    items[organization->dedication_count].product = word_next(script, "a product");
    items[organization->dedication_count++].count = word_next_number(script, "how many");
    organization->dedications = items;
}

static void want_project(struct script *script, struct reading *reading)
{
    struct wanted_organization *organization = last_organization(script, reading);
    struct wanted_project *items = (struct wanted_project *)(uintptr_t)organization->projects;
    struct wanted_project project = {.name = word_next(script, "a name")};
    struct wanted_member *members = NULL;
    project.members_given = word_flag(script, "members");
    script->next += project.members_given;
    while (project.members_given && word_is_left(script)) {
        members = arena_grow(&script->arena, members, project.member_count, sizeof *members);
        members[project.member_count++].ref = word_next(script, "a member");
    }
    project.members = members;
    items = arena_grow(&script->arena, items, organization->project_count, sizeof *items);
    items[organization->project_count++] = project;
    organization->projects = items;
}

// `user alice …` by e-mail, `service farm …` by name.
static void want_user(struct script *script, struct reading *reading, bool service)
{
    struct wanted_user wanted = {.kind = service ? USER_SERVICE : USER_PERSON, .given = GIVEN_KIND};
    const char *name = word_next(script, "a name"), *organization = word_option(script, "in");
    const char *role = word_option(script, "role"), *called = word_option(script, "name");
    if (service)
        wanted.name = name;
    else
        wanted.email = arena_printf(&script->arena, "%s@example.com", name);
    if (!service && !word_flag(script, "nameless"))
        wanted.name = called != NULL ? called : name;
    wanted.given |= wanted.name != NULL ? GIVEN_NAME : 0u;
    if (organization != NULL)
        wanted.organization = read_path(script, organization, &wanted.organization_depth);
    wanted.given |= organization != NULL || word_flag(script, "nowhere") ? GIVEN_ORGANIZATION : 0u;
    if (role != NULL) {
        wanted.role = (enum role)word_of(script, role_words, role);
        wanted.given |= GIVEN_ROLE;
    }
    size_t *count = &reading->wanted->user_count;
    reading->users = arena_grow(&script->arena, reading->users, *count, sizeof wanted);
    reading->users[(*count)++] = wanted;
}

static void want(struct script *script, struct reading *reading)
{
    const char *what = word_next(script, "what is wanted");
    if (strcmp(what, "organization") == 0) {
        want_organization(script, reading);
    } else if (strcmp(what, "dedicated") == 0) {
        want_dedication(script, reading);
    } else if (strcmp(what, "project") == 0) {
        want_project(script, reading);
    } else if (strcmp(what, "user") == 0 || strcmp(what, "service") == 0) {
        want_user(script, reading, strcmp(what, "service") == 0);
    } else if (strcmp(what, "policy") == 0) {
        const char *fallback = word_option(script, "fallback");
        reading->wanted->policy_given = true;
        reading->wanted->policy = (enum usage_policy)word_of(script, policy_words, word_next(script, "a policy"));
        reading->wanted->fallback = fallback == NULL || is_on(script, fallback);
    } else {
        script_error(script, "%s cannot be declared", what);
    }
}

static void do_apply(struct play *play)
{
    struct script *script = play->script;
    struct reading reading = {.wanted = &play->command.wanted};
    play->command.kind = COMMAND_ACCOUNT_APPLY;
    reading.wanted->prune = word_flag(script, "prune");
    for (size_t i = 0; i < script->line->body_count; i++) {
        words_must_be_used(script);
        read_body(script, &script->line->body[i]);
        want(script, &reading);
    }
    reading.wanted->organizations = reading.organizations;
    reading.wanted->users = reading.users;
    decide(play);
}

// ---- Time

static void pass(struct play *play, int64_t ms)
{
    struct script *script = play->script;
    words_must_be_used(script);
    script->world.now += ms;
    world_pass_time(&script->world);
    buffer_add_text(&play->telling->head, "ok");
    tell_decision(play, &script->world.time);
}

static void do_after(struct play *play)
{
    pass(play, word_next_span(play->script));
}

static void do_clock(struct play *play)
{
    if (!word_flag(play->script, "back"))
        script_error(play->script, "clock back SPAN");
    play->script->next++;
    pass(play, -word_next_span(play->script));
}

// When time alone has something to do next, told from now.
static void do_due(struct play *play)
{
    words_must_be_used(play->script);
    int64_t due = account_next_due(&play->script->world.account);
    if (due == 0)
        buffer_add_text(&play->telling->head, "nothing");
    else
        buffer_printf(&play->telling->head, "%lld ms", (long long)(due - play->script->world.now));
}

static const struct {
    const char *name;
    void (*run)(struct play *play);
} verbs[] = {
    {"accept", do_accept},     {"account", do_account},       {"acquire", do_acquire},       {"after", do_after},
    {"apply", do_apply},       {"borrow", do_borrow},         {"borrowing", do_borrowing},
    {"change", do_change},     {"check-in", do_check_in},     {"return", do_return},
    {"clock", do_clock},       {"dedicate", do_dedicate},     {"delete", do_delete},
    {"due", do_due},           {"end", do_end},               {"explain", do_explain},
    {"hang-up", do_hang_up},   {"line", do_line},
    {"heartbeat", do_heartbeat}, {"key", do_key},             {"member", do_member},
    {"move", do_move},         {"no-member", do_no_member},   {"organization", do_organization},
    {"policy", do_policy},     {"pools", do_pools},           {"product", do_product},
    {"project", do_project},   {"purchase", do_purchase},     {"read", do_read},
    {"remove-machine", do_remove_machine}, {"seat", do_seat}, {"together", do_together},
    {"invite", do_invite},     {"password", do_password},     {"sign-in", do_sign_in},
    {"sign-ins", do_sign_ins}, {"sign-out", do_sign_out},
    {"unseat", do_unseat},     {"unseat-all", do_unseat_all}, {"user", do_user},
};

void verb_run(struct script *script, struct telling *telling)
{
    struct play play = {.script = script, .telling = telling, .actor.role = ROLE_ACCOUNT_ADMIN};
    const char *verb = word_next(script, "a verb");
    if (strcmp(verb, "dry-run") == 0) {
        play.command.dry_run = true;
        verb = word_next(script, "a verb");
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, verb) == 0) {
            verbs[i].run(&play);
            return;
        }
    }
    script_error(script, "%s is no verb", verb);
}
